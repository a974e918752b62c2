"""Names for the values of a program: the user's own where there are some."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from autograd.compiler.augmented import overwritten
from autograd.compiler.origin import assigned
from autograd.compiler.passes.rewriting import uses
from autograd.compiler.persons import ends_of_layers, variable_of
from autograd.compiler.program import Instruction, Program, Value
from autograd.compiler.unpacking import unpacked

_RESERVED = {"np", "math", "special", "Changed"}
_RESERVED |= {"abs", "slice", "bool", "int", "float", "range"}


class Named(NamedTuple):
    """The names of a program.

    Attributes:
        used: the names that are in use.
        labels: what a value is called that lies under the name of another one, by its number.
        landmarks: the numbers of values with a person's names: variables, results of layers.
        rooms: the numbers of values that are called as what lies there before or after them.
    """

    used: dict[str, int]
    labels: dict[int, str]
    landmarks: set[int]
    rooms: set[int]


def give_names(program: Program, taken: Iterable[str] = (), unnamed: Collection[int] = ()) -> Named:
    """Name the values of a program, each name once, and none as what is taken.

    Args:
        unnamed: the numbers of values that need no name.

    Returns:
        the names that are in use, and those of values that have none of their own.
    """
    names = _Names(unnamed, overwritten(program))
    names.ends = ends_of_layers(program.instructions)
    names.used.update(dict.fromkeys(taken, 1))
    given = [*program.spares, *program.flats, *program.views]
    names.used.update(dict.fromkeys([*given, *(name for name, _ in program.buffers)], 1))
    _name_inputs(program, names)
    lines = program.instructions
    names.count(lines)
    names.steps = _steps(program, names.last)
    for line, following in zip(lines, (*lines, None)[1:], strict=True):
        _name_line(line, following, names, program)
    _name_operands(lines, names)
    for line in lines:
        for out in line.outs:
            if not out.name and out.number not in unnamed:
                names.give(out, line, "")
    return Named(names.used, names.labels, names.landmarks, names.rooms)


def name_views(program: Program, apart: str) -> None:
    """Call parts of buffers as the values that lie there, so that a run need not look for them.

    Args:
        program: its values have names.
        apart: a name that no part may have.
    """
    named: dict[str, str] = {}
    others: dict[str, tuple[str, Any]] = {}
    for line in program.instructions:
        if line.kind != "place" or line.outs[0].name == apart:
            continue
        (place,), (out,) = line.args, line.outs
        if place.name in program.views and place.name not in named:
            named[place.name] = out.name
        else:
            others[out.name] = named.get(place.name, place.name), None
        place.name = out.name
    views = program.views.items()
    found = {named.get(name, name): (named.get(home, home), at) for name, (home, at) in views}
    program.views = found | others


def inner_products(program: Program) -> dict[int, Instruction]:
    """The products that are written inside a sum, as a person would: by number of the value.

    They are of Python's numbers, belong to the sum's own line (or nobody's: what a sweep adds
    up), and are used there alone.
    """
    products = {
        line.outs[0].number: line
        for line in program.instructions
        if line.name == "*" and line.kind == "operator" and not line.outs[0].hint
    }
    used = uses(program) if products else Counter[int]()
    return {
        value.number: products[value.number]
        for line in program.instructions
        if line.name in ("+", "-") and len(line.args) == 2
        for value in line.inputs
        if used[value.number] == 1 and _belongs(products.get(value.number), line)
    }


def _belongs(product: Instruction | None, line: Instruction) -> bool:
    if product is None or product.note.phase != line.note.phase:
        return False
    return not line.note.op or assigned(product.note.where)[1] == assigned(line.note.where)[1]


class _Names:
    def __init__(self, unnamed: Collection[int], over: dict[int, Value]) -> None:
        self.unnamed, self.over = unnamed, over
        self.used: dict[str, int] = dict.fromkeys(_RESERVED, 1)
        self.results: dict[object, str] = {}
        self.variables: set[str] = set()
        self.labels: dict[int, str] = {}
        self.landmarks: set[int] = set()
        self.rooms: set[int] = set()
        self.several: dict[int, list[tuple[str, tuple[int, ...]]]] = {}
        self.persons: set[str] = set()
        self.ends: set[int] = set()
        self.paths: dict[str, str] = {}
        self.made: Counter[int] = Counter()
        self.left: Counter[int] = Counter()
        self.alone: set[int] = set()
        self.present: set[int] = set()
        self.derived: dict[int, Value] = {}
        self.steps: set[int] = set()
        self.inner: set[int] = set()
        self.last: dict[int, int] = {}

    def of_gradient(self, serial: int, program: Program) -> str:
        """What an operation's result is called, or the whole sum that it is part of."""
        own = self.results.get(serial, "")
        if serial in self.derived:
            own = self.derived[serial].name
        while serial in program.alike and own not in self.persons:
            serial = program.alike[serial]
            own = self.results.get(serial, own)
        return own

    def of_one(self, serial: int, at: int, shape: tuple[int, ...]) -> str:
        """What one of an operation's results is called: the only one of a shape, or by place."""
        found = self.several.get(serial, [])
        alike = [name for name, own in found if own == shape]
        if len(alike) == 1:
            return alike[0]
        return found[at][0] if len(found) >= -at else ""

    def is_there(self, value: Value) -> bool:
        """Whether a value is computed: passes may have done without it."""
        return value.number in self.present

    def count(self, lines: Iterable[Instruction]) -> None:
        """Count the results of each operation, and note which have a line of their own."""
        calls: dict[tuple[int, int], set[int]] = {}
        made: dict[int, Any] = {}
        for line in lines:
            where, forward = line.note.where, line.note.op and line.note.phase == "forward"
            self.present.update([out.number for out in line.outs])
            if forward and line.outs:
                self.last[line.note.serial] = line.outs[-1].number
                call = line.note.serial, line.note.op, where
                found = (made[x.number] for x in line.inputs if x.number in made)
                self.inner.update([number for other, number in found if other == call])
                made.update([(out.number, (call, out.number)) for out in line.outs])
            elif line.name == "item" and line.inputs[0].number in made:
                made[line.outs[0].number] = made[line.inputs[0].number]
            if forward and isinstance(where, tuple):
                self.left[line.note.serial] += len(line.outs)
                calls.setdefault((id(where[0]), int(where[1])), set()).add(line.note.serial)
        self.alone = {
            serial for serials in calls.values() if len(serials) == 1 for serial in serials
        }
        self.made = self.left.copy()

    def one_of_several(self, line: Instruction) -> str:
        """The name that a person gave to a result of an operation together with its others."""
        serial = line.note.serial
        self.left[serial] -= 1
        if serial not in self.alone:
            return ""
        wanted, left = unpacked(line.note.where), self.left[serial]
        return wanted[-1 - left] if left < len(wanted) == self.made[serial] else ""

    def give(self, out: Value, line: Instruction, variable: str) -> None:
        """Name a result: as a person did, as the operand that it lies over, or else by itself."""
        operand = self.over.get(out.number)
        if variable:
            out.name = self.fresh(variable)
            self.variables.add(out.name)
        elif operand is not None and operand.name and operand.name not in self.variables:
            out.name = operand.name
            wanted = self._wanted(out, line)
            if not is_temporary(wanted):
                self.labels[out.number] = self.fresh(wanted)
            elif not is_temporary(operand.name):
                self.rooms.add(out.number)
        else:
            out.name = self.fresh(self._wanted(out, line))
        if variable or self._ends_layer(out, line):
            self.landmarks.add(out.number)
            self.persons.add(self.label(out))

    def label(self, out: Value) -> str:
        """What a result is called in formulas."""
        return self.labels.get(out.number, out.name)

    def _wanted(self, out: Value, line: Instruction) -> str:
        """The name of what is computed, free or not."""
        note = line.note
        if note.phase != "forward":
            return self._other_name(line)
        if self._ends_layer(out, line):
            return tail(note.scope)
        does = line.name.rpartition(".")[2]
        called = note.op or note.subject or (does if note.scope else "")
        said = ""
        if out.number in self.inner:
            said = note.subject or (does if does.isidentifier() and does != note.op else "")
        return "_".join(p for p in (tail(note.scope), called, said) if p) or "t"

    def _ends_layer(self, out: Value, line: Instruction) -> bool:
        return out.number in self.ends and line.note.phase == "forward"

    def _other_name(self, line: Instruction) -> str:
        """What the rule itself calls it, with the parameter that it belongs to."""
        note = line.note
        about = note.scope if note.phase in ("update", "options") else ""
        known = self.paths.get(about, ".".join(about.rsplit(".", 2)[-2:]))
        return "_".join(part for part in (known, note.subject or "t") if part)

    def fresh(self, wanted: str) -> str:
        """The name, with a number where it is taken."""
        name = identifier(wanted)
        if name not in self.used:
            self.used[name] = 1
            return name
        while True:
            self.used[name] += 1
            numbered = f"{name}_{self.used[name]}"
            if numbered not in self.used:
                self.used[numbered] = 1
                return numbered


