"""Other arrangements of the same elements: each is undone by its like."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError, IndexingError, ShapeError
from autograd.core.node import Handle, operand_shape
from autograd.core.primitive import call, refuses
from autograd.core.promote import check_numeric

LESSON = "The elements only change places; the gradient goes back the same way."

NO_SUCH_DIM = "dimensions go from"

Bound = tuple[tuple[Any, ...], dict[str, Any]]
"""What a signature returns: operands and parameters."""


def sizes_of(args: tuple[Any, ...], given: Any = None) -> tuple[int, ...]:
    """``(2, 3)`` however it was written: as two numbers, a tuple, a list or a keyword.

    Raises:
        ArgumentError: a size is not an integer.
    """
    if given is not None:
        args = (given,)
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    try:
        return tuple(operator.index(size) for size in args)
    except TypeError as error:
        raise ArgumentError(
            f"Sizes and dimensions are integers, such as (2, 3); got {args!r}."
        ) from error


def at_dim(dim: Any, ndim: int) -> int:
    """A dimension counted from the front; a number alone has one, as in PyTorch.

    Raises:
        IndexingError: the dimension does not exist.
        ArgumentError: it is not an integer.
    """
    rank, place = ndim or 1, dim if dim.__class__ is int else sizes_of((dim,))[0]
    if not -rank <= place < rank:
        raise IndexingError(
            f"dimension {dim} does not exist: x has {ndim} dimension(s), so dimensions go from "
            f"{-rank} to {rank - 1}."
        )
    return place % rank


def distinct_dims(dims: Any, ndim: int) -> tuple[int, ...]:
    """One dimension or several, counted from the front.

    Raises:
        ShapeError: a dimension is named twice.
        IndexingError: a dimension does not exist.
    """
    given = dims if isinstance(dims, (tuple, list)) else (dims,)
    found = tuple(at_dim(dim, ndim) for dim in given)
    if len(set(found)) < len(found):
        raise ShapeError(f"dimensions {tuple(given)}: one of them is named twice.")
    return found


def _to_shape(x: Any, *args: Any, shape: Any = None) -> Bound:
    return (x,), {"shape": sizes_of(args, shape)}


def _reshape_reason(x: Any, shape: tuple[int, ...]) -> str:
    return (
        f"{np.size(x)} elements of shape {np.shape(x)} do not fill a shape {shape}; the product "
        "of the sizes must stay the same (one of them may be -1)."
    )


@primitive(
    symbol="reshape",
    formula="reshape(x)",
    vjp=("reshape(g, x_shape)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3), 3, 2),
        call(draw(2, 3), (-1,)),
        call(draw(1), ()),
        refuses("do not fill", np.ones((2, 3)), 4, 2),
        refuses("Sizes and dimensions are integers", np.ones((2, 3)), 3.0, 2),
    ],
    methods=("reshape", "view"),
    signature=_to_shape,
    view=True,
    explain=_reshape_reason,
    numpy=(np.reshape,),
)
def reshape(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The same elements, row by row, in another shape: ``x.reshape(3, 2)``, ``x.view(-1)``.

    Where the elements do not lie in memory in that order, they are copied.

    Raises:
        ShapeError: the number of elements would change.
    """
    return np.reshape(x, shape)


@composition(
    symbol="reshape",
    formula="reshape(x)",
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3), other=draw(3, 2)),
        refuses("do not fill", np.ones((2, 3)), np.ones(4)),
    ],
    methods=("view_as", "reshape_as"),
    aliases=("reshape_as",),
)
def view_as(x: Any, other: Any) -> Any:
    """x in the shape of another tensor, row by row.

    Raises:
        ShapeError: the other one has another number of elements.
    """
    return reshape(x, shape=operand_shape(other))


