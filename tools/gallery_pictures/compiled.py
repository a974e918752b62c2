"""Compiled functions: what NumPy is called with."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
import nn
import optim
from gallery_pictures.entering import leaf, picture


@picture("A compiled training step: forward, backward and update as NumPy calls")
def compiled_step() -> Any:
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    @ag.compile
    def step(x: Any, target: Any) -> Any:
        optimizer.zero_grad()
        loss = ((model(x) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    x, target = leaf(np.ones((16, 4)), "x", False), leaf(np.zeros((16, 3)), "target", False)
    for _ in range(2):  # the first call makes the optimizer's state
        step(x, target)
    return step.graph()


@picture("The same with its sections closed")
def compiled_sections() -> Any:
    drawn = compiled_step()
    return type(drawn)(drawn.trace, drawn.checks, depth=0, title="step")


@picture("A compiled LSTM cell: what NumPy is called with")
def compiled_cell() -> Any:
    ag.manual_seed(0)
    cell = nn.LSTMCell(2, 3)
    step = ag.compile(lambda x, h, c: cell(x, (h, c)))
    step(
        leaf(np.ones((4, 2)), "x", False), leaf(np.zeros((4, 3)), "h"), leaf(np.zeros((4, 3)), "c")
    )
    return step.graph(title="LSTM cell")
