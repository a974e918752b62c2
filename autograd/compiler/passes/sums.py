"""Sums that grow summand by summand, such as the bias gradient of a recurrence: one reduction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograd.compiler.passes.alike import LARGEST
from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import (
    Exchange,
    is_private,
    looks_for,
    same_kind,
    touching,
    writers,
)
from autograd.compiler.program import Instruction, Program, Value

FEWEST = 6
"""Fewer summands than these are added as they come."""


@dataclass
class _Sum:
    """A sum on its way.

    Attributes:
        total: what holds it.
        parts: the summands, in order.
        lines: the places of the additions.
    """

    total: Value
    parts: list[Value]
    lines: list[int]


@looks_for("np.add")
def merge_sums(program: Program) -> Program:
    """``s = a + b; s += c; …`` becomes one ``np.sum``, where nobody looks at s on its way."""
    found = _SumFinder(program).sums()
    ends = {item.lines[-1]: item for item in found}
    inside = {at for item in found for at in item.lines}
    exchange, build = Exchange(program), Builder(program)
    for at, line in enumerate(program.instructions):
        if at in ends:
            _write(build, ends[at], line, exchange)
        elif at not in inside:
            build.lines.append(exchange.line(line))
    remark = f"sums: {sum(len(item.parts) for item in found)} summands in {len(found)} reductions"
    return exchange.after(remark, build.lines)


class _SumFinder:
    def __init__(self, program: Program) -> None:
        self.program, self.writers = program, writers(program)
        self.growing: dict[int, _Sum] = {}
        self.touched = touching(program)

    def sums(self) -> list[_Sum]:
        for at, line in enumerate(self.program.instructions):
            if line.name == "np.add" and line.kind == "call" and len(line.args) == 2:
                self._extend(at, line)
        long = [item for item in self.growing.values() if len(item.parts) >= FEWEST]
        return [i for i in long if is_private(self.touched, i.total.memory, i.lines)]

    def _extend(self, at: int, line: Instruction) -> None:
        left, right = line.args
        if not (isinstance(left, Value) and isinstance(right, Value)):
            return
        if not line.writes and line.outs:
            (out,) = line.outs
            if self._is_part(left, out, at) and self._is_part(right, out, at):
                self.growing[out.memory] = _Sum(out, [left, right], [at])
            return
        known = self.growing.get(left.memory)
        grows = known is not None and left is known.total and line.writes == (left.memory,)
        if known is not None and grows and self._is_part(right, left, at):
            known.parts.append(right)
            known.lines.append(at)

    def _is_part(self, part: Value, total: Value, at: int) -> bool:
        """Whether a summand is small, whole, and stays as it is from now on."""
        steady = self.writers.get(part.memory, [-1])[-1] < at
        plain = part.dtype is not None and part.dtype.kind == "f" and bool(part.shape)
        own = total.memory == total.number and part.memory != total.memory
        return plain and steady and own and same_kind(part, total) and part.size <= LARGEST


def _write(build: Builder, item: _Sum, line: Instruction, exchange: Exchange) -> None:
    """The summands side by side, the last one first (a sweep begins at the end), and their sum."""
    parts = [exchange(part) for part in reversed(item.parts)]
    shape, dtype, count = item.total.shape, item.total.dtype, len(parts)
    build.note = line.note
    total = build.value(shape, dtype)
    if len(shape) == 2 and shape[1] == 1:
        build.numpy(np.sum, (build.columns(parts),), total, axis=1, keepdims=True)
    else:
        flat = build.value((count * shape[0], *shape[1:]), dtype)
        build.numpy(np.concatenate, (parts,), flat, axis=0)
        build.numpy(np.sum, (build.reshaped(flat, (count, *shape)),), total, axis=0)
    exchange.put(item.total, total)
