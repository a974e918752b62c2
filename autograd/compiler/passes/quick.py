"""The same results by shorter ways into NumPy, where an array is so small that the way counts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.building import frozen
from autograd.compiler.program import Instruction, Place, Program, Value
from autograd.core.summation import LONG
from autograd.ops.activation import CLIPPED

SMALL = 1 << 15
"""Elements up to which a microsecond is worth a thought."""

FEWEST = 64
"""Elements from which on a product with ones is quicker than a sum."""

SUMS = 1 << 20
"""Elements up to which a product with ones is quicker."""

METHODS = {"np.sum": "sum", "np.amax": "max", "np.amin": "min"}
"""Functions that do nothing but call this method, and their checks of arguments before."""

SHAPES = {"np.reshape": "reshape", "np.swapaxes": "swapaxes", "np.clip": "clip"}
"""The same with more arguments."""


def call_directly(program: Program) -> Program:
    """``np.sum(x)`` becomes ``x.sum()``, ``a @ b`` of small matrices ``a.dot(b)``, and so on.

    A sum along (25, 65) takes 1.8 µs in place of 2.8, 100 × 100 times a column 0.82 in place of
    1.4, a reshape 0.12 in place of 0.69; a product with ones in place of a sum along (128, 256)
    1.6 in place of 8.0, along (1600, 65) 6.8 in place of 45 (tools/measure_passes.py quick).
    """
    lines = [_direct(line) for line in program.instructions]
    done = sum(a is not b for a, b in zip(lines, program.instructions, strict=True))
    return program.after(f"direct: {done} calls by a shorter way", instructions=lines)


def _direct(line: Instruction) -> Instruction:
    line = _with_arrays(line)
    if line.kind != "call" or not line.args or not _has_one_result(line):
        return line
    if line.name in SHAPES and _is_array(line.args[0]):
        return _method(line, SHAPES[line.name])
    if line.name == "np.maximum" and _is_bounded(line):
        return _method(replace(line, args=(*line.args, math.inf)), "clip")
    if line.name == "np.sum" and _is_sum_of_matrix(line):
        return _with_ones(line)
    if line.name in METHODS and _is_small_array(line.args[0]) and len(line.args) == 1:
        return _method(line, METHODS[line.name])
    if line.name == "np.matmul" and _are_matrices(line):
        return _method(line, "dot")
    if line.name == "np.stack" and _are_numbers(line.args[0]):
        return replace(line, name="np.array", kwargs={}, run=np.array)
    return zeros(line)


def zeros(line: Instruction) -> Instruction:
    """``np.zeros_like(x, shape=s)`` needs no x, but its dtype: ``np.zeros(s, dtype)``."""
    if line.name != "np.zeros_like" or line.kwargs.keys() != {"shape"}:
        return line
    (out,) = line.outs
    args = (out.shape, out.dtype)
    return replace(line, name="np.zeros", args=args, kwargs={}, run=np.zeros)


def _method(line: Instruction, name: str) -> Instruction:
    return replace(line, kind="method", name=name, run=getattr(np.ndarray, name))


def _is_bounded(line: Instruction) -> bool:
    """Whether a number is the least that many floats may be."""
    part, *rest = line.args
    floats = _is_array(part) and part.size >= CLIPPED and part.dtype.kind == "f"
    numbers = len(rest) == 1 and type(rest[0]) in (int, float)
    return floats and numbers and _result(line).dtype == part.dtype


def _is_sum_of_matrix(line: Instruction) -> bool:
    """Whether a small matrix of floats is added up along one axis."""
    part, axis = line.args[0], line.kwargs.get("axis")
    one = isinstance(axis, int) or (isinstance(axis, tuple) and len(axis) == 1)
    plain = line.kwargs.keys() <= {"axis", "keepdims", "out"} and len(line.args) == 1
    matrix = _is_array(part) and len(part.shape) == 2 and FEWEST <= part.size <= SUMS
    fits = matrix and part.dtype == _result(line).dtype and max(part.shape) <= LONG
    return one and plain and fits and part.dtype in (np.float32, np.float64)


def _with_ones(line: Instruction) -> Instruction:
    """Σ over rows is 1ᵀ·X, over columns X·1."""
    (part,), axis = line.args, line.kwargs["axis"]
    at = (axis[0] if isinstance(axis, tuple) else axis) % 2
    count, kept = part.shape[at], bool(line.kwargs.get("keepdims"))
    shape = ((1, count), (count, 1))[at] if kept else (count,)
    ones = frozen(np.ones(shape, part.dtype))
    kwargs = {name: out for name, out in line.kwargs.items() if name == "out"}
    if at == 0:
        return replace(line, name="np.dot", args=(ones, part), kwargs=kwargs, run=np.dot)
    line = replace(line, kind="method", name="dot", args=(part, ones), kwargs=kwargs)
    return replace(line, run=np.ndarray.dot)


def _has_one_result(line: Instruction) -> bool:
    """Whether a call does nothing but compute one array, anew or into another one."""
    out = line.kwargs.get("out")
    if not isinstance(out, Value):
        return len(line.outs) == 1 and not line.writes
    return not line.outs and line.writes == (out.memory,) and out.contiguous


def _result(line: Instruction) -> Value:
    out = line.kwargs.get("out")
    return out if isinstance(out, Value) else line.outs[0]


def _are_numbers(parts: Any) -> bool:
    """Whether all of some parts are NumPy's numbers of one dtype."""
    numbers = all(isinstance(part, Value) and part.is_scalar for part in parts)
    dtypes = {part.dtype for part in parts} if numbers else {None}
    return len(dtypes) == 1 and None not in dtypes


def _is_array(part: Any) -> bool:
    return isinstance(part, Value) and not part.is_scalar and part.dtype is not None


def _is_small_array(part: Any) -> bool:
    return _is_array(part) and bool(part.size <= SMALL)


def _are_matrices(line: Instruction) -> bool:
    """Two arrays of floats of one dtype and a small result that has axes, in memory in order."""
    result = _result(line)
    if result.size > SMALL or not result.shape:
        return False
    ordered = all(isinstance(part, (Place, Value)) for part in line.kwargs.values())
    alike = all(
        isinstance(part, Value)
        and not part.is_scalar
        and part.dtype is not None
        and part.dtype.kind == "f"
        and len(part.shape) in (1, 2)
        for part in line.args
    )
    dtypes = {part.dtype for part in (*line.args, result)} if alike else ()
    return ordered and len(dtypes) == 1


def _with_arrays(line: Instruction) -> Instruction:
    """Ranges in indices as arrays: NumPy would make one at each call."""
    if line.kind not in ("getitem", "setitem") and line.name != "np.add.at":
        return line
    parts = line.args[1] if isinstance(line.args[1], tuple) else ()
    if not any(isinstance(part, range) for part in parts):
        return line
    index = tuple(frozen(np.array(part)) if isinstance(part, range) else part for part in parts)
    return replace(line, args=(line.args[0], index, *line.args[2:]))
