"""Single elements of arrays, taken as numbers."""

from __future__ import annotations

from dataclasses import replace

from autograd.compiler.program import Instruction, Program


def take_single_elements(program: Program) -> Program:
    """``x[0, ...]`` becomes ``x[0]``, a number, where the memory of x is never changed."""
    changed = program.written()
    lines = [_as_number(x) if _is_one(x, changed) else x for x in program.instructions]
    return program.after("single elements: taken as numbers", instructions=lines)


def _is_one(line: Instruction, changed: set[int]) -> bool:
    """Whether an instruction looks at one element of memory that stays as it is."""
    if line.kind != "getitem" or not isinstance(line.args[1], tuple):
        return False
    element, index = line.outs[0], line.args[1]
    single = element.shape == () and not element.is_scalar and element.memory not in changed
    return single and len(index) > 1 and index[-1] is Ellipsis


def _as_number(line: Instruction) -> Instruction:
    [element], (array, index) = line.outs, line.args
    element.memory, element.is_scalar = -1 - element.number, True
    return replace(line, args=(array, index[:-1] if len(index) > 2 else index[0]))
