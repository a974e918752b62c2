"""New tensors that count: ranges, the identity, the indices of a triangle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.errors import RangeError
from autograd.core.primitive import call, refuses
from autograd.core.tensor import Tensor
from autograd.ops.creation import creation, dtype_of, leaf, number_of, shape_of


@creation(
    formula="eye(n)",
    samples=lambda draw: [
        call(3),
        call(2, 3, dtype=np.int64),
        refuses("not negative", -1),
    ],
)
def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix: ones on the diagonal, n × m where `m` is given.

    Raises:
        ShapeError: a negative size.
    """
    rows, columns = shape_of((n, n if m is None else m), None, "eye")
    return leaf(np.eye(rows, columns, dtype=dtype_of(dtype)), requires_grad)


@creation(
    formula="arange(start, end, step)",
    samples=lambda draw: [
        call(3),
        call(1, 7, 2),
        call(0.0, 1.0, 0.25),
        call(3, 0, -1),
        refuses("never reaches", 3, 1),
        refuses("is not zero", 0, 1, 0),
        refuses("finite", math.inf),
    ],
)
def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … up to `end`, which is left out: ``arange(3)`` is 0, 1, 2.

    Integers give int64, floats the default float type.

    Raises:
        RangeError: the step is zero or leads away from `end`.
    """
    first, last = (0, number_of(start)) if end is None else (number_of(start), number_of(end))
    by = number_of(step)
    if not by:
        raise RangeError("arange(): the step is not zero.")
    if not all(map(math.isfinite, (first, last, by))):
        raise RangeError(f"arange(): start, end and step are finite, got {(first, last, by)}.")
    count = math.ceil((last - first) / by)
    if count < 0:
        raise RangeError(f"arange(): from {first} in steps of {by} one never reaches {last}.")
    whole = all(isinstance(number, int) for number in (first, last, by))
    values = first + by * np.arange(count)
    return leaf(values.astype(dtype_of(dtype, np.int64 if whole else None)), requires_grad)


@creation(
    formula="linspace(start, end, steps)",
    samples=lambda draw: [
        call(0, 1, 5),
        call(2.0, -2.0, 3),
        call(3, 9, 1),
        refuses("not negative", 0, 1, -1),
    ],
)
def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers at equal distances, from start to `end` included.

    Raises:
        ShapeError: a negative number of steps.
    """
    (count,) = shape_of((steps,), None, "linspace")
    values = np.linspace(number_of(start), number_of(end), count)
    return leaf(values.astype(dtype_of(dtype)), requires_grad)


@creation(
    formula="logspace(start, end, steps)",
    samples=lambda draw: [
        call(0, 2, 3),
        call(0, 3, 4, base=2.0),
        refuses("not negative", 0, 1, -1),
    ],
)
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` powers of `base`, the exponents at equal distances from start to `end`.

    Raises:
        ShapeError: a negative number of steps.
    """
    (count,) = shape_of((steps,), None, "logspace")
    values = np.logspace(number_of(start), number_of(end), count, base=base)
    return leaf(values.astype(dtype_of(dtype)), requires_grad)


@creation(
    formula="tril_indices(row, column)",
    samples=lambda draw: [
        call(3, 3),
        call(3, 2, -1),
        refuses("not negative", -1, 2),
    ],
)
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None) -> Tensor:
    """Rows and columns of the lower triangle of a matrix, as a tensor of two rows (int64).

    Raises:
        ShapeError: a negative size.
    """
    shape = shape_of((row, col), None, "tril_indices")
    return leaf(
        np.stack(np.tril_indices(shape[0], offset, shape[1])).astype(dtype_of(dtype, np.int64))
    )


@creation(
    formula="triu_indices(row, column)",
    samples=lambda draw: [
        call(3, 3),
        call(3, 2, 1),
        refuses("not negative", -1, 2),
    ],
)
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None) -> Tensor:
    """Rows and columns of the upper triangle of a matrix, as a tensor of two rows (int64).

    Raises:
        ShapeError: a negative size.
    """
    shape = shape_of((row, col), None, "triu_indices")
    return leaf(
        np.stack(np.triu_indices(shape[0], offset, shape[1])).astype(dtype_of(dtype, np.int64))
    )
