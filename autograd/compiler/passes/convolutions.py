"""Convolution and pooling, each written out as a few calls on images with the batch last."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from autograd.compiler import images
from autograd.compiler.passes.building import Builder
from autograd.compiler.program import Instruction, Place, Value
from autograd.ops.columns import BLOCK, adds_first, piece

Sizes = tuple[int, ...]


class Layout(Protocol):
    """What a rule may ask of the pass that it belongs to.

    Attributes:
        build: writes instructions.
        framed: images within padding, by their number and the padding.
    """

    build: Builder
    framed: dict[tuple[int, Any], Value]

    def batch_last(self, value: Any) -> Value:
        """A value (N, C, …) as (C, …, N)."""

    def space(self, size: int, dtype: Any) -> Place:
        """Memory for that many numbers, which any call may overwrite."""


def _padded_size(size: Sizes, padding: Any) -> Sizes:
    return tuple(n + sum(pair) for n, pair in zip(size, padding, strict=True))


def _image(to: Layout, x: Any, padding: Any) -> Value:
    """An image with the batch last, within its padding."""
    image = to.batch_last(x)
    if not any(map(any, padding)):
        return image
    known = to.framed.get((image.number, padding))
    if known is None:
        size = _padded_size(image.shape[1:-1], padding)
        known = to.build.value((image.shape[0], *size, image.shape[-1]), image.dtype)
        args = image, tuple(first for first, _ in padding), size
        to.build.call(images.padded, args, known, "zeros around the image", "padded")
        to.framed[image.number, padding] = known
    return known


def _pieces(
    to: Layout, rows: int, inner: int, line: int, count: int, dtype: Any, height: int = 0
) -> dict[str, Any]:
    """How many lines of an image, and columns of a product, come at a time, and the space.

    Args:
        rows, inner: the sizes of the product's left-hand side.
        line, count: of how many columns each line gives, and how many lines there are.
        dtype: of the numbers.
        height: of the space, if it is for more than the product's right-hand side.
    """
    size = (height or inner) * line
    most = max(1, (4 if height else 1) * BLOCK // (size * np.dtype(dtype).itemsize))
    lines = max(n for n in range(1, min(most, count) + 1) if count % n == 0)
    width = piece(rows, inner, lines * line)
    return {"rows": lines, "width": width, "space": to.space(lines * size, dtype)}


def convolution(to: Layout, line: Instruction) -> Value:
    """Y = W · columns."""
    (x, weight), how, (out,) = line.args, line.kwargs, line.outs
    counts, image = out.shape[2:], _image(to, x, how["padding"])
    line_size = math.prod(counts[1:]) * image.shape[-1]
    pieces = _pieces(
        to, weight.shape[0], math.prod(weight.shape[1:]), line_size, counts[0], out.dtype
    )
    made = to.build.value((weight.shape[0], *counts, image.shape[-1]), out.dtype)
    args = (weight, image, counts, how["stride"], how["dilation"])
    return to.build.call(images.correlate, args, made, "Y = W · columns(X)", **pieces)


def convolution_weight(to: Layout, line: Instruction) -> None:
    """∂L/∂W = columns · gᵀ."""
    (x, gradient), how, (out,) = line.args, line.kwargs, line.outs
    g, image = to.batch_last(gradient), _image(to, x, how["padding"])
    line_size = math.prod(g.shape[2:])
    pieces = _pieces(to, g.shape[0], math.prod(out.shape[1:]), line_size, g.shape[1], out.dtype)
    out.contiguous = True
    args = (image, g, how["size"], how["stride"], how["dilation"])
    to.build.call(images.weight_gradient, args, out, "∂L/∂W = columns(X) · gᵀ", **pieces)


def convolution_transpose(to: Layout, line: Instruction) -> Value:
    """∂L/∂X = Wᵀ · g, put back where the columns were taken from."""
    (gradient, weight), how, (out,) = line.args, line.kwargs, line.outs
    g = to.batch_last(gradient)
    size = _padded_size(how["size"], how["padding"])
    if adds_first(weight.shape, g.shape[-2], size[-1]):
        run, pieces = images.input_gradient, _pieces_of_rows(to, weight.shape, g, size[-1])
    else:
        run, pieces = images.spread_gradient, _pieces_of_places(to, weight.shape, g)
    made = to.build.value((weight.shape[1], *size, g.shape[-1]), out.dtype)
    args = (weight, g, size, how["stride"], how["dilation"])
    to.build.call(run, args, made, "∂L/∂X = Σ Wᵀ · g", **pieces)
    return _cut(to, made, how["size"], how["padding"])


def _pieces_of_rows(to: Layout, weight: Sizes, g: Value, width: int) -> dict[str, Any]:
    """For products that add up over the columns of a kernel; a signal's only line is not cut."""
    o, c, *tall, wide = weight
    line = math.prod((*g.shape[2:-2], width, g.shape[-1]))
    left, inner = math.prod(tall) * c, wide * o
    pieces = _pieces(to, left, inner, line, g.shape[1] if tall else 1, g.dtype, left + inner)
    return pieces if tall else {**pieces, "rows": g.shape[1]}


