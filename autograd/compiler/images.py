"""What convolution and pooling do to images whose batch comes last: (C, H, W, N).

So everything runs along long rows of memory. Plain NumPy, in any number of dimensions; a
compiled step carries the source of those functions that it calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.ops.columns import turned

Array = Any
Sizes = Any


def batch_last(images: Array, out: Array = None) -> Array:
    """(N, C, H, W) as (C, H, W, N), as many images at a time as fill a line of the cache."""
    if out is None:
        out = np.empty((*images.shape[1:], len(images)), images.dtype)
    line = max(1, 64 // images.itemsize)
    for n in range(0, len(images), line):
        out[..., n : n + line] = np.moveaxis(images[n : n + line], 0, -1)
    return out


def padded(image: Array, before: Sizes, size: Sizes, out: Array = None) -> Array:
    """An image within zeros: (C, H, W, N) in the middle of (C, *size, N)."""
    if out is None:
        out = np.empty((len(image), *size, image.shape[-1]), image.dtype)
    inside = (slice(p, p + n) for p, n in zip(before, image.shape[1:-1], strict=True))
    out.fill(0)
    out[(slice(None), *inside)] = image
    return out


def windows(image: Array, kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """Every pixel that each place in a kernel meets: a view (kH, kW, C, H′, W′, N)."""
    across, *along, last = image.strides
    places = (step * d for step, d in zip(along, dilation, strict=True))
    moves = (step * s for step, s in zip(along, stride, strict=True))
    shape = (*kernel, len(image), *counts, image.shape[-1])
    return np.lib.stride_tricks.as_strided(image, shape, (*places, across, *moves, last))


def bands(seen: Array, dims: int, rows: int, space: Array) -> Iterator[tuple[slice, Array]]:
    """The columns of an image, a row for each weight, for some rows of the result at a time.

    They lie in the same space by turns, which stays in the cache: (kH·kW·C, rows·W′·N).
    """
    before = (slice(None),) * (dims + 1)
    for first in range(0, seen.shape[dims + 1], rows):
        band = slice(first, first + rows)
        part = seen[(*before, band)]
        cols = space[: part.size].reshape(part.shape)
        cols[...] = part
        yield band, cols.reshape(math.prod(part.shape[: dims + 1]), -1)


def pieces(x: Array, width: int) -> Array:
    """A matrix as a stack of narrow ones, which BLAS multiplies without rearranging them."""
    return x.reshape(len(x), -1, width).swapaxes(0, 1)


def correlate(
    weight: Array,
    image: Array,
    counts: Sizes,
    stride: Sizes,
    dilation: Sizes,
    rows: int,
    width: int,
    space: Array,
    out: Array = None,
) -> Array:
    """The kernels times the pixels that they meet, W · columns: (O, H′, W′, N)."""
    kernel = weight.shape[2:]
    if out is None:
        out = np.empty((len(weight), *counts, image.shape[-1]), image.dtype)
    kernels = np.moveaxis(weight, 1, -1).reshape(len(weight), -1)
    seen = windows(image, kernel, counts, stride, dilation)
    for band, cols in bands(seen, len(kernel), rows, space):
        made = out[:, band].reshape(len(out), -1)
        np.matmul(kernels, pieces(cols, width), out=pieces(made, width))
    return out


def weight_gradient(
    image: Array,
    gradient: Array,
    kernel: Sizes,
    stride: Sizes,
    dilation: Sizes,
    rows: int,
    width: int,
    space: Array,
    out: Array = None,
) -> Array:
    """Each weight gets the pixels that it met times their gradients: (O, C, kH, kW)."""
    seen = windows(image, kernel, gradient.shape[1:-1], stride, dilation)
    parts = []
    for band, cols in bands(seen, len(kernel), rows, space):
        g = pieces(gradient[:, band].reshape(len(gradient), -1), width)
        parts.append(np.matmul(pieces(cols, width), turned(g, len(cols))).sum(0))
    total = np.sum(parts, 0)
    found = np.moveaxis(total.T.reshape(len(gradient), *kernel, -1), -1, 1)
    if out is None:
        out = np.empty(found.shape, found.dtype)
    out[...] = found
    return out


def shifted(
    gradient: Array, kernel: int, size: int, stride: int, dilation: int, space: Array
) -> Array:
    """For each column of a kernel the gradients where it met the image, zeros between them."""
    *shape, count, n = gradient.shape
    if kernel == 1 and count == size:
        return gradient
    out = space[: kernel * math.prod(shape) * size * n].reshape(kernel, *shape, size, n)
    out.fill(0)
    for k in range(kernel):
        first, last = k * dilation, k * dilation + (count - 1) * stride + 1
        out[k, ..., first:last:stride, :] = gradient
    return out


def add_rows(parts: Array, lines: Array, kernel: Sizes, stride: Sizes, dilation: Sizes) -> None:
    """What belongs to each row of a kernel, added to the lines of an image that it met."""
    dims = len(kernel)
    seen = windows(lines, kernel, parts.shape[dims + 1 : -1], stride, dilation)
    for place in np.ndindex(*kernel):
        np.add(seen[place], parts[place], out=seen[place])


def input_gradient(
    weight: Array,
    gradient: Array,
    size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    rows: int,
    width: int,
    space: Array,
    out: Array = None,
) -> Array:
    """Each pixel gets the sum of Wᵀ · g over the kernels that met it: (C, *size, N).

    One product adds up over the columns of the kernels; their rows are added one by one.
    """
    o, c, *tall, wide = weight.shape
    n = gradient.shape[-1]
    if out is None:
        out = np.empty((c, *size, n), gradient.dtype)
    turned = weight.transpose(*range(2, weight.ndim - 1), 1, -1, 0)  # kH, C, kW, O
    kernels = turned.reshape(math.prod(tall) * c, wide * o)
    lines = out.reshape(c, *size[:-1], size[-1] * n)
    out.fill(0)
    for first in range(0, gradient.shape[1], rows):
        g = gradient[:, first : first + rows]
        shape = *g.shape[1:-2], size[-1], n
        parts = space[: len(kernels) * math.prod(shape)].reshape(len(kernels), -1)
        moved = shifted(g, wide, size[-1], stride[-1], dilation[-1], space[parts.size :])
        np.matmul(kernels, pieces(moved.reshape(wide * o, -1), width), out=pieces(parts, width))
        parts = parts.reshape(*tall, c, *shape[:-2], -1)
        add_rows(parts, lines[:, first * stride[0] :], tall, stride[:-1], dilation[:-1])
    return out


def spread_gradient(
    weight: Array,
    gradient: Array,
    size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    rows: int,
    width: int,
    space: Array,
    out: Array = None,
) -> Array:
    """The same, each place in the kernels by itself: each is a row of one column."""
    if out is None:
        out = np.empty((weight.shape[1], *size, gradient.shape[-1]), gradient.dtype)
    by_rows = weight[..., None], gradient[..., None, :], (*size, 1), (*stride, 1), (*dilation, 1)
    input_gradient(*by_rows, rows, width, space, out[..., None, :])
    return out


def views(
    image: Array, kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes
) -> list[Array]:
    """For each place in a window the pixels that lie there: (C, H′, W′, N), row by row."""
    seen = windows(image, kernel, counts, stride, dilation)
    return [seen[place] for place in np.ndindex(*kernel)]


def largest(
    image: Array, kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes, out: Array = None
) -> Array:
    """The largest pixel of each window: (C, H′, W′, N)."""
    first, *others = views(image, kernel, counts, stride, dilation)
    if out is None:
        out = np.empty(first.shape, image.dtype)
    np.maximum(first, others[0] if others else first, out=out)
    for pixels in others[1:]:
        np.maximum(out, pixels, out=out)
    return out


def place_of(image: Array, top: Array, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """How many pixels of each window come before its first largest one; of NaN the last counts."""
    found_in = views(image, kernel, top.shape[1:-1], stride, dilation)
    found = np.zeros(top.shape, np.uint8 if len(found_in) < 256 else np.int64)
    before = np.ones(top.shape, bool)
    for pixels in found_in[:-1]:
        before &= pixels != top
        found += before
    if np.isnan(top).any():
        for number, pixels in enumerate(found_in):
            found[np.isnan(pixels)] = number
    return found


def put_back(
    gradient: Array,
    places: Array,
    size: Sizes,
    kernel: Sizes,
    stride: Sizes,
    dilation: Sizes,
    out: Array = None,
) -> Array:
    """The gradient of each window at the place of its largest pixel, zeros elsewhere."""
    c, *counts, n = gradient.shape
    if out is None:
        out = np.empty((c, *size, n), gradient.dtype)
    apart = all(s > (k - 1) * d for k, s, d in zip(kernel, stride, dilation, strict=True))
    if not apart or math.prod(kernel) * math.prod(counts) < math.prod(size):
        out.fill(0)
    for number, pixels in enumerate(views(out, kernel, counts, stride, dilation)):
        if apart:
            np.multiply(gradient, places == number, out=pixels)
        else:
            pixels += gradient * (places == number)
    return out


def added(
    image: Array, kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes, out: Array = None
) -> Array:
    """The sum of each window: (C, H′, W′, N)."""
    first, *others = views(image, kernel, counts, stride, dilation)
    if out is None:
        out = np.empty(first.shape, image.dtype)
    out[...] = first
    for pixels in others:
        out += pixels
    return out


def handed_out(
    gradient: Array,
    size: Sizes,
    kernel: Sizes,
    stride: Sizes,
    dilation: Sizes,
    out: Array = None,
) -> Array:
    """The gradient of each window to all of its pixels, added up where windows overlap."""
    c, *counts, n = gradient.shape
    if out is None:
        out = np.empty((c, *size, n), gradient.dtype)
    out.fill(0)
    for pixels in views(out, kernel, counts, stride, dilation):
        pixels += gradient
    return out
