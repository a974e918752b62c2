"""The picture of a compiled function: its program, in the house's picture language."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.emit import Writer
from autograd.compiler.formulas import is_same_call
from autograd.compiler.names import is_temporary
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.program import Instruction, Program, Value
from autograd.compiler.text import INFIX
from autograd.core.errors import RangeError
from autograd.core.where import resolve, source_of
from autograd.draw import trace as drawn
from autograd.draw.compose import compose
from autograd.draw.folding import Depth
from autograd.draw.look import Ops
from autograd.draw.picture import Picture
from autograd.draw.scale import OPERATIONS
from autograd.draw.text import text
from autograd.draw.trace import Formula, Group, Numbers, Operation, SourceLine, Trace
from autograd.draw.view import View

CIRCLES = 150
"""Up to so many instructions are circles that join where a value is but a step to the next."""

_SYMBOLS = {"*": "×", "/": "÷", "-": "−", "**": "^", "swapaxes": "ᵀ", "T": "ᵀ", "dot": "@"}
_SYMBOLS |= {"sum": "Σ", "sqrt": "√", "negative": "neg", "take": "[ ]", "add.at": "[ ]+="}
_SIGN = re.compile(r" ([-+*/])= ")
_KINDS = {"getitem": "[ ]", "setitem": "[ ]=", "place": "[ ]"}


class ProgramPicture(Picture):
    """A drawing of a program: shapes, but no numbers, for it stands for all calls.

    Args:
        trace: the program as a trace.
        checks: how many assumptions are left out.
        options: as for `Picture`.
    """

    def __init__(self, trace: Trace, checks: int, **options: Any) -> None:
        few = options.get("ops", "auto") == "auto" and len(trace.ops) <= CIRCLES
        options |= {"ops": "compact"} if few else {}
        super().__init__(trace, gradients=False, values=False, **options)
        self.checks = checks

    @cached_property
    def view(self) -> View:
        """What of the program is drawn.

        Raises:
            RangeError: more than 3,000 nodes would be drawn.
        """
        view = compose(self.trace, **self._options)
        view.summary = _summary(self.trace)
        if self.checks:
            view.remarks.insert(
                0,
                f"Left out: {self.checks} assumption{'s' * (self.checks != 1)} that each call "
                "checks, and what only they need; .source shows them.",
            )
        return view

    def to_text(self) -> str:
        """The program as text, one line for each value, by sections; needs no other package."""
        return text(self.trace, explain=False, values=False)


class Written(NamedTuple):
    """A program with what a picture needs of it.

    Attributes:
        program: with names, as a `Writer` has given them.
        writer: which has written it.
        leaves: by the number of an input: ``parameter``, ``state``, ``option``.
        results: how many outputs the function returns; the others are gradients and state.
    """

    program: Program
    writer: Writer
    leaves: Mapping[int, str]
    results: int


def draw(written: Written, labels: Mapping[str, str], **options: Any) -> ProgramPicture:
    """Draw a program.

    Args:
        written: the program, with names.
        labels: what is written on the cards of modules, by their path.
        options: of the picture.

    Raises:
        RangeError: more than 20,000 instructions.
    """
    program, writer, leaves, results = written
    lines = [line for line in program.instructions if line.kind != "guard"]
    if len(lines) > OPERATIONS:
        raise RangeError(
            f"graph(): the program has {len(lines):,} instructions, and more than "
            f"{OPERATIONS:,} can be neither drawn nor read. Draw a smaller copy that computes "
            "the same (fewer time steps, fewer examples); .source has the whole program, "
            ".explain() what became of it."
        )
    maker, checks = _Maker(writer, leaves, labels), len(program.instructions) - len(lines)
    lines = remove_dead_code(replace(program, instructions=_reading(lines))).instructions
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        maker.instruction(line, following)
    maker.end(program.outputs, results)
    return ProgramPicture(maker.trace, checks, **options)


def _reading(lines: list[Instruction]) -> list[Instruction]:
    """The same, but what gives a part of a buffer its name reads what was computed there."""
    found, owner = [], dict[int, Value]()
    for line in lines:
        if line.kind == "place" and line.outs[0].memory in owner:
            line = replace(line, args=(*line.args, owner[line.outs[0].memory]))
        found.append(line)
        for out in line.outs:
            owner.setdefault(out.memory, out)
    return found


class _Maker:
    """Builds the trace of a program.

    An array that is written over is drawn once more behind the instruction that does it, so
    that every arrow says which content is read.
    """

    def __init__(
        self, writer: Writer, leaves: Mapping[int, str], labels: Mapping[str, str]
    ) -> None:
        self.trace = Trace()
        self._writer, self._leaves, self._labels = writer, leaves, labels
        self._now: dict[int, int] = {}
        self._since: dict[int, int] = {}
        self._written: dict[int, list[tuple[int, set[int]]]] = defaultdict(list)
        self._parts: dict[int, tuple[Value, ...]] = {}
        self._groups: dict[tuple[str, str], int] = {}
        self._arrays: dict[str, int] = {}

    # --- instructions ----------------------------------------------------------------------

    def instruction(self, line: Instruction, following: Instruction | None = None) -> None:
        """One NumPy call: what it reads, what it makes, what it writes over."""
        inner = following is not None and is_same_call(line, following)
        scope = self._group(line.note.phase, line.note.scope)
        text = self._writer.statement(line)
        formula = _SIGN.sub(r" \1 ", text.split(" = ", 1)[-1]) if line.outs else text
        written = _targets(line)
        inputs = [self._read(part, scope) for part in _operands(line)]
        name = line.name.removeprefix("np.") or line.kind
        shown = _symbol(line), formula, self._writer.remark(line)
        place = self._operation(name, *shown, inputs, scope, self._line(line))
        for out in line.outs:
            role = "gradient" if line.note.phase == "backward" else "result"
            step = inner or line.name == "item" or is_temporary(out.name)
            self._made(out, place, role, step)
        if line.name == "side_by_side":
            self._parts[line.outs[0].number] = line.outs[1:]
        for memory in line.writes:
            over = {value.number for value in written if value.memory == memory}
            self._written[memory].append((place, over))
        for value in () if line.outs else written:
            self._again(value, place)

    def _operation(
        self,
        name: str,
        symbol: str,
        formula: str,
        remark: str,
        inputs: list[int],
        scope: int | None,
        line: SourceLine | None,
    ) -> int:
        place, shown = len(self.trace.ops), (symbol, Formula(formula, None), remark)
        self.trace.ops.append(
            Operation(place, name, *shown, inputs, [], {}, [None] * len(inputs), line, scope)
        )
        return place

    def _line(self, line: Instruction) -> SourceLine | None:
        """The user's line."""
        found = resolve(line.note.where)
        if found is not None and found.file not in self.trace.files:
            self.trace.files[found.file] = list(source_of(line.note.where))
        return found and SourceLine(*found[:5])

    def end(self, outputs: list[Any], results: int) -> None:
        """Say what is left behind, and what of it the function returns."""
        returned = outputs[:results]
        for value in dict.fromkeys(value for value in outputs if isinstance(value, Value)):
            place = self._read(value, None)
            found = self.trace.values[place]
            found.named = True
            if value not in returned:
                continue
            self.trace.roots.append(place)
            if found.role == "result" and found.numbers.shape == () and self._has("backward"):
                found.role = "loss"

    def _has(self, phase: str) -> bool:
        return (phase, "") in self._groups

    # --- values ----------------------------------------------------------------------------

    def _read(self, part: Any, scope: int | None) -> int:
        """The value that an operand stands for, with its content of now."""
        if not isinstance(part, Value):
            return self._constant(part, scope)
        if part.number not in self._now:
            role = self._leaves.get(part.number, "input")
            self._now[part.number] = self._add(part, role, scope)
            self._since[part.number] = -1
        writer = self._last_writer(part)
        if writer > self._since[part.number]:
            if part.number in self._parts:
                writer = self._joined(part, scope)
            self._again(part, writer)
        return self._now[part.number]

    def _last_writer(self, value: Value) -> int:
        """The last operation that wrote to a value, and not only beside it."""
        families = ({p.number for p in parts} for parts in self._parts.values())
        beside = next((f - {value.number} for f in families if value.number in f), set())
        places = reversed(self._written[value.memory])
        return next((place for place, over in places if not over or not over <= beside), -1)

    def _joined(self, whole: Value, scope: int | None) -> int:
        """An array whose parts were computed one by one, as what they make together."""
        parts = [self._read(part, scope) for part in self._parts[whole.number]]
        return self._operation("side_by_side", "side_by_side", whole.name, "", parts, scope, None)

    def _made(self, value: Value, place: int, role: str, inner: bool = False) -> None:
        """A value that an operation makes; an inner one is but a step to the next."""
        operation = self.trace.ops[place]
        made = self._add(value, role, operation.scope, inner)
        self.trace.values[made].op = place
        operation.outputs.append(made)
        self._now[value.number], self._since[value.number] = made, place

    def _again(self, value: Value, place: int) -> None:
        """A value whose memory an operation has written to."""
        before = self._now.get(value.number)
        role = self._leaves.get(value.number, "")
        if before is not None:
            role = role or self.trace.values[before].role.removeprefix("updated ")
        self._made(value, place, f"updated {role}" if role in _KEPT else role or "result")

    def _add(self, value: Value, role: str, scope: int | None, inner: bool = False) -> int:
        made = len(self.trace.values)
        dtype = "number" if value.dtype is None else str(value.dtype)
        learned = role.endswith("parameter")
        numbers = Numbers(tuple(value.shape))
        self.trace.values.append(
            drawn.Value(made, value.name, not inner, role, dtype, learned, numbers, scope=scope)
        )
        return made

    def _constant(self, part: Any, scope: int | None) -> int:
        """A number or an array that the program has by itself."""
        if isinstance(part, np.ndarray) and part.shape == ():
            part = part.item()
        if isinstance(part, np.ndarray):
            name = self._writer.constant(part)
            if name not in self._arrays:
                self._arrays[name] = self._leaf(name, drawn.numbers(part), str(part.dtype), scope)
            return self._arrays[name]
        shown = drawn.numbers(part)
        return self._leaf(f"{part:g}", shown, type(part).__name__, scope)

    def _leaf(self, name: str, numbers: Numbers, dtype: str, scope: int | None) -> int:
        made = len(self.trace.values)
        self.trace.values.append(
            drawn.Value(made, name, False, "constant", dtype, False, numbers, scope=scope)
        )
        return made

    # --- sections --------------------------------------------------------------------------

    def _group(self, phase: str, path: str) -> int:
        """The card of a section, or of a module within it."""
        if (phase, path) not in self._groups:
            parent = self._group(phase, self._around(path)) if path else None
            made = len(self.trace.groups)
            label = self._labels.get(path, path) if path else phase
            kind = "module" if path else "block"
            self.trace.groups.append(Group(made, path or phase, label, kind, None, parent))
            self._groups[phase, path] = made
        return self._groups[phase, path]

    def _around(self, path: str) -> str:
        """The path of the module that another one lies in."""
        while path:
            path = path.rpartition(".")[0]
            if path in self._labels:
                return path
        return ""


