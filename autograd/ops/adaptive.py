"""Adaptive pooling: so many bins, whatever the size of the image."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError, RangeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.extreme import max_along
from autograd.ops.indexing import getitem
from autograd.ops.joining import stack
from autograd.ops.shape import reshape
from autograd.ops.windows import Sizes, image_of

_AVG = "A bin of n elements hands one n-th of its gradient on to each."
_MAX = "Each bin hands its gradient on to its largest element (the first one of equals)."
_POSITIVE = "at least 1"


def bins(size: int, count: int) -> list[tuple[int, int]]:
    """Where `count` bins begin and end: ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉; neighbours may overlap."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def _sizes(output_size: Any, image: Sizes) -> Sizes:
    """The number of bins in each dimension; None keeps the size of the image.

    Raises:
        ArgumentError: not one number for each dimension.
        RangeError: a number below 1.
    """
    dims = len(image)
    given = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * dims
    if len(given) != dims:
        raise ArgumentError(f"output_size={output_size!r}: expected a number or a tuple of {dims}.")
    sizes = tuple(n if size is None else int(size) for size, n in zip(given, image, strict=True))
    if any(size < 1 for size in sizes):
        raise RangeError(f"output_size={output_size!r}: each must be {_POSITIVE}.")
    return sizes


def _axes(x: Any, dims: int) -> list[tuple[Any, ...]]:
    """For each spatial dimension the index that comes before it."""
    return [(slice(None),) * axis for axis in range(x.ndim - dims, x.ndim)]


