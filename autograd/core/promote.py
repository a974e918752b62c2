"""Which dtype comes out: PyTorch's promotion, in three tiers.

Arrays with dimensions decide; a 0-d array matters only when it is of a higher kind
(bool < integer < float), a Python or NumPy scalar only when it is higher still, and then
as the default dtype of its kind. A float never turns into a wider float by accident.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.errors import DTypeError
from autograd.core.mode import get_default_dtype
from autograd.core.node import Array

_KIND = {"b": 0, "u": 1, "i": 1, "f": 2}
_INTEGER = np.dtype(np.int64)
_BOOL = np.dtype(np.bool_)


def check_numeric(dtype: np.dtype[Any], what: str) -> None:
    """Refuse numbers that the engine does not calculate with.

    Raises:
        DTypeError: complex numbers, text, dates and objects.
    """
    if dtype.kind == "c":
        raise DTypeError(
            f"{what} is complex ({dtype}); glassgrad differentiates real functions. "
            "Keep real and imaginary part in two tensors."
        )
    if dtype.kind not in _KIND:
        raise DTypeError(
            f"{what} has dtype {dtype}; a tensor holds numbers (bool, integer or float)."
        )


def plain(value: Any) -> Any:
    """A plain operand, ready to compute with: NumPy scalars weak, sequences as arrays.

    Raises:
        DTypeError: the operand is not a number or an array of numbers.
    """
    if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return value
    if isinstance(value, np.generic):
        check_numeric(value.dtype, "The operand")
        return value.item()
    if value is None or isinstance(value, str):
        raise DTypeError(f"The operand is {value!r}; an operation takes numbers and tensors.")
    if not hasattr(value, "dtype"):
        value = _from_sequence(value)
    check_numeric(value.dtype, "The operand")
    return ordinary(value) if isinstance(value, np.ndarray) else value


def ordinary(array: np.ndarray[Any, Any]) -> Array:
    """NumPy's plain kind of array: subclasses give ``*`` and ``sum`` meanings of their own.

    Raises:
        DTypeError: a masked array, whose mask would be lost silently.
    """
    if type(array) is np.ndarray:
        return array
    if isinstance(array, np.ma.MaskedArray):
        raise DTypeError(
            "A masked array has holes, and a tensor has none: fill them (.filled(0.0)), and keep "
            "the mask for where(mask, …) or x[mask]."
        )
    return array.view(np.ndarray)


def _from_sequence(value: Any) -> Array:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise DTypeError(f"The operand is not an array of numbers: {error}.") from error


def common_dtype(values: list[Any]) -> np.dtype[Any] | None:
    """The dtype in which operands meet, or None when they are in it already."""
    first = getattr(values[0], "dtype", None) if values else None
    if first is not None and all(getattr(value, "dtype", None) is first for value in values):
        return None  # as most are, seen at once
    dtypes = {value.dtype for value in values if hasattr(value, "dtype")}
    scalars = [value for value in values if not hasattr(value, "dtype")]
    if len(dtypes) == 1:
        (only,) = dtypes
        if all(_kind_of(scalar) <= _KIND[only.kind] for scalar in scalars):
            return None
    dimensioned = _highest([v.dtype for v in values if hasattr(v, "dtype") and v.ndim])
    zero_d = _highest([v.dtype for v in values if hasattr(v, "dtype") and not v.ndim])
    weak = _highest([_default_of(scalar) for scalar in scalars])
    return _combine(_combine(dimensioned, zero_d), weak)


def _kind_of(scalar: Any) -> int:
    return 0 if isinstance(scalar, bool) else 1 if isinstance(scalar, int) else 2


def _default_of(scalar: Any) -> np.dtype[Any]:
    return (_BOOL, _INTEGER, get_default_dtype())[_kind_of(scalar)]


def _highest(dtypes: list[np.dtype[Any]]) -> np.dtype[Any] | None:
    found: np.dtype[Any] | None = None
    for dtype in dtypes:
        found = dtype if found is None else join(found, dtype)
    return found


def _combine(strong: np.dtype[Any] | None, weak: np.dtype[Any] | None) -> np.dtype[Any] | None:
    if strong is None or weak is None:
        return strong if weak is None else weak
    return join(strong, weak) if _KIND[weak.kind] > _KIND[strong.kind] else strong


def join(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a calculation on two arrays: a float absorbs integers unchanged."""
    if _KIND[a.kind] == _KIND[b.kind] or 2 not in (_KIND[a.kind], _KIND[b.kind]):
        return np.promote_types(a, b)
    return a if a.kind == "f" else b


def cast(value: Any, dtype: np.dtype[Any]) -> Any:
    """An operand in a dtype; Python scalars stay weak, unless their kind demands it."""
    if not hasattr(value, "dtype"):
        return value
    return value if value.dtype == dtype else value.astype(dtype)
