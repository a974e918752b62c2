"""A million operations, one after the other."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Medians, Run, workload

NODES = 1_000_000
TRACED = 200_000


@workload(
    f"A chain of {NODES:,} nodes, y = y + 1.0 on shape (): time of all of it, and memory of "
    f"each node (what the process grew by; and what Python allocated, over {TRACED:,}).",
    Case("memory of a node, resident", unit="bytes", rounds=1),
    Case("memory of a node, allocated", unit="bytes", rounds=1),
    Case("forward"),
    Case("forward and backward", at_most=0.5),
    threads=(1,),
    quick=False,
)
def chain(rng: np.random.Generator) -> Inputs:
    """The number to start with."""
    return {"start": float(rng.uniform())}


@chain.figure("memory of a node, resident", at_most=599, unit="bytes")
def resident(median: Medians) -> float:
    """Growth of the process over the number of nodes."""
    return median("memory of a node, resident", "glassgrad")


@chain.figure("memory of a node, allocated", at_most=599, unit="bytes")
def allocated(median: Medians) -> float:
    """What Python allocated over the number of nodes."""
    return median("memory of a node, allocated", "glassgrad")


def _link(x: Any, count: int) -> Any:
    y = x
    for _ in range(count):
        y = y + 1.0
    return y


def _resident_bytes() -> int:
    """What the process holds in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def _growth(x: Any) -> float:
    _link(x, 1000)
    gc.collect()
    before = _resident_bytes()
    y = _link(x, NODES)
    found = (_resident_bytes() - before) / NODES
    del y
    return found


def _allocation(x: Any) -> float:
    _link(x, 1000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y = _link(x, TRACED)
    found = (tracemalloc.get_traced_memory()[0] - before) / TRACED
    tracemalloc.stop()
    del y
    return found


def _run(case: str, x: Any) -> Run:
    def both() -> Any:
        x.grad = None
        y = _link(x, NODES)
        y.backward()
        return [y, x.grad]

    runs = {
        "memory of a node, resident": lambda: _growth(x),
        "memory of a node, allocated": lambda: _allocation(x),
        "forward": lambda: _link(x, NODES),
        "forward and backward": both,
    }
    return runs[case]


chain.lacks(
    "it follows the graph by recursion, which Python ends near 1,000", "mygrad", "micrograd"
)


@chain.on("glassgrad")
def with_glassgrad(case: str, start: float) -> Run:
    """Lines are remembered, as they are by default."""
    import autograd as ag

    return _run(case, ag.tensor(start, dtype=np.float32, requires_grad=True))


@chain.on("torch")
def with_torch(case: str, start: float) -> Run | None:
    """PyTorch's nodes are not Python's, so only the process shows their memory."""
    import torch

    if case.endswith("allocated"):
        return None
    return _run(case, torch.tensor(start, requires_grad=True))
