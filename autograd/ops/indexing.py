"""Indexing and its adjoint: what `getitem` picks out, `place` puts back among zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.define import primitive
from autograd.core.primitive import call, refuses


def _to_index(x: Any, index: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (x,), {"index": plain_index(index)}


def is_basic(index: Any) -> bool:
    """Whether an index is made of integers, slices, None and ... only (no element twice)."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice))
        for part in parts
    )


@primitive(
    symbol="[ ]",
    formula="x[index]",
    vjp=("place(g, index, x_shape)",),
    linear=True,
    lesson="The elements that were picked get their gradients, those picked twice the sum, "
    "all others zero.",
    samples=lambda draw: [
        call(draw(3, 4), 1),
        call(draw(3, 4), (slice(None), slice(3, 0, -2))),
        call(draw(3, 4), (Ellipsis, None, 0)),
        call(draw(4), np.array([0, 0, 2])),
        call(draw(3, 4), np.arange(12).reshape(3, 4) % 2 == 0),
        call(draw(3, 4), (np.array([0, 2, 2]), np.array([1, 1, 1]))),
    ],
    bad=(
        refuses("out of bounds", np.ones(3), 3),
        refuses("too many indices", np.ones(3), (0, 0)),
    ),
    methods=("__getitem__",),
    signature=_to_index,
    view=True,
)
def getitem(x: Any, *, index: Any) -> Any:
    """x[index]: integers, slices (with any step), None, ``...``, boolean and integer arrays.

    Raises:
        IndexingError: an index outside its dimension, or too many indices.
    """
    return x[index]


def _to_place(x: Any, index: Any, shape: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (x,), {"index": plain_index(index), "shape": tuple(shape)}


@primitive(
    symbol="place",
    formula="place(x)",
    vjp=("getitem(g, index)",),
    linear=True,
    lesson="Each element's gradient is picked from the place that the element was put.",
    samples=lambda draw: [
        call(draw(4), 1, (3, 4)),
        call(draw(3), np.array([0, 0, 2]), (4,)),
        call(draw(3, 2), (slice(None), slice(3, 0, -2)), (3, 4)),
    ],
    bad=(refuses("out of bounds", np.ones(1), 3, (2,)),),
    signature=_to_place,
)
def place(x: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with x added at ``index``: elements that meet add up.

    Raises:
        IndexingError: an index outside its dimension.
    """
    out = np.zeros_like(x, shape=shape)
    if is_basic(index):
        out[index] = x
    else:
        np.add.at(out, index, x)
    return out
