"""Turning, rolling and repeating elements along dimensions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.binding import with_numpy_names
from autograd.core.define import composition, primitive
from autograd.core.errors import ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.indexing import integers_of, place
from autograd.ops.reduction import broadcast_to
from autograd.ops.shape import (
    LESSON,
    NO_SUCH_DIM,
    Bound,
    at_dim,
    distinct_dims,
    reshape,
    sizes_of,
)

_COPIES = "A value that was copied many times gets the sum of all their gradients."


@composition(
    symbol="expand",
    formula="expand(x)",
    lesson=_COPIES,
    samples=lambda draw: [
        call(draw(3), 2, 3),
        call(draw(2, 1), (2, -1)),
        call(draw(), (2,)),
        refuses("at least as many sizes", np.ones((2, 3)), 3),
        refuses("no size to keep", np.ones(3), -1, 3),
        refuses("cannot be stretched", np.ones(3), 4),
    ],
    methods=("expand",),
)
def expand(x: Any, *sizes: Any, size: Any = None) -> Any:
    """x stretched to these sizes without copying; -1 keeps a size: ``x.expand(4, -1)``.

    Raises:
        ShapeError: a size that is neither 1 nor the new one, or too few sizes.
    """
    wanted, shape = sizes_of(sizes, size), operand_shape(x)
    new = len(wanted) - len(shape)
    if new < 0:
        raise ShapeError(
            f"expand(): x has shape {shape}; give at least as many sizes as dimensions, "
            f"got {wanted}."
        )
    if -1 in wanted[:new]:
        raise ShapeError(f"expand(): in {wanted} a -1 stands for a new dimension: no size to keep.")
    full = (*wanted[:new], *shape)
    return broadcast_to(x, tuple(f if w == -1 else w for w, f in zip(wanted, full, strict=True)))


@composition(
    symbol="expand",
    formula="expand_as(x)",
    lesson=_COPIES,
    samples=lambda draw: [call(draw(3), other=draw(2, 3))],
    methods=("expand_as",),
)
def expand_as(x: Any, other: Any) -> Any:
    """x stretched to the shape of another tensor."""
    return expand(x, operand_shape(other))


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape in which shapes meet.

    Raises:
        ShapeError: they do not broadcast.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise ShapeError(
            f"Shapes {', '.join(map(str, shapes))} do not broadcast: counted from the right, "
            "sizes must be equal or 1."
        ) from error


@composition(
    symbol="expand",
    formula="broadcast_tensors(xs)",
    lesson=_COPIES,
    samples=lambda draw: [
        call(draw(3), draw(2, 1)),
        refuses("do not broadcast", np.ones(3), np.ones(2)),
    ],
    numpy=(np.broadcast_arrays,),
)
def broadcast_tensors(*tensors: Any) -> Any:
    """All tensors, stretched to the shape in which they meet.

    Raises:
        ShapeError: they do not broadcast.
    """
    shape = broadcast_shape(*map(operand_shape, tensors))
    return tuple(broadcast_to(x, shape) for x in tensors)


def _to_flipped(x: Any, *args: Any, dims: Any = None) -> Bound:
    return (x,), {"dims": distinct_dims(sizes_of(args, dims), len(operand_shape(x)))}


def _as_numpy_flips(m: Any, axis: Any = None) -> Any:
    """``np.flip``: all dimensions by default."""
    return flip(m, tuple(range(m.ndim)) if axis is None else axis)


@primitive(
    symbol="flip",
    formula="flip(x)",
    vjp=("flip(g, dims)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3), 0, 1),
        call(draw(2, 3), (-1,)),
        call(draw(), ()),
        refuses(NO_SUCH_DIM, np.ones((2, 3)), 2),
        refuses("named twice", np.ones((2, 3)), 0, 0),
    ],
    methods=("flip",),
    signature=_to_flipped,
    numpy=((np.flip, _as_numpy_flips),),
    view=True,
)
def flip(x: Any, *, dims: tuple[int, ...]) -> Any:
    """The elements in reverse order along each of `dims`: ``x.flip(0)``, ``flip(x, (0, 1))``.

    Raises:
        IndexingError: a dimension that does not exist.
        ShapeError: a dimension is named twice.
    """
    return np.flip(x, axis=dims) if x.ndim else x


def _with_rank(x: Any, rank: int, name: str) -> Any:
    if x.ndim < rank:
        raise ShapeError(f"{name}() takes at least {rank} dimension(s); x has {x.ndim}.")
    return x


@composition(
    symbol="flip",
    formula="fliplr(x)",
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3)),
        refuses("at least 2", np.ones(2)),
    ],
    methods=("fliplr",),
    numpy=((np.fliplr, lambda m: fliplr(m)),),
)
def fliplr(x: Any) -> Any:
    """The columns in reverse order.

    Raises:
        ShapeError: x is no matrix.
    """
    return flip(_with_rank(x, 2, "fliplr"), 1)


@composition(
    symbol="flip",
    formula="flipud(x)",
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(2)),
        refuses("at least 1", np.array(2.0)),
    ],
    methods=("flipud",),
    numpy=((np.flipud, lambda m: flipud(m)),),
)
def flipud(x: Any) -> Any:
    """The rows in reverse order.

    Raises:
        ShapeError: x is a single number.
    """
    return flip(_with_rank(x, 1, "flipud"), 0)


def _to_turned(x: Any, k: int = 1, dims: Any = (0, 1)) -> Bound:
    plane = distinct_dims(dims, len(operand_shape(x)))
    if len(plane) != 2:
        raise ShapeError(f"rot90() turns in a plane of two dimensions, got dims={dims}.")
    return (x,), {"k": sizes_of((k,))[0] % 4, "dims": plane}


@primitive(
    symbol="rot90",
    formula="rot90(x)",
    vjp=("rot90(g, -k, dims)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(2, 3, 2), 3, (2, 0)),
        refuses("named twice", np.ones((2, 3)), 1, (1, 1)),
        refuses("plane of two", np.ones((2, 3)), 1, (1,)),
    ],
    methods=("rot90",),
    signature=_to_turned,
    numpy=((np.rot90, lambda m, k=1, axes=(0, 1): rot90(m, k, axes)),),
    view=True,
)
def rot90(x: Any, *, k: int, dims: tuple[int, int]) -> Any:
    """Turned `k` times by 90° in the plane of `dims`, from the first towards the second.

    Raises:
        ShapeError: not two different dimensions.
        IndexingError: a dimension that does not exist.
    """
    return np.rot90(x, k, axes=dims)


def _to_rolled(x: Any, shifts: Any, dims: Any = None) -> Bound:
    shifts = sizes_of((shifts,))
    ndim = len(operand_shape(x))
    at = None if dims is None else tuple(at_dim(d, ndim) for d in sizes_of((dims,)))
    if len(shifts) != (1 if at is None else len(at)):
        raise ShapeError(f"roll(): give one shift for each dimension, got {shifts} and {dims}.")
    return (x,), {"shifts": shifts, "dims": at}


def _rolled_back(g: Any, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> Any:
    """g, rolled the other way"""
    return roll(g, tuple(-shift for shift in shifts), dims)


def _as_numpy_rolls(a: Any, shift: Any, axis: Any = None) -> Any:
    """``np.roll``: shifts and dimensions broadcast."""
    if axis is None:
        return roll(a, shift)
    pairs = list(np.broadcast(shift, axis))
    return roll(a, tuple(int(s) for s, _ in pairs), tuple(int(d) for _, d in pairs))


@primitive(
    symbol="roll",
    formula="roll(x)",
    vjp=(_rolled_back,),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3), 1),
        call(draw(2, 3), (1, -1), (0, 1)),
        refuses("one shift for each", np.ones((2, 3)), (1, 2), 0),
        refuses(NO_SUCH_DIM, np.ones((2, 3)), 1, 2),
    ],
    methods=("roll",),
    signature=_to_rolled,
    numpy=((np.roll, _as_numpy_rolls),),
)
def roll(x: Any, *, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> Any:
    """Elements moved on along `dims`, those that fall off at the end back in at the front.

    Without `dims` all elements are one row.

    Raises:
        ShapeError: not one shift for each dimension.
        IndexingError: a dimension that does not exist.
    """
    return np.roll(x, shifts[0]) if dims is None else np.roll(x, shifts, axis=dims)


def _to_repeated(x: Any, *args: Any, repeats: Any = None) -> Bound:
    sizes, ndim = sizes_of(args, repeats), len(operand_shape(x))
    if len(sizes) < ndim:
        raise ShapeError(
            f"repeat(): x has {ndim} dimension(s), so give at least as many numbers, got {sizes}. "
            "tile() adds the missing ones; repeat_interleave() repeats each element."
        )
    if min(sizes, default=0) < 0:
        raise ShapeError(f"repeat(): nothing can be repeated a negative number of times: {sizes}.")
    return (x,), {"sizes": sizes}


def _sum_of_copies(g: Any, x_shape: tuple[int, ...], sizes: tuple[int, ...]) -> Any:
    """g, summed over the copies"""
    full = (*(1,) * (len(sizes) - len(x_shape)), *x_shape)
    pairs = tuple(n for pair in zip(sizes, full, strict=True) for n in pair)
    copies: Any = reshape(g, pairs)
    return reshape(copies.sum(axis=tuple(range(0, len(pairs), 2))), x_shape)


@primitive(
    symbol="repeat",
    formula="repeat(x)",
    vjp=(_sum_of_copies,),
    linear=True,
    lesson=_COPIES,
    samples=lambda draw: [
        call(draw(2), 3),
        call(draw(2, 1), (2, 1, 2)),
        call(draw(), 2),
        refuses("tile() adds", np.ones((2, 3)), 2),
        refuses("negative", np.ones(2), -1),
    ],
    methods=("repeat",),
    signature=_to_repeated,
)
def repeat(x: Any, *, sizes: tuple[int, ...]) -> Any:
    """x laid side by side, this many times in each dimension: ``x.repeat(2, 1)``.

    (``np.repeat`` repeats each element: that is `repeat_interleave`.)

    Raises:
        ShapeError: fewer numbers than dimensions, or a negative one.
    """
    return np.tile(x, sizes)


@composition(
    symbol="tile",
    formula="tile(x)",
    lesson=_COPIES,
    samples=lambda draw: [call(draw(2, 1), 3), call(draw(2), (2, 2))],
    methods=("tile",),
    numpy=((np.tile, lambda A, reps: tile(A, reps)),),
)
def tile(x: Any, *dims: Any) -> Any:
    """x laid side by side; fewer numbers than dimensions count from the last one."""
    sizes = sizes_of(dims)
    return repeat(x, (*(1,) * (x.ndim - len(sizes)), *sizes))


def _to_interleaved(x: Any, repeats: Any, dim: Any = None, *, output_size: Any = None) -> Bound:
    """Repeats of each slice, as a number or as plain integers in an array."""
    shape = operand_shape(x)
    at = None if dim is None else at_dim(dim, len(shape))
    size = math.prod(shape) if at is None else (*shape, 1)[at]
    counts = plain_index(integers_of(repeats))
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or counts.size not in (1, size):
        raise ShapeError(
            f"repeat_interleave(): repeats is an integer, or one for each of the {size} slices; "
            f"got {counts.dtype} of shape {counts.shape}."
        )
    if counts.size and counts.min() < 0:
        raise ShapeError("repeat_interleave(): a number of repeats is negative.")
    return (x,), {"repeats": counts.item() if counts.size == 1 else counts, "dim": at}


def _sum_of_repeats(g: Any, x_shape: tuple[int, ...], repeats: Any, dim: int | None) -> Any:
    """g, summed over the repeats of each slice"""
    shape = (math.prod(x_shape),) if dim is None or not x_shape else x_shape
    axis = dim or 0
    source = np.repeat(np.arange(shape[axis], like=plain_index(g)), repeats)
    return reshape(place(g, (*(slice(None),) * axis, source), shape), x_shape)


@primitive(
    symbol="repeat",
    formula="repeat_interleave(x)",
    vjp=(_sum_of_repeats,),
    linear=True,
    lesson=_COPIES,
    samples=lambda draw: [
        call(draw(2, 2), 2),
        call(draw(2, 3), np.array([2, 0, 1]), 1),
        call(draw(2), 2, dim=0),
        refuses("one for each", np.ones(3), np.array([1, 2]), 0),
        refuses("negative", np.ones(3), -1),
        refuses(NO_SUCH_DIM, np.ones(3), 2, 1),
    ],
    methods=("repeat_interleave",),
    signature=with_numpy_names(_to_interleaved),
    numpy=((np.repeat, lambda a, repeats, axis=None: repeat_interleave(a, repeats, axis)),),
)
def repeat_interleave(x: Any, *, repeats: Any, dim: int | None) -> Any:
    """Each slice along `dim` repeated in place: ``[a, a, b, b]``; without `dim` each element.

    Args:
        repeats: how often, or an integer for each slice.

    Raises:
        ShapeError: not one number of repeats for each slice, or a negative one.
        IndexingError: the dimension does not exist.
    """
    if x.ndim and dim is not None:
        return np.repeat(x, repeats, axis=dim)
    return np.repeat(np.reshape(x, (-1,)), repeats)
