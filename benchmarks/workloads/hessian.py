"""A Hessian."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.by_hand import rosenbrock as hand
from benchmarks.workload import Case, Inputs, Run, workload


@workload(
    "The Hessian of Rosenbrock's function of 50 variables, float64.",
    Case("hessian", at_most=3.0, compiled=0.05),
)
def hessian(rng: np.random.Generator) -> Inputs:
    """A point."""
    return {"x": rng.uniform(-1, 1, 50)}


def rosenbrock(x: Any) -> Any:
    """Σ 100·(x[i+1] − x[i]²)² + (1 − x[i])²."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


hessian.lacks("it has first derivatives only", "mygrad", "micrograd")


@hessian.on("glassgrad", "compiled")
def with_glassgrad(case: str, x: Any) -> Run:
    """`autograd.hessian`."""
    import autograd as ag

    point = ag.tensor(x)
    return lambda: ag.hessian(rosenbrock, point)


@hessian.on("torch")
def with_torch(case: str, x: Any) -> Run:
    """`torch.func.hessian`."""
    import torch

    point = torch.tensor(x)
    compute = torch.func.hessian(rosenbrock)
    return lambda: compute(point)


@hessian.on("hips")
def with_hips(case: str, x: Any) -> Run:
    """`autograd.hessian` of the older library."""
    from autograd import hessian as hessian_of

    compute = hessian_of(_plain)
    return lambda: compute(x)


def _plain(x: Any) -> Any:
    """The older library's arrays have no method `sum`."""
    import autograd.numpy as anp

    return anp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@hessian.on("torch_compile")
def with_torch_compile(case: str, x: Any) -> Run:
    """`torch.func.hessian`, compiled."""
    import torch

    point = torch.tensor(x)
    compute = torch.compile(torch.func.hessian(rosenbrock))
    return lambda: compute(point)


@hessian.on("jax")
def with_jax(case: str, x: Any) -> Run:
    """`jax.hessian`, compiled."""
    import jax

    compute = jax.jit(jax.hessian(rosenbrock))
    point = jax.numpy.asarray(x)
    return lambda: compute(point)


@hessian.on("tinygrad")
def with_tinygrad(case: str, x: Any) -> Run:
    """A gradient for each element of the gradient, captured."""
    from tinygrad import Tensor, TinyJit

    point = Tensor(x).realize()

    @TinyJit
    def compute() -> Any:
        (slope,) = rosenbrock(point).gradient(point)
        rows = [slope[i].gradient(point)[0] for i in range(len(x))]
        return rows[0].stack(*rows[1:]).realize()

    return lambda: compute().numpy()


@hessian.on("numpy")
def by_hand(case: str, x: Any) -> Run:
    """Three diagonals."""
    return hand.hessian(x)
