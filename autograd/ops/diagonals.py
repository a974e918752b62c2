"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.define import composition, primitive
from autograd.core.errors import IndexingError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.flattening import ravel
from autograd.ops.indexing import place
from autograd.ops.shape import NO_SUCH_DIM, Bound, distinct_dims, movedim, sizes_of

_LESSON = "The elements of the diagonal get their gradients, all others zero."
_PART = "The part that was kept hands the gradient on, the rest stops it."


def _plane(name: str, ndim: int, dim1: Any, dim2: Any) -> dict[str, int]:
    """The two dimensions of a matrix, counted from the front."""
    if ndim < 2:
        raise IndexingError(f"{name}() takes matrices: at least two dimensions, and x has {ndim}.")
    first, second = distinct_dims((dim1, dim2), ndim)
    return {"dim1": first, "dim2": second}


def _spots(rows: int, columns: int, offset: int, like: Any) -> tuple[Any, Any]:
    """Row and column of each element of a diagonal."""
    first, right = max(-offset, 0), max(offset, 0)
    count = max(min(rows - first, columns - right), 0)
    steps = np.arange(count, like=like)
    return steps + first, steps + right


def _to_diagonal(x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Bound:
    plane = _plane("diagonal", len(operand_shape(x)), dim1, dim2)
    return (x,), {"offset": sizes_of((offset,))[0], **plane}


def _onto_diagonal(g: Any, x_shape: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Any:
    """g on the diagonal, zeros elsewhere"""
    sizes = [size for axis, size in enumerate(x_shape) if axis not in (dim1, dim2)]
    plane = x_shape[dim1], x_shape[dim2]
    spots = _spots(*plane, offset, plain_index(g))
    return movedim(place(g, (Ellipsis, *spots), (*sizes, *plane)), (-2, -1), (dim1, dim2))


def _as_numpy_diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return diagonal(a, offset, axis1, axis2)


@primitive(
    symbol="diagonal",
    formula="diagonal(x)",
    vjp=(_onto_diagonal,),
    linear=True,
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(3, 3), -1),
        call(draw(2, 2, 3), 1, -2, -1),
        call(draw(2, 2), 4),
        refuses("takes matrices", np.ones(3)),
        refuses("named twice", np.ones((2, 2)), 0, 1, 1),
        refuses(NO_SUCH_DIM, np.ones((2, 2)), 0, 0, 2),
    ],
    methods=("diagonal",),
    signature=_to_diagonal,
    numpy=((np.diagonal, _as_numpy_diagonal),),
    view=True,
)
def diagonal(x: Any, *, offset: int, dim1: int, dim2: int) -> Any:
    """The diagonal of the matrices in two dimensions, as the last dimension of the result.

    Args:
        offset: how far above the main diagonal; below it where negative.

    Raises:
        IndexingError: fewer than two dimensions, or one that does not exist.
        ShapeError: the same dimension twice.
    """
    out = np.diagonal(x, offset, dim1, dim2)
    if isinstance(x, np.ndarray) and x.flags.writeable:
        out.flags.writeable = True
    return out


