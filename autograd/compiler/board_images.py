"""Convolution and pooling as they stand in a textbook: one place of the kernel after the other.

`derive` writes these functions into a source that uses them; they need NumPy alone. Images are
(N, C, H, W), or have any other number of positions; the places of a kernel are visited row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
Sizes = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


def seen(x: Array, place: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """The pixel that each window has at one place of the kernel: a view (N, C, *counts)."""
    along = zip(place, counts, stride, dilation, strict=True)
    return x[(..., *(slice(p * d, p * d + (n - 1) * s + 1, s) for p, n, s, d in along))]


def convolve(
    x: Array, w: Array, counts: Sizes, stride: Sizes, padding: Pads, dilation: Sizes
) -> Array:
    """y = Σ w · x over the places of the kernel."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    y = np.zeros((len(x), len(w), *counts), x.dtype)
    for place in np.ndindex(*w.shape[2:]):
        pixels = seen(x, place, counts, stride, dilation)
        y += np.einsum("nc...,oc->no...", pixels, w[(..., *place)])
    return y


def convolve_weight(
    x: Array, d_y: Array, kernel: Sizes, stride: Sizes, padding: Pads, dilation: Sizes
) -> Array:
    """∂L/∂w = Σ ∂L/∂y · x at each place of the kernel."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    d_w = np.zeros((d_y.shape[1], x.shape[1], *kernel), x.dtype)
    summed = (0, *range(2, x.ndim))
    for place in np.ndindex(*kernel):
        pixels = seen(x, place, d_y.shape[2:], stride, dilation)
        d_w[(..., *place)] = np.tensordot(d_y, pixels, (summed, summed))
    return d_w


def convolve_input(
    d_y: Array, w: Array, size: Sizes, stride: Sizes, padding: Pads, dilation: Sizes
) -> Array:
    """∂L/∂x = Σ w · ∂L/∂y over the places of the kernel."""
    padded = [n + before + after for n, (before, after) in zip(size, padding, strict=True)]
    d_x = np.zeros((len(d_y), w.shape[1], *padded), d_y.dtype)
    for place in np.ndindex(*w.shape[2:]):
        pixels = seen(d_x, place, d_y.shape[2:], stride, dilation)
        pixels += np.einsum("no...,oc->nc...", d_y, w[(..., *place)])
    before, still = tuple(first for first, _ in padding), (1,) * len(size)
    return seen(d_x, before, size, still, still)


def largest(x: Array, kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """The largest pixel of each window."""
    places = np.ndindex(*kernel)
    return np.max([seen(x, place, counts, stride, dilation) for place in places], axis=0)


def place_of(x: Array, y: Array, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """Where in each window its largest pixel is: the number of the place."""
    places = np.ndindex(*kernel)
    windows = [seen(x, place, y.shape[2:], stride, dilation) for place in places]
    return np.argmax([pixels == y for pixels in windows], axis=0)


def put_back(
    d_y: Array, places: Array, size: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> Array:
    """∂L/∂y to the largest pixel of each window."""
    d_x = np.zeros((*d_y.shape[:2], *size), d_y.dtype)
    for number, place in enumerate(np.ndindex(*kernel)):
        pixels = seen(d_x, place, d_y.shape[2:], stride, dilation)
        pixels += d_y * (places == number)
    return d_x


def added(x: Array, kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """The sum of each window."""
    places = np.ndindex(*kernel)
    return np.sum([seen(x, place, counts, stride, dilation) for place in places], axis=0)


def handed_out(d_y: Array, size: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """∂L/∂y to all pixels of each window."""
    d_x = np.zeros((*d_y.shape[:2], *size), d_y.dtype)
    for place in np.ndindex(*kernel):
        pixels = seen(d_x, place, d_y.shape[2:], stride, dilation)
        pixels += d_y
    return d_x
