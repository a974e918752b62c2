"""Circular and hyperbolic functions and their inverses, angles, and the hypotenuse."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import call, refuses

_BROADCAST = (refuses("do not broadcast", np.ones(2), np.ones(3)),)


@primitive(
    symbol="tan",
    formula="tan(x)",
    d=("1 + out**2",),
    lesson="The tangent hands on the gradient times one plus its own square.",
    samples=lambda draw: [call(draw.between(-1, 1, 2, 3)), call(draw.between(-1, 1))],
    methods=("tan",),
    numpy=(np.tan,),
    floating=True,
)
def tan(x: Any) -> Any:
    """The tangent of x in radians. ∂/∂x = 1 + tan²(x)."""
    return np.tan(x)


@primitive(
    symbol="asin",
    formula="asin(x)",
    d=("1 / sqrt(1 - x**2)",),
    lesson="The arc sine hands on the gradient divided by the cosine of its value.",
    samples=lambda draw: [call(draw.between(-0.9, 0.9, 2, 3)), call(draw.between(-0.9, 0.9))],
    methods=(
        "asin",
        "arcsin",
    ),
    aliases=("arcsin",),
    numpy=(np.arcsin,),
    floating=True,
)
def asin(x: Any) -> Any:
    """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]. ∂/∂x = 1/√(1 − x²)."""
    return np.arcsin(x)


@primitive(
    symbol="acos",
    formula="acos(x)",
    d=("-1 / sqrt(1 - x**2)",),
    lesson="The arc cosine hands on minus the gradient divided by the sine of its value.",
    samples=lambda draw: [call(draw.between(-0.9, 0.9, 2, 3)), call(draw.between(-0.9, 0.9))],
    methods=(
        "acos",
        "arccos",
    ),
    aliases=("arccos",),
    numpy=(np.arccos,),
    floating=True,
)
def acos(x: Any) -> Any:
    """The angle in [0, π] whose cosine is x; NaN outside [−1, 1]. ∂/∂x = −1/√(1 − x²)."""
    return np.arccos(x)


@primitive(
    symbol="atan",
    formula="atan(x)",
    d=("1 / (1 + x**2)",),
    lesson="The arc tangent hands on the gradient divided by one plus its operand squared.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=(
        "atan",
        "arctan",
    ),
    aliases=("arctan",),
    numpy=(np.arctan,),
    floating=True,
)
def atan(x: Any) -> Any:
    """The angle in (−π/2, π/2) whose tangent is x. ∂/∂x = 1/(1 + x²)."""
    return np.arctan(x)


@primitive(
    symbol="sinh",
    formula="sinh(x)",
    d=("cosh(x)",),
    lesson="The hyperbolic sine hands on the gradient times the hyperbolic cosine.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("sinh",),
    numpy=(np.sinh,),
    floating=True,
)
def sinh(x: Any) -> Any:
    """The hyperbolic sine (eˣ − e⁻ˣ)/2. ∂/∂x = cosh(x)."""
    return np.sinh(x)


@primitive(
    symbol="cosh",
    formula="cosh(x)",
    d=("sinh(x)",),
    lesson="The hyperbolic cosine hands on the gradient times the hyperbolic sine.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("cosh",),
    numpy=(np.cosh,),
    floating=True,
)
def cosh(x: Any) -> Any:
    """The hyperbolic cosine (eˣ + e⁻ˣ)/2. ∂/∂x = sinh(x)."""
    return np.cosh(x)


@primitive(
    symbol="asinh",
    formula="asinh(x)",
    d=("1 / sqrt(x**2 + 1)",),
    lesson="Its inverse's slope is the hyperbolic cosine; it divides the gradient by that.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=(
        "asinh",
        "arcsinh",
    ),
    aliases=("arcsinh",),
    numpy=(np.arcsinh,),
    floating=True,
)
def asinh(x: Any) -> Any:
    """The number whose hyperbolic sine is x. ∂/∂x = 1/√(x² + 1)."""
    return np.arcsinh(x)


@primitive(
    symbol="acosh",
    formula="acosh(x)",
    d=("1 / sqrt(x**2 - 1)",),
    lesson="Its inverse's slope is the hyperbolic sine; it divides the gradient by that.",
    samples=lambda draw: [call(draw.between(1.2, 3, 2, 3)), call(draw.between(1.2, 3))],
    methods=(
        "acosh",
        "arccosh",
    ),
    aliases=("arccosh",),
    numpy=(np.arccosh,),
    floating=True,
)
def acosh(x: Any) -> Any:
    """The number from 0 up whose hyperbolic cosine is x; NaN below 1. ∂/∂x = 1/√(x² − 1)."""
    return np.arccosh(x)


@primitive(
    symbol="atanh",
    formula="atanh(x)",
    d=("1 / (1 - x**2)",),
    lesson="It hands on the gradient divided by one minus its operand squared.",
    samples=lambda draw: [call(draw.between(-0.8, 0.8, 2, 3)), call(draw.between(-0.8, 0.8))],
    methods=(
        "atanh",
        "arctanh",
    ),
    aliases=("arctanh",),
    numpy=(np.arctanh,),
    floating=True,
)
def atanh(x: Any) -> Any:
    """The number whose hyperbolic tangent is x; NaN outside [−1, 1]. ∂/∂x = 1/(1 − x²)."""
    return np.arctanh(x)


@primitive(
    symbol="rad",
    formula="x * π / 180",
    d=("π / 180",),
    lesson="A change of unit hands on the gradient times the same factor.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("deg2rad",),
    numpy=(
        np.deg2rad,
        np.radians,
    ),
    floating=True,
)
def deg2rad(x: Any) -> Any:
    """Degrees as radians: x·π/180. ∂/∂x = π/180."""
    return np.deg2rad(x)


@primitive(
    symbol="deg",
    formula="x * 180 / π",
    d=("180 / π",),
    lesson="A change of unit hands on the gradient times the same factor.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("rad2deg",),
    numpy=(
        np.rad2deg,
        np.degrees,
    ),
    floating=True,
)
def rad2deg(x: Any) -> Any:
    """Radians as degrees: x·180/π. ∂/∂x = 180/π."""
    return np.rad2deg(x)


@primitive(
    symbol="atan2",
    formula="atan2(y, x)",
    d=(
        "x / where((x == 0) & (y == 0), 1, x**2 + y**2)",
        "-y / where((x == 0) & (y == 0), 1, x**2 + y**2)",
    ),
    lesson="An angle turns fastest when its point moves across the line to the origin, and the "
    "faster the nearer the origin; along that line no gradient passes.",
    samples=lambda draw: [
        call(draw.apart(2, 3), draw.apart(2, 3)),
        call(draw.apart(2, 1), draw.apart(3)),
        call(draw.apart(2), -1.5),
        *_BROADCAST,
    ],
    methods=("atan2", "arctan2"),
    aliases=("arctan2",),
    numpy=(np.arctan2,),
    floating=True,
)
def atan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y) in (−π, π]; the y coordinate comes first.

    Shapes broadcast. ∂/∂y = x/(x² + y²), ∂/∂x = −y/(x² + y²); both 0 at the origin.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.arctan2(y, x)


@primitive(
    symbol="hypot",
    formula="sqrt(x**2 + y**2)",
    d=("where(out == 0, 0, x / out)", "where(out == 0, 0, y / out)"),
    lesson="Each leg gets the gradient times its share of the length; at length 0 none passes.",
    samples=lambda draw: [
        call(draw.apart(2, 3), draw.apart(2, 3)),
        call(draw.apart(2, 1), draw.apart(3)),
        call(draw.apart(2), 1.5),
        *_BROADCAST,
    ],
    methods=("hypot",),
    numpy=(np.hypot,),
    floating=True,
)
def hypot(x: Any, y: Any) -> Any:
    """√(x² + y²), without overflow.

    Shapes broadcast. ∂/∂x = x/out, ∂/∂y = y/out; both 0 where x = y = 0, the subgradient
    of least norm (PyTorch gives NaN). There is no second derivative there: NaN.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.hypot(x, y)
