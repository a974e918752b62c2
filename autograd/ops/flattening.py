"""Dimensions merged, taken apart, dropped and added: the elements stay where they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.binding import with_numpy_names
from autograd.core.define import composition, primitive
from autograd.core.errors import ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.shape import LESSON, NO_SUCH_DIM, Bound, at_dim, distinct_dims, reshape, sizes_of


def _to_flat(x: Any, start_dim: int = 0, end_dim: int = -1) -> Bound:
    ndim = len(operand_shape(x))
    start, end = at_dim(start_dim, ndim), at_dim(end_dim, ndim)
    if start > end:
        raise ShapeError(f"flatten(): start_dim={start_dim} comes after end_dim={end_dim}.")
    return (x,), {"start_dim": start, "end_dim": end}


@primitive(
    symbol="flatten",
    formula="flatten(x)",
    vjp=("reshape(g, x_shape)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(2, 3, 2), 1),
        call(draw(2, 3, 2), 0, -2),
        refuses("comes after", np.ones((2, 3)), 1, 0),
        refuses(NO_SUCH_DIM, np.ones((2, 3)), 2),
    ],
    methods=("flatten",),
    signature=_to_flat,
    view=True,
)
def flatten(x: Any, *, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions `start_dim` to `end_dim` merged into one: ``(N, C, H, W)`` to ``(N, C·H·W)``.

    Raises:
        IndexingError: a dimension that does not exist.
        ShapeError: they are in the wrong order.
    """
    shape = tuple(x.shape) or (1,)
    merged = math.prod(shape[start_dim : end_dim + 1])
    return np.reshape(x, (*shape[:start_dim], merged, *shape[end_dim + 1 :]))


@primitive(
    symbol="ravel",
    formula="ravel(x)",
    vjp=("reshape(g, x_shape)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("ravel",),
    view=True,
    numpy=(np.ravel,),
)
def ravel(x: Any) -> Any:
    """All elements, row by row, as a vector."""
    return np.reshape(x, (-1,))


def _to_unflat(x: Any, dim: int, sizes: Any) -> Bound:
    shape = operand_shape(x)
    at, sizes = at_dim(dim, len(shape)), sizes_of((sizes,))
    size = shape[at] if shape else 1
    known = math.prod(s for s in sizes if s != -1)
    fits = size == known if -1 not in sizes else bool(known) and size % known == 0
    if not fits or sizes.count(-1) > 1:
        raise ShapeError(
            f"unflatten(): sizes {sizes} do not multiply up to the {size} elements of dimension "
            f"{dim} (one of them may be -1)."
        )
    return (x,), {"dim": at, "sizes": tuple(size // known if s == -1 else s for s in sizes)}


@primitive(
    symbol="unflatten",
    formula="unflatten(x)",
    vjp=("reshape(g, x_shape)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 6), 1, (2, -1)),
        call(draw(4, 1), -2, (2, 2)),
        refuses("do not multiply up", np.ones((2, 6)), 1, (4, -1)),
        refuses(NO_SUCH_DIM, np.ones(6), 1, (2, 3)),
    ],
    methods=("unflatten",),
    signature=with_numpy_names(_to_unflat),
    view=True,
)
def unflatten(x: Any, *, dim: int, sizes: tuple[int, ...]) -> Any:
    """One dimension taken apart into several of these `sizes`, the reverse of `flatten`.

    Raises:
        ShapeError: the sizes do not multiply up to the size of the dimension.
        IndexingError: the dimension does not exist.
    """
    shape = tuple(x.shape)
    return np.reshape(x, (*shape[:dim], *sizes, *shape[dim + 1 :]))


def _to_squeezed(x: Any, dim: Any = None) -> Bound:
    """Of the dimensions that are named (all by default) those of size 1 go."""
    shape = operand_shape(x)
    named = range(len(shape)) if dim is None else distinct_dims(dim, len(shape))
    return (x,), {"dim": tuple(axis for axis in named if shape[axis : axis + 1] == (1,))}


def _as_numpy_squeezes(a: Any, axis: Any = None) -> Any:
    """``np.squeeze``: a dimension that is named must have size 1."""
    for d in () if axis is None else distinct_dims(axis, a.ndim):
        if a.shape[d] != 1:
            raise ShapeError(f"np.squeeze(): dimension {d} of shape {a.shape} is not of size 1.")
    return squeeze(a, axis)


@primitive(
    symbol="squeeze",
    formula="squeeze(x)",
    vjp=("reshape(g, x_shape)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(1, 3, 1)),
        call(draw(1, 3, 1), -1),
        call(draw(1, 3, 1), (0, 1)),
        call(draw(2, 3), axis=0),
        refuses(NO_SUCH_DIM, np.ones((1, 3)), 2),
    ],
    methods=("squeeze",),
    signature=with_numpy_names(_to_squeezed),
    numpy=((np.squeeze, _as_numpy_squeezes),),
    view=True,
)
def squeeze(x: Any, *, dim: tuple[int, ...]) -> Any:
    """Without its dimensions of size 1: all of them, or those of `dim` that have it.

    Raises:
        IndexingError: a dimension that does not exist.
    """
    return np.squeeze(x, axis=dim)


@primitive(
    symbol="unsqueeze",
    formula="unsqueeze(x)",
    vjp=("reshape(g, x_shape)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3), 1),
        call(draw(3), -1),
        call(draw(), 0),
        refuses(NO_SUCH_DIM, np.ones((2, 3)), 3),
    ],
    methods=("unsqueeze",),
    numpy=(np.expand_dims,),
    view=True,
    explain=lambda x, dim: (
        f"the result has {np.ndim(x) + 1} dimensions, so new {NO_SUCH_DIM} {-np.ndim(x) - 1} to "
        f"{np.ndim(x)}."
    ),
)
def unsqueeze(x: Any, *, dim: int) -> Any:
    """A new dimension of size 1 at place `dim` of the result.

    Raises:
        IndexingError: the place does not exist.
    """
    return np.expand_dims(x, dim)


def _at_least(n: int, tensors: tuple[Any, ...], shape: Any) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    made = tuple(x if x.ndim >= n else reshape(x, shape(tuple(x.shape))) for x in tensors)
    return made[0] if len(made) == 1 else made


@composition(
    symbol="1-d",
    formula="atleast_1d(xs)",
    lesson=LESSON,
    samples=lambda draw: [call(draw()), call(draw(2)), call(draw(), draw(2, 2))],
    numpy=(np.atleast_1d,),
)
def atleast_1d(*tensors: Any) -> Any:
    """A number becomes a vector of one element; several tensors give a tuple."""
    return _at_least(1, tensors, lambda shape: (1,))


@composition(
    symbol="2-d",
    formula="atleast_2d(xs)",
    lesson=LESSON,
    samples=lambda draw: [call(draw()), call(draw(2)), call(draw(), draw(2))],
    numpy=(np.atleast_2d,),
)
def atleast_2d(*tensors: Any) -> Any:
    """A number or a vector becomes a matrix of one row; several tensors give a tuple."""
    return _at_least(2, tensors, lambda shape: (1, *shape) if shape else (1, 1))


@composition(
    symbol="3-d",
    formula="atleast_3d(xs)",
    lesson=LESSON,
    samples=lambda draw: [call(draw()), call(draw(2)), call(draw(2, 3))],
    numpy=(np.atleast_3d,),
)
def atleast_3d(*tensors: Any) -> Any:
    """A vector becomes (1, n, 1), a matrix (m, n, 1); several tensors give a tuple."""
    return _at_least(3, tensors, lambda shape: (*((1,) * (2 - len(shape))), *shape, 1))