@primitive(
    symbol="ᵀ",
    formula="transpose(x)",
    vjp=("transpose(g, dim0, dim1)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3), 0, 1),
        call(draw(2, 3, 4), -1, 0),
        call(draw(), 0, -1),
        refuses(NO_SUCH_DIM, np.ones((2, 3)), 0, 2),
    ],
    methods=("transpose", "swapaxes", "swapdims"),
    aliases=("swapaxes", "swapdims"),
    numpy=(
        (np.swapaxes, lambda a, axis1, axis2: transpose(a, axis1, axis2)),
        (np.matrix_transpose, lambda x: transpose(x, -1, -2)),
    ),
    view=True,
    explain=lambda x, dim0, dim1: (
        f"x has {np.ndim(x)} dimension(s), so {NO_SUCH_DIM} {-np.ndim(x)} to {np.ndim(x) - 1}."
    ),
)
def transpose(x: Any, *, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged (for the transpose of a matrix also ``x.T``).

    Raises:
        IndexingError: a dimension that does not exist.
    """
    if x.ndim:
        return np.swapaxes(x, dim0, dim1)
    at_dim(dim0, 0), at_dim(dim1, 0)
    return x[...]


def _to_dims(x: Any, *args: Any, dims: Any = None) -> Bound:
    return (x,), {"dims": sizes_of(args, dims)}


def _in_old_order(g: Any, dims: tuple[int, ...]) -> Any:
    """g, its dimensions put back in order"""
    order = sorted(range(len(dims)), key=lambda new: dims[new] % len(dims))
    return permute(g, tuple(order))


def _as_numpy_permutes(a: Any, axes: Any = None) -> Any:
    """``np.transpose``: all dimensions, in reverse order by default."""
    return permute(a, tuple(range(a.ndim))[::-1] if axes is None else tuple(axes))


@primitive(
    symbol="permute",
    formula="permute(x)",
    vjp=(_in_old_order,),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3, 4), 2, 0, 1),
        call(draw(2, 3), (1, 0)),
        refuses("each dimension once", np.ones((2, 3)), (0, 0)),
    ],
    methods=("permute",),
    signature=_to_dims,
    view=True,
    numpy=((np.transpose, _as_numpy_permutes),),
    explain=lambda x, dims: f"name each dimension once: {x.ndim} of them, in their new order.",
)
def permute(x: Any, *, dims: tuple[int, ...]) -> Any:
    """The dimensions in another order: ``x.permute(2, 0, 1)``.

    Raises:
        ShapeError: a dimension is missing or named twice.
        IndexingError: a dimension that does not exist.
    """
    return np.transpose(x, dims)


@composition(
    symbol="ᵀ",
    formula="transpose(x)",
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(3)),
        refuses("two dimensions", np.ones((2, 2, 2))),
    ],
    methods=("t",),
)
def t(x: Any) -> Any:
    """The transpose of a matrix; a vector stays as it is.

    Raises:
        ShapeError: more than two dimensions.
    """
    if x.ndim > 2:
        raise ShapeError(
            f"The transpose of a matrix has two dimensions, and this tensor has {x.ndim}; "
            "name the two with transpose(dim0, dim1)."
        )
    return transpose(x, 0, 1) if x.ndim == 2 else x


def _to_places(x: Any, source: Any, destination: Any) -> Bound:
    ndim = len(operand_shape(x))
    moved = {
        "source": distinct_dims(source, ndim),
        "destination": distinct_dims(destination, ndim),
    }
    if len(moved["source"]) != len(moved["destination"]):
        raise ShapeError(
            f"movedim(): {len(moved['source'])} dimension(s) to move and "
            f"{len(moved['destination'])} place(s) to move them to; give as many of each."
        )
    return (x,), moved


@primitive(
    symbol="movedim",
    formula="movedim(x)",
    vjp=("movedim(g, destination, source)",),
    linear=True,
    lesson=LESSON,
    samples=lambda draw: [
        call(draw(2, 3, 4), 0, -1),
        call(draw(2, 3, 4), (0, 1), (-1, 0)),
        refuses("as many of each", np.ones((2, 3)), (0, 1), 0),
        refuses("named twice", np.ones((2, 3)), (0, 0), (0, 1)),
        refuses(NO_SUCH_DIM, np.ones((2, 3)), 2, 0),
    ],
    methods=("movedim", "moveaxis"),
    aliases=("moveaxis",),
    signature=_to_places,
    numpy=((np.moveaxis, lambda a, source, destination: movedim(a, source, destination)),),
    view=True,
)
def movedim(x: Any, *, source: tuple[int, ...], destination: tuple[int, ...]) -> Any:
    """Dimensions moved to other places, the rest in their order: channels last with ``(1, -1)``.

    Raises:
        ShapeError: a dimension is named twice, or the two numbers of dimensions differ.
        IndexingError: a dimension that does not exist.
    """
    return np.moveaxis(x, source, destination) if x.ndim else x[...]


@primitive(
    symbol="copy",
    formula="clone(x)",
    vjp=("g",),
    linear=True,
    lesson="A copy hands the gradient on unchanged.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("clone",),
    numpy=((np.copy, lambda a: clone(a)),),
)
def clone(x: Any) -> Any:
    """A copy with its own memory and the same history."""
    return np.copy(x, order="C")


@composition(
    symbol="copy",
    formula="clone(x)",
    lesson="A copy hands the gradient on unchanged.",
    samples=lambda draw: [call(draw(2, 3)), call(draw(4, 3)[::2].T)],
    methods=("contiguous",),
)
def contiguous(x: Any) -> Any:
    """x, its elements row by row in memory: itself where they are so already, else a copy."""
    flags = getattr(x.value if isinstance(x, Handle) else x, "flags", None)
    return x if flags is not None and flags.c_contiguous else clone(x)


def _to_dtype(x: Any, dtype: Any) -> Bound:
    """The dtype, or that of another tensor or array.

    Raises:
        ArgumentError: it is no dtype.
        DTypeError: it is one of complex numbers, text or objects.
    """
    model = getattr(dtype, "dtype", None)
    try:
        wanted = np.dtype(model if isinstance(model, np.dtype) else dtype)
    except TypeError:
        wanted = None
    if dtype is None or wanted is None:
        raise ArgumentError(
            f"to(): {dtype!r} is no dtype, and a tensor has no device to go to; write float, int, "
            "bool, 'float32' or np.float32, or give a tensor whose dtype to take."
        )
    check_numeric(wanted, "to(): the dtype")
    return (x,), {"dtype": wanted}


@primitive(
    symbol="cast",
    formula="to(x)",
    vjp=("g",),
    linear=True,
    lesson="A change of dtype hands the gradient on, in the dtype of the operand.",
    samples=lambda draw: [
        call(draw(2, 3), np.float64),
        call(draw(2), dtype=np.ones(1)),
        refuses("could not convert", np.array(["one"]), float),
        refuses("5 is no dtype", np.ones(2), 5),
        refuses("None is no dtype", np.ones(2), None),
        refuses("is complex", np.ones(2), complex),
    ],
    methods=("to", "astype"),
    aliases=("astype",),
    signature=_to_dtype,
)
def to(x: Any, *, dtype: np.dtype[Any]) -> Any:
    """The elements in another dtype, or in that of another tensor: ``x.to(float)``, ``x.to(y)``.

    Floats lose their decimals on the way to integers. The gradient comes back in the
    operand's own dtype.

    Raises:
        DTypeError: a dtype that is no real number.
    """
    return x.astype(dtype)
