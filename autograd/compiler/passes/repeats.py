"""For a textbook: a gradient is repeated where its shape is asked for, not before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import is_ufunc, uses
from autograd.compiler.persons import gradients_of, persons
from autograd.compiler.program import Instruction, Program, Value

_RESHAPES = ("np.reshape", "reshape")


def repeat_late(program: Program) -> Program:
    """``np.broadcast_to(g, x.shape) * x`` becomes ``g * x``: NumPy repeats g by itself.

    The gradients of what has a name going forward are repeated: they have its shape.
    """
    late = _Late(program)
    for line in program.instructions:
        late.take(line)
    gone = len(program.instructions) - len(late.lines)
    return program.after(f"repeats: {gone} left out", instructions=late.lines)


class _Late:
    """Keeps for some values a smaller one that NumPy repeats to the same.

    Attributes:
        lines: what is computed now.
        low: the smaller values, by the number of what they stand for.
        makers: the calls that were left out, by the number of what they made.
    """

    def __init__(self, program: Program) -> None:
        self.build, self.lines = Builder(program), list[Instruction]()
        self.low: dict[int, Value] = {}
        self.makers: dict[int, Instruction] = {}
        self.named = gradients_of(program, persons(program) | _shown(program))
        self.written, self.received = program.written(), program.received()

    def take(self, line: Instruction) -> None:
        """Carry an instruction out on the smaller values, if it can be."""
        if _repeats(line) and self._may_wait(line.outs[0]):
            self._wait(line, self._lowered(line.args[0]))
        elif self.low.keys().isdisjoint([value.number for value in line.inputs]):
            self.lines.append(line)
        elif line.name == "np.broadcast_to":
            self.lines.append(line.with_inputs(self._lowered))
        elif line.name == "np.add.at" or line.kind == "setitem":
            args = (*line.args[:2], self._lowered(line.args[2]))
            self._in_full(replace(line, args=args))
        elif is_ufunc(line) and line.kind == "call" and not line.kwargs:
            self._elementwise(line)
        else:
            self._in_full(line)

    def _elementwise(self, line: Instruction) -> None:
        (out,), lowered = line.outs, line.with_inputs(self._lowered)
        shape = np.broadcast_shapes(*map(np.shape, lowered.args))
        if shape == out.shape:
            self.lines.append(lowered)
        elif out.memory in self.written | self.received:
            self._in_full(line)
        else:
            made = self._made(shape, out.dtype)
            self.lines.append(replace(lowered, outs=(made,)))
            self._wait(line, made)
            if not self._may_wait(out):
                self._repeat(out)

    def _made(self, shape: tuple[int, ...], dtype: Any) -> Value:
        return self.build.value(shape, dtype) if shape else self.build.scalar(dtype)

    def _wait(self, line: Instruction, smaller: Value) -> None:
        (out,) = line.outs
        self.low[out.number], self.makers[out.number] = smaller, line

    def _may_wait(self, out: Value) -> bool:
        """Whether nobody asks for a value by its name, or for its memory."""
        free = out.memory not in self.written and out.memory not in self.received
        return free and not out.hint and out.number not in self.named

    def _lowered(self, part: Any) -> Any:
        return self.low.get(part.number, part) if isinstance(part, Value) else part

    def _in_full(self, line: Instruction) -> None:
        """An instruction that asks for the whole shape."""
        for value in line.inputs:
            if value.number in self.low:
                self._repeat(value)
        self.lines.append(line)

    def _repeat(self, value: Value) -> None:
        """What is smaller than a value, repeated to be it."""
        smaller, maker = self.low.pop(value.number), self.makers.pop(value.number)
        if maker.name in _RESHAPES:
            line = replace(maker, args=(smaller, *maker.args[1:]))
        else:
            args = smaller, value.shape
            name = "np.broadcast_to"
            line = replace(maker, name=name, kind="call", args=args, kwargs={}, run=np.broadcast_to)
        self.lines.append(line)


def _shown(program: Program) -> set[int]:
    """The serials of operations whose result is used several times, and so has a line."""
    used = uses(program)
    forward = (line for line in program.instructions if line.note.phase == "forward")
    return {line.note.serial for line in forward if any(used[x.number] > 1 for x in line.outs)}


def _repeats(line: Instruction) -> bool:
    """Whether a call gives what NumPy repeats by itself: also ``reshape`` to more dimensions."""
    if line.name == "np.broadcast_to":
        return isinstance(line.args[0], Value)
    if line.name not in _RESHAPES or not isinstance(line.args[0], Value) or line.kwargs:
        return False
    (out,), was = line.outs, line.args[0].shape
    more = len(out.shape) - len(was)
    return more >= 0 and out.shape == (1,) * more + was