def _to_embedded(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Bound:
    plane = _plane("diag_embed", len(operand_shape(x)) + 1, dim1, dim2)
    return (x,), {"offset": sizes_of((offset,))[0], **plane}


@primitive(
    symbol="diag",
    formula="diag_embed(x)",
    vjp=("diagonal(g, offset, dim1, dim2)",),
    linear=True,
    lesson="Each element gets the gradient of its place on the diagonal.",
    samples=lambda draw: [
        call(draw(3)),
        call(draw(2, 2), 1),
        call(draw(2, 2), -1, 0, 2),
        refuses("takes matrices", np.array(1.0)),
        refuses("named twice", np.ones(2), 0, 1, 1),
        refuses(NO_SUCH_DIM, np.ones(2), 0, 0, 2),
    ],
    methods=("diag_embed",),
    signature=_to_embedded,
)
def diag_embed(x: Any, *, offset: int, dim1: int, dim2: int) -> Any:
    """Square matrices in two new dimensions, with the last dimension of x as diagonal.

    Args:
        offset: how far above the main diagonal; below it where negative.

    Raises:
        IndexingError: x is a single number, or a dimension does not exist.
        ShapeError: the same dimension twice.
    """
    size = x.shape[-1] + abs(offset)
    out = np.zeros_like(x, shape=(*x.shape[:-1], size, size))
    out[(Ellipsis, *_spots(size, size, offset, x))] = x
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


@composition(
    symbol="diag",
    formula="diag(x)",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(3)),
        call(draw(3, 2), -1),
        refuses("vector or a matrix", np.ones((2, 2, 2))),
        refuses("vector", np.array(1.0)),
    ],
    methods=("diag",),
    numpy=((np.diag, lambda v, k=0: diag(v, k)),),
)
def diag(x: Any, diagonal: int = 0) -> Any:
    """The diagonal of a matrix; a vector gives the matrix that has it as diagonal.

    Args:
        diagonal: how far above the main diagonal; below it where negative.

    Raises:
        ShapeError: neither a vector nor a matrix.
    """
    if x.ndim not in (1, 2):
        raise ShapeError(
            f"diag() takes a vector or a matrix; x has {x.ndim} dimension(s). diagonal() and "
            "diag_embed() work on several matrices."
        )
    return diag_embed(x, diagonal) if x.ndim == 1 else _diagonal_of(x, diagonal)


_diagonal_of = diagonal


@composition(
    symbol="diag",
    formula="diagflat(x)",
    lesson="Each element gets the gradient of its place on the diagonal.",
    samples=lambda draw: [call(draw(2, 2)), call(draw(), 1)],
    methods=("diagflat",),
    numpy=((np.diagflat, lambda v, k=0: diagflat(v, k)),),
)
def diagflat(x: Any, offset: int = 0) -> Any:
    """The matrix that has all elements of x, row by row, as diagonal."""
    return diag_embed(ravel(x), offset)


def _to_triangle(x: Any, diagonal: int = 0) -> Bound:
    if len(operand_shape(x)) < 2:
        raise ShapeError(
            "A triangle is cut from matrices: at least two dimensions, and x has "
            f"{len(operand_shape(x))}."
        )
    return (x,), {"diagonal": sizes_of((diagonal,))[0]}


@primitive(
    symbol="tril",
    formula="tril(x)",
    vjp=("tril(g, diagonal)",),
    linear=True,
    lesson=_PART,
    samples=lambda draw: [
        call(draw(3, 3)),
        call(draw(2, 2, 3), -1),
        refuses("at least two", np.ones(3)),
    ],
    methods=("tril",),
    signature=_to_triangle,
    numpy=((np.tril, lambda m, k=0: tril(m, k)),),
)
def tril(x: Any, *, diagonal: int = 0) -> Any:
    """The lower triangle of the matrices in the last two dimensions, zeros above it.

    Args:
        diagonal: the last diagonal that is kept, counted upwards from the main one.

    Raises:
        ShapeError: fewer than two dimensions.
    """
    return np.tril(x, diagonal)


@primitive(
    symbol="triu",
    formula="triu(x)",
    vjp=("triu(g, diagonal)",),
    linear=True,
    lesson=_PART,
    samples=lambda draw: [
        call(draw(3, 3)),
        call(draw(2, 2, 3), 1),
        refuses("at least two", np.ones(3)),
    ],
    methods=("triu",),
    signature=_to_triangle,
    numpy=((np.triu, lambda m, k=0: triu(m, k)),),
)
def triu(x: Any, *, diagonal: int = 0) -> Any:
    """The upper triangle of the matrices in the last two dimensions, zeros below it.

    Args:
        diagonal: the first diagonal that is kept, counted upwards from the main one.

    Raises:
        ShapeError: fewer than two dimensions.
    """
    return np.triu(x, diagonal)
