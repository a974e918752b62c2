"""Smooth activations: a gate that opens gradually, or a rectifier with its corner rounded off."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import IndexingError, RangeError, ShapeError
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.activation import sigmoid
from autograd.ops.joining import split
from autograd.ops.special import ndtr


def _anywhere(draw: Draw) -> list[Call]:
    return [call(draw(2, 3)), call(draw())]


def _off_zero(draw: Draw) -> list[Call]:
    return [call(draw.apart(2, 3)), call(draw.apart())]


@primitive(
    symbol="silu",
    formula="x * sigmoid(x)",
    d=("out + sigmoid(x) * (1 - out)",),
    lesson="SiLU gates a value with its own sigmoid; the gradient passes through the value and "
    "through the gate.",
    samples=_anywhere,
    floating=True,
)
def silu(x: Any) -> Any:
    """x·σ(x), also known as swish. ∂/∂x = out + σ(x)(1 − out) (Elfwing et al. 2018)."""
    return x * sigmoid(x)


@primitive(
    symbol="gelu",
    formula="x * ndtr(x)",
    d=("ndtr(x) + x * exp(-(x**2) / 2) / (2 * π) ** 0.5",),
    lesson="GELU gates a value with the probability that a normal variable lies below it.",
    samples=_anywhere,
    floating=True,
)
def gelu_exact(x: Any) -> Any:
    """x·Φ(x) with the normal distribution function Φ. ∂/∂x = Φ(x) + x·φ(x).

    It is what `gelu` runs (Hendrycks & Gimpel 2016).
    """
    return x * ndtr(x)


@primitive(
    symbol="gelu",
    formula="x * (1 + tanh((2 / π) ** 0.5 * (x + 0.044715 * x**3))) / 2",
    d=(
        "(1 + tanh((2 / π) ** 0.5 * x * (1 + 0.044715 * x**2))) / 2"
        " + x * (1 - tanh((2 / π) ** 0.5 * x * (1 + 0.044715 * x**2)) ** 2)"
        " * (0.5 / π) ** 0.5 * (1 + 0.134145 * x**2)",
    ),
    lesson="GELU gates a value with the probability that a normal variable lies below it, here "
    "approximated by a hyperbolic tangent.",
    samples=_anywhere,
    floating=True,
)
def gelu_tanh(x: Any) -> Any:
    """x·(1 + tanh(√(2/π)(x + 0.044715·x³)))/2, what ``gelu(approximate="tanh")`` runs.

    ∂/∂x by the product rule (Hendrycks & Gimpel 2016).
    """
    return x * (1 + np.tanh((2 / np.pi) ** 0.5 * x * (1 + 0.044715 * np.square(x)))) / 2


@composition(
    symbol="gelu",
    formula="gelu(x)",
    lesson="GELU gates a value with the probability that a normal variable lies below it.",
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(2, 3), "tanh"),
        refuses("approximate", np.ones(2), "fast"),
    ],
)
def gelu(x: Any, approximate: str = "none") -> Any:
    """x·Φ(x) with the normal distribution function Φ; ``"tanh"`` approximates it.

    Raises:
        RangeError: `approximate` is neither ``"none"`` nor ``"tanh"``.
    """
    if approximate not in ("none", "tanh"):
        raise RangeError(f'gelu(approximate={approximate!r}): write "none" or "tanh".')
    return gelu_tanh(x) if approximate == "tanh" else gelu_exact(x)


@primitive(
    symbol="mish",
    formula="x * tanh(log(1 + exp(x)))",
    d=("tanh(softplus(x)) + x * sigmoid(x) * (1 - tanh(softplus(x)) ** 2)",),
    lesson="Mish gates a value with the hyperbolic tangent of its softplus; the gradient passes "
    "through the value and through the gate.",
    samples=_anywhere,
    floating=True,
)
def mish(x: Any) -> Any:
    """x·tanh(softplus(x)). ∂/∂x by the product rule (Misra 2019)."""
    return x * np.tanh(np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x))))


@primitive(
    symbol="softplus",
    formula="log(1 + exp(beta * x)) / beta",
    d=("where(x * beta > threshold, 1, sigmoid(x * beta))",),
    lesson="Softplus is a rounded ReLU: it hands on the gradient times a sigmoid.",
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(), beta=2.0),
        call(np.array([-1.0, 0.3, 0.7]), 2.0, 1.0),
    ],
    floating=True,
)
def softplus(x: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """ln(1 + exp(βx))/β, and x itself where βx is above `threshold`. ∂/∂x = σ(βx).

    Source: Dugas et al. 2001.
    """
    scaled = x * beta
    rounded = np.log1p(np.exp(np.minimum(scaled, threshold))) / beta
    return np.where(scaled > threshold, x, rounded)


@primitive(
    symbol="softsign",
    formula="x / (1 + abs(x))",
    d=("1 / (1 + abs(x)) ** 2",),
    lesson="Softsign flattens slowly: it divides the gradient by the square of one plus the size.",
    samples=_off_zero,
    floating=True,
)
def softsign(x: Any) -> Any:
    """x/(1 + |x|), between −1 and 1. ∂/∂x = 1/(1 + |x|)² (Turian et al. 2009)."""
    return x / (1 + np.absolute(x))


@primitive(
    symbol="x−tanh",
    formula="x - tanh(x)",
    d=("tanh(x) ** 2",),
    lesson="What tanh takes away is flat at 0, so little gradient passes there.",
    samples=_anywhere,
    floating=True,
)
def tanhshrink(x: Any) -> Any:
    """x − tanh(x). ∂/∂x = tanh²(x)."""
    return x - np.tanh(x)


@primitive(
    symbol="elu",
    formula="where(x > 0, x, alpha * (exp(x) - 1))",
    d=("where(x < 0, out + alpha, where(x == 0, alpha, 1))",),
    lesson="ELU passes the gradient where x is positive, and an exponentially fading part below.",
    samples=lambda draw: [*_off_zero(draw), call(draw.apart(3), alpha=0.5)],
    floating=True,
)
def elu(x: Any, *, alpha: float = 1.0) -> Any:
    """x above 0, α(eˣ − 1) below. ∂/∂x = 1 or α·eˣ, α at 0 (Clevert et al. 2016)."""
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


@primitive(
    symbol="selu",
    formula="1.0507009873554805 * where(x > 0, x, 1.6732632423543772 * (exp(x) - 1))",
    d=(
        "where(x < 0, out + 1.7580993408473766,"
        " where(x == 0, 1.7580993408473766, 1.0507009873554805))",
    ),
    lesson="SELU is a scaled ELU whose scale keeps mean and variance of a deep network's values.",
    samples=_off_zero,
    floating=True,
)
def selu(x: Any) -> Any:
    """λ·elu(x, α) with λ = 1.0507…, α = 1.6732…. ∂/∂x = λ or λα·eˣ (Klambauer et al. 2017)."""
    below = 1.7580993408473766 * np.expm1(np.minimum(x, 0))
    return 1.0507009873554805 * np.maximum(x, 0) + below


def _check_alpha(x: Any, alpha: float = 1.0) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if alpha == 0:
        raise RangeError("celu(alpha=0) would divide by zero; alpha is any other number.")
    return (x,), {"alpha": alpha}


@primitive(
    symbol="celu",
    formula="where(x > 0, x, alpha * (exp(x / alpha) - 1))",
    d=("where(x < 0, out / alpha + 1, 1)",),
    lesson="CELU passes the gradient where x is positive, and an exponentially fading part below, "
    "without a jump of its slope at 0.",
    samples=lambda draw: [
        *_off_zero(draw),
        call(draw.apart(3), alpha=0.5),
        refuses("divide by zero", np.ones(2), 0.0),
    ],
    signature=_check_alpha,
    floating=True,
)
def celu(x: Any, *, alpha: float = 1.0) -> Any:
    """x above 0, α(exp(x/α) − 1) below. ∂/∂x = 1 or exp(x/α), 1 at 0 (Barron 2017).

    Raises:
        RangeError: α is 0.
    """
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


@composition(
    symbol="glu",
    formula="a * sigmoid(b)",
    lesson="One half of the values is gated by the sigmoid of the other half.",
    samples=lambda draw: [
        call(draw(2, 4)),
        call(draw(4, 3), 0),
        call(draw(2, 2, 3), axis=1),
        refuses("even", np.ones((2, 3))),
        refuses("out of bounds", np.ones(2), 1),
    ],
)
def glu(x: Any, dim: int = -1) -> Any:
    """a·σ(b), where a and b are the two halves of x along `dim` (Dauphin et al. 2017).

    Raises:
        ShapeError: the dimension has an odd size.
        IndexingError: it does not exist.
    """
    if not -x.ndim <= dim < x.ndim:
        raise IndexingError(
            f"glu(dim={dim}): dimension {dim} is out of bounds for a tensor with {x.ndim} "
            "dimension(s)."
        )
    size = x.shape[dim]
    if size % 2:
        raise ShapeError(
            f"glu(dim={dim}) halves a dimension, so its size must be even; it is {size}."
        )
    a, b = split(x, [size // 2, size // 2], dim)
    return a * sigmoid(b)
