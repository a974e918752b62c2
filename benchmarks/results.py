"""What was measured, and the numbers computed from it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from benchmarks.limits import FIRST, MEMORY, TIME, Case, Figure, Medians
from benchmarks.workload import Workload


@dataclass
class Result:
    """What was measured of one case.

    Attributes:
        case: the case.
        samples: for each peer, the seconds (or the figure) of one operation, in order.
        first_calls: for each peer, the seconds of the first run.
        memory: for each peer, the most bytes that the case held.
        problems: for each peer that failed or disagreed, why.
    """

    case: Case
    samples: dict[str, list[float]] = field(default_factory=dict)
    first_calls: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def quartiles(self, peer: str) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile."""
        found = self.samples[peer]
        if len(found) < 2:
            return found[0], found[0], found[0]
        low, middle, high = statistics.quantiles(found, n=4, method="inclusive")
        return low, middle, high

    def value(self, peer: str, of: str = TIME) -> float:
        """The median of the time, the first call or the memory; KeyError where there is none."""
        if of == TIME:
            return self.quartiles(peer)[1]
        return {FIRST: self.first_calls, MEMORY: self.memory}[of][peer]


@dataclass
class Outcome:
    """What was measured of a workload with so many threads.

    Attributes:
        workload: the workload.
        threads: how many each process might use.
        results: one for each case.
        versions: of each peer that started.
        problems: for each peer that did not, why.
    """

    workload: Workload
    threads: int = 1
    results: list[Result] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def median(self, case: str, peer: str, of: str = TIME, /) -> float:
        """What was measured of a case for a peer; KeyError where there is nothing."""
        found = {result.case.name: result for result in self.results}[case]
        return found.value(peer, of)

    def figures(self) -> list[tuple[Figure, float | None]]:
        """Every figure of the workload, None where something was not measured."""
        return [
            (figure, _value(figure, self.median))
            for figure in self.workload.figures
            if self.threads == 1 or not figure.alone
        ]


def _value(figure: Figure, median: Medians) -> float | None:
    try:
        return figure.compute(median)
    except KeyError:
        return None
