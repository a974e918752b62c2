"""Parameters: named leaves that training changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd as ag

_PART = 1 << 18


class _Parameters(type):
    """Makes ``nn.Parameter(…)`` give a tensor, and ``isinstance(t, nn.Parameter)`` true of it."""

    def __call__(
        cls, data: Any, requires_grad: bool = True, *, name: str = "parameter", dtype: Any = None
    ) -> ag.Tensor:
        return ag.tensor(data, dtype=dtype, requires_grad=requires_grad, name=name)

    def __instancecheck__(cls, value: object) -> bool:
        return is_parameter(value)


if TYPE_CHECKING:  # a type checker sees the tensor that it gives

    class Parameter(ag.Tensor):
        def __init__(
            self, data: Any, requires_grad: bool = True, *, name: str = "", dtype: Any = None
        ) -> None: ...
else:

    class Parameter(metaclass=_Parameters):
        """A leaf tensor that a module counts among its parameters.

        A parameter is a tensor like any other; what makes it one is that it is a leaf with a
        name. It therefore stays a parameter when it is frozen (``requires_grad_(False)``), and
        ``isinstance(tensor, nn.Parameter)`` asks for just that.

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


def is_parameter(value: Any) -> bool:
    """Whether a module counts a value among its parameters: a leaf with a name or a gradient."""
    leaf = isinstance(value, ag.Tensor) and value.node is None
    return leaf and (value.name is not None or value.requires_grad)


def set_trained(parameter: ag.Tensor, trained: bool) -> None:
    """Freeze a parameter, or train it again; a name lets it stay one without a gradient."""
    if parameter.name is None:
        parameter.name = "parameter"
    parameter.requires_grad_(trained)


def uniform(
    shape: tuple[int, ...], bound: float, name: str, *, dtype: Any, rng: np.random.Generator
) -> ag.Tensor:
    """A parameter of `shape` drawn from U(−bound, bound).

    Raises:
        RangeError: a shape of something else than whole numbers from 0 on.
    """
    values = np.empty(checked(shape, name), dtype or ag.get_default_dtype())
    fill(values, lambda count: rng.uniform(-bound, bound, size=count))
    parameter = ag.Tensor(values, requires_grad=True)
    parameter.name = name
    return parameter


def checked(shape: tuple[int, ...], name: str) -> tuple[int, ...]:
    """The shape of a parameter, if it can be one.

    Raises:
        RangeError: something else than whole numbers from 0 on.
    """
    if not all(isinstance(size, (int, np.integer)) and size >= 0 for size in shape):
        raise ag.RangeError(
            f"{name} would have the shape {tuple(shape)}: sizes are whole numbers, 0 or more."
        )
    return shape


def fill(array: np.ndarray, draw: Callable[[int], np.ndarray]) -> None:
    """Write into an array what ``draw(count)`` gives, part by part.

    The numbers are those of one draw of the whole, without its float64 array, which for the
    first matrix of VGG-16 would take 822 MB.
    """
    flat = array.reshape(-1)
    for start in range(0, flat.size, _PART):
        part = flat[start : start + _PART]
        part[...] = draw(part.size)
