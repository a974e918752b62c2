"""Shape and dtype as one object: what is left of a large value, and quick to compare."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

KEEP = 256
"""Values of up to this many elements stay on their node, so that pictures have numbers."""


class Spec:
    """A shape and a dtype: what is left on a node of a value that was too large to keep.

    Attributes:
        single: whether the shape is ().
        small: whether values like it are kept on their nodes, see `KEEP`.
    """

    __slots__ = ("dtype", "shape", "single", "small")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype
        self.single = shape == ()
        self.small = self.size <= KEEP

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


_specs: dict[tuple[tuple[int, ...], Any], Spec] = {}


def spec_of(array: Any) -> Spec:
    """The shape and dtype of an array: one object for all that are alike, quick to compare."""
    key = tuple(array.shape), array.dtype
    found = _specs.get(key)
    if found is None:
        if len(_specs) >= 1000:  # what forgets them compares slowly, that is all
            _specs.clear()
        found = _specs[key] = Spec(*key)
    return found
