"""One workload, from values that agree to interleaved times and their medians."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import numpy as np

from benchmarks.client import Client, WorkerError
from benchmarks.peers import Peer
from benchmarks.workload import REFERENCE, Case, Figure, Medians, Workload, load

Say = Callable[[str], None]
Clients = dict[str, Client]


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        sample: the seconds that one sample takes at least (several runs, if they are short).
        case: the seconds for all samples of one case.
        fewest, most: the number of samples of each peer.
    """

    sample: float = 0.03
    case: float = 10.0
    fewest: int = 5
    most: int = 21


QUICK = Effort(sample=0.01, case=2.0, fewest=3, most=7)


@dataclass
class Result:
    """What was measured of one case.

    Attributes:
        case: the case.
        samples: for each peer, the seconds (or the figure) of one operation, in order.
        problems: for each peer that failed or disagreed, why.
    """

    case: Case
    samples: dict[str, list[float]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def quartiles(self, peer: str) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile."""
        found = self.samples[peer]
        if len(found) < 2:
            return found[0], found[0], found[0]
        low, middle, high = statistics.quantiles(found, n=4, method="inclusive")
        return low, middle, high


@dataclass
class Outcome:
    """What was measured of a workload.

    Attributes:
        workload: the workload.
        results: one for each case.
        versions: of each peer that started.
        problems: for each peer that did not, why.
    """

    workload: Workload
    results: list[Result] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def median(self, case: str, peer: str) -> float:
        """The median of a case for a peer; KeyError where there is none."""
        found = {result.case.name: result for result in self.results}[case]
        return found.quartiles(peer)[1]

    def figures(self) -> list[tuple[Figure, float | None]]:
        """Every figure of the workload, None where something was not measured."""
        return [(figure, _value(figure, self.median)) for figure in self.workload.figures]


def _value(figure: Figure, median: Medians) -> float | None:
    try:
        return figure.compute(median)
    except KeyError:
        return None


def measure(file: Path, peers: Iterable[Peer], folder: Path, effort: Effort, say: Say) -> Outcome:
    """Measure all cases of a workload, each peer in a process of its own.

    Args:
        file: the workload's file.
        peers: the libraries to compare.
        folder: where environments and logs lie.
        effort: how long to measure.
        say: told what goes on.
    """
    outcome = Outcome(load(file))
    with ExitStack() as stack:
        clients: Clients = {}
        for peer in peers:
            if peer.name not in outcome.workload.makers:
                continue
            try:
                client = stack.enter_context(Client(peer, file, folder))
            except (WorkerError, CalledProcessError) as error:
                outcome.problems[peer.name] = str(error)
                continue
            clients[peer.name], outcome.versions[peer.name] = client, client.version
        for case in outcome.workload.cases:
            say(f"{outcome.workload.name}: {case.name}")
            outcome.results.append(_measure_case(outcome.workload, case, clients, effort))
    return outcome


def _measure_case(work: Workload, case: Case, clients: Clients, effort: Effort) -> Result:
    """Prepare, compare values, then take samples in turns: A B A B …"""
    result = Result(case)
    with tempfile.TemporaryDirectory() as folder:
        ready = _prepared(case, clients, Path(folder), result)
        if case.timed:
            _compare(work, ready, Path(folder), result)
    for peer in list(ready):
        result.samples[peer] = []
    if case.timed:
        _take_times(case, ready, effort, result)
    else:
        for _ in range(min(case.rounds or effort.fewest, effort.most)):
            for peer, client in list(ready.items()):
                _take(peer, client, "measure", {}, case, ready, result)
    result.samples = {peer: found for peer, found in result.samples.items() if found}
    return result


def _prepared(case: Case, clients: Clients, folder: Path, result: Result) -> Clients:
    """The peers that have this case, made ready for it."""
    ready = {}
    for name, client in clients.items():
        try:
            said = client.ask("prepare", case=case.name, values=str(folder / f"{name}.npz"))
        except WorkerError as error:
            result.problems[name] = str(error)
            continue
        if not said["absent"]:
            ready[name] = client
    return ready


def _compare(work: Workload, ready: Clients, folder: Path, result: Result) -> None:
    """Take out each peer whose values are not the reference's (or the first peer's)."""
    values = {}
    for name in ready:
        with np.load(folder / f"{name}.npz") as found:
            values[name] = [found[key] for key in found.files]
    if not values:
        return
    truth = values[REFERENCE if REFERENCE in values else next(iter(values))]
    for name, arrays in values.items():
        difference = _difference(arrays, truth, work)
        if difference is not None:
            result.problems[name] = f"other values: {difference}"
            del ready[name]


Arrays = list[np.ndarray[Any, Any]]


def _difference(found: Arrays, truth: Arrays, work: Workload) -> str | None:
    """In what two lists of arrays differ, or None."""
    shapes, wanted = [a.shape for a in found], [a.shape for a in truth]
    if shapes != wanted:
        return f"shapes {shapes}, the reference has {wanted}"
    for index, (a, b) in enumerate(zip(found, truth, strict=True)):
        if not np.allclose(a, b, rtol=work.rtol, atol=work.atol):
            return f"array {index} differs by up to {np.abs(a - b).max():.2g}"
    return None


def _take_times(case: Case, ready: Clients, effort: Effort, result: Result) -> None:
    """Find how many runs make a sample, and how many samples there is time for."""
    numbers = {}
    for peer, client in ready.items():
        once = client.ask("time", number=1)["value"]
        if once < effort.sample:  # it has become warm only now
            once = client.ask("time", number=1)["value"]
        numbers[peer] = (max(1, round(effort.sample / once)), once)
    each = sum(number * once for number, once in numbers.values())
    fitting = int(effort.case / each) if each else 0
    for _ in range(min(max(fitting, effort.fewest), effort.most)):
        for peer, client in list(ready.items()):
            _take(peer, client, "time", {"number": numbers[peer][0]}, case, ready, result)


def _take(
    peer: str,
    client: Client,
    do: str,
    request: dict[str, int],
    case: Case,
    ready: Clients,
    result: Result,
) -> None:
    """One sample of one peer, which drops out where it fails."""
    try:
        value = client.ask(do, **request)["value"]
    except WorkerError as error:
        result.problems[peer] = str(error)
        del ready[peer]
    else:
        result.samples[peer].append(value / case.per)
