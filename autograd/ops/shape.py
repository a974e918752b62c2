"""Other arrangements of the same elements, and copies; each is undone by its like."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ShapeError
from autograd.core.primitive import call, refuses

_LESSON = "The elements only change places; the gradient goes back the same way."


def _sizes(args: tuple[Any, ...], given: Any) -> tuple[int, ...]:
    """``(2, 3)`` however it was written: as two numbers, a tuple, a list or a keyword."""
    if given is not None:
        args = (given,)
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    return tuple(int(size) for size in args)


def _to_shape(x: Any, *args: Any, shape: Any = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (x,), {"shape": _sizes(args, shape)}


def _reshape_reason(x: Any, shape: tuple[int, ...]) -> str:
    return (
        f"{x.size} elements of shape {x.shape} do not fill a shape {shape}; the product of the "
        "sizes must stay the same (one of them may be -1)."
    )


@primitive(
    symbol="reshape",
    formula="reshape(x)",
    vjp=("reshape(g, x_shape)",),
    linear=True,
    lesson=_LESSON,
    samples=lambda draw: [call(draw(2, 3), 3, 2), call(draw(2, 3), (-1,)), call(draw(1), ())],
    bad=(refuses("do not fill", np.ones((2, 3)), 4, 2),),
    methods=("reshape",),
    signature=_to_shape,
    view=True,
    explain=_reshape_reason,
    numpy=(np.reshape,),
)
def reshape(x: Any, *, shape: tuple[int, ...]) -> Any:
    """The same elements, row by row, in another shape: ``x.reshape(3, 2)``, ``x.reshape((-1,))``.

    Raises:
        ShapeError: the number of elements would change.
    """
    return np.reshape(x, shape)


def _dims_reason(x: Any, **params: Any) -> str:
    return f"x has {x.ndim} dimension(s), so dimensions go from {-x.ndim} to {x.ndim - 1}."


@primitive(
    symbol="ᵀ",
    formula="transpose(x)",
    vjp=("transpose(g, dim0, dim1)",),
    linear=True,
    lesson=_LESSON,
    samples=lambda draw: [call(draw(2, 3), 0, 1), call(draw(2, 3, 4), -1, 0)],
    bad=(refuses("dimensions go from", np.ones((2, 3)), 0, 2),),
    methods=("transpose", "swapaxes"),
    aliases=("swapaxes",),
    numpy=(np.swapaxes,),
    view=True,
    explain=_dims_reason,
)
def transpose(x: Any, *, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged (for the transpose of a matrix also ``x.T``).

    Raises:
        ShapeError: a dimension that does not exist.
    """
    return np.swapaxes(x, dim0, dim1)


def _to_dims(x: Any, *args: Any, dims: Any = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (x,), {"dims": _sizes(args, dims)}


def _in_old_order(g: Any, dims: tuple[int, ...]) -> Any:
    """g, its dimensions put back in order"""
    return permute(g, tuple(np.argsort([d % len(dims) for d in dims]).tolist()))


def _as_numpy_permutes(x: Any, axes: Any = None) -> Any:
    """``np.transpose``: all dimensions, in reverse order by default."""
    return permute(x, tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


@primitive(
    symbol="permute",
    formula="permute(x)",
    vjp=(_in_old_order,),
    linear=True,
    lesson=_LESSON,
    samples=lambda draw: [call(draw(2, 3, 4), 2, 0, 1), call(draw(2, 3), (1, 0))],
    bad=(refuses("each dimension once", np.ones((2, 3)), (0, 0)),),
    methods=("permute",),
    signature=_to_dims,
    view=True,
    numpy=((np.transpose, _as_numpy_permutes),),
    explain=lambda x, dims: f"name each dimension once: {x.ndim} of them, in their new order.",
)
def permute(x: Any, *, dims: tuple[int, ...]) -> Any:
    """The dimensions in another order: ``x.permute(2, 0, 1)``.

    Raises:
        ShapeError: a dimension is missing, named twice or does not exist.
    """
    return np.transpose(x, dims)


@composition(
    symbol="ᵀ",
    formula="transpose(x)",
    lesson=_LESSON,
    samples=lambda draw: [call(draw(2, 3)), call(draw(3))],
    bad=(refuses("two dimensions", np.ones((2, 2, 2))),),
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


@primitive(
    symbol="copy",
    formula="clone(x)",
    vjp=("g",),
    linear=True,
    lesson="A copy hands the gradient on unchanged.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("clone",),
    numpy=(np.copy,),
)
def clone(x: Any) -> Any:
    """A copy with its own memory and the same history."""
    return x.copy()


def _to_dtype(x: Any, dtype: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (x,), {"dtype": np.dtype(dtype)}


@primitive(
    symbol="cast",
    formula="to(x)",
    vjp=("g",),
    linear=True,
    lesson="A change of dtype hands the gradient on, in the dtype of the operand.",
    samples=lambda draw: [call(draw(2, 3), np.float64)],
    bad=(refuses("could not convert", np.array(["one"]), float),),
    methods=("to", "astype"),
    aliases=("astype",),
    signature=_to_dtype,
)
def to(x: Any, *, dtype: np.dtype[Any]) -> Any:
    """The elements in another dtype; the gradient comes back in the operand's own."""
    return x.astype(dtype)