def _pieces_of_places(to: Layout, weight: Sizes, g: Value) -> dict[str, Any]:
    """For products of each place in a kernel by itself."""
    o, c, *kernel = weight
    left, line = math.prod(kernel) * c, math.prod(g.shape[2:])
    return _pieces(to, left, o, line, g.shape[1], g.dtype, left)


def _cut(to: Layout, image: Value, size: Sizes, padding: Any) -> Value:
    """The image without its padding."""
    if not any(map(any, padding)):
        return image
    inside = tuple(slice(p, p + n) for n, (p, _) in zip(size, padding, strict=True))
    shape = (image.shape[0], *size, image.shape[-1])
    view = to.build.value(shape, image.dtype, image)
    place = (image, (slice(None), *inside))
    to.build.call(np.ndarray.__getitem__, place, view, "without its padding", kind="getitem")
    out = to.build.value(shape, image.dtype)
    return to.build.call(np.ndarray.copy, (view,), out, "without its padding", kind="method")


def max_pool(to: Layout, line: Instruction) -> Value:
    """The largest pixel of each window."""
    how, (out,) = line.kwargs, line.outs
    image = to.batch_last(line.args[0])
    counts = out.shape[2:]
    made = to.build.value((image.shape[0], *counts, image.shape[-1]), out.dtype)
    args = (image, how["kernel_size"], counts, how["stride"], how["dilation"])
    return to.build.call(images.largest, args, made, "the largest pixel of each window")


def places(to: Layout, line: Instruction) -> Value:
    """Where in its window the largest pixel is."""
    (x, top, windows), (out,) = line.args, line.outs
    image, best = to.batch_last(x), to.batch_last(top)
    args = (image, best, windows.kernel, windows.stride, windows.dilation)
    made = to.build.value(best.shape, out.dtype)
    return to.build.call(images.place_of, args, made, "where the largest pixel is", "place")


def place_pool(to: Layout, line: Instruction) -> Value:
    """Each gradient at the place of the largest pixel."""
    (gradient, where), how, (out,) = line.args, line.kwargs, line.outs
    g, found = to.batch_last(gradient), to.batch_last(where)
    made = to.build.value((g.shape[0], *how["size"], g.shape[-1]), out.dtype)
    args = (g, found, how["size"], how["kernel_size"], how["stride"], how["dilation"])
    return to.build.call(images.put_back, args, made, "g to the largest pixel of its window")


def sum_windows(to: Layout, line: Instruction) -> Value:
    """The sum of each window."""
    (x, windows, counts, *_), (out,) = line.args, line.outs
    image = to.batch_last(x)
    made = to.build.value((image.shape[0], *counts, image.shape[-1]), out.dtype)
    args = (image, windows.kernel, counts, windows.stride, windows.dilation)
    return to.build.call(images.added, args, made, "the sum of each window")


def spread_pool(to: Layout, line: Instruction) -> Value:
    """Each gradient to all pixels of its window."""
    how, (out,), g = line.kwargs, line.outs, to.batch_last(line.args[0])
    made = to.build.value((g.shape[0], *how["size"], g.shape[-1]), out.dtype)
    args = (g, how["size"], how["kernel_size"], how["stride"], (1,) * len(how["size"]))
    return to.build.call(images.handed_out, args, made, "g to every pixel of its window")


def sum_per_channel(to: Layout, line: Instruction) -> None:
    """Σ x over batch and positions, along rows of memory.

    What was put to the places of largest pixels has the same sum as before.
    """
    (out,) = line.outs
    x = to.batch_last(line.args[0])
    maker = to.build.made.get(x.number)
    if maker is not None and maker.run is images.put_back:
        x = maker.args[0]
    rows = to.build.reshaped(x, (x.shape[0], x.size // max(1, x.shape[0])))
    to.build.numpy(np.sum, (rows,), out, axis=1)


RULES: dict[str, Callable[[Layout, Instruction], Value | None]] = {
    "autograd.ops.convolution.convolution": convolution,
    "autograd.ops.convolution.convolution_weight": convolution_weight,
    "autograd.ops.convolution.convolution_transpose": convolution_transpose,
    "autograd.ops.maxpool.max_pool": max_pool,
    "autograd.ops.maxpool._offsets": places,
    "autograd.ops.maxpool.place_pool": place_pool,
    "autograd.ops.pooling.reduced": sum_windows,
    "autograd.ops.pooling.spread_pool": spread_pool,
    "autograd.core.summation._over_axes": sum_per_channel,
}
"""How each operation is written out: as an image with the batch last, or (None) as it was."""
