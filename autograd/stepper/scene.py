"""What forward and backward steps both ask of a trace: names, lines, the root's letter."""

from __future__ import annotations

from autograd.draw.trace import SourceLine, Trace
from autograd.draw.wording import clean

_LETTERS = ("L", "f", "E", "J")


def root_letter(trace: Trace) -> str:
    """What stands after the first ∂: the root's own name, else a letter that is free.

    A root without a name of its own (``(a * b).sum()``) is called L, as losses are.
    """
    root = trace.values[trace.roots[0]]
    if root.named:
        return clean(root.name)
    taken = {value.name for value in trace.values if value.named}
    return next((letter for letter in _LETTERS if letter not in taken), "root")


def source_text(trace: Trace, line: SourceLine | None) -> str:
    """The learner's line."""
    if line is None:
        return ""
    lines = trace.files.get(line.file, [])
    return clean(lines[line.line - 1]) if 0 < line.line <= len(lines) else ""


def name_of(trace: Trace, value: int) -> str:
    """The name that a step calls a value by."""
    return clean(trace.values[value].name)


def listed(names: list[str], count: int | None = None) -> str:
    """Names as a sentence has them: ``x, y and z``, or ``x, y and 12 more``."""
    hidden = (count or len(names)) - len(names)
    if hidden:
        names = [*names, f"{hidden} more"]
    *first, last = names or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last
