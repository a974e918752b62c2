"""Largest and smallest elements, and where they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.named import Named
from autograd.core.node import Handle
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.arithmetic import maximum, minimum
from autograd.ops.reduction import OUT_OF_RANGE, Dims, over_dims, restore, sum, why_no_dim


def _is_extreme(x: Any, out: Any, dim: Dims, keepdim: bool) -> Any:
    """Where x equals its extreme value; NaN, which always is one, equals itself here."""
    return (x == restore(out, x.shape, dim, keepdim)) | (x != x)


def _to_largest(g: Any, x: Any, out: Any, dim: Dims, keepdim: bool) -> Any:
    """g where x equals the extreme value, shared evenly among ties"""
    hit = _is_extreme(x, out, dim, keepdim)
    return restore(g, x.shape, dim, keepdim) / sum(hit, dim, True) * hit


def _of_largest(t: Any, x: Any, out: Any, dim: Dims, keepdim: bool) -> Any:
    """the mean of t where x equals the extreme value"""
    hit = _is_extreme(x, out, dim, keepdim)
    return sum(t * hit, dim, keepdim) / sum(hit, dim, keepdim)


@primitive(
    symbol="max",
    formula="amax(x)",
    vjp=(_to_largest,),
    jvp=(_of_largest,),
    lesson="A maximum hands its gradient on to the largest element; equal ones share it.",
    samples=lambda draw: [
        *over_dims(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
        refuses("no elements", np.ones(0)),
    ],
    methods=("amax",),
    explain=why_no_dim,
    numpy=(np.max, np.amax),
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
    samples=lambda draw: [
        *over_dims(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
        refuses("no elements", np.ones(0)),
    ],
    methods=("amin",),
    explain=why_no_dim,
    numpy=(np.min, np.amin),
)
def amin(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The smallest element over `dim` (all dimensions by default).

    ∂/∂x = 1 at the smallest element, shared evenly among equal ones.

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return np.amin(x, axis=dim, keepdims=keepdim)


_JUMPS = "An index jumps and is flat elsewhere: it is not differentiable, no gradient passes."


@primitive(
    symbol="argmax",
    formula="argmax(x)",
    lesson=_JUMPS,
    samples=lambda draw: [
        call(draw.apart(2, 3)),
        call(draw.apart(2, 3), 1, True),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
        refuses("no elements", np.ones(0)),
    ],
    methods=("argmax",),
    explain=why_no_dim,
    numpy=(np.argmax,),
)
def argmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first largest element (int64, not differentiable).

    Without `dim` it counts through all elements, row by row.

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return _index(np.argmax, x, dim, keepdim)


@primitive(
    symbol="argmin",
    formula="argmin(x)",
    lesson=_JUMPS,
    samples=lambda draw: [
        call(draw.apart(2, 3)),
        call(draw.apart(2, 3), 1, True),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
        refuses("no elements", np.ones(0)),
    ],
    methods=("argmin",),
    explain=why_no_dim,
    numpy=(np.argmin,),
)
def argmin(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first smallest element (int64, not differentiable).

    Without `dim` it counts through all elements, row by row.

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return _index(np.argmin, x, dim, keepdim)


def _index(find: Any, x: Any, dim: int | None, keepdim: bool) -> Any:
    """``np.argmax`` or ``np.argmin``; a single number has its only dimension dropped."""
    return find(x, axis=dim, keepdims=keepdim) if x.ndim else find(x, axis=None)


class Extreme(Named):
    """Elements that were chosen along one dimension, and where they were."""

    values: Any
    indices: Any


def chosen(x: Any, index: Any, dim: int, keepdim: bool) -> Extreme:
    """The elements at an index that was found with ``keepdims=True``, and the index."""
    if not x.ndim:
        return Extreme(x + 0, np.zeros_like(x, dtype=np.int64))
    values = np.take_along_axis(x, index, axis=dim)
    if keepdim:
        return Extreme(values, index)
    return Extreme(np.squeeze(values, axis=dim), np.squeeze(index, axis=dim))


def to_index(g: Any, out: Any, x_shape: tuple[int, ...], dim: int, keepdim: bool) -> Any:
    """g at the index that was chosen, zero elsewhere"""
    index = restore(out[1], x_shape, dim, keepdim)
    return restore(g[0], x_shape, dim, keepdim) * _is_chosen(index, x_shape, dim)


def at_index(t: Any, out: Any, x_shape: tuple[int, ...], dim: int, keepdim: bool) -> Any:
    """t at the index that was chosen"""
    index = restore(out[1], x_shape, dim, keepdim)
    return sum(t * _is_chosen(index, x_shape, dim), dim, keepdim), None


def _is_chosen(index: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """A mask that is true where the position along `dim` is the chosen one."""
    if not x_shape:
        return index == 0
    along = [-1 if axis == dim % len(x_shape) else 1 for axis in range(len(x_shape))]
    array = index.value if isinstance(index, Handle) else index
    return index == np.reshape(np.arange(x_shape[dim], like=array), along)


def _along_dim(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(2, 3), 1),
        call(draw.apart(2, 3), 0, True),
        call(draw.apart(4), -1),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ]


@primitive(
    symbol="max",
    formula="max_along(x)",
    vjp=(to_index,),
    jvp=(at_index,),
    lesson="A maximum along one dimension hands its gradient on to the first largest element.",
    samples=_along_dim,
    explain=why_no_dim,
)
def max_along(x: Any, *, dim: int, keepdim: bool = False) -> Any:
    """The largest elements along one dimension, and their (first) indices.

    ∂values/∂x = 1 at the index.
    """
    return chosen(x, _index(np.argmax, x, dim, True), dim, keepdim)


@primitive(
    symbol="min",
    formula="min_along(x)",
    vjp=(to_index,),
    jvp=(at_index,),
    lesson="A minimum along one dimension hands its gradient on to the first smallest element.",
    samples=_along_dim,
    explain=why_no_dim,
)
def min_along(x: Any, *, dim: int, keepdim: bool = False) -> Any:
    """The smallest elements along one dimension, and their (first) indices.

    ∂values/∂x = 1 at the index.
    """
    return chosen(x, _index(np.argmin, x, dim, True), dim, keepdim)


@composition(
    symbol="max",
    formula="max(x)",
    lesson="A maximum hands its gradient on to the largest element.",
    samples=lambda draw: [
        call(draw.apart(2, 3)),
        *_along_dim(draw),
        refuses("no elements", np.ones(0)),
    ],
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
    samples=lambda draw: [
        call(draw.apart(2, 3)),
        *_along_dim(draw),
        refuses("no elements", np.ones(0)),
    ],
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


class Extent(Named):
    """The smallest and the largest elements."""

    min: Any
    max: Any


@composition(
    symbol="min max",
    formula="aminmax(x)",
    lesson="Both extremes hand their gradients on to the elements that are extreme.",
    samples=lambda draw: [
        call(draw.apart(2, 3)),
        call(draw.apart(2, 3), dim=1, keepdim=True),
        refuses("no elements", np.ones(0)),
    ],
    methods=("aminmax",),
)
def aminmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest element: (min, max). Equal ones share the gradient.

    Raises:
        ShapeError: no elements, or a dimension that does not exist.
    """
    return Extent(amin(x, dim, keepdim), amax(x, dim, keepdim))
