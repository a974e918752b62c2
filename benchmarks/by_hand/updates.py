"""Update rules over one flat buffer, in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def flat(arrays: Sequence[Array]) -> tuple[Array, list[Array]]:
    """One buffer that holds all arrays one after the other, and a view of each."""
    buffer = np.concatenate([a.ravel() for a in arrays])
    ends = np.cumsum([a.size for a in arrays])[:-1]
    parts = np.split(buffer, ends)
    return buffer, [part.reshape(a.shape) for part, a in zip(parts, arrays, strict=True)]


def adam(theta: Array, grad: Array, lr: float = 1e-3) -> Callable[[], None]:
    """A step of Adam (Kingma and Ba, 2015): `theta` moves by what `grad` holds then."""
    m, v, scratch = (np.zeros_like(theta) for _ in range(3))
    t = 0

    def step() -> None:
        nonlocal t
        t += 1
        np.subtract(grad, m, out=scratch)
        np.multiply(scratch, 0.1, out=scratch)
        np.add(m, scratch, out=m)
        np.multiply(grad, grad, out=scratch)
        np.multiply(scratch, 0.001, out=scratch)
        np.multiply(v, 0.999, out=v)
        np.add(v, scratch, out=v)
        np.sqrt(v, out=scratch)
        root = (1 - 0.999**t) ** 0.5
        np.add(scratch, 1e-8 * root, out=scratch)
        np.divide(m, scratch, out=scratch)
        np.multiply(scratch, lr * root / (1 - 0.9**t), out=scratch)
        np.subtract(theta, scratch, out=theta)

    return step


def momentum(theta: Array, grad: Array, lr: float, decay: float) -> Callable[[], None]:
    """A step of gradient descent with momentum."""
    velocity, scratch = np.zeros_like(theta), np.empty_like(theta)

    def step() -> None:
        np.multiply(velocity, decay, out=velocity)
        np.add(velocity, grad, out=velocity)
        np.multiply(velocity, lr, out=scratch)
        np.subtract(theta, scratch, out=theta)

    return step


def adagrad(theta: Array, grad: Array, lr: float) -> Callable[[], None]:
    """A step of Adagrad (Duchi, Hazan and Singer, 2011)."""
    sums, scratch = np.zeros_like(theta), np.empty_like(theta)

    def step() -> None:
        np.multiply(grad, grad, out=scratch)
        np.add(sums, scratch, out=sums)
        np.sqrt(sums, out=scratch)
        np.add(scratch, 1e-10, out=scratch)
        np.divide(grad, scratch, out=scratch)
        np.multiply(scratch, lr, out=scratch)
        np.subtract(theta, scratch, out=theta)

    return step
