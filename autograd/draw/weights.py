"""How wide the arrow of a gradient is, beside the largest of the run."""

from __future__ import annotations

from math import isfinite, log10

from autograd.draw.trace import Numbers, Trace

FEWEST = 1.0
"""Powers of ten between the thinnest and the widest arrow, at least."""


class Weights:
    """Sizes of gradients as numbers from 0 to 1.

    Linear, a gradient is as wide as it is large. By logarithms, every power of ten between
    the smallest and the largest counts the same, so that vanishing gradients stay apart.
    """

    def __init__(self, trace: Trace, log: bool = False) -> None:
        sizes = [_size(n) for e in trace.events for n in (e.contribution, e.upstream)]
        self._largest = max(sizes, default=0.0)
        self._decades = 0.0
        if log and self._largest:
            smallest = min(size for size in sizes if size)
            self._decades = max(FEWEST, log10(self._largest) - log10(smallest))

    def of(self, numbers: Numbers) -> float:
        """The part of the largest; 0 for a gradient of zeros, or one that is no number."""
        size = _size(numbers)
        if not size:
            return 0.0
        if self._decades:
            return max(0.0, 1 + (log10(size) - log10(self._largest)) / self._decades)
        return size / self._largest


def _size(numbers: Numbers) -> float:
    """The norm, 0 where it is unknown or no number."""
    norm = numbers.norm
    return norm if norm is not None and isfinite(norm) else 0.0
