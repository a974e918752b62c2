"""In place: a result that is written over a parameter or its state is computed there."""

from __future__ import annotations

from bisect import bisect_right

from autograd.compiler.passes.rewriting import (
    Exchange,
    into,
    is_ufunc,
    last_uses,
    makers,
    owns,
    same_kind,
    touching,
    writers,
)
from autograd.compiler.program import Instruction, Program, Value


def land_results(program: Program) -> Program:
    """``v = a + b; p[...] = v`` becomes ``np.add(a, b, out=p)``.

    It is done where p's old value is not needed between the two any more, where v is nobody
    else's memory, and where p is written once; later uses of v are of p.
    """
    if any(map(_is_whole, program.instructions)):
        return _Lander(program).run()
    return program.after("in place: no results")


class _Lander:
    def __init__(self, program: Program) -> None:
        self.program, self.writers, self.last = program, writers(program), last_uses(program)
        self.made = makers(program)
        self.touched = touching(program)

    def run(self) -> Program:
        exchange = Exchange(self.program)
        lines: list[Instruction | None] = list(self.program.instructions)
        for index, line in enumerate(self.program.instructions):
            if _is_whole(line) and self._fits(line, index):
                target, _, value = line.args
                at = self.made[value.number]
                lines[at], lines[index] = into(self.program.instructions[at], target), None
                exchange.put(value, target)
        kept = [exchange.line(line) for line in lines if line is not None]
        done = len(lines) - len(kept)
        remark = f"in place: {done} results computed where they belong"
        return exchange.after(remark, kept)

    def _fits(self, line: Instruction, index: int) -> bool:
        target, _, value = line.args
        if not isinstance(value, Value) or value.number not in self.made:
            return False
        at = self.made[value.number]
        free = owns(value) and value.memory not in self.writers and same_kind(target, value)
        inside = self.last[value.memory] < len(self.program.instructions)
        once = self.writers[target.memory] == [index]
        own = not value.is_scalar and is_ufunc(self.program.instructions[at])
        known = self.made.get(target.number, -1) < at
        return known and own and free and inside and once and self._quiet(target, at, index)

    def _quiet(self, target: Value, at: int, index: int) -> bool:
        """Whether nothing reads a block between two instructions."""
        touched = self.touched.get(target.memory, [])
        following = bisect_right(touched, at)
        return following == len(touched) or touched[following] >= index


def _is_whole(line: Instruction) -> bool:
    return line.kind == "setitem" and line.args[1] is Ellipsis
