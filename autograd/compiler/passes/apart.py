"""Which calls of an update are made on one flat array, and which on each part of it."""

from __future__ import annotations

from autograd.compiler.passes.chains import Chain, arrays_of, target_of
from autograd.compiler.passes.rewriting import takes_out
from autograd.compiler.program import Instruction, Program

WORTH = 1 << 10
"""A further call is worth memory for so many elements."""


class UpdatePlan:
    """Which calls of some chains are made on the flat arrays, and which on each part.

    Attributes:
        apart: for each call, whether it is made on each part: it concerns a parameter.
        alone: the arrays that only such calls use, which stay as they were.
        both: the arrays made by one kind of calls, and read by the other.
        chosen: the arrays made by calls that cannot be told where to put them.
        results: which array each call computes.
    """

    def __init__(self, group: list[Chain], program: Program) -> None:
        chain = group[0]
        self.at = {block.memory: at for at, block in enumerate(chain.blocks)}
        self.roles, self.sizes = chain.roles, [c.blocks[0].size for c in group]
        self.lines = [program.instructions[at] for at in chain.lines]
        self.used = [self._used(line) for line in self.lines]
        self.results = [self._result(line) for line in self.lines]
        self.apart = [any(self.roles[at] == "fixed" for at in used) for used in self.used]
        self._sort()
        before, many = self.apart[:], self._at_once()
        self._take_all_apart()
        if self._at_once() == many:
            self.apart = before
            self._sort()
        self.chosen = {self.at[x.outs[0].memory] for x in self.lines if x.outs and not takes_out(x)}

    def _sort(self) -> None:
        """Which arrays are needed as a whole, and which in parts."""
        calls = list(zip(self.used, self.apart, strict=True))
        by_parts = {at for used, apart in calls if apart for at in used}
        by_all = {at for used, apart in calls if not apart for at in used}
        self.alone = {at for at in by_parts - by_all if self.roles[at] in ("fixed", "made")}
        self.both = {at for at in by_parts & by_all if self.roles[at] == "made"}
        self.parted = by_parts - self.alone

    def _at_once(self) -> int:
        """How many flat arrays are needed at one time: each takes the place of one that ends."""
        spans = []
        for array, role in enumerate(self.roles):
            calls = [i for i, used in enumerate(self.used) if array in used]
            if role == "made" and not all(self.apart[i] for i in calls):
                spans.append(range(calls[0], calls[-1]))
        return max(sum(i in span for span in spans) for i in range(len(self.used)))

    def _take_all_apart(self) -> None:
        """Compute part by part what is needed in parts, and what is needed for that."""
        for array in sorted(self.both):
            self._take_apart(array, {at for at, role in enumerate(self.roles) if role != "home"})
        given = {at for at, role in enumerate(self.roles) if role == "given"}
        while any(self._take_apart(array, given | self.both) for array in sorted(self.both)):
            pass

    def _take_apart(self, array: int, sources: set[int]) -> bool:
        """Compute an array part by part, too, if what is saved in memory is worth the calls.

        Args:
            array: of which only parts are needed.
            sources: what may be looked at in parts for it.
        """
        calls = [i for i, used in enumerate(self.used) if array in used and not self.apart[i]]
        ends = all(self.results[i] == array and self.used[i] <= sources for i in calls)
        saved = sum(self.sizes) - max(self.sizes)
        if not ends or saved < WORTH * len(calls) * (len(self.sizes) - 1):
            return False
        for i in calls:
            self.apart[i] = True
        self._sort()
        return True

    def order(self) -> list[int]:
        """The calls, those on parts as late as possible: so all on one part follow each other."""
        found, late = list[int](), list[int]()
        for i, apart in enumerate(self.apart):
            if not apart and any(self._meet(i, j) for j in late):
                found, late = found + late, []
            (late if apart else found).append(i)
        return found + late

    def _meet(self, i: int, j: int) -> bool:
        """Whether one call uses what the other one computes."""
        return self.results[i] in self.used[j] or self.results[j] in self.used[i]

    def _used(self, line: Instruction) -> set[int]:
        return {self.at[value.memory] for value in (*arrays_of(line), *line.outs)}

    def _result(self, line: Instruction) -> int:
        target = target_of(line)
        assert target is not None
        return self.at[target.memory]
