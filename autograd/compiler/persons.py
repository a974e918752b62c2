"""What a person named: variables, results of layers, and sums that others are part of."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.compiler.origin import assigned
from autograd.compiler.program import Instruction, Program
from autograd.compiler.unpacking import unpacked


def variable_of(line: Instruction, following: Instruction | None) -> str:
    """The variable that a person assigned a result to, empty where there is none."""
    note = line.note
    last = following is None or following.note[:1] + following.note[3:4] != (note.phase, note.where)
    if not last:
        return ""
    several = unpacked(note.where)
    return several[0] if len(several) == 1 else assigned(note.where)[0]


def ends_of_layers(lines: Sequence[Instruction]) -> set[int]:
    """The values that a layer ends with: the next one is computed elsewhere."""
    forward = [line for line in lines if line.note.phase == "forward" and line.outs]
    following = [line.note.scope for line in forward[1:]]
    return {
        line.outs[-1].number
        for line, after in zip(forward, [*following, ""], strict=False)
        if line.note.scope and line.note.op and not _is_within(after, line.note.scope)
    }


def _is_within(path: str, layer: str) -> bool:
    return path == layer or path.startswith(f"{layer}.")


def persons(program: Program) -> set[int]:
    """The serials of operations whose result, or the sum that it is part of, a person named."""
    lines, ends = program.instructions, ends_of_layers(program.instructions)
    found = {
        line.note.serial
        for line, following in zip(lines, (*lines, None)[1:], strict=True)
        if line.note.phase == "forward" and line.note.op and _is_named(line, following, ends)
    }
    for serial in sorted(program.alike, reverse=True):
        if program.alike[serial] in found:
            found.add(serial)
    return found


def _is_named(line: Instruction, following: Instruction | None, ends: set[int]) -> bool:
    if any(out.number in ends for out in line.outs):
        return True
    return bool(variable_of(line, following)) or len(unpacked(line.note.where)) > 1


def differentiated(program: Program) -> dict[int, int]:
    """By the number of a gradient, the serial of the operation whose result it belongs to."""
    found: dict[int, int] = {}
    for line in program.instructions:
        if line.note.gradient is not None:
            found.setdefault(line.note.gradient.number, line.note.serial)
    return found


def gradients_of(program: Program, serials: set[int] | None = None) -> set[int]:
    """The numbers of the values that are gradients of the results of (some) operations."""
    lines = program.instructions
    notes = [line.note for line in lines if serials is None or line.note.serial in serials]
    parts = (part for note in notes for part in (note.gradient, *note.gradients))
    found = {part.number for part in parts if part is not None}
    known = program.differentiated.items()
    return found | {number for number, serial in known if serials is None or serial in serials}
