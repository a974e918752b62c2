"""Arrays that are joined column by column and read as rows: joined as rows in the first place."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.parts import LARGE, is_join
from autograd.compiler.passes.rewriting import Exchange, looks_for, makers, owns, readers, unsettled
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value


@looks_for("np.concatenate")
def join_upright(program: Program) -> Program:
    """``np.concatenate(xs, 1).T`` becomes ``np.concatenate([x.T for x in xs], 0)``.

    So each part is copied to a place in one piece, and products read rows that lie in order. It
    is done where the parts are large, and nobody reads the columns; an array that has the same
    parts as one that is read by column stays as it is (`share_windows` joins both as one). A step
    of the char LSTM takes 36.2 ms in place of 37.8 (tools/measure_passes.py --step char_lstm
    join_upright).
    """
    found = _found(program)
    return _JoinTurner(program, found).run() if found else program.after("upright: no arrays")


def _found(program: Program) -> list[Instruction]:
    """The joins that nobody reads by column, and that share no part with another one."""
    read, joins = readers(program), defaultdict(list)
    apart = unsettled(program)
    for line in program.instructions:
        if _is_wide(line, apart):
            for part in line.args[0]:
                joins[part.number].append(line)
    wide = {line.outs[0].number: line for lines in joins.values() for line in lines}
    todo = [
        line
        for number, line in wide.items()
        if not all(is_swap(program.instructions[at]) for at in read[number])
    ]
    while todo:
        line = todo.pop()
        if wide.pop(line.outs[0].number, None):
            todo += [other for part in line.args[0] for other in joins.pop(part.number, ())]
    return list(wide.values())


def _is_wide(line: Instruction, apart: set[int]) -> bool:
    """Whether large matrices of one's own are put side by side."""
    if not is_join(line) or line.kwargs.get("axis", 0) not in (1, -1):
        return False
    (out,), parts = line.outs, line.args[0]
    whole = len(out.shape) == 2 and owns(out) and out.memory not in apart
    return whole and all(part.size >= LARGE and part.dtype == out.dtype for part in parts)


class _JoinTurner:
    def __init__(self, program: Program, found: list[Instruction]) -> None:
        self.program, self.build = program, Builder(program)
        self.exchange, self.made = Exchange(program), makers(program)
        self.joins = {line.outs[0].number: line for line in found}
        self.turned: dict[int, Value] = {}

    def run(self) -> Program:
        wanted: defaultdict[int, list[Value]] = defaultdict(list)
        for line in self.joins.values():
            for part in line.args[0]:
                wanted[self.made.get(part.number, -1)].append(part)
        self._turn(wanted[-1])
        for at, line in enumerate(self.program.instructions):
            if line.outs and line.outs[0].number in self.joins:
                self._join(line)
            elif not self._is_turned_join(line):
                self.build.lines.append(self.exchange.line(line))
            self.build.note = line.note._replace(what="", gradient=None)
            self._turn(wanted[at])
        remark = f"upright: {len(self.joins)} arrays joined by row"
        return self.exchange.after(remark, self.build.lines)

    def _turn(self, parts: list[Value]) -> None:
        """The transposes of parts, as soon as they are there."""
        for part in parts:
            if part.number not in self.turned:
                self.turned[part.number] = self.build.turned(part)

    def _join(self, line: Instruction) -> None:
        (out,) = line.outs
        rows = self.build.value(out.shape[::-1], out.dtype)
        self.build.note = line.note
        parts = [self.turned[part.number] for part in line.args[0]]
        self.build.numpy(np.concatenate, (parts,), rows, axis=0)
        self.turned[out.number] = rows

    def _is_turned_join(self, line: Instruction) -> bool:
        """Whether a line turns an array that is joined by row now; then its result is that."""
        source = line.args[0] if is_swap(line) else None
        if not isinstance(source, Value) or source.number not in self.joins:
            return False
        self.exchange.put(line.outs[0], self.turned[source.number])
        return True
