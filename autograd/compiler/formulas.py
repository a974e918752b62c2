"""What the statements of a program compute, as formulas: ``∂L/∂W1 = xᵀ @ (∂L/∂h · (1 − h²))``.

They are read off the program as it is written out, after all passes, so that none can say what
the code does not do. Intermediate steps are filled in up to the next value that has a name of
its own: an input, a variable, the result of an operation or of a layer, a gradient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from autograd import notation
from autograd.compiler.formula_terms import ATOM, POWER, SAME, Term, Terms, is_quiet
from autograd.compiler.helpers import is_helper
from autograd.compiler.names import Named, is_temporary
from autograd.compiler.program import Instruction, Place, Program, Value, out_of
from autograd.compiler.text import Constant, index

LONGEST = 76
"""A formula that is longer has its steps by their names."""

_NOTHING, _STEPS, _RESULTS = range(3)
"""What is written out: nothing, steps of one operation, and also results that have no name."""


class Formulas(Terms):
    """The formulas of a program whose values have names.

    Args:
        program: the program.
        named: its names.
        inner: the values that are written inside other statements.
        constant: gives a constant array a name.
    """

    def __init__(self, program: Program, named: Named, inner: set[int], constant: Constant) -> None:
        super().__init__(constant)
        self.labels = named.labels
        self.makers = {out.number: line for line in program.instructions for out in line.outs}
        self.refilled = _refilled(program)
        self.rooms = named.rooms
        self.inner = inner
        self.steps = (_steps(program, self.makers) | inner | named.rooms) - named.landmarks
        self.landmarks = named.landmarks
        forward = (line for line in program.instructions if line.note.phase == "forward")
        self.ends = {line.note.serial: out.number for line in forward for out in line.outs[-1:]}
        self.results = _results(program) - named.landmarks
        self.known: dict[tuple[int, int], Term] = {}

    # --- a statement ---------------------------------------------------------------------

    def of(self, line: Instruction) -> str:
        """What a statement computes, empty where only its own text could say it."""
        target, text = self._target(line), self._added(line)
        if text:
            return text if len(text) <= LONGEST else ""
        for found in self._candidates(line):
            text = f"{target} = {found}" if target else found
            if len(text) <= LONGEST:
                return text
        return text if len(text) <= 2 * LONGEST else ""

    def _added(self, line: Instruction) -> str:
        """What a statement adds to an array: one more summand of a gradient."""
        if line.name == "np.add.at":
            home, place, more = line.args
            inside = f"[{index(place, self.constant)}]"
        else:
            (home, more), inside = line.args if len(line.args) == 2 else (None, None), ""
        if line.name not in ("np.add", "np.add.at") or not isinstance(home, Value):
            return ""
        if line.name == "np.add" and out_of(line) is not home:
            return ""
        return f"{self._called(home).text}{inside} += {self.term(more, _STEPS).text}"

    def _candidates(self, line: Instruction) -> Iterator[str]:
        """What may be said of a statement, the best first."""
        plain = self._statement(line, _STEPS)
        if plain is None:
            return
        whole = self._whole(line)
        if whole and _letters(whole) != _letters(plain):
            yield from (f"{whole} = {plain}", whole)
        if _is_said(line, plain):
            yield self._statement(line, _RESULTS) or plain
        yield plain
        yield self._statement(line, _NOTHING) or plain

    def _statement(self, line: Instruction, depth: int) -> str | None:
        if line.kind == "setitem":
            return self.term(line.args[2], depth).text
        if (
            is_helper(line)
            or line.kind == "place"
            or (line.name in SAME and line.note.what == "cut into tiles")
        ):
            return None
        found = self._made(line, depth)
        return None if found is None else found.text

    def _whole(self, line: Instruction) -> str:
        """The operation that ends with a statement, by its own formula: ``sigmoid(i)``."""
        note = line.note
        if note.phase != "forward" or len(line.outs) != 1 or not note.operands:
            return ""
        if line.outs[0].number != self.ends.get(note.serial) or not (
            self._has_steps(line) or _is_other(line)
        ):
            return ""
        reached = self._reached(line)
        if any(isinstance(v, Value) and v.number not in reached for _, v in note.operands):
            return ""
        names = {name: self.term(value, _NOTHING).text for name, value in note.operands}
        found = notation.text(note.what, names)
        return found if len(found) <= LONGEST else ""

    def _has_steps(self, line: Instruction) -> bool:
        return any(value.number in self.steps for value in line.inputs)

    def _reached(self, line: Instruction) -> set[int]:
        """What a statement, with the steps of its operation, is computed from."""
        found, waiting = set[int](), list(line.inputs)
        while waiting and len(found) < 30:
            value = waiting.pop()
            maker = self.makers.get(value.number)
            if value.number in self.steps and maker and is_same_call(maker, line):
                waiting += maker.inputs
            else:
                found.add(value.number)
        return found

    def _target(self, line: Instruction) -> str:
        """What stands on the left: a gradient, or what the name in the code does not say."""
        if line.kind == "setitem":
            inside = index(line.args[1], self.constant)
            return f"{self.name(line.args[0])}[{inside}]" if inside != "..." else ""
        if len(line.outs) != 1:
            place = out_of(line)
            return _shown(place.name) if isinstance(place, (Place, Value)) else ""
        (out,) = line.outs
        if out.memory in self.refilled and not is_quiet(line):  # there is more to come
            return ""
        name = self.name(out)
        plain = name == out.name and not is_gradient(name)
        return "" if plain or out.number in self.rooms else _shown(name)

    # --- values --------------------------------------------------------------------------

    def name(self, value: Value) -> str:
        """What a value is called."""
        return self.labels.get(value.number) or value.name

    def term(self, part: Any, depth: int = _STEPS) -> Term:
        """A value, or a number, as it stands in a formula."""
        if not isinstance(part, Value):
            return self._number(part)
        line = self.makers.get(part.number)
        if line is None or not self._is_inside(part, line, depth):
            return self._called(part)
        key = part.number, depth
        if key not in self.known:
            found = self._made(line, depth)
            fits = found and (part.number in self.inner or self._fits(found, part))
            self.known[key] = found if found and fits else self._called(part)
        return self.known[key]

    def _fits(self, formula: Term, value: Value) -> bool:
        return len(formula.text) <= LONGEST - 24 and not _names(formula, value)

    def _called(self, value: Value) -> Term:
        """A value by its name; one that only lies where the result will lie has none."""
        if value.number in self.rooms:
            return Term("…")
        name = self.name(value)
        return Term(_shown(name), POWER if is_gradient(name) else ATOM)

    def _is_inside(self, value: Value, line: Instruction, depth: int) -> bool:
        """Whether a value is written by what it is computed from."""
        if is_quiet(line) and not is_gradient(value.name) and value.number not in self.landmarks:
            return True
        if value.number in self.inner:
            return True
        if value.memory in self.refilled:
            return False
        step = value.number in self.steps
        return (depth >= _STEPS and step) or (depth >= _RESULTS and value.number in self.results)


def is_gradient(name: str) -> bool:
    """Whether a value is called as the gradient of another one."""
    return name.startswith("d_")


def _shown(name: str) -> str:
    return f"∂L/∂{name[2:]}" if is_gradient(name) else name


def _refilled(program: Program) -> set[int]:
    """The blocks of memory that are changed after the value in them was made."""
    return {block for line in program.instructions for block in line.writes}


def _steps(program: Program, makers: dict[int, Instruction]) -> set[int]:
    """The values that are but a step within an operation, or a temporary of a rule."""
    found = {
        number for number, line in makers.items() if line.note.op and line.note.phase == "forward"
    }
    for line in program.instructions:
        for value in line.inputs:
            if value.number in found and not is_same_call(makers[value.number], line):
                found.discard(value.number)
    found -= {value.number for value in program.outputs if isinstance(value, Value)}
    outs = (out for line in program.instructions for out in line.outs)
    return found | {out.number for out in outs if is_temporary(out.name)}


def _results(program: Program) -> set[int]:
    """The values that operations made while going forward."""
    lines = (line for line in program.instructions if line.note.phase == "forward")
    return {out.number for line in lines if line.note.op for out in line.outs}


def _letters(formula: str) -> str:
    """A formula without brackets and spaces."""
    return re.sub(r"[() ]", "", formula)


def _is_other(line: Instruction) -> bool:
    """Whether an operation is one call that goes by another name, as a ReLU does."""
    name, op = line.name.rpartition(".")[2], line.note.op
    other = name not in (op, "sum", "concatenate") and not is_quiet(line)
    return other and line.kind in ("call", "method") and line.note.what.startswith(f"{op}(")


def _names(formula: Term, value: Value) -> bool:
    """Whether a formula names what lay where its value lies, which is gone by then."""
    return re.search(rf"\b{re.escape(value.name)}\b", formula.text) is not None


def _is_said(line: Instruction, formula: str) -> bool:
    """Whether a formula has nothing to say that the code does not: a sign between two names."""
    taken = {value.number for value in line.inputs}
    return len(taken) <= 2 and line.kind != "setitem" and formula.count(" ") <= 2


def is_same_call(line: Instruction, following: Instruction) -> bool:
    """Whether two instructions belong to one call of an operation."""
    a, b = line.note, following.note
    return bool(a.op) and (a.phase, a.serial, a.op) == (b.phase, b.serial, b.op)
