"""Joining and taking apart: `cat` and `split`, `stack` and `unbind` undo each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses

_SPLIT = "Each piece's gradient goes back to the place that the piece was taken from."


def _list(tensors: Any, dim: int = 0, axis: int | None = None) -> tuple[tuple[Any, ...], Any]:
    """The arguments of `cat` and `stack`: one sequence of tensors, and a dimension."""
    if not isinstance(tensors, (list, tuple)) or not tensors:
        raise ArgumentError(
            "cat() and stack() take a list or tuple of at least one tensor, "
            f"such as cat([x, y]); got {type(tensors).__name__}."
        )
    return tuple(tensors), {"dim": dim if axis is None else axis}


def _cat_reason(*xs: Any, dim: int) -> str:
    shapes = ", ".join(str(np.shape(x)) for x in xs)
    return f"shapes {shapes} must agree in every dimension but dim={dim}."


def _pieces(g: Any, shapes: tuple[tuple[int, ...], ...], dim: int) -> Any:
    """the piece of g that lies where the operand was put"""
    return split(g, [shape[dim] for shape in shapes], dim)


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
    ],
    bad=(
        refuses("must agree", [np.ones((2, 3)), np.ones((2, 2))]),
        refuses("a list or tuple", np.ones(3)),
    ),
    aliases=("concatenate", "concat"),
    signature=_list,
    promote=True,
    explain=_cat_reason,
    numpy=(np.concatenate,),
)
def cat(*xs: Any, dim: int = 0) -> Any:
    """Tensors end to end along an existing dimension: ``cat([x, y], dim=1)``.

    Raises:
        ShapeError: sizes differ in another dimension.
        ArgumentError: not a list or tuple of tensors.
    """
    return np.concatenate(xs, axis=dim)


def _to_sections(
    x: Any, split_size_or_sections: Any, dim: int = 0, axis: int | None = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    dim = dim if axis is None else axis
    size = operand_shape(x)[dim]
    wanted = split_size_or_sections
    if isinstance(wanted, int):
        wanted = [min(wanted, size - start) for start in range(0, size, wanted)]
    if sum(wanted) != size:
        raise ShapeError(
            f"split(): sections {list(wanted)} add up to {sum(wanted)}, "
            f"but dimension {dim} has size {size}."
        )
    return (x,), {"sections": tuple(wanted), "dim": dim}


@primitive(
    symbol="split",
    formula="split(x)",
    vjp=("cat(g, dim)",),
    linear=True,
    lesson=_SPLIT,
    samples=lambda draw: [call(draw(5, 2), 2), call(draw(2, 4), [1, 3], 1)],
    bad=(refuses("add up to", np.ones(4), [1, 2]),),
    methods=("split",),
    signature=_to_sections,
    view=True,
)
def split(x: Any, *, sections: tuple[int, ...], dim: int = 0) -> Any:
    """Consecutive pieces along a dimension: of one size, or of the sizes in a list.

    Raises:
        ShapeError: the sizes do not add up.
    """
    return tuple(np.split(x, np.cumsum(sections)[:-1].tolist(), axis=dim))


@primitive(
    symbol="stack",
    formula="stack(xs)",
    vjp=("unbind(g, dim)",),
    linear=True,
    lesson="Stacking hands each operand its own slice of the gradient.",
    samples=lambda draw: [call([draw(2, 3), draw(2, 3)]), call([draw(2), draw(2), draw(2)], -1)],
    bad=(refuses("must be equal", [np.ones(2), np.ones(3)]),),
    signature=_list,
    promote=True,
    explain=lambda *xs, dim: (
        "all shapes must be equal, got " + ", ".join(str(np.shape(x)) for x in xs) + "."
    ),
    numpy=(np.stack,),
)
def stack(*xs: Any, dim: int = 0) -> Any:
    """Tensors of equal shape along a new dimension: ``stack([x, y])``.

    Raises:
        ShapeError: shapes differ.
        ArgumentError: not a list or tuple of tensors.
    """
    return np.stack(xs, axis=dim)


@primitive(
    symbol="unbind",
    formula="unbind(x)",
    vjp=("stack(g, dim)",),
    linear=True,
    lesson=_SPLIT,
    samples=lambda draw: [call(draw(3, 2)), call(draw(2, 3), 1)],
    bad=(refuses("out of bounds", np.ones(3), 1),),
    methods=("unbind",),
    view=True,
)
def unbind(x: Any, *, dim: int = 0) -> Any:
    """All slices along a dimension, as a tuple: the way to walk over a sequence.

    Raises:
        ShapeError: the dimension does not exist.
    """
    return tuple(np.moveaxis(x, dim, 0))
