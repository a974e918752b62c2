"""Copies that nobody needs: of what is not used afterwards, or only to be copied again."""

from __future__ import annotations

from autograd.compiler.passes.rewriting import (
    Exchange,
    last_uses,
    looks_for,
    same_kind,
    writers,
)
from autograd.compiler.program import Instruction, Program, Value


@looks_for("copy", "np.copyto")
def drop_copies(program: Program) -> Program:
    """``y = x.copy()`` goes, and x is used for y, where x is not touched afterwards.

    An array that is made empty and filled at once counts as a copy of what fills it.
    """
    return _Dropper(program).run()


class _Dropper:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.last, self.writers = last_uses(program), writers(program)
        self.exchange = Exchange(self.program)
        self.empty: dict[int, int] = {}
        self.touched: dict[int, int] = {}

    def run(self) -> Program:
        kept: list[Instruction | None] = []
        for index, before in enumerate(self.program.instructions):
            line = self.exchange.line(before)
            kept.append(line)
            if line.name in ("np.empty_like", "np.empty"):
                self.empty[line.outs[0].number] = index
            elif self._is_copy(line, index):
                self._use(line.outs[0], line.args[0], index)
                kept[-1] = None
            elif self._is_filled(line, index):
                kept[self.empty[line.args[0].number]] = kept[-1] = None
                self._use(line.args[0], line.args[1], index)
            self.touched.update((v.memory, index) for v in (*line.inputs, *line.outs))
        lines = [line for line in kept if line is not None]
        remark = f"copies: {len(kept) - len(lines)} calls saved"
        return self.exchange.after(remark, lines)

    def _use(self, copy: Value, source: Value, index: int) -> None:
        old, new = copy.memory, source.memory
        self.exchange.put(copy, source)
        self.last[new] = max(self.last[old], self.last[new])
        self.writers[new] = self.writers.get(new, []) + [
            at for at in self.writers.get(old, []) if at > index
        ]

    def _is_copy(self, line: Instruction, index: int) -> bool:
        if not (line.kind == "method" and line.name == "copy" and len(line.args) == 1):
            return False
        copy, source = line.outs[0], line.args[0]
        return isinstance(source, Value) and self._free(copy, source, index)

    def _free(self, copy: Value, source: Value, index: int) -> bool:
        """Whether the source may be used as the copy: nothing touches its memory afterwards."""
        ended = self.last[source.memory] <= index and source.memory not in self.program.kept
        return ended and same_kind(copy, source) and source.contiguous

    def _is_filled(self, line: Instruction, index: int) -> bool:
        if line.name != "np.copyto" or not isinstance(line.args[1], Value):
            return False
        target, source = line.args[:2]
        once = self.writers[target.memory] == [index] and target.number in self.empty
        once = once and self.touched[target.memory] == self.empty[target.number]
        steady = not any(at > index for at in self.writers.get(source.memory, ()))
        until = self.last[target.memory]
        quiet = not any(index < at <= until for at in self.writers.get(source.memory, ()))
        apart = until < len(self.program.instructions)
        return once and same_kind(target, source) and (steady or quiet) and apart
