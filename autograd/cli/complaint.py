"""How an error in what was typed is shown: the column, the reason, and a caret below the place."""

from __future__ import annotations

from autograd.core.errors import ExpressionError

_WINDOW = 72


def complaint(text: str, column: int, reason: str, end: int | None = None) -> ExpressionError:
    """An error about ``text[column:end]``, with the place marked; columns are shown from 1.

    >>> print(complaint("x + tahn(y)", 4, "there is no function tahn.", 8))
    column 5: there is no function tahn.
        x + tahn(y)
            ^^^^
    """
    column = max(0, min(column, len(text)))
    width = max(1, (end or 0) - column)
    shown, offset = _window(text, column)
    carets = "^" * min(width, max(1, len(shown) - (column - offset)))
    return ExpressionError(
        f"column {column + 1}: {reason}\n    {shown}\n    {' ' * (column - offset)}{carets}"
    )


def _window(text: str, column: int) -> tuple[str, int]:
    """The part of the text around a column that fits on one line, and where it begins."""
    start = max(0, min(column - _WINDOW // 2, len(text) - _WINDOW))
    return printable(text[start : start + _WINDOW]), start


def printable(text: str) -> str:
    """The text with each character that a terminal would obey, not show, replaced."""
    return "".join(c if c.isprintable() else "�" for c in text)
