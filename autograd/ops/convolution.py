"""Convolution: one trilinear form in image, kernel and result, and so three primitives.

⟨g, conv(x, w)⟩ is linear in g, x and w alike. `convolution` gives it by g, its adjoints
`convolution_transpose` by x and `convolution_weight` by w; each one's gradients are the other
two, so every order of derivative is a convolution again. All three multiply matrices: the
windows of the image as columns, the kernels as rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import DTypeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.core.whole import whole
from autograd.ops.columns import (
    batch_first,
    batch_last,
    blocks,
    flat,
    gather,
    inside,
    kernels,
    product,
    product_of_rows,
)
from autograd.ops.spreading import put_back
from autograd.ops.windows import Pads, Sizes, Windows, pairs, per_dim, positive


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


def _in_one_group(x: Any, y: Any, *, groups: int, **_: Any) -> bool:
    return groups == 1 and x.size > 0 and y.size > 0


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
    samples=lambda draw: [
        *_images(draw),
        refuses("to have 2 channels", np.ones((1, 3, 4, 4)), np.ones((4, 2, 1, 1))),
        refuses("can't be greater", np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3))),
        refuses("dimensions", np.ones((4, 4)), np.ones((1, 1, 3, 3))),
        refuses("divisible", np.ones((1, 4, 3)), np.ones((3, 2, 1)), groups=2),
        refuses("one dtype", np.ones((1, 1, 3), np.float32), np.ones((1, 1, 3))),
    ],
    signature=_to_convolution,
)
@whole(when=_in_one_group)
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
    windows = Windows(tuple(weight.shape[2:]), stride, padding, dilation)
    counts = windows.counts(tuple(input.shape[2:]))
    image, rows = batch_last(input, padding, groups), kernels(weight, groups)
    made = (groups, weight.shape[0] // groups, *counts, input.shape[0])
    out: Any = np.empty_like(image, shape=made, order="C")
    for block in blocks(image, windows, counts):
        product(rows, gather(block), flat(out[:, :, block.rows], 1))
    return batch_first(out)


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
        refuses("a convolution of", np.ones((1, 1, 2)), np.ones((1, 1, 2)), (4,)),
        refuses("2 channels", np.ones((1, 1, 2)), np.ones((2, 1, 2)), (3,)),
    ],
    signature=_to_adjoint,
)
@whole(when=_in_one_group)
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
    windows = Windows(tuple(weight.shape[2:]), stride, padding, dilation)
    _check_result(input, weight, windows, size, groups)
    result = batch_last(input, ((0, 0),) * len(size), groups)
    padded = (groups, weight.shape[1], *windows.padded(size), input.shape[0])
    image: Any = np.zeros_like(result, shape=padded, order="C")
    put_back(result, weight, image, windows)
    return batch_first(image[(slice(None), slice(None), *inside(size, padding))])


def _check_result(result: Any, weight: Any, windows: Windows, size: Sizes, groups: int) -> None:
    """A result has the positions of the windows over an image of `size`.

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
        refuses("a convolution of", np.ones((1, 1, 4)), np.ones((1, 1, 4)), (3,)),
    ],
    signature=_to_adjoint,
)
@whole(when=_in_one_group)
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
    counts = _check_gradient(input, gradient, windows, groups)
    image = batch_last(input, padding, groups)
    result = batch_last(gradient, ((0, 0),) * len(size), groups)
    channels, made = input.shape[1] // groups, gradient.shape[1] // groups
    total: Any = np.zeros_like(image, shape=(groups, math.prod(size) * channels, made))
    for block in blocks(image, windows, counts):
        total += product_of_rows(gather(block), flat(result[:, :, block.rows], 1))
    last: Any = np.reshape(total, (groups, *size, channels, made))
    dims = len(size)
    weights = np.transpose(last, (0, dims + 2, dims + 1, *range(1, dims + 1)))
    return np.reshape(weights, (gradient.shape[1], channels, *size))


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
