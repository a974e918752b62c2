"""Reductions over groups: elements of a source that share an index become one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.binding import with_numpy_names
from autograd.core.define import composition, primitive
from autograd.core.errors import GradientError, RangeError
from autograd.core.node import Handle
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.comparison import where
from autograd.ops.scattering import scatter
from autograd.ops.selection import (
    OUTSIDE,
    along,
    check_along,
    check_dtype,
    gather,
    in_source,
    scatter_add,
    used,
    with_index,
)
from autograd.ops.shape import Bound

_GROUPS = np.array([0, 2, 2, 0])


def _to_grouped(x: Any, dim: int, index: Any, src: Any) -> Bound:
    index, at = with_index(x, dim, index)
    return (x, index, src), {"dim": at}


def _samples(draw: Draw) -> list[Call]:
    return [
        call(draw.between(0.1, 0.9, 3), 0, _GROUPS, draw.apart(4)),
        call(draw.between(0.1, 0.9, 2, 2), 1, np.array([[0, 0], [1, 0]]), draw.apart(3, 2)),
        refuses(OUTSIDE, np.ones(2), 0, np.array([2]), np.ones(1)),
        refuses("one place for each", np.ones((2, 2)), 0, np.array([1]), np.ones(1)),
    ]


def _reduced(ufunc: Any, x: Any, index: Any, src: Any, dim: int) -> Any:
    """x with a source taken in at its indices by a function of two numbers."""
    check_along(x, index, dim, src)
    check_dtype(x, src)
    out = np.copy(x, order="C")
    ufunc.at(out, along(index, dim), used(src, index))
    return out


def _zeros_met(x: Any, index: Any, src: Any, dim: int) -> Any:
    """How many of the factors at each place are zero, as plain numbers."""
    zeros = (plain_index(src) == 0) * 1
    return _reduced(np.add, (plain_index(x) == 0) * 1, plain_index(index), zeros, dim)


def _product_to_x(g: Any, x: Any, index: Any, src: Any, dim: int) -> Any:
    """g times the product of the other factors"""
    safe = where(plain_index(x) == 0, 1.0, x)
    return g * scatter_prod(safe, dim, index, src) / safe


def _product_to_src(
    g: Any, x: Any, index: Any, src: Any, out: Any, dim: int, src_shape: tuple[int, ...]
) -> Any:
    """g times the product of the other factors"""
    zeros = _zeros_met(x, index, src, dim)
    if isinstance(g, Handle) and (zeros > 1).any():
        raise GradientError(
            "scatter_prod: where several factors are zero, the derivative of this gradient is not "
            "known; take it apart into products of your own."
        )
    factor = used(src, index)
    zero = plain_index(factor) == 0
    alone = zero & (gather(zeros, dim, plain_index(index)) == 1)
    others = scatter_prod(x, dim, index, where(alone, 1.0, factor))
    rest = gather(g * out, dim, index) / where(zero, 1.0, factor)
    return in_source(where(alone, gather(g * others, dim, index), rest), src_shape)


@primitive(
    symbol="scatter ×",
    formula="scatter_prod(x, src)",
    vjp=(_product_to_x, None, _product_to_src),
    lesson="Each factor gets the gradient times the product of the others at its place.",
    samples=_samples,
    signature=with_numpy_names(_to_grouped),
)
def scatter_prod(x: Any, index: Any, src: Any, *, dim: int) -> Any:
    """x multiplied, at each index along `dim`, by the elements of `src` that have it.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: numbers of dimensions differ, or the index is larger than x or src.
        DTypeError: the dtypes differ.
    """
    return _reduced(np.multiply, x, index, src, dim)


def _hits(x: Any, index: Any, src: Any, out: Any, dim: int) -> tuple[Any, Any, Any]:
    """Where x and the source are the extreme value, and how many of them there are."""
    x, index, src, out = (plain_index(part) for part in (x, index, src, out))
    in_x, in_src = x == out, used(src, index) == out[along(index, dim)]
    return in_x, in_src, _reduced(np.add, in_x.astype(x.dtype), index, in_src.astype(x.dtype), dim)


def _extreme_to_x(g: Any, x: Any, index: Any, src: Any, out: Any, dim: int) -> Any:
    """g where x is the extreme value, shared evenly among ties"""
    in_x, _, ties = _hits(x, index, src, out, dim)
    return g / ties * in_x


def _extreme_to_src(
    g: Any, x: Any, index: Any, src: Any, out: Any, dim: int, src_shape: tuple[int, ...]
) -> Any:
    """g where the element is the extreme value, shared evenly among ties"""
    _, in_src, ties = _hits(x, index, src, out, dim)
    return in_source(gather(g / ties, dim, index) * in_src, src_shape)


@primitive(
    symbol="scatter max",
    formula="scatter_amax(x, src)",
    vjp=(_extreme_to_x, None, _extreme_to_src),
    lesson="The largest element at a place gets its gradient; equal ones share it.",
    samples=_samples,
    signature=with_numpy_names(_to_grouped),
)
def scatter_amax(x: Any, index: Any, src: Any, *, dim: int) -> Any:
    """The larger of x and the elements of `src` with that index along `dim`.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: numbers of dimensions differ, or the index is larger than x or src.
        DTypeError: the dtypes differ.
    """
    return _reduced(np.maximum, x, index, src, dim)


@primitive(
    symbol="scatter min",
    formula="scatter_amin(x, src)",
    vjp=(_extreme_to_x, None, _extreme_to_src),
    lesson="The smallest element at a place gets its gradient; equal ones share it.",
    samples=_samples,
    signature=with_numpy_names(_to_grouped),
)
def scatter_amin(x: Any, index: Any, src: Any, *, dim: int) -> Any:
    """The smaller of x and the elements of `src` with that index along `dim`.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: numbers of dimensions differ, or the index is larger than x or src.
        DTypeError: the dtypes differ.
    """
    return _reduced(np.minimum, x, index, src, dim)


_REDUCTIONS = {
    "sum": scatter_add,
    "mean": scatter_add,
    "prod": scatter_prod,
    "amax": scatter_amax,
    "amin": scatter_amin,
}


def _neutral(reduce: str, dtype: Any) -> Any:
    """The value that a reduction starts from where x itself does not count."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if dtype.kind == "f":
        return -np.inf if reduce == "amax" else np.inf
    limits = np.iinfo(dtype)
    return limits.min if reduce == "amax" else limits.max


