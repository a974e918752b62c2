"""What follows from the differences between two runs: other numbers, other gradients."""

from __future__ import annotations

from collections.abc import Iterator

from autograd.draw.trace import Numbers
from autograd.stepper.comparison.difference import Difference, Spot
from autograd.stepper.comparison.matching import Matches
from autograd.stepper.comparison.runs import Run, Tolerance, times, versus
from autograd.stepper.figures import brief


def follows(a: Run, b: Run, matches: Matches, tolerance: Tolerance) -> list[Difference]:
    """The result and the gradients that differ: of leaves, and where ways back differ in number."""
    finder = _Finder(a, b, tolerance)
    roots = (a.trace.roots[0], b.trace.roots[0])
    pairs = sorted(matches.values.items())
    return [*finder.result(*roots), *(d for pair in pairs for d in finder.gradient(*pair))]


def odd(a: Run, b: Run, matches: Matches, tolerance: Tolerance) -> list[tuple[int, int]]:
    """Values that belong together and whose numbers or gradients are not the same."""
    found = []
    for first, second in sorted(matches.values.items()):
        one, two = a.trace.values[first], b.trace.values[second]
        same = tolerance.agree(one.numbers, two.numbers)
        if not (same and _same(one.gradient, two.gradient, tolerance)):
            found.append((first, second))
    return found


def _same(one: Numbers | None, two: Numbers | None, tolerance: Tolerance) -> bool:
    if one is None or two is None:
        return one is two
    return tolerance.agree(one, two)


class _Finder:
    def __init__(self, a: Run, b: Run, tolerance: Tolerance) -> None:
        self.a, self.b, self.tolerance = a, b, tolerance
        self.labels = (a.label, b.label)

    def result(self, first: int, second: int) -> Iterator[Difference]:
        """The results, where they differ."""
        one, two = self.a.root, self.b.root
        if self.tolerance.agree(one.numbers, two.numbers):
            return
        name = self.a.letter if self.a.letter == self.b.letter else "The result"
        text = f"{name} is {versus(one.numbers, two.numbers, self.labels)}."
        yield Difference("value", text, "other value", Spot((first,)), Spot((second,)))

    def gradient(self, first: int, second: int) -> Iterator[Difference]:
        """The gradient of a value that both runs have."""
        one, two = (
            run.trace.values[place].gradient for run, place in ((self.a, first), (self.b, second))
        )
        counts = self.a.paths(first), self.b.paths(second)
        leaf = self.a.maker(first) is None and self.b.maker(second) is None
        other = not _same(one, two, self.tolerance)
        if not (other and (leaf or counts[0] != counts[1])):
            return
        text = self._told(first, second, one, two, counts)
        yield Difference("gradient", text, "other gradient", Spot((first,)), Spot((second,)))

    def _told(
        self,
        first: int,
        second: int,
        one: Numbers | None,
        two: Numbers | None,
        counts: tuple[int, int],
    ) -> str:
        name = self._partial(first, second)
        if one is None or two is None:
            there, numbers = (self.b, two) if one is None else (self.a, one)
            gone = self.labels[0] if one is None else self.labels[1]
            assert numbers is not None, "gradients that are both missing are the same"
            return f"{name} is {brief(numbers)} in {there.label}, and none comes there in {gone}."
        said = f"{name} is {versus(one, two, self.labels)}"
        if counts[0] == counts[1]:
            return f"{said}."
        reached = f"{times(counts[0])} in {self.labels[0]}, {times(counts[1])} in {self.labels[1]}"
        return f"{said}: it reaches {self.a.own_name(first)} {reached}."

    def _partial(self, first: int, second: int) -> str:
        ours, theirs = self.a.partial(first), self.b.partial(second)
        return ours if ours == theirs else f"The gradient of {self.a.own_name(first)}"
