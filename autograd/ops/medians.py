"""The median and the k-th smallest: elements chosen by their rank."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.extreme import Extreme, at_index, chosen, to_index
from autograd.ops.ranks import row_of
from autograd.ops.reduction import OUT_OF_RANGE, sum, why_no_dim


def _to_middle(g: Any, x: Any, out: Any) -> Any:
    """g where x is the median, shared evenly among equal elements"""
    hit = (x == out) | ((x != x) & (out != out))
    return g / sum(hit) * hit


def _of_middle(t: Any, x: Any, out: Any) -> Any:
    """the mean of t where x is the median"""
    hit = (x == out) | ((x != x) & (out != out))
    return sum(t * hit) / sum(hit)


@primitive(
    symbol="median",
    formula="median_of_all(x)",
    vjp=(_to_middle,),
    jvp=(_of_middle,),
    lesson="A median hands its gradient on to the element in the middle; equal ones share it.",
    samples=lambda draw: [call(draw.apart(5)), call(draw.apart(2, 3)), call(draw.apart())],
)
def median_of_all(x: Any, *, skip_nan: bool = False) -> Any:
    """The element in the middle of all, the lower one of two; NaN counts, or is skipped.

    NaN of no elements. ∂/∂x = 1 at the median, shared evenly among equal elements.
    """
    row = np.reshape(x, (-1,))
    if not x.size:
        return np.full_like(x, np.nan, shape=())
    return np.take_along_axis(np.sort(row), _middle(row, 0, skip_nan), axis=0)[0]


def _middle(row: Any, axis: int, skip_nan: bool) -> Any:
    """The rank of the median along an axis (of the first NaN, where NaN counts)."""
    numbers = np.sum(row == row, axis=axis, keepdims=True)
    middle = np.maximum(numbers - 1, 0) // 2
    return middle if skip_nan else np.where(numbers < row.shape[axis], numbers, middle)


def _ranked_along(draw: Draw) -> list[Call]:
    return [call(draw.apart(2, 3), 1), call(draw.apart(4, 2), 0, True), call(draw.apart(), 0)]


@primitive(
    symbol="median",
    formula="median_along(x)",
    vjp=(to_index,),
    jvp=(at_index,),
    lesson="A median hands its gradient on to the element in the middle.",
    samples=lambda draw: [
        *_ranked_along(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    explain=why_no_dim,
)
def median_along(x: Any, *, dim: int, keepdim: bool = False, skip_nan: bool = False) -> Any:
    """The elements in the middle along one dimension, the lower of two, and their indices.

    ∂values/∂x = 1 at the index.

    Raises:
        ShapeError: the dimension does not exist, or has no elements.
    """
    row, axis = row_of(x, dim)
    return _at_rank(x, _middle(row, axis, skip_nan), dim, keepdim)


def _at_rank(x: Any, rank: Any, dim: int, keepdim: bool) -> Extreme:
    """The elements with a rank along a dimension, and their indices."""
    row, axis = row_of(x, dim)
    order = np.argsort(row, axis=axis, kind="stable")
    return chosen(x, np.take_along_axis(order, rank, axis=axis), dim, keepdim)


def _no_rank(x: Any, *, k: int, dim: int, **_: Any) -> str | None:
    if reason := why_no_dim(x, dim=dim):
        return reason
    size = x.shape[dim] if x.ndim else 1
    return f"k counts from 1 (the smallest) to {size} (the largest) here, got {k}."


@primitive(
    symbol="k-th",
    formula="kthvalue(x)",
    vjp=(to_index,),
    jvp=(at_index,),
    lesson="The k-th smallest element gets the whole gradient.",
    samples=lambda draw: [
        call(draw.apart(4), 2),
        call(draw.apart(3, 2), 3, 0, True),
        call(draw.apart(2, 3), 1, dim=1),
        refuses(OUT_OF_RANGE, np.ones(3), 1, 1),
        refuses("k counts from 1", np.ones(3), 4),
    ],
    methods=("kthvalue",),
    explain=_no_rank,
)
def kthvalue(x: Any, *, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest elements along a dimension, and their indices: (values, indices).

    k counts from 1; NaN is larger than every number. ∂values/∂x = 1 at the index.

    Raises:
        ShapeError: the dimension does not exist, or k is not between 1 and its size.
    """
    row, axis = row_of(x, dim)
    if not 1 <= k <= row.shape[axis]:
        raise ValueError
    shape = tuple(1 if a == axis else size for a, size in enumerate(row.shape))
    return _at_rank(x, np.full_like(row, k - 1, shape=shape, dtype=np.int64), dim, keepdim)


def _medians(draw: Draw) -> list[Call]:
    return [call(draw.apart(2, 3)), call(draw.apart(4), 0), call(draw.apart(2, 3), 1, True)]


@composition(
    symbol="median",
    formula="median(x)",
    lesson="A median hands its gradient on to the element in the middle.",
    samples=lambda draw: [
        *_medians(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("median",),
)
def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The element in the middle, the lower one of two; along `dim` with its index.

    Without `dim` equal elements share the gradient, with it one gets all, as in PyTorch.
    (``np.median`` takes the mean of the two in the middle.) NaN where there is one.

    Raises:
        ShapeError: the dimension does not exist, or has no elements.
    """
    if dim is None:
        return median_of_all(x)
    return Extreme(*median_along(x, dim, keepdim))


@composition(
    symbol="nanmedian",
    formula="nanmedian(x)",
    lesson="A median hands its gradient on to the element in the middle of the numbers.",
    samples=lambda draw: [
        *_medians(draw),
        call(np.array([3.0, np.nan, 1.0, 2.0])),
        call(np.array([[3.0, np.nan, 1.0], [4.0, 2.0, 6.0]]), 1),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("nanmedian",),
)
def nanmedian(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of the elements that are numbers, see `median`; NaN where there are none.

    Raises:
        ShapeError: the dimension does not exist, or has no elements.
    """
    if dim is None:
        return median_of_all(x, skip_nan=True)
    return Extreme(*median_along(x, dim, keepdim, skip_nan=True))