@composition(
    symbol="scatter",
    formula="scatter_reduce(x, src)",
    lesson="Each element that shares an index gets its part in the gradient of their reduction.",
    samples=lambda draw: [
        call(draw(3), 0, _GROUPS, draw(4), "sum", include_self=False),
        call(draw(2, 3), 1, np.array([[0, 0], [2, 0]]), draw(2, 2), "mean"),
        call(draw(3), 0, _GROUPS, draw(4), "mean", include_self=False),
        call(draw(3), 0, _GROUPS, draw.between(0.5, 2, 4), "prod"),
        call(draw.apart(3), 0, _GROUPS, draw.apart(4) + 0.1, "amax"),
        call(draw.apart(3), 0, _GROUPS, draw.apart(4), "amin", include_self=False),
        refuses("one of sum", np.ones(2), 0, np.array([0]), np.ones(1), "max"),
        refuses(OUTSIDE, np.ones(2), 0, np.array([2]), np.ones(1), "sum"),
    ],
    methods=("scatter_reduce",),
)
def scatter_reduce(
    x: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """At each place the sum, product, mean or extreme of the elements of `src` with that index.

    Args:
        reduce: ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: whether x's own element takes part; where no index points it stays.

    Raises:
        RangeError: a reduction that does not exist.
        IndexingError: an index that is negative or too large.
    """
    if reduce not in _REDUCTIONS:
        raise RangeError(f"scatter_reduce(): reduce is one of {', '.join(_REDUCTIONS)}.")
    dtype = plain_index(x).dtype
    start = x if include_self else scatter(x, dim, index, _neutral(reduce, dtype))
    total = _REDUCTIONS[reduce](start, dim, index, src)
    if reduce != "mean":
        return total
    count = _counts(x, dim, index, include_self)
    return total / count if dtype.kind == "f" else total // count


def _counts(x: Any, dim: int, index: Any, include_self: bool) -> Any:
    """How many elements each mean is over, as plain numbers of x's dtype."""
    array, (index, at) = plain_index(x), with_index(x, dim, index)
    one = np.ones_like(array, shape=tuple(index.shape))
    start = np.ones_like(array)
    if not include_self:
        start[along(index, at)] = 0
    return _reduced(np.add, start, plain_index(index), one, at)
