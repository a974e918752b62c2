"""Which results have the same gradient: a summand that is used once has that of its sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from autograd.compiler.program import Note, Program, Value

_PASS_ON = {"add": (0, 1), "sub": (0,)}
"""The operands whose gradient is that of the result, by the name of the operation."""


def same_gradients(program: Program) -> dict[int, int]:
    """By the serial of an operation, that of the one whose result has the same gradient.

    Args:
        program: as it was traced, with all that was computed: what is used once there is used
            nowhere else.
    """
    made: dict[int, int] = {}
    for line in program.instructions:
        if line.note.phase == "forward" and line.note.op:
            made.update((out.number, line.note.serial) for out in line.outs)
    return {
        made[value.number]: note.serial
        for value, note in _handed_on(program)
        if made.get(value.number, note.serial) < note.serial
    }


def leaf_sums(program: Program) -> dict[str, Note]:
    """By the name of a leaf's gradient, the note of the sum that it is a summand of."""
    leaves = {value.number: value.name for value in program.inputs}
    found = ((leaves.get(value.number), note) for value, note in _handed_on(program))
    return {f"d_{name}": note for name, note in found if name}


def _handed_on(program: Program) -> Iterator[tuple[Value, Note]]:
    """Summands that are used once, with the notes of their sums, which are of the same shape."""
    taken = _taken(program)
    for line in program.instructions:
        note = line.note
        if note.phase != "forward" or len(line.outs) != 1:
            continue
        for place in _PASS_ON.get(note.op, ()):
            value = note.operands[place][1] if place < len(note.operands) else None
            if not isinstance(value, Value) or value.shape != line.outs[0].shape:
                continue
            if taken[value.number] == 1:
                yield value, note


def _taken(program: Program) -> Counter[int]:
    """How many operands of operations each value is."""
    operations: dict[int, Note] = {}
    for line in program.instructions:
        if line.note.phase == "forward" and line.note.op:
            operations[line.note.serial] = line.note
    found: Counter[int] = Counter()
    for note in operations.values():
        found.update(value.number for _, value in note.operands if isinstance(value, Value))
    return found