def _to_bins(input: Any, output_size: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (input,), {"output_size": tuple(output_size)}


@primitive(
    symbol="avg pool",
    formula="adaptive_avg_pool(input)",
    vjp=("adaptive_spread(g, input_shape[-len(output_size):])",),
    linear=True,
    lesson=_AVG,
    samples=lambda draw: [
        call(draw(2, 5, 4), (3, 2)),
        call(draw(1, 1, 2), (3,)),
        refuses("dimensions", np.ones(4), (2,)),
    ],
    signature=_to_bins,
    floating=True,
)
def adaptive_avg_pool(input: Any, *, output_size: Sizes) -> Any:
    """The mean of each bin; `output_size` has one number of bins per dimension."""
    image, x = image_of(input, len(output_size), "adaptive_avg_pool"), input
    for before, size, count in zip(_axes(x, len(image)), image, output_size, strict=True):
        axis = len(before)
        ranges = [(*before, slice(start, end)) for start, end in bins(size, count)]
        x = np.stack([np.mean(x[part], axis=axis) for part in ranges], axis=axis)
    return x


@primitive(
    symbol="spread",
    formula="adaptive_spread(input)",
    vjp=("adaptive_avg_pool(g, input_shape[-len(output_size):])",),
    linear=True,
    lesson="A number that was shared out among a bin gets the mean of its gradients.",
    samples=lambda draw: [
        call(draw(2, 3, 2), (5, 4)),
        refuses("dimensions", np.ones(4), (2,)),
    ],
    signature=_to_bins,
)
def adaptive_spread(input: Any, *, output_size: Sizes) -> Any:
    """Each number shared out evenly among its bin, in an image of a spatial `output_size`.

    The adjoint of `adaptive_avg_pool`; what bins have in common gets the sum.
    """
    counts, x = image_of(input, len(output_size), "adaptive_spread"), input
    for before, size, count in zip(_axes(x, len(counts)), output_size, counts, strict=True):
        out: Any = np.zeros_like(
            x, shape=(*x.shape[: len(before)], size, *x.shape[len(before) + 1 :])
        )
        for i, (start, end) in enumerate(bins(size, count)):
            out[(*before, slice(start, end))] += x[(*before, slice(i, i + 1))] / (end - start)
        x = out
    return x


def _avg(dims: int, input: Any, output_size: Any) -> Any:
    image = image_of(input, dims, f"adaptive_avg_pool{dims}d")
    return adaptive_avg_pool(input, _sizes(output_size, image))


@composition(
    symbol="avg pool",
    formula="adaptive_avg_pool(input)",
    lesson=_AVG,
    samples=lambda draw: [
        call(draw(2, 2, 5), 3),
        call(draw(2, 4), 2),
        refuses(_POSITIVE, np.ones((1, 1, 4)), 0),
    ],
)
def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of `output_size` bins of a signal: (N, C, L) or (C, L).

    Bin i of m over n elements goes from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉.

    Raises:
        RangeError: less than one bin.
    """
    return _avg(1, input, output_size)


@composition(
    symbol="avg pool",
    formula="adaptive_avg_pool(input)",
    lesson=_AVG,
    samples=lambda draw: [
        call(draw(2, 2, 4, 5), (2, 3)),
        call(draw(1, 3, 2), (None, 1)),
        refuses("tuple of 2", np.ones((1, 1, 4, 4)), (1, 2, 3)),
    ],
)
def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of so many bins of an image: (N, C, H, W) or (C, H, W).

    `output_size` is a number, or two, None for the size that the image has. Bins and errors
    are those of `adaptive_avg_pool1d`.
    """
    return _avg(2, input, output_size)


@composition(
    symbol="avg pool",
    formula="adaptive_avg_pool(input)",
    lesson=_AVG,
    samples=lambda draw: [
        call(draw(1, 2, 2, 1, 3), (1, 1, 2)),
        refuses("tuple of 3", np.ones((1, 1, 4, 4, 4)), (1, 2)),
    ],
)
def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """The means of so many bins of a volume; see `adaptive_avg_pool2d`."""
    return _avg(3, input, output_size)


def _max(dims: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    image = image_of(input, dims, f"adaptive_max_pool{dims}d")
    sizes = _sizes(output_size, image)
    ranges = [bins(n, count) for n, count in zip(image, sizes, strict=True)]
    found = [_largest(input, bounds, image) for bounds in itertools.product(*ranges)]
    shape = (*operand_shape(input)[:-dims], *sizes)
    values = reshape(stack([value for value, _ in found], -1), shape)
    if not return_indices:
        return values
    return values, reshape(stack([index for _, index in found], -1), shape)


def _largest(input: Any, bounds: tuple[tuple[int, int], ...], image: Sizes) -> tuple[Any, Any]:
    """The largest element of one bin, and its index, counted row by row in the image."""
    part = getitem(input, (..., *(slice(start, end) for start, end in bounds)))
    lead, size = part.shape[: -len(image)], math.prod(part.shape[-len(image) :])
    found: Any = max_along(reshape(part, (*lead, size)), -1)
    value, rest = found
    index: Any = 0
    area = 1
    for (start, end), n in reversed(list(zip(bounds, image, strict=True))):
        index = index + (rest % (end - start) + start) * area
        rest, area = rest // (end - start), area * n
    return value, index


def _signals(draw: Draw) -> list[Call]:
    return [call(draw.apart(2, 2, 5), 3), call(draw.apart(2, 4), 2, True)]


@composition(
    symbol="max pool",
    formula="adaptive_max_pool(input)",
    lesson=_MAX,
    samples=lambda draw: [
        *_signals(draw),
        refuses(_POSITIVE, np.ones((1, 1, 4)), 0),
    ],
)
def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` bins of a signal, and with `return_indices` their
    places: (N, C, L) or (C, L); see `adaptive_avg_pool1d`.
    """
    return _max(1, input, output_size, return_indices)


@composition(
    symbol="max pool",
    formula="adaptive_max_pool(input)",
    lesson=_MAX,
    samples=lambda draw: [
        call(draw.apart(1, 2, 3, 4), 2, True),
        call(draw.apart(1, 5, 2), (2, None)),
        refuses("tuple of 2", np.ones((1, 1, 4, 4)), (1, 2, 3)),
    ],
)
def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of so many bins of an image, and with `return_indices` their places,
    counted row by row: (N, C, H, W) or (C, H, W); see `adaptive_avg_pool2d`.
    """
    return _max(2, input, output_size, return_indices)


@composition(
    symbol="max pool",
    formula="adaptive_max_pool(input)",
    lesson=_MAX,
    samples=lambda draw: [
        call(draw.apart(1, 2, 2, 1, 3), (1, 1, 2)),
        refuses("tuple of 3", np.ones((1, 1, 4, 4, 4)), (1, 2)),
    ],
)
def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of so many bins of a volume; see `adaptive_max_pool2d`."""
    return _max(3, input, output_size, return_indices)
