"""Python numbers come first: options and counts of steps, and what is assumed of them."""

from __future__ import annotations

from dataclasses import replace

from autograd.compiler.program import Instruction, Program


def numbers_first(program: Program) -> Program:
    """``w -= g; rate = lr * 0.1; check(rate)`` becomes ``rate = …; check(rate); w -= g``.

    Only what depends on numbers that are inputs is moved. So nothing has been changed yet when an
    assumption fails.
    """
    early: list[Instruction] = []
    late: list[Instruction] = []
    known = {value.number for value in program.inputs}
    for line in program.instructions:
        if _is_number(line) and known.issuperset(value.number for value in line.inputs):
            early.append(line)
            known.update(value.number for value in line.outs)
        else:
            late.append(line)
    noted = [replace(line, note=line.note._replace(phase="options")) for line in early]
    remark = f"numbers: {len(early)} moved to the beginning"
    return program.after(remark, instructions=[*noted, *late])


def _is_number(line: Instruction) -> bool:
    if line.kind not in ("operator", "guard") or not line.inputs:
        return False
    return all(value.dtype is None for value in line.inputs)
