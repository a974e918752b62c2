"""Single numbers: arrays of one float64 become Python's floats, and calls become ``math``'s."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.quick import zeros
from autograd.compiler.program import NOWHERE, Instruction, Kind, Note, Program, Value, values_in
from autograd.compiler.text import INFIX

COMPARISONS = frozenset(name for name, sign in INFIX.items() if sign[0] in "<>=!")
_ARITHMETIC = ("np.add", "np.subtract", "np.multiply", "np.divide")
OPERATORS = {name: INFIX[name] for name in (*_ARITHMETIC, *COMPARISONS)} | {"np.vdot": "*"}
_MATH = ("exp", "log", "tanh", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "log1p", "expm1")
CALLS = {f"np.{name}": f"math.{name}" for name in _MATH}
CALLS |= {"np.absolute": "abs", "np.arctan": "math.atan"}
CALLED = frozenset((*OPERATORS, *CALLS, "np.negative", "np.where", "np.power", "np.square"))
_COPIES = ("copy", "reshape", "ravel", "np.reshape", "np.ravel", "np.copy", "np.positive")
_SUMS = ("np.sum", "sum", "np.mean", "mean", "np.broadcast_to", "np.ascontiguousarray")
SAME = frozenset((*_COPIES, *_SUMS))
"""What gives back a single number as it is."""

FILLED = {"np.ones_like": 1.0, "np.zeros_like": 0.0, "np.empty_like": 0.0}

_TRUTH = np.dtype(bool)
_DTYPES = (np.dtype(float), _TRUTH)

Maker = Callable[[Instruction], None] | None
"""What converts an instruction; None where it has to stay."""

SHARE = 0.5
"""So much of a program must be on single numbers, for there is a price to go to and fro."""


def use_floats(program: Program) -> Program:
    """``np.tanh(np.multiply(x, w))`` of single numbers becomes ``math.tanh(x * w)``, and so on.

    Python's floats round as NumPy's do. What they refuse (a division by zero, the logarithm of
    a negative number) ends the run before anything is changed, and it is done uncompiled.
    """
    single = _single_blocks(program)
    lines = program.instructions
    scalar = sum(single.issuperset([v.memory for v in line.outs]) for line in lines)
    if not lines or scalar < SHARE * len(lines):
        return program
    while True:
        floats = _Floats(program, single)
        makers = [floats.maker(line) for line in lines]
        taken = _written_elsewhere(lines, makers) & single
        if not taken:
            return floats.run(makers)
        single -= taken


def _single_blocks(program: Program) -> set[int]:
    """Blocks of memory that hold one float64, or one truth value, and nothing else."""
    made = [out for line in program.instructions for out in line.outs]
    values = [value for value in (*program.inputs, *made) if value.dtype is not None]
    large = {v.memory for v in values if v.dtype not in _DTYPES or v.size != 1}
    return {value.memory for value in values} - large


def _is_constant(part: Any) -> bool:
    """Whether an argument is an array of one number that nobody can change."""
    if not isinstance(part, np.ndarray) or part.flags.writeable:
        return False
    return part.size == 1 and part.dtype in _DTYPES


def _written_elsewhere(lines: list[Instruction], makers: list[Maker]) -> set[int]:
    """The blocks that a call changes which has to stay NumPy's."""
    stay = (line for line, make in zip(lines, makers, strict=True) if make is None)
    return {block for line in stay for block in line.writes}


def _is_whole(line: Instruction) -> bool:
    """Whether an index surely means the single number: no mask, no slice beyond it."""
    array, index = line.args[:2]
    return not values_in(index) and np.empty(array.shape)[index].size == 1


_PARTIAL = {"where", "initial"}
"""Arguments of calls that may leave a number out."""


