"""Division: true, floored and truncated, what remains, and the reciprocal."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import RangeError
from autograd.core.primitive import Call, Draw, call, refuses

_BROADCAST = "do not broadcast"
_STEPS = "A quotient rounded to a whole number is a staircase, flat between its jumps: no gradient "
_INTEGERS = (np.array([5, -5, 7]), np.array([2, 2, 0]))


def is_integer(value: Any) -> bool:
    """Whether an operand holds integers: an array of them, or a Python integer."""
    dtype = getattr(value, "dtype", None)
    return isinstance(value, int) if dtype is None else dtype.kind in "iu"


def _check_divisor(x: Any, y: Any) -> None:
    """Refuse to divide integers by zero, for which NumPy has no answer but a silent 0."""
    if is_integer(x) and is_integer(y) and np.any(np.equal(y, 0)):
        raise RangeError(
            "Integers cannot be divided by 0 (the divisor y has a zero). Floats can, and give "
            "an infinity or NaN: convert with .to(float)."
        )


def _quotients(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), draw.between(0.5, 2, 2, 3)),
        call(draw(2, 3), draw.between(-2, -0.5, 3)),
        call(draw(), draw.between(0.5, 2, 2)),
    ]


@primitive(
    symbol="÷",
    formula="x / y",
    d=("1 / y", "-(x / y) / y"),
    lesson="Division hands the gradient, divided by the denominator, on to the numerator; "
    "the denominator gets it times minus the quotient.",
    samples=lambda draw: [
        *_quotients(draw),
        refuses(_BROADCAST, np.ones((2, 3)), np.ones((2, 2))),
    ],
    methods=("__truediv__", "__rtruediv__", "true_divide"),
    numpy=(np.true_divide,),
    floating=True,
)
def true_divide(x: Any, y: Any) -> Any:
    """x / y, element by element; integers give floats.

    Shapes broadcast. ∂/∂x = 1/y, ∂/∂y = −x/y².

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.true_divide(x, y)


def _apart_from_steps(draw: Draw) -> list[Call]:
    """Quotients that lie well between two whole numbers."""
    whole = np.array([[3.0, -2.0, 1.0], [-4.0, 2.0, 5.0]])
    return [
        call((whole + 0.4) * 1.5, np.full((2, 3), 1.5)),
        call(whole + 0.3, np.array([1.0, -1.0, 0.5]) * 1.01),
        call(np.array(7.5), 2.0),
        call(7.5, np.array([2.0, -2.2])),
        refuses(_BROADCAST, np.ones((2, 3)), np.ones((2, 2))),
        refuses("cannot be divided by 0", *_INTEGERS),
    ]


@primitive(
    symbol="⌊÷⌋",
    formula="floor(x / y)",
    d=("0", "0"),
    lesson=_STEPS + "passes.",
    samples=_apart_from_steps,
    methods=("__floordiv__", "__rfloordiv__", "floor_divide"),
    numpy=(np.floor_divide,),
)
def floor_divide(x: Any, y: Any) -> Any:
    """⌊x / y⌋, the quotient rounded down (``x // y``); integers stay integers.

    Shapes broadcast. ∂/∂x = ∂/∂y = 0 (PyTorch refuses to differentiate it).

    Raises:
        ShapeError: the shapes do not broadcast.
        RangeError: integers, divided by 0.
    """
    _check_divisor(x, y)
    return np.floor_divide(x, y)


@primitive(
    symbol="trunc ÷",
    formula="trunc(x / y)",
    d=("0", "0"),
    lesson=_STEPS + "gets through.",
    samples=_apart_from_steps,
)
def trunc_divide(x: Any, y: Any) -> Any:
    """The quotient x / y rounded towards zero; integers stay integers.

    Shapes broadcast. ∂/∂x = ∂/∂y = 0. It is what ``div(…, rounding_mode="trunc")`` runs.

    Raises:
        ShapeError: the shapes do not broadcast.
        RangeError: integers, divided by 0.
    """
    _check_divisor(x, y)
    if is_integer(x) and is_integer(y):
        return np.floor_divide(x - np.fmod(x, y), y)
    return np.trunc(np.true_divide(x, y))