@lru_cache(1024)
def identifier(path: str) -> str:
    """A path as a Python name: ``fc1.weight`` becomes ``fc1_weight``."""
    name = re.sub(r"\W+", "_", path).strip("_") or "x"
    return f"_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


def _name_inputs(program: Program, names: _Names) -> None:
    paths = [value.name or "x" for value in program.inputs]
    arrays = [p for p, value in zip(paths, program.inputs, strict=True) if value.dtype is not None]
    tops = {path.split(".")[0] for path in arrays if path.count(".") > 1}
    shared = f"{tops.pop()}." if len(tops) == 1 else " "
    for value, path in zip(program.inputs, paths, strict=True):
        value.name = names.paths[path] = names.fresh(_short(path, shared))
    for line in program.instructions:
        for out in line.outs:
            if out.hint:
                (kind, path), *_ = _KIND.findall(out.hint)
                out.name = names.fresh(f"{kind}{_short(path, shared)}")


_KIND = re.compile(r"(new_|d\d?_|)(.*)", re.S)
"""What a value is of what has a path: its next content, its gradient."""


def _short(path: str, shared: str) -> str:
    short = path.removeprefix(shared)
    return path if short[:1].isdigit() else short


def _name_line(
    line: Instruction, following: Instruction | None, names: _Names, program: Program
) -> None:
    note = line.note
    if note.gradient is not None and not note.gradient.name and names.is_there(note.gradient):
        known = names.of_gradient(note.serial, program)
        note.gradient.name = names.fresh(f"d_{known}") if known else ""
    for at, value in enumerate(note.gradients, -len(note.gradients)):
        if isinstance(value, Value) and not value.name and names.is_there(value):
            known = names.of_one(note.serial, at, value.shape)
            value.name = names.fresh(f"d_{known}") if known else ""
    if note.made >= 0 and line.outs:
        names.derived[note.made] = line.outs[0]
    for out in line.outs:
        if out.name or out.number in names.unnamed or out.number in names.steps:
            continue
        serial = program.differentiated.get(out.number)
        if serial is not None and (known := names.of_gradient(serial, program)):
            out.name = names.fresh(f"d_{known}")
            continue
        if line.name == "item" and isinstance(line.args[0], Value) and line.args[0].name:
            out.name = names.fresh(f"{line.args[0].name}_value")
        elif note.phase == "forward":
            several = names.one_of_several(line) if note.op else ""
            names.give(out, line, variable_of(line, following) or several)
            names.results[note.serial] = names.label(out)
            if note.op and out.number not in names.inner:
                names.several.setdefault(note.serial, []).append((names.label(out), out.shape))


