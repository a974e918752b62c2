"""Algebra that changes no bit: 1·x and x¹ are x, x⁰ is 1, and x² is a square."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.buffers import SMALLEST
from autograd.compiler.passes.building import frozen
from autograd.compiler.passes.folding import LARGEST, computed
from autograd.compiler.passes.rewriting import Exchange, same_kind
from autograd.compiler.program import Instruction, Program, Value


def simplify(program: Program) -> Program:
    """Leave out products with ones and powers of one and zero, and write ``np.square(x)`` for x².

    Only where the result has the shape and dtype of x, and nobody writes to either. Where a
    large x is the caller's, a copy may be wanted, for which there is memory from the last call.
    """
    return simplified(program, _squared)


def simplified(program: Program, written: Callable[[Instruction], Instruction]) -> Program:
    """Leave out what gives back an operand, or ones; what stays is written in another way."""
    exchange = Exchange(program)
    apart = program.written() | program.received()
    kept: list[Instruction] = []
    choices: dict[int, Instruction] = {}
    for before in program.instructions:
        line = _in_one_dtype(exchange.line(before), choices, apart)
        source = _simpler(line, apart)
        blocks = {source.memory} if isinstance(source, Value) else set()
        large = bool(blocks & program.kept) and line.outs[0].size >= SMALLEST
        large = large and not program.textbook
        if source is not None and not large and not apart & {*blocks, line.outs[0].memory}:
            exchange.put(line.outs[0], source)
        else:
            kept.append(written(line))
    gone = len(program.instructions) - len(kept)
    remark = f"algebra: {gone} products with one and first powers left out"
    return exchange.after(remark, kept)


def _simpler(line: Instruction, apart: set[int]) -> Any:
    """What a call gives without computing it, or None."""
    if not line.inputs:
        return computed(line, apart)
    return _ones(line) if _is_zeroth(line) else _same(line)


def _same(line: Instruction) -> Value | None:
    """The operand that a call gives back as it is, or None."""
    if line.kind != "call" or line.kwargs or len(line.outs) != 1:
        return None
    if line.name == "np.moveaxis" and line.args[1] == line.args[2]:
        return line.args[0] if isinstance(line.args[0], Value) else None
    if len(line.args) != 2:
        return None
    left, right = line.args
    if line.name == "np.multiply" and _is_all(left, 1):
        left, right = right, left
    one = line.name in ("np.multiply", "np.power", "np.divide") and _is_all(right, 1)
    if not one or not isinstance(left, Value) or not same_kind(left, line.outs[0]):
        return None
    plain = left.dtype is not None and left.is_scalar == line.outs[0].is_scalar
    return left if plain and left.contiguous == line.outs[0].contiguous else None


def _in_one_dtype(
    line: Instruction, choices: dict[int, Instruction], apart: set[int]
) -> Instruction:
    """``np.where(c, x, 0.0).astype(dtype of x)`` with the number in that dtype from the start."""
    if line.name == "np.where" and line.kind == "call" and len(line.args) == 3:
        choices[line.outs[0].number] = line
    if line.name != "astype" or line.kind != "method" or len(line.outs) != 1:
        return line
    source = line.args[0]
    choice = choices.get(source.number) if isinstance(source, Value) else None
    if choice is None or apart & {value.memory for value in (*choice.inputs, *line.outs)}:
        return line
    dtype = line.outs[0].dtype
    parts = [_narrowed(part, dtype) for part in choice.args[1:]]
    if dtype is None or any(part is None for part in parts):
        return line
    return replace(choice, args=(choice.args[0], *parts), outs=line.outs, note=line.note)


def _narrowed(part: Any, dtype: Any) -> Any:
    """An array of that dtype, a number in that dtype if it is the same there, or None."""
    if isinstance(part, Value):
        return part if part.dtype == dtype else None
    if np.shape(part) != () or not np.issubdtype(np.asarray(part).dtype, np.number):
        return None
    number = np.asarray(part).astype(dtype)[()]
    return number if number == part else None


def _is_zeroth(line: Instruction) -> bool:
    """Whether a call raises to the power of zero, which gives one even for NaN."""
    plain = line.name == "np.power" and line.kind == "call" and not line.kwargs
    return plain and _is_all(line.args[1], 0) and isinstance(line.args[0], Value)


def _ones(line: Instruction) -> Any:
    (out,) = line.outs
    if out.dtype is None or out.dtype.kind != "f" or out.size > LARGEST or not out.size:
        return None
    ones = np.ones(out.shape, out.dtype)
    return frozen(ones) if out.shape else ones[()]


def _squared(line: Instruction) -> Instruction:
    if line.name != "np.power" or line.kind != "call" or line.writes or len(line.outs) != 1:
        return line
    base, exponent = line.args
    alike = isinstance(base, Value) and base.dtype is not None and same_kind(base, line.outs[0])
    if not alike or base.dtype.kind != "f" or not _is_all(exponent, 2):
        return line
    return replace(line, name="np.square", args=(base,), run=np.square)


def _is_all(part: Any, number: int) -> bool:
    """Whether a constant is a number, or an array of nothing else."""
    if isinstance(part, (Value, bool)) or not isinstance(
        part, (int, float, np.generic, np.ndarray)
    ):
        return False
    return bool(np.size(part)) and bool(np.all(np.asarray(part) == number))
