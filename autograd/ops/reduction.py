"""Reductions and their adjoint: what `sum` gathers, `broadcast_to` hands out."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.node import Handle
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.arithmetic import maximum, minimum
from autograd.ops.transcendental import exp

Dims = int | tuple[int, ...] | None
"""One dimension, several, or None for all."""

_RANGE = "out of bounds"


def _bound(x: Any, *, dim: Dims = None, **_: Any) -> str | None:
    """Why a dimension is refused."""
    rank = x.ndim
    dims = () if dim is None else dim if isinstance(dim, tuple) else (dim,)
    bad = [d for d in dims if not -rank <= d < rank]
    if bad:
        return f"dimension {bad[0]} is out of bounds for a tensor with {rank} dimension(s)."
    if len({d % rank for d in dims}) < len(dims):
        return "a dimension is named twice."
    return None if x.size else "there are no elements, so there is no largest or smallest one."


def restore(g: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """A reduced value with its dropped dimensions back, as size 1."""
    if keepdim or not x_shape:
        return g
    return g.reshape(kept_shape(x_shape, dim))


def kept_shape(shape: tuple[int, ...], dim: Dims) -> tuple[int, ...]:
    """The shape that a reduction over `dim` has with ``keepdim=True``."""
    dims = range(len(shape)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    reduced = {d % len(shape) for d in dims} if shape else set()
    return tuple(1 if axis in reduced else size for axis, size in enumerate(shape))


def count(shape: tuple[int, ...], dim: Dims) -> int:
    """How many elements each element of a reduction over `dim` is made of."""
    kept = kept_shape(shape, dim)
    return math.prod(size for size, one in zip(shape, kept, strict=True) if one != size)


def _over_dims(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(2, 3)),
        call(draw.apart(2, 3), 0),
        call(draw.apart(2, 3, 2), (0, -1)),
        call(draw.apart(2, 3), dim=1, keepdim=True),
        call(draw.apart(3), axis=0, keepdims=True),
        call(draw.apart()),
    ]


def _spread(g: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """g, handed out to every element that was summed"""
    return broadcast_to(restore(g, x_shape, dim, keepdim), x_shape)


@primitive(
    symbol="Σ",
    formula="sum(x)",
    vjp=(_spread,),
    linear=True,
    lesson="A sum hands its gradient on to every element unchanged.",
    samples=_over_dims,
    bad=(refuses(_RANGE, np.ones((2, 3)), 2), refuses("twice", np.ones((2, 3)), (0, -2))),
    methods=("sum",),
    explain=_bound,
)
def sum(x: Any, *, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Σ x over `dim` (all dimensions by default); booleans and integers give int64.

    Shape: without the summed dimensions, or with size 1 there if `keepdim`. ∂/∂x = 1.

    Raises:
        ShapeError: a dimension that does not exist, or is named twice.
    """
    if dtype is None and x.dtype.kind in "biu":
        dtype = np.int64
    return np.sum(x, axis=dim, keepdims=keepdim, dtype=dtype)


def _needs_float(x: Any, *, dim: Dims = None, **rest: Any) -> str | None:
    if x.dtype.kind != "f":
        return f"the mean of {x.dtype} is not {x.dtype}; convert first, for example .to(float)."
    return _bound(x, dim=dim)