class _Floats:
    def __init__(self, program: Program, single: set[int]) -> None:
        self.program, self.single = program, single
        self.numbers = Builder(program).numbers
        self.now: dict[int, Any] = {}
        self.lines: list[Instruction] = []
        self.first: list[Instruction] = []
        self.changed: dict[int, Value] = {}
        self.inputs = {value.memory: value for value in program.inputs}
        self.latest = NOWHERE, NOWHERE
        self.names: list[Instruction] = []
        self.handed: dict[int, Any] = {}
        self.done = 0
        self.at: Any = None

    def run(self, makers: list[Maker]) -> Program:
        for line, make in zip(self.program.instructions, makers, strict=True):
            self.at = line
            if make is None:
                self._kept(line)
            else:
                make(line)
                self.done += 1
        made = {line.outs[0].number: at for at, line in enumerate(self.lines) if line.outs}
        outputs = [self._named(self._output(x), x, made) for x in self.program.outputs]
        self._insert_names(made)
        for block, target in self.changed.items():
            args = (target, (), self.now[block])
            note = self.program.instructions[-1].note._replace(phase="update", what="")
            self.lines.append(
                Instruction("setitem", "", args, {}, (), (block,), note, operator.setitem)
            )
        remark = f"single numbers: {self.done} calls on Python's floats"
        return self.program.after(remark, instructions=[*self.first, *self.lines], outputs=outputs)

    # --- reading and writing ------------------------------------------------------------

    def _is_number(self, part: Any) -> bool:
        if isinstance(part, Value):
            return part.dtype is None or part.memory in self.single
        return isinstance(part, (bool, int, float, np.float64, np.bool_)) or _is_constant(part)

    def _is_alike(self, part: Any, target: Value) -> bool:
        """Whether a number needs no conversion to be what a target holds."""
        truth = isinstance(part, (bool, np.bool_)) or getattr(part, "dtype", None) == _TRUTH
        return self._is_number(part) and truth == (target.dtype == _TRUTH)

    def _read(self, part: Any) -> Any:
        """A number as Python has it: a name for it, or a constant."""
        if not isinstance(part, Value):
            return part.item() if isinstance(part, (np.generic, np.ndarray)) else part
        if part.dtype is None:
            return part
        known = self.now.get(part.memory)
        return self._taken_out(part) if known is None else known

    def _taken_out(self, part: Value) -> Value:
        source = self.inputs.get(part.memory, part)
        made = self._new("method", "item", (source,), part, None)
        if part.memory in self.inputs:
            self.first.append(self.lines.pop())
        self.now[part.memory] = made
        return made

    def _new(
        self, kind: Kind, name: str, args: tuple[Any, ...], like: Value, line: Instruction | None
    ) -> Value:
        number = next(self.numbers)
        value = Value(number, (), None, -1 - number, True, hint=like.hint)
        note = self._plain_note() if line is None else line.note
        note = note if note.gradient is None else self._note(note)
        self.lines.append(Instruction(kind, name, args, {}, (value,), (), note))
        return value

    def _note(self, note: Note) -> Note:
        """A note on the gradient as a number; calls that have one note keep having one."""
        was, now = self.latest
        if note is not was:
            array = note.gradient if note.gradient.size != 1 else None
            given = self.now.get(note.gradient.memory, array)
            now = note._replace(gradient=given if isinstance(given, Value) else None)
            self.latest = note, now
        return now

    def _plain_note(self) -> Note:
        note: Note = self.at.note
        return note._replace(what="", op="", subject="x")

    def _write(self, target: Value, item: Any) -> None:
        self.now[target.memory] = item
        if target.memory in self.program.kept:
            self.changed[target.memory] = self.inputs[target.memory]

    def _output(self, value: Any) -> Any:
        if isinstance(value, Value) and value.memory in self.single:
            return self.now.get(value.memory, value) if value.shape == () else self._array(value)
        return value

    def _named(self, found: Any, value: Any, makers: dict[int, int]) -> Any:
        """An output by its name: one more for what a person named, or what has another one."""
        if not isinstance(found, Value) or not value.hint or found.hint == value.hint:
            return found
        at = makers.get(found.number, -1)
        if at >= 0 and self.lines[at].note.phase != "forward" and not found.hint:
            found.hint = value.hint
            return found
        made = replace(found, number=next(self.numbers), hint=value.hint)
        where = self.lines[at].note.where if at >= 0 else None
        note = NOWHERE._replace(phase="backward", where=self.handed.get(value.memory, where))
        self.names.append(Instruction("same", "", (found,), {}, (made,), (), note))
        return made

    def _insert_names(self, makers: dict[int, int]) -> None:
        """Put the lines of further names at the end of the backward pass."""
        if self.names:
            phases = [line.note.phase for line in self.lines]
            last = "backward" if "backward" in phases else "forward"
            behind = [at for at, phase in enumerate(phases) if phase == last]
            behind += [makers.get(line.args[0].number, -1) for line in self.names]
            after = max(behind) + 1
            self.lines[after:after] = self.names

    def _array(self, value: Value) -> Any:
        """A single number as an array of its shape, for a call that wants one."""
        if value.memory not in self.now:
            return value
        number = next(self.numbers)
        made = Value(number, value.shape, value.dtype, number, hint=value.hint)
        args = (value.shape, self.now[value.memory], value.dtype)
        note = self._plain_note()
        self.lines.append(Instruction("call", "np.full", args, {}, (made,), (), note, np.full))
        return made

    # --- instructions -------------------------------------------------------------------

    def _kept(self, line: Instruction) -> None:
        """A call that stays NumPy's is given arrays, or a number to be put into an array."""
        line = zeros(line)
        used = {v.number for v in line.inputs if v.memory in self.now}
        item = line.args[2] if line.kind == "setitem" else None
        if used and isinstance(item, Value) and line.args[0].dtype == item.dtype:
            line = replace(line, args=(*line.args[:2], self.now.get(item.memory, item)))
        self.lines.append(
            line.with_inputs(lambda v: self._array(v) if v.number in used else v) if used else line
        )

    def maker(self, line: Instruction) -> Maker:
        """What converts an instruction, or None where it has to stay."""
        if line.kind == "guard":
            return self._guard if line.name == "truth" and self._is_number(line.args[0]) else None
        targets = [v.memory for v in line.outs] or line.writes
        if not targets or line.kind == "draw" or line.packed:
            return None
        if not self.single.issuperset(targets):
            return None
        if line.kind in ("setitem", "getitem") and not _is_whole(line):
            return None
        if line.kind == "setitem":
            return self._setitem if self._is_alike(line.args[2], line.args[0]) else None
        return self._maker_of_call(line)

    def _maker_of_call(self, line: Instruction) -> Maker:
        name, operands = line.name, line.args
        if not _PARTIAL.isdisjoint(line.kwargs):
            return None
        if name in CALLED or name in ("np.maximum", "np.minimum"):
            return self._maker_of_ufunc(line)
        if name in FILLED:
            return self._filled
        if name == "np.copyto":
            return self._copyto if self._is_alike(operands[1], operands[0]) else None
        if name in SAME or line.kind == "getitem":
            return self._same if self._is_alike(operands[0], line.outs[0]) else None
        return None

    def _maker_of_ufunc(self, line: Instruction) -> Maker:
        if self._target(line).dtype == _TRUTH and line.name not in COMPARISONS:
            return None
        if line.kwargs and line.kwargs.keys() != {"out"}:
            return None
        if not all(map(self._is_number, line.args)):
            return None
        if line.name in CALLED:
            return self._call
        return None if isinstance(line.args[1], Value) else self._bound

    def _guard(self, line: Instruction) -> None:
        value, answer = line.args
        args = (self._read(value), answer)
        self.lines.append(replace(line, args=args))

    def _setitem(self, line: Instruction) -> None:
        self._write(line.args[0], self._read(line.args[2]))

    def _filled(self, line: Instruction) -> None:
        self._write(line.outs[0], FILLED[line.name])

    def _copyto(self, line: Instruction) -> None:
        self._write(line.args[0], self._read(line.args[1]))

    def _same(self, line: Instruction) -> None:
        self._write(line.outs[0], self._read(line.args[0]))

    def _target(self, line: Instruction) -> Value:
        if line.outs:
            return line.outs[0]
        return next(v for v in line.inputs if v.memory in line.writes)

    def _call(self, line: Instruction) -> None:
        target, args = self._target(line), tuple(map(self._read, line.args))
        if line.name == "np.multiply" and (same := _times_one(line, args)) is not None:
            self._write(target, same)
            self.handed[target.memory] = line.note.where
            return
        name, kind = line.name, "operator"
        if name in OPERATORS:
            name = OPERATORS[name]
        elif name in CALLS:
            kind, name = "call", CALLS[name]
        elif name == "np.where":
            kind, name = "call", "if"
        elif name == "np.square" or (name == "np.power" and args[1:] == (2,)):
            name, args = "*", (args[0], args[0])
        elif name == "np.power":
            kind, name = "call", "math.pow"
        else:
            name = "-"
        self._write(target, self._new(kind, name, args, target, line))  # type: ignore[arg-type]

    def _bound(self, line: Instruction) -> None:
        """max(x, c) is c where x ≤ c, else x: so a NaN stays one."""
        target = self._target(line)
        x, bound = map(self._read, line.args)
        sign = "<=" if line.name == "np.maximum" else ">="
        made = self._new("call", f"if {sign}", (x, bound), target, line)
        self._write(target, made)


def _times_one(line: Instruction, args: tuple[Any, ...]) -> Value | None:
    """The float that a product with one gives back."""
    for before, number, one in zip(line.args, args, args[::-1], strict=True):
        is_float = isinstance(before, Value) and before.dtype == _DTYPES[0]
        if isinstance(number, Value) and is_float and type(one) is float and one == 1.0:
            return number
    return None
