"""Python numbers come first: options and counts of steps, and what is assumed of them."""

from __future__ import annotations

from dataclasses import replace

from autograd.compiler.program import Instruction, Program


def numbers_first(program: Program) -> Program:
    """Move arithmetic on numbers alone, and assumptions about it, to the beginning.

    It depends on inputs only. So nothing has been changed yet when an assumption fails.
    """
    early: list[Instruction] = []
    late: list[Instruction] = []
    for line in program.instructions:
        (early if _is_number(line) else late).append(line)
    noted = [replace(line, note=line.note._replace(phase="options")) for line in early]
    remark = f"numbers: {len(early)} moved to the beginning"
    return program.after(remark, instructions=[*noted, *late])


def _is_number(line: Instruction) -> bool:
    if line.kind not in ("operator", "guard") or not line.inputs:
        return False
    return all(value.dtype is None for value in line.inputs)
