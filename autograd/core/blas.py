"""Matrix products on plain arrays, cut the way that OpenBLAS does them fastest.

OpenBLAS copies both factors into another order before it multiplies, which pays where each
number is used many times. A large matrix that meets few columns is better cut into bands of
rows: their products are so small that they are done at once, as the numbers lie in memory.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from typing import Any

import numpy as np

SMALL = 1_000_000
"""Multiplications up to which OpenBLAS rearranges no factor first."""

LOWEST = 8
"""Rows of a band, at least: lower ones have too few sums on their way at once."""

_FEWEST = 4
"""Fewer columns gain nothing by it."""

_WIDE = 512
"""Bytes of a row of the smaller factor, at most: beyond, rearranging the other pays."""

_NEAR = 1 << 21
"""Bytes of a matrix that is cut across its rows in memory: larger ones do not stay at hand."""

_SUMS, _LONG = 1200, 128
"""Most elements of a small product with the second factor transposed, and its shortest sums."""


def product(x: Any, y: Any) -> Any:
    """``x @ y``, for NumPy's own vectors and matrices by the shortest way.

    Measured on one thread with AVX-512, float32: (1024, 256) @ (256, 32) takes 148 µs in place
    of 183, (128, 784) @ (256, 784).T 467 in place of 584; (100, 100) @ (100, 1) .8 in place
    of 1.5, by ``dot``.
    """
    if x.__class__ is not np.ndarray or y.__class__ is not np.ndarray:
        return np.matmul(x, y)
    if not (0 < x.ndim < 3 and 0 < y.ndim < 3 and x.dtype.char in "fd"):
        return np.matmul(x, y)
    if x.size * y.size > SMALL and x.ndim == y.ndim == 2 and x.size * y.shape[1] > SMALL:
        return _large(x, y)
    return x.dot(y)


def _large(x: Any, y: Any) -> Any:
    """The product of matrices, one of them in bands where that is quicker."""
    layouts = x.flags.c_contiguous, x.flags.f_contiguous, y.flags.c_contiguous, y.flags.f_contiguous
    rows, columns = _bands(x.shape, y.shape, x.itemsize, *layouts)
    fit = x.dtype == y.dtype and x.shape[1] == y.shape[0]
    if not (fit and (rows or columns) and multiplies_small_ones_at_once()):
        return x.dot(y)
    out = np.empty((x.shape[0], y.shape[1]), x.dtype)
    if rows:
        np.matmul(_cut(x, rows), y, out=_cut(out, rows))
    else:
        np.matmul(x, _cut(y.T, columns).mT, out=_cut(out.T, columns).mT)
    return out


def _cut(matrix: Any, height: int) -> Any:
    """Bands of so many rows, one behind the other: (rows, n) → (bands, height, n)."""
    rows, width = matrix.shape
    if matrix.flags.c_contiguous:
        return matrix.reshape(rows // height, height, width)
    return matrix.T.reshape(width, rows // height, height).transpose(1, 2, 0)


@lru_cache(maxsize=1024)
def _bands(
    left: tuple[int, int],
    right: tuple[int, int],
    itemsize: int,
    x_rows: bool,
    x_columns: bool,
    y_rows: bool,
    y_columns: bool,
) -> tuple[int, int]:
    """The rows of x in a band, or the columns of y; 0 and 0 where neither is cut.

    The larger factor is cut, along its rows as they lie in memory, or across them if it is
    not large either. The layouts say which factors lie row by row, which column by column.
    """
    (m, k), n = left, right[1]
    few, along, across = (n, x_rows, x_columns) if n <= m else (m, y_columns, y_rows)
    near = across and k * max(m, n) * itemsize <= _NEAR
    widest = _WIDE if along else _WIDE // 2 if near else 0
    turned = x_rows and not y_rows
    if few < _FEWEST or few * itemsize > widest or (turned and k < _LONG):
        return 0, 0
    most = min(SMALL // (k * few), _SUMS // few if turned else SMALL)
    height = _divisor(max(m, n), most)
    return (height, 0) if n <= m else (0, height)


def _divisor(size: int, most: int) -> int:
    """The largest divisor of a size, at most so large and of some use, or 0."""
    return next((n for n in range(min(most, size // 2), LOWEST - 1, -1) if size % n == 0), 0)


@cache
def multiplies_small_ones_at_once() -> bool:
    """Whether NumPy uses OpenBLAS on one thread with AVX-512, where it has such products.

    Several threads would share a large product, but not bands.
    """
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    core = getattr(np, "_core", None)
    features = getattr(getattr(core, "_multiarray_umath", None), "__cpu_features__", {})
    return "openblas" in blas and bool(features.get("AVX512_SKX")) and _threads() == 1


def _threads() -> int:
    """How many threads OpenBLAS takes."""
    for name in ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"):
        number = os.environ.get(name, "")
        if number.isdigit() and int(number):
            return int(number)
    return os.cpu_count() or 1
