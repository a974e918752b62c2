"""Joining and taking apart: `cat` and `split`, `stack` and `unbind` undo each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.binding import with_numpy_names
from autograd.core.define import primitive
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.flattening import ravel
from autograd.ops.shape import NO_SUCH_DIM, Bound, at_dim, sizes_of

SPLIT = "Each piece's gradient goes back to the place that the piece was taken from."


def list_of(tensors: Any, name: str) -> tuple[Any, ...]:
    """The tensors of a list or tuple, one at least.

    Raises:
        ArgumentError: something else was given.
        ShapeError: there are none.
    """
    if not isinstance(tensors, (list, tuple)):
        raise ArgumentError(
            f"{name}() takes a list or tuple of tensors, such as {name}([x, y]); got "
            f"{type(tensors).__name__}."
        )
    if not tensors:
        raise ShapeError(f"{name}() takes at least one tensor, and the list is empty.")
    return tuple(tensors)


def _to_cat(tensors: Any, dim: int = 0) -> Bound:
    xs = list_of(tensors, "cat")
    ranks = [len(operand_shape(x)) for x in xs]
    if 0 in ranks:
        raise ShapeError(
            "cat(): a single number of shape () has no dimension to be joined along; stack() "
            "joins along a new one."
        )
    return xs, {"dim": at_dim(dim, max(ranks))}


def _cat_reason(*xs: Any, dim: int) -> str:
    shapes = ", ".join(str(np.shape(x)) for x in xs)
    return f"shapes {shapes} must agree in every dimension but dim={dim}."


def _pieces(g: Any, shapes: tuple[tuple[int, ...], ...], dim: int) -> Any:
    """the piece of g that lies where the operand was put"""
    if (0,) not in shapes:
        return split(g, [shape[dim] for shape in shapes], dim)
    parts = split(g, [0 if shape == (0,) else shape[dim] for shape in shapes], dim)
    pairs = zip(parts, shapes, strict=True)
    return tuple([part.reshape((0,)) if shape == (0,) else part for part, shape in pairs])


def _as_numpy_joins(arrays: Any, axis: int | None = 0) -> Any:
    """``np.concatenate``: all elements in one row where the axis is None."""
    return cat([ravel(x) for x in arrays]) if axis is None else cat(list(arrays), axis)


@primitive(
    symbol="cat",
    formula="cat(xs)",
    vjp=(_pieces,),
    linear=True,
    lesson="Joining end to end cuts the gradient at the same places.",
    samples=lambda draw: [
        call([draw(2, 3), draw(1, 3)]),
        call([draw(2, 3), draw(2, 1), draw(2, 2)], 1),
        call([draw(2), draw(3)], axis=-1),
        call([draw(2, 3), draw(0)], 1),
        call([draw(0), draw(2, 3)], 0),
        refuses("must agree", [np.ones((2, 3)), np.ones((2, 2))]),
        refuses("a list or tuple", np.ones(3)),
        refuses("the list is empty", []),
        refuses("stack()", [np.array(1.0), np.array(2.0)]),
        refuses(NO_SUCH_DIM, [np.ones(2), np.ones(2)], 1),
    ],
    aliases=("concatenate", "concat"),
    signature=with_numpy_names(_to_cat),
    promote=True,
    explain=_cat_reason,
    numpy=((np.concatenate, _as_numpy_joins),),
)
def cat(*xs: Any, dim: int = 0) -> Any:
    """Tensors end to end along an existing dimension: ``cat([x, y], dim=1)``.

    Empty tensors of shape (0,) go with any others.

    Raises:
        ShapeError: sizes differ in another dimension, or a single number is among them.
        ArgumentError: not a list or tuple of tensors.
    """
    there = [x for x in xs if np.shape(x) != (0,)] or xs
    return np.concatenate(there, axis=dim)


def _to_sections(x: Any, split_size_or_sections: Any, dim: int = 0) -> Bound:
    shape = operand_shape(x)
    if not shape:
        raise ShapeError("split(): a single number of shape () cannot be taken apart.")
    at, wanted = at_dim(dim, len(shape)), split_size_or_sections
    listed = isinstance(wanted, (list, tuple))
    if not listed:
        return (x,), {"sections": _equal(shape[at], sizes_of((wanted,))[0]), "dim": at}
    sections = sizes_of(tuple(wanted))
    if sum(sections) != shape[at] or min(sections, default=0) < 0:
        raise ShapeError(
            f"split(): sections {list(sections)} must add up to the size {shape[at]} of "
            f"dimension {dim}."
        )
    return (x,), {"sections": sections, "dim": at}


def _equal(size: int, each: int) -> tuple[int, ...]:
    """Sections of one size, the last one maybe smaller."""
    if each < 0 or (each == 0 and size):
        raise ShapeError(f"split(): a piece of size {each} makes no sense; the size is positive.")
    count, rest = divmod(size, each) if size else (0, 0)
    return (each,) * count + ((rest,) if rest or not count else ())


@primitive(
    symbol="split",
    formula="split(x)",
    vjp=("cat(g, dim)",),
    linear=True,
    lesson=SPLIT,
    samples=lambda draw: [
        call(draw(5, 2), 2),
        call(draw(2, 4), [1, 3], -1),
        refuses("add up to", np.ones(4), [1, 2]),
        refuses("size is positive", np.ones(4), 0),
        refuses(NO_SUCH_DIM, np.ones(4), 2, 1),
        refuses("taken apart", np.array(1.0), 1),
    ],
    methods=("split", "split_with_sizes"),
    aliases=("split_with_sizes",),
    signature=with_numpy_names(_to_sections),
    view=True,
)
def split(x: Any, *, sections: tuple[int, ...], dim: int = 0) -> Any:
    """Consecutive pieces along a dimension: of one size, or of the sizes in a list.

    (``np.split`` takes the number of pieces, or the places to cut at: that is `tensor_split`.)

    Raises:
        ShapeError: the sizes do not add up.
        IndexingError: the dimension does not exist.
    """
    whole, pieces, start = (slice(None),) * dim, [], 0
    for size in sections:
        pieces.append(x[(*whole, slice(start, start + size))])
        start += size
    return tuple(pieces)


def _to_stack(tensors: Any, dim: int = 0) -> Bound:
    return list_of(tensors, "stack"), {"dim": dim}


def _stack_reason(*xs: Any, dim: int) -> str:
    shapes = [np.shape(x) for x in xs]
    if len(set(shapes)) > 1:
        return f"all shapes must be equal, got {', '.join(map(str, shapes))}."
    rank = len(shapes[0]) + 1
    return f"the result has {rank} dimensions, so new {NO_SUCH_DIM} {-rank} to {rank - 1}."


@primitive(
    symbol="stack",
    formula="stack(xs)",
    vjp=("unbind(g, dim)",),
    linear=True,
    lesson="Stacking hands each operand its own slice of the gradient.",
    samples=lambda draw: [
        call([draw(2, 3), draw(2, 3)]),
        call([draw(2), draw(2), draw(2)], -1),
        refuses("must be equal", [np.ones(2), np.ones(3)]),
        refuses("a list or tuple", np.ones(3)),
        refuses(NO_SUCH_DIM, [np.ones(2), np.ones(2)], 2),
    ],
    signature=with_numpy_names(_to_stack),
    promote=True,
    explain=_stack_reason,
    numpy=((np.stack, lambda arrays, axis=0: stack(list(arrays), axis)),),
)
def stack(*xs: Any, dim: int = 0) -> Any:
    """Tensors of equal shape along a new dimension: ``stack([x, y])``.

    Raises:
        ShapeError: shapes differ.
        IndexingError: the dimension does not exist.
        ArgumentError: not a list or tuple of tensors.
    """
    shape = xs[0].shape if xs[0].__class__ is np.ndarray else ()
    if dim or not shape or not all(x.__class__ is np.ndarray and x.shape == shape for x in xs):
        return np.stack(xs, axis=dim)
    return np.concatenate(xs).reshape(len(xs), *shape)  # the same, in half the time


@primitive(
    symbol="unbind",
    formula="unbind(x)",
    vjp=("stack(g, dim)",),
    linear=True,
    lesson=SPLIT,
    samples=lambda draw: [
        call(draw(3, 2)),
        call(draw(2, 3), 1),
        refuses("out of bounds", np.ones(3), 1),
    ],
    methods=("unbind",),
    numpy=(np.unstack,) if hasattr(np, "unstack") else (),
    view=True,
    explain=lambda x, dim: (
        f"dimension {dim} is out of bounds: x has {np.ndim(x)} dimension(s) to take apart."
    ),
)
def unbind(x: Any, *, dim: int = 0) -> Any:
    """All slices along a dimension, as a tuple: the way to walk over a sequence.

    Raises:
        IndexingError: the dimension does not exist.
    """
    moved = np.moveaxis(x, dim, 0) if dim or not np.ndim(x) else x
    return tuple([moved[place, ...] for place in range(moved.shape[0])])
