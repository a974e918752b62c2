"""For a textbook: numbers as a person writes them, and nothing that only a machine checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.algebra import simplified
from autograd.compiler.passes.building import frozen
from autograd.compiler.passes.folding import LARGEST
from autograd.compiler.passes.quick import zeros
from autograd.compiler.passes.rewriting import Exchange, same_kind
from autograd.compiler.program import Instruction, Program, Value


def leave_out_conversions(program: Program) -> Program:
    """``x.astype(np.float64)`` of float64 is x, and a sum of it is of float64 anyway."""
    exchange, written = Exchange(program), program.written() | program.received() | program.kept
    kept = []
    for before in program.instructions:
        line = exchange.line(before)
        if _converts_nothing(line) and written.isdisjoint(
            (line.args[0].memory, line.outs[0].memory)
        ):
            exchange.put(line.outs[0], line.args[0])
        else:
            kept.append(_of_its_dtype(line))
    gone = len(program.instructions) - len(kept)
    return exchange.after(f"conversions: {gone} left out", kept)


def _converts_nothing(line: Instruction) -> bool:
    if line.name not in ("astype", "np.asarray") or not line.inputs or len(line.outs) != 1:
        return False
    (source, *_), (out,) = line.args, line.outs
    return isinstance(source, Value) and same_kind(source, out)


def _of_its_dtype(line: Instruction) -> Instruction:
    """A call without ``dtype=`` where that is the dtype of what it is given."""
    source = line.args[0] if line.args else None
    if not isinstance(source, Value) or line.kwargs.get("dtype") != source.dtype:
        return line
    kwargs = {name: part for name, part in line.kwargs.items() if name != "dtype"}
    sums = source.dtype == np.dtype(float) and line.name in ("np.sum", "np.mean")
    return replace(line, kwargs=kwargs) if sums else line


def leave_out_assumptions(program: Program) -> Program:
    """What values have decided stands as they decided it, without a check."""
    lines = [line for line in program.instructions if line.kind != "guard"]
    gone = len(program.instructions) - len(lines)
    return program.after(f"assumptions: {gone} left out", instructions=lines)


def plain_numbers(program: Program) -> Program:
    """``2 * x**c`` with an array c of a single 1 becomes ``2 * x``, with one of 3 ``2 * x**3``."""
    return simplified(program, lambda line: _with_numbers(_zeros(line)))


def _zeros(line: Instruction) -> Instruction:
    """``np.zeros(shape)``, with a dtype only where it is not NumPy's own choice."""
    line = zeros(line)
    usual = line.name == "np.zeros" and line.args[1:] == (np.dtype(float),)
    return replace(line, args=line.args[:1]) if usual else line


def leave_out_zeros(program: Program) -> Program:
    """Of a result that nobody used the gradient is 0: what is multiplied by it, and its sums."""
    exchange, apart = Exchange(program), program.written() | program.received()
    kept = []
    for before in program.instructions:
        line = exchange.line(before)
        backward = line.note.phase == "backward" and len(line.outs) == 1
        found = _without_zeros(line, apart) if backward else line
        if isinstance(found, Instruction):
            kept.append(found)
        else:
            exchange.put(line.outs[0], found)
    gone = len(program.instructions) - len(kept)
    return exchange.after(f"zeros: {gone} calls left out", kept)


def _without_zeros(line: Instruction, apart: set[int]) -> Any:
    """What an instruction comes to: itself, another one, an operand, or zeros."""
    (out,), zero = line.outs, [_is_zero(part) for part in line.args]
    if not any(zero) or len(zero) != 2 or line.kwargs or out.memory in apart:
        return line
    other = line.args[zero.index(False)] if False in zero else None
    if line.name == "np.multiply" and out.dtype is not None and out.size <= LARGEST:
        return frozen(np.zeros(out.shape, out.dtype))
    if not isinstance(other, Value) or not same_kind(other, out) or other.memory in apart:
        return line
    if line.name == "np.subtract" and zero[0]:
        return replace(line, name="np.negative", args=(other,), run=np.negative)
    return other if line.name in ("np.add", "np.subtract") else line


def _is_zero(part: Any) -> bool:
    return isinstance(part, np.ndarray) and not part.flags.writeable and not part.any()


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
