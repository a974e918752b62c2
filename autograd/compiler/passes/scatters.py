"""Gradients of a table and of what multiplied it: added up row by row first, multiplied then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import setitem
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.passes.building import Builder, frozen
from autograd.compiler.passes.lookups import LARGE, OFTEN, Finder, Rows
from autograd.compiler.passes.rewriting import (
    Exchange,
    is_product,
    is_row_sum,
    looks_for,
    owns,
    uses,
)
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value

LONGEST = 16
"""Calls from an index to the places that are added to; longer ways are not looked through."""


@looks_for("np.matmul")
def sum_by_row(program: Program) -> Program:
    """``Z @ E[i]`` and the rows of ``Z.T @ W`` added up by i become ``S @ E`` and ``S.T @ W``.

    S = Z·[i = v] holds the sum of the columns of Z that belong to each row of the table. The first
    is the gradient of W, the second that of E, and that of a bias is the sum of S: for 1600
    letters of 65 in 2.6 ms in place of 5.1 (tools/measure_passes.py scatters).
    """
    finder = Finder(program)
    scattered = [at for at, x in enumerate(program.instructions) if x.name == "np.bincount"]
    plans = _Search(program, finder).plans(scattered) if finder.inside and scattered else []
    if not plans:
        return program.after("tables: no gradients summed by row")
    build, exchange = Builder(program), Exchange(program)
    starts = defaultdict(list)
    for plan in plans:
        starts[plan.start].append(plan)
    writers = {at: plan for plan in plans for at in (plan.weight, plan.table, *plan.sums)}
    sums: dict[int, Value] = {}
    for at, line in enumerate(program.instructions):
        for plan in starts[at]:
            sums[plan.weight] = _write_sums(build, plan, program.instructions)
        if at in writers:
            _write_gradient(build, exchange, writers[at], line, sums[writers[at].weight])
        else:
            build.lines.append(exchange.line(line))
    remark = f"tables: gradients of {len(plans)} summed by row first"
    return exchange.after(remark, build.lines)


class _GradientPlan(NamedTuple):
    """Gradients that come from one sum.

    Attributes:
        weight: the place of the product Z·E[i].
        factor: W of the product ZᵀW.
        table: the place where the sums of its rows are complete.
        sums: the places of the sums of the rows of Z.
        rows: the table, and the index.
    """

    weight: int
    factor: Value
    table: int
    sums: list[int]
    rows: Rows

    @property
    def start(self) -> int:
        """Where the sum has to be there."""
        return min(self.weight, self.table, *self.sums)


class _Search:
    """Looks for sums by row, with what is needed for each of them looked up once."""

    def __init__(self, program: Program, finder: Finder) -> None:
        self.lines, self.finder, self.used = program.instructions, finder, uses(program)
        self.weights: dict[tuple[int, int], tuple[int, Rows]] = {}
        self.swaps: defaultdict[int, list[Value]] = defaultdict(list)
        self.sums: defaultdict[int, list[int]] = defaultdict(list)
        for at, line in enumerate(self.lines):
            source = line.args[0] if line.args else None
            if not isinstance(source, Value):
                continue
            if line.name == "np.matmul" and not line.kwargs:
                rows = finder.rows(line.args[1])
                if rows is not None:
                    self.weights[source.number, rows.which.number] = at, rows
            elif is_swap(line):
                self.swaps[source.number].append(line.outs[0])
            elif is_row_sum(line):
                self.sums[source.number].append(at)

    def plans(self, scattered: list[int]) -> list[_GradientPlan]:
        """A plan for each scattered product that has one; no line goes into two of them."""
        found: list[_GradientPlan] = []
        taken: set[int] = set()
        for at in scattered if self.weights else ():
            plan = self._plan(at, taken)
            if plan is not None:
                found.append(plan)
                taken.update((plan.weight, plan.table, *plan.sums))
        return found

    def _plan(self, at: int, taken: set[int]) -> _GradientPlan | None:
        """The plan for a scattered product, if the product for the weight is there, too."""
        lines, finder = self.lines, self.finder
        product = _product(finder, self.used, lines[at].args[1])
        end = _end(lines, self.used, at)
        if product is None or end is None:
            return None
        index = _index(finder, lines[at], lines[end].outs[0].shape, lines[product].outs[0].shape)
        for z in self._turned(lines[product].args[0]):
            weight, rows = self.weights.get((z.number, index), (-1, None))
            if rows is None or weight in taken:
                continue
            if not _pays(rows, lines[weight], lines[end].outs[0]):
                continue
            sums = [line for line in self.sums[z.number] if line not in taken]
            plan = _GradientPlan(weight, lines[product].args[1], end, sums, rows)
            values = [z, rows.table, rows.which, plan.factor]
            first = min(rows.at, product, plan.start)
            steady = finder.steady(values, first, max(weight, end, *sums, 0))
            if steady and finder.made.get(z.number, -1) < plan.start:
                return plan
        return None

    def _turned(self, value: Value) -> list[Value]:
        """The transposes of a matrix that the program has."""
        line = self.finder.maker(value)
        if line is not None and is_swap(line):
            return [line.args[0]]
        return self.swaps[value.number]


def _product(finder: Finder, used: Any, value: Any) -> int | None:
    """The place of the product of two matrices that a value is, in another shape."""
    while isinstance(value, Value) and used[value.number] == 1:
        at = finder.made.get(value.number, -1)
        line = finder.lines[at] if at >= 0 else None
        if line is None or line.name not in ("np.reshape", "reshape"):
            return at if line is not None and is_product(line) and owns(value) else None
        value = line.args[0]
    return None


def _end(lines: list[Instruction], used: Any, at: int) -> int | None:
    """Where the sums that begin at a line have their dtype and shape."""
    for place in (at, at + 1):
        following = lines[place + 1] if place + 1 < len(lines) else None
        out = lines[place].outs[0]
        alone = following is not None and used[out.number] == 1 and following.args[:1] == (out,)
        name = ("astype", "reshape")[place - at]
        if not alone or following is None or following.name.removeprefix("np.") != name:
            return None
    return at + 2


def _pays(rows: Rows, weight: Instruction, table: Value) -> bool:
    """Whether one product with as many columns as the table has rows is less than the others."""
    count, columns = rows.table.shape
    size = rows.which.size
    whole = weight.outs[0].shape[0] * size >= LARGE and table.shape == rows.table.shape
    return whole and size >= 2 * OFTEN * count and 2 * count <= 3 * columns


def _index(finder: Finder, line: Instruction, table: tuple[int, ...], rows: tuple[int, ...]) -> int:
    """The number of the index that says to which row of a table each row is added, or −1.

    It is found out by trying: the calls that lead from an index to places are carried out
    on another one.
    """
    if len(table) != 2 or line.args[2:] != (table[0] * table[1],):
        return -1
    chain, source = _chain(finder, line.args[0])
    if source is None or not 0 < finder.inside.get(source.number, 0) <= table[0]:
        return -1
    if source.size != rows[0] or rows[1] != table[1]:
        return -1
    known: dict[int, Any] = {source.number: np.arange(source.size).reshape(source.shape) % table[0]}
    expected = known[source.number].reshape(-1, 1) * table[1] + np.arange(table[1])
    for call in chain:
        call = call.with_inputs(lambda value: known[value.number])
        assert call.run is not None
        known[call.outs[0].number] = call.run(*call.args, **call.kwargs)
    found = known[line.args[0].number]
    return source.number if np.array_equal(found, expected.ravel()) else -1


def _chain(finder: Finder, value: Value) -> tuple[list[Instruction], Value | None]:
    """The calls that lead to a value, in order, and the one value that they start from."""
    chain: list[Instruction] = []
    while len(chain) < LONGEST:
        line = finder.maker(value)
        if line is None or value.number in finder.inside:
            return chain[::-1], value
        if len(line.inputs) != 1 or len(line.outs) != 1 or not line.pure or line.run is None:
            return [], None
        chain.append(line)
        (value,) = line.inputs
    return [], None


# --- writing --------------------------------------------------------------------------------


def _write_sums(build: Builder, plan: _GradientPlan, lines: list[Instruction]) -> Value:
    """S = Z·[i = v]: the columns of Z added up by what they belong to."""
    table, index, _ = plan.rows
    z, shape = lines[plan.weight].args[0], (index.size, table.shape[0])
    note = build.note = lines[plan.weight].note
    flat = build.reshaped(index, (index.size,))
    chosen = build.numpy(np.empty, (shape, z.dtype), build.value(shape, z.dtype))
    every, block = frozen(np.arange(index.size)), (chosen.memory,)
    build.lines += [
        Instruction("call", "np.copyto", (chosen, 0), {}, (), block, note, np.copyto),
        Instruction("setitem", "", (chosen, (every, flat), 1), {}, (), block, note, setitem),
    ]
    return build.numpy(np.matmul, (z, chosen), build.value((z.shape[0], shape[1]), z.dtype))


def _write_gradient(
    build: Builder, exchange: Exchange, plan: _GradientPlan, line: Instruction, sums: Value
) -> None:
    """The gradient of the weight, of a bias, or of the table from S."""
    if line.name == "np.matmul":
        build.lines.append(replace(line, args=(sums, plan.rows.table)))
    elif line.name == "np.sum":
        build.lines.append(replace(line, args=(sums,)))
    else:
        build.note = line.note
        turned = build.turned(sums)
        made = build.value(line.outs[0].shape, sums.dtype)
        exchange.put(line.outs[0], build.numpy(np.matmul, (turned, plan.factor), made))
