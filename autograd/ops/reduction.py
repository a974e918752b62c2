"""Reductions and their adjoint: what `sum` gathers, `broadcast_to` hands out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.core.summation import narrowed, total, widened
from autograd.ops.comparison import where
from autograd.ops.transcendental import exp

Dims = int | tuple[int, ...] | None
"""One dimension, several, or None for all."""

OUT_OF_RANGE = "out of bounds"


def why_no_dim(x: Any, *, dim: Dims = None, **_: Any) -> str | None:
    """Why a dimension is refused."""
    rank = x.ndim
    bad = [d for d in _listed(rank, dim) if not -rank <= d < rank]
    if bad:
        return f"dimension {bad[0]} is out of bounds for a tensor with {rank} dimension(s)."
    if len({d % rank for d in _listed(rank, dim)}) < len(_listed(rank, dim)):
        return "a dimension is named twice."
    return None if x.size else "there are no elements, so there is no largest or smallest one."


def _listed(rank: int, dim: Dims) -> tuple[int, ...]:
    """The dimensions that are meant, as a tuple."""
    if dim is None:
        return tuple(range(rank))
    return tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)


def restore(g: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """A reduced value with its dropped dimensions back, as size 1."""
    if keepdim or not x_shape:
        return g
    return g.reshape(kept_shape(x_shape, dim))


def kept_shape(shape: tuple[int, ...], dim: Dims) -> tuple[int, ...]:
    """The shape that a reduction over `dim` has with ``keepdim=True``."""
    reduced = {d % len(shape) for d in _listed(len(shape), dim)} if shape else set()
    return tuple(1 if axis in reduced else size for axis, size in enumerate(shape))


def count(shape: tuple[int, ...], dim: Dims) -> int:
    """How many elements each element of a reduction over `dim` is made of."""
    kept = kept_shape(shape, dim)
    return math.prod(size for size, one in zip(shape, kept, strict=True) if one != size)


def over_dims(draw: Draw) -> list[Call]:
    """Samples for a reduction: all dimensions, one, several, kept, by NumPy's names, 0-d."""
    return [
        call(draw.apart(2, 3)),
        call(draw.apart(2, 3), 0),
        call(draw.apart(2, 3, 2), (0, -1)),
        call(draw.apart(2, 3), dim=1, keepdim=True),
        call(draw.apart(3), axis=0, keepdims=True),
        call(draw.apart()),
    ]


def _as(x: Any, dtype: Any) -> Any:
    return x if dtype is None else x.astype(dtype)


