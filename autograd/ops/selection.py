"""Picking elements by their indices along a dimension, and adding them up where they came from.

`gather` and `scatter_add`, `index_select` and `index_add` undo each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.binding import with_numpy_names
from autograd.core.define import composition, primitive
from autograd.core.errors import DTypeError, IndexingError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.flattening import ravel
from autograd.ops.indexing import getitem, index_of, integers_of, place, why_outside
from autograd.ops.repetition import broadcast_shape, expand
from autograd.ops.shape import NO_SUCH_DIM, Bound, at_dim

OUTSIDE = "out of bounds"

_PICK = "The elements that were picked get their gradients, those picked twice the sum."


def with_index(x: Any, dim: int, index: Any) -> tuple[Any, int]:
    """An operand of indices (a list as an array), and a dimension counted from the front.

    Raises:
        IndexingError: the dimension does not exist.
        DTypeError: the indices are not integers.
    """
    index = integers_of(index)
    if index.dtype.kind not in "iu":
        raise DTypeError(
            f"An index along a dimension is made of integers, and this one is {index.dtype}; "
            "convert it with .long(), or write x[mask] for a mask."
        )
    return index, at_dim(dim, len(operand_shape(x)))


def along(index: Any, dim: int) -> tuple[Any, ...]:
    """An index along `dim` as one into the whole array: elsewhere each keeps its place.

    ``x[along(index, 1)][i, j] == x[i, index[i, j]]``.
    """
    index = plain_index(index)
    after = range(index.ndim - 1, -1, -1)
    return tuple(
        index if axis == dim else np.arange(size, like=index).reshape((-1, *(1,) * rest))
        for axis, (size, rest) in enumerate(zip(index.shape, after, strict=True))
    )


def slices_at(index: Any, dim: int) -> tuple[Any, ...]:
    """An index that takes whole slices along `dim`."""
    return (*(slice(None),) * dim, np.reshape(plain_index(index), (-1,)))


def check_along(x: Any, index: Any, dim: int, src: Any = None) -> None:
    """Refuse an index that does not fit to x (and to a source), or points outside."""
    for given in (x,) if src is None else (x, src):
        if given.ndim != index.ndim:
            raise ValueError(
                f"an index holds one place for each element of the result, so it has {given.ndim} "
                f"dimension(s) too, not {index.ndim}; x[index] and index_select take whole slices."
            )
        for axis, (size, most) in enumerate(zip(index.shape, given.shape, strict=True)):
            if size > most and (axis != dim or given is src):
                raise ValueError(
                    f"the index of shape {tuple(index.shape)} is larger than "
                    f"{tuple(given.shape)} in dimension {axis}."
                )
    check_inside(x, index, dim)


def check_inside(x: Any, index: Any, dim: int) -> None:
    """Refuse indices outside ``0 … size − 1``."""
    wrong = why_outside(index, dim, (*x.shape, 1)[dim], lowest=0)
    if wrong:
        raise IndexError(wrong)


def check_dtype(x: Any, src: Any) -> None:
    """Refuse a source of another dtype than x (a single number goes with any)."""
    if np.ndim(src) and src.dtype != x.dtype:
        raise TypeError(f"x is {x.dtype} and the source {src.dtype}; convert one with .to(dtype).")


def _to_gather(x: Any, dim: int, index: Any) -> Bound:
    index, at = with_index(x, dim, index)
    return (x, index), {"dim": at}


def _back_to_place(g: Any, index: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """g, added up where the elements were picked"""
    return place(g, along(index, dim), x_shape)


@primitive(
    symbol="gather",
    formula="gather(x)",
    vjp=(_back_to_place, None),
    linear=True,
    lesson=_PICK,
    samples=lambda draw: [
        call(draw(2, 3), 1, np.array([[0, 0], [2, 1]])),
        call(draw(3, 2), -2, np.array([[2]])),
        call(draw(3), axis=0, index=np.array([1, 1])),
        refuses("one place for each element", np.ones((2, 3)), 1, np.array([0, 1])),
        refuses("larger than", np.ones((2, 3)), 1, np.zeros((3, 1), int)),
        refuses(OUTSIDE, np.ones((2, 3)), 1, np.array([[3]])),
        refuses("go from 0 to 2", np.ones((2, 3)), 1, np.array([[-1]])),
        refuses("made of integers", np.ones(3), 0, np.array([0.0])),
        refuses(NO_SUCH_DIM, np.ones(3), 1, np.array([0])),
    ],
    methods=("gather",),
    signature=with_numpy_names(_to_gather),
)
def gather(x: Any, index: Any, *, dim: int) -> Any:
    """For each index the element of x at that place along `dim`: ``out[i, j] = x[i, index[i, j]]``.

    Shape: that of the index, which may be smaller than x in the other dimensions.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: numbers of dimensions differ, or the index is larger than x elsewhere.
        DTypeError: the index is not made of integers.
    """
    check_along(x, index, dim)
    return x[along(index, dim)]


def _to_added(x: Any, dim: int, index: Any, src: Any) -> Bound:
    index, at = with_index(x, dim, index)
    return (x, index, src), {"dim": at}


def in_source(found: Any, src_shape: tuple[int, ...]) -> Any:
    """What was found for an index, in the shape of the source: zero where it was not used."""
    if not src_shape or tuple(found.shape) == src_shape:
        return found
    return place(found, tuple(slice(0, size) for size in found.shape), src_shape)


def _of_source(g: Any, index: Any, src_shape: tuple[int, ...], dim: int) -> Any:
    """g at the place that the element was added to"""
    return in_source(gather(g, dim, index), src_shape)


def used(src: Any, index: Any) -> Any:
    """The elements of a source that an index uses: as many as there are indices."""
    return src[tuple(slice(0, size) for size in index.shape)]


@primitive(
    symbol="scatter +",
    formula="scatter_add(x, src)",
    vjp=("g", None, _of_source),
    linear=True,
    lesson="Each element that was added gets the gradient of the place that it was added to.",
    samples=lambda draw: [
        call(draw(2, 3), 1, np.array([[0, 0], [2, 1]]), draw(2, 2)),
        call(draw(3), 0, np.array([1, 1]), draw(4)),
        refuses("one place for each element", np.ones((2, 3)), 1, np.array([0, 1]), np.ones(2)),
        refuses("larger than", np.ones((2, 3)), 1, np.zeros((2, 2), int), np.ones((2, 1))),
        refuses(OUTSIDE, np.ones(3), 0, np.array([3]), np.ones(1)),
        refuses("convert one", np.ones(3), 0, np.array([0]), np.ones(1, np.float32)),
    ],
    methods=("scatter_add",),
    signature=with_numpy_names(_to_added),
)
def scatter_add(x: Any, index: Any, src: Any, *, dim: int) -> Any:
    """x with each element of `src` added at its index along `dim`, the reverse of `gather`.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: numbers of dimensions differ, or the index is larger than x or src.
        DTypeError: the dtypes differ.
    """
    check_along(x, index, dim, src)
    check_dtype(x, src)
    return x + place(used(src, index), along(index, dim), tuple(x.shape))


def _to_selected(x: Any, dim: int, index: Any) -> Bound:
    index, at = with_index(x, dim, index)
    if len(operand_shape(index)) > 1:
        raise IndexingError(
            f"index_select(): the index is a vector, got shape {operand_shape(index)}; x[index] "
            "takes indices of any shape."
        )
    return (x, index), {"dim": at}


def _slices_back(g: Any, index: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """g, added up where the slices were picked"""
    return place(g, slices_at(index, dim), x_shape or (1,))


@primitive(
    symbol="select",
    formula="index_select(x)",
    vjp=(_slices_back, None),
    linear=True,
    lesson="The slices that were picked get their gradients, those picked twice the sum.",
    samples=lambda draw: [
        call(draw(3, 2), 0, np.array([2, 0, 2])),
        call(draw(2, 3), -1, np.array([1])),
        refuses("go from 0 to 2", np.ones((2, 3)), 1, np.array([-1])),
        refuses(OUTSIDE, np.ones((2, 3)), 1, np.array([3])),
        refuses("is a vector", np.ones((2, 3)), 1, np.array([[0]])),
        refuses(NO_SUCH_DIM, np.ones(3), 1, np.array([0])),
    ],
    methods=("index_select",),
    signature=with_numpy_names(_to_selected),
)
def index_select(x: Any, index: Any, *, dim: int) -> Any:
    """The slices of x at these indices along `dim`, in their order.

    Raises:
        IndexingError: an index that is negative or too large, or no vector of indices.
    """
    check_inside(x, index, dim)
    found = np.take(np.reshape(x, x.shape or (1,)), np.reshape(index, (-1,)), axis=dim)
    return found if x.ndim else np.reshape(found, ())


def _to_summed(x: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Bound:
    index, at = with_index(x, dim, index)
    return (x, index, source), {"dim": at, "alpha": alpha}


def check_slices(x: Any, index: Any, source: Any, dim: int) -> None:
    """Refuse a source that does not have one slice of x's shape and dtype for each index."""
    wanted = (*x.shape[:dim], index.size, *x.shape[dim + 1 :])
    if tuple(source.shape) != wanted:
        raise ValueError(
            f"for {index.size} indices into dimension {dim} of shape {tuple(x.shape)} the source "
            f"has shape {wanted}."
        )
    check_dtype(x, source)
    check_inside(x, index, dim)


