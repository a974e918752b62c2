"""Elements in order of size. Sorting is stable: equal elements stay in their order.

NaN counts as the largest number of all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.binding import with_numpy_names
from autograd.core.define import composition, primitive
from autograd.core.errors import RangeError
from autograd.core.named import Named
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.flattening import ravel
from autograd.ops.indexing import place
from autograd.ops.selection import along, gather
from autograd.ops.shape import NO_SUCH_DIM, Bound, at_dim, sizes_of

_LESSON = "Each element takes its gradient back to the place that it came from."


class Ordered(Named):
    """What `sort` and `topk` return."""

    values: Any
    indices: Any


def _order(x: Any, dim: int, descending: bool) -> Any:
    """The indices that put x in order; equal elements stay in theirs."""
    if not x.ndim:
        return np.zeros_like(x, dtype=np.int64)
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    back = np.argsort(np.flip(x, axis=dim), axis=dim, kind="stable")
    return x.shape[dim] - 1 - np.flip(back, axis=dim)


def _back_in_place(g: Any, out: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """g, each element back at the place that it came from"""
    return place(g[0], along(out[1], dim), x_shape)


def _in_that_order(t: Any, out: Any, dim: int) -> Any:
    """t, in the order of x"""
    return gather(t, dim, out[1]), None


def _to_sorted(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Bound:
    """Sorting is stable anyway: `stable` is accepted for PyTorch's sake."""
    return (x,), {"dim": at_dim(dim, len(operand_shape(x))), "descending": bool(descending)}


def _samples(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(2, 3)),
        call(draw.apart(3, 2), 0, True),
        call(draw.apart(4), axis=0),
        call(draw()),
        refuses(NO_SUCH_DIM, np.ones(3), 1),
    ]


@primitive(
    symbol="sort",
    formula="sort_along(x)",
    vjp=(_back_in_place,),
    jvp=(_in_that_order,),
    lesson=_LESSON,
    samples=_samples,
    signature=with_numpy_names(_to_sorted),
)
def sort_along(x: Any, *, dim: int, descending: bool) -> Any:
    """The elements along one dimension in order, and the places that they came from.

    Raises:
        IndexingError: the dimension does not exist.
    """
    order = _order(x, dim, descending)
    return x[along(order, dim)], order


@composition(
    symbol="sort",
    formula="sort(x)",
    lesson=_LESSON,
    samples=_samples,
    methods=("sort",),
)
def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """``(values, indices)``: the elements along `dim` in order, and where they came from.

    (``np.sort`` gives the values alone.)

    Raises:
        IndexingError: the dimension does not exist.
    """
    return Ordered(*sort_along(x, dim, descending))


@composition(
    symbol="sort",
    formula="msort(x)",
    lesson=_LESSON,
    samples=lambda draw: [call(draw.apart(3, 2))],
    methods=("msort",),
    numpy=((np.sort, lambda a, axis=-1, kind=None, stable=None: _as_numpy_sorts(a, axis)),),
)
def msort(x: Any) -> Any:
    """The elements in order along the first dimension, without their indices."""
    return sort_along(x, 0)[0]


def _as_numpy_sorts(a: Any, axis: int | None) -> Any:
    """``np.sort``: values alone; all elements in one row where the axis is None."""
    return sort_along(ravel(a))[0] if axis is None else sort_along(a, axis)[0]


def _as_numpy_argsorts(a: Any, axis: int | None = -1, kind: Any = None, stable: Any = None) -> Any:
    """``np.argsort``: all elements in one row where the axis is None."""
    return argsort(ravel(a)) if axis is None else argsort(a, axis)


@primitive(
    symbol="argsort",
    formula="argsort(x)",
    lesson="An index jumps and is flat elsewhere: it is not differentiable, no gradient passes.",
    samples=_samples,
    methods=("argsort",),
    signature=with_numpy_names(_to_sorted),
    numpy=((np.argsort, _as_numpy_argsorts),),
)
def argsort(x: Any, *, dim: int, descending: bool) -> Any:
    """The indices that put x in order along one dimension (int64, not differentiable).

    Raises:
        IndexingError: the dimension does not exist.
    """
    return _order(x, dim, descending)


def _to_top(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Bound:
    """The elements come in order anyway: `sorted` is accepted for PyTorch's sake."""
    shape = operand_shape(x)
    (count,), at = sizes_of((k,)), at_dim(dim, len(shape))
    size = (*shape, 1)[at]
    if not 0 <= count <= size:
        raise RangeError(f"topk(): k={count} of the {size} elements along dimension {dim}.")
    return (x,), {"k": count, "dim": at, "largest": bool(largest)}


def _top_samples(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(2, 4), 2),
        call(draw.apart(3, 2), 2, 0, False),
        call(draw.apart(4), 1, axis=0),
        refuses("k=4 of the 3", np.ones(3), 4),
        refuses(NO_SUCH_DIM, np.ones(3), 1, 1),
    ]


@primitive(
    symbol="top",
    formula="topk_along(x)",
    vjp=(_back_in_place,),
    jvp=(_in_that_order,),
    lesson=_LESSON,
    samples=_top_samples,
    signature=with_numpy_names(_to_top),
)
def topk_along(x: Any, *, k: int, dim: int, largest: bool) -> Any:
    """The `k` largest (or smallest) elements along one dimension, and their places.

    Raises:
        RangeError: there are fewer elements.
        IndexingError: the dimension does not exist.
    """
    chosen = (*(slice(None),) * dim, slice(0, k))
    order = _order(x, dim, largest)
    order = order[chosen] if x.ndim else order
    return x[along(order, dim)], order


@composition(
    symbol="top",
    formula="topk(x)",
    lesson=_LESSON,
    samples=_top_samples,
    methods=("topk",),
)
def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """``(values, indices)``: the `k` largest (or smallest) elements along `dim`, in order.

    Of equal elements the first ones are taken.

    Raises:
        RangeError: there are fewer elements.
        IndexingError: the dimension does not exist.
    """
    return Ordered(*topk_along(x, k, dim, largest))
