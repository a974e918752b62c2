"""Sums of thin matrix products, computed as a single product."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.blas import product
from autograd.core.node import Array


class ProductSum:
    """Σ xₖ @ yₖ, computed late, as one product of all xₖ and yₖ side by side.

    A weight that meets one column at a time, as in a recurrence, is handed a thin product by
    each step, and adding them up costs far more than multiplying. So they wait here, as long
    as they take less memory than the weight itself.

    Adds up, in place, with its like; with an array, and to NumPy's functions, it is an array.

    Attributes:
        shape, dtype: of the sum.
    """

    __slots__ = ("_done", "_room", "_x", "_y", "dtype", "shape")

    def __init__(self, x: Array, y: Array) -> None:
        self._x, self._y = [x], [y]
        self._done: Any = None
        self._room = x.shape[0] * y.shape[1] - x.size - y.size
        self.shape, self.dtype = (x.shape[0], y.shape[1]), x.dtype

    @staticmethod
    def pays(x: Any, y: Any) -> bool:
        """Whether these are plain matrices so thin that two products take less than their sum."""
        if x.__class__ is not np.ndarray or y.__class__ is not np.ndarray:
            return False
        thin = 2 * (x.size + y.size) <= x.shape[0] * y.shape[1]
        return thin and bool(x.dtype == y.dtype)

    def array(self) -> Array:
        """The sum of all that came so far."""
        if self._x:
            x, y = self._x, self._y
            if len(x) == 1:
                made = x[0] * y[0] if x[0].shape[1] == 1 else product(x[0], y[0])
            else:
                made = product(np.concatenate(x, axis=1), np.concatenate(y, axis=0))
            self._done = made if self._done is None else np.add(self._done, made, self._done)
            self._x, self._y, self._room = [], [], made.size
        return self._done

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, ProductSum):
            return self.array() + other
        self._x += other._x
        self._y += other._y
        self._room -= other._x[0].size + other._y[0].size
        if self._room < 0:
            self.array()
        return self

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(function, method)(*map(computed, inputs), **kwargs)


def computed(gradient: Any) -> Any:
    """A gradient, computed if it was still waiting."""
    return gradient.array() if gradient.__class__ is ProductSum else gradient
