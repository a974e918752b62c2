"""One convolution, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Run, workload


@workload(
    "A convolution of 32×16×28×28 with 32 kernels of 3×3 and a bias, float32: gradients of "
    "input, weight and bias.",
    Case("forward"),
    Case("forward and backward", at_most=1.6),
    rtol=1e-3,
    atol=1e-3,
)
def conv2d(rng: np.random.Generator) -> Inputs:
    """Input, weight, bias, and the gradient to start with."""
    shapes = {"x": (32, 16, 28, 28), "w": (32, 16, 3, 3), "b": (32,), "g": (32, 32, 26, 26)}
    return {
        name: rng.standard_normal(shape, dtype=np.float32) * (0.1 if name == "w" else 1)
        for name, shape in shapes.items()
    }


def _run(case: str, function: Any, leaves: list[Any], g: Any) -> Run:
    def forward() -> Any:
        return function(*leaves)

    def both() -> Any:
        for leaf in leaves:
            leaf.grad = None
        out = function(*leaves)
        out.backward(g)
        return [out, *(leaf.grad for leaf in leaves)]

    return forward if case == "forward" else both


@conv2d.on("glassgrad")
def with_glassgrad(case: str, g: Any, **arrays: Any) -> Run:
    """`autograd.conv2d`."""
    import autograd as ag

    leaves = [ag.tensor(a, requires_grad=True) for a in arrays.values()]
    return _run(case, ag.conv2d, leaves, ag.tensor(g))


@conv2d.on("torch")
def with_torch(case: str, g: Any, **arrays: Any) -> Run:
    """`torch.nn.functional.conv2d`."""
    import torch

    leaves = [torch.tensor(a, requires_grad=True) for a in arrays.values()]
    return _run(case, torch.nn.functional.conv2d, leaves, torch.tensor(g))
