"""What it costs to remember the user's line."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Medians, Run, workload

COUNT = 1000


@workload(
    "What remembering the line adds to x * y on shape (32,), float32, relative to PyTorch's "
    "whole forward operation. Times are for one operation.",
    Case("line remembered", per=COUNT),
    Case("line not remembered", per=COUNT),
    threads=(1,),
)
def source_capture(rng: np.random.Generator) -> Inputs:
    """Two vectors."""
    return {name: rng.uniform(0.5, 1.5, 32).astype(np.float32) for name in ("x", "y")}


@source_capture.figure("what it adds, of PyTorch's forward", at_most=0.15, unit="×")
def added(median: Medians) -> float:
    """The difference of the two cases over PyTorch's time."""
    on = median("line remembered", "glassgrad")
    off = median("line not remembered", "glassgrad")
    return (on - off) / median("line not remembered", "torch")


def _repeat(x: Any, y: Any) -> Run:
    def run() -> Any:
        for _ in range(COUNT):
            out = x * y
        return out

    return run


@source_capture.on("glassgrad")
def with_glassgrad(case: str, x: Any, y: Any) -> Run:
    """With and without capture."""
    import autograd as ag

    ag.capture_source(case == "line remembered").__enter__()
    return _repeat(*(ag.tensor(a, requires_grad=True) for a in (x, y)))


@source_capture.on("torch")
def with_torch(case: str, x: Any, y: Any) -> Run:
    """The same operation; PyTorch remembers no line."""
    import torch

    return _repeat(*(torch.tensor(a, requires_grad=True) for a in (x, y)))
