"""Python numbers come first: options and counts of steps, and what is assumed of them."""

from __future__ import annotations

from dataclasses import replace

from autograd.compiler.program import Instruction, Program


def numbers_first(program: Program) -> Program:
    """Move arithmetic on numbers alone, and assumptions about it, to the beginning.

    It depends on inputs only. So nothing has been changed yet when an assumption fails.
    """
    early = [line for line in program.instructions if _is_number(line)]
    late = [line for line in program.instructions if not _is_number(line)]
    noted = [replace(line, note=line.note._replace(phase="options")) for line in early]
    remarks = [*program.remarks, f"numbers: {len(early)} moved to the beginning"]
    return replace(program, instructions=[*noted, *late], remarks=remarks)


def _is_number(line: Instruction) -> bool:
    operands = line.inputs
    numbers = bool(operands) and all(value.dtype is None for value in operands)
    return numbers and line.kind in ("operator", "guard")
