"""Pooling as PyTorch names it: in one, two and three dimensions, and undone again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import IndexingError, ShapeError
from autograd.core.node import Handle, operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.indexing import getitem
from autograd.ops.maxpool import max_pool, max_pool_indices
from autograd.ops.pooling import avg_pool, pool_params, sum_pool
from autograd.ops.shape import reshape
from autograd.ops.windows import Sizes, image_of, per_dim

_MAX = (
    "Each window hands its gradient on to its largest element (the first one of equals); all "
    "others get nothing from it."
)
_AVG = "A window over n elements hands one n-th of its gradient on to each."
_HALF = "at most half"


def _max_pool(
    dims: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    kernel = per_dim(kernel_size, dims, "kernel_size")
    values = max_pool(input, kernel, stride, padding, dilation, ceil_mode)
    if not return_indices:
        return values
    return values, max_pool_indices(input, kernel, stride, padding, dilation, ceil_mode)


@composition(
    symbol="max pool",
    formula="max_pool(input)",
    lesson=_MAX,
    samples=lambda draw: [
        call(draw.apart(2, 2, 6), 2),
        call(draw.apart(2, 5), 3, 2, 1, 1, True),
        call(draw.apart(1, 1, 5), 2, 1, 0, 2, return_indices=True),
        refuses(_HALF, np.ones((1, 1, 4)), 2, padding=2),
        refuses("tuple of 1", np.ones((1, 1, 4)), (2, 2)),
    ],
)
def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of a signal.

    Shapes: (N, C, L) or (C, L) → (N, C, L') or (C, L') with
    L' = ⌊(L + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1, or ⌈…⌉ with `ceil_mode`, where
    a last window that would begin in the padding at the end is left out.

    Args:
        stride: from one window to the next; the kernel size by default.
        padding: −∞ on both sides, at most half the kernel.
        return_indices: give the places of the largest elements too (the first of equals).

    Raises:
        ShapeError: a kernel larger than the padded input, or padding of more than half of it.
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composition(
    symbol="max pool",
    formula="max_pool(input)",
    lesson=_MAX,
    samples=lambda draw: [
        call(draw.apart(1, 2, 4, 4), 2),
        call(draw.apart(2, 4, 5), (2, 3), 2, (1, 0), ceil_mode=True, return_indices=True),
        refuses(_HALF, np.ones((1, 4, 4)), 2, padding=2),
    ],
)
def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of an image (lectures A, D3).

    Shapes: (N, C, H, W) or (C, H, W) → with one number per window. Indices count the elements
    of each image row by row. Sizes, arguments and errors are those of `max_pool1d`.
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composition(
    symbol="max pool",
    formula="max_pool(input)",
    lesson=_MAX,
    samples=lambda draw: [
        call(draw.apart(1, 1, 2, 3, 4), (1, 3, 2)),
        refuses("can't be greater", np.ones((1, 1, 4, 4)), 2),
    ],
)
def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of a volume: (N, C, D, H, W) or (C, D, H, W).

    Sizes, arguments and errors are those of `max_pool1d`.
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _signals(draw: Draw) -> list[Call]:
    return [call(draw(2, 2, 6), 2), call(draw(2, 4), 3, 2, 1, True)]


@composition(
    symbol="avg pool",
    formula="avg_pool(input)",
    lesson=_AVG,
    samples=lambda draw: [
        *_signals(draw),
        refuses(_HALF, np.ones((1, 1, 4)), 2, padding=2),
    ],
)
def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window of a signal: (N, C, L) or (C, L).

    Zeros of the padding count unless `count_include_pad` is False; a window that `ceil_mode`
    cuts off at the end counts what is left of it. Sizes and errors are those of `max_pool1d`.
    """
    kernel = per_dim(kernel_size, 1, "kernel_size")
    return avg_pool(input, kernel, stride, padding, ceil_mode, count_include_pad)


@composition(
    symbol="avg pool",
    formula="avg_pool(input)",
    lesson=_AVG,
    samples=lambda draw: [
        call(draw(1, 2, 4, 4), 2),
        call(draw(2, 5, 4), (3, 2), 2, (1, 0), True, False),
        call(draw(1, 4, 2), 2, divisor_override=3),
        refuses("not be zero", np.ones((1, 4, 4)), 2, divisor_override=0),
    ],
)
def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window of an image: (N, C, H, W) or (C, H, W) (lecture A).

    `divisor_override` divides the sums instead of the number of elements. Sizes, arguments and
    errors are those of `avg_pool1d`.
    """
    kernel = per_dim(kernel_size, 2, "kernel_size")
    options = (ceil_mode, count_include_pad, divisor_override)
    return avg_pool(input, kernel, stride, padding, *options)


@composition(
    symbol="avg pool",
    formula="avg_pool(input)",
    lesson=_AVG,
    samples=lambda draw: [
        call(draw(1, 1, 2, 3, 4), (1, 3, 2)),
        refuses("can't be greater", np.ones((1, 1, 4, 4)), 2),
    ],
)
def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window of a volume: (N, C, D, H, W) or (C, D, H, W).

    Sizes, arguments and errors are those of `avg_pool2d`.
    """
    kernel = per_dim(kernel_size, 3, "kernel_size")
    options = (ceil_mode, count_include_pad, divisor_override)
    return avg_pool(input, kernel, stride, padding, *options)


