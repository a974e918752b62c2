"""A stand-in for an array on another device: NumPy's protocols, and not one step towards NumPy.

It behaves as CuPy's arrays do: NumPy functions reach it by ``__array_ufunc__`` and
``__array_function__``; converting it to a NumPy array, or mixing it with one, is refused.
Every call is recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class StrictArray(NDArrayOperatorsMixin):
    """An array that only NumPy's dispatch can compute with."""

    calls: list[str] = []  # noqa: RUF012 (shared on purpose: one record of all calls)

    def __init__(self, array: Any) -> None:
        self._array = np.array(array)

    # --- what an array tells about itself ---------------------------------------------

    @property
    def shape(self):
        return self._array.shape

    @property
    def dtype(self):
        return self._array.dtype

    @property
    def ndim(self):
        return self._array.ndim

    @property
    def size(self):
        return self._array.size

    @property
    def strides(self):
        return self._array.strides

    @property
    def flags(self):
        return self._array.flags

    @property
    def T(self):
        return _wrapped(self._array.T)

    def __len__(self):
        return len(self._array)

    def __repr__(self):
        return f"StrictArray({self._array!r})"

    # --- no way out ---------------------------------------------------------------------

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion to a NumPy array")

    def __float__(self):
        return float(self._array)

    def __int__(self):
        return int(self._array)

    def __bool__(self):
        return bool(self._array)

    def __index__(self):
        return self._array.__index__()

    def item(self, *args):
        return self._array.item(*args)

    def tolist(self):
        return self._array.tolist()

    def get(self):
        """The explicit way to the host, as CuPy calls it."""
        return self._array.copy()

    # --- methods, as array libraries have them ------------------------------------------

    def __getitem__(self, index):
        self.calls.append("getitem")
        return _wrapped(self._array[_unwrapped(index)])

    def __setitem__(self, index, value):
        self.calls.append("setitem")
        self._array[_unwrapped(index)] = _unwrapped(value)

    def __iter__(self):
        return iter([_wrapped(part) for part in self._array])

    def __getattr__(self, name):
        if name not in _METHODS:
            raise AttributeError(name)
        method = getattr(self._array, name)

        def call(*args, **kwargs):
            self.calls.append(name)
            return _wrapped(method(*_unwrapped(args), **_unwrapped(kwargs)))

        return call

    # --- NumPy's protocols --------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        self.calls.append(ufunc.__name__)
        _refuse_numpy([*inputs, *kwargs.get("out", ())], ufunc.__name__)
        out = kwargs.get("out")
        result = getattr(ufunc, method)(*_unwrapped(inputs), **_unwrapped(kwargs))
        return out[0] if out else _wrapped(result)

    def __array_function__(self, function, types, args, kwargs):
        self.calls.append(function.__name__)
        if function.__name__ not in _COPIES:
            _refuse_numpy([*args, *kwargs.values()], function.__name__)
        return _wrapped(function(*_unwrapped(args), **_unwrapped(kwargs)))


_COPIES = ("array", "asarray", "ascontiguousarray")
"""With ``like=`` they copy to the device, which is the explicit way there."""

_METHODS = {
    "reshape", "astype", "sum", "copy", "squeeze", "mean", "max", "min", "all", "any", "ravel",
    "transpose", "swapaxes", "argmax", "argmin", "cumsum", "repeat", "prod", "fill", "nonzero",
    "take", "flatten", "clip", "argsort", "round", "dot", "view",
}  # fmt: skip


def _refuse_numpy(values: list[Any], name: str) -> None:
    """Only numbers and 0-d arrays may come along: on a device, other arrays live elsewhere."""
    for value in values:
        if isinstance(value, (list, tuple)):
            _refuse_numpy(list(value), name)
        elif isinstance(value, np.ndarray) and value.ndim:
            raise TypeError(f"{name}: a NumPy array of shape {value.shape} among device arrays")


def _unwrapped(value: Any) -> Any:
    if isinstance(value, StrictArray):
        return value._array
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_unwrapped, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(_unwrapped, value))
    if isinstance(value, dict):
        return {key: _unwrapped(part) for key, part in value.items()}
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        made = StrictArray.__new__(StrictArray)
        made._array = np.asarray(value)
        return made
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_wrapped, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(_wrapped, value))
    return value
