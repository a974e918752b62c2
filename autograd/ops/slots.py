"""A part of a tensor replaced by another tensor: what a view of that part would have written."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import alike
from autograd.core.define import composition
from autograd.core.errors import ShapeError
from autograd.core.node import array_of, operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.flattening import ravel
from autograd.ops.indexing import getitem
from autograd.ops.scattering import index_put
from autograd.ops.selection import take
from autograd.ops.shape import NO_SUCH_DIM, at_dim, movedim, reshape, sizes_of
from autograd.ops.writing import setitem

_WRITE = "What was overwritten gets no gradient; what was written gets that of its place."
_FITS = "the place has shape"


def _written(x: Any, src: Any, index: Any, name: str) -> Any:
    """x with `src` at an index, whose shape it must have exactly."""
    place = operand_shape(getitem(array_of(x), index))
    if operand_shape(src) != place:
        raise ShapeError(f"{name}(): src has shape {operand_shape(src)}, {_FITS} {place}.")
    return setitem(x, src, index)


@composition(
    symbol="select ←",
    formula="select_scatter(x, src)",
    lesson=_WRITE,
    samples=lambda draw: [
        call(draw(2, 3), draw(2), 1, -1),
        call(draw(3), draw(), 0, 1),
        refuses(_FITS, np.ones((2, 3)), np.ones(3), 1, 0),
        refuses(NO_SUCH_DIM, np.ones(2), np.ones(2), 1, 0),
    ],
    methods=("select_scatter",),
)
def select_scatter(x: Any, src: Any, dim: int, index: int) -> Any:
    """A copy of x with `src` as the slice at `index` along `dim`, see `select`.

    Raises:
        ShapeError: `src` does not have the shape of that slice.
        IndexingError: the index or the dimension does not exist.
    """
    whole = (slice(None),) * at_dim(dim, len(operand_shape(x)))
    return _written(x, src, (*whole, *sizes_of((index,))), "select_scatter")


@composition(
    symbol="slice ←",
    formula="slice_scatter(x, src)",
    lesson=_WRITE,
    samples=lambda draw: [
        call(draw(4, 2), draw(2, 2), 0, 1, 3),
        call(draw(2, 5), draw(2, 2), 1, 0, -1, 2),
        call(draw(3), draw(3)),
        refuses(_FITS, np.ones(3), np.ones(3), 0, 1),
    ],
    methods=("slice_scatter",),
)
def slice_scatter(
    x: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy of x with `src` in place of the slices ``start:end:step`` along `dim`.

    Raises:
        ShapeError: `src` does not have the shape of that part.
        IndexingError: the dimension does not exist.
    """
    whole = (slice(None),) * at_dim(dim, len(operand_shape(x)))
    return _written(x, src, (*whole, slice(start, end, step)), "slice_scatter")


@composition(
    symbol="diagonal ←",
    formula="diagonal_scatter(x, src)",
    lesson=_WRITE,
    samples=lambda draw: [
        call(draw(3, 3), draw(3)),
        call(draw(2, 4), draw(2), 1),
        call(draw(3, 2, 2), draw(3, 1), -1, 1, 2),
        refuses(_FITS, np.ones((2, 2)), np.ones(3)),
    ],
    methods=("diagonal_scatter",),
)
def diagonal_scatter(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy of x with `src` as its diagonal, see `diagonal`.

    Raises:
        ShapeError: `src` does not have the shape of that diagonal.
        IndexingError: a dimension does not exist.
    """
    front = movedim(x, (dim1, dim2), (0, 1))
    rows, columns = operand_shape(front)[:2]
    first, second = max(-offset, 0), max(offset, 0)
    steps = np.arange(max(min(rows - first, columns - second), 0))
    rank = len(operand_shape(src))
    moved = movedim(src, -1, 0) if rank > 1 else src
    written = _written(
        front, moved, (alike(steps + first, x), alike(steps + second, x)), "diagonal_scatter"
    )
    return movedim(written, (0, 1), (dim1, dim2))


@composition(
    symbol="put",
    formula="put(x, source)",
    lesson=_WRITE,
    samples=lambda draw: [
        call(draw(2, 3), np.array([0, 4]), draw(2)),
        call(draw(3), np.array([1, 1]), draw(2), True),
        refuses("out of bounds", np.ones(3), np.array([3]), np.ones(1)),
        refuses("one element for each index", np.ones(3), np.array([0, 1]), np.ones(3)),
    ],
    methods=("put",),
)
def put(x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy of x with the elements of `source` at these places, counted row by row.

    With `accumulate` they are added up there.

    Raises:
        IndexingError: an index outside.
        ShapeError: `source` does not have one element for each index.
    """
    if operand_shape(index) != operand_shape(source):
        raise ShapeError(
            f"put(): source has one element for each index; got shapes {operand_shape(source)} "
            f"and {operand_shape(index)}."
        )
    flat = index_put(ravel(x), (ravel(index),), ravel(source), accumulate)
    return reshape(flat, operand_shape(x))


@composition(
    symbol="strided",
    formula="as_strided(x)",
    lesson="Each element gets the sum of the gradients of all places that show it.",
    samples=lambda draw: [
        call(draw(9), (2, 2), (1, 3), 1),
        call(draw(5), (3, 3), (1, 1)),
        call(draw(2, 3), (), (), 4),
        refuses("one stride for each size", np.ones(3), (2,), (1, 1)),
        refuses("out of bounds", np.ones(3), (2,), (3,)),
        refuses("0 or more", np.ones(3), (2,), (-1,)),
    ],
    methods=("as_strided",),
)
def as_strided(x: Any, size: Any, stride: Any, storage_offset: int = 0) -> Any:
    """Element (i, j, …) is number ``storage_offset + i·stride[0] + j·stride[1] + …`` of x.

    Elements are counted row by row, wherever they lie in memory; the result is a copy.

    Raises:
        ShapeError: not one stride for each size, or a negative one.
        IndexingError: a place outside.
    """
    sizes, strides = sizes_of((size,)), sizes_of((stride,))
    if len(sizes) != len(strides):
        raise ShapeError(f"as_strided(): one stride for each size; got {sizes} and {strides}.")
    if min((*sizes, *strides, storage_offset)) < 0:
        raise ShapeError("as_strided(): sizes, strides and the offset are 0 or more.")
    steps = np.tensordot(np.array(strides, np.int64), np.indices(sizes), 1) if sizes else 0
    return take(x, alike(storage_offset + steps, x))
