"""Logarithms of sums, odds and products with a logarithm, safe where one of them is zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.bounds import clamp


def _pairs(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), draw(2, 3)),
        call(draw(2, 1), draw(3)),
        call(draw(2), 0.5),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ]


@primitive(
    symbol="ln(e+e)",
    formula="log(exp(x) + exp(y))",
    d=("sigmoid(x - y)", "sigmoid(y - x)"),
    lesson="The operands share the gradient as in a softmax: the larger one gets more.",
    samples=_pairs,
    methods=("logaddexp",),
    numpy=(np.logaddexp,),
    floating=True,
)
def logaddexp(x: Any, y: Any) -> Any:
    """ln(exp(x) + exp(y)), without overflow.

    Shapes broadcast. ∂/∂x = σ(x − y), ∂/∂y = σ(y − x); NaN where both are the same infinity.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.logaddexp(x, y)


@primitive(
    symbol="log₂(2+2)",
    formula="log2(2**x + 2**y)",
    d=("sigmoid((x - y) * ln2)", "sigmoid((y - x) * ln2)"),
    lesson="The operands share the gradient: the larger one gets more.",
    samples=_pairs,
    methods=("logaddexp2",),
    numpy=(np.logaddexp2,),
    floating=True,
)
def logaddexp2(x: Any, y: Any) -> Any:
    """log₂(2ˣ + 2ʸ), without overflow.

    Shapes broadcast. ∂/∂x = 1/(1 + 2^(y − x)), ∂/∂y = 1/(1 + 2^(x − y)).

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.logaddexp2(x, y)


def _safe(x: Any, y: Any, harmless: int) -> Any:
    """y, replaced where x is zero by a number with a harmless logarithm; NaN stays."""
    y = y if hasattr(y, "dtype") else np.full_like(x, y)
    return np.where(np.equal(x, 0) & ~np.isnan(y), harmless, y)


def _products(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), draw.between(0.3, 3, 2, 3)),
        call(draw(2, 1), draw.between(0.3, 3, 3)),
        call(2.0, draw.between(0.3, 3, 2)),
        call(draw(2), 0.5),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ]


@primitive(
    symbol="x ln y",
    formula="x * log(y)",
    d=("log(where((x == 0) & (y <= 0), 1, y))", "x / y"),
    lesson="Each factor gets the gradient times what the other one contributes; a zero times an "
    "infinite logarithm counts as zero.",
    samples=_products,
    methods=("xlogy",),
    floating=True,
)
def xlogy(x: Any, y: Any) -> Any:
    """x·ln(y), and 0 where x = 0 (unless y is NaN).

    Shapes broadcast. ∂/∂x = ln(y), 0 where x = 0 and y ≤ 0; ∂/∂y = x/y.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return x * np.log(_safe(x, y, 1))


@primitive(
    symbol="x ln(1+y)",
    formula="x * log(1 + y)",
    d=("log1p(where((x == 0) & (y <= -1), 0, y))", "x / (1 + y)"),
    lesson="Each factor gets the gradient times what the other one contributes; a zero times an "
    "infinite logarithm counts as zero.",
    samples=_products,
    floating=True,
)
def xlog1py(x: Any, y: Any) -> Any:
    """x·ln(1 + y), and 0 where x = 0 (unless y is NaN); accurate near y = 0.

    Shapes broadcast. ∂/∂x = ln(1 + y), 0 where x = 0 and y ≤ −1; ∂/∂y = x/(1 + y).

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return x * np.log1p(_safe(x, y, 0))


def _within(x: Any, eps: float | None = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The operand of `logit`, with `eps` clamped into [eps, 1 − eps] first."""
    return (x if eps is None else clamp(x, eps, 1 - eps),), {}


@primitive(
    symbol="logit",
    formula="log(x / (1 - x))",
    d=("where((x < 0) | (x > 1), nan, 1 / (x * (1 - x)))",),
    lesson="The log-odds hand on the gradient divided by p(1 − p): the surer, the steeper.",
    samples=lambda draw: [
        call(draw.between(0.2, 0.8, 2, 3)),
        call(draw.between(0.2, 0.8)),
        call(np.array([0.05, 0.4, 0.97]), 0.1),
    ],
    methods=("logit",),
    signature=_within,
    floating=True,
)
def logit(x: Any) -> Any:
    """ln(x / (1 − x)), the inverse of the sigmoid; ∓∞ at 0 and 1, NaN outside.

    With ``eps=e`` the operand is clamped into [e, 1 − e] first. ∂/∂x = 1/(x(1 − x)).
    """
    return np.log(x / (1 - x))


@primitive(
    symbol="entropy",
    formula="-x * log(x)",
    d=("-log(x) - 1",),
    lesson="A probability's share of the entropy grows until it is 1/e and falls after that.",
    samples=lambda draw: [call(draw.between(0.2, 2, 2, 3)), call(draw.between(0.2, 2))],
    floating=True,
)
def entr(x: Any) -> Any:
    """−x·ln(x), 0 at 0 and −∞ below: what a probability adds to an entropy. ∂/∂x = −ln(x) − 1."""
    inside = -x * np.log(np.where(x == 0, 1, np.absolute(x)))
    return np.where(x < 0, -np.inf, inside)
