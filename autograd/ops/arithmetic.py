"""Arithmetic: + − × ^, absolute value and sign, and the larger or smaller of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import DTypeError
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.division import div as div, is_integer

_BROADCAST = "do not broadcast"

_MANY = 32
"""From so many numbers on, a whole power is worth two or three calls."""


def _pairs(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), draw(2, 3)),
        call(draw(2, 3), draw(3)),
        call(draw(2, 1), draw(1, 3)),
        call(draw(), draw(4)),
        call(draw(2), draw(2), alpha=0.5),
        call(draw(2), 3.0, alpha=2),
    ]


def _scaled(x: Any, y: Any, *, alpha: Any = 1) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The operands of ``x ± alpha * y``: another factor than 1 is a multiplication first."""
    if alpha == 1:
        return (x, y), {}
    if isinstance(alpha, float) and is_integer(x) and is_integer(y):
        raise DTypeError(
            f"alpha={alpha!r} is no integer, and both operands are: the result would have to "
            "change its dtype. Write x + alpha * y, or make an operand a float."
        )
    return (x, mul(y, alpha)), {}


@primitive(
    symbol="+",
    formula="x + y",
    d=("1", "1"),
    lesson="Addition hands the gradient on to both operands unchanged.",
    samples=lambda draw: [
        *_pairs(draw),
        refuses(_BROADCAST, np.ones((2, 3)), np.ones(4)),
        refuses("no integer", np.array([1, 2]), np.array([3, 4]), alpha=0.5),
    ],
    methods=("__add__", "__radd__", "add"),
    numpy=(np.add,),
    signature=_scaled,
)
def add(x: Any, y: Any) -> Any:
    """x + y, element by element; with ``alpha=a``, x + a·y.

    Shapes broadcast. ∂/∂x = 1, ∂/∂y = 1.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: integers with a fraction for `alpha`.
    """
    return np.add(x, y)


def _no_bool_difference(x: Any, y: Any) -> str | None:
    if np.asarray(x).dtype == bool and np.asarray(y).dtype == bool:
        return "booleans have no difference; use x != y (logical_xor), or convert with .to(float)."
    return None


@primitive(
    symbol="−",
    formula="x - y",
    d=("1", "-1"),
    lesson="Subtraction hands the gradient on to the first operand, its negative to the second.",
    samples=lambda draw: [
        *_pairs(draw),
        refuses(_BROADCAST, np.ones((2, 3)), np.ones((3, 2))),
        refuses("booleans have no difference", np.array([True]), np.array([False])),
    ],
    methods=("__sub__", "__rsub__", "sub", "subtract"),
    aliases=("subtract",),
    numpy=(np.subtract,),
    signature=_scaled,
    explain=_no_bool_difference,
)
def sub(x: Any, y: Any) -> Any:
    """x − y, element by element; with ``alpha=a``, x − a·y.

    Shapes broadcast. ∂/∂x = 1, ∂/∂y = −1.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: both operands are boolean.
    """
    return np.subtract(x, y)


