"""How long pictures and pages take, and how large a page is."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Medians, Run, workload

CIRCUIT, LARGE = "bytes of the page of the circuit", "bytes of the page of 1,000 nodes"
NEURONS = {"page of 100 nodes": 6, "page of 1,000 nodes": 59, LARGE: 59}
"""A neuron of single numbers has 17 nodes: each value is one, and each operation."""

STEPS = 500


@workload(
    "Trace, proofs, layout and page of neurons of single numbers; a recurrence over 500 steps with "
    "its gradients, drawn elided; and the size of pages.",
    Case("page of 100 nodes", seconds=0.3),
    Case("page of 1,000 nodes", seconds=1.5),
    Case("recurrence of 500 steps", seconds=0.5),
    Case(CIRCUIT, unit="bytes", rounds=1),
    Case(LARGE, unit="bytes", rounds=1),
    threads=(1,),
)
def pictures(rng: np.random.Generator) -> Inputs:
    """Numbers for inputs and weights."""
    return {"numbers": rng.normal(size=(60, 3)), "weights": rng.normal(size=(3, 3)) / 2}


@pictures.figure("page of the circuit", at_most=40_000, unit="bytes")
def circuit_size(median: Medians) -> float:
    """What a notebook keeps of the smallest lesson."""
    return median(CIRCUIT, "glassgrad")


@pictures.figure("page of 1,000 nodes", at_most=400_000, unit="bytes")
def large_size(median: Medians) -> float:
    """What a notebook keeps of a large one."""
    return median(LARGE, "glassgrad")


@pictures.on("glassgrad")
def with_glassgrad(case: str, numbers: Any, weights: Any) -> Run:
    """What is drawn is made once; a run draws it anew."""
    import autograd as ag

    if case == "recurrence of 500 steps":
        through_time = _recurrence(ag, numbers, weights)
        return lambda: [len(through_time.graph(gradients=True).to_svg()) > 0]
    root = _circuit(ag) if case == CIRCUIT else _neurons(ag, numbers[: NEURONS[case]])

    def run() -> Any:
        page = root.step_through().html()
        return len(page.encode()) if case in (CIRCUIT, LARGE) else root

    return run


def _circuit(ag: Any) -> Any:
    """f = (x + y)·z."""
    x, y, z = (
        ag.tensor(float(v), requires_grad=True, name=n)
        for n, v in zip("xyz", (-2, 5, -4), strict=True)
    )
    return (x + y) * z


def _neurons(ag: Any, numbers: Any) -> Any:
    """A sum of neurons of three inputs each, with weights of their own."""
    x = [ag.tensor(0.5 * i, name=f"x{i}") for i in range(3)]
    total = ag.tensor(0.0, requires_grad=True, name="bias")
    for row in numbers:
        w = [ag.tensor(value, requires_grad=True, name=f"w{i}") for i, value in enumerate(row)]
        total = total + ag.tanh(w[0] * x[0] + w[1] * x[1] + w[2] * x[2])
    return total


def _recurrence(ag: Any, numbers: Any, weights: Any) -> Any:
    """hₜ = tanh(W·hₜ₋₁ + U·xₜ), each step in a scope of its own."""
    w, u = (ag.tensor(m, requires_grad=True, name=n) for n, m in (("W", weights), ("U", weights.T)))
    h = ag.tensor(np.zeros(3), name="h0")
    for t in range(STEPS):
        with ag.scope("t", step=t):
            x = ag.tensor(numbers[t % len(numbers)], name="x")
            h = ag.tanh(w @ h + u @ x)
    return h.sum()
