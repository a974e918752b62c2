"""Sums and means of windows, over any number of dimensions.

A window is a product of intervals, so its elements are added one dimension after the other.
`sum_pool` and `spread_pool` are adjoint. The functions that PyTorch names are in `poolnd`.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import RangeError, ShapeError
from autograd.core.node import Handle
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.core.whole import whole
from autograd.ops.windows import Pads, Sizes, Windows, image_of, pairs, positive, spatial

_SPREAD = "Each element gets the sum of the gradients of the windows that it lies in"


def counts_of(windows: Windows, image: Sizes, ceil_mode: bool) -> Sizes:
    """How many windows there are; with `ceil_mode` also one that is cut off at the end.

    Such a last window must begin inside the image or its padding before the end.
    """
    if not ceil_mode:
        return windows.counts(image)
    found = []
    for n, size, span, step, (before, _) in zip(
        image, windows.padded(image), windows.spans, windows.stride, windows.padding, strict=True
    ):
        count = -(-(size - span) // step) + 1
        found.append(count - ((count - 1) * step >= n + before))
    return tuple(found) if min(found) > 0 else windows.counts(image)


def _windows(kernel_size: Sizes, stride: Sizes, padding: Pads, dilation: Any = 1) -> Windows:
    apart = positive(dilation, len(kernel_size), "dilation")
    return Windows(kernel_size, stride, padding, apart)


def pool_params(kernel_size: Any, stride: Any, padding: Any, dims: int | None = None) -> Any:
    """Kernel, stride (the kernel by default) and padding, checked, one per dimension.

    Raises:
        ShapeError: padding of more than half the kernel.
    """
    dims = dims or spatial(kernel_size)
    kernel = positive(kernel_size, dims, "kernel_size")
    steps = kernel if stride is None or stride == () else positive(stride, dims, "stride")
    pads = pairs(padding, dims)
    if any(2 * p > k for k, pair in zip(kernel, pads, strict=True) for p in pair):
        raise ShapeError(
            f"padding should be at most half of kernel size, but got padding={padding} and "
            f"kernel_size={kernel_size}: a window could lie in the padding altogether."
        )
    return {"kernel_size": kernel, "stride": steps, "padding": pads}


def inside(windows: Windows, x: Any, size: Sizes, counts: Sizes) -> bool:
    """Whether a batch of images has windows that lie inside altogether, and no others."""
    batch = x.ndim == len(size) + 2 and x.size > 0 and x.dtype.kind == "f"
    return batch and not any(map(any, windows.padding)) and windows.counts(size) == counts


def _sums_inside(
    x: Any, windows: Windows, counts: Sizes, combine: Callable[..., Any], start: Any
) -> bool:
    size = tuple(x.shape[-len(counts) :])
    return combine is np.add and start == 0 and inside(windows, x, size, counts)


@whole(when=_sums_inside)
def reduced(
    x: Any, windows: Windows, counts: Sizes, combine: Callable[..., Any], start: Any
) -> Any:
    """The elements of each window combined, one dimension after the other."""
    first = x.ndim - len(counts)
    for axis, count in enumerate(counts):
        parts = windows.meetings_along(axis, x.shape[first + axis], count)
        seen = [x[_at(first + axis, elements)] for _, _, elements in parts]
        if len(seen) > 1 and all(part.shape[first + axis] == count for part in seen):
            x = functools.reduce(combine, seen)
            continue
        shape = (*x.shape[: first + axis], count, *x.shape[first + axis + 1 :])
        out: Any = np.full_like(x, start, shape=shape)
        for (_, positions, _), part in zip(parts, seen, strict=True):
            place = _at(first + axis, positions)
            out[place] = combine(out[place], part)
        x = out
    return x


def _at(axis: int, part: slice) -> tuple[slice, ...]:
    return (*itertools.repeat(slice(None), axis), part)


def _to_sum_pool(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (input,), {**pool_params(kernel_size, stride, padding), "ceil_mode": bool(ceil_mode)}


def _images(draw: Draw) -> list[Call]:
    return [
        call(draw(1, 2, 4, 4), 2),
        call(draw(2, 5, 4), (3, 2), (2, 1), (1, 0), True),
        call(draw(1, 1, 6), (2,), 1, 1),
    ]


@primitive(
    symbol="Σ pool",
    formula="sum_pool(input)",
    vjp=("spread_pool(g, input_shape, kernel_size, stride, padding, ceil_mode)",),
    linear=True,
    lesson=f"{_SPREAD}.",
    samples=lambda draw: [
        *_images(draw),
        refuses("at most half", np.ones((1, 1, 4)), (2,), None, 2),
    ],
    signature=_to_sum_pool,
)
def sum_pool(
    input: Any, *, kernel_size: Sizes, stride: Sizes, padding: Pads, ceil_mode: bool = False
) -> Any:
    """The sum of each window (lecture A).

    Shapes: (N, C, …) or (C, …) → the same with one number per window.

    Raises:
        ShapeError: a kernel larger than the padded input, or padding of more than half of it.
    """
    windows = _windows(kernel_size, stride, padding)
    image = image_of(input, len(kernel_size), "sum_pool")
    return reduced(input, windows, counts_of(windows, image, ceil_mode), np.add, 0)


def _to_spread_pool(
    input: Any,
    size: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    known = pool_params(kernel_size, stride, padding)
    sizes = tuple(size)[-len(known["kernel_size"]) :]
    return (input,), {"size": sizes, **known, "ceil_mode": bool(ceil_mode)}


def _spreads_inside(
    x: Any,
    *,
    size: Sizes,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    ceil_mode: bool = False,
) -> bool:
    windows = _windows(kernel_size, stride, padding)
    return inside(windows, x, size, tuple(x.shape[-len(size) :]))


@primitive(
    symbol="spread",
    formula="spread_pool(input)",
    vjp=("sum_pool(g, kernel_size, stride, padding, ceil_mode)",),
    linear=True,
    lesson="A number that was handed out to a window gets the sum of its gradients.",
    samples=lambda draw: [
        call(draw(1, 2, 2, 2), (4, 4), 2),
        call(draw(2, 3, 3), (5, 4), (3, 2), (2, 1), (1, 0), True),
        refuses("at most half", np.ones((1, 2)), (4,), (2,), None, 2),
    ],
    signature=_to_spread_pool,
)
@whole(when=_spreads_inside)
def spread_pool(
    input: Any,
    *,
    size: Sizes,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    ceil_mode: bool = False,
) -> Any:
    """Each number handed out to all elements of its window in an image of a spatial `size`.

    The adjoint of `sum_pool`: where windows overlap, elements get the sum.
    """
    windows, first = _windows(kernel_size, stride, padding), input.ndim - len(size)
    for axis, wide in enumerate(size):
        count = input.shape[first + axis]
        shape = (*input.shape[: first + axis], wide, *input.shape[first + axis + 1 :])
        out: Any = np.zeros_like(input, shape=shape)
        for _, positions, elements in windows.meetings_along(axis, wide, count):
            out[_at(first + axis, elements)] += input[_at(first + axis, positions)]
        input = out
    return input


def _divisor(
    image: Sizes,
    windows: Windows,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    """How many elements each window counts: one number if the same for all, else nested lists.

    With padding included, a window counts up to the end of the padding.
    """
    if divisor_override is not None:
        return divisor_override
    counts, along = counts_of(windows, image, ceil_mode), []
    for n, count, k, step, (before, after) in zip(
        image, counts, windows.kernel, windows.stride, windows.padding, strict=True
    ):
        low, high = (-before, n + after) if count_include_pad else (0, n)
        starts = [i * step - before for i in range(count)]
        along.append([min(s + k, high) - max(s, low) for s in starts])
    if all(len(set(sizes)) == 1 for sizes in along):
        return math.prod(sizes[0] for sizes in along)
    return np.asarray(functools.reduce(np.multiply.outer, along)).tolist()  # type: ignore[arg-type]


def _over(x: Any, divisor: Any) -> Any:
    """x divided by a number, or by one for each window, in its own dtype."""
    if isinstance(divisor, int):
        return x / divisor
    array = x.value if isinstance(x, Handle) else x
    return x / np.asarray(divisor, dtype=array.dtype, like=array)


def _to_avg_pool(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if divisor_override == 0:
        raise RangeError("divisor_override must not be zero: the sums are divided by it.")
    return (input,), {
        **pool_params(kernel_size, stride, padding),
        "ceil_mode": bool(ceil_mode),
        "count_include_pad": bool(count_include_pad),
        "divisor_override": divisor_override,
    }


def _to_mean(
    g: Any,
    input_shape: Sizes,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    """g / n, handed out to the n elements of each window"""
    windows, size = _windows(kernel_size, stride, padding), input_shape[-len(kernel_size) :]
    divisor = _divisor(size, windows, ceil_mode, count_include_pad, divisor_override)
    return spread_pool(_over(g, divisor), size, kernel_size, stride, padding, ceil_mode)


@primitive(
    symbol="avg pool",
    formula="avg_pool(input)",
    vjp=(_to_mean,),
    linear=True,
    lesson="A window over n elements hands one n-th of its gradient on to each.",
    samples=lambda draw: [
        call(draw(1, 2, 4, 4), 2),
        call(draw(2, 5, 4), (3, 2), (2, 1), (1, 0), True),
        call(draw(1, 1, 4), (3,), 2, 1, True, False),
        call(draw(1, 1, 4), (2,), divisor_override=3),
        refuses("at most half", np.ones((1, 1, 4)), (2,), None, 2),
        refuses("not be zero", np.ones((1, 1, 4)), (2,), divisor_override=0),
    ],
    signature=_to_avg_pool,
    floating=True,
)
def avg_pool(
    input: Any,
    *,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window.

    Zeros of the padding count as elements unless `count_include_pad` is False; a window that
    `ceil_mode` cuts off at the end counts what is left of it.

    Shapes: (N, C, …) or (C, …) → the same with one number per window.

    Raises:
        ShapeError: a kernel larger than the padded input, or padding of more than half of it.
    """
    windows = _windows(kernel_size, stride, padding)
    image = image_of(input, len(kernel_size), "avg_pool")
    total = reduced(input, windows, counts_of(windows, image, ceil_mode), np.add, 0)
    return _over(total, _divisor(image, windows, ceil_mode, count_include_pad, divisor_override))
