"""Products of rows that were looked up in a table: the table is multiplied, then looked up in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import is_product, looks_for, makers, owns, uses, writers
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value

OFTEN = 2
"""How many rows are looked up for each one in the table, at least."""

WIDE = 32
"""Columns of the table: a product over fewer ones takes no longer than looking up."""

LARGE = 1 << 15
"""Elements of the product: of a smaller one there is nothing to gain."""


class Rows(NamedTuple):
    """An array (n, d) whose rows are those of a table.

    Attributes:
        table: (V, d).
        which: which row of the table each one is, in any shape.
        at: the place of the call that looked them up.
    """

    table: Value
    which: Value
    at: int


@looks_for("np.matmul")
def look_up_products(program: Program) -> Program:
    """``E[i] @ W`` becomes ``(E @ W)[i]``, with a bias added to the table, too.

    So a letter is multiplied once, however often it stands in the text. The product of 1600
    letters of 65 by (1024, 64) takes 2.8 ms with its bias, the other way 0.83
    (tools/measure_passes.py lookups).
    """
    finder = Finder(program)
    plans = _plans(program, finder) if finder.inside else {}
    done = len({id(plan) for plan in plans.values()})
    if not done:
        return program.after("tables: no products looked up")
    build = Builder(program)
    for at, line in enumerate(program.instructions):
        plan = plans.get(at)
        if plan is None:
            build.lines.append(line)
        elif at == plan.end:
            _write(build, plan, program.instructions)
    remark = f"tables: {done} products looked up in a product of the table"
    return program.after(remark, instructions=build.lines)


class Finder:
    """What is known of looked-up rows.

    Attributes:
        inside: by the number of an index, the rows that a table must have at least, so that
            the index is never outside: what assumptions say of it.
    """

    def __init__(self, program: Program) -> None:
        self.lines = program.instructions
        self.made = makers(program)
        self.writers = writers(program)
        self.inside = self._bounds()

    def maker(self, value: Any) -> Instruction | None:
        """What computes a value."""
        at = self.made.get(value.number) if isinstance(value, Value) else None
        return None if at is None else self.lines[at]

    def rows(self, value: Any) -> Rows | None:
        """The table and the index whose rows a matrix consists of."""
        line = self.maker(value)
        if line is not None and line.name in ("np.reshape", "reshape"):
            value, line = line.args[0], self.maker(line.args[0])
        if line is None or line.name != "np.take" or line.kwargs != {"axis": 0}:
            return None
        table, index = line.args
        known = all(isinstance(part, Value) for part in line.args)
        if not known or len(table.shape) != 2 or table.shape[1] != value.shape[-1]:
            return None
        found = Rows(table, index, self.made[line.outs[0].number])
        checked = 0 < self.inside.get(index.number, 0) <= table.shape[0]
        return found if checked and index.memory not in self.writers else None

    def steady(self, values: list[Value], start: int, end: int) -> bool:
        """Whether nobody writes to some values between two lines."""
        return not any(start < at < end for v in values for at in self.writers.get(v.memory, ()))

    def _bounds(self) -> dict[int, int]:
        """The indices of which assumptions say that they are at least 0, and less than what."""
        least: set[int] = set()
        most: dict[int, int] = {}
        for line in self.lines:
            check = (
                self.maker(line.args[0]) if line.kind == "guard" and line.args[1] is True else None
            )
            end = self.maker(check.args[0]) if check is not None and len(check.args) == 2 else None
            if check is None or end is None or not isinstance(check.args[1], int):
                continue
            if (end.name, check.name, check.args[1]) == ("min", "np.greater_equal", 0):
                least.add(end.args[0].number)
            elif (end.name, check.name) == ("max", "np.less"):
                most[end.args[0].number] = check.args[1]
        return {number: bound for number, bound in most.items() if number in least}


class _ProductPlan(NamedTuple):
    """A product that is looked up.

    Attributes:
        product: the place of the product.
        end: the place of the addition of a bias that follows, or of the product.
        rows: what is looked up.
        axis: along which axis of the result.
    """

    product: int
    end: int
    rows: Rows
    axis: int


def _plans(program: Program, finder: Finder) -> dict[int, _ProductPlan]:
    """The plan that each line goes into."""
    found: dict[int, _ProductPlan] = {}
    used = uses(program)
    apart = program.received() | program.written()
    readers: dict[int, int] = {}
    for at, line in enumerate(program.instructions):
        readers.update((value.number, at) for value in line.inputs)
    for at, line in enumerate(program.instructions):
        rows, axis = _looked_up(line, finder)
        if rows is None or not _pays(rows, line.outs[0], axis):
            continue
        (out,) = line.outs
        end = readers.get(out.number, at) if used[out.number] == 1 else at
        end = end if _is_bias(program.instructions[end], out, axis) else at
        last = program.instructions[end].outs[0]
        whole = all(owns(v) and v.memory not in apart for v in (out, last))
        if whole and finder.steady([rows.table, *line.inputs, rows.which], rows.at, end):
            found[at] = found[end] = _ProductPlan(at, end, rows, axis)
    return found


def _looked_up(line: Instruction, finder: Finder) -> tuple[Rows | None, int]:
    """The rows in a product X @ B, or W @ Xᵀ, and the axis along which they lie in the result."""
    if not is_product(line):
        return None, 0
    left, right = line.args
    turned = finder.maker(right)
    if turned is not None and is_swap(turned):
        return finder.rows(turned.args[0]), 1
    return finder.rows(left), 0


def _pays(rows: Rows, out: Value, axis: int) -> bool:
    """Whether looking up takes less time than multiplying."""
    count, columns = rows.table.shape
    often = rows.which.size >= OFTEN * count
    return often and columns >= (WIDE if axis else WIDE // 4) and out.size >= LARGE


def _is_bias(line: Instruction, product: Value, axis: int) -> bool:
    """Whether a line adds something to a product that is the same for all rows."""
    if line.name != "np.add" or line.kwargs or line.kind != "call" or len(line.outs) != 1:
        return False
    left, bias = line.args
    if left is not product or not isinstance(bias, Value) or line.outs[0].shape != product.shape:
        return False
    same = (product.shape[0], 1) if axis else (product.shape[1],)
    return bias.dtype == product.dtype and bias.shape in (same, (1, *same)[-2:])


def _write(build: Builder, plan: _ProductPlan, lines: list[Instruction]) -> None:
    """The table's product, with its bias, and what is looked up in it."""
    product, end, (table, index, _) = lines[plan.product], lines[plan.end], plan.rows
    build.note = product.note
    factor = product.args[1 - plan.axis]
    factors, shape = (table, factor), (table.shape[0], factor.shape[1])
    if plan.axis:
        turned = build.turned(table)
        factors, shape = (product.args[0], turned), (product.args[0].shape[0], table.shape[0])
    made = build.numpy(np.matmul, factors, build.value(shape, product.outs[0].dtype))
    if plan.end != plan.product:
        build.note = end.note
        made = build.numpy(np.add, (made, end.args[1]), build.value(shape, made.dtype))
    flat = build.reshaped(index, (index.size,))
    build.numpy(np.take, (made, flat), end.outs[0], axis=plan.axis, mode="wrap")
