"""A character LSTM: a step of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.by_hand.entropy import cross_entropy
from benchmarks.by_hand.updates import adam, flat
from benchmarks.workload import Run

Array = np.ndarray[Any, Any]


class Cell:
    """The recurrence over all steps (T, N, 4H), gates in the order i, f, g, o.

    With s = sigmoid: c' = s(f)·c + s(i)·tanh(g), h' = s(o)·tanh(c'). As s(z) = (tanh(z/2) + 1)/2,
    one tanh over all gates does, after the others' columns were halved.
    """

    def __init__(self, steps: int, count: int, size: int, kind: Any) -> None:
        self.size = size
        self.gates = np.empty((steps, count, 4 * size), kind)
        self.h, self.c = (np.zeros((steps + 1, count, size), kind) for _ in range(2))
        self.tanh_c = np.empty((steps, count, size), kind)
        self.dh = np.empty((steps, count, size), kind)
        self.carry, self.dc, self.part = (np.empty((count, size), kind) for _ in range(3))
        self.product = np.empty((count, 4 * size), kind)
        self.turned = np.empty((size, 4 * size), kind)

    def parts(self, gates: Array) -> list[Array]:
        """The columns of i, f, g and o."""
        return [gates[:, k * self.size : (k + 1) * self.size] for k in range(4)]

    def forward(self, wh: Array) -> None:
        """`gates` come in as the inputs' share, and go out as i, f, g, o."""
        size, part, product = self.size, self.part, self.product
        np.copyto(self.turned, wh.T)  # one copy makes each of the products a third faster
        for t, gates in enumerate(self.gates):
            np.matmul(self.h[t], self.turned, out=product)
            np.add(gates, product, out=gates)
            left, right = gates[:, : 2 * size], gates[:, 3 * size :]
            np.multiply(left, 0.5, out=left)
            np.multiply(right, 0.5, out=right)
            np.tanh(gates, out=gates)
            for sigmoid in (left, right):
                np.multiply(sigmoid, 0.5, out=sigmoid)
                np.add(sigmoid, 0.5, out=sigmoid)
            i, f, g, o = self.parts(gates)
            c = self.c[t + 1]
            np.multiply(f, self.c[t], out=c)
            np.multiply(i, g, out=part)
            np.add(c, part, out=c)
            np.tanh(c, out=self.tanh_c[t])
            np.multiply(o, self.tanh_c[t], out=self.h[t + 1])

    def backward(self, wh: Array) -> None:
        """`dh` comes in as ∂L/∂h of every step; `gates` go out as ∂L/∂(their sums)."""
        carry, dc, part = self.carry, self.dc, self.part
        carry.fill(0)
        dc.fill(0)
        for t in range(len(self.gates) - 1, -1, -1):
            i, f, g, o = self.parts(self.gates[t])
            tanh_c = self.tanh_c[t]
            dh = np.add(self.dh[t], carry, out=carry)
            np.multiply(tanh_c, tanh_c, out=part)
            np.subtract(1, part, out=part)
            np.multiply(part, o, out=part)
            np.multiply(part, dh, out=part)
            np.add(dc, part, out=dc)  # ∂L/∂c'
            np.multiply(dh, tanh_c, out=dh)
            self._through_sigmoid(o, dh)
            np.multiply(dc, g, out=tanh_c)  # for i, which g needs before it goes
            np.multiply(g, g, out=g)
            np.subtract(1, g, out=g)
            np.multiply(g, i, out=g)
            np.multiply(g, dc, out=g)
            self._through_sigmoid(i, tanh_c)
            np.multiply(dc, self.c[t], out=tanh_c)
            np.multiply(dc, f, out=dc)
            self._through_sigmoid(f, tanh_c)
            np.matmul(self.gates[t], wh, out=carry)

    def _through_sigmoid(self, s: Array, slope: Array) -> None:
        """s becomes slope·s·(1 − s)."""
        np.subtract(1, s, out=self.part)
        np.multiply(self.part, s, out=s)
        np.multiply(s, slope, out=s)


def training(tokens: Array, targets: Array, params: list[Array], norm: float) -> Run:
    """Forward, backward, clipping and Adam; all that waits for no step is one product."""
    theta, (table, wi, wh, bi, bh, wo, bo) = flat(params)
    grad, (dtable, dwi, dwh, dbi, dbh, dwo, dbo) = flat([np.zeros_like(p) for p in params])
    update = adam(theta, grad)
    steps, count = tokens.shape
    size, kind = wh.shape[1], theta.dtype
    cell = Cell(steps, count, size, kind)
    letters = tokens.ravel()
    order = np.argsort(letters, kind="stable")
    found, starts = np.unique(letters[order], return_index=True)
    x = np.empty((steps * count, table.shape[1]), kind)
    dx = np.empty_like(x)
    gates = cell.gates.reshape(steps * count, 4 * size)
    before = cell.h[:-1].reshape(steps * count, size)
    after, dafter = cell.h[1:].reshape(-1, size), cell.dh.reshape(-1, size)
    scores = np.empty((steps * count, len(bo)), kind)
    loss_of = cross_entropy(scores, targets)
    ones = np.ones(steps * count, kind)

    def step() -> Any:
        np.take(table, letters, axis=0, out=x, mode="clip")
        np.matmul(x, wi.T, out=gates)
        np.add(gates, bi + bh, out=gates)
        cell.forward(wh)
        np.matmul(after, wo.T, out=scores)
        np.add(scores, bo, out=scores)
        loss = loss_of()  # scores hold ∂L/∂scores from here on

        np.matmul(scores.T, after, out=dwo)
        np.matmul(ones, scores, out=dbo)
        np.matmul(scores, wo, out=dafter)
        cell.backward(wh)
        np.matmul(gates.T, before, out=dwh)
        np.matmul(gates.T, x, out=dwi)
        np.matmul(ones, gates, out=dbi)
        np.copyto(dbh, dbi)
        np.matmul(gates, wi, out=dx)
        dtable[found] = np.add.reduceat(dx[order], starts)

        length = float(np.sqrt(grad @ grad))
        if length > norm:
            np.multiply(grad, norm / (length + 1e-6), out=grad)
        update()
        return [loss, table, wi, wh, bi, bh, wo, bo]

    return step
