"""How often: the most frequent element, and counts in bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import RangeError
from autograd.core.primitive import call, refuses
from autograd.ops.extreme import Extreme, at_index, chosen, to_index
from autograd.ops.ranks import row_of
from autograd.ops.reduction import OUT_OF_RANGE, why_no_dim


def _where_mode(row: Any, axis: int) -> Any:
    """The last place of the smallest most frequent element along an axis.

    In sorted order equal elements stand together: the longest such run, and of runs of one
    length the first, ends there.
    """
    order = np.argsort(row, axis=axis, kind="stable")
    ranked = np.moveaxis(np.take_along_axis(row, order, axis=axis), axis, -1)
    place = np.arange(ranked.shape[-1], like=row)
    begins = np.concatenate(
        [ranked[..., :1] == ranked[..., :1], ranked[..., 1:] != ranked[..., :-1]], -1
    )
    start = np.maximum.accumulate(np.where(begins, place, 0), axis=-1)
    longest = np.argmax(place - start, axis=-1, keepdims=True)
    return np.take_along_axis(order, np.moveaxis(longest, -1, axis), axis=axis)


@primitive(
    symbol="mode",
    formula="mode(x)",
    vjp=(to_index,),
    jvp=(at_index,),
    lesson="The most frequent element hands its gradient on to the last place where it stands.",
    samples=lambda draw: [
        call(draw.apart(3)),
        call(draw.apart(2, 3), 0, True),
        call(draw.apart()),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("mode",),
    explain=why_no_dim,
)
def mode(x: Any, *, dim: int = -1, keepdim: bool = False) -> Extreme:
    """The most frequent elements along a dimension, the smallest of equally frequent ones.

    With the last index of each: (values, indices). ∂values/∂x = 1 at the index.

    Raises:
        ShapeError: the dimension does not exist, or has no elements.
    """
    row, axis = row_of(x, dim)
    return chosen(x, _where_mode(row, axis), dim, keepdim)


@primitive(
    symbol="count",
    formula="histc(x)",
    lesson="Counts are whole numbers; no gradient passes.",
    samples=lambda draw: [
        call(draw(6), 3),
        call(draw(2, 3), 4, -1.0, 1.0),
        call(np.ones(2), 3),
        refuses("at least one bin", np.ones(2), 0),
        refuses("from 1.0 to 0.0", np.ones(2), 2, 1.0, 0.0),
        refuses("from nan to nan", np.array([np.nan]), 2),
    ],
    methods=("histc",),
    floating=True,
)
def histc(x: Any, *, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements lie in each of `bins` equal parts of [min, max]; others do not count.

    With ``min == max`` the range is that of the elements. The last bin holds its upper end.

    Raises:
        RangeError: no bin, or a range that is none.
    """
    if bins < 1:
        raise RangeError(f"histc() needs at least one bin, got {bins}.")
    low, high = (min, max) if min != max or not x.size else (np.min(x), np.max(x))
    if low == high:
        low, high = low - 1, high + 1
    if not -np.inf < low < high < np.inf:
        raise RangeError(f"histc(): the bins cannot go from {float(low)} to {float(high)}.")
    return np.histogram(x, bins, (low, high))[0].astype(x.dtype)
