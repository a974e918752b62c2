"""Rows, columns and equal parts: joining and taking apart by other names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.flattening import atleast_1d, atleast_2d, atleast_3d
from autograd.ops.indexing import getitem
from autograd.ops.joining import SPLIT, cat, list_of, split
from autograd.ops.padding import pad
from autograd.ops.repetition import broadcast_tensors
from autograd.ops.shape import NO_SUCH_DIM, at_dim, reshape, sizes_of, transpose

_JOIN = "Joining end to end cuts the gradient at the same places."
_PARTS = "equal parts"


def _all(raise_rank: Callable[..., Any], tensors: Any, name: str) -> list[Any]:
    return [raise_rank(x) for x in list_of(tensors, name)]


@composition(
    symbol="hstack",
    formula="hstack(xs)",
    lesson=_JOIN,
    samples=lambda draw: [
        call([draw(2, 3), draw(2, 1)]),
        call([draw(2), draw()]),
        refuses("must agree", [np.ones((2, 3)), np.ones((3, 3))]),
    ],
    numpy=((np.hstack, lambda tup: hstack(list(tup))),),
)
def hstack(tensors: Any) -> Any:
    """Side by side: along the second dimension, vectors along their only one.

    Raises:
        ShapeError: sizes differ in another dimension.
    """
    xs = _all(atleast_1d, tensors, "hstack")
    return cat(xs, 0 if xs[0].ndim == 1 else 1)


@composition(
    symbol="vstack",
    formula="vstack(xs)",
    lesson=_JOIN,
    samples=lambda draw: [
        call([draw(2, 3), draw(1, 3)]),
        call([draw(2), draw(2)]),
        refuses("must agree", [np.ones(3), np.ones(2)]),
    ],
    aliases=("row_stack",),
    numpy=((np.vstack, lambda tup: vstack(list(tup))),),
)
def vstack(tensors: Any) -> Any:
    """One below the other: along the first dimension, vectors as rows.

    Raises:
        ShapeError: sizes differ in another dimension.
    """
    return cat(_all(atleast_2d, tensors, "vstack"), 0)


@composition(
    symbol="dstack",
    formula="dstack(xs)",
    lesson=_JOIN,
    samples=lambda draw: [
        call([draw(2, 3), draw(2, 3)]),
        call([draw(2), draw(2)]),
        refuses("must agree", [np.ones(3), np.ones(2)]),
    ],
    numpy=((np.dstack, lambda tup: dstack(list(tup))),),
)
def dstack(tensors: Any) -> Any:
    """One behind the other: along the third dimension.

    Raises:
        ShapeError: sizes differ in another dimension.
    """
    return cat(_all(atleast_3d, tensors, "dstack"), 2)


def _as_column(x: Any) -> Any:
    return reshape(x, (-1, 1)) if x.ndim < 2 else x


@composition(
    symbol="column_stack",
    formula="column_stack(xs)",
    lesson=_JOIN,
    samples=lambda draw: [
        call([draw(2), draw(2, 2)]),
        call([draw(), draw()]),
        refuses("must agree", [np.ones(3), np.ones(2)]),
    ],
    numpy=((np.column_stack, lambda tup: column_stack(list(tup))),),
)
def column_stack(tensors: Any) -> Any:
    """Side by side, vectors as columns.

    Raises:
        ShapeError: numbers of rows differ.
    """
    return cat(_all(_as_column, tensors, "column_stack"), 1)


@composition(
    symbol="chunk",
    formula="chunk(x)",
    lesson=SPLIT,
    samples=lambda draw: [
        call(draw(5, 2), 2),
        call(draw(2, 5), 4, 1),
        refuses("at least one", np.ones(3), 0),
        refuses(NO_SUCH_DIM, np.ones(3), 2, 1),
    ],
    methods=("chunk",),
)
def chunk(x: Any, chunks: int, dim: int = 0) -> Any:
    """At most this many consecutive pieces of one size, the last one maybe smaller.

    Raises:
        ShapeError: no chunks.
        IndexingError: the dimension does not exist.
    """
    shape = operand_shape(x)
    size = (*shape, 1)[at_dim(dim, len(shape))]
    if chunks < 1:
        raise ShapeError(f"chunk(): {chunks} chunks make no sense; there is at least one.")
    return split(x, -(-size // chunks) if size else [0] * chunks, dim)


@composition(
    symbol="split",
    formula="tensor_split(x)",
    lesson=SPLIT,
    samples=lambda draw: [
        call(draw(5, 2), 3),
        call(draw(2, 4), (1, 3), 1),
        call(draw(4), (3, 1)),
        refuses("at least one", np.ones(3), 0),
        refuses(NO_SUCH_DIM, np.ones(3), 2, 1),
    ],
    methods=("tensor_split",),
    numpy=((np.array_split, lambda ary, parts, axis=0: tensor_split(ary, parts, axis)),),
)
def tensor_split(x: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    """This many consecutive pieces, as equal as can be; or pieces cut at a list of places.

    Raises:
        ShapeError: no pieces.
        IndexingError: the dimension does not exist.
    """
    shape, wanted = operand_shape(x), indices_or_sections
    axis = at_dim(dim, len(shape))
    size = (*shape, 1)[axis]
    if not isinstance(wanted, (list, tuple)) and getattr(wanted, "ndim", 0) == 0:
        (n,) = sizes_of((wanted,))
        if n < 1:
            raise ShapeError(f"tensor_split(): {n} pieces make no sense; there is at least one.")
        return split(x, [size // n + (piece < size % n) for piece in range(n)], dim)
    return _cut(x, sizes_of(tuple(wanted)), axis, size)


def _cut(x: Any, places: tuple[int, ...], axis: int, size: int) -> Any:
    """The pieces between places, read as slices read them; out of order they overlap."""
    ends = [slice(0, place).indices(size)[1] for place in places]
    sections = [end - start for start, end in zip([0, *ends], [*ends, size], strict=True)]
    if min(sections) >= 0:
        return split(x, sections, axis)
    whole = (slice(None),) * axis
    return tuple(
        getitem(x, (*whole, slice(start, end)))
        for start, end in zip([0, *ends], [*ends, size], strict=True)
    )


def _as_numpy_splits(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """``np.split``: a number of pieces must divide the size."""
    size = ary.shape[at_dim(axis, ary.ndim)]
    if isinstance(indices_or_sections, (int, np.integer)) and size % indices_or_sections:
        raise ShapeError(
            f"np.split(): a size of {size} does not fall into {indices_or_sections} {_PARTS}; "
            "np.array_split() and tensor_split() make them as equal as can be."
        )
    return tensor_split(ary, indices_or_sections, axis)


def _split_along(x: Any, parts: Any, axis: int, rank: int, name: str) -> Any:
    if x.ndim < rank:
        raise ShapeError(f"{name}() takes at least {rank} dimension(s); x has {x.ndim}.")
    return _as_numpy_splits(x, parts, axis)


@composition(
    symbol="split",
    formula="hsplit(x)",
    lesson=SPLIT,
    samples=lambda draw: [
        call(draw(2, 4), 2),
        call(draw(3), (1,)),
        refuses(_PARTS, np.ones((2, 3)), 2),
        refuses("at least 1", np.array(1.0), 1),
    ],
    methods=("hsplit",),
    numpy=((np.hsplit, lambda ary, parts: hsplit(ary, parts)),),
)
def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """Equal parts side by side, or pieces cut at a list of places.

    Raises:
        ShapeError: the parts cannot be equal.
    """
    return _split_along(x, indices_or_sections, 1 if x.ndim > 1 else 0, 1, "hsplit")


@composition(
    symbol="split",
    formula="vsplit(x)",
    lesson=SPLIT,
    samples=lambda draw: [
        call(draw(4, 2), 2),
        call(draw(3, 1), (1,)),
        refuses(_PARTS, np.ones((3, 2)), 2),
        refuses("at least 2", np.ones(4), 2),
    ],
    methods=("vsplit",),
    numpy=((np.vsplit, lambda ary, parts: vsplit(ary, parts)), (np.split, _as_numpy_splits)),
)
def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """Equal parts one below the other, or pieces cut at a list of places.

    Raises:
        ShapeError: the parts cannot be equal, or x is no matrix.
    """
    return _split_along(x, indices_or_sections, 0, 2, "vsplit")


@composition(
    symbol="split",
    formula="dsplit(x)",
    lesson=SPLIT,
    samples=lambda draw: [
        call(draw(1, 2, 4), 2),
        refuses(_PARTS, np.ones((2, 2, 3)), 2),
        refuses("at least 3", np.ones((2, 4)), 2),
    ],
    methods=("dsplit",),
    numpy=((np.dsplit, lambda ary, parts: dsplit(ary, parts)),),
)
def dsplit(x: Any, indices_or_sections: Any) -> Any:
    """Equal parts one behind the other, or pieces cut at a list of places.

    Raises:
        ShapeError: the parts cannot be equal, or x has fewer than three dimensions.
    """
    return _split_along(x, indices_or_sections, 2, 3, "dsplit")


@composition(
    symbol="block_diag",
    formula="block_diag(xs)",
    lesson=_JOIN,
    samples=lambda draw: [
        call(draw(2, 1), draw(3), draw()),
        refuses("two dimensions", np.ones((2, 2, 2))),
    ],
)
def block_diag(*tensors: Any) -> Any:
    """A matrix with these matrices along its diagonal and zeros elsewhere; vectors are rows.

    Raises:
        ShapeError: more than two dimensions.
    """
    blocks = _all(atleast_2d, tensors, "block_diag")
    if max(x.ndim for x in blocks) > 2:
        raise ShapeError("block_diag(): a block has at most two dimensions.")
    widths = [x.shape[1] for x in blocks]
    before = [sum(widths[:place]) for place in range(len(blocks))]
    after = [sum(widths) - b - w for b, w in zip(before, widths, strict=True)]
    return cat([pad(x, p) for x, *p in zip(blocks, before, after, strict=True)], 0)


@composition(
    symbol="meshgrid",
    formula="meshgrid(xs)",
    lesson="A coordinate that was copied many times gets the sum of all their gradients.",
    samples=lambda draw: [
        call(draw(2), draw(3)),
        call(draw(2), draw(3), draw(), indexing="xy"),
        refuses("'ij' or 'xy'", np.ones(2), indexing="yx"),
        refuses("vectors", np.ones((2, 2))),
    ],
    numpy=((np.meshgrid, lambda *xi, indexing="xy": meshgrid(*xi, indexing=indexing)),),
)
def meshgrid(*tensors: Any, indexing: str = "ij") -> Any:
    """The coordinates of a grid, one tensor for each vector of positions along a dimension.

    Args:
        indexing: ``"ij"``, result shapes (n₀, n₁, …) as PyTorch; ``"xy"``, the first two
            exchanged as NumPy.

    Raises:
        ShapeError: an operand has more than one dimension.
    """
    xs = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    if indexing not in ("ij", "xy"):
        raise ShapeError(f"meshgrid(): indexing is 'ij' or 'xy', not {indexing!r}.")
    if max((x.ndim for x in xs), default=0) > 1:
        raise ShapeError("meshgrid(): the coordinates along each dimension are vectors.")
    ahead = range(len(xs) - 1, -1, -1)
    grids = broadcast_tensors(
        *(reshape(x, (-1, *(1,) * rest)) for x, rest in zip(xs, ahead, strict=True))
    )
    swap = indexing == "xy" and len(xs) > 1
    return tuple(transpose(grid, 0, 1) for grid in grids) if swap else grids
