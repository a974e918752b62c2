"""The largest element of each window, and the place where it was.

Largest elements are found one dimension after the other, their places offset by offset.
`pick_pool` and `place_pool` are adjoint: the gradient goes to the place, and to that alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.node import Handle
from autograd.core.primitive import call, refuses
from autograd.core.whole import whole
from autograd.ops.pooling import counts_of, inside, pool_params, reduced
from autograd.ops.windows import Pads, Sizes, Windows, image_of, positive


def _lowest(dtype: Any) -> Any:
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _largest(input: Any, windows: Windows, counts: Sizes) -> Any:
    """The largest element of each window, one dimension after the other."""
    return reduced(input, windows, counts, np.maximum, _lowest(input.dtype))


def _inside_pooled(x: Any, *, ceil_mode: bool, **windows: Any) -> bool:
    made, size = _windows(**windows), image_of(x, len(windows["kernel_size"]), "max_pool")
    return inside(made, x, size, counts_of(made, size, ceil_mode))


def _inside_found(x: Any, out: Any, windows: Windows) -> bool:
    dims = len(windows.kernel)
    return inside(windows, x, tuple(x.shape[-dims:]), tuple(out.shape[-dims:]))


def _inside_placed(g: Any, offsets: Any, *, size: Sizes, **windows: Any) -> bool:
    return inside(_windows(**windows), g, size, tuple(g.shape[-len(size) :]))


def _windows(kernel_size: Sizes, stride: Sizes, padding: Pads, dilation: Sizes) -> Windows:
    return Windows(kernel_size, stride, padding, dilation)


@whole(when=_inside_found)
def _offsets(x: Any, out: Any, windows: Windows) -> Any:
    """The offset in each window of its first element that equals the result, row by row.

    Of several NaN the last counts, as in PyTorch.
    """
    dims = len(windows.kernel)
    image, counts = tuple(x.shape[-dims:]), tuple(out.shape[-dims:])
    visits = [((..., *p), (..., *e)) for _, p, e in windows.meetings(image, counts)]
    number_type = np.uint8 if len(visits) < 256 else np.int64
    found: Any = np.zeros_like(out, dtype=number_type)
    before: Any = np.ones_like(out, dtype=bool)
    for place, elements in visits[:-1]:
        before[place] &= x[elements] != out[place]
        found += before
    if bool(np.any(np.isnan(out))):
        for number, (place, elements) in enumerate(visits):
            found[place] = np.where(np.isnan(x[elements]), number, found[place])
    return found


def _tiled(windows: Windows, size: Sizes, counts: Sizes) -> bool:
    """Whether each element of an image lies in exactly one window."""
    inside = not any(map(any, windows.padding)) and windows.counts(size) == counts
    return inside and windows.apart and math.prod((*windows.kernel, *counts)) == math.prod(size)


def _array(x: Any) -> Any:
    return x.value if isinstance(x, Handle) else x


def _to_largest(
    g: Any,
    input: Any,
    out: Any,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
) -> Any:
    """g, put where the (first) largest element of its window was"""
    windows = Windows(kernel_size, stride, padding, dilation)
    offsets = _offsets(_array(input), _array(out), windows)
    size = tuple(input.shape[-len(kernel_size) :])
    return place_pool(g, offsets, size, kernel_size, stride, padding, dilation)


def _of_largest(
    t: Any,
    input: Any,
    out: Any,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
) -> Any:
    """t at the (first) largest element of each window"""
    windows = Windows(kernel_size, stride, padding, dilation)
    offsets = _offsets(_array(input), _array(out), windows)
    return pick_pool(t, offsets, kernel_size, stride, padding, dilation)


def _to_max_pool(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    known = pool_params(kernel_size, stride, padding)
    apart = positive(dilation, len(known["kernel_size"]), "dilation")
    return (input,), {**known, "dilation": apart, "ceil_mode": bool(ceil_mode)}


@primitive(
    symbol="max pool",
    formula="max_pool(input)",
    vjp=(_to_largest,),
    jvp=(_of_largest,),
    lesson="Each window hands its gradient on to its largest element (the first one of equals); "
    "all others get nothing from it.",
    samples=lambda draw: [
        call(draw.apart(1, 2, 4, 4), 2),
        call(draw.apart(2, 5, 4), (3, 2), (2, 1), (1, 0), 1, True),
        call(draw.apart(1, 1, 6), (2,), 1, 1, 2),
        refuses("at most half", np.ones((1, 1, 4)), (2,), None, 2),
        refuses("can't be greater", np.ones((1, 1, 2, 2)), 3),
        refuses("dimensions", np.ones(4), 2),
    ],
    signature=_to_max_pool,
)
@whole(when=_inside_pooled)
def max_pool(
    input: Any,
    *,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
    ceil_mode: bool = False,
) -> Any:
    """The largest element of each window; padding never wins, a NaN always does.

    Shapes: (N, C, …) or (C, …) → the same with one number per window; a `kernel_size` of one
    number is for images, a tuple says how many dimensions there are.

    Raises:
        ShapeError: a kernel larger than the padded input, or padding of more than half of it.
    """
    windows = Windows(kernel_size, stride, padding, dilation)
    image = image_of(input, len(kernel_size), "max_pool")
    return _largest(input, windows, counts_of(windows, image, ceil_mode))


def _to_max_pool_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return _to_max_pool(input, kernel_size, stride, padding, dilation, ceil_mode)


@primitive(
    symbol="argmax",
    formula="max_pool_indices(input)",
    lesson="An index jumps and is flat elsewhere: it is not differentiable, no gradient passes.",
    samples=lambda draw: [
        call(draw.apart(1, 2, 4, 4), 2),
        call(draw.apart(2, 5, 4), (3, 2), (2, 1), (1, 0), 1, True),
        refuses("at most half", np.ones((1, 1, 4)), (2,), None, 2),
    ],
    signature=_to_max_pool_indices,
)
def max_pool_indices(
    input: Any,
    *,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
    ceil_mode: bool = False,
) -> Any:
    """Where the largest element of each window is, counted row by row in its image (int64)."""
    windows = Windows(kernel_size, stride, padding, dilation)
    image = image_of(input, len(kernel_size), "max_pool_indices")
    out = _largest(input, windows, counts_of(windows, image, ceil_mode))
    rest: Any = _offsets(input, out, windows).astype(np.int64)
    index, area = rest * 0, 1
    for axis in reversed(range(len(image))):
        here, rest = rest % kernel_size[axis], rest // kernel_size[axis]
        index = index + (_starts(windows, axis, rest) + here * dilation[axis]) * area
        area *= image[axis]
    return index


def _starts(windows: Windows, axis: int, like: Any) -> Any:
    """Where each window begins along a dimension, shaped to broadcast."""
    dims = len(windows.kernel)
    count = like.shape[like.ndim - dims + axis]
    along: Any = np.arange(count, like=like) * windows.stride[axis] - windows.padding[axis][0]
    return along.reshape((count, *(1 for _ in range(dims - axis - 1))))


def _to_pick(
    input: Any,
    offsets: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    _, known = _to_max_pool(input, kernel_size, stride, padding, dilation)
    del known["ceil_mode"]
    return (input, offsets), known


@primitive(
    symbol="pick",
    formula="pick_pool(input)",
    vjp=("place_pool(g, offsets, input_shape, kernel_size, stride, padding, dilation)", None),
    linear=True,
    lesson="The gradient goes back to the elements that were picked; one picked by several "
    "windows gets the sum.",
    samples=lambda draw: [
        call(draw(2, 4, 3), np.array([[[0, 3], [1, 1]], [[2, 2], [0, 1]]]), 2, (2, 1)),
        refuses("at most half", np.ones((1, 4)), np.zeros((1, 2), int), (2,), None, 2),
    ],
    signature=_to_pick,
)
def pick_pool(
    input: Any,
    offsets: Any,
    *,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
) -> Any:
    """From each window the element at an offset, which is counted row by row in the window."""
    windows = Windows(kernel_size, stride, padding, dilation)
    dims = len(kernel_size)
    image, counts = tuple(input.shape[-dims:]), tuple(offsets.shape[-dims:])
    out: Any = np.zeros_like(input, shape=tuple(offsets.shape))
    for number, (_, positions, elements) in enumerate(windows.meetings(image, counts)):
        place = (..., *positions)
        out[place] = np.where(offsets[place] == number, input[(..., *elements)], out[place])
    return out


def _to_place(
    input: Any,
    offsets: Any,
    size: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    operands, known = _to_pick(input, offsets, kernel_size, stride, padding, dilation)
    return operands, {"size": tuple(size)[-len(known["kernel_size"]) :], **known}


@primitive(
    symbol="place",
    formula="place_pool(input)",
    vjp=("pick_pool(g, offsets, kernel_size, stride, padding, dilation)", None),
    linear=True,
    lesson="Each number's gradient is picked from the place that the number was put.",
    samples=lambda draw: [
        call(draw(2, 2, 2), np.array([[[0, 3], [1, 1]], [[2, 2], [0, 1]]]), (4, 3), 2, (2, 1)),
        refuses("at most half", np.ones((1, 2)), np.zeros((1, 2), int), (4,), (2,), None, 2),
    ],
    signature=_to_place,
)
@whole(when=_inside_placed)
def place_pool(
    input: Any,
    offsets: Any,
    *,
    size: Sizes,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
) -> Any:
    """Zeros of a spatial `size` with one number added per window, at an offset in it."""
    windows = Windows(kernel_size, stride, padding, dilation)
    counts = tuple(input.shape[-len(size) :])
    input = _lying_like(input, offsets)
    new = np.empty_like if _tiled(windows, size, counts) else np.zeros_like
    out: Any = new(input, shape=(*input.shape[: -len(size)], *size))
    for number, (_, positions, elements) in enumerate(windows.meetings(size, counts)):
        place, seen = (..., *positions), (..., *elements)
        if windows.apart:
            np.multiply(input[place], offsets[place] == number, out=out[seen])
        else:
            out[seen] += input[place] * (offsets[place] == number)
    return out


def _lying_like(x: Any, places: Any) -> Any:
    """x, or a copy that lies in memory as the places do, which lie as the image did.

    A gradient that comes from a linear layer has the batch first, and the image had it last.
    """
    if x.__class__ is not np.ndarray or x.shape != places.shape:
        return x
    if all(
        a * places.itemsize == b * x.itemsize
        for a, b in zip(x.strides, places.strides, strict=True)
    ):
        return x
    copy = np.empty_like(places, x.dtype)
    copy[...] = x
    return copy
