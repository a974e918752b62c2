"""Choices out of vectors, and their powers side by side."""

from __future__ import annotations

from itertools import combinations as _choices, combinations_with_replacement
from typing import Any

import numpy as np

from autograd.core.arrays import alike
from autograd.core.define import composition
from autograd.core.errors import RangeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.arithmetic import pow
from autograd.ops.flattening import ravel, unsqueeze
from autograd.ops.indexing import getitem
from autograd.ops.joining import list_of, stack
from autograd.ops.reduction import broadcast_to
from autograd.ops.shape import reshape, sizes_of

_VECTOR = "takes vectors"
_COPIES = "Each element gets the sum of the gradients of its copies."


def _need_vector(x: Any, name: str) -> int:
    """The length of a vector."""
    shape = operand_shape(x)
    if len(shape) != 1:
        raise ShapeError(f"{name}() {_VECTOR}, got shape {shape}.")
    return shape[0]


@composition(
    symbol="choose",
    formula="combinations(x)",
    lesson=_COPIES,
    samples=lambda draw: [
        call(draw(3)),
        call(draw(4), 3),
        call(draw(2), 2, True),
        refuses(_VECTOR, np.ones((2, 2))),
        refuses("at least 1", np.ones(3), 0),
    ],
)
def combinations(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """Every choice of `r` elements of a vector as a row, in the order of `itertools`.

    Raises:
        ShapeError: not a vector.
        RangeError: less than one element at a time.
    """
    size, (width,) = _need_vector(x, "combinations"), sizes_of((r,))
    if width < 1:
        raise RangeError(f"combinations(): at least 1 element at a time, got r={r}.")
    choose = combinations_with_replacement if with_replacement else _choices
    rows = np.array(list(choose(range(size), width)), dtype=np.int64)
    return getitem(x, alike(rows.reshape((-1, width)), x))


@composition(
    symbol="×",
    formula="cartesian_prod(x, y)",
    lesson=_COPIES,
    samples=lambda draw: [
        call(draw(2), draw(3)),
        call(draw(2)),
        call(draw(2), draw(1), draw(2)),
        refuses(_VECTOR, np.ones(2), np.ones((2, 2))),
    ],
)
def cartesian_prod(*tensors: Any) -> Any:
    """Every choice of one element of each vector as a row; a single vector as it is.

    Raises:
        ShapeError: not vectors.
    """
    xs = list_of(tensors, "cartesian_prod")
    sizes = tuple(_need_vector(x, "cartesian_prod") for x in xs)
    if len(xs) == 1:
        return xs[0]
    columns = []
    for axis, x in enumerate(xs):
        along = tuple(size if a == axis else 1 for a, size in enumerate(sizes))
        columns.append(ravel(broadcast_to(reshape(x, along), sizes)))
    return stack(columns, -1)


@composition(
    symbol="powers",
    formula="vander(x)",
    lesson="Each number gets the gradients of its powers times their slopes.",
    samples=lambda draw: [
        call(draw(3)),
        call(draw(2), 4, increasing=True),
        call(draw(2), 1),
        refuses(_VECTOR, np.ones((2, 2))),
        refuses("0 or more", np.ones(2), -1),
    ],
    numpy=(np.vander,),
)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers x^(N−1) … x, 1 of each element as a row (a Vandermonde matrix).

    Args:
        N: the number of columns; as many as rows by default.
        increasing: from 1, x to x^(N−1), as ``torch.linalg.vander`` has it.

    Raises:
        ShapeError: not a vector.
        RangeError: a negative number of columns.
    """
    size = _need_vector(x, "vander")
    (width,) = (size,) if N is None else sizes_of((N,))
    if width < 0:
        raise RangeError(f"vander(): N, the number of columns, is 0 or more, got {N}.")
    powers = np.arange(width) if increasing else np.arange(width)[::-1]
    return pow(unsqueeze(x, 1), alike(powers, x))
