"""Names for the values of a program: the user's own where there are some."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from autograd.compiler.augmented import overwritten
from autograd.compiler.origin import assigned
from autograd.compiler.passes.rewriting import uses
from autograd.compiler.program import Instruction, Program, Value

_RESERVED = {"np", "math", "special", "Changed"}
_RESERVED |= {"abs", "slice", "bool", "int", "float", "range"}


def give_names(
    program: Program, taken: Iterable[str] = (), unnamed: Collection[int] = ()
) -> dict[str, int]:
    """Name the values of a program, each name once, and none as what is taken.

    Args:
        unnamed: the numbers of values that need no name.

    Returns:
        the names that are in use.
    """
    names = _Names(unnamed, overwritten(program))
    names.used.update(dict.fromkeys(taken, 1))
    given = [*program.spares, *program.flats, *program.views]
    names.used.update(dict.fromkeys([*given, *(name for name, _ in program.buffers)], 1))
    _name_inputs(program, names)
    lines = program.instructions
    for line, following in zip(lines, (*lines, None)[1:], strict=True):
        _name_line(line, following, names)
    _name_operands(lines, names)
    for line in lines:
        for out in line.outs:
            if not out.name and out.number not in unnamed:
                names.give(out, line, "")
    return names.used


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

    def give(self, out: Value, line: Instruction, variable: str) -> None:
        """Name a result: as a person did, as the operand that it lies over, or else by itself."""
        operand = self.over.get(out.number)
        if variable:
            out.name = self.fresh(variable)
            self.variables.add(out.name)
        elif operand is not None and operand.name and operand.name not in self.variables:
            out.name = operand.name
        else:
            name = _forward_name if line.note.phase == "forward" else _other_name
            out.name = self.fresh(name(line))

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
        value.name = names.fresh(_short(path, shared))
    for line in program.instructions:
        for out in line.outs:
            if out.hint:
                short = _short(out.hint.removeprefix("d_"), shared)
                out.name = names.fresh(f"d_{short}")


def _short(path: str, shared: str) -> str:
    short = path.removeprefix(shared)
    return path if short[:1].isdigit() else short


def _name_line(line: Instruction, following: Instruction | None, names: _Names) -> None:
    note = line.note
    if note.gradient is not None and not note.gradient.name:
        known = names.results.get((note.where, note.scope, note.op))
        note.gradient.name = names.fresh(f"d_{known}") if known else ""
    for out in line.outs:
        if out.name or out.number in names.unnamed:
            continue
        if line.name == "item" and isinstance(line.args[0], Value) and line.args[0].name:
            out.name = names.fresh(f"{line.args[0].name}_value")
        elif note.phase == "forward":
            names.give(out, line, _variable(line, following))
            names.results[note.where, note.scope, note.op] = out.name


def _name_operands(lines: list[Instruction], names: _Names) -> None:
    """What is nothing yet but the room for a result that has a name gets that name."""
    for line in reversed(lines):
        for out in line.outs:
            operand = names.over.get(out.number)
            if out.name and operand is not None and not operand.name:
                operand.name = out.name


def _other_name(line: Instruction) -> str:
    """What the rule itself calls it, with the parameter that it belongs to."""
    note = line.note
    tail = note.scope.rsplit(".", 2)[-2:] if note.phase in ("update", "options") else []
    return "_".join([*tail, note.subject or "t"])


def _variable(line: Instruction, following: Instruction | None) -> str:
    """The variable that the user assigned to, empty where there is none."""
    note = line.note
    last = following is None or following.note[:1] + following.note[3:4] != (note.phase, note.where)
    return assigned(note.where)[0] if last else ""


def _forward_name(line: Instruction) -> str:
    """The module and the operation."""
    note = line.note
    tail = note.scope.rsplit(".", 1)[-1] if note.scope else ""
    return "_".join(part for part in (tail, note.op, note.subject) if part) or "t"
