"""The learner's source as the page's code pane: the lines that ran, and what is around them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from autograd.draw.wording import clean
from autograd.stepper.step import Step

_WHOLE = 40
_LONGEST = 120
_AROUND = 6


def code_pane(files: Mapping[str, list[str]], steps: Iterable[Step]) -> str:
    """Every file that a step comes from: the functions that ran, and what is around other lines."""
    ran: dict[str, set[int]] = {}
    for step in steps:
        if step.line is not None:
            lines = range(step.line.line, step.line.end_line + 1)
            ran.setdefault(step.line.file, set()).update(lines)
    parts = [
        _file(place, name, files[name], ran[name])
        for place, name in enumerate(files)
        if name in ran and files[name]
    ]
    return "\n".join(parts) or '<p class="gap">No source is known for this run.</p>'


def _file(place: int, name: str, lines: list[str], ran: set[int]) -> str:
    rows = "\n".join(_lines(place, lines, ran))
    return f'<h2>{escape(clean(name))}</h2>\n<div class="lines">\n{rows}\n</div>'


def _lines(place: int, lines: list[str], ran: set[int]) -> Iterator[str]:
    """One element a line; what was left out is counted."""
    above = 0
    for number in _shown(lines, ran):
        if number > above + 1:
            yield _gap(number - above - 1)
        yield (
            f'<div class="line" data-line="{place}:{number}"><span>{number}</span>'
            f"<code>{escape(visible(lines[number - 1]), quote=False)}</code></div>"
        )
        above = number
    if above < len(lines):
        yield _gap(len(lines) - above)


def _shown(lines: list[str], ran: set[int]) -> list[int]:
    """A short file without functions whole; else what belongs to the lines that ran."""
    functions = _functions(lines)
    blocks = {number: _around(number, functions) for number in ran}
    if len(lines) <= _WHOLE and not any(set(blocks.values()) & set(functions)):
        return list(range(1, len(lines) + 1))
    near = {line for first, last in blocks.values() for line in range(first, last + 1)}
    return sorted(line for line in near if 1 <= line <= len(lines))


def _around(number: int, functions: list[tuple[int, int]]) -> tuple[int, int]:
    """The first and last line of the function that a line is in, or of a few lines around it."""
    for first, last in functions:
        if first <= number <= last and last - first < _LONGEST:
            return first, last
    return number - _AROUND, number + _AROUND


def _functions(lines: list[str]) -> list[tuple[int, int]]:
    """The first and last line of every function, outer ones first; none where Python fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = (n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return [(node.lineno, node.end_lineno or node.lineno) for node in found]


def _gap(count: int) -> str:
    return f'<div class="gap">⋯ {count} more line{"s" if count > 1 else ""}</div>'


def visible(line: str) -> str:
    """A line of source in which every character shows and keeps its column.

    >>> visible("a\\0b\\u202ec")
    'a�b�c'
    """
    return "".join(c if c == "\t" or clean(c) or c.isspace() else "�" for c in line)
