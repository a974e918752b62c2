"""Exponentials, logarithms, roots and circular functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import call


@primitive(
    symbol="exp",
    formula="exp(x)",
    d=("out",),
    lesson="The exponential hands on the gradient times its own value.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("exp",),
    numpy=(np.exp,),
    floating=True,
)
def exp(x: Any) -> Any:
    """e to the power x. ∂/∂x = exp(x)."""
    return np.exp(x)


@primitive(
    symbol="ln",
    formula="log(x)",
    d=("1 / x",),
    lesson="The logarithm hands on the gradient divided by its operand.",
    samples=lambda draw: [call(draw.between(0.3, 3, 2, 3)), call(draw.between(0.3, 3))],
    methods=("log",),
    numpy=(np.log,),
    floating=True,
)
def log(x: Any) -> Any:
    """The natural logarithm; −∞ at 0, NaN below. ∂/∂x = 1/x."""
    return np.log(x)


@primitive(
    symbol="√",
    formula="sqrt(x)",
    d=("0.5 / out",),
    lesson="The square root hands on the gradient divided by twice the root.",
    samples=lambda draw: [call(draw.between(0.3, 3, 2, 3)), call(draw.between(0.3, 3))],
    methods=("sqrt",),
    numpy=(np.sqrt,),
    floating=True,
)
def sqrt(x: Any) -> Any:
    """√x; NaN below 0. ∂/∂x = 1/(2√x), which is ∞ at 0."""
    return np.sqrt(x)


@primitive(
    symbol="sin",
    formula="sin(x)",
    d=("cos(x)",),
    lesson="The sine hands on the gradient times the cosine.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("sin",),
    numpy=(np.sin,),
    floating=True,
)
def sin(x: Any) -> Any:
    """The sine of x in radians. ∂/∂x = cos(x)."""
    return np.sin(x)


@primitive(
    symbol="cos",
    formula="cos(x)",
    d=("-sin(x)",),
    lesson="The cosine hands on the gradient times minus the sine.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("cos",),
    numpy=(np.cos,),
    floating=True,
)
def cos(x: Any) -> Any:
    """The cosine of x in radians. ∂/∂x = −sin(x)."""
    return np.cos(x)


@primitive(
    symbol="tanh",
    formula="tanh(x)",
    d=("1 - out**2",),
    lesson="The hyperbolic tangent hands on the gradient times one minus its value squared, "
    "which vanishes where it saturates.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("tanh",),
    numpy=(np.tanh,),
    floating=True,
)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent. ∂/∂x = 1 − tanh²(x) (lecture A4)."""
    return np.tanh(x)
