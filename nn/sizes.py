"""Sizes of kernels, strides and images: a number for all dimensions, or one for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd as ag

Sizes = tuple[int, ...]


def per_dim(value: Any, dims: int, name: str, *, least: int = 0) -> Sizes:
    """One whole number for each of `dims` dimensions.

    Raises:
        ArgumentError: something else than a whole number, or another count of them.
        RangeError: a number below `least`.
    """
    given = tuple(value) if isinstance(value, Sequence) else (value,) * dims
    whole = all(hasattr(n, "__index__") and not isinstance(n, bool) for n in given)
    if len(given) != dims or not whole:
        raise ag.ArgumentError(
            f"{name}={value!r}: write a whole number, or a tuple of {dims}, one per dimension."
        )
    if any(n < least for n in given):
        raise ag.RangeError(f"{name}={value!r}: must be at least {least}.")
    return tuple(int(n) for n in given)


def real(value: Any, name: str) -> Any:
    """A number, as it is.

    Raises:
        ArgumentError: something else.
    """
    if not hasattr(value, "__float__"):
        raise ag.ArgumentError(f"{name} must be a number, and not {value!r:.60}")
    return value


def shown(sizes: Any) -> str:
    """Sizes for a card: ``3×5`` of (3, 5)."""
    return "×".join(map(str, sizes)) if isinstance(sizes, Sequence) else str(sizes)


def output_size(
    size: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    *,
    exact: bool = False,
) -> Any:
    """How many windows fit: ⌊(n + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1 (lecture D3).

    Args:
        size: n, a number or one per dimension; all others too.
        exact: refuse a stride that leaves rows over, which no window then covers.

    Returns:
        a number for a number, a tuple for a tuple.

    Raises:
        ShapeError: a kernel larger than the padded size; with `exact` rows that are left over.
        RangeError, ArgumentError: a kernel, a stride or a dilation below 1; not one per dimension.

    >>> output_size(7, 3), output_size((32, 32), 5), output_size(8, 3, stride=2)
    (5, (28, 28), 3)
    """
    if not isinstance(size, int):
        dims = len(size)
        each = (size, kernel_size, stride, padding, dilation)
        lists = [per_dim(values, dims, "output_size: each argument") for values in each]
        return tuple(
            _along(i, exact, *numbers) for i, numbers in enumerate(zip(*lists, strict=True))
        )
    return _along(None, exact, size, kernel_size, stride, padding, dilation)


def _along(
    dim: int | None, exact: bool, size: int, kernel: int, stride: int, padding: int, dilation: int
) -> int:
    if min(kernel, stride, dilation) < 1 or padding < 0:
        raise ag.RangeError(
            f"output_size: kernel {kernel}, stride {stride} and dilation {dilation} are at least "
            f"1, and padding {padding} is at least 0."
        )
    where = "" if dim is None else f" in dimension {dim}"
    spare = size + 2 * padding - dilation * (kernel - 1) - 1
    if spare < 0:
        raise ag.ShapeError(
            f"output_size: a kernel that spans {dilation * (kernel - 1) + 1} does not fit into "
            f"{size + 2 * padding} rows{where} (size {size}, padding {padding} on both sides)."
        )
    if exact and spare % stride:
        raise ag.ShapeError(_left_over(size, kernel, stride, padding, spare % stride, where))
    return spare // stride + 1


def _left_over(size: int, kernel: int, stride: int, padding: int, rest: int, where: str) -> str:
    """The words about rows that no window reaches, counted from 0 in the image."""
    rows = list(range(size + padding - rest, size + padding))
    own = [row for row in rows if row < size]
    named = f"row(s) {', '.join(map(str, own))} of {size}" if own else "no row of its own"
    beyond = f" and {len(rows) - len(own)} of padding" if len(own) < len(rows) else ""
    return (
        f"output_size: a kernel of {kernel} with stride {stride} leaves {named}{beyond} over"
        f"{where}. Take another stride or padding, or exact=False to ignore them."
    )


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a tensor, an array, a number or nested lists."""
    return tuple(value.shape) if hasattr(value, "shape") else np.shape(value)


def with_shape(x: Any) -> Any:
    """A tensor or an array as it is, numbers in lists as a tensor."""
    return x if hasattr(x, "shape") else ag.tensor(x)
