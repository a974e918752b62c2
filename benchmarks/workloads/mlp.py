"""A step of training."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.by_hand.mlp import training
from benchmarks.rules import adam
from benchmarks.workload import Case, Inputs, Run, workload

SIZES = (784, 256, 128, 10)


@workload(
    "A training step of an MLP 784-256-128-10 with ReLU and cross-entropy, batch 128, float32, "
    "Adam: forward, backward, update.",
    Case("step", at_most=1.0, compiled=0.8, first_call=0.5, memory=1.2, checked=3),
    Case("forward"),
    Case("forward and backward"),
    rtol=1e-3,
    atol=5e-4,  # half a step of Adam, which takes the sign of gradients that are next to nothing
)
def mlp(rng: np.random.Generator) -> Inputs:
    """A batch, its labels and the parameters to start from."""
    shapes = [s for a, b in pairwise(SIZES) for s in ((b, a), (b,))]
    return {
        "x": rng.standard_normal((128, SIZES[0]), dtype=np.float32),
        "labels": rng.integers(0, SIZES[-1], 128),
        "params": [rng.uniform(-0.05, 0.05, s).astype(np.float32) for s in shapes],
    }


def _run(case: str, model: Any, loss_of: Any, optimizer: Any, x: Any, labels: Any) -> Run:
    """The same lines for both libraries."""
    params = list(model.parameters())

    def forward() -> Any:
        return loss_of(model(x), labels)

    def backward() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), labels)
        loss.backward()
        return [loss, *(p.grad for p in params)]

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), labels)
        loss.backward()
        optimizer.step()
        return [loss, *params]

    cases = {"forward": forward, "forward and backward": backward}
    return cases.get(case, step)


def _model(nn: Any) -> Any:
    layers = [nn.Linear(a, b) for a, b in pairwise(SIZES)]
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


mlp.lacks("it has single numbers only", "micrograd")


@mlp.on("glassgrad", "compiled")
def with_glassgrad(case: str, x: Any, labels: Any, params: list[Any]) -> Run:
    """With the layers of `nn` and the optimiser of `optim`."""
    import autograd as ag
    import nn
    import optim

    ag.set_default_dtype(np.float32)
    model = _model(nn)
    for leaf, value in zip(model.parameters(), params, strict=True):
        leaf.data[...] = value
    optimizer = optim.Adam(model.parameters())
    batch, target = ag.tensor(x), ag.tensor(labels)
    return _run(case, model, nn.CrossEntropyLoss(), optimizer, batch, target)


@mlp.on("torch")
def with_torch(case: str, x: Any, labels: Any, params: list[Any]) -> Run:
    """With the layers of `torch.nn` and the optimiser of `torch.optim`."""
    import torch

    model = _model(torch.nn)
    for leaf, value in zip(model.parameters(), params, strict=True):
        leaf.data = torch.tensor(value)
    optimizer = torch.optim.Adam(model.parameters())
    batch, target = torch.tensor(x), torch.tensor(labels)
    return _run(case, model, torch.nn.CrossEntropyLoss(), optimizer, batch, target)


@mlp.on("torch_compile")
def with_torch_compile(case: str, x: Any, labels: Any, params: list[Any]) -> Run | None:
    """Forward and backward as one compiled graph, the update as another."""
    import torch

    if case != "step":
        return None
    leaves = [torch.tensor(p, requires_grad=True) for p in params]
    optimizer = torch.optim.Adam(leaves)
    batch, target = torch.tensor(x), torch.tensor(labels)
    entropy = torch.nn.functional.cross_entropy
    loss_of = torch.compile(lambda *w: entropy(_scores(torch.relu, batch, w), target))
    update = torch.compile(optimizer.step)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(*leaves)
        loss.backward()
        update()
        return [loss, *leaves]

    return step


def _scores(relu: Any, x: Any, params: Any) -> Any:
    w1, b1, w2, b2, w3, b3 = params
    return relu(relu(x @ w1.T + b1) @ w2.T + b2) @ w3.T + b3


@mlp.through("jax", "hips", "mygrad", "tinygrad")
def with_a_library(lib: Any, case: str, x: Any, labels: Any, params: list[Any]) -> Run | None:
    """Gradients of a function of the parameters."""
    batch, target = lib.array(x), lib.array(labels)

    def loss(params: Any) -> Any:
        return lib.entropy(_scores(lib.relu, batch, params), target) / len(x)

    return lib.train(loss, params, adam()) if case == "step" else None


@mlp.on("numpy")
def by_hand(case: str, x: Any, labels: Any, params: list[Any]) -> Run | None:
    """What a careful person writes."""
    return training(x, labels, params) if case == "step" else None
