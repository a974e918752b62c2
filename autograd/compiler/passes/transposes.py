"""Transposes and reshapes that do nothing, and those that a product of matrices takes in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import Exchange, is_product, looks_for, uses
from autograd.compiler.program import Instruction, Program, Value

_SWAPS = ("T", "swapaxes", "np.swapaxes", "np.transpose")
_SHAPES = ("np.reshape", "np.broadcast_to", "reshape")


@looks_for(*_SWAPS, *_SHAPES)
def cancel_transposes(program: Program) -> Program:
    """``x.T.T`` becomes x, and so does ``x.reshape(x.shape)``."""
    return _Absorber(program, turning=False).run()


@looks_for(*_SWAPS, *_SHAPES)
def turn_products(program: Program) -> Program:
    """``(a @ b).T`` becomes ``b.T @ a.T``, which comes out in the order of memory that is wanted.

    BLAS reads a transposed operand as fast as a plain one; a transposed result has to be
    copied, or makes everything elementwise walk through memory in leaps.
    """
    return _Absorber(program, turning=True).run()


class _Absorber:
    def __init__(self, program: Program, turning: bool) -> None:
        self.turning = turning
        self.program, self.uses, self.written = program, uses(program), program.written()
        self.exchange, self.build = Exchange(program), Builder(program)
        self.made: dict[int, Instruction] = {}
        self.done = 0

    def run(self) -> Program:
        kept: list[Instruction] = []
        for before in self.program.instructions:
            line = self.exchange.line(before)
            kept += self._rewritten(line)
        what = "products turned" if self.turning else "cancelled"
        remark = f"transposes: {self.done} {what}"
        return self.exchange.after(remark, kept)

    def _rewritten(self, line: Instruction) -> list[Instruction]:
        swap = is_swap(line)
        source = line.args[0] if swap else None
        inner = self.made.get(source.number) if isinstance(source, Value) else None
        if inner is not None and is_swap(inner):
            self.done += 1
            self.exchange.put(line.outs[0], inner.args[0])
            return []
        if _is_same_shape(line):
            self.done += 1
            self.exchange.put(line.outs[0], line.args[0])
            return []
        if swap and self.turning and inner is not None and self._can_turn(inner):
            return self._turned(line, inner)
        for out in line.outs:
            self.made[out.number] = line
        return [line]

    def _can_turn(self, line: Instruction) -> bool:
        """Whether a line is a product that nobody else looks at, of what stays as it is."""
        alone = is_product(line) and self.uses[line.outs[0].number] == 1
        return alone and all(v.memory not in self.written for v in (*line.outs, *line.inputs))

    def _turned(self, line: Instruction, inner: Instruction) -> list[Instruction]:
        """The transposed product; the product itself is dead now."""
        left, right = inner.args
        lines, factors = [], []
        for factor in (right, left):
            found = self.made.get(factor.number)
            if found is not None and is_swap(found):
                factors.append(found.args[0])
                continue
            lines.append(self._swap(factor, inner))
            factors.append(lines[-1].outs[0])
        (out,) = line.outs
        self.exchange.move(out.memory, out.number)
        out.memory, out.contiguous = out.number, True
        self.done += 1
        return [*lines, replace(inner, args=tuple(factors), outs=(out,))]

    def _swap(self, value: Value, like: Instruction) -> Instruction:
        turned = self.build.value(value.shape[::-1], value.dtype, value)
        line = Instruction("attribute", "T", (value,), {}, (turned,), (), like.note, _turn)
        self.made[turned.number] = line
        return line


def _turn(array: Any) -> Any:
    return np.transpose(array)


def is_swap(line: Instruction) -> bool:
    """Whether a call transposes a matrix."""
    (out, *_) = line.outs or (None,)
    if out is None or len(out.shape) != 2:
        return False
    if line.name == "T":
        return True
    if line.name == "np.swapaxes" or (line.kind == "method" and line.name == "swapaxes"):
        return {axis % 2 for axis in line.args[1:3]} == {0, 1}
    return line.name == "np.transpose" and tuple(line.args[1:]) in ((), ((1, 0),))


def _is_same_shape(line: Instruction) -> bool:
    if line.name not in _SHAPES or not isinstance(line.args[0], Value):
        return False
    (out,) = line.outs
    given = line.args[0]
    return (
        given.shape == out.shape and given.is_scalar == out.is_scalar and out.memory == given.memory
    )
