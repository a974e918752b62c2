"""A program as Python source that runs with NumPy alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, groupby
from typing import Any

import numpy as np

from autograd.compiler.augmented import augmented
from autograd.compiler.formulas import LONGEST, Formulas
from autograd.compiler.helpers import helpers, is_helper, source_of
from autograd.compiler.legend import docstring, legend
from autograd.compiler.names import (
    give_names,
    identifier,
    inner_products,
    name_views,
    tail,
)
from autograd.compiler.origin import assigned
from autograd.compiler.program import Instruction, Note, Place, Program, Shape, Value, out_of
from autograd.compiler.text import (
    INFIX,
    WIDTH,
    arguments,
    expression,
    index,
    term,
    unbracketed,
    wrapped,
)

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
        self.inner = {} if program.textbook else inner_products(program)
        self.named = give_names(program, self.helpers, self.inner)
        self.names = self.named.used
        name_views(program, name)
        for line in self.inner.values():
            line.outs[0].name = expression(line, self.constant)
        self._nest_steps()
        self._formulas: Formulas | None = None

    def source(self) -> str:
        """The whole file."""
        body = list(self._body())  # first: it says what constants there are
        head = "\n".join([*self._head(), *self._signature(), ""])
        for at, (_, line) in enumerate(body, head.count("\n") + 1):
            if line is not None and line.kwargs:
                self._note_place(at, line)
        self._formulas = None  # a writer is packed without them
        return head + "\n".join([*(text for text, _ in body), ""])

    @property
    def formulas(self) -> Formulas:
        """What the statements compute; made when it is first asked for."""
        if self._formulas is None:
            inner = set(self.inner)
            self._formulas = Formulas(self.program, self.named, inner, self.constant)
        return self._formulas

    def _nest_steps(self) -> None:
        """Write steps inside the formulas of a textbook, as long as these fit into a line."""
        own: dict[int, str] = {}
        for line in self.program.instructions if self.program.nested else ():
            inside = [value for value in line.inputs if value.number in self.inner]
            inside.sort(key=lambda value: len(value.name))
            while inside and len(self._statement_alone(line)) > WIDTH - 8:
                value = inside.pop()
                value.name = own[value.number]
                del self.inner[value.number]
            (out, *_) = line.outs or (None,)
            if out is not None and out.number in self.program.nested:
                text = expression(line, self.constant)
                if len(text) <= WIDTH - 25:
                    own[out.number], self.inner[out.number] = out.name, line
                    out.name = f"({text})"

    def _statement_alone(self, line: Instruction) -> str:
        """An instruction as a line of Python, without needless brackets in a textbook."""
        text = self.statement(line)
        plain = not self.program.textbook or line.kind == "guard"
        return text if plain else unbracketed(text)

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
        if self.program.textbook and _is_range(array):
            return f"np.arange({array.size})"
        if self.program.textbook and array.shape == () and not array.flags.writeable:
            return term(array[()], self.constant)
        fixed = array.size <= LARGEST and not array.flags.writeable
        known, letter = (self.constants, "c") if fixed else (self.given, "given_")
        key = (array.shape, array.dtype, array.tobytes()) if fixed else id(array)
        if key not in known:
            free = (f"{letter}{n}" for n in count(len(known)) if f"{letter}{n}" not in self.names)
            known[key] = next(free), array
            self.names[known[key][0]] = 1
        return known[key][0]

    def _head(self) -> Iterator[str]:
        yield from docstring(self.about, legend(self.program))
        yield ""
        sources = [source_of(function) for function in self.helpers.values()]
        lines = [*(line.name for line in self.program.instructions), *sources]
        if any("math." in line for line in lines):
            yield from ("import math", "")
        yield "import numpy as np"
        if any(line.name.startswith("special.") for line in self.program.instructions):
            yield "from scipy import special"
        guards = (line for line in self.program.instructions if line.kind == "guard")
        assumes = not all(map(_is_certain, guards))
        if assumes:
            yield from ("", "", "class Changed(Exception):")
            yield '    """An assumption of this code does not hold for these values."""'
        for source in sources:
            yield from ("", "", source)
        memory = list(self._memory())
        if memory:
            yield from ("", "", *memory) if assumes or sources else ("", *memory)
        yield from ("", "")

    def _memory(self) -> Iterator[str]:
        """The constants, and the arrays that are kept from call to call."""
        for name, array in self.constants.values():
            yield from wrapped(f"{name} = {_constant(array)}", fixed=True)
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
        if len(line) <= WIDTH:
            yield line
            return
        yield f"def {self.name}("
        yield from (f"    {name}," for name in names)
        yield "):"

    def _body(self) -> Iterator[tuple[str, Instruction | None]]:
        """The lines of the function, each with the instruction that it is."""
        lines = [line for line in self.program.instructions if not self._is_left_out(line)]
        before, heading, done = "", "", set[str]()
        for (phase, quiet), group in groupby(lines, _conditions):
            part = list(group)
            warned_of = not self.program.textbook and any(map(_has_arrays, part))
            quiet = quiet if warned_of else ""
            if phase != before and heading != (heading := self._heading(phase, part, done)):
                yield from (("", None),) if before else ()
                yield f"    # {heading}", None
            done.add(phase)
            if quiet:
                yield f"    with np.errstate({quiet}):", None
            before, indent = phase, "        " if quiet else "    "
            for line in part:
                yield from self._statement(line, indent)
        results = ", ".join(term(value, self.constant) for value in self.program.outputs)
        comma = "," if len(self.program.outputs) == 1 else ""
        for text in wrapped(f"    return ({results}{comma})"):
            yield text, None

    def _heading(self, phase: str, lines: list[Instruction], done: set[str]) -> str:
        """What a section is about: what follows a backward pass may be an update by hand."""
        if phase != "forward" or "backward" not in done:
            return phase
        kept = self.program.kept | self.program.received()
        changed = any(not kept.isdisjoint(line.writes) for line in lines)
        return "update" if changed else "forward again"

    def _statement(
        self, line: Instruction, indent: str
    ) -> Iterator[tuple[str, Instruction | None]]:
        """The lines of one instruction; what it computes is said beside it, or above."""
        text = indent + self._statement_alone(line)
        remark = self.remark(line)
        if line.kind == "guard":
            yield f"{text}  # {remark}", line
            yield f"{indent}    raise Changed", None
            return
        if remark and len(text) + len(remark) + 4 <= WIDTH:
            yield f"{text}  # {remark}", line
            return
        for part in textwrap.wrap(
            remark.replace("line ", "line\u00a0"), WIDTH - len(indent) - 2, subsequent_indent="  "
        ):
            yield f"{indent}# {part}".replace("\u00a0", " "), None
        first, *others = wrapped(text)
        yield first, line
        yield from ((other, None) for other in others)

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
            return self._put(line) or text
        if line.packed:
            names = ", ".join(out.name for out in line.outs)
            return f"{names}{',' if len(line.outs) == 1 else ''} = {text}"
        (out,) = line.outs
        fresh = out.memory in (out.number, -1 - out.number)
        if out.shape == () and fresh and out.memory in self.written:
            text = f"np.array({text})"
        return f"{out.name} = {text}"

    def _put(self, line: Instruction) -> str:
        """In a textbook, a result that is put into an array: ``m[...] = a + b``."""
        place = out_of(line)
        if (
            not self.program.textbook
            or line.name not in INFIX
            or not isinstance(place, Value | Place)
        ):
            return ""
        return f"{place.name}[...] = {expression(replace(line, kwargs={}), self.constant)}"

    def _guard(self, line: Instruction) -> str:
        value, answer = term(line.args[0], self.constant), line.args[1]
        if line.name == "shape":
            return f"if {value}.shape != {answer}:"
        if line.name == "equal":
            return f"if {value} != {answer}:"
        return f"if {'not ' if answer else ''}{value}:"

    def remark(self, line: Instruction) -> str:
        """Why an instruction is there: module, formula, line."""
        note = self._reason(line).note
        if line.kind == "guard":
            return "assumed when this was traced"
        _, number = assigned(note.where)
        place = f"line {number}" if number else ""
        what = self.formulas.of(line) or self._rule(line, note)
        layer = tail(note.scope)
        if note.phase == "forward" and layer and not _says(line, layer):
            what = f"{note.scope}: {what}" if what else note.scope
        return ", ".join(part for part in (what, place) if part)

    def _rule(self, line: Instruction, note: Note) -> str:
        """The operation, or the rules of its gradients, where no formula says what is done."""
        if is_helper(line) and not note.op:
            said = (line.run.__doc__ or "").partition("\n")[0].rstrip(".")
            return said[:1].lower() + said[1:]
        return note.what if len(note.what) < LONGEST else note.op


def _says(line: Instruction, layer: str) -> bool:
    """Whether the name of a result says which layer it belongs to."""
    return any(out.name.startswith(identifier(layer)) for out in line.outs)


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


def _has_arrays(line: Instruction) -> bool:
    """Whether NumPy computes: Python's own numbers warn of nothing."""
    return any(value.dtype is not None for value in (*line.inputs, *line.outs))


def _constant(array: np.ndarray[Any, Any]) -> str:
    """A constant array as Python writes it."""
    dtype = f"np.{array.dtype.name}"
    first = array.reshape(-1)[:1].tolist()
    if not first or (array == first[0]).all():
        filling = first[0] if first else 0
        return f"np.full({array.shape}, {_finite(repr(filling))}, {dtype})"
    if _is_range(array):
        return f"np.arange({array.size})"
    return f"np.array({_finite(repr(array.tolist()))}, {dtype})"


def _is_range(array: np.ndarray[Any, Any]) -> bool:
    """Whether a constant is 0, 1, 2, …"""
    plain = array.ndim == 1 and array.dtype == np.int64 and not array.flags.writeable
    return plain and array.size > 1 and bool((array == np.arange(array.size)).all())


def _finite(text: str) -> str:
    return text.replace("inf", "np.inf").replace("nan", "np.nan")


__all__ = ["Value", "Writer", "arguments"]
