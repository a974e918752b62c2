"""A workload and peers to try the harness on; every process that needs them loads this file."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers import peer
from benchmarks.workload import Case, Inputs, Medians, Run, workload


@peer("Quick")
def quick(threads: int) -> str:
    """Adds with NumPy."""
    return "1.0"


@peer("Slow")
def slow(threads: int) -> str:
    """Adds in a loop."""
    print("what a peer prints is no answer")
    return "2.0"


@peer("Wrong")
def wrong(threads: int) -> str:
    """Adds one too many."""
    return "3.0"


@peer("Missing")
def missing(threads: int) -> str:
    """Cannot be imported."""
    raise ImportError("no module of that name")


@peer("Dying")
def dying(threads: int) -> str:
    """Starts, and ends without an answer."""
    return "4.0"


@workload(
    "How fast are numbers added?",
    Case("sum", per=10, memory=1.2, checked=2),
    Case("size", unit="bytes", rounds=2),
    reference="quick",
)
def toy(rng: np.random.Generator) -> Inputs:
    """Some numbers."""
    return {"x": rng.uniform(size=2000)}


@toy.figure("slow over quick", at_most=1.0, unit="×")
def ratio(median: Medians) -> float:
    """Above one."""
    return median("sum", "slow") / median("sum", "quick")


@toy.figure("never measured", at_most=1.0)
def absent(median: Medians) -> float:
    """There is no such case."""
    return median("no such case", "quick")


@toy.on("quick", "missing")
def with_quick(case: str, x: Any) -> Run:
    """NumPy's sum."""
    return (lambda: x.sum()) if case == "sum" else (lambda: x.nbytes)


@toy.on("slow")
def with_slow(case: str, x: Any) -> Run | None:
    """Python's sum; it has no other case."""
    return (lambda: sum(x)) if case == "sum" else None


@toy.on("wrong")
def with_wrong(case: str, x: Any) -> Run:
    """Another value, and an error when it is measured."""
    return (lambda: x.sum() + 1) if case == "sum" else (lambda: 1 // 0)


@toy.on("dying")
def with_dying(case: str, x: Any) -> Run:
    """Ends the process."""
    import os

    return lambda: os._exit(7)
