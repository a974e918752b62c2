"""Convolutions as PyTorch names them: in one, two and three dimensions, with a bias."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.convolution import convolution, convolution_transpose
from autograd.ops.indexing import place
from autograd.ops.joining import cat, split
from autograd.ops.shape import reshape
from autograd.ops.windows import Pads, Sizes, Windows, pairs, per_dim, positive, unfold

_LESSON = (
    "A pixel gets the gradients of all windows that it lies in, each times the weight that met "
    "it there; a weight gets the sum of the gradients times the pixels that it met."
)
_TRANSPOSED = (
    "Each element was spread over a window with the weights; it gets the gradients of that "
    "window, each times its weight."
)
_PADDING = "padding='same'"


def convolution_by_unfold(
    input: Any, weight: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """What `convolution` means, in other operations: kernels as rows times windows as columns.

    The primitive is tested against this definition; it is faster and holds no columns.
    """
    kernels = operand_shape(weight)
    kernel, dims = kernels[2:], len(kernels) - 2
    windows = Windows(
        kernel,
        positive(stride, dims, "stride"),
        pairs(padding, dims),
        positive(dilation, dims, "dilation"),
    )
    counts = windows.counts(operand_shape(input)[2:])
    parts = [
        reshape(w, (w.shape[0], -1)) @ unfold(x, kernel, dilation, padding, stride)
        for x, w in zip(
            split(input, kernels[1], 1), split(weight, kernels[0] // groups, 0), strict=True
        )
    ]
    return reshape(cat(parts, 1), (-1, kernels[0], *counts))


def _same(weight: Sizes, stride: Sizes, dilation: Sizes) -> Pads:
    """Padding that keeps the size; where it is odd, the extra element is at the end.

    Raises:
        ShapeError: with a stride there is no such size.
    """
    if any(step != 1 for step in stride):
        raise ShapeError(
            f"{_PADDING} is not supported for strided convolutions (stride={stride}): the result "
            "is smaller by the stride. Give the padding in numbers."
        )
    totals = [d * (k - 1) for k, d in zip(weight[2:], dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def _padding_of(padding: Any, weight: Sizes, stride: Sizes, dilation: Sizes) -> Pads:
    if not isinstance(padding, str):
        return pairs(padding, len(stride))
    if padding not in ("same", "valid"):
        raise ArgumentError(
            f"padding={padding!r}: write 'same', 'valid', a whole number or one per dimension."
        )
    return _same(weight, stride, dilation) if padding == "same" else ((0, 0),) * len(stride)


def _batched(name: str, dims: int, input: Any, weight: Any) -> Any:
    """The input with a batch dimension, which a single image lacks.

    Raises:
        ShapeError: the number of dimensions of the input or of the weight.
    """
    shape, kernel = operand_shape(input), operand_shape(weight)
    if len(shape) not in (dims + 1, dims + 2) or len(kernel) != dims + 2:
        raise ShapeError(
            f"{name}: expected an input of {dims + 1} (unbatched) or {dims + 2} (batched) "
            f"dimensions and a weight of {dims + 2}, got shapes {shape} and {kernel}."
        )
    return reshape(input, (1, *shape)) if len(shape) == dims + 1 else input


def _finished(out: Any, bias: Any, single: bool) -> Any:
    """The result with its bias, and without the batch dimension that a single image lacks.

    Raises:
        ShapeError: not one bias for each channel.
    """
    shape = operand_shape(out)
    if bias is not None:
        if operand_shape(bias) != (shape[1],):
            raise ShapeError(
                f"the bias has one number for each of the {shape[1]} channels that come out, "
                f"shape ({shape[1]},); got {operand_shape(bias)}."
            )
        out = out + reshape(bias, (shape[1], *(1 for _ in shape[2:])))
    return reshape(out, shape[1:]) if single else out


def _conv(
    dims: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    images = _batched(f"conv{dims}d", dims, input, weight)
    steps, apart = positive(stride, dims, "stride"), positive(dilation, dims, "dilation")
    pads = _padding_of(padding, operand_shape(weight), steps, apart)
    out = convolution(images, weight, steps, pads, apart, groups)
    return _finished(out, bias, single=images is not input)


def _conv_transpose(
    dims: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    images = _batched(f"conv_transpose{dims}d", dims, input, weight)
    steps, apart = positive(stride, dims, "stride"), positive(dilation, dims, "dilation")
    extra = per_dim(output_padding, dims, "output_padding")
    _check_extra(extra, steps, apart)
    shape, kernel = operand_shape(images), operand_shape(weight)[2:]
    layout = [
        _layout((n - 1) * s + d * (k - 1) + 1, pad, e, s)
        for n, s, d, k, pad, e in zip(
            shape[2:], steps, apart, kernel, pairs(padding, dims), extra, strict=True
        )
    ]
    size, pads, more = zip(*layout, strict=True)
    _check_channels(shape, operand_shape(weight), size)
    out = convolution_transpose(images, weight, size, steps, pads, apart, groups)
    return _finished(_lengthened(out, more), bias, single=images is not input)


def _layout(reach: int, pad: tuple[int, int], extra: int, step: int) -> tuple[int, Any, int]:
    """How a transposed convolution lies along one dimension.

    Args:
        reach: the size of everything that the windows cover.
        pad, extra: how much is cut off on both sides, and left at the end after all.
        step: the stride.

    Returns:
        the size of the image under the windows, its padding, and how many zeros follow.
    """
    before, after = pad
    if extra < step:
        return reach - before - after + extra, pad, 0
    beyond = max(0, extra - after)
    return reach - before - after + extra - beyond, (before, max(0, after - extra)), beyond


def _lengthened(out: Any, more: Sizes) -> Any:
    """Zeros at the end of each dimension: output padding that no window reaches."""
    if not any(more):
        return out
    shape = operand_shape(out)
    size = tuple(n + extra for n, extra in zip(shape[2:], more, strict=True))
    return place(out, tuple(slice(0, n) for n in shape), (*shape[:2], *size))


def _check_extra(extra: Sizes, stride: Sizes, dilation: Sizes) -> None:
    if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise ShapeError(
            "output padding must be smaller than either stride or dilation, but got "
            f"output_padding={extra}, stride={stride}, dilation={dilation}: it only chooses "
            "among the sizes that a strided convolution maps to the same one."
        )


def _check_channels(shape: Sizes, weight: Sizes, size: Sizes) -> None:
    if shape[1] != weight[0]:
        raise ShapeError(
            f"given transposed=1, weight of size {list(weight)}, expected input{list(shape)} to "
            f"have {weight[0]} channels, but got {shape[1]} channels instead. The weight of a "
            "transposed convolution is (in, out / groups, …)."
        )
    if any(n < 1 for n in size):
        raise ShapeError(f"the result would have size {size}; take less padding.")


def _signals(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 2, 5), draw(3, 2, 2), draw(3)),
        call(draw(2, 5), draw(2, 2, 2), padding="same"),
        call(draw(1, 2, 6), draw(2, 1, 3), None, 2, 1, 1, 2),
    ]


@composition(
    symbol="conv",
    formula="convolution(input, weight) + bias",
    lesson=_LESSON,
    samples=lambda draw: [
        *_signals(draw),
        refuses("to have 2 channels", np.ones((1, 3, 4)), np.ones((4, 2, 1))),
        refuses(
            "not supported for strided", np.ones((1, 1, 4)), np.ones((1, 1, 2)), None, 2, "same"
        ),
        refuses("can't be greater", np.ones((1, 1, 2)), np.ones((1, 1, 3))),
        refuses("one number for each", np.ones((1, 1, 4)), np.ones((2, 1, 2)), np.ones(3)),
    ],
)
def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """A kernel that slides over a signal: y[o, i] = Σ x[c, stride·i + k]·w[o, c, k] + b[o].

    Shapes: (N, C, L) or (C, L), (O, C / groups, k), (O,) → (N, O, L') or (O, L') with
    L' = ⌊(L + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1.

    Args:
        padding: zeros on both sides, ``'valid'`` for none, or ``'same'`` for the size of the
            input (with a kernel of even size one more at the end).

    Raises:
        ShapeError: channels that do not fit, a kernel larger than the padded input, or
            ``'same'`` together with a stride.
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


