"""A vanilla recurrence on one sequence: a step of training."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.by_hand.entropy import cross_entropy
from benchmarks.by_hand.updates import adagrad, flat
from benchmarks.workload import Run

Array = np.ndarray[Any, Any]


def training(x: Array, targets: Array, params: list[Array], lr: float, most: float) -> Run:
    """All steps that do not wait for each other are one product."""
    steps = len(x)
    onehot = x[:, :, 0]
    letters = onehot.argmax(1)
    theta, (wx, wh, wy, bh, by) = flat(params)
    grad, (dwx, dwh, dwy, dbh, dby) = flat([np.zeros_like(p) for p in params])
    update = adagrad(theta, grad, lr)
    h = np.zeros((steps + 1, len(bh)))  # h[0] is the start
    dh, da = np.empty((steps, len(bh))), np.empty((steps, len(bh)))
    carry = np.empty(len(bh))
    slope = np.empty_like(dh)
    scores = np.empty((steps, len(by)))
    loss_of = cross_entropy(scores, targets, mean=False)
    ones = np.ones(steps)

    def step() -> Any:
        np.add(wx.T[letters], bh[:, 0], out=h[1:])
        for before, now in pairwise(h):
            np.matmul(wh, before, out=carry)
            np.add(now, carry, out=now)
            np.tanh(now, out=now)
        np.matmul(h[1:], wy.T, out=scores)
        np.add(scores, by[:, 0], out=scores)
        loss = loss_of()  # scores hold ∂L/∂scores from here on

        np.matmul(scores.T, h[1:], out=dwy)
        np.matmul(ones, scores, out=dby[:, 0])
        np.matmul(scores, wy, out=dh)
        np.multiply(h[1:], h[1:], out=slope)
        np.subtract(1, slope, out=slope)
        carry.fill(0)
        for t in range(steps - 1, -1, -1):
            now = da[t]
            np.add(dh[t], carry, out=now)
            np.multiply(now, slope[t], out=now)
            np.matmul(now, wh, out=carry)
        np.matmul(da.T, h[:-1], out=dwh)
        np.matmul(da.T, onehot, out=dwx)
        np.matmul(ones, da, out=dbh[:, 0])

        np.clip(grad, -most, most, out=grad)
        update()
        return [loss, wx, wh, wy, bh, by]

    return step