def _steps(program: Program, last: dict[int, int]) -> set[int]:
    """What a textbook writes inside formulas, and what nobody asks for by its name there."""
    ends = {end: serial for serial, end in last.items()}
    asked = {_outermost(serial, program.alike) for serial in program.differentiated.values()}
    return {number for number in program.nested if ends.get(number) not in asked}


def _outermost(serial: int, alike: dict[int, int]) -> int:
    """The whole sum that an operation's result is part of."""
    while serial in alike:
        serial = alike[serial]
    return serial


def _name_operands(lines: list[Instruction], names: _Names) -> None:
    """What is nothing yet but the room for a result that has a name gets that name."""
    for line in reversed(lines):
        for out in line.outs:
            operand = names.over.get(out.number)
            if out.name and operand is not None and not operand.name:
                operand.name = out.name
                names.rooms.add(operand.number)


def tail(path: str) -> str:
    """The end of a module's path, with the container of one that is but a number there.

    >>> tail("model.fc1"), tail("model.layers.0"), tail("0")
    ('fc1', 'layers_0', '0')
    """
    parts = path.split(".")
    start = len(parts) - 1
    while start > 0 and parts[start][:1].isdigit():
        start -= 1
    return "_".join(parts[start:])


def is_temporary(name: str) -> bool:
    """Whether a name says nothing but that there is a value: ``t_3``, ``fc1_weight_t``."""
    return re.fullmatch(r"(.*_)?t(_\d+)?", name) is not None
