"""Windows that slide over an image: where they lie, and the pair `unfold` and `fold`.

Every pass runs over the few offsets inside a window and handles, for each, one strided slice
of the whole image: no copy of the padding, no loop over positions, no scatter.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import ArgumentError, RangeError, ShapeError
from autograd.core.named import Named
from autograd.core.primitive import Call, Draw, call, refuses

Sizes = tuple[int, ...]
"""One size for each spatial dimension."""

Pads = tuple[tuple[int, int], ...]
"""How many elements are added before and after, for each spatial dimension."""

Slices = tuple[slice, ...]


def per_dim(value: int | Sequence[int], dims: int, what: str) -> Sizes:
    """One number for each spatial dimension: ``3`` and ``(3, 3)`` mean the same in two.

    Raises:
        ArgumentError: neither a whole number nor one for each dimension.
    """
    given = (value,) * dims if isinstance(value, (int, np.integer)) else tuple(value)
    if len(given) != dims or not all(isinstance(v, (int, np.integer)) for v in given):
        raise ArgumentError(
            f"{what}={value!r}: expected a whole number or a tuple of {dims}, one for each "
            "spatial dimension."
        )
    return tuple(int(v) for v in given)


def positive(value: int | Sequence[int], dims: int, what: str) -> Sizes:
    """Like `per_dim`, for what must be at least 1.

    Raises:
        RangeError: a number below 1.
    """
    sizes = per_dim(value, dims, what)
    if any(size < 1 for size in sizes):
        raise RangeError(f"{what}={value!r}: each must be at least 1.")
    return sizes


def pairs(padding: int | Sequence[Any], dims: int) -> Pads:
    """Padding before and after each dimension: ``1`` means ``((1, 1), (1, 1))`` in two.

    Raises:
        RangeError: negative padding.
    """
    if isinstance(padding, (int, np.integer)) or not any(isinstance(p, tuple) for p in padding):
        found = tuple((p, p) for p in per_dim(padding, dims, "padding"))
    else:
        found = tuple(per_dim(p, 2, "padding") for p in padding)  # type: ignore[misc]
    if any(side < 0 for pair in found for side in pair):
        raise RangeError(f"padding={padding!r}: negative padding is not supported.")
    return found


class Windows(Named):
    """A window of `kernel` elements that moves over an image.

    Attributes:
        kernel: how many elements it has along each dimension.
        stride: how far it moves from one position to the next.
        padding: how many elements are imagined around the image.
        dilation: how far apart its elements lie; 1 for neighbours.
    """

    kernel: Sizes
    stride: Sizes
    padding: Pads
    dilation: Sizes

    @property
    def spans(self) -> Sizes:
        """From its first element to its last one, both included."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def apart(self) -> bool:
        """Whether no two windows share an element."""
        return all(step >= span for step, span in zip(self.stride, self.spans, strict=True))

    def padded(self, image: Sizes) -> Sizes:
        """The size of the image with its padding."""
        return tuple(n + sum(pair) for n, pair in zip(image, self.padding, strict=True))

    def counts(self, image: Sizes) -> Sizes:
        """How many positions there are: ⌊(n + padding − span) / stride⌋ + 1.

        Raises:
            ShapeError: the window is larger than the padded image.
        """
        sizes = self.padded(image)
        if any(span > n for span, n in zip(self.spans, sizes, strict=True)):
            raise ShapeError(
                f"the calculated padded input size is {sizes} and the kernel spans {self.spans}: "
                "the kernel size can't be greater than the actual input size. Take a smaller "
                "kernel or dilation, or more padding."
            )
        found = zip(sizes, self.spans, self.stride, strict=True)
        return tuple((n - span) // step + 1 for n, span, step in found)

    def meetings(self, image: Sizes, counts: Sizes) -> Iterator[tuple[Sizes, Slices, Slices]]:
        """For each offset in the window: the positions that find an element of the image there.

        Yields:
            the offset, the slices of those positions, the slices of those elements.
        """
        dims = range(len(self.kernel))
        along = [self.meetings_along(axis, image[axis], counts[axis]) for axis in dims]
        for chosen in itertools.product(*along):
            offset, positions, elements = zip(*chosen, strict=True)
            yield offset, positions, elements

    def meetings_along(self, axis: int, size: int, count: int) -> list[tuple[int, slice, slice]]:
        """The same along one dimension of `size` elements and `count` positions."""
        step, found = self.stride[axis], []
        for k in range(self.kernel[axis]):
            offset = k * self.dilation[axis] - self.padding[axis][0]
            first = max(0, -(offset // step))
            last = max(first, min(count, (size - 1 - offset) // step + 1))
            start = first * step + offset
            found.append((k, slice(first, last), slice(start, start + (last - first) * step, step)))
        return found


def spatial(kernel_size: Any) -> int:
    """The number of spatial dimensions that a kernel size speaks of; two for a number."""
    return 2 if isinstance(kernel_size, (int, np.integer)) else len(kernel_size)


def _to_windows(
    kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> dict[str, Sizes | Pads]:
    dims = spatial(kernel_size)
    return {
        "kernel_size": positive(kernel_size, dims, "kernel_size"),
        "dilation": positive(dilation, dims, "dilation"),
        "padding": pairs(padding, dims),
        "stride": positive(stride, dims, "stride"),
    }


def _to_unfold(
    input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (input,), _to_windows(kernel_size, dilation, padding, stride)


def _samples(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 2, 4, 3), 2),
        call(draw(2, 4, 4), (3, 2), padding=1, stride=2),
        call(draw(1, 1, 5, 4), 2, 2, 1),
        call(draw(2, 2, 5), (3,)),
    ]


@primitive(
    symbol="unfold",
    formula="unfold(input)",
    vjp=("fold(g, input_shape, kernel_size, dilation, padding, stride)",),
    linear=True,
    lesson="An element gets the sum of the gradients of all its copies, one for each window that "
    "it lies in.",
    samples=lambda draw: [
        *_samples(draw),
        refuses("can't be greater", np.ones((1, 1, 2, 2)), 3),
        refuses("dimensions", np.ones(4), 2),
        refuses("at least 1", np.ones((1, 4, 4)), 0),
    ],
    aliases=("im2col",),
    signature=_to_unfold,
)
def unfold(input: Any, *, kernel_size: Sizes, dilation: Sizes, padding: Pads, stride: Sizes) -> Any:
    """The windows of an image as columns of a matrix (im2col).

    Shapes: (N, C, H, W) → (N, C·kH·kW, L) for L positions; a kernel size of one or three
    numbers is for signals and volumes; without N too.

    Raises:
        ShapeError: a kernel that is larger than the image, or too few dimensions.
        RangeError: a size or a step below 1.
    """
    windows = Windows(kernel_size, stride, padding, dilation)
    image = image_of(input, len(kernel_size), "unfold")
    counts = windows.counts(image)
    lead = tuple(input.shape[: -len(image)])
    out: Any = np.zeros_like(input, shape=(*lead, *kernel_size, *counts), order="C")
    for offset, positions, elements in windows.meetings(image, counts):
        out[(..., *offset, *positions)] = input[(..., *elements)]
    rows = lead[-1] * math.prod(kernel_size)
    return np.reshape(out, (*lead[:-1], rows, math.prod(counts)))


def image_of(x: Any, dims: int, name: str) -> Sizes:
    """The spatial sizes of (N, C, …) or (C, …).

    Raises:
        ShapeError: another number of dimensions.
    """
    if x.ndim not in (dims + 1, dims + 2):
        spatial = ", ".join(("D", "H", "W")[-dims:] if dims > 1 else "L")
        raise ShapeError(
            f"{name}: expected {dims + 2} dimensions (N, C, {spatial}), or {dims + 1} "
            f"(C, {spatial}) for a single image, got shape {tuple(x.shape)}."
        )
    return tuple(x.shape[-dims:])


def _to_fold(
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    dims = spatial(kernel_size)
    size = output_size if isinstance(output_size, int) else tuple(output_size)[-dims:]
    return (input,), {
        "output_size": positive(size, dims, "output_size"),
        **_to_windows(kernel_size, dilation, padding, stride),
    }


@primitive(
    symbol="fold",
    formula="fold(input)",
    vjp=("unfold(g, kernel_size, dilation, padding, stride)",),
    linear=True,
    lesson="Each copy of an element gets the gradient of the sum that it went into.",
    samples=lambda draw: [
        call(draw(2, 8, 6), (4, 3), 2),
        call(draw(6, 6), 4, (3, 2), padding=1, stride=2),
        call(draw(1, 6, 3), (5,), (3,)),
        refuses("columns", np.ones((1, 4, 5)), (3, 3), 2),
        refuses("multiple of 4", np.ones((1, 6, 4)), (3, 3), 2),
    ],
    aliases=("col2im",),
    signature=_to_fold,
)
def fold(
    input: Any,
    *,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes,
    padding: Pads,
    stride: Sizes,
) -> Any:
    """Columns put back as windows of an image; where windows overlap they add up (col2im).

    Shapes: (N, C·kH·kW, L) → (N, C, H, W) for an `output_size` of (H, W); the adjoint of
    `unfold`, not its inverse.

    Raises:
        ShapeError: the image does not have L positions, or rows that are no multiple of the
            kernel's size.
    """
    windows = Windows(kernel_size, stride, padding, dilation)
    counts = windows.counts(output_size)
    _check_columns(input, kernel_size, output_size, counts)
    lead = (*input.shape[:-2], input.shape[-2] // math.prod(kernel_size))
    columns: Any = np.reshape(input, (*lead, *kernel_size, *counts))
    out: Any = np.zeros_like(input, shape=(*lead, *output_size), order="C")
    for offset, positions, elements in windows.meetings(output_size, counts):
        out[(..., *elements)] += columns[(..., *offset, *positions)]
    return out


def _check_columns(input: Any, kernel_size: Sizes, output_size: Sizes, counts: Sizes) -> None:
    area, fitting = math.prod(kernel_size), math.prod(counts)
    if input.ndim not in (2, 3) or input.shape[-2] % area:
        raise ShapeError(
            f"fold: expected shape (N, rows, L) with rows a multiple of {area}, the number of "
            f"elements in a kernel {kernel_size}, got {tuple(input.shape)}."
        )
    if input.shape[-1] != fitting:
        raise ShapeError(
            f"fold: an image of {output_size} has {' × '.join(map(str, counts))} = {fitting} "
            f"positions for this kernel, and the input has {input.shape[-1]} columns."
        )
