"""Matrix products on plain arrays, cut the way that OpenBLAS does them fastest.

OpenBLAS copies both factors into another order before it multiplies. Products that are small
enough are done at once, as the numbers lie in memory, and that is quicker: so a large product
is cut into tiles; where no tile fits, and one factor has few columns (or rows), into bands.
"""

from __future__ import annotations

import math
import os
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

SMALL = 1_000_000
"""Multiplications up to which OpenBLAS rearranges no factor first.

It was measured: three times as fast, for 8 kernels of 25 weights.
"""

_LOWEST = 8
"""Rows of a band, at least: lower ones have too few sums on their way at once."""

_ACROSS = 16
"""Rows of a band that is cut across how they lie in memory: so many, or several times as many."""

_FEWEST = 4
"""Fewer columns gain nothing by it."""

_WIDE = 512
"""Bytes of a row of the smaller factor, at most: beyond, rearranging the other pays."""

_NEAR = 1 << 21
"""Bytes of a matrix that is cut across its rows in memory: larger ones do not stay at hand."""

_SUMS, _LONG = 1200, 128
"""Most elements of a small product with the second factor transposed; the shortest sums."""

_LARGE = 2 * SMALL
"""Multiplications from which on tiles are worth the calls that cut them."""

Tiles = dict[tuple[bool, bool], tuple[tuple[int, int], ...]]

_TILES: Tiles = {
    (False, False): ((64, 64), (32, 64), (16, 64), (8, 64)),
    (False, True): ((64, 16), (32, 16), (64, 8)),
    (True, False): ((64, 32), (32, 32), (16, 32)),
    (True, True): ((64, 64), (64, 32), (64, 16), (64, 8)),
}
"""Rows and columns of a tile, the best first, by which of the two matrices is transposed.

So it is for numbers of 4 bytes; of 8 there are half as many columns, where a row is in one piece.
"""

_SPARE: Tiles = {
    (False, False): ((128, 16), (64, 16)),
    (False, True): ((16, 16), (32, 8)),
    (True, False): ((64, 16), (32, 16)),
    (True, True): ((32, 16), (32, 8)),
}
"""The same for sizes that neither those divide nor bands."""

_LARGEST = {4: 1 << 23, 8: 3 << 19}
"""Bytes of a matrix in tiles, at most, by the bytes of a number."""

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def product(x: Any, y: Any) -> Any:
    """``x @ y``, for NumPy's own vectors and matrices by the shortest way.

    On one thread with AVX-512, float32: (1024, 256) @ (256, 32) takes 170 µs in place of 184,
    (128, 784) @ (784, 256) 477 in place of 596, and where both lie transposed (128, 512) @
    (512, 256) 332 in place of 425, in float64 605 in place of 727; by ``dot`` (100, 100) @
    (100, 1) 1.2 in place of 1.4 (tools/measure_passes.py product). A stack of matrices times one
    matrix is one product, of all rows.
    """
    if x.__class__ is np.ndarray is y.__class__ and (x.dtype is _SINGLE or x.dtype is _DOUBLE):
        rank, other = x.ndim, y.ndim
        if 0 < rank < 3 and 0 < other < 3:
            return x.dot(y) if x.size * y.size <= SMALL else _large(x, y)
        if rank > 2 == other:
            return product(rows_of(x), y).reshape(*x.shape[:-1], y.shape[1])
    return np.matmul(x, y)


