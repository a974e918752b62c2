"""Windows as the columns of matrices, with the batch last: what convolutions multiply.

Plain arrays only. The batch comes last in memory, (C, H, W, N), so that columns are gathered
in long rows; they are gathered block by block, so that they stay in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from autograd.core.blas import SMALL
from autograd.core.named import Named
from autograd.ops.windows import Pads, Sizes, Windows

BLOCK = 2**20
"""How many bytes of columns are gathered at a time; the best of 2¹⁸ to 2²⁴ as measured."""

LINE = 64
"""The bytes of a cache line: so much of a batch is rearranged at a time, at twice the speed."""

NARROWEST = 64
"""Pieces of fewer columns than these are not worth their calls."""

ALIGNED = 16
"""A multiple of so many columns fills BLAS's registers."""


def batch_last(x: Any, padding: Pads, groups: int) -> Any:
    """(N, C, …) as a zero-padded (groups, C / groups, …, N), to be read only.

    A few images at a time: more of them lie at addresses that the cache cannot tell apart.
    Unless the batch comes last already: then all at once, or, without padding, none.
    """
    n, c, *image = x.shape
    sizes = [size + before + after for size, (before, after) in zip(image, padding, strict=True)]
    padded = any(map(any, padding))
    if not padded and _lies_last(x):
        return np.reshape(np.transpose(x, (*range(1, x.ndim), 0)), (groups, c // groups, *sizes, n))
    new = np.zeros_like if padded else np.empty_like
    out: Any = new(x, shape=(c, *sizes, n), order="C")
    inner = out[(slice(None), *inside(image, padding))]
    step = n if x.strides[0] == x.dtype.itemsize else LINE // x.dtype.itemsize
    for first in range(0, n, step or 1):
        some = slice(first, first + step)
        inner[..., some] = np.transpose(x[some], (*range(1, x.ndim), 0))
    return np.reshape(out, (groups, c // groups, *sizes, n))


def _lies_last(x: Any) -> bool:
    """Whether an image (N, C, …) lies in memory as (C, …, N), without gaps."""
    expected = x.dtype.itemsize
    for axis in (0, *range(x.ndim - 1, 0, -1)):
        if x.strides[axis] != expected:
            return False
        expected *= x.shape[axis]
    return True


def inside(image: Sequence[int], padding: Pads) -> tuple[slice, ...]:
    """Where the image lies within its padding."""
    return tuple(slice(p, p + size) for size, (p, _) in zip(image, padding, strict=True))


def batch_first(x: Any) -> Any:
    """(groups, C / groups, …, N) as (N, C, …).

    It stays a view where it can, so that a next layer finds the batch last in memory.
    """
    x = np.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))
    return np.transpose(x, (x.ndim - 1, *range(x.ndim - 1)))


class Block(Named):
    """Some rows of positions, whose columns are small enough to stay in the cache.

    Attributes:
        rows: which positions along the first dimension.
        seen: the part of the padded image that their windows see.
        visits: for each offset in a window its columns, and the elements of `seen` there.
        shape: of the columns: (groups, k…, C / groups, rows, …, N).
        windows: how they move.
    """

    rows: slice
    seen: Any
    visits: tuple[tuple[Any, Any], ...]
    shape: Sizes
    windows: Windows


def blocks(image: Any, windows: Windows, counts: Sizes) -> Iterator[Block]:
    """All positions, so many rows at a time that their columns fill about one block."""
    groups, channels, n = image.shape[0], image.shape[1], image.shape[-1]
    row = math.prod((groups, channels, *windows.kernel, *counts[1:], n, image.dtype.itemsize))
    step = min(max(1, BLOCK // max(1, row)), counts[0])
    visits = _visits(windows, (step, *counts[1:]))
    stride, span = windows.stride[0], windows.spans[0]
    for first in range(0, counts[0], step):
        height = min(step, counts[0] - first)
        if height < step:
            visits = _visits(windows, (height, *counts[1:]))
        start = first * stride
        seen = image[:, :, start : start + (height - 1) * stride + span]
        shape = (groups, *windows.kernel, channels, height, *counts[1:], n)
        yield Block(slice(first, first + height), seen, visits, shape, windows)


@lru_cache(maxsize=256)
def _visits(windows: Windows, counts: Sizes) -> tuple[tuple[Any, Any], ...]:
    """For each offset in a window its columns, and the elements of the image there."""
    found: list[tuple[Any, Any]] = []
    for offset in np.ndindex(*windows.kernel):
        places = zip(offset, windows.dilation, counts, windows.stride, strict=True)
        elements = (
            slice(k * apart, k * apart + (count - 1) * step + 1, step)
            for k, apart, count, step in places
        )
        found.append(((slice(None), *offset), (slice(None), slice(None), *elements)))
    return tuple(found)


def gather(block: Block) -> Any:
    """The columns of some rows, as matrices (groups, Πk · C / groups, positions), in `scratch`."""
    columns = scratch(block.shape, block.seen)
    if columns.__class__ is np.ndarray:
        columns[...] = _every_window(block)
    else:
        for offset, elements in block.visits:
            columns[offset] = block.seen[elements]
    return flat(columns, len(block.shape) // 2)


@cache
def _kept() -> Any:
    """What each thread has for itself; made when first asked for, for its import is slow."""
    return import_module("threading").local()


def scratch(shape: Sizes, like: Any, what: str = "columns") -> Any:
    """An array for something that the next call for the same may overwrite.

    Fresh memory would be slower to fill.
    """
    size = math.prod(shape)
    if like.__class__ is not np.ndarray or size * like.itemsize > 4 * BLOCK:
        return np.empty_like(like, shape=shape, order="C")
    name = what + like.dtype.char
    space = getattr(_kept(), name, None)
    if space is None or space.size < size:
        space = np.empty(size, like.dtype)
        setattr(_kept(), name, space)
    return space[:size].reshape(shape)


def _every_window(block: Block) -> Any:
    """The columns as a view of the image, so that one copy is all that is left to do."""
    group, channel, *along, image = block.seen.strides
    windows = block.windows
    within = (step * apart for step, apart in zip(along, windows.dilation, strict=True))
    moves = (step * stride for step, stride in zip(along, windows.stride, strict=True))
    strides = (group, *within, channel, *moves, image)
    return np.lib.stride_tricks.as_strided(block.seen, block.shape, strides, writeable=False)


def flat(x: Any, rows: int) -> Any:
    """(groups, …, …) as matrices: (groups, the next `rows` dimensions, all others)."""
    shape = x.shape
    return np.reshape(x, (shape[0], math.prod(shape[1 : rows + 1]), math.prod(shape[rows + 1 :])))


def kernels(weight: Any, groups: int) -> Any:
    """The weight as (groups, O / groups, Πk · C / groups), in the order of the columns."""
    shape = weight.shape
    split = np.reshape(weight, (groups, shape[0] // groups, *shape[1:]))
    last = np.transpose(split, (0, 1, *range(3, split.ndim), 2))
    return np.reshape(last, (groups, shape[0] // groups, math.prod(shape[1:])))


@lru_cache(maxsize=256)
def piece(rows: int, inner: int, columns: int) -> int:
    """How many columns of a product `rows` × `inner` × `columns` are computed at a time."""
    least = max(1, -(-rows * inner * columns // SMALL))
    fitting = [n for n in range(least, columns // NARROWEST + 1) if columns % n == 0]
    even = [n for n in fitting if columns // n % ALIGNED == 0]
    return max(1, columns // min(even or fitting or [1]))


ADDED, MOVED, MULTIPLIED = 0.5, 0.3, 0.018
"""Nanoseconds for an element that is added to an image, is copied, or is multiplied and added.

They tell which way is quicker, within a tenth; a gradient of (16, 10, 10, 64) through 5 × 5 kernels
is back at 8 channels in 0.75 ms in place of 1.15 (tools/measure_passes.py columns).
"""


def adds_first(weight: Sizes, made: int, width: int) -> bool:
    """Whether a gradient returns sooner when a product adds up over the columns of a kernel.

    It is copied for each column then, to where it met the image, with zeros between; only the
    kernel's rows are left to be added one by one. Steps of several elements make many zeros.

    Args:
        weight: the shape (O, C, k…) of the kernels of one group.
        made: how many positions a line of the gradient has.
        width: how many elements a line of the image has.
    """
    o, c, *tall, wide = weight
    rows, each = math.prod(tall), MULTIPLIED * o
    singly = made * rows * wide * c * (ADDED + each)
    return width * (rows * c * (MOVED + wide * each) + wide * o * MOVED) < singly


def product(a: Any, b: Any, out: Any = None) -> Any:
    """a @ b for stacks of matrices, in pieces that BLAS multiplies as they lie."""
    groups, rows, inner = a.shape
    if out is None:
        out = np.empty_like(b, shape=(groups, rows, b.shape[-1]))
    width = piece(rows, inner, b.shape[-1])
    np.matmul(a[:, None], _pieces(b, width), out=_pieces(out, width))
    return out


def product_of_rows(a: Any, b: Any) -> Any:
    """a @ bᵀ for stacks of matrices with long rows, summed over pieces of these."""
    width = piece(a.shape[1], b.shape[1], a.shape[-1])
    return np.sum(np.matmul(_pieces(a, width), turned(_pieces(b, width), a.shape[1])), axis=1)


def turned(x: Any, rows: int) -> Any:
    """Matrices (…, o, width) on their sides, to be multiplied by some with so many rows.

    They are rearranged if that is quickly done, and BLAS is quicker then. A compiled step carries
    the source of this, so `SMALL` stands here as a number.
    """
    *_, o, width = x.shape
    pays = o >= 12 and rows >= 100 and rows * o * width <= 1_000_000
    on_side = np.swapaxes(x, -1, -2)
    return np.copy(on_side, order="C") if pays else on_side


def _pieces(x: Any, width: int) -> Any:
    """Matrices as stacks of narrow ones: (groups, rows, columns) → (groups, …, rows, width)."""
    shape = x.shape
    return np.swapaxes(np.reshape(x, (*shape[:2], shape[2] // width, width)), 1, 2)
