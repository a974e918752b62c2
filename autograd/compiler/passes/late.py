"""Rows that are computed together and used one by one: each is computed when it is used."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.nesting import bytes_of
from autograd.compiler.passes.rewriting import Exchange, looks_for, owns, unsettled, writers
from autograd.compiler.passes.views import Views
from autograd.compiler.program import Instruction, Program, Value
from autograd.core import blas

LARGE = 1 << 20
"""Bytes of all rows from which on they do not stay in the cache until they are used."""

LEAST = 1 << 12
"""Elements of a band of rows, at least: a call for each one is nothing beside them."""

NARROWEST = 16
"""Rows of a band, at least, for a product: with fewer, one product of all is quicker."""


@looks_for("np.take", "np.matmul")
def compute_late(program: Program) -> Program:
    """``y = np.take(a, i, axis=1)``, used as ``y[:, :n]``, ``y[:, n:]``, … at different places,
    becomes ``np.take(a, i[:n], axis=1)`` at the first of them, and so on.

    So it is with a product of matrices, on one thread. What a recurrence adds to each of its
    steps is such an array: (1024, 1600) for 50 steps; each step's part is read from the cache
    then, in one piece, and only one of them needs memory at a time.
    """
    return _Delayer(program).run()


@dataclass
class _Band:
    """Some rows or columns of an array.

    Attributes:
        axis: what they are counted along.
        rows: which ones.
        plain, turned: the values that are these rows, and that are their transpose.
    """

    axis: int
    rows: slice
    plain: list[Value] = field(default_factory=list)
    turned: list[Value] = field(default_factory=list)


@dataclass
class _BandPlan:
    """An array that is computed in bands.

    Attributes:
        at: the place where it was computed.
        views: the places where it was looked at.
        used: where the array is used, and what is seen of it there.
        last: where it is used last.
        whole: whether several bands are used at once.
    """

    at: int
    views: set[int] = field(default_factory=set)
    used: dict[int, Value] = field(default_factory=dict)
    last: int = 0
    whole: bool = False


class _Delayer:
    def __init__(self, program: Program) -> None:
        self.program, self.lines = program, program.instructions
        self.writers, self.views = writers(program), Views(program)
        self.apart = unsettled(program)
        self.build, self.exchange = Builder(program), Exchange(program)
        self.plans: dict[int, _BandPlan] = {}
        self.turns: dict[int, Value] = {}

    def run(self) -> Program:
        for at, line in enumerate(self.lines):
            self._look(at, line)
        found = {number: self._bands(plan) for number, plan in self.plans.items()}
        starts: defaultdict[int, list[tuple[Instruction, _Band]]] = defaultdict(list)
        gone: set[int] = set()
        for number, bands in found.items():
            plan = self.plans[number]
            gone |= {plan.at, *plan.views} if bands else set()
            for at, band in bands.items():
                starts[at].append((self.lines[plan.at], band))
        for at, line in enumerate(self.lines):
            for made, band in starts[at]:
                self._write(made, band)
            if at not in gone:
                self.build.lines.append(self.exchange.line(line))
        many = sum(map(bool, found.values()))
        remark = f"late: {many} arrays computed in {sum(map(len, found.values()))} bands"
        return self.exchange.after(remark, self.build.lines)

    # --- what is found --------------------------------------------------------------------

    def _look(self, at: int, line: Instruction) -> None:
        """Note who looks at a large array, and who uses what is seen there."""
        if not self.plans and not self._is_candidate(line):
            return
        seen = self.views.see(line)
        if seen is not None:
            plan = self.plans.get(self.views.base(line.outs[0]).number)
            if plan is not None:
                plan.views.add(at)
            return
        for value in line.inputs:
            plan = self.plans.get(value.memory)
            if plan is not None:
                plan.used.setdefault(at, value)
                plan.whole |= plan.used[at] is not value
                plan.last = at
        if self._is_candidate(line):
            self.plans[line.outs[0].number] = _BandPlan(at)

    def _is_candidate(self, line: Instruction) -> bool:
        """Whether a line computes each row, or column, of a large array from others alone."""
        if line.kind != "call" or len(line.outs) != 1 or len(line.outs[0].shape) != 2:
            return False
        (out,) = line.outs
        if out.dtype is None or bytes_of(out) < LARGE or not owns(out):
            return False
        if out.memory in self.apart or not all(isinstance(v, Value) for v in line.args):
            return False
        if line.name == "np.take":
            plain = line.kwargs.keys() <= {"axis", "mode"} and len(line.args[1].shape) == 1
            return plain and line.kwargs.get("axis") == 1
        factors = line.name == "np.matmul" and not line.kwargs
        return factors and len(line.inputs) == 2 and blas.multiplies_small_ones_at_once()

    def _bands(self, plan: _BandPlan) -> dict[int, _Band]:
        """The bands of an array, each by the place where it is used first; none if it stays."""
        line, found = self.lines[plan.at], dict[tuple[int, int, int], _Band]()
        first: dict[int, _Band] = {}
        written = [at for v in line.inputs for at in self.writers.get(v.memory, ())]
        if plan.whole or any(plan.at < at <= plan.last for at in written):
            return {}
        for at, value in plan.used.items():
            place = self._place(line.outs[0], value)
            if place is None or not _is_worthwhile(line, place):
                return {}
            axis, rows, turned = place
            key = axis, rows.start, rows.stop
            band = found.get(key)
            if band is None:
                band = found[key] = first[at] = _Band(axis, rows)
            (band.turned if turned else band.plain).append(value)
        return first if len(found) > 1 and _are_apart(list(found.values())) else {}

    def _place(self, base: Value, value: Value) -> tuple[int, slice, bool] | None:
        """Which rows (axis 0) or columns of a matrix a value is, and whether they are turned."""
        whole, part = self.views.seen.get(base.number), self.views.seen.get(value.number)
        if whole is None or part is None or part.ndim != 2:
            return None
        turned = part.strides != whole.strides
        part = part.T if turned else part
        if part.strides != whole.strides:
            return None
        offset = part.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
        row, column = divmod(offset, whole.strides[0])
        starts = row, column // whole.strides[1]
        for axis in (0, 1):
            other = 1 - axis
            if part.shape[other] == whole.shape[other] and starts[other] == 0:
                return axis, slice(starts[axis], starts[axis] + part.shape[axis]), turned
        return None

    # --- writing ------------------------------------------------------------------------

    def _write(self, line: Instruction, band: _Band) -> None:
        """Compute some rows of what a line computed, turned if all want them so."""
        self.build.note = line.note
        turned = not band.plain
        if line.name == "np.take":
            made, turned = self._taken(line, band), False
        else:
            made = self._product(line, band, turned)
        self.exchange.of.update((value.number, made) for value in band.plain)
        if band.turned:
            other = made if turned else self.build.turned(made)
            self.exchange.of.update((value.number, other) for value in band.turned)

    def _taken(self, line: Instruction, band: _Band) -> Value:
        array, index = map(self.exchange, line.args)
        if band.axis == 1:
            index = self._some(index, band.rows)
        else:
            array = self._some(array, band.rows)
        shape = (array.shape[0], index.shape[0])
        out = self.build.value(shape, line.outs[0].dtype)
        return self.build.numpy(np.take, (array, index), out, **line.kwargs)

    def _product(self, line: Instruction, band: _Band, turned: bool) -> Value:
        left, right = map(self.exchange, line.args)
        if band.axis == 0:
            left = self._some(left, band.rows)
        else:
            right = self._some(right, (slice(None), band.rows))
        if turned:
            left, right = self._turned(right), self._turned(left)
        out = self.build.value((left.shape[0], right.shape[1]), line.outs[0].dtype)
        return self.build.numpy(np.matmul, (left, right), out)

    def _some(self, value: Value, place: Any) -> Value:
        """Some rows, or columns."""
        return self.build.part(value, place, value.contiguous and isinstance(place, slice))

    def _turned(self, value: Value) -> Value:
        """The transpose of a factor, looked up once."""
        if value.number not in self.turns:
            self.turns[value.number] = self.build.turned(value)
        return self.turns[value.number]


def _is_worthwhile(line: Instruction, place: tuple[int, slice, bool]) -> bool:
    """Whether a band is large enough for a call of its own.

    The factor of a product that is cut has to wait for the last band: it may not be larger
    than what need not be kept.
    """
    axis, rows, _ = place
    count, other = rows.stop - rows.start, line.outs[0].shape[1 - axis]
    taken, large = line.name == "np.take", bool(count * other >= LEAST)
    return large and (taken or (count >= NARROWEST and bool(line.args[0].shape[1] <= other)))


def _are_apart(bands: list[_Band]) -> bool:
    """Whether no row lies in two bands."""
    rows = sorted((band.rows.start, band.rows.stop) for band in bands)
    apart = all(one[1] <= other[0] for one, other in pairwise(rows))
    return apart and len({band.axis for band in bands}) == 1
