"""Which results have the same gradient: a summand that is used once has that of its sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from autograd.compiler.program import Program, Value

_PASS_ON = {"add": (0, 1), "sub": (0,)}
"""The operands whose gradient is that of the result, by the name of the operation."""


def same_gradients(program: Program) -> dict[int, int]:
    """By the serial of an operation, that of the one whose result has the same gradient.

    Args:
        program: as it was traced, with all that was computed: what is used once there is used
            nowhere else.
    """
    made: dict[int, int] = {}
    taken: dict[int, set[int]] = defaultdict(set)
    for line in program.instructions:
        note = line.note
        if note.phase == "forward" and note.op:
            made.update((out.number, note.serial) for out in line.outs)
            for _, value in note.operands:
                if isinstance(value, Value):
                    taken[value.number].add(note.serial)
    return {
        made[value.number]: serial
        for value, serial in _handed_on(program)
        if made.get(value.number, serial) < serial and taken[value.number] == {serial}
    }


def _handed_on(program: Program) -> Iterator[tuple[Value, int]]:
    """Summands with the serials of their sums, which are of the same shape."""
    for line in program.instructions:
        note = line.note
        if note.phase != "forward" or len(line.outs) != 1:
            continue
        for place in _PASS_ON.get(note.op, ()):
            value = note.operands[place][1] if place < len(note.operands) else None
            if isinstance(value, Value) and value.shape == line.outs[0].shape:
                yield value, note.serial
