"""Losses, layers, and what is folded of them."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
import nn
from gallery_pictures.entering import leaf, picture


@picture("The hinge loss of the cat image (lecture A2)")
def hinge() -> Any:
    s = leaf([3.2, 5.1, -1.7], "s")
    cat, car, frog = s[0], s[1], s[2]
    a = ag.relu(car - cat + 1.0)
    b = ag.relu(frog - cat + 1.0)
    loss = a + b
    return loss.graph(gradients=True)


@picture("The softmax loss of the cat image (lecture A3)")
def softmax() -> Any:
    s = leaf([3.2, 5.1, -1.7], "s")
    e = ag.exp(s)
    p = e / e.sum()
    loss = -ag.log(p[0])
    return loss.graph(gradients=True)


def squared_error() -> Any:
    """Two linear layers and their loss on one example."""
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x, t = leaf([[0.5, -1.0]], "x", False), leaf([[1.0]], "t", False)
    y = model(x)
    error = ((y - t) ** 2).sum()
    error.backward()
    return model, error


@picture("A two-layer net with squared error (lecture A4)")
def two_layers() -> Any:
    _model, error = squared_error()
    return error.graph()


@picture("The same from top to bottom, for a narrow page")
def two_layers_down() -> Any:
    _model, error = squared_error()
    return error.graph(direction="TB")


@picture("Two channels convolved (lecture D1)")
def convolution() -> Any:
    x = leaf(
        [
            [
                [[1, -2, 0, 5], [7, 0, 1, -3], [2, -2, 2, -2], [-5, -4, 3, 1]],
                [[0, -1, 2, 0], [-4, 9, 6, 5], [3, 2, 1, 0], [0, 1, 3, -3]],
            ]
        ],
        "x",
        False,
    )
    w = leaf([[[[1, -2], [3, 1]]] * 2], "w")
    y = ag.conv2d(x, w)
    total = y.sum()
    return total.graph(gradients=True)


class LeNet(nn.Module):
    """LeCun et al. 1998, small: two convolutions, three linear layers."""

    def __init__(self) -> None:
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)
        )

    def forward(self, x: Any) -> Any:
        """(N, 1, 28, 28) → (N, 10)."""
        return self.classifier(ag.flatten(self.features(x), 1))


def lenet() -> tuple[Any, Any]:
    """A LeNet, and the loss of one image."""
    ag.manual_seed(0)
    model = LeNet()
    image = ag.tensor(np.random.default_rng(0).normal(size=(1, 1, 28, 28)), name="image")
    with ag.record():
        scores = model(image)
        loss = ag.cross_entropy(scores, ag.tensor([3], name="label"))
    loss.backward()
    return model, loss


@picture("A LeNet with every module closed")
def lenet_closed() -> Any:
    _model, loss = lenet()
    return loss.graph(depth=1)


@picture("The same, with features opened by its path")
def lenet_opened() -> Any:
    _model, loss = lenet()
    return loss.graph(expand=["features"], direction="TB")


@picture("Twelve equal blocks are one pile")
def pile() -> Any:
    ag.manual_seed(0)
    blocks = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(12)]
    model = nn.Sequential(nn.Linear(2, 4), *blocks, nn.Linear(4, 1))
    loss = model(leaf([[1.0, 2.0]], "x", False)).sum()
    loss.backward()
    return loss.graph(depth=1)


@picture("Only what lies between q and f")
def between() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    f.backward()
    return f.graph(since=[q])
