"""Exponentials that are known already: where z is negative, e^min(z,0) is e^(−|z|)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import looks_for, owns, same_kind
from autograd.compiler.program import Instruction, Program, Value

LARGE = 1 << 11
"""Elements from which on a comparison and a maximum take less time than an exponential."""


@looks_for("np.exp")
def share_exponentials(program: Program) -> Program:
    """``np.exp(np.minimum(z, 0))`` becomes ``np.maximum(e, z >= 0)`` with ``e = np.exp(-abs(z))``.

    Both stand in a sigmoid that cannot overflow, e^min(z,0) / (1 + e^(−|z|)). No bit changes:
    e is at most 1. Measured on 8192 numbers in float32: 3.9 µs in place of 7.8.
    """
    return _Sharer(program).run()


class _Sharer:
    def __init__(self, program: Program) -> None:
        self.program, self.build = program, Builder(program)
        self.made = {out.number: line for line in program.instructions for out in line.outs}
        outputs = {v.memory for v in program.outputs if isinstance(v, Value)}
        self.apart = outputs | program.written()

    def run(self) -> Program:
        found = self._found()
        if not found:
            remarks = [*self.program.remarks, "exponentials: nothing to do"]
            return replace(self.program, remarks=remarks)
        late = {half.outs[0].number for half, _ in found.values()}
        for line in self.program.instructions:
            number = line.outs[0].number if line.outs else -1
            if number not in late:
                self.build.lines.append(line)
            if number in found:
                self._write(*found[number], line.outs[0])
        remarks = [*self.program.remarks, f"exponentials: {len(found)} taken from others"]
        return replace(self.program, instructions=self.build.lines, remarks=remarks)

    def _found(self) -> dict[int, tuple[Instruction, Value]]:
        """By the number of e^(−|z|): what makes e^min(z,0), and z."""
        halves: dict[int, Instruction] = {}
        read: set[int] = set()
        found = {}
        for line in self.program.instructions:
            z = self._source(line, "np.minimum")
            if z is not None:
                halves[z.number] = line
            z = self._source(line, "np.negative")
            half = halves.pop(z.number, None) if z is not None else None
            if half is not None and z is not None and half.outs[0].number not in read:
                found[line.outs[0].number] = half, z
            read.update(value.number for value in line.inputs)
        return found

    def _source(self, line: Instruction, name: str) -> Value | None:
        """z, where a line is the exponential of min(z, 0) or of −|z|."""
        inner = self._inner(line, "np.exp", name)
        if inner is not None and name == "np.negative":
            inner = self._inner(inner, name, "np.absolute")
        if inner is None or not isinstance(inner.args[0], Value):
            return None
        z, (out,) = inner.args[0], line.outs
        zero = name == "np.negative" or _is_zero(inner.args[1])
        steady = not self.apart & {z.memory, out.memory} and owns(out)
        floats = out.dtype is not None and out.dtype.kind == "f" and out.size >= LARGE
        return z if zero and steady and floats and same_kind(z, out) else None

    def _inner(self, line: Instruction, name: str, inner: str) -> Instruction | None:
        """What makes the operand of a plain call, if that is a plain call, too."""
        if line.name != name or line.kind != "call" or line.kwargs or len(line.outs) != 1:
            return None
        operand = line.args[0]
        made = self.made.get(operand.number) if isinstance(operand, Value) else None
        plain = made is not None and made.kind == "call" and not made.kwargs
        return made if plain and made is not None and made.name == inner else None

    def _write(self, half: Instruction, z: Value, e: Value) -> None:
        (out,) = half.outs
        self.build.note = half.note
        positive = self.build.value(z.shape, np.dtype(bool))
        self.build.numpy(np.greater_equal, (z, 0), positive)
        self.build.numpy(np.maximum, (e, positive), out)


def _is_zero(part: object) -> bool:
    return isinstance(part, (int, float)) and not isinstance(part, bool) and part == 0