def rows_of(x: Any) -> Any:
    """A stack of matrices as one, their rows below each other: one product is faster than many."""
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _large(x: Any, y: Any) -> Any:
    """The product of vectors or matrices, in tiles where that is quicker."""
    if x.ndim == 1 or y.ndim == 1 or x.size * y.shape[1] <= SMALL:
        return x.dot(y)
    fit = x.dtype == y.dtype and x.shape[1] == y.shape[0]
    if not (fit and multiplies_small_ones_at_once()):
        return x.dot(y)
    layouts = x.flags.c_contiguous, x.flags.f_contiguous, y.flags.c_contiguous, y.flags.f_contiguous
    tile = cut(x.shape, y.shape, x.itemsize, *layouts)
    if tile is None:
        return x.dot(y)
    (m, n), (high, wide) = (x.shape[0], y.shape[1]), tile
    out = np.empty((m, n), x.dtype)
    tiles = out.reshape(m // high, high, n // wide, wide).transpose(0, 2, 1, 3)
    np.matmul(_bands(x, high)[:, None], _bands(y.T, wide).mT, out=tiles)
    return out


def _bands(matrix: Any, height: int) -> Any:
    """Bands of so many rows, one behind the other: (rows, n) → (bands, height, n)."""
    rows, width = matrix.shape
    if matrix.flags.c_contiguous:
        return matrix.reshape(rows // height, height, width)
    return matrix.T.reshape(width, rows // height, height).transpose(1, 2, 0)


@lru_cache(maxsize=1024)
def cut(
    left: tuple[int, int],
    right: tuple[int, int],
    itemsize: int,
    x_rows: bool,
    x_columns: bool,
    y_rows: bool,
    y_columns: bool,
) -> tuple[int, int] | None:
    """How many rows and columns a product is cut into; None where it stays whole.

    The layouts say which factors lie row by row, which column by column. Bands are cut from
    the larger factor, along its rows as they lie in memory, or across if it is not large either.
    """
    item = _Product(*left, right[1], itemsize, (not x_rows, not y_rows))
    if item.work <= SMALL or (item.turned == (False, True) and item.inner < _LONG):
        return None
    in_order = (x_rows or x_columns) and (y_rows or y_columns)
    x_larger = item.columns <= item.rows
    return (
        (item.tile(_TILES) if in_order else None)
        or item.band(*(x_rows, x_columns) if x_larger else (y_columns, y_rows))
        or (item.tile(_SPARE) if in_order else None)
    )


class _Product(NamedTuple):
    """What decides how a product of two matrices is cut.

    Attributes:
        rows, inner, columns: (rows, inner) @ (inner, columns).
        itemsize: bytes of a number.
        turned: which of the two matrices lies transposed in memory.
    """

    rows: int
    inner: int
    columns: int
    itemsize: int
    turned: tuple[bool, bool]

    @property
    def work(self) -> int:
        """How many multiplications it takes."""
        return self.rows * self.inner * self.columns

    def tile(self, tiles: Tiles) -> tuple[int, int] | None:
        """Rows and columns of the first of some tiles that fits."""
        largest = self.work // min(self.rows, self.inner, self.columns) * self.itemsize
        if self.work < _LARGE or largest > _LARGEST[self.itemsize]:
            return None
        for high, wide in tiles[self.turned]:
            width = wide if self.turned[1] else wide * 4 // self.itemsize
            small = high * width * self.inner <= SMALL
            if small and self.rows % high == 0 and self.columns % width == 0:
                return high, width
        return None

    def band(self, along: bool, across: bool) -> tuple[int, int] | None:
        """Rows and columns of what a band of the larger matrix gives, if the other is small.

        Args:
            along: whether a band lies in memory row by row.
            across: whether it is cut across the rows in memory.
        """
        few, many = sorted((self.rows, self.columns))
        near = along or (across and self.inner * many * self.itemsize <= _NEAR)
        if few < _FEWEST or few * self.itemsize > _WIDE or not near:
            return None
        sums = _SUMS // few if self.turned == (False, True) else many
        most, step = min(SMALL // (self.inner * few), sums, many // 2), 1 if along else _ACROSS
        heights = range(most - most % step, max(_LOWEST, step) - 1, -step)
        height = next((height for height in heights if many % height == 0), None)
        if height is None:
            return None
        return (height, few) if self.columns <= self.rows else (few, height)


@cache
def multiplies_small_ones_at_once() -> bool:
    """Whether NumPy uses OpenBLAS on one thread with AVX-512, where it has such products.

    Several threads would share a large product, but not bands.
    """
    built: Any = np.show_config(mode="dicts")
    blas = built.get("Build Dependencies", {}).get("blas", {}).get("name", "")
    core = getattr(np, "_core", None)
    features = getattr(getattr(core, "_multiarray_umath", None), "__cpu_features__", {})
    return (
        "openblas" in blas and bool(features.get("AVX512_SKX")) and _uses_it() and _threads() == 1
    )


def _uses_it() -> bool:
    """Whether nobody told OpenBLAS to use the kernels of a processor without AVX-512."""
    told = os.environ.get("OPENBLAS_CORETYPE", "").lower()
    return told in ("", "skylakex", "cooperlake", "sapphirerapids")


def _threads() -> int:
    """How many threads OpenBLAS takes."""
    for name in ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"):
        number = os.environ.get(name, "")
        if number.isdigit() and int(number):
            return int(number)
    mine = getattr(os, "sched_getaffinity", None)
    return len(mine(0)) if mine else os.cpu_count() or 1
