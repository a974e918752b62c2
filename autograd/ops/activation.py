"""The activations that networks are made of, and the softmax family."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.binding import with_numpy_names
from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.shape import Bound

CLIPPED = 4096
"""From so many elements on, NumPy cuts off at a number sooner than it compares with it.

(128, 256) in 4.8 µs in place of 12.7 (tools/measure_passes.py activation).
"""


@primitive(
    symbol="σ",
    formula="sigmoid(x)",
    d=("out * (1 - out)",),
    lesson="The sigmoid hands on the gradient times σ(1 − σ), at most a quarter of it.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("sigmoid",),
    floating=True,
)
def sigmoid(x: Any) -> Any:
    """σ(x) = 1 / (1 + e⁻ˣ), float16 in float32. ∂/∂x = σ(1 − σ) (lecture A5)."""
    half = getattr(x, "dtype", None) == np.float16
    exponent = -x.astype(np.float32) if half else -x
    with np.errstate(over="ignore"):  # where e⁻ˣ is infinite σ is 0, as it should be
        power = np.exp(exponent)
    out = 1 / (1 + power)
    return out.astype(np.float16) if half else out


@primitive(
    symbol="ln σ",
    formula="log(sigmoid(x))",
    d=("sigmoid(-x)",),
    lesson="The log-sigmoid hands on the gradient times how far the sigmoid is from one.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    floating=True,
)
def logsigmoid(x: Any) -> Any:
    """ln σ(x) = −ln(1 + e⁻ˣ), without overflow. ∂/∂x = σ(−x)."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.absolute(x)))


@primitive(
    symbol="relu",
    formula="relu(x)",
    d=("out > 0",),
    lesson="ReLU lets the gradient through where its operand is positive and stops it elsewhere.",
    samples=lambda draw: [call(draw.apart(2, 3)), call(draw.apart())],
    methods=("relu",),
)
def relu(x: Any) -> Any:
    """max(0, x). ∂/∂x = [x > 0], 0 at x = 0 (Nair & Hinton 2010)."""
    if x.__class__ is np.ndarray and x.size >= CLIPPED and x.dtype.kind == "f":
        return x.clip(0, math.inf)
    return np.maximum(x, 0)


def _along(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), 1),
        call(draw(2, 3), 0),
        call(draw(4)),
        call(draw(2, 3, 2), axis=1),
        refuses("out of bounds", np.ones(3), 1),
        refuses("say along which one: dim=-1", np.ones((2, 3))),
    ]


def _to_along(x: Any, dim: int | None = None, dtype: Any = None) -> Bound:
    """Along `dim`, which only a vector may leave out.

    Raises:
        ArgumentError: several dimensions, and none is named.
    """
    rank = len(operand_shape(x))
    if dim is None and rank > 1:
        raise ArgumentError(
            f"The probabilities of a softmax add up to 1 along one dimension, and shape "
            f"{operand_shape(x)} has {rank}; say along which one: dim=-1 for the last, "
            "dim=1 for the classes of (batch, classes, …)."
        )
    return (x,), {"dim": -1 if dim is None else dim, "dtype": dtype}


def _shifted(x: Any, dim: int, dtype: Any) -> Any:
    """x minus its maximum along `dim`, so that no exponential overflows."""
    x = x if dtype is None else x.astype(dtype)
    return x - np.amax(x, axis=dim, keepdims=True) if x.size else x.copy()


@primitive(
    symbol="softmax",
    formula="softmax(x)",
    vjp=("out * (g - sum(g * out, dim, True))",),
    jvp=("out * (t - sum(t * out, dim, True))",),
    lesson="Raising one score takes probability from all others: each gets its probability "
    "times how far its gradient lies above the mean gradient.",
    samples=_along,
    methods=("softmax",),
    signature=with_numpy_names(_to_along),
    floating=True,
)
def softmax(x: Any, *, dim: int = -1, dtype: Any = None) -> Any:
    """exp(x) / Σ exp(x) along `dim`, without overflow (lecture A3).

    ∂p_i/∂x_j = p_i ([i = j] − p_j). With `dtype`, the operand is converted first. Only a
    vector may leave `dim` out.

    Raises:
        ArgumentError: several dimensions, and no `dim`.
        IndexingError: the dimension does not exist.
    """
    powers = np.exp(_shifted(x, dim, dtype))
    return powers / np.sum(powers, axis=dim, keepdims=True)


@primitive(
    symbol="log softmax",
    formula="log_softmax(x)",
    vjp=("g - exp(out) * sum(g, dim, True)",),
    jvp=("t - sum(t * exp(out), dim, True)",),
    lesson="Each score gets its own gradient minus its probability times the sum of all.",
    samples=_along,
    methods=("log_softmax",),
    signature=with_numpy_names(_to_along),
    floating=True,
)
def log_softmax(x: Any, *, dim: int = -1, dtype: Any = None) -> Any:
    """x − ln Σ exp(x) along `dim`, without overflow. ∂/∂x_j: [i = j] − p_j.

    With `dtype`, the operand is converted first. Only a vector may leave `dim` out.

    Raises:
        ArgumentError: several dimensions, and no `dim`.
        IndexingError: the dimension does not exist.
    """
    shifted = _shifted(x, dim, dtype)
    total = np.sum(np.exp(shifted), axis=dim, keepdims=True)
    return shifted - np.log(total) if x.size else shifted


@composition(
    symbol="softmin",
    formula="softmax(-x)",
    lesson="Raising one score gives probability to all others.",
    samples=_along,
)
def softmin(x: Any, dim: int | None = None) -> Any:
    """exp(−x) / Σ exp(−x) along `dim`: the smallest score gets the most.

    Raises:
        ArgumentError: several dimensions, and no `dim`.
        IndexingError: the dimension does not exist.
    """
    return softmax(-x, dim)
