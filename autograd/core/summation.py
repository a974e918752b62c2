"""Adding up many numbers accurately and fast, on plain arrays.

NumPy adds contiguous rows in pairs, which is accurate, but columns one row after the
other: of a million float32 numbers between 0 and 1 the sum is then off by up to a percent,
and bias gradients and batch statistics are sums of exactly this shape. Here columns
are added block by block, and where BLAS is faster the sum is a product with ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.core.whole import whole

_SMALL = 4096
"""Up to this many elements NumPy's own sum is as good as any."""

RUN = 128
"""So many numbers may be added one after the other."""

_NARROW = 128
"""Up to this width a product with ones is faster than a sum, however it is done."""

LONG = 4096
"""So many numbers BLAS adds up by a product with ones as accurately as NumPy does."""


_reduce: Any = np.add.reduce


def total(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Σ x over `dim`, like ``np.sum``, with an error that does not grow with the length.

    float16 is added up in float32.
    """
    if x.dtype.kind != "f" or (x.size <= _SMALL and x.dtype.itemsize > 2):
        return _sum(x, dim, keepdim)
    if x.dtype.itemsize == 2:
        return narrowed(total(widened(x), dim, keepdim), x)
    if dim is None and getattr(getattr(x, "flags", None), "forc", True):
        return np.sum(x, keepdims=keepdim)
    axes = sorted(normalize_axis_tuple(range(x.ndim) if dim is None else dim, x.ndim))
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    out = _over_axes(x, axes)
    return np.reshape(out, kept) if keepdim else out


def widened(x: Any) -> Any:
    """float16 as float32, to calculate in; everything else as it is."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def narrowed(out: Any, x: Any) -> Any:
    """A result in the dtype of the operand that it was calculated from."""
    return out if out.dtype == x.dtype else out.astype(x.dtype)


def _sum(x: Any, dim: Any, keepdim: bool) -> Any:
    """NumPy's sum; its own arrays need none of its ways to other libraries, which cost more."""
    if x.__class__ is np.ndarray:
        return _reduce(x, axis=dim, keepdims=keepdim)
    return np.sum(x, axis=dim, keepdims=keepdim)


def _per_channel(x: Any, axes: list[int]) -> bool:
    """Whether a batch (N, C, …) is added up for each channel alone."""
    return x.ndim > 2 and axes == [0, *range(2, x.ndim)]


@whole(when=_per_channel)
def _over_axes(x: Any, axes: list[int]) -> Any:
    """The sum over ascending `axes`: the last ones together as rows, then one by one."""
    if x.__class__ is np.ndarray:
        order = sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))
        if order != list(range(x.ndim)):
            return _in_order(x, axes, order)
    first = x.ndim
    while axes and axes[-1] == first - 1:
        first = axes.pop()
    if first < x.ndim:
        x = _over_rows(np.reshape(x, (*x.shape[:first], -1)))
    for axis in reversed(axes):
        x = _over_blocks(x, axis)
    return x


def _in_order(x: Any, axes: list[int], order: list[int]) -> Any:
    """The sum over `axes` of an array whose axes lie in another order in memory."""
    out = _over_axes(np.transpose(x, order), [n for n, axis in enumerate(order) if axis in axes])
    kept = [axis for axis in order if axis not in axes]
    return np.transpose(out, [kept.index(axis) for axis in sorted(kept)])


def _over_rows(x: Any) -> Any:
    """The sum over the last axis."""
    if x.ndim > 1 and _is_quicker_by_ones(x):
        return np.matmul(x, np.ones_like(x, shape=(x.shape[-1],)))
    strides = getattr(x, "strides", None)
    if x.ndim > 1 and strides and strides[-1] != x.dtype.itemsize:
        return _over_blocks(np.swapaxes(x, -1, -2), x.ndim - 2)
    return np.sum(x, axis=-1)


def _over_blocks(x: Any, axis: int) -> Any:
    """The sum over an axis that is not the last: within blocks first, then over blocks."""
    n, before, after = x.shape[axis], x.shape[:axis], x.shape[axis + 1 :]
    if n <= RUN:
        return _over_columns(x, axis)
    whole = n - n % RUN
    head, tail = np.split(x, [whole], axis=axis)
    blocks = np.reshape(head, (*before, whole // RUN, RUN, *after))
    out = _over_blocks(_over_columns(blocks, axis + 1), axis)
    return out + _over_columns(tail, axis) if whole < n else out


def _over_columns(x: Any, axis: int) -> Any:
    """The sum over a short axis that is not the last."""
    if axis == x.ndim - 2 and _is_quicker_by_ones(x):
        return np.matmul(np.ones_like(x, shape=(x.shape[axis],)), x)
    return np.sum(x, axis=axis)


def _is_quicker_by_ones(x: Any) -> bool:
    """Whether a product with ones adds up rows, or columns, sooner: BLAS takes them as they lie.

    (1024, 1600) are added up in 82 µs in place of 260 (tools/measure_passes.py summation). Of
    wide rows these are NumPy's own, each in one piece: what is traced is noted as the sum that
    it is, for `call_directly` to rewrite.
    """
    own_rows = x.__class__ is np.ndarray and x.strides[-1] == x.itemsize
    return bool(x.shape[-1] <= (LONG if own_rows else _NARROW))
