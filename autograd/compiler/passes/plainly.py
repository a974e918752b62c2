"""For a textbook: numbers as a person writes them, and nothing that only a machine checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.algebra import simplified
from autograd.compiler.passes.quick import zeros
from autograd.compiler.program import Instruction, Program, Value


def leave_out_assumptions(program: Program) -> Program:
    """What values have decided stands as they decided it, without a check."""
    lines = [line for line in program.instructions if line.kind != "guard"]
    gone = len(program.instructions) - len(lines)
    return program.after(f"assumptions: {gone} left out", instructions=lines, textbook=True)


def plain_numbers(program: Program) -> Program:
    """``2 * x**c`` with an array c of a single 1 becomes ``2 * x``, with one of 3 ``2 * x**3``."""
    return simplified(program, lambda line: _with_numbers(_zeros(line)))


def _zeros(line: Instruction) -> Instruction:
    """``np.zeros(shape)``, with a dtype only where it is not NumPy's own choice."""
    line = zeros(line)
    usual = line.name == "np.zeros" and line.args[1:] == (np.dtype(float),)
    return replace(line, args=line.args[:1]) if usual else line


def _with_numbers(line: Instruction) -> Instruction:
    """A call on an array and a constant with one number in place of the constant.

    Only where the result has the array's shape and dtype, so that it is the same.
    """
    values = [part for part in line.args if isinstance(part, Value)]
    if not isinstance(line.run, np.ufunc) or line.kwargs or len(values) != 1 or len(line.args) != 2:
        return line
    (value,), (out,) = values, line.outs
    plain = value.dtype is not None and value.dtype.kind == "f"
    if not plain or (value.shape, value.dtype) != (out.shape, out.dtype):
        return line
    return replace(line, args=tuple(map(_number, line.args)))


def _number(part: Any) -> Any:
    """The number that a constant holds and nothing else, or what there is."""
    if not isinstance(part, (np.generic, np.ndarray)) or part.dtype.kind not in "if":
        return part
    if isinstance(part, np.ndarray) and part.flags.writeable:
        return part
    numbers = np.unique(part)
    if len(numbers) != 1 or not np.isfinite(numbers[0]):
        return part
    number = numbers[0].item()
    return int(number) if number and number == int(number) else number
