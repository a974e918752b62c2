"""Parameters: named leaves that training changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

_PART = 1 << 18


def Parameter(
    data: Any, requires_grad: bool = True, *, name: str = "parameter", dtype: Any = None
) -> ag.Tensor:
    """A leaf tensor that a module counts among its parameters.

    A parameter is a tensor like any other; what makes it one is that it is a leaf with a
    name. It therefore stays a parameter when it is frozen (``requires_grad_(False)``).

    Args:
        data: numbers, an array or a tensor without history; they are copied.
        requires_grad: False for a parameter that is frozen from the start.
        name: what pictures show where no module gives a path.
        dtype: the dtype to convert to.

    Raises:
        DTypeError: the data are integers, which have no gradient.

    >>> Parameter([0.5, -1.0], name="scale")
    tensor([ 0.5, -1. ], requires_grad=True, name='scale')
    """
    return ag.tensor(data, dtype=dtype, requires_grad=requires_grad, name=name)


def uniform(
    shape: tuple[int, ...], bound: float, name: str, *, dtype: Any, rng: np.random.Generator
) -> ag.Tensor:
    """A parameter of `shape` drawn from U(−bound, bound)."""
    values = np.empty(shape, dtype or ag.get_default_dtype())
    fill(values, lambda count: rng.uniform(-bound, bound, size=count))
    parameter = ag.Tensor(values, requires_grad=True)
    parameter.name = name
    return parameter


def fill(array: np.ndarray, draw: Callable[[int], np.ndarray]) -> None:
    """Write into an array what ``draw(count)`` gives, part by part.

    The numbers are those of one draw of the whole, without its float64 array, which for the
    first matrix of VGG-16 would take 822 MB.
    """
    flat = array.reshape(-1)
    for start in range(0, flat.size, _PART):
        part = flat[start : start + _PART]
        part[...] = draw(part.size)