@primitive(
    symbol="index +",
    formula="index_add(x, source)",
    vjp=("g", None, "alpha * index_select(g, dim, index)"),
    linear=True,
    lesson="Each slice that was added gets the gradient of the place that it was added to.",
    samples=lambda draw: [
        call(draw(3, 2), 0, np.array([2, 0, 2]), draw(3, 2)),
        call(draw(2, 3), 1, np.array([1]), draw(2, 1), alpha=2.0),
        refuses(
            "the source has shape (2, 2)", np.ones((2, 3)), 1, np.array([0, 1]), np.ones((2, 1))
        ),
        refuses(OUTSIDE, np.ones(2), 0, np.array([2]), np.ones(1)),
    ],
    methods=("index_add",),
    signature=with_numpy_names(_to_summed),
)
def index_add(x: Any, index: Any, source: Any, *, dim: int, alpha: float = 1) -> Any:
    """x with `alpha` times each slice of `source` added at its index along `dim`.

    Raises:
        IndexingError: an index that is negative or too large.
        ShapeError: the source does not have one slice for each index.
        DTypeError: the dtypes differ.
    """
    check_slices(x, index, source, dim)
    scaled = source if alpha == 1 else alpha * source
    return x + place(scaled, slices_at(index, dim), tuple(x.shape))


