"""An MLP with ReLU: a step of training, and a Hessian times a vector."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.by_hand.entropy import cross_entropy
from benchmarks.by_hand.updates import adam, flat
from benchmarks.workload import Run

Array = np.ndarray[Any, Any]

BLOCK = 256
"""The weight gradient of a wide layer is made in blocks of so many columns."""


def training(x: Array, labels: Array, params: list[Array]) -> Run:
    """Forward, backward and Adam, every result in a buffer of its own."""
    theta, (w1, b1, w2, b2, w3, b3) = flat(params)
    grad, (dw1, db1, dw2, db2, dw3, db3) = flat([np.zeros_like(p) for p in params])
    update = adam(theta, grad)
    count = len(x)
    h1, h2, z = (np.empty((count, len(b)), x.dtype) for b in (b1, b2, b3))
    d1, d2 = np.empty_like(h1), np.empty_like(h2)
    on1, on2 = np.empty(h1.shape, bool), np.empty(h2.shape, bool)
    ones = np.ones(count, x.dtype)
    loss_of = cross_entropy(z, labels)

    def step() -> Any:
        np.matmul(x, w1.T, out=h1)
        np.add(h1, b1, out=h1)
        np.maximum(h1, 0, out=h1)
        np.matmul(h1, w2.T, out=h2)
        np.add(h2, b2, out=h2)
        np.maximum(h2, 0, out=h2)
        np.matmul(h2, w3.T, out=z)
        np.add(z, b3, out=z)
        loss = loss_of()  # z is ∂L/∂z from here on

        np.matmul(z.T, h2, out=dw3)
        np.matmul(ones, z, out=db3)
        np.matmul(z, w3, out=d2)
        np.greater(h2, 0, out=on2)
        np.multiply(d2, on2, out=d2)
        np.matmul(d2.T, h1, out=dw2)
        np.matmul(ones, d2, out=db2)
        np.matmul(d2, w2, out=d1)
        np.greater(h1, 0, out=on1)
        np.multiply(d1, on1, out=d1)
        np.matmul(d1.T, x, out=dw1)
        np.matmul(ones, d1, out=db1)

        update()
        return [loss, w1, b1, w2, b2, w3, b3]

    return step


def hessian_vector(x: Array, labels: Array, params: list[Array], v: list[Array]) -> Run:
    """Forward and backward, and both once more in the direction v (Pearlmutter, 1994)."""
    w1, b1, w2, b2, w3, b3 = params
    v1, c1, v2, c2, v3, c3 = v
    count = len(x)
    rows, ones = np.arange(count), np.ones(count, x.dtype)

    def run() -> Any:
        h1 = x @ w1.T
        h1 += b1
        np.maximum(h1, 0, out=h1)
        on1 = h1 > 0
        h2 = h1 @ w2.T
        h2 += b2
        np.maximum(h2, 0, out=h2)
        on2 = h2 > 0
        z = h2 @ w3.T
        z += b3

        r1 = x @ v1.T  # how the first layer moves
        r1 += c1
        r1 *= on1
        r2 = r1 @ w2.T
        r2 += h1 @ v2.T
        r2 += c2
        r2 *= on2
        rz = r2 @ w3.T
        rz += h2 @ v3.T
        rz += c3

        z -= z.max(1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(1, keepdims=True)
        rz -= (z * rz).sum(1, keepdims=True)
        rz *= z
        rz /= count
        z[rows, labels] -= 1
        z /= count

        d2 = z @ w3
        d2 *= on2
        s2 = rz @ w3
        s2 += z @ v3
        s2 *= on2
        s1 = s2 @ w2
        s1 += d2 @ v2
        s1 *= on1
        return [
            s1.T @ x,
            ones @ s1,
            np.concatenate([s2, d2]).T @ np.concatenate([h1, r1]),
            ones @ s2,
            np.concatenate([rz, z]).T @ np.concatenate([h2, r2]),
            ones @ rz,
        ]

    return run
