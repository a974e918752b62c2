"""Where elements are, which there are, and how many: results that jump, without a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.binding import with_numpy_names
from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.shape import NO_SUCH_DIM, Bound, at_dim

_FLAT = "An index jumps and is flat elsewhere: it is not differentiable, no gradient passes."
_SIZES = "all but the last"


@primitive(
    symbol="≠ 0",
    formula="nonzero(x)",
    lesson=_FLAT,
    samples=lambda draw: [call(draw(2, 3) * (draw(2, 3) > 0)), call(draw(3), as_tuple=True)],
    methods=("nonzero",),
    numpy=((np.nonzero, lambda a: nonzero(a, as_tuple=True)),),
)
def nonzero(x: Any, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero, one in each row (int64).

    Args:
        as_tuple: the indices of each dimension instead, ready to be used in ``x[…]``.
    """
    if not as_tuple:
        return np.argwhere(x)
    return tuple(np.nonzero(np.atleast_1d(x)))


@composition(
    symbol="≠ 0",
    formula="argwhere(x)",
    lesson=_FLAT,
    samples=lambda draw: [call(draw(2, 3) > 0)],
    methods=("argwhere",),
    numpy=((np.argwhere, lambda a: argwhere(a)),),
)
def argwhere(x: Any) -> Any:
    """The indices of the elements that are not zero, one in each row (int64)."""
    return nonzero(x)


