"""Exponentials, logarithms, roots, sine, cosine and the hyperbolic tangent."""

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


@primitive(
    symbol="2ˣ",
    formula="2**x",
    d=("out * ln2",),
    lesson="The power of two hands on the gradient times its own value times ln 2.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("exp2",),
    numpy=(np.exp2,),
    floating=True,
)
def exp2(x: Any) -> Any:
    """2 to the power x. ∂/∂x = 2ˣ·ln 2."""
    return np.exp2(x)


@primitive(
    symbol="exp−1",
    formula="exp(x) - 1",
    d=("out + 1",),
    lesson="It hands on the gradient times the exponential, which is one more than its own value.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("expm1",),
    numpy=(np.expm1,),
    floating=True,
)
def expm1(x: Any) -> Any:
    """exp(x) − 1, accurate near 0. ∂/∂x = exp(x)."""
    return np.expm1(x)


@primitive(
    symbol="log₂",
    formula="log2(x)",
    d=("1 / (x * ln2)",),
    lesson="The logarithm hands on the gradient divided by its operand and by ln 2.",
    samples=lambda draw: [call(draw.between(0.3, 3, 2, 3)), call(draw.between(0.3, 3))],
    methods=("log2",),
    numpy=(np.log2,),
    floating=True,
)
def log2(x: Any) -> Any:
    """The logarithm to base 2; −∞ at 0, NaN below. ∂/∂x = 1/(x·ln 2)."""
    return np.log2(x)


@primitive(
    symbol="log₁₀",
    formula="log10(x)",
    d=("1 / (x * ln10)",),
    lesson="The logarithm hands on the gradient divided by its operand and by ln 10.",
    samples=lambda draw: [call(draw.between(0.3, 3, 2, 3)), call(draw.between(0.3, 3))],
    methods=("log10",),
    numpy=(np.log10,),
    floating=True,
)
def log10(x: Any) -> Any:
    """The logarithm to base 10; −∞ at 0, NaN below. ∂/∂x = 1/(x·ln 10)."""
    return np.log10(x)


@primitive(
    symbol="ln(1+x)",
    formula="log(1 + x)",
    d=("1 / (1 + x)",),
    lesson="It hands on the gradient divided by one plus its operand.",
    samples=lambda draw: [call(draw.between(-0.5, 2, 2, 3)), call(draw.between(-0.5, 2))],
    methods=("log1p",),
    numpy=(np.log1p,),
    floating=True,
)
def log1p(x: Any) -> Any:
    """ln(1 + x), accurate near 0; −∞ at −1, NaN below. ∂/∂x = 1/(1 + x)."""
    return np.log1p(x)


@primitive(
    symbol="1/√",
    formula="1 / sqrt(x)",
    d=("-0.5 * out**3",),
    lesson="It hands on the gradient times minus half the cube of its own value.",
    samples=lambda draw: [call(draw.between(0.3, 3, 2, 3)), call(draw.between(0.3, 3))],
    methods=("rsqrt",),
    floating=True,
)
def rsqrt(x: Any) -> Any:
    """1/√x; ∞ at 0, NaN below. ∂/∂x = −1/(2·x·√x), which is −∞ at 0."""
    return 1 / np.sqrt(x)


@primitive(
    symbol="∛",
    formula="cbrt(x)",
    d=("1 / (3 * out**2)",),
    lesson="The cube root hands on the gradient divided by three times the root squared.",
    samples=lambda draw: [call(draw.between(0.3, 3, 2, 3)), call(draw.between(-3, -0.3))],
    numpy=(np.cbrt,),
    floating=True,
)
def cbrt(x: Any) -> Any:
    """∛x, negative below 0. ∂/∂x = 1/(3·∛x²), which is ∞ at 0."""
    return np.cbrt(x)
