"""Convolution: one trilinear form in image, kernel and result, and so three primitives.

⟨g, conv(x, w)⟩ is linear in g, x and w alike. `convolution` gives it by g, its adjoints
`convolution_transpose` by x and `convolution_weight` by w; each one's gradients are the other
two, so every order of derivative is a convolution again.

All three multiply matrices: the windows of the image as columns, the kernels as rows. The
batch comes last in memory, (C, H, W, N), so that columns are gathered in long rows; they are
gathered block by block, so that they stay in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import DTypeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.windows import Pads, Sizes, Windows, pairs, per_dim, positive

BLOCK = 2**20
"""How many bytes of columns are gathered at a time; the best of 2¹⁸ to 2²⁴ as measured."""


# --- with plain arrays --------------------------------------------------------------------


def _batch_last(x: Any, padding: Pads) -> Any:
    """(N, C, …) as a zero-padded (C, …, N) of its own."""
    n, c, *image = x.shape
    sizes = [size + before + after for size, (before, after) in zip(image, padding, strict=True)]
    new = np.zeros_like if any(map(any, padding)) else np.empty_like
    out: Any = new(x, shape=(c, *sizes, n), order="C")
    inner = (slice(p, p + size) for size, (p, _) in zip(image, padding, strict=True))
    out[(slice(None), *inner)] = np.transpose(x, (*range(1, x.ndim), 0))
    return out


def _batch_first(x: Any) -> Any:
    """(C, …, N) as (N, C, …): a view, so that a next layer finds the batch last in memory."""
    return np.transpose(x, (x.ndim - 1, *range(x.ndim - 1)))


def _blocks(
    channels: int, windows: Windows, counts: Sizes, n: int, item: int
) -> Iterator[tuple[slice, Sizes]]:
    """Rows of positions whose columns fill about one block, and the shape of these columns."""
    row = channels * math.prod(windows.kernel) * math.prod(counts[1:]) * n * item
    step = max(1, BLOCK // max(1, row))
    for first in range(0, counts[0], step):
        rows = slice(first, min(first + step, counts[0]))
        height = rows.stop - first
        yield rows, (channels, *windows.kernel, height, *counts[1:], n)


def _elements(windows: Windows, offset: Sizes, rows: slice, counts: Sizes) -> tuple[slice, ...]:
    """The elements of a padded image at one offset in the windows of some rows."""
    ranges = [(rows.start, rows.stop), *((0, count) for count in counts[1:])]
    starts = [k * d for k, d in zip(offset, windows.dilation, strict=True)]
    return tuple(
        slice(start + first * step, start + (last - 1) * step + 1, step)
        for start, (first, last), step in zip(starts, ranges, windows.stride, strict=True)
    )


def _gather(image: Any, windows: Windows, counts: Sizes, rows: slice, shape: Sizes) -> Any:
    """The columns of some rows of positions, from a padded (C, …, N)."""
    columns: Any = np.empty_like(image, shape=shape, order="C")
    for offset in np.ndindex(*windows.kernel):
        elements = _elements(windows, offset, rows, counts)
        columns[(slice(None), *offset)] = image[(slice(None), *elements)]
    return columns


def _scatter(image: Any, columns: Any, windows: Windows, counts: Sizes, rows: slice) -> None:
    """Add columns to the places in the padded image that they were gathered from."""
    for offset in np.ndindex(*windows.kernel):
        elements = _elements(windows, offset, rows, counts)
        image[(slice(None), *elements)] += columns[(slice(None), *offset)]


def _grouped(x: Any, groups: int) -> Any:
    """(C, …) as (groups, C/groups, the rest in one)."""
    return np.reshape(x, (groups, x.shape[0] // groups, math.prod(x.shape[1:])))


def _columns(x: Any, kernel: Sizes, groups: int) -> Any:
    """Gathered columns (C, k…, positions…) as (groups, C/groups·Πk, Π positions)."""
    rows = x.shape[0] // groups * math.prod(kernel)
    return np.reshape(x, (groups, rows, math.prod(x.shape[1 + len(kernel) :])))


# --- the three primitives -----------------------------------------------------------------


def _to_steps(dims: int, stride: Any, padding: Any, dilation: Any, groups: int) -> dict[str, Any]:
    return {
        "stride": positive(stride, dims, "stride"),
        "padding": pairs(padding, dims),
        "dilation": positive(dilation, dims, "dilation"),
        "groups": groups,
    }


def _to_convolution(
    input: Any, weight: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    dims = max(1, len(operand_shape(weight)) - 2)
    return (input, weight), _to_steps(dims, stride, padding, dilation, groups)


def _to_adjoint(
    x: Any,
    y: Any,
    size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    dims = len(size)
    sizes = per_dim(size, dims, "size")
    return (x, y), {"size": sizes, **_to_steps(dims, stride, padding, dilation, groups)}


def _check(input: Any, weight: Any, padding: Pads, groups: int) -> None:
    """Refuse what does not fit together.

    Raises:
        ShapeError: the numbers of dimensions, channels or groups.
        DTypeError: two dtypes.
    """
    dims = len(padding)
    shape = tuple(np.shape(weight))
    if np.ndim(weight) != dims + 2 or np.ndim(input) != dims + 2:
        raise ShapeError(
            f"a convolution over {dims} dimension(s) takes an input (N, C, …) and a weight "
            f"(out, C / groups, …) of {dims + 2} dimensions each, got {tuple(np.shape(input))} "
            f"and {shape}."
        )
    _check_groups(shape[0], groups, shape)
    if input.shape[1] != shape[1] * groups:
        raise ShapeError(
            f"given groups={groups}, weight of size {list(shape)}, expected input"
            f"{list(input.shape)} to have {shape[1] * groups} channels, but got "
            f"{input.shape[1]} channels instead. Channels are the second dimension."
        )
    _check_dtypes(input, weight)


def _check_groups(channels: int, groups: int, shape: Sizes) -> None:
    if groups < 1 or channels % groups:
        raise ShapeError(
            f"given groups={groups}, expected the first dimension of the weight {list(shape)} to "
            f"be divisible by {groups}; each group makes an equal share of the channels."
        )


def _check_dtypes(x: Any, y: Any) -> None:
    if x.dtype != y.dtype:
        raise DTypeError(
            f"convolution takes one dtype, got {x.dtype} and {y.dtype}; convert one with "
            ".to(dtype)."
        )


def _images(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 2, 4, 3), draw(3, 2, 2, 2)),
        call(draw(1, 4, 5, 4), draw(2, 2, 3, 2), (2, 1), (1, 0), 1, 2),
        call(draw(2, 1, 6), draw(2, 1, 3), padding=((1, 0),), dilation=2),
    ]


@primitive(
    symbol="conv",
    formula="convolution(input, weight)",
    vjp=(
        "convolution_transpose(g, weight, input_shape[2:], stride, padding, dilation, groups)",
        "convolution_weight(input, g, weight_shape[2:], stride, padding, dilation, groups)",
    ),
    multilinear=True,
    lesson="A pixel gets the gradients of all windows that it lies in, each times the weight that "
    "met it there; a weight gets the sum of the gradients times the pixels that it met.",
    samples=_images,
    bad=(
        refuses("to have 2 channels", np.ones((1, 3, 4, 4)), np.ones((4, 2, 1, 1))),
        refuses("can't be greater", np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3))),
        refuses("dimensions", np.ones((4, 4)), np.ones((1, 1, 3, 3))),
        refuses("divisible", np.ones((1, 4, 3)), np.ones((3, 2, 1)), groups=2),
        refuses("one dtype", np.ones((1, 1, 3), np.float32), np.ones((1, 1, 3))),
    ),
    signature=_to_convolution,
)
def convolution(
    input: Any, weight: Any, *, stride: Sizes, padding: Pads, dilation: Sizes, groups: int
) -> Any:
    """y[n, o, i] = Σ x[n, c, stride·i + dilation·k − padding] · w[o, c, k], over c and k.

    It slides without flipping the kernel: mathematically a cross-correlation. `conv1d`, `conv2d`
    and `conv3d` add a bias. A stride may leave rows at the end over; they get no gradient.

    Shapes: (N, C, …), (O, C / groups, k…) → (N, O, …), of size
    ⌊(n + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1 along each dimension.

    Raises:
        ShapeError: channels that do not fit, or a kernel larger than the padded input.
        DTypeError: the dtypes differ.
    """
    _check(input, weight, padding, groups)
    kernel = tuple(weight.shape[2:])
    windows = Windows(kernel, stride, padding, dilation)
    counts, n = windows.counts(tuple(input.shape[2:])), input.shape[0]
    image, rows_of = _batch_last(input, padding), _grouped(weight, groups)
    out: Any = np.empty_like(image, shape=(weight.shape[0], *counts, n), order="C")
    for rows, shape in _blocks(input.shape[1], windows, counts, n, image.dtype.itemsize):
        columns = _columns(_gather(image, windows, counts, rows, shape), kernel, groups)
        made = np.matmul(rows_of, columns)
        out[:, rows] = np.reshape(made, (weight.shape[0], *shape[1 + len(kernel) :]))
    return _batch_first(out)


@primitive(
    symbol="convᵀ",
    formula="convolution_transpose(input, weight)",
    vjp=(
        "convolution(g, weight, stride, padding, dilation, groups)",
        "convolution_weight(g, input, weight_shape[2:], stride, padding, dilation, groups)",
    ),
    multilinear=True,
    lesson="Each element was spread over a window with the weights; it gets the gradients of that "
    "window, each times its weight.",
    samples=lambda draw: [
        call(draw(2, 3, 3, 2), draw(3, 2, 2, 2), (4, 3)),
        call(draw(1, 2, 3, 3), draw(2, 2, 3, 2), (5, 4), (2, 1), (1, 0), 1, 2),
    ],
    bad=(
        refuses("a convolution of", np.ones((1, 1, 2)), np.ones((1, 1, 2)), (4,)),
        refuses("2 channels", np.ones((1, 1, 2)), np.ones((2, 1, 2)), (3,)),
    ),
    signature=_to_adjoint,
)
def convolution_transpose(
    input: Any,
    weight: Any,
    *,
    size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
    groups: int,
) -> Any:
    """The image of a spatial `size` that a convolution's gradient goes back to.

    Every element of the input is multiplied with the kernel and added to the window that it
    came from, or, in a decoder, that it is to become (`conv_transpose2d`).

    Shapes: (N, O, …), (O, C / groups, k…) → (N, C, …).

    Raises:
        ShapeError: a convolution of an image of this size has another shape than the input.
        DTypeError: the dtypes differ.
    """
    kernel, n = tuple(weight.shape[2:]), input.shape[0]
    windows = Windows(kernel, stride, padding, dilation)
    counts = _check_result(input, weight, windows, size, groups)
    channels = weight.shape[1] * groups
    result = _batch_last(input, ((0, 0),) * len(kernel))
    rows_of = np.swapaxes(_grouped(weight, groups), -1, -2)
    image: Any = np.zeros_like(result, shape=(channels, *windows.padded(size), n), order="C")
    for rows, shape in _blocks(channels, windows, counts, n, image.dtype.itemsize):
        columns = np.matmul(rows_of, _grouped(result[:, rows], groups))
        _scatter(image, np.reshape(columns, shape), windows, counts, rows)
    inner = (slice(p, p + wide) for wide, (p, _) in zip(size, padding, strict=True))
    return _batch_first(image[(slice(None), *inner)])


def _check_result(result: Any, weight: Any, windows: Windows, size: Sizes, groups: int) -> Sizes:
    """The positions of the windows over an image of `size`, which the result must have.

    Raises:
        ShapeError: it has other ones, or other channels than the weight.
        DTypeError: the dtypes differ.
    """
    counts, shape = windows.counts(size), tuple(weight.shape)
    _check_groups(shape[0], groups, shape)
    _check_dtypes(result, weight)
    if tuple(result.shape[1:]) != (shape[0], *counts):
        raise ShapeError(
            f"a convolution of an image {size} with a weight {list(shape)} has {shape[0]} "
            f"channels of size {counts}; got an input of shape {tuple(result.shape)}."
        )
    return counts


@primitive(
    symbol="∂conv/∂w",
    formula="convolution_weight(input, gradient)",
    vjp=(
        "convolution_transpose(gradient, g, input_shape[2:], stride, padding, dilation, groups)",
        "convolution(input, g, stride, padding, dilation, groups)",
    ),
    multilinear=True,
    lesson="Each weight was the sum of pixels times the gradients that they met; a pixel gets "
    "these gradients back, and they get the pixels, each times the gradient of its weight.",
    samples=lambda draw: [
        call(draw(2, 2, 4, 3), draw(2, 3, 3, 2), (2, 2)),
        call(draw(1, 2, 5, 4), draw(1, 2, 3, 3), (3, 2), (2, 1), (1, 0), 1, 2),
    ],
    bad=(refuses("a convolution of", np.ones((1, 1, 4)), np.ones((1, 1, 4)), (3,)),),
    signature=_to_adjoint,
)
def convolution_weight(
    input: Any,
    gradient: Any,
    *,
    size: Sizes,
    stride: Sizes,
    padding: Pads,
    dilation: Sizes,
    groups: int,
) -> Any:
    """The gradient that a convolution hands to a kernel of a spatial `size`.

    w[o, c, k] = Σ x[n, c, stride·i + dilation·k − padding] · g[n, o, i], over n and i.

    Shapes: (N, C, …), (N, O, …) → (O, C / groups, …).

    Raises:
        ShapeError: a convolution of the input has another shape than the gradient.
        DTypeError: the dtypes differ.
    """
    windows = Windows(size, stride, padding, dilation)
    n, channels = input.shape[:2]
    counts = _check_gradient(input, gradient, windows, groups)
    image = _batch_last(input, padding)
    result = _batch_last(gradient, ((0, 0),) * len(size))
    total: Any = np.zeros_like(
        image, shape=(groups, channels // groups * math.prod(size), gradient.shape[1] // groups)
    )
    for rows, shape in _blocks(channels, windows, counts, n, image.dtype.itemsize):
        columns = _columns(_gather(image, windows, counts, rows, shape), size, groups)
        total += np.matmul(columns, np.swapaxes(_grouped(result[:, rows], groups), -1, -2))
    kernels = np.swapaxes(total, -1, -2)
    return np.reshape(kernels, (gradient.shape[1], channels // groups, *size))


def _check_gradient(input: Any, gradient: Any, windows: Windows, groups: int) -> Sizes:
    """The positions of the windows over the input, which the gradient must have.

    Raises:
        ShapeError: it has other ones, or numbers of channels that do not make groups.
        DTypeError: the dtypes differ.
    """
    counts = windows.counts(tuple(input.shape[2:]))
    _check_dtypes(input, gradient)
    _check_groups(gradient.shape[1], groups, tuple(gradient.shape))
    if (input.shape[0], *counts) != (gradient.shape[0], *gradient.shape[2:]):
        raise ShapeError(
            f"a convolution of an input {tuple(input.shape)} with a kernel {windows.kernel} has "
            f"shape ({input.shape[0]}, O, {', '.join(map(str, counts))}); got a gradient of "
            f"shape {tuple(gradient.shape)}."
        )
    return counts
