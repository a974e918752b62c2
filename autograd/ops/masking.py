"""Elements under a mask: filling them, picking them, writing them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.define import primitive
from autograd.core.errors import ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.indexing import getitem, place
from autograd.ops.selection import check_dtype
from autograd.ops.shape import Bound, reshape

_BROADCAST = "do not broadcast"
_MASK = "a mask is boolean"


def _check_mask(mask: Any) -> None:
    if np.dtype(getattr(mask, "dtype", type(mask))).kind != "b":
        raise TypeError(f"{_MASK}; write a comparison such as x > 0, or convert with .bool().")


def _why_no_mask(x: Any, mask: Any, *_: Any) -> str | None:
    """Why a mask and its operand were refused: only their shapes are looked at."""
    try:
        np.broadcast_shapes(np.shape(x), np.shape(mask))
    except ValueError:
        return (
            f"shapes {np.shape(x)} and {np.shape(mask)} {_BROADCAST}: counted from the right, "
            "sizes must be equal or 1."
        )
    return None


def _to_filled(x: Any, mask: Any, value: Any) -> Bound:
    if operand_shape(value):
        raise ShapeError(
            f"masked_fill() writes one number, got a value of shape {operand_shape(value)}; "
            "where(mask, value, x) takes one for each element."
        )
    return (x, mask, value), {}


@primitive(
    symbol="mask",
    formula="where(mask, value, x)",
    vjp=("where(mask, 0.0, g)", None, "where(mask, g, 0.0)"),
    linear=True,
    lesson="What was filled in stops the gradient; the rest hands it on.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3) > 0, -1.0),
        call(draw(2, 3), draw(3) > 0, draw()),
        call(draw(3), draw(2, 1) > 0, 0),
        refuses(_BROADCAST, np.ones(2), np.ones(3, bool), 0.0),
        refuses(_MASK, np.ones(2), np.ones(2), 0.0),
        refuses("where(mask, value, x)", np.ones(2), np.ones(2, bool), np.ones(2)),
    ],
    methods=("masked_fill",),
    signature=_to_filled,
    explain=_why_no_mask,
)
def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """One number where the mask is true, x elsewhere; the dtype is that of x.

    Shapes broadcast.

    Raises:
        ShapeError: the shapes do not broadcast, or the value is not a single number.
        DTypeError: the mask is not boolean.
    """
    _check_mask(mask)
    return np.where(mask, np.full_like(x, value, shape=()), x)


def _back_under_mask(g: Any, mask: Any, x_shape: tuple[int, ...]) -> Any:
    """g where the mask is true, zero elsewhere"""
    shape = np.broadcast_shapes(x_shape, operand_shape(mask))
    return place(g, np.broadcast_to(plain_index(mask), shape), shape)


@primitive(
    symbol="mask",
    formula="x[mask]",
    vjp=(_back_under_mask, None),
    linear=True,
    lesson="The elements that were picked get their gradients, all others zero.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3) > 0),
        call(draw(3), np.array([[True, False, True], [False, False, True]])),
        refuses(_BROADCAST, np.ones(2), np.ones(3, bool)),
        refuses(_MASK, np.ones(2), np.ones(2)),
    ],
    methods=("masked_select",),
    explain=_why_no_mask,
)
def masked_select(x: Any, mask: Any) -> Any:
    """The elements where the mask is true, row by row, as a vector. Shapes broadcast.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the mask is not boolean.
    """
    _check_mask(mask)
    shape = np.broadcast_shapes(np.shape(x), np.shape(mask))
    return np.broadcast_to(x, shape)[np.broadcast_to(mask, shape)]


def _of_source(g: Any, mask: Any, x_shape: tuple[int, ...], source_shape: tuple[int, ...]) -> Any:
    """g where the elements were written, zero for those that were not used"""
    shape = np.broadcast_shapes(x_shape, operand_shape(mask))
    found = getitem(g, np.broadcast_to(plain_index(mask), shape))
    size = math.prod(source_shape)
    return reshape(place(found, slice(0, found.shape[0]), (size,)), source_shape)


@primitive(
    symbol="mask ←",
    formula="masked_scatter(x, source)",
    vjp=("where(mask, 0.0, g)", None, _of_source),
    linear=True,
    lesson="What was overwritten gets no gradient; what was written gets that of its place.",
    samples=lambda draw: [
        call(draw(3), np.array([True, False, True]), draw(2)),
        call(draw(2, 2), np.array([True, False]), draw(2, 2)),
        refuses("too few", np.ones(3), np.ones(3, bool), np.ones(2)),
        refuses(_BROADCAST, np.ones(2), np.ones(3, bool), np.ones(3)),
        refuses(_MASK, np.ones(2), np.ones(2), np.ones(2)),
        refuses("convert one", np.ones(2), np.ones(2, bool), np.ones(2, np.float32)),
    ],
    methods=("masked_scatter",),
    explain=_why_no_mask,
)
def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """x with the first elements of `source`, row by row, written where the mask is true.

    Raises:
        ShapeError: the shapes do not broadcast, or the source has too few elements.
        DTypeError: the mask is not boolean, or the dtypes differ.
    """
    _check_mask(mask)
    check_dtype(x, source)
    shape = np.broadcast_shapes(np.shape(x), np.shape(mask))
    out, chosen = np.copy(np.broadcast_to(x, shape), order="C"), np.broadcast_to(mask, shape)
    wanted = int(chosen.sum())
    if source.size < wanted:
        raise ValueError(f"{wanted} elements are to be written, and the source has too few.")
    out[chosen] = np.reshape(source, (-1,))[:wanted]
    return out
