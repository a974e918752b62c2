"""Arrays that lie one after the other, so that one call reaches them all; arrays that are lent.

A step's source has these functions with it, and needs nothing of ours to run.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def side_by_side(shapes: Any, dtype: Any, given: Any = None) -> Any:
    """One flat array, and arrays of these shapes that lie in it; or those that are given."""
    if given is not None:
        return given
    sizes = [int(np.prod(shape)) for shape in shapes]
    width = np.dtype(dtype).itemsize
    memory, found, start = bytearray(sum(sizes) * width), [], 0
    for shape, size in zip(shapes, sizes, strict=True):
        found.append(np.ndarray(shape, dtype, memory, start * width))
        start += size
    return [np.ndarray((start,), dtype, memory), *found]


def joined(parts: Any, given: Any = None) -> Any:
    """The flat array that the parts lie in, if it is given; else one with their numbers."""
    return np.concatenate([part.ravel() for part in parts]) if given is None else given


def handed_back(flat: Any, parts: Any, given: Any = None) -> None:
    """Write a flat array's numbers into its parts, unless they lie in it anyway."""
    start = 0
    for part in parts if given is None else ():
        part[...] = flat[start : start + part.size].reshape(part.shape)
        start += part.size


def lent(shape: Any, dtype: Any, out: Any = None) -> Any:
    """The array that is given, or a new one."""
    return np.empty(shape, dtype) if out is None else out
