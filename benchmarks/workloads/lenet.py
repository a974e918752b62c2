"""A step of training with convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.by_hand.lenet import training
from benchmarks.rules import momentum
from benchmarks.workload import Case, Inputs, Run, workload

RATE, DECAY = 0.05, 0.9
SHAPES = [(8, 1, 5, 5), (8,), (16, 8, 5, 5), (16,), (120, 400), (120,), (10, 120), (10,)]


@workload(
    "A training step of LeNet on 64×1×28×28, float32: conv 5×5 to 8 channels (pad 2), ReLU, "
    "max-pool 2, conv 5×5 to 16, ReLU, max-pool 2, 400-120-10, cross-entropy, SGD with momentum.",
    Case("step", at_most=1.3, compiled=0.75, memory=1.2, checked=3),
    rtol=1e-3,
    atol=1e-4,
)
def lenet(rng: np.random.Generator) -> Inputs:
    """Pictures, their labels and the parameters to start from."""
    sizes = [int(np.prod(shape[1:])) if len(shape) > 1 else 100 for shape in SHAPES]
    return {
        "x": rng.standard_normal((64, 1, 28, 28), dtype=np.float32),
        "labels": rng.integers(0, 10, 64),
        "params": [
            rng.uniform(-(size**-0.5), size**-0.5, shape).astype(np.float32)
            for size, shape in zip(sizes, SHAPES, strict=True)
        ],
    }


def _model(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 10),
    )


def _step(loss_of: Any, params: Any, optimizer: Any, update: Any) -> Run:
    """The same lines for both libraries."""

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        update()
        return [loss, *params]

    return step


lenet.lacks("it has single numbers only", "micrograd")


@lenet.on("glassgrad", "compiled")
def with_glassgrad(case: str, x: Any, labels: Any, params: list[Any]) -> Run:
    """With the layers of `nn` and the optimiser of `optim`."""
    import autograd as ag
    import nn
    import optim

    ag.set_default_dtype(np.float32)
    model, entropy = _model(nn), nn.CrossEntropyLoss()
    leaves = list(model.parameters())
    for leaf, value in zip(leaves, params, strict=True):
        leaf.data[...] = value
    optimizer = optim.SGD(leaves, lr=RATE, momentum=DECAY)
    batch, target = ag.tensor(x), ag.tensor(labels)
    return _step(lambda: entropy(model(batch), target), leaves, optimizer, optimizer.step)


def _torch(params: list[Any], x: Any, labels: Any) -> tuple[Any, Any, Any]:
    import torch

    model, entropy = _model(torch.nn), torch.nn.CrossEntropyLoss()
    leaves = list(model.parameters())
    for leaf, value in zip(leaves, params, strict=True):
        leaf.data = torch.tensor(value)
    batch, target = torch.tensor(x), torch.tensor(labels)
    optimizer = torch.optim.SGD(leaves, lr=RATE, momentum=DECAY)
    return lambda: entropy(model(batch), target), leaves, optimizer


@lenet.on("torch")
def with_torch(case: str, x: Any, labels: Any, params: list[Any]) -> Run:
    """With the layers of `torch.nn` and the optimiser of `torch.optim`."""
    loss_of, leaves, optimizer = _torch(params, x, labels)
    return _step(loss_of, leaves, optimizer, optimizer.step)


@lenet.on("torch_compile")
def with_torch_compile(case: str, x: Any, labels: Any, params: list[Any]) -> Run:
    """Forward and backward as one compiled graph, the update as another."""
    import torch

    loss_of, leaves, optimizer = _torch(params, x, labels)
    return _step(torch.compile(loss_of), leaves, optimizer, torch.compile(optimizer.step))


@lenet.through("jax", "hips", "mygrad", "tinygrad")
def with_a_library(lib: Any, case: str, x: Any, labels: Any, params: list[Any]) -> Run:
    """Gradients of a function of the parameters."""
    batch, target = lib.array(x), lib.array(labels)

    def loss(params: Any) -> Any:
        k1, b1, k2, b2, w1, c1, w2, c2 = params
        h = lib.pool(lib.relu(lib.conv(batch, k1, b1, 2)))
        h = lib.pool(lib.relu(lib.conv(h, k2, b2, 0))).reshape((len(x), 400))
        scores = lib.relu(h @ w1.T + c1) @ w2.T + c2
        return lib.entropy(scores, target) / len(x)

    return lib.train(loss, params, momentum(RATE, DECAY))


@lenet.on("numpy")
def by_hand(case: str, x: Any, labels: Any, params: list[Any]) -> Run:
    """What a careful person writes."""
    return training(x, labels, params, RATE, DECAY)