@composition(
    symbol="Σ pool",
    formula="sum_pool(input)",
    lesson="Each element gets the sum of the gradients of the windows that it lies in.",
    samples=lambda draw: [
        call(draw(1, 2, 4, 4), 2),
        call(draw(2, 5, 4), (3, 2), 2, 1, True),
        refuses(_HALF, np.ones((1, 4, 4)), 2, padding=2),
    ],
)
def sum_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False
) -> Any:
    """The sum of each window of an image: (N, C, H, W) or (C, H, W) (lecture A).

    Sizes, arguments and errors are those of `max_pool1d`.
    """
    kernel = per_dim(kernel_size, 2, "kernel_size")
    return sum_pool(input, kernel, stride, padding, ceil_mode)


# --- back to the places -------------------------------------------------------------------


def _to_unpool(input: Any, indices: Any, size: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (input, indices), {"size": tuple(size)}


def _rows(indices: Any, dims: int) -> tuple[Any, Any]:
    """An index into (images, area) for indices of shape (…, spatial)."""
    shape = tuple(indices.shape)
    images, count = math.prod(shape[:-dims]), math.prod(shape[-dims:])
    columns: Any = np.reshape(indices, (images, count))
    return np.reshape(np.arange(images, like=columns), (images, 1)), columns


def _at_indices(g: Any, indices: Any, size: Sizes) -> Any:
    """g at the places that the elements were put to"""
    places = indices.value if isinstance(indices, Handle) else indices
    rows = _rows(places, len(size))
    flat = reshape(g, (rows[0].shape[0], math.prod(size)))
    return reshape(getitem(flat, rows), tuple(places.shape))


@primitive(
    symbol="unpool",
    formula="max_unpool(input)",
    vjp=(_at_indices, None),
    linear=True,
    lesson="Each element's gradient is picked from the place that it was put to.",
    samples=lambda draw: [
        call(draw(1, 2, 2), np.array([[[0, 3], [8, 5]]]), (3, 3)),
        refuses("outside", np.ones((1, 1, 2)), np.array([[[0, 4]]]), (4,)),
    ],
    signature=_to_unpool,
)
def max_unpool(input: Any, indices: Any, *, size: Sizes) -> Any:
    """Zeros of a spatial `size` with each element at its index, counted row by row.

    Of several elements with the same index the last one stays.

    Raises:
        IndexingError: an index outside the image.
    """
    rows, columns = _rows(indices, len(size))
    area = math.prod(size)
    if columns.size and not (columns.min() >= 0 and columns.max() < area):
        raise IndexingError(
            f"an index is outside the image of size {size}, which has the indices 0 to {area - 1}."
        )
    out: Any = np.zeros_like(input, shape=(rows.shape[0], area), order="C")
    out[(rows, columns)] = np.reshape(input, columns.shape)
    return np.reshape(out, (*input.shape[: -len(size)], *size))


def _max_unpool(
    dims: int,
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    output_size: Any,
) -> Any:
    known = pool_params(kernel_size, stride, padding, dims)
    image = image_of(input, dims, f"max_unpool{dims}d")
    if operand_shape(indices) != operand_shape(input):
        raise ShapeError(
            f"max_unpool{dims}d: one index for each element, got an input of shape "
            f"{operand_shape(input)} and indices of shape {operand_shape(indices)}."
        )
    steps = zip(image, known["stride"], known["padding"], known["kernel_size"], strict=True)
    size = tuple((n - 1) * step - sum(pad) + k for n, step, pad, k in steps)
    return max_unpool(input, indices, size if output_size is None else tuple(output_size)[-dims:])


_UNPOOL = "Each element's gradient is picked from the place that it was put to."


@composition(
    symbol="unpool",
    formula="max_unpool(input)",
    lesson=_UNPOOL,
    samples=lambda draw: [
        call(draw(1, 1, 2), np.array([[[1, 2]]]), 2),
        refuses("one index", np.ones((1, 1, 2)), np.array([[[0]]]), 2),
    ],
)
def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """The inverse of `max_pool1d` as far as there is one: maxima at their places, else zeros.

    Shapes: (N, C, L), indices of the same shape → (N, C, (L − 1)·stride − 2·padding + k), or
    the `output_size` where the pooling left elements over.

    Raises:
        ShapeError: not one index for each element.
        IndexingError: an index outside the signal.
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


@composition(
    symbol="unpool",
    formula="max_unpool(input)",
    lesson=_UNPOOL,
    samples=lambda draw: [
        call(draw(1, 1, 1, 2), np.array([[[[1, 7]]]]), 2),
        refuses("outside", np.ones((1, 1, 1)), np.array([[[4]]]), 2),
    ],
)
def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """The inverse of `max_pool2d` as far as there is one (Zeiler & Fergus 2014).

    Shapes: (N, C, H, W) or (C, H, W); sizes, arguments and errors are those of `max_unpool1d`.
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


@composition(
    symbol="unpool",
    formula="max_unpool(input)",
    lesson=_UNPOOL,
    samples=lambda draw: [
        call(draw(1, 1, 1, 2), np.array([[[[1, 7]]]]), (1, 2, 2)),
        refuses("outside", np.ones((1, 1, 1, 1)), np.array([[[[8]]]]), 2),
    ],
)
def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """The inverse of `max_pool3d` as far as there is one; see `max_unpool1d`."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)
