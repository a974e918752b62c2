"""Questions about values: finite or not, close, all or any of them; and operations on bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.node import Handle
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.reduction import OUT_OF_RANGE, Dims, why_no_dim

_FLAT = "A yes or no jumps and is flat elsewhere: it is not differentiable, no gradient passes."
_BITS = "Bits are not continuous: there is no derivative, and no gradient passes."


def _with_special_values(draw: Draw) -> list[Call]:
    return [call(np.array([[1.0, np.nan, np.inf], [-np.inf, 0.0, -2.0]])), call(draw())]


@primitive(
    symbol="nan?",
    formula="isnan(x)",
    lesson=_FLAT,
    samples=_with_special_values,
    methods=("isnan",),
    numpy=(np.isnan,),
)
def isnan(x: Any) -> Any:
    """Where x is not a number (boolean, not differentiable)."""
    return np.isnan(x)


@primitive(
    symbol="∞?",
    formula="isinf(x)",
    lesson=_FLAT,
    samples=_with_special_values,
    methods=("isinf",),
    numpy=(np.isinf,),
)
def isinf(x: Any) -> Any:
    """Where x is ∞ or −∞ (boolean, not differentiable)."""
    return np.isinf(x)


@primitive(
    symbol="finite?",
    formula="isfinite(x)",
    lesson=_FLAT,
    samples=_with_special_values,
    methods=("isfinite",),
    numpy=(np.isfinite,),
)
def isfinite(x: Any) -> Any:
    """Where x is neither infinite nor NaN (boolean, not differentiable)."""
    return np.isfinite(x)


@primitive(
    symbol="≈",
    formula="isclose(x, y)",
    lesson=_FLAT,
    samples=lambda draw: [
        call(np.array([1.0, 2.0, np.nan]), np.array([1.0 + 1e-9, 2.1, np.nan])),
        call(np.array([1.0, np.nan]), np.array([1.05, np.nan]), rtol=0.1, equal_nan=True),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ],
    methods=("isclose",),
    numpy=(np.isclose,),
    promote=True,
)
def isclose(
    x: Any, y: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Where |x − y| ≤ atol + rtol·|y| (boolean, not differentiable).

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(
    x: Any, y: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether `isclose` holds for every element.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return bool(all(isclose(x, y, rtol, atol, equal_nan)))


def equal(x: Any, y: Any) -> bool:
    """Whether two tensors have the same shape and the same elements (for each element: `eq`)."""
    a, b = (v.value if isinstance(v, Handle) else v for v in (x, y))
    return np.shape(a) == np.shape(b) and bool(np.all(np.equal(a, b)))


def _over_dims(draw: Draw) -> list[Call]:
    truths = draw(2, 3, 2) > -0.5
    return [
        call(truths),
        call(truths, 1),
        call(truths, (0, -1)),
        call(truths, dim=2, keepdim=True),
        call(np.array([[0.0, 2.0], [1.0, -1.0]]), axis=0, keepdims=True),
        call(np.ones((0, 2)), 0),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
        refuses("twice", np.ones((2, 3)), (0, -2)),
    ]


@primitive(
    symbol="∀",
    formula="all(x)",
    lesson=_FLAT,
    samples=_over_dims,
    methods=("all",),
    numpy=(np.all,),
    explain=why_no_dim,
)
def all(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether all elements over `dim` are true (not zero); true of none.

    Shape: without these dimensions, or with size 1 there if `keepdim`. Not differentiable.

    Raises:
        IndexingError: a dimension that does not exist.
        ShapeError: one that is named twice.
    """
    return np.all(x, axis=dim, keepdims=keepdim)


@primitive(
    symbol="∃",
    formula="any(x)",
    lesson=_FLAT,
    samples=_over_dims,
    methods=("any",),
    numpy=(np.any,),
    explain=why_no_dim,
)
def any(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether any element over `dim` is true (not zero); false of none.

    Shape: without these dimensions, or with size 1 there if `keepdim`. Not differentiable.

    Raises:
        IndexingError: a dimension that does not exist.
        ShapeError: one that is named twice.
    """
    return np.any(x, axis=dim, keepdims=keepdim)


def _bits(draw: Draw) -> list[Call]:
    a, b = np.array([[6, 3], [-1, 8]]), np.array([5, 1])
    return [
        call(a, b),
        call(a > 4, b > 4),
        call(a, 3),
        refuses("do not broadcast", np.ones(2, bool), np.ones(3, bool)),
        refuses("no bits", np.ones(2), np.ones(2)),
    ]


def _no_bits(x: Any, y: Any = None) -> str | None:
    if np.dtype(getattr(x, "dtype", type(x))).kind == "f" or (
        y is not None and np.dtype(getattr(y, "dtype", type(y))).kind == "f"
    ):
        return (
            "floating-point numbers have no bits to combine. Compare first, as in "
            "(x > 0) & (y > 0), or use logical_and, logical_or, logical_xor, logical_not."
        )
    return None


@primitive(
    symbol="and",
    formula="x & y",
    lesson=_BITS,
    samples=_bits,
    methods=("__and__", "__rand__", "bitwise_and"),
    numpy=(np.bitwise_and,),
    promote=True,
    explain=_no_bits,
)
def bitwise_and(x: Any, y: Any) -> Any:
    """x & y: of booleans where both are true, of integers bit by bit (not differentiable).

    Raises:
        DTypeError: floating-point numbers.
        ShapeError: the shapes do not broadcast.
    """
    return np.bitwise_and(x, y)


@primitive(
    symbol="or",
    formula="x | y",
    lesson=_BITS,
    samples=_bits,
    methods=("__or__", "__ror__", "bitwise_or"),
    numpy=(np.bitwise_or,),
    promote=True,
    explain=_no_bits,
)
def bitwise_or(x: Any, y: Any) -> Any:
    """x | y: of booleans where one is true, of integers bit by bit (not differentiable).

    Raises:
        DTypeError: floating-point numbers.
        ShapeError: the shapes do not broadcast.
    """
    return np.bitwise_or(x, y)


@primitive(
    symbol="xor",
    formula="x ^ y",
    lesson=_BITS,
    samples=_bits,
    methods=("__xor__", "__rxor__", "bitwise_xor"),
    numpy=(np.bitwise_xor,),
    promote=True,
    explain=_no_bits,
)
def bitwise_xor(x: Any, y: Any) -> Any:
    """x ^ y: of booleans where just one is true, of integers bit by bit (not differentiable).

    Raises:
        DTypeError: floating-point numbers.
        ShapeError: the shapes do not broadcast.
    """
    return np.bitwise_xor(x, y)


@primitive(
    symbol="not",
    formula="~x",
    lesson=_BITS,
    samples=lambda draw: [
        call(draw(2, 3) > 0),
        call(np.array([0, 5, -1])),
        refuses("no bits", np.ones(2)),
    ],
    methods=("__invert__", "bitwise_not"),
    numpy=(np.invert,),
    explain=_no_bits,
)
def bitwise_not(x: Any) -> Any:
    """~x: of booleans the opposite, of integers every bit (not differentiable).

    Raises:
        DTypeError: floating-point numbers.
    """
    return np.invert(x)