def _spread(g: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """g, handed out to every element that was summed"""
    return broadcast_to(restore(g, x_shape, dim, keepdim), x_shape)


@primitive(
    symbol="Σ",
    formula="sum(x)",
    vjp=(_spread,),
    linear=True,
    lesson="A sum hands its gradient on to every element unchanged.",
    samples=lambda draw: [
        *over_dims(draw),
        refuses(OUT_OF_RANGE, np.ones((2, 3)), 2),
        refuses("twice", np.ones((2, 3)), (0, -2)),
    ],
    methods=("sum",),
    explain=why_no_dim,
    numpy=(np.sum,),
)
def sum(x: Any, *, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Σ x over `dim` (all dimensions by default); booleans and integers give int64.

    Shape: without the summed dimensions, or with size 1 there if `keepdim`. ∂/∂x = 1.
    Long sums of float32 are as accurate as short ones.

    Raises:
        ShapeError: a dimension that does not exist, or is named twice.
    """
    if dtype is None and x.dtype.kind in "biu":
        dtype = np.int64
    return total(_as(x, dtype), dim, keepdim)


def _needs_float(x: Any, *, dim: Dims = None, **rest: Any) -> str | None:
    if x.dtype.kind != "f":
        return (
            f"the mean of {x.dtype} is not {x.dtype}; convert first, for example "
            ".to(float), or give dtype=float."
        )
    return why_no_dim(x, dim=dim)


def _share(g: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """g / n, handed out to each of the n elements"""
    return broadcast_to(restore(g, x_shape, dim, keepdim) / count(x_shape, dim), x_shape)


@primitive(
    symbol="mean",
    formula="mean(x)",
    vjp=(_share,),
    linear=True,
    lesson="A mean over n elements hands one n-th of its gradient on to each.",
    samples=lambda draw: [
        *over_dims(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
        refuses("convert first", np.ones(3, dtype=np.int64)),
    ],
    methods=("mean",),
    explain=_needs_float,
    numpy=(np.mean,),
)
def mean(x: Any, *, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Σ x / n over `dim` (all dimensions by default); NaN of no elements.

    ∂/∂x = 1/n.

    Raises:
        DTypeError: the elements are not floating point.
        ShapeError: a dimension that does not exist, or is named twice.
    """
    x = _as(x, dtype)
    if x.dtype.kind != "f":
        raise TypeError
    n = count(x.shape, dim)
    whole = total(widened(x), dim, keepdim)
    return narrowed(whole / n if n else whole * math.nan, x)


def _with_nan(draw: Draw) -> list[Call]:
    x = draw.apart(2, 3)
    x[0, 1] = math.nan
    return [call(x), call(x, 1), call(x, (0, 1), keepdim=True), call(draw.apart(3), axis=0)]


def _spread_to_numbers(g: Any, x: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """g, handed out to every element that is a number"""
    return where(x == x, restore(g, x_shape, dim, keepdim), 0.0)


def _sum_of_numbers(t: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """Σ t where x is a number"""
    return sum(where(x == x, t, 0.0), dim, keepdim)


@primitive(
    symbol="nanΣ",
    formula="nansum(x)",
    vjp=(_spread_to_numbers,),
    jvp=(_sum_of_numbers,),
    lesson="A sum that skips NaN hands its gradient on to every number, zero to every NaN.",
    samples=lambda draw: [
        *_with_nan(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("nansum",),
    explain=why_no_dim,
    numpy=(np.nansum,),
)
def nansum(x: Any, *, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Σ x over `dim`, NaN counted as zero. ∂/∂x = [x is a number].

    Raises:
        ShapeError: a dimension that does not exist, or is named twice.
    """
    return sum(np.where(x == x, x, np.zeros_like(x, shape=())), dim, keepdim, dtype)


def _share_among_numbers(g: Any, x: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """g / n, handed out to each of the n numbers"""
    numbers = x == x
    return where(numbers, restore(g, x_shape, dim, keepdim) / sum(numbers, dim, True), 0.0)


def _mean_of_numbers(t: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """the mean of t where x is a number"""
    return _sum_of_numbers(t, x, dim, keepdim) / sum(x == x, dim, keepdim)


@primitive(
    symbol="nan mean",
    formula="nanmean(x)",
    vjp=(_share_among_numbers,),
    jvp=(_mean_of_numbers,),
    lesson="A mean that skips NaN hands an equal share of its gradient on to each number.",
    samples=lambda draw: [
        *_with_nan(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("nanmean",),
    explain=why_no_dim,
    numpy=(np.nanmean,),
)
def nanmean(x: Any, *, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """The mean over `dim` of those elements that are numbers; NaN where there are none.

    ∂/∂x = [x is a number] / n.

    Raises:
        ShapeError: a dimension that does not exist, or is named twice.
    """
    x = _as(x, dtype)
    n = np.sum(x == x, axis=dim, keepdims=keepdim)
    return nansum(x, dim, keepdim) / n.astype(x.dtype)


@primitive(
    symbol="#≠0",
    formula="count_nonzero(x)",
    lesson="A count jumps and is flat elsewhere: it is not differentiable, no gradient passes.",
    samples=lambda draw: [
        call(draw.apart(2, 3) > 0),
        call(draw(2, 3), 1),
        call(draw(2, 3), (0, 1)),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("count_nonzero",),
    explain=why_no_dim,
    numpy=(np.count_nonzero,),
)
def count_nonzero(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """How many elements over `dim` are not zero (int64, not differentiable).

    Raises:
        ShapeError: a dimension that does not exist, or is named twice.
    """
    return np.sum(x != 0, axis=dim, keepdims=keepdim)


def _finite_max(x: Any, dim: Dims) -> Any:
    """The maximum to subtract before `exp`, or 0 where it is infinite."""
    empty: dict[str, Any] = (
        {"initial": -np.inf} if 0 in x.shape else {}
    )  # the sum of nothing is 0, its log −∞
    largest = np.amax(x, axis=dim, keepdims=True, **empty)
    return np.where(np.isfinite(largest), largest, np.zeros_like(largest))


def _by_softmax(
    g: Any, x: Any, out: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool
) -> Any:
    """g · softmax(x)"""
    share = exp(x - restore(out, x_shape, dim, keepdim))
    return restore(g, x_shape, dim, keepdim) * share


def _mean_by_softmax(
    t: Any, x: Any, out: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool
) -> Any:
    """Σ t · softmax(x)"""
    share = exp(x - restore(out, x_shape, dim, keepdim))
    return sum(t * share, dim, keepdim)


@primitive(
    symbol="lse",
    formula="log(sum(exp(x)))",
    vjp=(_by_softmax,),
    jvp=(_mean_by_softmax,),
    lesson="A log-sum-exp hands its gradient on in the proportions of the softmax.",
    samples=lambda draw: [
        call(draw(2, 3), 1),
        call(draw(2, 3), 0, True),
        call(draw(2, 3), (0, 1)),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("logsumexp",),
    floating=True,
    explain=why_no_dim,
)
def logsumexp(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """ln Σ exp(x) over `dim`, without overflow. ∂/∂x = softmax(x).

    Raises:
        ShapeError: a dimension that does not exist.
    """
    largest = _finite_max(x, dim)
    out = np.log(total(np.exp(x - largest), dim, True)) + largest
    return out if keepdim else np.squeeze(out, axis=dim)


@primitive(
    symbol="expand",
    formula="broadcast_to(x)",
    vjp=("g",),
    linear=True,
    lesson="A value that was copied many times gets the sum of all their gradients.",
    samples=lambda draw: [
        call(draw(3), (2, 3)),
        call(draw(2, 1), (2, 3)),
        call(draw(), (2, 2)),
        refuses("cannot be stretched", np.ones((2, 3)), (2, 4)),
    ],
    methods=("broadcast_to",),
    numpy=(np.broadcast_to,),
    view=True,
    explain=lambda x, shape: (
        f"shape {np.shape(x)} cannot be stretched to {shape}: counted from "
        "the right, each size must be equal to the new one or 1."
    ),
)
def broadcast_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """x repeated to `shape` without copying; -1 keeps a size.

    The gradient sums over the repetitions.

    Raises:
        ShapeError: a size that is neither 1 nor the new one.
    """
    if -1 in shape and len(shape) >= x.ndim:
        kept = (*shape[: len(shape) - x.ndim], *x.shape)
        shape = tuple(k if size == -1 else size for size, k in zip(shape, kept, strict=True))
    return np.broadcast_to(x, tuple(shape))
