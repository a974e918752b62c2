"""A graph of single numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.workload import Case, Inputs, Run, workload

SIZES = (2, 16, 16, 1)
POINTS = 100
RATE = 0.05


@workload(
    "A training step of an MLP 2-16-16-1 built of single numbers, 100 points, hinge loss with an "
    "L2 penalty, SGD (some 65,000 nodes): tensors of shape (), and micrograd's values.",
    Case("step", at_most=0.4, compiled=0.03, checked=2),
    reference="micrograd",
    threads=(1,),
    quick=False,
)
def moons(rng: np.random.Generator) -> Inputs:
    """Points, their signs, and the weights to start from: one list for each neuron."""
    angles = rng.uniform(0, np.pi, POINTS)
    signs = np.where(np.arange(POINTS) % 2, 1.0, -1.0)
    x = np.stack([np.cos(angles) * signs + (signs < 0), np.sin(angles) * signs], 1)
    pairs = pairwise(SIZES)
    return {
        "points": x + rng.normal(0, 0.1, x.shape),
        "signs": signs,
        "weights": [rng.uniform(-1, 1, (out, size + 1)) for size, out in pairs],
    }


def _score(relu: Any, layers: Any, x: Any) -> Any:
    for index, layer in enumerate(layers):
        sums = [_sum(weights, x) for weights in layer]
        x = sums if index == len(layers) - 1 else [relu(s) for s in sums]
    return x[0]


def _sum(weights: Any, x: Any) -> Any:
    total = weights[-1]
    for weight, value in zip(weights, x, strict=False):
        total = total + weight * value
    return total


def _loss(relu: Any, layers: Any, params: Any, rows: Any, signs: Any) -> Any:
    """The same lines for all: hinge loss, and an L2 penalty."""
    loss = 0.0
    for x, sign in zip(rows, signs, strict=True):
        loss = loss + relu(1 - _score(relu, layers, x) * sign)
    penalty = 0.0
    for param in params:
        penalty = penalty + param * param
    return loss * (1 / POINTS) + penalty * 1e-4


def _step(relu: Any, layers: Any, optimizer: Any, points: Any, signs: Any) -> Run:
    params = [w for layer in layers for neuron in layer for w in neuron]
    rows, wanted = points.tolist(), signs.tolist()

    def step() -> Any:
        optimizer.zero_grad()
        loss = _loss(relu, layers, params, rows, wanted)
        loss.backward()
        optimizer.step()
        return [loss, *params]

    return step


def _leaves(tensor: Any, weights: Any) -> Any:
    return [[[tensor(w) for w in neuron] for neuron in layer.tolist()] for layer in weights]


moons.lacks(
    "it would compile tens of thousands of numbers one by one", "torch_compile", "jax", "tinygrad"
)
moons.lacks("a step takes half a minute", "mygrad")
moons.lacks("a person would write the MLP with arrays", "numpy")


@moons.on("glassgrad", "compiled")
def with_glassgrad(case: str, points: Any, signs: Any, weights: Any) -> Run:
    """Tensors of shape ()."""
    import autograd as ag
    import optim

    layers = _leaves(lambda w: ag.tensor(w, requires_grad=True), weights)
    params = [w for layer in layers for neuron in layer for w in neuron]
    return _step(ag.relu, layers, optim.SGD(params, lr=RATE), points, signs)


@moons.on("torch")
def with_torch(case: str, points: Any, signs: Any, weights: Any) -> Run:
    """Tensors of shape ()."""
    import torch

    make = lambda w: torch.tensor(w, dtype=torch.float64, requires_grad=True)
    layers = _leaves(make, weights)
    params = [w for layer in layers for neuron in layer for w in neuron]
    return _step(torch.relu, layers, torch.optim.SGD(params, lr=RATE), points, signs)


@moons.on("micrograd")
def with_micrograd(case: str, points: Any, signs: Any, weights: Any) -> Run:
    """micrograd's own values; it has no optimiser."""
    from micrograd.engine import Value

    layers = _leaves(Value, weights)
    params = [w for layer in layers for neuron in layer for w in neuron]
    step = _step(lambda value: value.relu(), layers, _Descent(params), points, signs)
    return lambda: [value.data for value in step()]


class _Descent:
    """Gradient descent as micrograd's demo writes it."""

    def __init__(self, params: list[Any]) -> None:
        self.params = params

    def zero_grad(self) -> None:
        for param in self.params:
            param.grad = 0

    def step(self) -> None:
        for param in self.params:
            param.data -= RATE * param.grad


@moons.on("hips")
def with_hips(case: str, points: Any, signs: Any, weights: Any) -> Run:
    """Floats, traced one by one."""
    from autograd import value_and_grad

    sizes = [(len(layer), len(layer[0])) for layer in weights]
    relu = lambda value: value if value > 0 else 0.0 * value

    def loss_of(flat: Any) -> Any:
        each = iter(flat)
        layers = [[[next(each) for _ in range(n)] for _ in range(m)] for m, n in sizes]
        return _loss(relu, layers, flat, points.tolist(), signs.tolist())

    both = value_and_grad(loss_of)
    now = [w for layer in weights for neuron in layer.tolist() for w in neuron]

    def step() -> Any:
        loss, grads = both(now)
        now[:] = [w - RATE * g for w, g in zip(now, grads, strict=True)]
        return [loss, *now]

    return step