@composition(
    symbol="conv",
    formula="convolution(input, weight) + bias",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 2, 4, 3), draw(3, 2, 2, 2), draw(3)),
        call(draw(2, 4, 4), draw(1, 2, 3, 2), None, 1, "same"),
        refuses("to have 2 channels", np.ones((1, 3, 4, 4)), np.ones((4, 2, 1, 1))),
        refuses("unbatched", np.ones((4, 4)), np.ones((1, 1, 3, 3))),
        refuses("write 'same'", np.ones((1, 4, 4)), np.ones((1, 1, 3, 3)), padding="full"),
    ],
)
def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Kernels that slide over an image (lecture D1; LeCun et al. 1989).

    Shapes: (N, C, H, W) or (C, H, W), (O, C / groups, kH, kW), (O,) → (N, O, H', W'); sizes,
    arguments and errors are those of `conv1d`, one number per dimension where they differ.
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


@composition(
    symbol="conv",
    formula="convolution(input, weight) + bias",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(1, 2, 3, 2, 3), draw(2, 2, 2, 1, 2), draw(2)),
        refuses("unbatched", np.ones((4, 4)), np.ones((1, 1, 3, 3, 3))),
    ],
)
def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Kernels that slide over a volume or a film.

    Shapes: (N, C, D, H, W) or (C, D, H, W), (O, C / groups, kD, kH, kW), (O,) →
    (N, O, D', H', W'); sizes, arguments and errors are those of `conv1d`.
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


@composition(
    symbol="convᵀ",
    formula="convolution_transpose(input, weight) + bias",
    lesson=_TRANSPOSED,
    samples=lambda draw: [
        call(draw(2, 2, 3), draw(2, 3, 2), draw(3), 2),
        call(draw(2, 3), draw(2, 1, 3), None, 2, 1, 1),
        refuses("smaller than either", np.ones((1, 1, 3)), np.ones((1, 1, 3)), output_padding=1),
        refuses("expected input", np.ones((1, 3, 4)), np.ones((2, 1, 1))),
    ],
)
def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The adjoint of `conv1d` as an operation of its own: each element becomes a window.

    Shapes: (N, C, L) or (C, L), (C, O / groups, k), (O,) → (N, O, L') with
    L' = (L − 1)·stride − 2·padding + dilation·(k − 1) + output_padding + 1.

    Raises:
        ShapeError: channels that do not fit, or an output padding that is neither smaller than
            the stride nor than the dilation.
    """
    return _conv_transpose(
        1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@composition(
    symbol="convᵀ",
    formula="convolution_transpose(input, weight) + bias",
    lesson=_TRANSPOSED,
    samples=lambda draw: [
        call(draw(1, 2, 2, 2), draw(2, 2, 2, 3), draw(2), (2, 1), (0, 1), (1, 0)),
        call(draw(4, 2, 2), draw(4, 1, 2, 2), None, groups=2),
        refuses("unbatched", np.ones((4, 4)), np.ones((1, 1, 3, 3))),
    ],
)
def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The adjoint of `conv2d` as an operation of its own, which enlarges images.

    Shapes: (N, C, H, W) or (C, H, W), (C, O / groups, kH, kW), (O,) → (N, O, H', W'); sizes,
    arguments and errors are those of `conv_transpose1d` (Zeiler et al. 2010).
    """
    return _conv_transpose(
        2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@composition(
    symbol="convᵀ",
    formula="convolution_transpose(input, weight) + bias",
    lesson=_TRANSPOSED,
    samples=lambda draw: [
        call(draw(1, 1, 2, 1, 2), draw(1, 2, 2, 1, 2), draw(2)),
        refuses("unbatched", np.ones((4, 4)), np.ones((1, 1, 3, 3, 3))),
    ],
)
def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The adjoint of `conv3d` as an operation of its own.

    Shapes: (N, C, D, H, W) or (C, D, H, W), (C, O / groups, kD, kH, kW), (O,) →
    (N, O, D', H', W'); sizes, arguments and errors are those of `conv_transpose1d`.
    """
    return _conv_transpose(
        3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )
