"""What compiling costs, as programs grow."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Medians, Run, workload

STEPS = (50, 500, 5000)
SIZE = 8


@workload(
    "The first call of a compiled step of an LSTM over T steps (hidden 8, batch 1, SGD): tracing, "
    "passes, writing and one run. The time must grow with T, or T·log T, not with T².",
    *(Case(f"T = {count}", measures=True, rounds=3 if count < 100 else 1) for count in STEPS),
    threads=(1,),
    quick=False,
)
def first_call(rng: np.random.Generator) -> Inputs:
    """The longest sequence; shorter ones are its beginnings."""
    return {"x": rng.standard_normal((max(STEPS), 1, SIZE))}


def _exponent(short: int, long: int) -> Any:
    """The slope of log time over log T."""

    def compute(median: Medians) -> float:
        times = [median(f"T = {count}", "glassgrad") for count in (short, long)]
        return float(np.log(times[1] / times[0]) / np.log(long / short))

    return compute


for _short, _long in pairwise(STEPS):
    first_call.figure(f"growth exponent, T = {_short} to {_long}", at_most=1.2)(
        _exponent(_short, _long)
    )


@first_call.on("glassgrad")
def with_glassgrad(case: str, x: Any) -> Run:
    """`autograd.compile`, anew each time."""
    import autograd as ag
    import nn
    import optim

    text = ag.tensor(x[: int(case.removeprefix("T = "))])

    def run() -> float:
        layer = nn.LSTM(SIZE, SIZE)
        optimizer = optim.SGD(layer.parameters(), lr=0.1)

        @ag.compile
        def step() -> Any:
            optimizer.zero_grad()
            loss = layer(text)[0].sum()
            loss.backward()
            optimizer.step()
            return loss

        start = perf_counter()
        step()
        return perf_counter() - start

    return run
