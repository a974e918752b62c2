"""Recurrences: the sum of many products of matrices is one product of longer matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import (
    Exchange,
    is_private,
    is_product,
    looks_for,
    makers,
    touching,
    uses,
    writers,
)
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value

FEWEST = 3
"""Fewer products than these are left as they are."""


@dataclass
class _ProductSum:
    """A sum that grows by one product after the other.

    Attributes:
        products: the instructions that made the summands, by place.
        lines: all instructions that go with them, by place: products and additions.
        total: what holds the sum.
    """

    products: list[int]
    lines: list[int]
    total: Value


@looks_for("np.matmul")
def merge_products(program: Program) -> Program:
    """Σ Aₜ @ Bₜ becomes [A₁ A₂ …] @ [B₁; B₂; …], where nobody looks at the sum on its way.

    Weight gradients of a recurrence are such sums: a product for each step, and an addition
    as large as the weight, become one product.
    """
    return _Merger(program).run()


class _Merger:
    def __init__(self, program: Program) -> None:
        self.program, self.uses, self.writers = program, uses(program), writers(program)
        self.made = makers(program)
        self.build = Builder(program)
        self.sums: dict[int, _ProductSum] = {}
        self.touched = touching(program)

    def run(self) -> Program:
        for index, line in enumerate(self.program.instructions):
            if line.name == "np.add" and len(line.args) == 2:
                self._extend(index, line)
        found = [s for s in self.sums.values() if len(s.products) >= FEWEST and self._is_alone(s)]
        lines: list[list[Instruction]] = [[line] for line in self.program.instructions]
        exchange = Exchange(self.program)
        for item in found:
            for at in item.lines:
                lines[at] = []
            lines[item.lines[-1]] = self._product(item, exchange)
        merged = sum(len(item.products) for item in found)
        remark = f"recurrences: {merged} products merged into {len(found)}"
        kept = [exchange.line(line) for group in lines for line in group]
        return exchange.after(remark, kept)

    def _extend(self, index: int, line: Instruction) -> None:
        """Start a sum of two products, or add one to a sum."""
        left, right = line.args
        if not (isinstance(left, Value) and isinstance(right, Value)):
            return
        place = self._product_of(right)
        if place is None:
            return
        before = self.sums.pop(left.memory, None)
        in_place = before is not None and line.writes == (left.memory,)
        if in_place and before is not None:
            before.products.append(place)
            before.lines += [place, index]
            self.sums[left.memory] = before
        elif before is None and not line.writes and (first := self._product_of(left)) is not None:
            (out,) = line.outs
            self.sums[out.memory] = _ProductSum([first, place], [first, place, index], out)

    def _product_of(self, value: Value) -> int | None:
        """The place of the plain product of two matrices that made a value, used once."""
        at = self.made.get(value.number)
        if at is None or self.uses[value.number] > 1:
            return None
        line = self.program.instructions[at]
        steady = is_product(line) and all(self._written_until(v) < at for v in line.inputs)
        return at if steady and self._written_until(value) < 0 else None

    def _written_until(self, value: Value) -> int:
        """The last instruction that writes to the memory of a value, -1 if there is none."""
        return self.writers.get(value.memory, [-1])[-1]

    def _is_alone(self, item: _ProductSum) -> bool:
        """Whether the sum is looked at only when it is complete."""
        return is_private(self.touched, item.total.memory, item.lines)

    def _product(self, item: _ProductSum, exchange: Exchange) -> list[Instruction]:
        """The products as one, the last one first: a sweep begins at the end."""
        factors = [self.program.instructions[at].args for at in reversed(item.products)]
        self.build.lines, total = [], item.total
        self.build.note = self.program.instructions[item.products[0]].note
        lefts = self._joined([left for left, _ in factors], 1)
        rights = self._joined([right for _, right in factors], 0)
        made = self.build.value(total.shape, total.dtype)
        exchange.put(total, self.build.numpy(np.matmul, (lefts, rights), made))
        return self.build.lines

    def _joined(self, parts: list[Value], axis: int) -> Value:
        """Matrices side by side; transposed ones are joined as they lie, and transposed then."""
        sources = [self._turned(part) for part in parts]
        plain = [source for source in sources if source is not None]
        if len(plain) < len(parts):
            return self._concatenated(parts, axis)
        return self.build.turned(self._concatenated(plain, 1 - axis))

    def _concatenated(self, parts: list[Value], axis: int) -> Value:
        if axis == 1 and all(part.shape[1] == 1 for part in parts):
            return self.build.columns(parts)
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        out = self.build.value(tuple(shape), parts[0].dtype)
        return self.build.numpy(np.concatenate, (list(parts),), out, axis=axis)

    def _turned(self, value: Value) -> Value | None:
        """What a value is the transpose of, if it is one."""
        at = self.made.get(value.number)
        line = self.program.instructions[at] if at is not None else None
        if line is None or not is_swap(line):
            return None
        source: Value = line.args[0]
        return source
