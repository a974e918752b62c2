"""Arrays that lie one after the other, so that one call reaches them all; arrays that are lent.

A step's source has these functions with it, and needs nothing of ours to run.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def side_by_side(shapes: Any, dtype: Any) -> Any:
    """One flat array, and arrays of these shapes that lie in it."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    width = np.dtype(dtype).itemsize
    memory, found, start = bytearray(sum(sizes) * width), [], 0
    for shape, size in zip(shapes, sizes, strict=True):
        found.append(np.ndarray(shape, dtype, memory, start * width))
        start += size
    return [np.ndarray((start,), dtype, memory), *found]


def joined(parts: Any) -> Any:
    """A flat array with the numbers of the parts."""
    return np.concatenate([part.ravel() for part in parts])


def handed_back(flat: Any, parts: Any) -> None:
    """Write a flat array's numbers into its parts."""
    start = 0
    for part in parts:
        part[...] = flat[start : start + part.size].reshape(part.shape)
        start += part.size


def lent(shape: Any, dtype: Any, out: Any = None) -> Any:
    """The array that is given, or a new one."""
    return np.empty(shape, dtype) if out is None else out