@primitive(
    symbol="×",
    formula="x * y",
    d=("y", "x"),
    lesson="Multiplication hands on the gradient times the other factor.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3)),
        call(draw(2, 3), draw(3)),
        call(draw(), draw(2, 2)),
        refuses(_BROADCAST, np.ones(3), np.ones(4)),
    ],
    methods=("__mul__", "__rmul__", "mul", "multiply"),
    aliases=("multiply",),
    numpy=(np.multiply,),
)
def mul(x: Any, y: Any) -> Any:
    """x · y, element by element.

    Shapes broadcast. ∂/∂x = y, ∂/∂y = x.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.multiply(x, y)


@primitive(
    symbol="neg",
    formula="-x",
    d=("-1",),
    lesson="Negation turns the sign of the gradient.",
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw()),
        refuses("booleans", np.array([True])),
    ],
    methods=("__neg__", "neg", "negative"),
    aliases=("negative",),
    numpy=(np.negative,),
    explain=lambda x: "booleans have no negative; write logical not (~x).",
)
def neg(x: Any) -> Any:
    """−x, element by element. ∂/∂x = −1.

    Raises:
        DTypeError: the operand is boolean.
    """
    return np.negative(x)


def _power_reason(x: Any, y: Any) -> str | None:
    integers = np.asarray(x).dtype.kind in "iu" and np.asarray(y).dtype.kind in "iu"
    if integers and np.any(np.less(y, 0)):
        return (
            "integers to negative integer powers are no integers; make the base a float "
            "(2.0 ** -1)."
        )
    return None


@composition(
    symbol="+",
    formula="x",
    lesson="The plus sign changes nothing: the operand itself comes back.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("__pos__", "positive"),
    numpy=(np.positive,),
)
def positive(x: Any) -> Any:
    """+x: the operand itself."""
    return x


@primitive(
    symbol="²",
    formula="x**2",
    d=("2 * x",),
    lesson="A square hands on the gradient times twice its operand.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("square",),
    numpy=(np.square,),
)
def square(x: Any) -> Any:
    """x², element by element; of booleans as integers. ∂/∂x = 2x."""
    truth = type(x) is bool or getattr(x, "dtype", None) == np.bool_
    return np.multiply(x, 1) if truth else np.square(x)


@primitive(
    symbol="^",
    formula="x**y",
    d=(
        "y * pow(x, where(y == 0, 0, y - 1))",
        "out * log(where((x == 0) & (y >= 0), 1, x))",
    ),
    lesson="A power hands on the gradient times the exponent times the power one lower.",
    samples=lambda draw: [
        call(draw.between(0.5, 2, 2, 3), draw(2, 3)),
        call(draw(2, 3), 2),
        call(draw(3), 3.0),
        call(draw.between(0.5, 2, 3), draw(2, 1)),
        call(2.0, draw(3)),
        refuses(_BROADCAST, np.ones((2, 3)), np.ones(2)),
        refuses("negative integer powers", np.array([2, 3]), -1),
    ],
    methods=("__pow__", "__rpow__", "pow"),
    aliases=("power",),
    numpy=((np.power, lambda x, y: pow(x, y)),),  # np.power itself would be called at once
    explain=_power_reason,
)
def pow(x: Any, y: Any) -> Any:
    """x to the power y, element by element.

    Shapes broadcast. ∂/∂x = y·x^(y−1), which is 0 where y = 0; ∂/∂y = x^y·ln x, which is
    0 where x = 0 and y ≥ 0.

    Raises:
        ShapeError: the shapes do not broadcast, or integers meet a negative exponent.
    """
    n = _whole_exponent(x, y) if getattr(x, "size", 0) >= _MANY else None
    return np.power(x, y) if n is None else _whole_power(x, n)


def _whole_exponent(x: Any, y: Any) -> int | None:
    """The exponent if it is one whole number, and x holds floats that are wide; else None."""
    one = y.__class__ in (int, float) or (y.__class__ is np.ndarray and y.ndim == 0)
    wide = x.dtype in (np.float32, np.float64)
    return int(y) if one and wide and float(y).is_integer() else None


def _whole_power(x: Any, n: int) -> Any:
    """xⁿ, below zero as well as above.

    There NumPy's own power takes 60 ns for each number in place of 2, and a product 0.3.
    """
    if n in (0, 1, 2):
        return np.power(x, n)
    if n == 3:
        return np.square(x) * x
    size = np.power(np.absolute(x), n)
    return np.copysign(size, x) if n % 2 else size


@primitive(
    symbol="|·|",
    formula="abs(x)",
    d=("sign(x)",),
    lesson="The absolute value keeps the gradient where x > 0, turns its sign where x < 0, "
    "and stops it at 0.",
    samples=lambda draw: [call(draw.apart(2, 3)), call(draw.apart())],
    methods=("__abs__", "abs", "absolute"),
    aliases=("absolute",),
    numpy=(np.absolute, np.fabs),
)
def abs(x: Any) -> Any:
    """|x|, element by element. ∂/∂x = sign(x), 0 at x = 0 (the subgradient of least norm)."""
    return np.absolute(x)


@primitive(
    symbol="sign",
    formula="sign(x)",
    d=("0",),
    lesson="The sign is flat on both sides of its jump, so no gradient passes.",
    samples=lambda draw: [call(draw.apart(2, 3)), call(draw.apart())],
    methods=("sign", "sgn"),
    aliases=("sgn",),
    numpy=(np.sign,),
)
def sign(x: Any) -> Any:
    """−1, 0 or 1 by the sign of x; NaN stays NaN, booleans stay booleans. ∂/∂x = 0."""
    truth = type(x) is bool or getattr(x, "dtype", None) == np.bool_
    return np.logical_or(x, False) if truth else np.sign(x)


@primitive(
    symbol="±",
    formula="copysign(x, y)",
    d=("sign(x) * sign(out)", "0"),
    lesson="Where the sign was turned the gradient turns too; the operand that only lends its "
    "sign gets none.",
    samples=lambda draw: [
        call(draw.apart(2, 3), draw.apart(2, 3)),
        call(draw.apart(2, 3), -1.0),
        call(draw.apart(2, 1), draw.apart(3)),
        refuses(_BROADCAST, np.ones(2), np.ones(3)),
    ],
    methods=("copysign",),
    numpy=(np.copysign,),
    floating=True,
)
def copysign(x: Any, y: Any) -> Any:
    """|x| with the sign of y (−0.0 is negative), element by element.

    Shapes broadcast. ∂/∂x = ±1, 0 at x = 0; ∂/∂y = 0.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.copysign(x, y)


@primitive(
    symbol="max",
    formula="maximum(x, y)",
    d=("where(x < y, 0, where(x == y, 0.5, 1))", "where(y < x, 0, where(x == y, 0.5, 1))"),
    lesson="The larger operand gets the whole gradient; equal ones share it in halves.",
    samples=lambda draw: [
        call(draw.apart(2, 3), np.zeros((2, 3))),
        call(draw.apart(2, 3), np.full(3, 0.05)),
        call(draw.apart(2), 0.0),
        refuses(_BROADCAST, np.ones(2), np.ones(3)),
    ],
    methods=("maximum",),
    numpy=(np.maximum,),
)
def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y, element by element; NaN where either is NaN.

    Shapes broadcast. ∂/∂x = [x > y], ½ where they are equal.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.maximum(x, y)


@primitive(
    symbol="min",
    formula="minimum(x, y)",
    d=("where(x > y, 0, where(x == y, 0.5, 1))", "where(y > x, 0, where(x == y, 0.5, 1))"),
    lesson="The smaller operand gets the whole gradient; equal ones share it in halves.",
    samples=lambda draw: [
        call(draw.apart(2, 3), np.zeros((2, 3))),
        call(draw.apart(2, 3), np.full(3, 0.05)),
        call(draw.apart(2), 0.0),
        refuses(_BROADCAST, np.ones(2), np.ones(3)),
    ],
    methods=("minimum",),
    numpy=(np.minimum,),
)
def minimum(x: Any, y: Any) -> Any:
    """The smaller of x and y, element by element; NaN where either is NaN.

    Shapes broadcast. ∂/∂x = [x < y], ½ where they are equal.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.minimum(x, y)
