"""Update rules for peers that have none, in expressions that arrays of any library take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Arrays = list[Any]


@dataclass(frozen=True)
class Rule:
    """How parameters change: nothing is changed in place.

    Attributes:
        start: the first state, of the parameters.
        step: new parameters and state, of parameters, gradients and state.
    """

    start: Callable[[Arrays], Arrays]
    step: Callable[[Arrays, Arrays, Arrays], tuple[Arrays, Arrays]]


def adam(lr: float = 1e-3, norm: float | None = None) -> Rule:
    """Adam with PyTorch's defaults (Kingma and Ba, 2015), gradients cut to a norm first."""

    def start(params: Arrays) -> Arrays:
        return [0.0, *(p * 0 for p in params), *(p * 0 for p in params)]

    def step(params: Arrays, grads: Arrays, state: Arrays) -> tuple[Arrays, Arrays]:
        grads = grads if norm is None else _cut(grads, norm)
        count = len(params)
        t, m, v = state[0] + 1, state[1 : count + 1], state[count + 1 :]
        m = [0.9 * m + 0.1 * g for m, g in zip(m, grads, strict=True)]
        v = [0.999 * v + 0.001 * (g * g) for v, g in zip(v, grads, strict=True)]
        size, root = lr / (1 - 0.9**t), (1 - 0.999**t) ** 0.5
        zipped = zip(params, m, v, strict=True)
        return [p - size * m / (v**0.5 / root + 1e-8) for p, m, v in zipped], [t, *m, *v]

    return Rule(start, step)


def momentum(lr: float, decay: float) -> Rule:
    """Gradient descent with momentum as PyTorch has it: v = decay · v + g, p = p − lr · v."""

    def step(params: Arrays, grads: Arrays, velocity: Arrays) -> tuple[Arrays, Arrays]:
        velocity = [decay * v + g for v, g in zip(velocity, grads, strict=True)]
        return [p - lr * v for p, v in zip(params, velocity, strict=True)], velocity

    return Rule(lambda params: [p * 0 for p in params], step)


def adagrad(lr: float, cut: Callable[[Any], Any]) -> Rule:
    """Adagrad (Duchi, Hazan and Singer, 2011), each gradient cut by a function first."""

    def step(params: Arrays, grads: Arrays, sums: Arrays) -> tuple[Arrays, Arrays]:
        grads = [cut(g) for g in grads]
        sums = [s + g * g for s, g in zip(sums, grads, strict=True)]
        zipped = zip(params, grads, sums, strict=True)
        return [p - lr * g / (s**0.5 + 1e-10) for p, g, s in zipped], sums

    return Rule(lambda params: [p * 0 for p in params], step)


def _cut(grads: Arrays, most: float) -> Arrays:
    """Gradients whose norm, taken over all of them, is at most `most`, as PyTorch cuts."""
    squares = grads[0] * 0
    squares = squares.sum()
    for g in grads:
        squares = squares + (g * g).sum()
    scale = most / (squares**0.5 + 1e-6)
    scale = scale * (scale < 1) + 1.0 * (scale >= 1)
    return [g * scale for g in grads]
