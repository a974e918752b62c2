"""NumPy's own functions on tensors: ``np.tanh(t)``, ``np.sum(t, axis=0)``, ``array * t``.

A function with a registered meaning builds the graph. Any other one sees plain arrays,
as long as no gradient would be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, GradientError
from autograd.core.node import Array, Handle
from autograd.core.primitive import meaning

_LOOKING = {np.shape, np.ndim, np.size}
"""Functions that look at an array without computing with it."""


class NumPyProtocols(Handle):
    """The methods by which NumPy asks a tensor what its functions mean."""

    __slots__ = ()
    __array_priority__ = 1000

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = np.asarray(_plain(self, "np.asarray"))
        if copy or (dtype is not None and array.dtype != dtype):
            return array.astype(dtype or array.dtype)
        return array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Universal functions and operators with an array on the left."""
        ours = meaning(ufunc)
        if ours is not None and method == "__call__" and not kwargs:
            return ours(*inputs)
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        options = _without_tensors(kwargs, name)
        return getattr(ufunc, method)(*_without_tensors(inputs, name), **options)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        """All other functions of NumPy."""
        if not all(issubclass(kind, (Handle, np.ndarray)) for kind in types):
            return NotImplemented
        if function in _LOOKING:
            return function(args[0].value, *args[1:], **kwargs)
        ours = meaning(function)
        if ours is not None:
            return ours(*args, **kwargs)
        name = function.__name__
        return function(*_without_tensors(args, name), **_without_tensors(kwargs, name))


def _without_tensors(value: Any, name: str) -> Any:
    """The same arguments with plain arrays for tensors."""
    if isinstance(value, Handle):
        return _plain(value, f"np.{name}")
    if isinstance(value, (list, tuple)):
        return type(value)(_without_tensors(part, name) for part in value)
    if isinstance(value, dict):
        if isinstance(value.get("out"), tuple):
            raise ArgumentError(f"np.{name}(…, out=tensor) would change a tensor unnoticed.")
        return {key: _without_tensors(part, name) for key, part in value.items()}
    return value


def _plain(tensor: Handle, call: str) -> Array:
    """The array of a tensor that requires no gradient.

    Raises:
        GradientError: it does, and the gradient would be lost.
    """
    if tensor.needs_grad:
        raise GradientError(
            f"{call}: this tensor requires a gradient, and {call} would lose it silently. "
            "Use the operation of autograd, or write .detach() if that is what you want."
        )
    return tensor.value
