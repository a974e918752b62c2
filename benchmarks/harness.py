"""One workload, from values that agree to interleaved times and their medians."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import numpy as np

from benchmarks.client import Client, WorkerError
from benchmarks.limits import Case
from benchmarks.peers import Peer
from benchmarks.results import Outcome, Result
from benchmarks.workload import Workload, load

Say = Callable[[str], None]
Clients = dict[str, Client]


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        sample: the seconds that one sample takes at least (several runs, if they are short).
        case: the seconds for all samples of one case.
        fewest, most: the number of samples of each peer.
        patience: the seconds that a peer may take to get ready.
        whole: whether peers that compile for long take part, too.
    """

    sample: float = 0.03
    case: float = 10.0
    fewest: int = 5
    most: int = 21
    patience: float = 600.0
    whole: bool = True


QUICK = Effort(sample=0.01, case=1.0, fewest=1, most=7, patience=10.0, whole=False)

SLOW = "it compiles for long, and is left out of quick runs"

REST = 0.25
"""Seconds before a sample on several threads: those of the peer before still spin for a while."""

LONG = 0.5
"""Seconds of a run that needs no second look, and none before it that does not count."""


def measure(
    file: Path, peers: Iterable[Peer], folder: Path, effort: Effort, say: Say, threads: int = 1
) -> Outcome:
    """Measure all cases of a workload, each peer in a process of its own.

    Args:
        file: the workload's file.
        peers: the libraries to compare.
        folder: where environments and logs lie.
        effort: how long to measure.
        say: told what goes on.
        threads: how many each process may use.
    """
    outcome = Outcome(load(file), threads)
    with ExitStack() as stack:
        clients = _started(outcome, peers, stack, file, folder, effort)
        for case in outcome.workload.cases:
            say(f"{outcome.workload.name}, threads {threads}: {case.name}")
            outcome.results.append(_measure_case(outcome, case, clients, effort))
    return outcome


def _started(
    outcome: Outcome,
    peers: Iterable[Peer],
    stack: ExitStack,
    file: Path,
    folder: Path,
    effort: Effort,
) -> Clients:
    """A process for each peer that has this workload; they start side by side."""
    clients: Clients = {}
    for peer in peers:
        if peer.slow and not effort.whole:
            outcome.problems |= dict.fromkeys({peer.name} & {*outcome.workload.makers}, SLOW)
        elif peer.name in outcome.workload.makers:
            try:
                client = Client(peer, file, folder, outcome.threads, effort.patience)
                clients[peer.name] = stack.enter_context(client)
            except (CalledProcessError, OSError):
                outcome.problems[peer.name] = f"{' '.join(peer.packages)} cannot be installed"
    for name, client in list(clients.items()):
        try:
            outcome.versions[name] = client.greet()
        except WorkerError as error:
            outcome.problems[name] = str(error)
            del clients[name]
    return clients


def _measure_case(outcome: Outcome, case: Case, clients: Clients, effort: Effort) -> Result:
    """Prepare, compare values, then take samples in turns: A B A B …"""
    result = Result(case)
    with tempfile.TemporaryDirectory() as folder:
        ready = _prepared(case, clients, Path(folder), result)
        if case.timed:
            _compare(outcome.workload, ready, Path(folder), result)
    result.samples = {peer: [] for peer in ready}
    if case.timed:
        _take_times(case, ready, effort, result)
    else:
        for _ in range(min(case.rounds or effort.fewest, effort.most)):
            for peer, client in list(ready.items()):
                _take(peer, client, "measure", {}, case, ready, result)
    if case.memory is not None and outcome.threads == 1:
        _take_memory(ready, result)
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
        if said["absent"]:
            continue
        ready[name] = client
        if "first_call" in said:
            result.first_calls[name] = said["first_call"]
    return ready


def _compare(work: Workload, ready: Clients, folder: Path, result: Result) -> None:
    """Take out each peer whose values are not the reference's (or the first peer's)."""
    values = {}
    for name in ready:
        with np.load(folder / f"{name}.npz") as found:
            values[name] = [found[key] for key in found.files]
    if not values:
        return
    truth = values.get(work.reference, next(iter(values.values())))
    for name, arrays in values.items():
        difference = _difference(arrays, truth, work)
        if difference is not None:
            result.problems[name] = f"other values: {difference}"
            del ready[name], result.first_calls[name]


Arrays = list[np.ndarray[Any, Any]]


def _difference(found: Arrays, truth: Arrays, work: Workload) -> str | None:
    """In what two lists of arrays differ, or None."""
    shapes, wanted = [a.shape for a in found], [a.shape for a in truth]
    if shapes != wanted:
        return f"shapes {shapes}, the reference has {wanted}"
    for index, (a, b) in enumerate(zip(found, truth, strict=True)):
        if not np.allclose(a, b, rtol=work.rtol, atol=work.atol):
            if a.shape == ():
                return f"value {index} is {a:.6g}, the reference has {b:.6g}"
            return f"array {index} differs by up to {np.abs(a - b).max():.2g}"
    return None


def _take_times(case: Case, ready: Clients, effort: Effort, result: Result) -> None:
    """Find how many runs make a sample, and how many samples there is time for."""
    once = {}
    for peer, client in list(ready.items()):
        try:
            once[peer] = client.ask("time", number=1)["value"]
            if once[peer] < LONG:  # it may have become warm only now
                once[peer] = min(once[peer], client.ask("time", number=1)["value"])
        except WorkerError as error:
            result.problems[peer] = str(error)
            del ready[peer]
    numbers = {peer: max(1, round(effort.sample / seconds)) for peer, seconds in once.items()}
    each = sum(numbers[peer] * seconds for peer, seconds in once.items())
    fitting = int(effort.case / each) if each else 0
    for _ in range(min(max(fitting, effort.fewest), effort.most)):
        for peer, client in list(ready.items()):
            request = {"number": numbers[peer], "warm": once[peer] < LONG}
            _take(peer, client, "time", request, case, ready, result)


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
    if client.threads > 1:
        time.sleep(REST)
    try:
        value = client.ask(do, **request)["value"]
    except WorkerError as error:
        result.problems[peer] = str(error)
        del ready[peer]
    else:
        result.samples[peer].append(value / case.per)


def _take_memory(ready: Clients, result: Result) -> None:
    """How much each peer holds, which is asked last: the case is made once more for it."""
    for peer, client in ready.items():
        try:
            result.memory[peer] = client.ask("memory")["value"]
        except WorkerError as error:
            result.problems[peer] = f"memory: {error}"
