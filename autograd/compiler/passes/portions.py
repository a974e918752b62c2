"""Products with a large joined array, portion by portion: its parts are in the cache then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.nesting import bytes_of
from autograd.compiler.passes.parts import is_join
from autograd.compiler.passes.rewriting import (
    Exchange,
    is_product,
    is_row_sum,
    looks_for,
    makers,
    owns,
    readers,
    unsettled,
    writers,
)
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value

PORTION = 3 << 18
"""Bytes of a portion, at most: a cache of the second level holds it, and a weight in part."""

LARGE = 1 << 22
"""Bytes of a joined array from which on it is worth while to do without it."""

LONGEST = 128
"""Columns of a portion, at least: an addition for each portion is nothing beside its product."""


@looks_for("np.concatenate")
def multiply_in_portions(program: Program) -> Program:
    """``np.concatenate(xs, 1) @ b`` becomes Σ ``np.concatenate(some, 1) @ (their rows of b)``.

    Each portion is multiplied as soon as its parts are there, and its memory is free for the
    next one. So are sums of rows; and of ``np.concatenate(xs, 1).T @ w`` each portion gives
    some rows. The gradients of a recurrence's weights, biases and inputs are such: for 50 steps
    of 32 columns of 1024 the joined array has 6.6 MB, a portion of it 0.7.
    """
    return _Divider(program).run()


class _JoinPlan(NamedTuple):
    """An array that is joined in portions.

    Attributes:
        join: the place of the call that joined all of it.
        readers: the places of the products with it, and of sums of its rows.
        turns: the places where it is transposed.
        moved: the places of the lines that make their other factors, to be carried out earlier.
        portions: where each portion is complete, with its parts and the columns they are.
    """

    join: int
    readers: list[int]
    turns: list[int]
    moved: list[int]
    portions: dict[int, tuple[list[Value], slice]]

    @property
    def lines(self) -> tuple[int, ...]:
        """The places of all lines that go with it."""
        return self.join, *self.readers, *self.turns, *self.moved


class _Divider:
    def __init__(self, program: Program) -> None:
        self.program, self.lines = program, program.instructions
        self.build, self.exchange = Builder(program), Exchange(program)
        self.made, self.writers = makers(program), writers(program)
        self.apart = unsettled(program)
        self.totals: dict[int, Value] = {}
        self.rows: defaultdict[int, list[tuple[int, Value]]] = defaultdict(list)
        self.readers = readers(program)

    def run(self) -> Program:
        starts: defaultdict[int, list[_JoinPlan]] = defaultdict(list)
        plans, gone = list[_JoinPlan](), set[int]()
        for at in range(len(self.lines)):
            plan = self._plan(at)
            if plan is not None and gone.isdisjoint(plan.lines):
                plans.append(plan)
                gone.update(plan.lines)
                for end in plan.portions:
                    starts[end].append(plan)
        for at, line in enumerate(self.lines):
            if at not in gone:
                self.build.lines.append(self.exchange.line(line))
            for plan in starts.get(at, ()):
                self._write(plan, at)
        many = sum(len(plan.portions) for plan in plans)
        remark = f"portions: {len(plans)} arrays joined in {many} portions"
        return self.exchange.after(remark, self.build.lines)

    # --- what is done -------------------------------------------------------------------

    def _plan(self, at: int) -> _JoinPlan | None:
        """How to do without an array that is joined by column for products and sums alone."""
        line = self.lines[at]
        if not is_join(line) or line.kwargs.get("axis", 0) not in (1, -1):
            return None
        (out,), parts = line.outs, line.args[0]
        steady = owns(out) and out.memory not in self.apart
        if not steady or len(out.shape) != 2 or bytes_of(out) < LARGE:
            return None
        found = self._all_readers(out)
        portions = self._portions(parts)
        if any(p.memory in self.writers for p in parts) or min(portions, default=-1) < 0:
            return None
        if found is None or len(portions) < 2:
            return None
        made = {self.made.get(part.number, -1) for part in parts}
        moved = self._earlier(found[0], min(portions), made)
        return None if moved is None else _JoinPlan(at, *found, moved, portions)

    def _all_readers(self, whole: Value) -> tuple[list[int], list[int]] | None:
        """The places where an array is read, and where it is turned, if portions will do there."""
        places = self.readers[whole.number]
        turns = [at for at in places if is_swap(self.lines[at])]
        turned = [self.lines[at].outs[0] for at in turns]
        found = [at for at in places if at not in turns]
        fit = all(self._fits(self.lines[at], whole) for at in found)
        for value in turned:
            rows = self.readers[value.number]
            fit = fit and bool(rows) and all(_multiplies(self.lines[row], value) for row in rows)
            found += rows
        apart = all(value.memory == whole.memory for value in turned)
        return (sorted(found), turns) if found and fit and apart else None

    def _fits(self, line: Instruction, whole: Value) -> bool:
        """Whether a line will do with portions of an array."""
        return _multiplies(line, whole) or (is_row_sum(line) and owns(line.outs[0]))

    def _portions(self, parts: list[Value]) -> dict[int, tuple[list[Value], slice]]:
        """The parts of each portion, of about one size, by the place where the last is there."""
        least = -(-sum(map(bytes_of, parts)) // PORTION)
        many = next((n for n in range(least, 2 * least) if len(parts) % n == 0), least)
        found: dict[int, tuple[list[Value], slice]] = {}
        start = first = 0
        for portion in range(1, many + 1):
            last = len(parts) * portion // many
            some = parts[first:last]
            end = start + sum(part.shape[1] for part in some)
            if end - start < LONGEST:
                return {}
            found[max(self.made.get(part.number, -1) for part in some)] = some, slice(start, end)
            start, first = end, last
        return found if len(found) == many else {}

    def _earlier(self, readers: list[int], start: int, parts: set[int]) -> list[int] | None:
        """The lines that have to be carried out before a place, for products to begin there.

        None if that cannot be, as where one of them needs a part that is made later.
        """
        found: set[int] = set()
        todo = [(value, at) for at in readers for value in self.lines[at].args[1:]]
        while todo:
            value, until = todo.pop()
            for at in {self.made.get(value.number, -1), *self.writers.get(value.memory, ())}:
                if not start < at < until or at in found:
                    continue
                line = self.lines[at]
                own = all(block == value.memory for block in line.writes)
                kept = line.writes and value.memory in self.program.kept
                if line.kind in ("guard", "draw") or not own or kept or at in parts:
                    return None
                found.add(at)
                todo += [(v, at) for v in line.inputs if v.number != value.number]
        return sorted(found)

    # --- writing ------------------------------------------------------------------------

    def _write(self, plan: _JoinPlan, at: int) -> None:
        """A portion, and what it adds to each product."""
        build, exchange = self.build, self.exchange
        if at == min(plan.portions):
            build.lines += [exchange.line(self.lines[place]) for place in plan.moved]
        (parts, rows), join = plan.portions[at], self.lines[plan.join]
        shape = (parts[0].shape[0], rows.stop - rows.start)
        build.note = join.note
        portion = build.value(shape, parts[0].dtype)
        build.numpy(np.concatenate, ([exchange(part) for part in parts],), portion, axis=1)
        for place in plan.readers:
            line = self.lines[place]
            if line.args[0] is join.outs[0]:
                self._add(line, portion, rows)
            else:
                self._extend(line, portion, rows)
        if at == max(plan.portions):
            for place in plan.readers:
                self._finish(self.lines[place])

    def _add(self, line: Instruction, portion: Value, rows: slice) -> None:
        """Add what a portion gives to the product, or sum, so far."""
        (out,), build, args = line.outs, self.build, [portion]
        build.note = line.note
        for right in map(self.exchange, line.args[1:]):
            args.append(build.part(right, rows, right.contiguous))
        made = build.value(out.shape, out.dtype)
        build.lines.append(replace(line, args=tuple(args), outs=(made,)))
        total = self.totals.setdefault(out.number, made)
        if total is not made:
            note, block = line.note._replace(what="", gradient=None), (total.memory,)
            kwargs, both = {"out": total}, (total, made)
            build.lines.append(Instruction("call", "np.add", both, kwargs, (), block, note, np.add))

    def _extend(self, line: Instruction, portion: Value, rows: slice) -> None:
        """Some rows of the product of the transpose."""
        build, right = self.build, self.exchange(line.args[1])
        build.note = line.note
        turned = build.turned(portion)
        made = build.value((turned.shape[0], right.shape[1]), line.outs[0].dtype)
        build.numpy(np.matmul, (turned, right), made)
        self.rows[line.outs[0].number].append((rows.start, made))

    def _finish(self, line: Instruction) -> None:
        """From now on the whole product, or sum, in place of what it was."""
        (out,) = line.outs
        total = self.totals.get(out.number)
        if total is None:
            parts = [value for _, value in sorted(self.rows[out.number], key=itemgetter(0))]
            total = self.build.value(out.shape, out.dtype)
            self.build.note = line.note
            self.build.numpy(np.concatenate, (parts,), total, axis=0)
        self.exchange.put(out, total)


def _multiplies(line: Instruction, left: Value) -> bool:
    """Whether a line multiplies a matrix by another one."""
    if not is_product(line) or line.args[0] is not left:
        return False
    return bool(line.args[1].memory != left.memory) and owns(line.outs[0])
