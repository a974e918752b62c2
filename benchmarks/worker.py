"""A peer's process: it takes requests as lines of JSON, and answers each with one line.

``{"do": "prepare", "case": name, "values": file}`` makes the case ready and saves its values
for comparison; ``{"do": "time", "number": n, "warm": w}`` runs it n times (and, if w, once
before) and answers the seconds of one; ``{"do": "memory"}`` answers the most bytes that it
holds; ``{"do": "measure"}`` answers what a run that measures itself returned.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.memory import peak
from benchmarks.peers import PEERS
from benchmarks.workload import Run, Workload, load

Message = dict[str, Any]


class Server:
    """Answers requests for one workload and one peer."""

    def __init__(self, work: Workload, peer: str) -> None:
        self.work, self.peer = work, peer
        self.run: Run | None = None
        self.name = ""

    def prepare(self, case: str, values: str) -> Message:
        """Make a case ready; run it for its values, unless it measures itself."""
        self.run, self.name = None, case
        self.run = self._make()
        if self.run is None:
            return {"absent": True}
        if not self.work.case(case).timed:
            return {"absent": False}
        first, arrays = self._first(self.work.case(case).checked)
        np.savez(values, *arrays)
        return {"absent": False, "first_call": first}

    def _make(self) -> Run | None:
        maker = self.work.makers.get(self.peer)
        inputs = self.work.inputs(np.random.default_rng(0))
        run = maker(self.name, **inputs) if maker else None
        wrap = PEERS[self.peer].wrap
        return wrap(run) if wrap and run else run

    def _first(self, count: int) -> tuple[float, list[np.ndarray[Any, Any]]]:
        """The seconds of the first run, and the values of the first few."""
        assert self.run is not None
        start = perf_counter()
        value = self.run()
        first = perf_counter() - start
        arrays = list(plain(value))
        for _ in range(count - 1):
            arrays += plain(self.run())
        return first, arrays

    def time(self, number: int, warm: bool = False) -> Message:
        """Run the case `number` times; the seconds of one run.

        Args:
            number: how many times.
            warm: run it once before, which does not count: others have just had the caches.
        """
        run = self.run
        assert run is not None, "prepare comes first"
        gc.collect()
        if warm:
            run()
        start = perf_counter()
        for _ in repeat(None, number):
            run()
        return {"value": (perf_counter() - start) / number}

    def memory(self) -> Message:
        """The most memory that the case holds, made once more (so that all code is loaded)."""
        self.run = None
        return {"value": peak(self._make)}

    def measure(self) -> Message:
        """What a run that measures itself found."""
        assert self.run is not None, "prepare comes first"
        return {"value": float(self.run())}


def plain(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """Tensors of any peer, in lists and tuples, as arrays."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from plain(item)
        return
    value = value.detach() if hasattr(value, "detach") else value
    value = value.numpy() if hasattr(value, "numpy") else value
    yield np.array(value)


def answer(server: Server, request: Message) -> Message:
    """The answer to a request, or the error that it met."""
    action = getattr(server, request.pop("do"))
    try:
        found: Message = action(**request)
        return found
    except Exception as error:
        return _failure(error)


def serve(peer: str, file: str, threads: str) -> None:
    """Answer requests until there are no more. What the peer prints goes to stderr."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    server = None
    try:
        server = Server(load(Path(file)), peer)
        hello: Message = {"version": PEERS[peer].start(int(threads))}
    except Exception as error:
        hello = _failure(error)
    print(json.dumps(hello), file=out)
    if server is not None and "error" not in hello:
        for line in sys.stdin:
            print(json.dumps(answer(server, json.loads(line))), file=out)


def _failure(error: Exception) -> Message:
    traceback.print_exc()
    first = str(error).strip().splitlines()
    return {"error": f"{type(error).__name__}: {first[0] if first else 'no words'}"}