_KEPT = ("parameter", "state", "input")


def _targets(line: Instruction) -> list[Value]:
    """The arrays that an instruction writes over."""
    out = line.kwargs.get("out")
    outs = out if isinstance(out, tuple) else (out,)
    found = [value for value in outs if isinstance(value, Value)]
    if line.name == "handed_back":
        return list(line.args[1])
    return found or [v for v in line.inputs[:1] if v.memory in line.writes]


def _operands(line: Instruction) -> list[Any]:
    """What an instruction reads: values, arrays, and the numbers beside an operator."""
    rest = {name: part for name, part in line.kwargs.items() if name != "out"}
    parts: Any = (line.args, rest)
    if _overwrites(line):
        parts = (line.args[1:], rest)
    found = list(_values(parts))
    if line.kind == "operator" or line.name in INFIX:
        found = [part for part in line.args if isinstance(part, (Value, np.ndarray, int, float))]
    return found


def _overwrites(line: Instruction) -> bool:
    """Whether the first argument is written over as a whole, and not read."""
    whole = line.kind == "setitem" and line.args[1] is Ellipsis
    return whole or line.name in ("np.copyto", "fill")


def _values(part: Any) -> Collection[Any]:
    """Values and arrays inside arguments, in order."""
    if isinstance(part, (Value, np.ndarray)):
        return (part,)
    if isinstance(part, dict):
        part = tuple(part.values())
    if isinstance(part, slice):
        part = (part.start, part.stop, part.step)
    if isinstance(part, (tuple, list)):
        return [value for item in part for value in _values(item)]
    return ()


def _symbol(line: Instruction) -> str:
    """What stands in a circle."""
    name = INFIX.get(line.name) or _KINDS.get(line.kind) or line.name
    name = name.removeprefix("np.").removeprefix("linalg.")
    return _SYMBOLS.get(name, name)


def _summary(trace: Trace) -> str:
    """Counts and results: what the picture says to those who do not see it."""
    sections = ", ".join(group.label for group in trace.groups if group.parent is None)
    results = ", ".join(trace.values[place].name for place in trace.roots)
    said = f"A compiled function of {len(trace.ops)} NumPy calls; sections: {sections}"
    return f"{said}. Results: {results}" if results else said


__all__ = ["Depth", "Ops", "ProgramPicture", "Written", "draw"]
