"""What people hand in, as arrays: data for a new tensor, and indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.errors import DTypeError, GradientError, RangeError, ShapeError
from autograd.core.mode import get_default_dtype
from autograd.core.node import Array, Handle, array_of, as_array
from autograd.core.promote import check_numeric, ordinary

np.empty(2**24, np.uint8)
"""The C library keeps freed memory up to twice the largest block that ever came back to it.

So this block, which nobody touches, spares every later step from asking the system for its
megabytes again: fresh pages took a fifth of the time of a step of LeNet.
"""


def plain_index(index: Any) -> Any:
    """An index with tensors replaced by their arrays."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    return index.value if isinstance(index, Handle) else index


def alike(values: Any, model: Any) -> Array:
    """Values as an array of the kind that a tensor (or array) holds its elements in."""
    array = array_of(model)
    return np.asarray(values, like=array) if hasattr(array, "dtype") else np.asarray(values)


def zeros(shape: tuple[int, ...], model: Array) -> Array:
    """Zeros in the dtype of an array, and of its kind; NumPy's own are made the quick way."""
    if model.__class__ is np.ndarray:
        return np.zeros(shape, model.dtype)
    return np.zeros_like(model, shape=shape)


def to_array(data: Any, dtype: Any = None) -> Array:
    """The array for a new tensor: a copy, Python floats in the default dtype.

    Raises:
        DTypeError: complex numbers, text, objects.
        ShapeError: nested lists of unequal lengths.
        RangeError: integers that the dtype does not hold.
    """
    if isinstance(data, Handle):
        _no_history(data)
        data = data.value
    if isinstance(data, (list, tuple)) and any(isinstance(part, Handle) for part in data):
        raise DTypeError(
            "tensor(): a list of tensors; write stack([…]) to join them along a new dimension, "
            "which keeps their history."
        )
    given = hasattr(data, "dtype")
    try:
        array = _own(data) if given else np.array(data)
    except ValueError as error:
        raise ShapeError(
            f"tensor(): the nested lists do not form a rectangular array ({error})."
        ) from error
    if not given and array.dtype == object:
        raise DTypeError(f"tensor(): {type(data).__name__} is not a number or an array of numbers.")
    check_numeric(array.dtype, "tensor(): the data")
    if dtype is not None:
        wanted = _dtype_of(dtype)
        check_numeric(wanted, "tensor(): the dtype")
        return as_array(array.astype(wanted) if given else _fitting(array, wanted))
    if not given and array.dtype.kind == "f":
        array = array.astype(get_default_dtype())
    return as_array(array)


def _dtype_of(dtype: Any) -> np.dtype[Any]:
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(
            f"tensor(): {error}; a dtype is float, int, bool, 'float32' or np.float32."
        ) from error
    return found


def _fitting(array: Array, wanted: np.dtype[Any]) -> Array:
    """Numbers that a person wrote, in a dtype; integers must not change on the way."""
    made = array.astype(wanted)
    if array.dtype.kind + wanted.kind in ("ii", "iu", "uu", "ui") and (made != array).any():
        raise RangeError(
            f"tensor(): {array[made != array].flat[0]} is out of bounds for {wanted}; take a wider "
            "dtype, such as int64."
        )
    return made


def _own(data: Any) -> Array:
    """A copy; NumPy's in this machine's order of bytes, and no subclass."""
    array = (ordinary(data) if isinstance(data, np.ndarray) else data).copy()
    swapped = isinstance(array, np.ndarray) and not array.dtype.isnative
    return array.astype(array.dtype.newbyteorder("=")) if swapped else array


def _no_history(data: Handle) -> None:
    if data.needs_grad:
        raise GradientError(
            "tensor() copies numbers and would lose the history of this tensor silently. "
            "Write x.clone() to keep it, or tensor(x.detach()) to drop it."
        )
    return


def replacement(data: Any, tensor: Handle) -> Array:
    """What ``tensor.data = data`` puts in: arrays as they are, numbers in the tensor's dtype.

    Raises:
        DTypeError: no real numbers, or integers where a gradient is wanted.
        ShapeError: nested lists of unequal lengths.
    """
    array = array_of(data)
    if not hasattr(array, "dtype"):
        array = to_array(data, tensor.value.dtype)
    check_numeric(array.dtype, "x.data = …: what is assigned")
    if tensor.needs_grad and array.dtype.kind != "f":
        raise DTypeError(
            f"x.data = …: this tensor requires a gradient, and {array.dtype} has none; assign "
            f"floating-point numbers (.astype({str(tensor.value.dtype)!r}))."
        )
    return as_array(ordinary(array) if isinstance(array, np.ndarray) else array)
