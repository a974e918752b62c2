"""A Hessian times a vector."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.by_hand.mlp import hessian_vector
from benchmarks.workload import Case, Inputs, Run, workload

SIZES = (784, 256, 128, 10)


@workload(
    "The Hessian of an MLP's cross-entropy, 784-256-128-10 with ReLU, batch 32, float32, times "
    "a vector, in all parameters: by hvp, and by two backward passes; PyTorch does both by "
    "two backward passes.",
    Case("hvp", at_most=1.5, compiled=0.55),
    Case("two backward passes", at_most=1.5),
    rtol=1e-3,
    atol=1e-4,
)
def hvp(rng: np.random.Generator) -> Inputs:
    """A batch, its labels, the parameters and a direction."""
    shapes = [s for a, b in pairwise(SIZES) for s in ((b, a), (b,))]
    return {
        "x": rng.standard_normal((32, SIZES[0]), dtype=np.float32),
        "labels": rng.integers(0, SIZES[-1], 32),
        "params": [rng.uniform(-0.1, 0.1, s).astype(np.float32) for s in shapes],
        "v": [rng.standard_normal(s, dtype=np.float32) for s in shapes],
    }


def _loss(lib: Any, entropy: Any, x: Any, labels: Any, params: Any) -> Any:
    """The same lines for both libraries."""
    h = x
    for index in range(0, 6, 2):
        h = h @ params[index].T + params[index + 1]
        h = lib.relu(h) if index < 4 else h
    return entropy(h, labels)


def _twice(grad: Any, loss: Any, params: Any, v: Any) -> Run:
    def run() -> Any:
        first = grad(loss(*params), params, create_graph=True)
        return list(grad(first, params, v))

    return run


hvp.lacks("it has first derivatives only", "mygrad", "micrograd")


@hvp.on("glassgrad", "compiled")
def with_glassgrad(case: str, x: Any, labels: Any, params: Any, v: Any) -> Run:
    """`autograd.hvp`, or `grad` of `grad`."""
    import autograd as ag

    batch, target = ag.tensor(x), ag.tensor(labels)
    leaves = tuple(ag.tensor(p, requires_grad=True) for p in params)
    direction = tuple(ag.tensor(a) for a in v)
    loss = lambda *given: _loss(ag, ag.cross_entropy, batch, target, given)
    if case == "two backward passes":
        return _twice(ag.grad, loss, leaves, direction)
    return lambda: list(ag.hvp(loss, leaves, direction)[1])


@hvp.on("torch")
def with_torch(case: str, x: Any, labels: Any, params: Any, v: Any) -> Run:
    """`torch.autograd.grad` of itself."""
    import torch

    batch, target = torch.tensor(x), torch.tensor(labels)
    leaves = [torch.tensor(p, requires_grad=True) for p in params]
    direction = [torch.tensor(a) for a in v]
    entropy = torch.nn.functional.cross_entropy
    loss = lambda *given: _loss(torch, entropy, batch, target, given)
    return _twice(torch.autograd.grad, loss, leaves, direction)


@hvp.on("jax")
def with_jax(case: str, x: Any, labels: Any, params: Any, v: Any) -> Run | None:
    """The derivative of the gradient in a direction (forward over reverse), compiled."""
    import jax

    rows = jax.numpy.arange(len(labels))

    def entropy(scores: Any, labels: Any) -> Any:
        return -jax.nn.log_softmax(scores)[rows, labels].mean()

    loss = lambda given: _loss(jax.nn, entropy, x, labels, given)
    compute = jax.jit(lambda p, v: jax.jvp(jax.grad(loss), (p,), (v,))[1])
    leaves, direction = ([jax.numpy.array(a) for a in arrays] for arrays in (params, v))
    return (lambda: compute(leaves, direction)) if case == "hvp" else None


@hvp.on("hips")
def with_hips(case: str, x: Any, labels: Any, params: Any, v: Any) -> Run:
    """The gradient of the gradient's product with a direction."""
    from autograd import grad
    from benchmarks.libraries import hips

    lib = hips()
    entropy = lambda scores, labels: lib.entropy(scores, labels) / len(labels)
    first = grad(lambda given: _loss(lib, entropy, x, labels, given))

    def slope(given: Any) -> Any:
        return sum((g * a).sum() for g, a in zip(first(given), v, strict=True))

    second = grad(slope)
    return lambda: second(params)


@hvp.on("torch_compile")
def with_torch_compile(case: str, x: Any, labels: Any, params: Any, v: Any) -> Run | None:
    """The derivative of the gradient in a direction; a compiled graph has no second pass."""
    import torch

    batch, target = torch.tensor(x), torch.tensor(labels)
    leaves, direction = (tuple(torch.tensor(a) for a in arrays) for arrays in (params, v))
    entropy = torch.nn.functional.cross_entropy
    slope = torch.func.grad(lambda given: _loss(torch, entropy, batch, target, given))
    compute = torch.compile(lambda p, v: torch.func.jvp(slope, (p,), (v,))[1])
    return (lambda: list(compute(leaves, direction))) if case == "hvp" else None


@hvp.on("tinygrad")
def with_tinygrad(case: str, x: Any, labels: Any, params: Any, v: Any) -> Run:
    """The gradient of the gradient's product with a direction, captured."""
    from tinygrad import Tensor, TinyJit

    batch, target = Tensor(x).realize(), Tensor(labels).realize()
    leaves, direction = ([Tensor(a).realize() for a in arrays] for arrays in (params, v))
    entropy = lambda scores, labels: scores.sparse_categorical_crossentropy(labels)

    @TinyJit
    def compute() -> Any:
        first = _loss(Tensor, entropy, batch, target, leaves).gradient(*leaves)
        along = sum((g * a).sum() for g, a in zip(first, direction, strict=True))
        found = along.gradient(*leaves)
        Tensor.realize(*found)
        return found

    return lambda: [found.numpy() for found in compute()]


@hvp.on("numpy")
def by_hand(case: str, x: Any, labels: Any, params: Any, v: Any) -> Run | None:
    """Forward and backward, and both once more in the direction."""
    return hessian_vector(x, labels, params, v) if case == "hvp" else None