def _share(g: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """g / n, handed out to each of the n elements"""
    return broadcast_to(restore(g, x_shape, dim, keepdim) / count(x_shape, dim), x_shape)


@primitive(
    symbol="mean",
    formula="mean(x)",
    vjp=(_share,),
    linear=True,
    lesson="A mean over n elements hands one n-th of its gradient on to each.",
    samples=_over_dims,
    bad=(
        refuses(_RANGE, np.ones(3), 1),
        refuses("convert first", np.ones(3, dtype=np.int64)),
    ),
    methods=("mean",),
    explain=_needs_float,
)
def mean(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """Σ x / n over `dim` (all dimensions by default); NaN of no elements.

    ∂/∂x = 1/n.

    Raises:
        DTypeError: the elements are not floating point.
        ShapeError: a dimension that does not exist, or is named twice.
    """
    if x.dtype.kind != "f":
        raise TypeError
    total = np.sum(x, axis=dim, keepdims=keepdim)
    n = count(x.shape, dim)
    return total / n if n else total * math.nan


def _to_largest(
    g: Any, x: Any, out: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool
) -> Any:
    """g where x equals the extreme value, shared evenly among ties"""
    hit = x == restore(out, x_shape, dim, keepdim)
    ties = hit.sum(axis=dim, keepdims=True)
    return restore(g, x_shape, dim, keepdim) / ties * hit


def _of_largest(
    t: Any, x: Any, out: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool
) -> Any:
    """the mean of t where x equals the extreme value"""
    hit = x == restore(out, x_shape, dim, keepdim)
    total = (t * hit).sum(axis=dim, keepdims=keepdim)
    return total / hit.sum(axis=dim, keepdims=keepdim)


@primitive(
    symbol="max",
    formula="amax(x)",
    vjp=(_to_largest,),
    jvp=(_of_largest,),
    lesson="A maximum hands its gradient on to the largest element; equal ones share it.",
    samples=_over_dims,
    bad=(refuses(_RANGE, np.ones(3), 1), refuses("no elements", np.ones(0))),
    methods=("amax",),
    numpy=(),
    explain=_bound,
)
def amax(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The largest element over `dim` (all dimensions by default).

    ∂/∂x = 1 at the largest element, shared evenly among equal ones.

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return np.amax(x, axis=dim, keepdims=keepdim)


@primitive(
    symbol="min",
    formula="amin(x)",
    vjp=(_to_largest,),
    jvp=(_of_largest,),
    lesson="A minimum hands its gradient on to the smallest element; equal ones share it.",
    samples=_over_dims,
    bad=(refuses(_RANGE, np.ones(3), 1), refuses("no elements", np.ones(0))),
    methods=("amin",),
    explain=_bound,
)
def amin(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The smallest element over `dim` (all dimensions by default).

    ∂/∂x = 1 at the smallest element, shared evenly among equal ones.

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return np.amin(x, axis=dim, keepdims=keepdim)


@primitive(
    symbol="argmax",
    formula="argmax(x)",
    lesson="An index jumps and is flat elsewhere: it is not differentiable, no gradient passes.",
    samples=lambda draw: [call(draw.apart(2, 3)), call(draw.apart(2, 3), 1, True)],
    bad=(refuses(_RANGE, np.ones(3), 1),),
    methods=("argmax",),
    explain=_bound,
)
def argmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first largest element (int64, not differentiable)."""
    return np.argmax(x, axis=dim, keepdims=keepdim)


def _first(index: Any, x: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    values = np.take_along_axis(x, index, axis=dim)
    return (values, index) if keepdim else (values.squeeze(dim), index.squeeze(dim))


def _to_index(g: Any, out: Any, x_shape: tuple[int, ...], dim: int, keepdim: bool) -> Any:
    """g at the index that was chosen, zero elsewhere"""
    index = restore(out[1], x_shape, dim, keepdim)
    return restore(g[0], x_shape, dim, keepdim) * _is_chosen(index, x_shape, dim)


def _at_index(t: Any, out: Any, x_shape: tuple[int, ...], dim: int, keepdim: bool) -> Any:
    """t at the index that was chosen"""
    index = restore(out[1], x_shape, dim, keepdim)
    chosen = (t * _is_chosen(index, x_shape, dim)).sum(axis=dim, keepdims=keepdim)
    return chosen, None


def _is_chosen(index: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """A mask that is true where the position along `dim` is the chosen one."""
    along = [-1 if axis == dim % len(x_shape) else 1 for axis in range(len(x_shape))]
    array = index.data if isinstance(index, Handle) else index
    return index == np.arange(x_shape[dim], like=array).reshape(along)


def _along_dim(draw: Draw) -> list[Call]:
    return [call(draw.apart(2, 3), 1), call(draw.apart(2, 3), 0, True), call(draw.apart(4), -1)]


@primitive(
    symbol="max",
    formula="max_along(x)",
    vjp=(_to_index,),
    jvp=(_at_index,),
    lesson="A maximum along one dimension hands its gradient on to the first largest element.",
    samples=_along_dim,
    bad=(refuses(_RANGE, np.ones(3), 1),),
    explain=_bound,
)
def max_along(x: Any, *, dim: int, keepdim: bool = False) -> Any:
    """The largest elements along one dimension, and their (first) indices.

    ∂values/∂x = 1 at the index.
    """
    return _first(np.argmax(x, axis=dim, keepdims=True), x, dim, keepdim)


@primitive(
    symbol="min",
    formula="min_along(x)",
    vjp=(_to_index,),
    jvp=(_at_index,),
    lesson="A minimum along one dimension hands its gradient on to the first smallest element.",
    samples=_along_dim,
    bad=(refuses(_RANGE, np.ones(3), 1),),
    explain=_bound,
)
def min_along(x: Any, *, dim: int, keepdim: bool = False) -> Any:
    """The smallest elements along one dimension, and their (first) indices.

    ∂values/∂x = 1 at the index.
    """
    return _first(np.argmin(x, axis=dim, keepdims=True), x, dim, keepdim)


class Extreme(NamedTuple):
    """What `max` and `min` along one dimension return."""

    values: Any
    indices: Any


@composition(
    symbol="max",
    formula="max(x)",
    lesson="A maximum hands its gradient on to the largest element.",
    samples=lambda draw: [call(draw.apart(2, 3)), *_along_dim(draw)],
    bad=(refuses(_RANGE, np.ones(3), 1), refuses("no elements", np.ones(0))),
    methods=("max",),
)
def max(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; along one `dim`, largest elements and their indices.

    Without `dim` equal elements share the gradient (`amax`); with it the first one
    gets all, as in PyTorch. With a tensor for `dim`, the larger of two (`maximum`).

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return _extreme(x, dim, keepdim, amax, max_along, maximum)


@composition(
    symbol="min",
    formula="min(x)",
    lesson="A minimum hands its gradient on to the smallest element.",
    samples=lambda draw: [call(draw.apart(2, 3)), *_along_dim(draw)],
    bad=(refuses(_RANGE, np.ones(3), 1), refuses("no elements", np.ones(0))),
    methods=("min",),
)
def min(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; along one `dim`, smallest elements and their indices.

    Without `dim` equal elements share the gradient (`amin`); with it the first one
    gets all, as in PyTorch. With a tensor for `dim`, the smaller of two (`minimum`).

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return _extreme(x, dim, keepdim, amin, min_along, minimum)


def _extreme(x: Any, dim: Any, keepdim: bool, full: Any, along: Any, pair: Any) -> Any:
    if dim is None:
        return full(x)
    if isinstance(dim, Handle):
        return pair(x, dim)
    return Extreme(*along(x, dim, keepdim))


def _finite_max(x: Any, dim: Dims) -> Any:
    """The maximum to subtract before `exp`, or 0 where it is infinite."""
    largest = np.amax(x, axis=dim, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0.0)


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
    return (t * share).sum(axis=dim, keepdims=keepdim)


@primitive(
    symbol="lse",
    formula="log(sum(exp(x)))",
    vjp=(_by_softmax,),
    jvp=(_mean_by_softmax,),
    lesson="A log-sum-exp hands its gradient on in the proportions of the softmax.",
    samples=lambda draw: [call(draw(2, 3), 1), call(draw(2, 3), 0, True), call(draw(2, 3), (0, 1))],
    bad=(refuses(_RANGE, np.ones(3), 1),),
    methods=("logsumexp",),
    floating=True,
    explain=_bound,
)
def logsumexp(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """ln Σ exp(x) over `dim`, without overflow. ∂/∂x = softmax(x).

    Raises:
        ShapeError: a dimension that does not exist.
    """
    largest = _finite_max(x, dim)
    total = np.log(np.sum(np.exp(x - largest), axis=dim, keepdims=True)) + largest
    return total if keepdim else total.squeeze(axis=dim)


@primitive(
    symbol="expand",
    formula="broadcast_to(x)",
    vjp=("g",),
    linear=True,
    lesson="A value that was copied many times gets the sum of all their gradients.",
    samples=lambda draw: [call(draw(3), (2, 3)), call(draw(2, 1), (2, 3)), call(draw(), (2, 2))],
    bad=(refuses("cannot be stretched", np.ones((2, 3)), (2, 4)),),
    methods=("broadcast_to",),
    numpy=(np.broadcast_to,),
    view=True,
    explain=lambda x, shape: (
        f"shape {np.shape(x)} cannot be stretched to {shape}: counted from "
        "the right, each size must be equal to the new one or 1."
    ),
)
def broadcast_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    """x repeated to `shape` without copying. The gradient sums over the repetitions.

    Raises:
        ShapeError: a size that is neither 1 nor the new one.
    """
    return np.broadcast_to(x, tuple(shape))
