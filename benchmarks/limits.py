"""What is to be reached: numbers computed from what was measured, each with its bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

EASED = 1.3
"""At two threads ratios may be so much larger: NumPy's own loops use one."""

TIME, FIRST, MEMORY = "time", "first call", "memory"
SECONDS = "s"


class Medians(Protocol):
    """The median of a case (by name) for a peer (by name); KeyError where there is none."""

    def __call__(self, case: str, peer: str, of: str = TIME, /) -> float: ...


Compute = Callable[[Medians], float]


@dataclass(frozen=True)
class Figure:
    """A number computed from medians, with the bound that it must keep.

    Attributes:
        name: what the table calls it.
        compute: the number, of medians.
        at_most: the bound, on one thread.
        unit: "×", "s", "bytes" …
        eased: whether the bound is wider on two threads.
        alone: whether it is looked at on one thread only.
    """

    name: str
    compute: Compute
    at_most: float | None = None
    unit: str = ""
    eased: bool = False
    alone: bool = False

    def bound(self, threads: int) -> float | None:
        """What is to be reached with so many threads."""
        if self.at_most is None or threads == 1 or not self.eased:
            return self.at_most
        return self.at_most * EASED


@dataclass(frozen=True)
class Case:
    """One thing that is measured.

    Attributes:
        name: what the table calls it.
        at_most: the ratio to the reference that is to be reached.
        per: how many operations one run does; the table shows one of them.
        unit: "s" where runs are timed; else a run returns the figure itself, in this unit.
        measures: whether a run returns the figure itself, though it is in seconds.
        rounds: how often a run measures itself.
        compiled: the ratio to the reference that is to be reached compiled.
        seconds: the time that is to be reached, whatever the reference takes.
        first_call: the seconds that the first call may take compiled.
        memory: the ratio to NumPy by hand that the peak memory may have compiled.
        checked: after how many runs in a row the values are compared.
    """

    name: str
    at_most: float | None = None
    per: int = 1
    unit: str = SECONDS
    measures: bool = False
    rounds: int | None = None
    compiled: float | None = None
    seconds: float | None = None
    first_call: float | None = None
    memory: float | None = None
    checked: int = 1

    @property
    def timed(self) -> bool:
        """Whether the harness takes the time, rather than the run itself."""
        return self.unit == SECONDS and not self.measures

    def figures(self, reference: str) -> Iterator[Figure]:
        """What is to be reached in this case."""
        for peer, bound in (("glassgrad", self.at_most), ("compiled", self.compiled)):
            if bound is not None:
                yield ratio(self.name, peer, reference, bound)
        if self.seconds is not None:
            yield self._amount("glassgrad", TIME, self.seconds)
        if self.first_call is not None:
            yield self._amount("compiled", FIRST, self.first_call)
        if self.memory is not None:
            yield self._memory(self.memory)

    def _amount(self, peer: str, of: str, bound: float) -> Figure:
        name = _title(self.name, peer) + (f", {of}" if of != TIME else "")
        return Figure(name, lambda median: median(self.name, peer, of), bound, SECONDS)

    def _memory(self, bound: float) -> Figure:
        def compute(median: Medians) -> float:
            return median(self.name, "compiled", MEMORY) / median(self.name, "numpy", MEMORY)

        name = f"{_title(self.name, 'compiled')}, peak memory over NumPy by hand"
        return Figure(name, compute, bound, "×", alone=True)


def ratio(case: str, peer: str, reference: str, at_most: float) -> Figure:
    """The time of a peer over that of another."""
    name = _title(case, peer) + (f" over {reference}" if reference != "torch" else "")
    compute: Compute = lambda median: median(case, peer) / median(case, reference)
    return Figure(name, compute, at_most, "×", eased=True)


def _title(case: str, peer: str) -> str:
    return f"{case}, compiled" if peer == "compiled" else case
