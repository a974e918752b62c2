"""The form of a textbook: steps stand inside the formulas that use them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace

from autograd.compiler.helpers import is_helper
from autograd.compiler.origin import assigned
from autograd.compiler.passes.rewriting import uses
from autograd.compiler.program import Instruction, Program, Value
from autograd.compiler.unpacking import unpacked

MOST = 8
"""At most so many calls stand in one formula; a longer one is hard to read."""


def nest_steps(program: Program) -> Program:
    """``t = exp(x); y = 1 + t`` becomes ``y = 1 + exp(x)``, where nothing else uses t.

    What a person named, what a layer gives and every gradient of such stays a line of its own.
    """
    nesting = _Nesting(program)
    nested = nesting.run()
    remark = f"textbook: {len(nested)} steps inside formulas"
    return program.after(remark, instructions=nesting.lines(), nested=nested)


class _Nesting:
    def __init__(self, program: Program) -> None:
        self.program, self.used = program, uses(program)
        notes = [line.note for line in program.instructions]
        self.apart = {note.gradient.number for note in notes if note.gradient is not None}
        self.apart |= {g.number for note in notes for g in note.gradients if g is not None}
        self.quiet: dict[int, str] = {}
        self.writes: dict[int, list[int]] = defaultdict(list)
        for at, line in enumerate(program.instructions):
            for block in line.writes:
                self.writes[block].append(at)

    def run(self) -> frozenset[int]:
        lines, nested = self.program.instructions, set[int]()
        readers = {value.number: at for at, line in enumerate(lines) for value in line.inputs}
        place = list(range(len(lines)))
        size = [1] * len(lines)
        for at in range(len(lines) - 1, -1, -1):
            line = lines[at]
            if not self._is_step(line):
                continue
            reader = readers.get(line.outs[0].number, -1)
            if reader < 0 or not self._belongs(line, lines[reader], at, place[reader]):
                continue
            home = place[reader]
            if size[home] < MOST:
                size[home] += 1
                place[at] = home
                nested.add(line.outs[0].number)
                self.quiet[home] = self.quiet.get(home, "") or line.note.quiet
        return frozenset(nested)

    def lines(self) -> list[Instruction]:
        """The instructions, each as quiet as what stands inside it."""
        lines = list(self.program.instructions)
        for at, quiet in self.quiet.items():
            if quiet:
                lines[at] = replace(lines[at], note=lines[at].note._replace(quiet=quiet))
        return lines

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
        if named or out.memory in self.writes:
            return False
        return line.note.phase == "forward" or not line.note.subject

    def _belongs(self, line: Instruction, reader: Instruction, at: int, home: int) -> bool:
        """Whether a call may be made where its reader is: nothing is written in between."""
        a, b = line.note, reader.note
        if reader.kind in ("guard", "draw", "place") or a.phase != b.phase:
            return False
        inside = bool(a.op) and (a.serial, a.op) == (b.serial, b.op)
        if a.quiet != b.quiet and not (inside and a.phase == "forward"):
            return False
        if a.phase == "forward" and not inside and (assigned(a.where)[0] or unpacked(a.where)):
            return False
        if a.phase == "forward" and a.scope and a.scope != b.scope:
            return False
        return not any(self._is_written(value, at, home) for value in line.inputs)

    def _is_written(self, value: Value, start: int, end: int) -> bool:
        times = self.writes.get(value.memory, [])
        following = bisect_right(times, start)
        return following < len(times) and times[following] < end