def _to_search(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Bound:
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ArgumentError(
            "searchsorted(): side is 'left' (right=False) or 'right' (right=True), and not both."
        )
    seq, values = operand_shape(sorted_sequence), operand_shape(input)
    if not seq or (len(seq) > 1 and seq[:-1] != values[:-1]):
        raise ShapeError(
            f"searchsorted(): boundaries of shape {seq} and values of shape {values}; they are a "
            f"vector, or agree in {_SIZES} dimension."
        )
    params = {"right": right or side == "right", "sorter": plain_index(sorter)}
    return (sorted_sequence, input), {**params, "out_int32": out_int32}


def _as_numpy_searches(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    return searchsorted(a, v, side=side, sorter=sorter)


@primitive(
    symbol="search",
    formula="searchsorted(sequence, values)",
    lesson=_FLAT,
    samples=lambda draw: [
        call(np.sort(draw(4)), draw(2, 2)),
        call(np.sort(draw(2, 4)), draw(2, 3), right=True),
        call(np.arange(3.0), 1.0, side="right"),
        refuses(_SIZES, np.ones((2, 3)), np.ones((3, 3))),
        refuses("not both", np.ones(3), np.ones(3), right=True, side="left"),
    ],
    signature=_to_search,
    numpy=((np.searchsorted, _as_numpy_searches),),
)
def searchsorted(sequence: Any, values: Any, *, right: bool, sorter: Any, out_int32: bool) -> Any:
    """Where values belong into a sequence in ascending order (int64, not differentiable).

    ``sequence[i − 1] < value ≤ sequence[i]``; with `right`, < and ≤ change places.

    Args:
        right: behind equal elements, not before them (also ``side="right"``).
        sorter: the indices that put the sequence in order.
        out_int32: indices as int32.

    Raises:
        ShapeError: the sequence is neither a vector nor of the same leading sizes as values.
    """
    if sorter is not None:
        sequence = np.take_along_axis(sequence, sorter, axis=-1)
    if sequence.ndim == 1:
        found = np.searchsorted(sequence, values, side="right" if right else "left")
    else:
        found = _search_rows(sequence, values, right)
    return found.astype(np.int32) if out_int32 else found


def _search_rows(sequence: Any, values: Any, right: bool) -> Any:
    """Each row of values among its row of boundaries: sorted together, and counted."""
    n, m = sequence.shape[-1], values.shape[-1]
    both = np.concatenate([sequence, values] if right else [values, sequence], axis=-1)
    order = np.argsort(both, axis=-1, kind="stable")
    boundary = order < n if right else order >= m
    before = np.cumsum(boundary, axis=-1)
    rank = np.argsort(order, axis=-1, kind="stable")
    own = rank[..., n:] if right else rank[..., :m]
    return np.take_along_axis(before, own, axis=-1)


@composition(
    symbol="search",
    formula="bucketize(x, boundaries)",
    lesson=_FLAT,
    samples=lambda draw: [
        call(np.array([[1, 4], [9, 0]]), np.array([0, 4, 8])),
        refuses("a vector", np.ones(2), np.ones((2, 2))),
    ],
    methods=("bucketize",),
)
def bucketize(x: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The number of the bucket that each element falls into, between ascending boundaries.

    Raises:
        ShapeError: the boundaries are no vector.
    """
    if len(operand_shape(boundaries)) != 1:
        raise ShapeError(
            f"bucketize(): the boundaries are a vector, got shape {operand_shape(boundaries)}."
        )
    return searchsorted(boundaries, x, out_int32=out_int32, right=right)


def _to_unique(
    x: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Bound:
    """The elements come in order anyway: `sorted` is accepted for PyTorch's sake."""
    wanted = {"return_inverse": bool(return_inverse), "return_counts": bool(return_counts)}
    return (x,), {**wanted, "dim": None if dim is None else at_dim(dim, len(operand_shape(x)))}


def _as_numpy_unique(
    ar: Any, *, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None
) -> Any:
    return unique(ar, True, return_inverse, return_counts, axis)


@primitive(
    symbol="unique",
    formula="unique(x)",
    lesson=_FLAT,
    samples=lambda draw: [
        call(np.array([3.0, 1.0, 3.0])),
        call(np.array([[3, 1], [3, 1]]), return_inverse=True, return_counts=True),
        call(np.array([[3, 1], [3, 1]]), return_counts=True, dim=0),
        refuses(NO_SUCH_DIM, np.ones(3), dim=1),
    ],
    methods=("unique",),
    signature=with_numpy_names(_to_unique),
    numpy=((np.unique, _as_numpy_unique),),
)
def unique(x: Any, *, return_inverse: bool, return_counts: bool, dim: int | None) -> Any:
    """Each element once, in order (or each slice along `dim`); NaN equals nothing.

    Args:
        return_inverse: also where each element of x is found in the result.
        return_counts: also how often each element occurs.

    Raises:
        IndexingError: the dimension does not exist.
    """
    values, inverse, counts = np.unique(
        x, return_inverse=True, return_counts=True, axis=dim, equal_nan=False
    )
    if not (return_inverse or return_counts):
        return values
    inverse = inverse.reshape(x.shape if dim is None else (-1,))
    return (values, *((inverse,) if return_inverse else ()), *((counts,) if return_counts else ()))


def _to_counts(x: Any, weights: Any = None, minlength: int = 0) -> Bound:
    return (x,) if weights is None else (x, weights), {"minlength": minlength}


@primitive(
    symbol="count",
    formula="bincount(x)",
    lesson="How often a number occurs is not differentiable; index_add has a gradient for sums.",
    samples=lambda draw: [
        call(np.array([0, 2, 2])),
        call(np.array([0, 2]), draw(2), minlength=5),
        refuses("vector of integers", np.array([-1])),
        refuses("vector of integers", np.array([1.0])),
    ],
    methods=("bincount",),
    signature=_to_counts,
    numpy=(np.bincount,),
    explain=lambda x, *weights, minlength: (
        "x is a vector of integers from 0 on, and weights, where given, as many numbers."
    ),
)
def bincount(x: Any, weights: Any = None, *, minlength: int = 0) -> Any:
    """How often each of the numbers 0, 1, 2, … occurs in x; or the sum of their weights.

    Args:
        minlength: the smallest length of the result.

    Raises:
        ShapeError, DTypeError: x is no vector of integers from 0 on, or weights do not fit.
    """
    found = np.bincount(x, weights, minlength)
    return found if weights is None or weights.dtype.kind != "f" else found.astype(weights.dtype)
