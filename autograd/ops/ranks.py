"""Quantiles: elements between two ranks, each of which gets its share of the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.core.define import primitive
from autograd.core.errors import GradientError, RangeError
from autograd.core.node import Handle
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.recurrence import array_of
from autograd.ops.reduction import OUT_OF_RANGE, kept_shape, sum, why_no_dim
from autograd.ops.shape import reshape

_ROUNDINGS: dict[str, tuple[Any, Any, float | None]] = {
    "linear": (np.floor, np.ceil, None),
    "lower": (np.floor, np.floor, 0.0),
    "higher": (np.ceil, np.ceil, 0.0),
    "nearest": (np.rint, np.rint, 0.0),
    "midpoint": (np.floor, np.ceil, 0.5),
}
"""By interpolation: the ranks below and above a position, and the weight of the upper one."""


def row_of(x: Any, dim: int | None) -> tuple[Any, int]:
    """The array and the axis to sort along: without `dim` all elements in one row."""
    if dim is None or not x.ndim:
        return np.reshape(x, (-1,)), 0
    return x, normalize_axis_index(dim, x.ndim)


def _positions(
    x: Any, axis: int, q: Any, interpolation: str, skip_nan: bool
) -> tuple[Any, Any, Any]:
    """The ranks between which each quantile lies, and how far up: each (len(q), …, 1, …).

    A row with NaN has its quantiles at the last rank, where NaN is sorted to.
    """
    numbers = np.sum(x == x, axis=axis, keepdims=True)
    last = numbers - 1 if skip_nan else np.full_like(numbers, x.shape[axis] - 1)
    q = np.reshape(np.asarray(q, dtype=np.float64, like=x), (-1,) + (1,) * x.ndim)
    place = q * np.maximum(last, 0)
    if not skip_nan:
        place = np.where(numbers <= last, last, place)
    below, above, weight = _ROUNDINGS[interpolation]
    low, high = below(place), above(place)
    share = place - low if weight is None else np.where(low == high, 0.0, weight)
    return low.astype(np.int64), high.astype(np.int64), share.astype(x.dtype)


def _quantile(
    x: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, skip_nan: bool
) -> Any:
    if x.dtype.kind != "f":
        raise TypeError
    row, axis = row_of(x, dim)
    if not row.shape[axis]:
        raise ValueError
    low, high, share = _positions(row, axis, q, interpolation, skip_nan)
    ascending = np.sort(row, axis=axis)[None]
    below = np.take_along_axis(ascending, low, axis=axis + 1)
    above = np.take_along_axis(ascending, high, axis=axis + 1)
    rise = np.where(share == 0, 0.0, above) - np.where(share == 0, 0.0, below)
    return np.reshape(below + share * rise, np.shape(q) + _reduced(x, dim, keepdim))


def _reduced(x: Any, dim: int | None, keepdim: bool) -> tuple[int, ...]:
    """The shape without dimension `dim`, or with size 1 there."""
    if keepdim:
        return kept_shape(x.shape, dim)
    gone = range(x.ndim) if dim is None or not x.ndim else (dim % x.ndim,)
    return tuple(size for axis, size in enumerate(x.shape) if axis not in gone)


def _weights(x: Any, q: Any, dim: int | None, interpolation: str, skip_nan: bool) -> Any:
    """How much of each element is in each quantile: (len(q), *x.shape)."""
    x = array_of(x)
    row, axis = row_of(x, dim)
    low, high, share = _positions(row, axis, q, interpolation, skip_nan)
    order = np.argsort(row, axis=axis, kind="stable")
    rank = np.argsort(order, axis=axis, kind="stable")
    weights = (rank == low) * (1 - share) + (rank == high) * share
    return np.reshape(weights, (-1, *x.shape))


def _hand_out(g: Any, x: Any, q: Any, dim: int | None, weights: Any) -> Any:
    return sum(reshape(g, (np.size(q), *kept_shape(x.shape, dim))) * weights, 0)


def _gather(t: Any, q: Any, dim: int | None, keepdim: bool, weights: Any) -> Any:
    """Σ t · weights over the same elements as the quantile."""
    rank = weights.ndim - 1
    dims = tuple(range(1, rank + 1)) if dim is None or not rank else dim % rank + 1
    out = sum(t * weights, dims, keepdim) if rank else t * weights
    return out if np.ndim(q) else out[0]


def _to_ranks(g: Any, x: Any, q: Any, dim: int | None, interpolation: str) -> Any:
    """g · the share of each element: 1 − its distance in rank from the quantile, at least 0"""
    return _hand_out(g, x, q, dim, _weights(x, q, dim, interpolation, False))


def _of_ranks(t: Any, x: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Any:
    """Σ t · the share of each element"""
    return _gather(t, q, dim, keepdim, _weights(x, q, dim, interpolation, False))


def _to_numbers(g: Any, x: Any, q: Any, dim: int | None, interpolation: str) -> Any:
    """g · the share of each number: 1 − its distance in rank from the quantile, at least 0"""
    return _hand_out(g, x, q, dim, _weights(x, q, dim, interpolation, True))


def _of_numbers(t: Any, x: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Any:
    """Σ t · the share of each number"""
    return _gather(t, q, dim, keepdim, _weights(x, q, dim, interpolation, True))


def _to_q(
    x: Any,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    axis: int | None = None,
    keepdims: bool = False,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """``quantile(x, 0.5, dim=0)``: q is a number between 0 and 1, or a vector of them."""
    if isinstance(q, Handle) and q.needs_grad:
        raise GradientError("quantile(): no gradient goes to q; write q.detach().")
    q = q.tolist() if hasattr(q, "tolist") else q
    q = tuple(q) if isinstance(q, (list, tuple)) else q
    if np.ndim(q) > 1 or not all(0 <= each <= 1 for each in np.atleast_1d(q)):
        raise RangeError(f"quantile(): q must be a number from 0 to 1, or a vector, got {q}.")
    if interpolation not in _ROUNDINGS:
        raise RangeError(
            f"quantile(): interpolation is one of {', '.join(_ROUNDINGS)}, got {interpolation!r}."
        )
    params = {"q": q, "dim": axis if dim is None else dim, "keepdim": keepdim or keepdims}
    return (x,), {**params, "interpolation": interpolation}


def _np_quantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return quantile(a, q, axis, keepdims, interpolation=method)


def _np_percentile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return quantile(a, np.asarray(q) / 100, axis, keepdims, interpolation=method)


def _np_nanquantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return nanquantile(a, q, axis, keepdims, interpolation=method)


def _np_median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """``np.median``: the mean of the two in the middle, where there are two."""
    return quantile(a, 0.5, axis, keepdims)


def _np_nanmedian(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return nanquantile(a, 0.5, axis, keepdims)


def _ranked(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(5), 0.3),
        call(draw.apart(2, 4), 0.6, 1),
        call(draw.apart(4, 2), [0.1, 0.5, 1.0], 0, True, interpolation="linear"),
        call(draw.apart(2, 3), 0.5, keepdim=True, interpolation="lower"),
        call(draw.apart(6), 0.3, interpolation="midpoint"),
        call(draw.apart(6), 0.3, interpolation="nearest"),
        call(draw.apart(6), 0.3, axis=0, interpolation="higher"),
    ]


_BAD = (
    refuses("from 0 to 1", np.ones(3), 1.5),
    refuses("is one of", np.ones(3), 0.5, interpolation="cubic"),
    refuses(OUT_OF_RANGE, np.ones(3), 0.5, 1),
    refuses("no elements", np.ones(0), 0.5),
    refuses("convert first", np.arange(3), 0.5),
)


def _no_quantile(x: Any, *, dim: int | None = None, **_: Any) -> str | None:
    if x.dtype.kind != "f":
        return f"a quantile of {x.dtype} lies between integers; convert first with .to(float)."
    empty = "there are no elements to take a quantile of."
    return why_no_dim(x, dim=dim) if x.size else empty


@primitive(
    symbol="quantile",
    formula="quantile(x)",
    vjp=(_to_ranks,),
    jvp=(_of_ranks,),
    lesson="A quantile lies between two elements and hands each its share of the gradient.",
    samples=lambda draw: [
        *_ranked(draw),
        *_BAD,
    ],
    methods=("quantile",),
    signature=_to_q,
    explain=_no_quantile,
    numpy=((np.quantile, _np_quantile), (np.median, _np_median), (np.percentile, _np_percentile)),
)
def quantile(x: Any, *, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Any:
    """The element at rank q·(n − 1) in ascending order along `dim`, or between two of them.

    Shape: a vector q gives its quantiles along a new first dimension. interpolation:
    linear, lower, higher, nearest or midpoint. ∂/∂x = 1 − |rank − q·(n − 1)|, at least 0
    (linear). NaN where there is one.

    Raises:
        RangeError: q is not between 0 and 1, or the interpolation is unknown.
        DTypeError: the elements are not floating point.
        ShapeError: no elements, or a dimension that does not exist.
    """
    return _quantile(x, q, dim, keepdim, interpolation, skip_nan=False)


@primitive(
    symbol="nanquantile",
    formula="nanquantile(x)",
    vjp=(_to_numbers,),
    jvp=(_of_numbers,),
    lesson="A quantile of the numbers that are there hands its gradient on to the two around it.",
    samples=lambda draw: [
        call(np.array([[3.0, np.nan, 1.0, 2.0], [4.0, 7.0, 5.0, 6.0]]), [0.3, 0.9], 1),
        call(draw.apart(5), 0.3),
        *_BAD,
    ],
    methods=("nanquantile",),
    signature=_to_q,
    explain=_no_quantile,
    numpy=((np.nanquantile, _np_nanquantile), (np.nanmedian, _np_nanmedian)),
)
def nanquantile(x: Any, *, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Any:
    """The quantile of the elements that are numbers, see `quantile`; NaN where there are none.

    Raises:
        RangeError: q is not between 0 and 1, or the interpolation is unknown.
        DTypeError: the elements are not floating point.
        ShapeError: no elements, or a dimension that does not exist.
    """
    return _quantile(x, q, dim, keepdim, interpolation, skip_nan=True)
