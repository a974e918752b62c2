"""Numbers and names as they stand in a picture: fixed widths, nothing hostile, nothing too long."""

from __future__ import annotations

import unicodedata
from math import isfinite
from typing import Any

from autograd.draw.trace import Numbers

LONGEST = 200
"""Labels are cut to this many characters."""

_BIDIRECTIONAL = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def clean(text: Any, longest: int = LONGEST) -> str:
    """Text that is safe to draw: one line, no control characters, cut with an ellipsis.

    What XML forbids goes too, and the marks that would turn the reading direction of
    what follows.
    """
    head = str(text)[: 4 * longest]
    if head.isascii() and head.isprintable():
        kept = head  # nearly always, and a picture has thousands of labels
    else:
        kept = "".join(" " if c in "\t\n\r" else c for c in head if _drawable(c))
    return cut(" ".join(kept.split()), longest)


def _drawable(character: str) -> bool:
    if character in "\t\n\r":
        return True
    if character in _BIDIRECTIONAL or ord(character) & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")


def cut(text: str, longest: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def number(value: Any) -> str:
    """A number in fixed width, rounded: ``+0.7071``, ``+1.20e-05``, ``nan``, ``+inf``."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int) and abs(value) < 10**9:
        return f"{value:+d}"
    value = float(value)
    if not isfinite(value):
        return "nan" if value != value else f"{value:+}"
    return f"{value:+.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:+.2e}"


def shape(numbers: Numbers) -> str:
    """The shape as a tuple: ``(4, 3)``."""
    return str(tuple(numbers.shape))


def single(numbers: Numbers) -> Any:
    """The only element, or None where there is not exactly one (or it was not kept)."""
    data = numbers.data
    while isinstance(data, list) and len(data) == 1:
        data = data[0]
    return None if isinstance(data, list) else data


def value(numbers: Numbers) -> str:
    """A value in a box: the number, or mean and spread of many."""
    only = single(numbers)
    if only is not None:
        return number(only)
    if 0 in numbers.shape:
        return "empty"
    if numbers.mean is None or numbers.spread is None:
        return "not kept"
    return f"{number(numbers.mean)} ±{number(numbers.spread)[1:]}"


def gradient(numbers: Numbers | None) -> str:
    """A gradient in a box: the number, or the norm of many."""
    if numbers is None:
        return "—"
    only = single(numbers)
    if only is not None:
        return number(only)
    return "empty" if numbers.norm is None else f"‖{number(numbers.norm)[1:]}‖"


def elements(numbers: Numbers, most: int = 12) -> str:
    """All elements while they are few, for the text that appears under the pointer."""
    if numbers.data is None or _count(numbers) > most:
        return value(numbers)
    return str(numbers.data)


def _count(numbers: Numbers) -> int:
    count = 1
    for size in numbers.shape:
        count *= size
    return count


# --- how wide text becomes ----------------------------------------------------------

_NARROW = frozenset("iljtfrI.,:;'|!()[]{} ·/\\\"`")
_WIDE = frozenset("mwMW@%—…QOGD")


def width(text: str, size: float, mono: bool = False, bold: bool = False) -> float:
    """An upper estimate of a text's width in pixels, for fonts that we do not know."""
    if mono:
        return sum(1.0 if _is_wide(c) else 0.605 for c in text) * size
    return sum(map(_advance, text)) * size * (1.09 if bold else 1.0)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _advance(character: str) -> float:
    if character in _NARROW:
        return 0.42
    if character in _WIDE or _is_wide(character):
        return 1.0
    if unicodedata.combining(character):
        return 0.0
    return 0.7 if character.isupper() else 0.63


def fit(text: str, room: float, size: float, mono: bool = False, bold: bool = False) -> str:
    """The text, cut with an ellipsis to what fits into `room` pixels."""
    if width(text, size, mono, bold) <= room:
        return text
    while text and width(text + "…", size, mono, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"
