"""A sequence taken apart into its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Medians, Run, workload

STEPS = (500, 1000, 2000, 4000)


@workload(
    "A sequence of T×256, float32, taken apart once by unbind, its steps added up one by one, "
    "and swept back. The time must grow with T, not with T².",
    *(Case(f"T = {count}") for count in STEPS),
    rtol=1e-3,
    threads=(1,),
)
def unbind(rng: np.random.Generator) -> Inputs:
    """The longest sequence; shorter ones are its beginnings."""
    return {"x": rng.standard_normal((max(STEPS), 256), dtype=np.float32)}


def _exponent(peer: str) -> Callable[[Medians], float]:
    """The slope of log time over log T."""

    def compute(median: Medians) -> float:
        times = [median(f"T = {count}", peer) for count in STEPS]
        return float(np.polyfit(np.log(STEPS), np.log(times), 1)[0])

    return compute


unbind.figure("growth exponent in T", at_most=1.1)(_exponent("glassgrad"))
unbind.figure("growth exponent in T, of PyTorch")(_exponent("torch"))


@unbind.figure("T = 2000, of PyTorch's time", unit="×")
def ratio(median: Medians) -> float:
    """The time of 2,000 steps over PyTorch's."""
    return median("T = 2000", "glassgrad") / median("T = 2000", "torch")


def _run(x: Any, unbind: Any) -> Run:
    def run() -> Any:
        x.grad = None
        total: Any = 0.0
        for step in unbind(x, 0):
            total = total + step
        total.sum().backward()
        return [total, x.grad]

    return run


@unbind.on("glassgrad")
def with_glassgrad(case: str, x: Any) -> Run:
    """`autograd.unbind`."""
    import autograd as ag

    steps = int(case.removeprefix("T = "))
    return _run(ag.tensor(x[:steps], requires_grad=True), ag.unbind)


@unbind.on("torch")
def with_torch(case: str, x: Any) -> Run:
    """`torch.unbind`."""
    import torch

    steps = int(case.removeprefix("T = "))
    return _run(torch.tensor(x[:steps], requires_grad=True), torch.unbind)


@unbind.on("compiled")
def with_compiled(case: str, x: Any) -> Run:
    """`autograd.compile` of the whole."""
    return with_glassgrad(case, x)
