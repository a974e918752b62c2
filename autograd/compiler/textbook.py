"""The form of a textbook: steps stand inside the formulas that use them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from autograd.compiler.helpers import is_helper
from autograd.compiler.origin import assigned
from autograd.compiler.passes.rewriting import is_ufunc, uses
from autograd.compiler.persons import gradients_of, persons
from autograd.compiler.program import Instruction, Program, Value
from autograd.compiler.unpacking import unpacked

MOST = 8
"""At most so many calls stand in one formula; a longer one is hard to read."""


def nest_steps(program: Program) -> Program:
    """``t = exp(x); y = 1 + t`` becomes ``y = 1 + exp(x)``, where nothing else uses t.

    What a person named, what a layer gives and every gradient of such stays a line of its own;
    so do gradients that matrices are multiplied with, or that are added up.
    """
    nesting = _Nesting(program)
    nested = nesting.run()
    remark = f"textbook: {len(nested)} steps inside formulas"
    return program.after(remark, nested=nested)


class _Nesting:
    def __init__(self, program: Program) -> None:
        self.program, self.used = program, uses(program)
        self.apart = gradients_of(program, persons(program))
        self.gradients = gradients_of(program)
        lines = program.instructions
        self.writes: dict[int, list[int]] = defaultdict(list)
        for at, line in enumerate(lines):
            for block in line.writes:
                self.writes[block].append(at)
        self.readers = {x.number: at for at, line in enumerate(lines) for x in line.inputs}
        forward = ((x.note.serial, at) for at, x in enumerate(lines) if x.note.phase == "forward")
        self.ends = {at: serial for serial, at in dict(forward).items()}
        self.nested, self.place, self.size = set[int](), list(range(len(lines))), [1] * len(lines)

    def run(self) -> frozenset[int]:
        """The values that stand inside; what is shown going forward has a gradient to be shown."""
        lines = self.program.instructions
        forward = [at for at, line in enumerate(lines) if line.note.phase == "forward"]
        self._nest(forward)
        shown = (at for at in self.ends if self.place[at] == at)
        self.apart |= gradients_of(self.program, {self.ends[at] for at in shown})
        self._nest(sorted(set(range(len(lines))) - set(forward)))
        return frozenset(self.nested)

    def _nest(self, places: list[int]) -> None:
        """Put steps at some places, the last first, inside their readers."""
        lines, place = self.program.instructions, self.place
        for at in reversed(places):
            line = lines[at]
            if not self._is_step(line):
                continue
            reader = self.readers.get(line.outs[0].number, -1)
            if reader < 0 or not self._belongs(line, lines[reader], at, place[reader]):
                continue
            home = place[reader]
            if self.size[home] < MOST:
                self.size[home] += 1
                place[at] = home
                self.nested.add(line.outs[0].number)

    def _is_step(self, line: Instruction) -> bool:
        """Whether a call gives one value that is used once and that nobody named."""
        if line.kind not in ("call", "operator", "getitem", "method", "attribute"):
            return False
        if (
            not line.pure
            or is_helper(line)
            or line.packed
            or len(line.outs) != 1
            or line.kwargs.get("out")
        ):
            return False
        (out,) = line.outs
        named = out.hint or out.number in self.apart or self.used[out.number] != 1
        named = named or _is_seed(line)
        if named or out.memory in self.writes:
            return False
        return line.note.phase == "forward" or not line.note.subject

    def _belongs(self, line: Instruction, reader: Instruction, at: int, home: int) -> bool:
        """Whether a call may be made where its reader is: nothing is written in between."""
        a, b = line.note, reader.note
        if reader.kind in ("guard", "draw", "place", "same") or a.phase != b.phase:
            return False
        if line.outs[0].number in self.gradients and not _is_elementwise(reader):
            return False
        inside = bool(a.op) and (a.serial, a.op) == (b.serial, b.op)
        if a.phase == "forward" and not inside and (assigned(a.where)[0] or unpacked(a.where)):
            return False
        if a.phase == "forward" and a.scope and a.scope != b.scope:
            return False
        return not any(self._is_written(value, at, home) for value in line.inputs)

    def _is_written(self, value: Value, start: int, end: int) -> bool:
        times = self.writes.get(value.memory, [])
        following = bisect_right(times, start)
        return following < len(times) and times[following] < end


def _is_elementwise(line: Instruction) -> bool:
    """Whether a call keeps each number in its place, or puts it into one."""
    moves = line.kind == "setitem" or line.name in ("np.broadcast_to", "np.add.at")
    return moves or (is_ufunc(line) and line.name != "np.matmul")


def _is_seed(line: Instruction) -> bool:
    """Whether a backward pass begins here: the gradient of L itself."""
    return line.name == "np.ones_like" and line.note.phase == "backward" and not line.note.op
