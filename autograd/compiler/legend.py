"""What a reader of a written step has to know: the sentences at its beginning."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from autograd.compiler.program import Program, Value
from autograd.compiler.text import WIDTH
from autograd.core.mode import Location
from autograd.core.node import Where
from autograd.core.where import resolve


def docstring(about: str, sentences: str) -> list[str]:
    """A module's docstring: one line, and below it what there is to be said."""
    if not sentences:
        return [f'"""{about}"""']
    return [f'"""{about}', "", *textwrap.wrap(sentences, WIDTH), '"""']


def legend(program: Program) -> str:
    """What names and comments of a program mean, and what a call changes."""
    return " ".join(_sentences(program))


def _sentences(program: Program) -> Iterator[str]:
    if any(line.note.phase == "backward" for line in program.instructions):
        yield "d_x, in formulas ∂L/∂x, is the gradient by x."
    files = _files(program)
    if files:
        yield f"Lines are those of {' and '.join(files)}."
    changed = _changed(program)
    if changed:
        yield f"Changed in place: {', '.join(changed)}."
    given = [*program.spares, *program.flats]
    if given:
        yield f"{', '.join(given)}: memory for results that a caller may give again, or None."


def _files(program: Program) -> list[str]:
    """The files of a person's lines."""
    found: dict[object, Where] = {}
    for line in program.instructions:
        where = line.note.where
        if where is not None:
            found.setdefault(where.file if isinstance(where, Location) else id(where[0]), where)
    lines = [resolve(where) for where in found.values()]
    return list(dict.fromkeys(line.file for line in lines if line is not None))


def _changed(program: Program) -> list[str]:
    """The inputs whose memory is written to, in order."""
    written = program.written()
    arrays = (value for value in program.inputs if isinstance(value, Value))
    return [value.name for value in arrays if value.memory in written and value.dtype is not None]
