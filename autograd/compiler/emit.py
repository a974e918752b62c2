"""A program as Python source that runs with NumPy alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, groupby
from typing import Any

import numpy as np

from autograd.compiler.augmented import augmented
from autograd.compiler.helpers import helpers, source_of
from autograd.compiler.names import give_names, inner_products, name_views
from autograd.compiler.origin import assigned
from autograd.compiler.program import Instruction, Place, Program, Shape, Value
from autograd.compiler.text import arguments, expression, index, term

LARGEST = 4096
"""Larger constants are not written out, but given."""


class Writer:
    """Writes the source of a program.

    Args:
        program: what is computed.
        name: what the function is called.
        about: the first line of the file.

    Attributes:
        filled: once written, the line that fills each array of the caller's, by its name.
        begun: the first line that writes to flat memory of the caller's, 0 where none does.
    """

    def __init__(self, program: Program, name: str, about: str) -> None:
        self.program, self.name, self.about = program, name, about
        self.constants: dict[Any, tuple[str, np.ndarray[Any, Any]]] = {}
        self.given: dict[Any, tuple[str, np.ndarray[Any, Any]]] = {}
        self.filled: dict[str, int] = {}
        self.begun = 0
        self.written = program.written()
        self.helpers = helpers(program)
        self.inner = inner_products(program)
        self.names = give_names(program, self.helpers, self.inner)
        name_views(program, name)
        for line in self.inner.values():
            line.outs[0].name = expression(line, self.constant)

    def source(self) -> str:
        """The whole file."""
        body = list(self._body())  # first: it says what constants there are
        head = "\n".join([*self._head(), *self._signature(), ""])
        for at, (_, line) in enumerate(body, head.count("\n") + 1):
            if line is not None and line.kwargs:
                self._note_place(at, line)
        return head + "\n".join([*(text for text, _ in body), ""])

    def _note_place(self, at: int, line: Instruction) -> None:
        """Keep where memory of the caller's is written to."""
        out, given = line.kwargs.get("out"), line.kwargs.get("given")
        if isinstance(out, Place) and out.name in self.program.spares:
            self.filled[out.name] = at
        if isinstance(given, Place) and not self.begun:
            self.begun = at

    def arrays(self) -> list[np.ndarray[Any, Any]]:
        """The arrays that the function met and that are no arguments: they are given, too."""
        return [array for _, array in self.given.values()]

    def constant(self, array: np.ndarray[Any, Any]) -> str:
        """The name of an array: a constant if it is small and nobody changes it, else given."""
        fixed = array.size <= LARGEST and not array.flags.writeable
        known, letter = (self.constants, "c") if fixed else (self.given, "given_")
        key = (array.shape, array.dtype, array.tobytes()) if fixed else id(array)
        if key not in known:
            free = (f"{letter}{n}" for n in count(len(known)) if f"{letter}{n}" not in self.names)
            known[key] = next(free), array
            self.names[known[key][0]] = 1
        return known[key][0]

    def _head(self) -> Iterator[str]:
        yield f'"""{self.about}"""'
        yield ""
        sources = [source_of(function) for function in self.helpers.values()]
        lines = [*(line.name for line in self.program.instructions), *sources]
        if any("math." in line for line in lines):
            yield "import math"
            yield ""
        yield "import numpy as np"
        if any(line.name.startswith("special.") for line in self.program.instructions):
            yield "from scipy import special"
        yield ""
        guards = (line for line in self.program.instructions if line.kind == "guard")
        if not all(map(_is_certain, guards)):
            yield from ["", "class Changed(Exception):"]
            yield from [
                '    """An assumption of this code does not hold for these values."""',
                "",
                "",
            ]
        yield from (f"\n{source}\n" for source in sources)
        for name, array in self.constants.values():
            yield f"{name} = {_constant(array)}"
        within = self.program.within
        for name, value in self.program.buffers:
            if name not in within:
                yield f"{name} = np.empty({value.shape}, np.{value.dtype})"
        for name, value in self.program.buffers:
            if name in within:
                home, start = within[name]
                part = f"{start or ''}:{start + value.size}"
                yield f"{name} = {home}.reshape(-1)[{part}].reshape({value.shape})"
        yield from map(self._view, self.program.views)
        yield ""

    def _view(self, name: str) -> str:
        """Where a part of a buffer lies."""
        home, place = self.program.views[name]
        if isinstance(place, Shape):
            return f"{name} = {home}.reshape({place})"
        inside = "" if place is None else f"[{index(place, self.constant)}]"
        return f"{name} = {home}{inside}"

    def _signature(self) -> Iterator[str]:
        names = [value.name for value in self.program.inputs]
        names += [name for name, _ in self.given.values()]
        names += [f"{name}=None" for name in (*self.program.spares, *self.program.flats)]
        line = f"def {self.name}({', '.join(names)}):"
        if len(line) <= 99:
            yield line
            return
        yield f"def {self.name}("
        yield from (f"    {name}," for name in names)
        yield "):"

    def _body(self) -> Iterator[tuple[str, Instruction | None]]:
        """The lines of the function, each with the instruction that it is."""
        lines = [line for line in self.program.instructions if not self._is_left_out(line)]
        before = ""
        for (phase, quiet), part in groupby(lines, _conditions):
            if phase != before:
                yield f"    # {phase}", None
            if quiet:
                yield f"    with np.errstate({quiet}):", None
            before, indent = phase, "        " if quiet else "    "
            for line in part:
                text = self.statement(line)
                remark = self.remark(self._reason(line))
                yield f"{indent}{text}  # {remark}" if remark else f"{indent}{text}", line
        results = ", ".join(term(value, self.constant) for value in self.program.outputs)
        yield f"    return ({results}{',' if len(self.program.outputs) == 1 else ''})", None

    def _is_left_out(self, line: Instruction) -> bool:
        """Whether a line is written inside another one, or above the function, or needs none."""
        inner = bool(line.outs) and line.outs[0].number in self.inner
        return (
            inner
            or _is_certain(line)
            or (line.kind == "place" and line.outs[0].name in self.program.views)
        )

    def _reason(self, line: Instruction) -> Instruction:
        """The line that says why: of a sum that nobody wrote, what is added to it."""
        if line.note.op or not self.inner:
            return line
        return self.inner.get(line.inputs[-1].number, line) if line.inputs else line

    def statement(self, line: Instruction) -> str:
        """An instruction as a line of Python."""
        if line.kind == "guard":
            return self._guard(line)
        if line.kind == "setitem":
            array, place, value = line.args
            inside = index(place, self.constant)
            return f"{array.name}[{inside}] = {term(value, self.constant)}"
        if line.kind == "place" and line.outs[0].name in self.program.views:
            return self._view(line.outs[0].name)
        over = augmented(line)
        if over is not None and over[0].name not in self.program.views:
            operand, sign, other = over
            return f"{operand.name} {sign} {term(other, self.constant)}"
        text = expression(line, self.constant)
        if not line.outs:
            return text
        if line.packed:
            names = ", ".join(out.name for out in line.outs)
            return f"{names}{',' if len(line.outs) == 1 else ''} = {text}"
        (out,) = line.outs
        fresh = out.memory in (out.number, -1 - out.number)
        if out.shape == () and fresh and out.memory in self.written:
            text = f"np.array({text})"
        return f"{out.name} = {text}"

    def _guard(self, line: Instruction) -> str:
        value, answer = term(line.args[0], self.constant), line.args[1]
        if line.name == "shape":
            return f"if {value}.shape != {answer}: raise Changed"
        if line.name == "equal":
            return f"if {value} != {answer}: raise Changed"
        return f"if {'not ' if answer else ''}{value}: raise Changed"

    def remark(self, line: Instruction) -> str:
        """Why an instruction is there: module, formula, line."""
        note = line.note
        if line.kind == "guard":
            return "assumed when this was traced"
        _, number = assigned(note.where)
        place = f"line {number}" if number else ""
        what = note.what if len(note.what) < 70 else note.op
        if note.phase == "backward" and note.op:
            given = note.gradient.name if note.gradient is not None else ""
            what = f"∂ {note.op}: {what}, g = {given}" if given else f"∂ {note.op}: {what}"
        text = f"{note.scope}: {what}".strip(": ") if note.scope else what
        return f"{text}, {place}" if text and place else text or place


def _is_certain(line: Instruction) -> bool:
    """Whether it is an assumption about what has turned out to be a constant, and holds."""
    if line.kind != "guard" or line.inputs or line.name != "truth":
        return False
    value, answer = line.args
    return bool(value) is answer


def _conditions(line: Instruction) -> tuple[str, str]:
    """The part that a line belongs to, and what NumPy does not warn of there."""
    phase = line.note.phase
    return phase, 'all="ignore"' if phase == "backward" else line.note.quiet


def _constant(array: np.ndarray[Any, Any]) -> str:
    """A constant array as Python writes it."""
    dtype = f"np.{array.dtype.name}"
    first = array.reshape(-1)[:1].tolist()
    if not first or (array == first[0]).all():
        filling = first[0] if first else 0
        return f"np.full({array.shape}, {_finite(repr(filling))}, {dtype})"
    if array.ndim == 1 and array.dtype == np.int64 and (array == np.arange(array.size)).all():
        return f"np.arange({array.size})"
    return f"np.array({_finite(repr(array.tolist()))}, {dtype})"


def _finite(text: str) -> str:
    return text.replace("inf", "np.inf").replace("nan", "np.nan")


__all__ = ["Value", "Writer", "arguments"]
