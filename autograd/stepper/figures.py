"""Numbers as a person reads them: rounded for display, never for computing."""

from __future__ import annotations

import math
from typing import Any

from autograd.draw.trace import Numbers

_FEW = 6


def figure(value: Any, digits: int = 6) -> str:
    """One number with so many significant digits, and a decimal point where it is a float.

    >>> figure(-4.0), figure(1 / 3), figure(7), figure(1e-9)
    ('-4.0', '0.333333', '7', '1e-09')
    """
    if not isinstance(value, float):
        return str(value)
    if value == 0:
        return "0.0"
    written = f"{value:.{digits}g}"
    return f"{written}.0" if written.lstrip("-").isdigit() else written


def elements(data: Any, digits: int = 6) -> str:
    """Nested lists of numbers as Python writes them, each with four digits.

    >>> elements([[1.0, 2.5], [0.0, -1 / 3]])
    '[[1.0, 2.5], [0.0, -0.3333]]'
    """
    if isinstance(data, list):
        return f"[{', '.join(elements(item, 4) for item in data)}]"
    return figure(data, digits)


def brief(numbers: Numbers) -> str:
    """A value on one line: its elements while they are few, else what sums them up.

    >>> from autograd.draw.trace import numbers as numbers_of
    >>> brief(numbers_of([3.0, 4.0])), brief(numbers_of([[1.0] * 5] * 5))
    ('[3.0, 4.0]', 'a (5, 5) array of norm 5.0')
    """
    if numbers.data is not None and math.prod(numbers.shape) <= _FEW:
        return elements(numbers.data)
    norm = "" if numbers.norm is None else f" of norm {figure(numbers.norm)}"
    return f"a {numbers.shape} array{norm}"


def is_scalar(numbers: Numbers) -> bool:
    """Whether it is a single known number of shape ()."""
    return numbers.shape == () and numbers.data is not None
