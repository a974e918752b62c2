"""Rounding: staircases, whose gradient is zero, and what they leave over."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import Call, Draw, call, refuses

_FLAT = "Rounding is flat between its jumps, so no gradient passes"


def _between_jumps(draw: Draw) -> list[Call]:
    """Values at least 0.1 away from every whole number and every half."""
    whole = np.array([[3.0, -2.0, 0.0], [-4.0, 1.0, 5.0]])
    return [call(whole + draw.between(0.1, 0.4, 2, 3)), call(draw.between(0.6, 0.9))]


def _rounded(function: Any, x: Any) -> Any:
    """Whole numbers stay as they are; NumPy before 2.1 would make floats of them."""
    integer = hasattr(x, "dtype") and x.dtype.kind != "f"
    return x.copy() if integer else function(x)


@primitive(
    symbol="⌊ ⌋",
    formula="floor(x)",
    d=("0",),
    lesson=f"{_FLAT}.",
    samples=_between_jumps,
    methods=("floor",),
    numpy=(np.floor,),
)
def floor(x: Any) -> Any:
    """The largest whole number that is not above x. ∂/∂x = 0."""
    return _rounded(np.floor, x)


@primitive(
    symbol="⌈ ⌉",
    formula="ceil(x)",
    d=("0",),
    lesson=f"{_FLAT}.",
    samples=_between_jumps,
    methods=("ceil",),
    numpy=(np.ceil,),
)
def ceil(x: Any) -> Any:
    """The smallest whole number that is not below x. ∂/∂x = 0."""
    return _rounded(np.ceil, x)


@primitive(
    symbol="trunc",
    formula="trunc(x)",
    d=("0",),
    lesson=f"{_FLAT}.",
    samples=_between_jumps,
    methods=("trunc", "fix"),
    aliases=("fix",),
    numpy=(np.trunc, np.fix),
)
def trunc(x: Any) -> Any:
    """The whole part of x: rounded towards zero. ∂/∂x = 0."""
    return _rounded(np.trunc, x)


@primitive(
    symbol="round",
    formula="round(x)",
    d=("0",),
    lesson=f"{_FLAT}.",
    samples=lambda draw: [
        *_between_jumps(draw),
        call(np.array([0.123, -4.567]), decimals=1),
        call(np.array([123.4, -456.7]), decimals=-2),
        refuses("decimals", np.ones(2), decimals=0.5),
    ],
    methods=("round",),
    numpy=(np.round, np.around, np.rint),
    explain=lambda x, decimals: f"decimals={decimals!r} must be a whole number.",
)
def round(x: Any, *, decimals: int = 0) -> Any:
    """x rounded to `decimals` places, halves to the even neighbour: 0.5 → 0, 1.5 → 2, 2.5 → 2.

    ∂/∂x = 0. A negative number of decimals rounds to tens, hundreds, ….

    Raises:
        DTypeError: `decimals` is not a whole number.
    """
    return np.round(x, decimals)


@primitive(
    symbol="frac",
    formula="x - trunc(x)",
    d=("1",),
    lesson="What lies behind the point grows as the number does: the gradient passes unchanged.",
    samples=_between_jumps,
    methods=("frac",),
)
def frac(x: Any) -> Any:
    """What remains of x after its whole part: 1.5 → 0.5, −1.5 → −0.5. ∂/∂x = 1."""
    return x - np.trunc(x)
