"""Writing elements at their indices: what was there gets no gradient, what was written gets it.

Where two elements are written to one place, the last one stays, and it alone gets the
gradient (PyTorch leaves both open).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.binding import with_numpy_names
from autograd.core.define import primitive
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.comparison import where
from autograd.ops.indexing import aim, getitem, index_of, picks_once, why_no_index
from autograd.ops.selection import (
    OUTSIDE,
    along,
    check_along,
    check_dtype,
    check_slices,
    gather,
    in_source,
    index_select,
    slices_at,
    used,
    with_index,
)
from autograd.ops.shape import Bound

_WRITE = "What was overwritten gets no gradient; what was written gets that of its place."


def stays(index: Any, shape: tuple[int, ...], like: Any) -> Any:
    """Which of the elements that an index writes into `shape` stay: the last one at each place."""
    number, rest = aim(np.empty_like(plain_index(like), shape=shape, dtype=np.int64), index)
    picked = number[rest].shape
    order = np.arange(math.prod(picked), like=number).reshape(picked)
    number[rest] = order
    return number[rest] == order


def _to_written(x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Bound:
    index, at = with_index(x, dim, index)
    if (src is None) == (value is None):
        raise ArgumentError("scatter(x, dim, index, src) takes a source: a tensor, or a number.")
    return (x, index, value if src is None else src), {"dim": at}


def _of_written(
    g: Any, index: Any, x_shape: tuple[int, ...], src_shape: tuple[int, ...], dim: int
) -> Any:
    """g at the place that the element was written to, zero where another one came after it"""
    kept = stays(along(index, dim), x_shape, g)
    found = where(kept, gather(g, dim, index), 0.0)
    return in_source(found, src_shape)


@primitive(
    symbol="scatter",
    formula="scatter(x, src)",
    vjp=("scatter(g, dim, index, 0.0)", None, _of_written),
    linear=True,
    lesson=_WRITE,
    samples=lambda draw: [
        call(draw(2, 3), 1, np.array([[0, 1], [2, 1]]), draw(2, 2)),
        call(draw(3), 0, np.array([1, 1]), draw(4)),
        call(draw(3), 0, np.array([1, 0]), 2.0),
        call(draw(3), 0, np.array([1, 0]), draw()),
        refuses("one place for each element", np.ones((2, 3)), 1, np.array([0, 1]), 1.0),
        refuses("larger than", np.ones((2, 3)), 1, np.zeros((2, 2), int), np.ones((2, 1))),
        refuses(OUTSIDE, np.ones(3), 0, np.array([3]), 1.0),
        refuses("takes a source", np.ones(3), 0, np.array([2])),
        refuses("convert one", np.ones(3), 0, np.array([0]), np.ones(1, np.float32)),
    ],
    methods=("scatter",),
    signature=with_numpy_names(_to_written),
)
def scatter(x: Any, index: Any, src: Any, *, dim: int) -> Any:
    """x with each element of `src` (or one number) written at its index along `dim`.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: numbers of dimensions differ, or the index is larger than x or src.
        DTypeError: the dtypes differ.
    """
    whole = np.ndim(src) > 0
    check_along(x, index, dim, src if whole else None)
    check_dtype(x, src)
    out = np.copy(x, order="C")
    out[along(index, dim)] = used(src, index) if whole else src
    return out


def _to_put(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Bound:
    if not isinstance(indices, (list, tuple)):
        raise ArgumentError(
            f"index_put(x, indices, values): indices is a tuple with an index for each dimension, "
            f"got {type(indices).__name__}; for rows write (rows,)."
        )
    parts = (slice(None) if part is None else part for part in indices)
    return (x, values), {"indices": index_of(tuple(parts)), "accumulate": bool(accumulate)}


def _around_put(g: Any, indices: Any, accumulate: bool) -> Any:
    """g, zero where values were written"""
    return g if accumulate else index_put(g, indices, 0.0)


def _of_put(g: Any, x_shape: tuple[int, ...], indices: Any, accumulate: bool) -> Any:
    """g at the places that the values were put to, zero where a later one came after"""
    found = getitem(g, indices)
    if accumulate or picks_once(indices):
        return found
    return where(stays(indices, x_shape, g), found, 0.0)


def _put_reason(x: Any, values: Any, indices: Any, accumulate: bool) -> str | None:
    if np.ndim(values) and values.dtype != x.dtype:
        return None
    wrong = why_no_index(indices, tuple(x.shape))
    return wrong or f"values of shape {np.shape(values)} do not fit into {x[indices].shape}."


@primitive(
    symbol="[ ]=",
    formula="index_put(x, values)",
    vjp=(_around_put, _of_put),
    linear=True,
    lesson=_WRITE,
    samples=lambda draw: [
        call(draw(2, 3), (np.array([0, 1]), np.array([2, 2])), draw(2)),
        call(draw(3), (np.array([1, 1]),), draw(2), accumulate=True),
        call(draw(3, 2), (np.array([1, 1]),), draw(2, 2)),
        call(draw(3, 2), (np.array([True, False, True]),), draw(2)),
        refuses("for rows write", np.ones(3), np.array([0]), np.ones(1)),
        refuses(OUTSIDE, np.ones(3), (np.array([3]),), np.ones(1)),
        refuses("do not fit into", np.ones(3), (np.array([0, 1]),), np.ones(3)),
        refuses("convert one", np.ones(3), (np.array([0]),), np.ones(1, np.float32)),
    ],
    methods=("index_put",),
    signature=_to_put,
    explain=_put_reason,
)
def index_put(x: Any, values: Any, *, indices: Any, accumulate: bool = False) -> Any:
    """x with ``x[indices] = values``, or with the values added up there if `accumulate`.

    Raises:
        IndexingError: an index outside its dimension, or too many of them.
        ShapeError: the values do not broadcast to the places.
        DTypeError: the dtypes differ.
    """
    check_dtype(x, values)
    out = np.copy(x, order="C")
    part, rest = aim(out, indices)
    if accumulate:
        np.add.at(part, rest, values)
    else:
        part[rest] = values
    return out


def _to_copied(x: Any, dim: int, index: Any, source: Any) -> Bound:
    index, at = with_index(x, dim, index)
    return (x, index, source), {"dim": at}


def _of_copied(g: Any, index: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """g at the place that the slice was written to, zero where another one came after it"""
    kept = stays(slices_at(index, dim), x_shape, g)
    return where(kept, index_select(g, dim, index), 0.0)


@primitive(
    symbol="index ←",
    formula="index_copy(x, source)",
    vjp=("index_fill(g, dim, index, 0.0)", None, _of_copied),
    linear=True,
    lesson=_WRITE,
    samples=lambda draw: [
        call(draw(3, 2), 0, np.array([2, 0]), draw(2, 2)),
        call(draw(2, 3), 1, np.array([1, 1]), draw(2, 2)),
        refuses("the source has shape (2, 2)", np.ones((2, 3)), 1, np.array([0, 1]), np.ones(2)),
        refuses(OUTSIDE, np.ones(2), 0, np.array([2]), np.ones(1)),
    ],
    methods=("index_copy",),
    signature=with_numpy_names(_to_copied),
)
def index_copy(x: Any, index: Any, source: Any, *, dim: int) -> Any:
    """x with each slice of `source` written at its index along `dim`.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: the source does not have one slice for each index.
        DTypeError: the dtypes differ.
    """
    check_slices(x, index, source, dim)
    out = np.copy(x, order="C")
    out[slices_at(index, dim)] = source
    return out


def _to_filled(x: Any, dim: int, index: Any, value: Any) -> Bound:
    index, at = with_index(x, dim, index)
    if operand_shape(value):
        raise ShapeError(
            f"index_fill() writes one number, got a value of shape {operand_shape(value)}; "
            "index_copy() writes slices."
        )
    return (x, index, value), {"dim": at}


def _of_fill(g: Any, index: Any, dim: int) -> Any:
    """g, summed where the value was written"""
    places = np.unique(plain_index(index))
    return getitem(g, slices_at(places, dim)).sum()


@primitive(
    symbol="fill",
    formula="index_fill(x, value)",
    vjp=("index_fill(g, dim, index, 0.0)", None, _of_fill),
    linear=True,
    lesson="What was overwritten gets no gradient; the value gets the sum of its places.",
    samples=lambda draw: [
        call(draw(3, 2), 0, np.array([2, 0]), draw()),
        call(draw(2, 3), -1, np.array([1, 1]), -2.0),
        refuses("one number", np.ones(3), 0, np.array([0]), np.ones(2)),
        refuses(OUTSIDE, np.ones(2), 0, np.array([2]), 1.0),
    ],
    methods=("index_fill",),
    signature=with_numpy_names(_to_filled),
)
def index_fill(x: Any, index: Any, value: Any, *, dim: int) -> Any:
    """x with one number in all slices at these indices along `dim`; negative ones from the end.

    Raises:
        IndexingError: an index outside.
        ShapeError: the value is not a single number.
    """
    out = np.copy(x, order="C")
    out[slices_at(index, dim)] = value
    return out
