"""Chains that can wait: all of what they do may be done at a later place as well."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict

from autograd.compiler.passes.chains import Chain
from autograd.compiler.passes.rewriting import writers
from autograd.compiler.program import Program, Value


class Waiting:
    """Knows where each block of a program is used and written to."""

    def __init__(self, program: Program) -> None:
        self.program, self.lines = program, program.instructions
        self.writers = writers(program)
        self.touched: defaultdict[int, list[int]] = defaultdict(list)
        for at, line in enumerate(self.lines):
            for block in {value.memory for value in (*line.inputs, *line.outs)}:
                self.touched[block].append(at)
        for block in program.received():
            self.touched[block].append(len(self.lines))

    def of(self, group: list[Chain]) -> list[Chain]:
        """Those of some chains that can wait for the end of the last one."""
        end = max(chain.lines[-1] for chain in group)
        return [chain for chain in group if self._can_wait(chain, end)]

    def _can_wait(self, chain: Chain, end: int) -> bool:
        """Whether nobody looks at what it changes, or changes what it looks at, before the end."""
        inside = set(chain.lines)
        written = {block for at in chain.lines for block in self.lines[at].writes}
        free = all(
            self._is_free(block, role == "made", block.memory in written, inside, end)
            for block, role in zip(chain.blocks, chain.roles, strict=True)
        )
        numbers = {v.memory for at in chain.lines for v in self.lines[at].inputs}
        numbers -= {block.memory for block in chain.blocks}
        return free and not any(self._written(block, chain.lines[0], end) for block in numbers)

    def _is_free(self, block: Value, own: bool, written: bool, inside: set[int], end: int) -> bool:
        """Whether all others use an array before the chain does, after it, or read what it reads.

        Args:
            block: the array.
            own: whether the chain makes it, so that nobody else may use it.
            written: whether the chain writes to it.
            inside: the places of the chain's calls.
            end: where they will all be.
        """
        uses = self.touched[block.memory]
        first = next(at for at in uses if at in inside)
        others = [at for at in uses if at not in inside]
        between = [at for at in others if first < at <= end]
        if (own and others) or (written and between):
            return False
        if any(block.memory in self.lines[at].writes for at in between):
            return False
        late = [at for at in others if at > end]
        return block.number == block.memory or self._only(block, late)

    def _written(self, block: int, start: int, end: int) -> bool:
        """Whether a block is written to at one of these places."""
        places = self.writers.get(block, [])
        return bisect_left(places, start) < bisect_right(places, end)

    def _only(self, block: Value, places: list[int]) -> bool:
        """Whether of all that lies in a block only this value is used at some places."""
        used = [value for at in places for value in self._used_at(at)]
        return all(value is block for value in used if value.memory == block.memory)

    def _used_at(self, at: int) -> list[Value]:
        """The values that an instruction uses or makes; those of the outputs beyond the end."""
        if at == len(self.lines):
            return [value for value in self.program.outputs if isinstance(value, Value)]
        return [*self.lines[at].inputs, *self.lines[at].outs]