@composition(
    symbol="[ ]",
    formula="take(x)",
    lesson=_PICK,
    samples=lambda draw: [
        call(draw(2, 3), np.array([[5, 0], [0, -1]])),
        call(draw(3), 1),
        refuses(OUTSIDE, np.ones((2, 3)), np.array([6])),
    ],
    methods=("take",),
)
def take(x: Any, index: Any) -> Any:
    """The elements of x at these places, counted row by row; negative ones from the end.

    Raises:
        IndexingError: an index outside.
    """
    return getitem(ravel(x), index)


def _as_numpy_takes(a: Any, indices: Any, axis: int | None = None) -> Any:
    """``np.take``: whole slices along an axis; by default single elements."""
    if axis is None:
        return take(a, indices)
    index = index_of(integers_of(indices))
    return getitem(a, (*(slice(None),) * at_dim(axis, a.ndim), index))


@composition(
    symbol="[ ]",
    formula="take_along_dim(x)",
    lesson=_PICK,
    samples=lambda draw: [
        call(draw(2, 3), np.array([[0], [-1]]), 1),
        call(draw(2, 3), np.array([[1]]), 1),
        call(draw(2, 3), np.array([4, 4])),
        refuses(OUTSIDE, np.ones((2, 3)), np.array([[3]]), 1),
        refuses("do not broadcast", np.ones((2, 3)), np.array([[1], [1], [1]]), 1),
    ],
    methods=("take_along_dim",),
    numpy=(
        (np.take, _as_numpy_takes),
        (np.take_along_axis, lambda arr, indices, axis=-1: take_along_dim(arr, indices, axis)),
    ),
)
def take_along_dim(x: Any, indices: Any, dim: int | None = None) -> Any:
    """For each index the element of x at that place along `dim`; as from `argsort` or `argmax`.

    The other dimensions broadcast. Without `dim` elements are counted row by row.

    Raises:
        IndexingError: an index outside.
        ShapeError: the other dimensions do not broadcast.
    """
    if dim is None:
        return take(x, ravel(indices))
    index, at = with_index(x, dim, indices)
    shape, wanted = list(operand_shape(x)), list(operand_shape(index))
    if len(shape) != len(wanted):
        raise ShapeError(
            f"take_along_dim(): x has shape {tuple(shape)} and indices {tuple(wanted)}."
        )
    size, count = shape[at], wanted[at]
    shape[at] = wanted[at] = 1
    common = broadcast_shape(tuple(shape), tuple(wanted))
    rest = (common[:at], common[at + 1 :])
    whole = expand(x, (*rest[0], size, *rest[1]))
    picked = np.broadcast_to(plain_index(index), (*rest[0], count, *rest[1]))
    return getitem(whole, along(picked, at))
