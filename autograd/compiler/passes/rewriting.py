"""What passes share: replacing values, and what is known of memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, wraps
from typing import Any

import numpy as np

from autograd.compiler.helpers import is_helper
from autograd.compiler.program import Instruction, Program, Value

Pass = Callable[[Program], Program]

VIEWS = frozenset(
    ("np.swapaxes", "np.transpose", "np.reshape", "np.broadcast_to", "np.expand_dims", "np.ravel")
)
"""Functions that may return a view of their first argument."""


def looks_for(*names: str) -> Callable[[Pass], Pass]:
    """A pass that is over at once where nothing of these names is called."""

    def decorate(change: Pass) -> Pass:
        @wraps(change)
        def apply(program: Program) -> Program:
            if any(line.name in wanted for line in program.instructions):
                return change(program)
            remark = f"{change.__name__.replace('_', ' ')}: nothing to do"
            return program.after(remark)

        wanted = frozenset(names)
        return apply

    return decorate


class Exchange:
    """Values that stand for others from now on, with the memory that they lie in."""

    def __init__(self, program: Program) -> None:
        self.of: dict[int, Any] = {}
        self.moved: dict[int, int] = {}
        self.program = program

    @cached_property
    def inside(self) -> dict[int, list[Value]]:
        """The values that lie in each block, counted when the first is moved."""
        found: dict[int, list[Value]] = {}
        for line in self.program.instructions:
            for out in line.outs:
                found.setdefault(out.memory, []).append(out)
        return found

    def __call__(self, value: Value) -> Any:
        """What is used in place of a value."""
        while isinstance(value, Value) and value.number in self.of:
            value = self.of[value.number]
        return value

    def put(self, old: Value, new: Any) -> None:
        """From now on `new` in place of `old`."""
        self.of[old.number] = new
        if not isinstance(new, Value):
            return
        new.hint = new.hint or old.hint
        if new.memory != old.memory:
            self.move(old.memory, new.memory)

    def move(self, old: int, new: int) -> None:
        """Whatever lay in one block lies in another one."""
        values = self.inside.pop(old, [])
        for value in values:
            value.memory = new
        self.inside.setdefault(new, []).extend(values)
        self.moved[old] = new

    def line(self, line: Instruction) -> Instruction:
        """An instruction on what is used now."""
        if self.of and not self.of.keys().isdisjoint([v.number for v in line.inputs]):
            line = self._noted(line.with_inputs(self))
        if line.writes and not self.moved.keys().isdisjoint(line.writes):
            line = replace(line, writes=tuple(map(self._now, line.writes)))
        return line

    def _noted(self, line: Instruction) -> Instruction:
        """An instruction whose note names the gradient that is used now."""
        gradient = line.note.gradient
        if gradient is None or gradient.number not in self.of:
            return line
        now = self(gradient)
        note = line.note._replace(gradient=now if isinstance(now, Value) else None)
        return replace(line, note=note)

    def after(self, remark: str, lines: list[Instruction]) -> Program:
        """The program with other instructions, and with what a caller receives now."""
        outputs = [self(value) for value in self.program.outputs]
        return self.program.after(remark, instructions=lines, outputs=outputs)

    def _now(self, block: int) -> int:
        while block in self.moved:
            block = self.moved[block]
        return block


def uses(program: Program) -> Counter[int]:
    """How often each value is read, as an argument or as an output."""
    found = Counter(value.number for line in program.instructions for value in line.inputs)
    found.update(value.number for value in program.outputs if isinstance(value, Value))
    return found


def last_uses(program: Program) -> dict[int, int]:
    """The last instruction that touches each block; beyond the end for outputs and inputs."""
    last: dict[int, int] = {}
    for index, line in enumerate(program.instructions):
        for value in (*line.inputs, *line.outs):
            last[value.memory] = index
    end = len(program.instructions)
    last.update((value.memory, end) for value in program.outputs if isinstance(value, Value))
    last.update((block, end) for block in program.kept)
    return last


def makers(program: Program) -> dict[int, int]:
    """The instruction that computes each value, by the value's number."""
    return {out.number: at for at, line in enumerate(program.instructions) for out in line.outs}


def writers(program: Program) -> dict[int, list[int]]:
    """The instructions that write to each block."""
    found: dict[int, list[int]] = {}
    for index, line in enumerate(program.instructions):
        for block in line.writes:
            found.setdefault(block, []).append(index)
    return found


def lasting(program: Program) -> set[int]:
    """The blocks that outlive the run: those of inputs, and what a caller receives."""
    return program.kept | program.received()


def unsettled(program: Program) -> set[int]:
    """The blocks that are not a run's own from first to last: they outlive it, or are changed."""
    return lasting(program) | program.written()


def readers(program: Program) -> defaultdict[int, list[int]]:
    """The instructions that read each value, by the value's number."""
    return _places(program, lambda value: value.number)


def touching(program: Program) -> defaultdict[int, list[int]]:
    """The instructions that read from each block, or write to it."""
    return _places(program, lambda value: value.memory)


def _places(program: Program, key: Callable[[Value], int]) -> defaultdict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(program.instructions):
        for number in set(map(key, line.inputs)):
            found[number].append(index)
    return found


def into(line: Instruction, out: Value) -> Instruction:
    """A call with its one result written into an array that is there."""
    return replace(line, kwargs={**line.kwargs, "out": out}, outs=(), writes=(out.memory,))


def is_private(touched: dict[int, list[int]], block: int, lines: list[int]) -> bool:
    """Whether nothing but some lines touches a block before the last of them.

    Args:
        touched: where blocks are touched (see `touching`).
        block: of which it is asked.
        lines: their places, in order.
    """
    inside = set(lines)
    return all(at in inside for at in touched.get(block, ()) if at < lines[-1])


def is_product(line: Instruction) -> bool:
    """Whether a line multiplies two matrices, into memory of its own."""
    plain = line.name == "np.matmul" and not line.kwargs and len(line.outs) == 1
    return plain and all(isinstance(v, Value) and len(v.shape) == 2 for v in line.args)


def is_row_sum(line: Instruction) -> bool:
    """Whether a line adds up each row of a matrix."""
    if line.name != "np.sum" or line.kind != "call" or len(line.args) != 1:
        return False
    axis = line.kwargs.get("axis")
    along = axis in (1, -1, (1,), (-1,)) and line.kwargs.keys() <= {"axis", "keepdims"}
    return along and isinstance(line.args[0], Value) and len(line.args[0].shape) == 2


def is_zero(part: Any) -> bool:
    """Whether an argument is the number 0."""
    number = isinstance(part, (int, float, np.generic)) and not isinstance(part, (bool, np.bool_))
    return number and part == 0


def is_ufunc(line: Instruction) -> bool:
    """Whether an instruction is a universal function of one result, called plainly."""
    return isinstance(line.run, np.ufunc) and len(line.outs) == 1 and line.run.nout == 1


def takes_out(line: Instruction) -> bool:
    """Whether a call can be told where to put its one result."""
    code = getattr(line.run, "__code__", None)
    ours = is_helper(line) and code is not None and "out" in code.co_varnames
    quick = line.name == "np.take" and line.kwargs.get("mode") in ("wrap", "clip")
    return is_ufunc(line) or quick or (ours and line.kind == "call" and len(line.outs) == 1)


def owns(value: Value) -> bool:
    """Whether a value is the whole of a block of its own."""
    return value.memory == value.number


def same_kind(a: Value, b: Value) -> bool:
    """Whether two values are alike in shape and dtype."""
    return a.shape == b.shape and a.dtype == b.dtype
