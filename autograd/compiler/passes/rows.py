"""Rows that are put together again: what was one array all the time is used as that."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import Exchange, looks_for, writers
from autograd.compiler.program import Instruction, Program, Value


@looks_for("np.stack", "np.concatenate")
def rejoin_rows(program: Program) -> Program:
    """``np.stack([x[0], x[1], …])`` is x, and joining the rows is reshaping it.

    Where x is written to later, or belongs to the caller and so would the result, a copy
    is what is wanted, and nothing is changed.
    """
    return _Rejoiner(program).run()


class _Rejoiner:
    def __init__(self, program: Program) -> None:
        self.program, self.writers = program, writers(program)
        self.exchange, self.build = Exchange(program), Builder(program)
        self.made = {out.number: line for line in program.instructions for out in line.outs}
        self.outputs = program.received()
        self.done = 0

    def run(self) -> Program:
        for at, before in enumerate(self.program.instructions):
            line = self.exchange.line(before)
            whole = self._whole(line, at)
            if whole is None or not self._use(line, *whole):
                self.build.lines.append(line)
            else:
                self.done += 1
        lines = self.build.lines
        remark = f"rows: {self.done} arrays put together as they were"
        return self.exchange.after(remark, lines)

    def _whole(self, line: Instruction, at: int) -> tuple[Value, slice] | None:
        """The array that all joined parts are rows of, in order, and which of its rows."""
        if line.name not in ("np.stack", "np.concatenate") or line.kwargs.keys() - {"axis"}:
            return None
        parts = line.args[0]
        rows = [self._row(part) for part in parts] if len(parts) > 1 else [None]
        if any(row is None for row in rows):
            return None
        whole, first = rows[0]  # type: ignore[misc]
        if any(row is None or row[0] is not whole for row in rows):
            return None
        places = [row[1] for row in rows if row is not None]
        if places != list(range(first, first + len(places))) or not self._is_free(whole, line, at):
            return None
        return whole, slice(first, first + len(places))

    def _row(self, part: Any) -> tuple[Value, int] | None:
        line = self.made.get(part.number) if isinstance(part, Value) else None
        if line is None or line.kind != "getitem" or not isinstance(line.args[0], Value):
            return None
        index = line.args[1]
        if isinstance(index, tuple) and len(index) == 2 and index[1] is Ellipsis:
            index = index[0]
        plain = isinstance(index, (int, np.integer)) and not isinstance(index, bool)
        return (line.args[0], int(index)) if plain and index >= 0 else None

    def _is_free(self, whole: Value, line: Instruction, at: int) -> bool:
        """Whether the array may be used where a copy of it was made."""
        (out,) = line.outs
        if self.writers.get(whole.memory, [-1])[-1] > at or out.memory in self.writers:
            return False
        own = whole.memory == whole.number and whole.memory not in self.program.kept
        return out.memory not in self.outputs or (own and whole.memory not in self.outputs)

    def _use(self, line: Instruction, whole: Value, rows: slice) -> bool:
        """Put the array, or a view of it, in place of what was joined."""
        (out,), axis = line.outs, line.kwargs.get("axis", 0)
        count = rows.stop - rows.start
        self.build.note = line.note
        part_rank = len(whole.shape) - 1
        if line.name == "np.stack" and axis == 0:
            view = self._part(whole, rows)
        elif line.name == "np.concatenate" and axis == 0 and part_rank and whole.contiguous:
            view = self.build.reshaped(self._part(whole, rows), out.shape)
        elif self._are_columns(line, whole):
            flat = self.build.reshaped(self._part(whole, rows), (count, whole.shape[1]))
            view = self.build.turned(flat)
        else:
            return False
        self.outputs.update({view.memory} if out.memory in self.outputs else ())
        self.exchange.put(out, view)
        return True

    def _are_columns(self, line: Instruction, whole: Value) -> bool:
        """Whether columns (n, 1) are put side by side."""
        side_by_side = line.name == "np.concatenate" and line.kwargs.get("axis", 0) == 1
        return side_by_side and whole.contiguous and whole.shape[2:] == (1,)

    def _part(self, whole: Value, rows: slice) -> Value:
        if rows == slice(0, whole.shape[0]):
            return whole
        return self.build.part(whole, rows, whole.contiguous)
