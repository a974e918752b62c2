"""Calls that fail by their values, such as an index outside of an array.

The uncompiled run fails there, and a person may catch that. So such a call runs even where
nobody uses its result; and if one has failed while tracing and the function went on, what was
noted holds for that call alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.compiler.program import NOWHERE, Instruction, Value, values_in
from autograd.core.errors import StateError

_NAMES = ("math.", "np.take", "np.put", "np.bincount", "np.repeat", "np.linalg.")


class Caught(StateError):
    """A traced function has gone on after an error that depends on values."""


def may_fail(kind: str, name: str, args: Sequence[Any]) -> bool:
    """Whether a call may fail for some values, and not for others of the same form."""
    if kind in ("getitem", "setitem"):
        return any(value.dtype is None or value.dtype.kind in "iu" for value in values_in(args[1]))
    return name.startswith(_NAMES) or name.endswith(".at")


def depends_on_values(error: Exception, kind: str, name: str, args: Sequence[Any]) -> bool:
    """Whether an error that a call has raised would not be raised for other values."""
    by_value = isinstance(error, (IndexError, ValueError)) and may_fail(kind, name, args)
    return by_value or isinstance(error, FloatingPointError)


def errors_of(instructions: list[Instruction]) -> tuple[type[Exception], ...]:
    """What a run may raise where the uncompiled one finds out how to go on."""
    others = any(line.name.startswith(_NAMES) for line in instructions)
    return (IndexError, ArithmeticError, *([ValueError] if others else []))


def kept_alive(lines: list[Instruction], outputs: list[Value], kept: set[int]) -> list[Instruction]:
    """What was noted, with a look at each result that nobody uses and whose call may fail.

    Args:
        lines: what was noted.
        outputs: what leaves the program.
        kept: the blocks of memory that outlive the run.
    """
    wanted = {value.number for value in outputs}
    blocks = kept | {value.memory for value in outputs}
    found = []
    for line in reversed(lines):
        used = not wanted.isdisjoint([out.number for out in line.outs])
        used = used or line.kind in ("guard", "draw") or not blocks.isdisjoint(line.writes)
        fails = line.note.phase == "forward" and may_fail(line.kind, line.name, line.args)
        if fails and not used:
            found.append(_look_at(line))
        if fails or used:
            wanted.update(value.number for value in line.inputs)
            blocks.update(value.memory for value in line.inputs)
        found.append(line)
    return found[::-1]


def _look_at(line: Instruction) -> Instruction:
    """What is always so, and keeps a call alive."""
    value = line.outs[0] if line.outs else line.inputs[0]
    note = NOWHERE._replace(where=line.note.where)
    return Instruction("guard", "shape", (value, value.shape), {}, (), (), note)
