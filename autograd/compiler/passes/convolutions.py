"""Convolution and pooling, each written out as a few calls on images with the batch last."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from autograd.compiler import images
from autograd.compiler.passes.building import Builder
from autograd.compiler.program import Instruction, Place, Value
from autograd.ops.columns import BLOCK, piece

Sizes = tuple[int, ...]


class Layout(Protocol):
    """What a rule may ask of the pass that it belongs to."""

    build: Builder

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
    size = _padded_size(image.shape[1:-1], padding)
    out = to.build.value((image.shape[0], *size, image.shape[-1]), image.dtype)
    before = tuple(first for first, _ in padding)
    return to.build.call(
        images.padded, (image, before, size), out, "zeros around the image", "padded"
    )


def _plan(to: Layout, rows: int, inner: int, image: Value, counts: Sizes) -> dict[str, Any]:
    """How many rows of the result, and columns of a product, come at a time, and the space."""
    row = inner * math.prod(counts[1:]) * image.shape[-1]
    most = max(1, BLOCK // (row * np.dtype(image.dtype).itemsize))
    height = max(n for n in range(1, min(most, counts[0]) + 1) if counts[0] % n == 0)
    width = piece(rows, inner, height * row // inner)
    return {"rows": height, "width": width, "space": to.space(height * row, image.dtype)}


def convolution(to: Layout, line: Instruction) -> Value:
    """Y = W · columns."""
    (x, weight), how, (out,) = line.args, line.kwargs, line.outs
    counts, image = out.shape[2:], _image(to, x, how["padding"])
    plan = _plan(to, weight.shape[0], math.prod(weight.shape[1:]), image, counts)
    made = to.build.value((weight.shape[0], *counts, image.shape[-1]), out.dtype)
    args = (weight, image, counts, how["stride"], how["dilation"])
    return to.build.call(images.correlate, args, made, "Y = W · columns(X)", **plan)


def convolution_weight(to: Layout, line: Instruction) -> None:
    """∂L/∂W = columns · gᵀ."""
    (x, gradient), how, (out,) = line.args, line.kwargs, line.outs
    g, image = to.batch_last(gradient), _image(to, x, how["padding"])
    plan = _plan(to, g.shape[0], math.prod(out.shape[1:]), image, g.shape[1:-1])
    out.contiguous = True
    args = (image, g, how["size"], how["stride"], how["dilation"])
    to.build.call(images.weight_gradient, args, out, "∂L/∂W = columns(X) · gᵀ", **plan)


def convolution_transpose(to: Layout, line: Instruction) -> Value:
    """∂L/∂X = Wᵀ · g, put back where the columns were taken from."""
    (gradient, weight), how, (out,) = line.args, line.kwargs, line.outs
    g = to.batch_last(gradient)
    size = _padded_size(how["size"], how["padding"])
    stride, dilation = how["stride"], how["dilation"]
    (o, c, *rows, last), (*counts, batch) = weight.shape, (*g.shape[1:-2], g.shape[-1])
    lines = (*counts, size[-1], batch)
    width = piece(math.prod(rows) * c, last * o, math.prod(lines))
    build = to.build
    moved = build.call(
        images.shifted,
        (g, last, size[-1], stride[-1], dilation[-1]),
        build.value((last, o, *lines), out.dtype),
        "g for each column of the kernel",
        "moved",
    )
    parts = build.call(
        images.spread,
        (weight, moved, width),
        build.value((*rows, c, *lines), out.dtype),
        "Wᵀ · g for each row of the kernel",
        "parts",
    )
    args = (parts, size, stride[:-1], dilation[:-1])
    made = build.value((c, *size, batch), out.dtype)
    build.call(images.fold, args, made, "∂L/∂X = Σ Wᵀ · g")
    return _cut(to, made, how["size"], how["padding"])


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
    "autograd.core.summation._over_axes": sum_per_channel,
}
"""How each operation is written out: as an image with the batch last, or (None) as it was."""