_DIVISIONS = {None: true_divide, "floor": floor_divide, "trunc": trunc_divide}


@composition(
    symbol="÷",
    formula="x / y",
    lesson="Division hands the gradient, divided by the denominator, on to the numerator; "
    "with a rounding mode no gradient passes.",
    samples=lambda draw: [
        *_quotients(draw),
        *(call(*c.args, rounding_mode="floor") for c in _apart_from_steps(draw)[:2]),
        *(call(*c.args, rounding_mode="trunc") for c in _apart_from_steps(draw)[:2]),
        refuses(_BROADCAST, np.ones((2, 3)), np.ones((2, 2))),
        refuses("rounding_mode", np.ones(2), np.ones(2), rounding_mode="ceil"),
    ],
    methods=("div", "divide"),
    aliases=("divide",),
)
def div(x: Any, y: Any, *, rounding_mode: str | None = None) -> Any:
    """x / y; with `rounding_mode` ``"floor"`` or ``"trunc"`` the quotient in whole numbers.

    Args:
        x, y: numerator and denominator; shapes broadcast.
        rounding_mode: None, ``"floor"`` (down, as ``//``) or ``"trunc"`` (towards zero).

    Raises:
        RangeError: another rounding mode.
        ShapeError: the shapes do not broadcast.
    """
    if rounding_mode not in _DIVISIONS:
        raise RangeError(
            f"div(rounding_mode={rounding_mode!r}): write None for the exact quotient, "
            '"floor" to round down or "trunc" to round towards zero.'
        )
    return _DIVISIONS[rounding_mode](x, y)


@primitive(
    symbol="mod",
    formula="remainder(x, y)",
    d=("1", "-floor_divide(x, y)"),
    lesson="What remains grows as the dividend does; the divisor is taken away as many times as "
    "it fits, so it gets the gradient times minus that number.",
    samples=_apart_from_steps,
    methods=("__mod__", "__rmod__", "remainder"),
    numpy=(np.remainder,),
)
def remainder(x: Any, y: Any) -> Any:
    """x − y·⌊x / y⌋, with the sign of the divisor y, as Python's ``%``.

    Shapes broadcast. ∂/∂x = 1, ∂/∂y = −⌊x / y⌋.

    Raises:
        ShapeError: the shapes do not broadcast.
        RangeError: integers, divided by 0.
    """
    _check_divisor(x, y)
    return np.remainder(x, y)


@primitive(
    symbol="fmod",
    formula="fmod(x, y)",
    d=("1", "-trunc_divide(x, y)"),
    lesson="What remains grows as the dividend does; the divisor gets the gradient times minus "
    "the number of times it was taken away.",
    samples=_apart_from_steps,
    methods=("fmod",),
    numpy=(np.fmod,),
)
def fmod(x: Any, y: Any) -> Any:
    """x − y·trunc(x / y), with the sign of the dividend x, as C's ``fmod``.

    Shapes broadcast. ∂/∂x = 1, ∂/∂y = −trunc(x / y).

    Raises:
        ShapeError: the shapes do not broadcast.
        RangeError: integers, divided by 0.
    """
    _check_divisor(x, y)
    return np.fmod(x, y)


@primitive(
    symbol="1/x",
    formula="1 / x",
    d=("-out**2",),
    lesson="A reciprocal hands on the gradient times minus its own square.",
    samples=lambda draw: [call(draw.between(0.5, 2, 2, 3)), call(draw.between(-2, -0.5))],
    methods=("reciprocal",),
    numpy=(np.reciprocal,),
    floating=True,
)
def reciprocal(x: Any) -> Any:
    """1 / x, element by element; integers give floats. ∂/∂x = −1/x²."""
    return 1 / x
