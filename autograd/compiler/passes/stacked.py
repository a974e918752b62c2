"""How many calls of one kind are written as one, with the results along a new first axis."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.passes.building import Builder, frozen
from autograd.compiler.program import Instruction, Value

Lines = list[Instruction]
Varying = list[bool]
"""Which inputs differ from call to call; those are given as stacks."""


class Rule(NamedTuple):
    """How calls of one kind become one.

    Attributes:
        fits: whether the rule knows these calls.
        write: writes the one call, and returns what holds all results.
    """

    fits: Callable[[Lines, Varying], bool]
    write: Callable[[Builder, Lines, list[Value], Varying], Value | None]


def _result(build: Builder, lines: Lines, of: Value | None = None) -> Value:
    (out,) = lines[0].outs
    return build.value((len(lines), *out.shape), out.dtype, of)


def _arguments(line: Instruction, operands: list[Value]) -> Instruction:
    """The call with stacks in place of its inputs."""
    given = iter(operands)
    return line.with_inputs(lambda _: next(given))


def _same_numbers(lines: Lines) -> bool:
    """Whether what is in the brackets is the same for all."""
    return all(line.args[1] == lines[0].args[1] for line in lines)


# --- elementwise --------------------------------------------------------------------------


def _fits_elementwise(lines: Lines, varying: Varying) -> bool:
    """Stacks must have the rank of the result, so that their first axes meet."""
    line = lines[0]
    shape = line.outs[0].shape if line.outs else line.inputs[-1].shape
    ranks = [len(v.shape) for v, many in zip(line.inputs, varying, strict=True) if many]
    return bool(ranks) and all(rank == len(shape) for rank in ranks)


def _write_elementwise(
    build: Builder, lines: Lines, operands: list[Value], varying: Varying
) -> Value | None:
    line = _arguments(lines[0], operands)
    if line.outs:
        return build.call(
            _run(line), line.args, _result(build, lines), name=line.name, **line.kwargs
        )
    target = operands[-1]
    build.lines.append(
        Instruction(
            "call", line.name, line.args, line.kwargs, (), (target.memory,), build.note, line.run
        )
    )
    return None


def _run(line: Instruction) -> Callable[..., Any]:
    assert line.run is not None
    return line.run


stacked_elementwise = Rule(_fits_elementwise, _write_elementwise)


# --- parts of arrays ----------------------------------------------------------------------


def _index(line: Instruction) -> tuple[Any, ...]:
    index = line.args[1]
    return index if isinstance(index, tuple) else (index,)


def _numbers(lines: Lines) -> range | None:
    """The first numbers in brackets, if they are evenly spaced and nothing else differs."""
    indices = [_index(line) for line in lines]
    firsts = [index[0] for index in indices]
    if not all(isinstance(first, (int, np.integer)) for first in firsts) or firsts[0] < 0:
        return None
    found = range(firsts[0], firsts[-1] + 1, max(firsts[1] - firsts[0], 1))
    rest = all(index[1:] == indices[0][1:] for index in indices)
    return found if rest and list(found) == firsts else None


def _fits_getitem(lines: Lines, varying: Varying) -> bool:
    if len(varying) != 1:
        return False
    return _same_numbers(lines) if varying[0] else _numbers(lines) is not None


def _write_getitem(build: Builder, lines: Lines, operands: list[Value], varying: Varying) -> Value:
    (array,) = operands
    first: Any = slice(None)
    rest = _index(lines[0])
    if not varying[0]:
        numbers = _numbers(lines)
        assert numbers is not None
        step = None if numbers.step == 1 else numbers.step
        first, rest = slice(numbers.start, numbers.stop, step), rest[1:]
    index = (first, *rest)
    while index[-1] is Ellipsis:
        index = index[:-1]
    out = _result(build, lines, array)
    if index in ((slice(None),), (slice(0, array.shape[0], None),)) and out.shape == array.shape:
        return array
    plain = index[0] if len(index) == 1 else index
    out.contiguous = array.contiguous and out.size == array.size and _is_in_order(index)
    return build.call(operator.getitem, (array, plain), out, kind="getitem", name="")


def _is_in_order(index: tuple[Any, ...]) -> bool:
    """Whether an index keeps elements in their order, however many it picks."""
    plain = all(isinstance(part, (int, np.integer, slice)) for part in index)
    return plain and all((part.step or 1) > 0 for part in index if isinstance(part, slice))


def _fits_setitem(lines: Lines, varying: Varying) -> bool:
    value = lines[0].args[2]
    if isinstance(value, Value) and varying[1] and _misses_an_axis(lines[0], value):
        return False
    return _same_numbers(lines) or all(
        isinstance(part, (int, np.integer)) for line in lines for part in _index(line)
    )


def _misses_an_axis(line: Instruction, value: Value) -> bool:
    """Whether the value would be broadcast, so that its first axis met another one."""
    place = np.broadcast_to(np.empty(()), line.args[0].shape)[line.args[1]]
    return bool(np.ndim(place) != len(value.shape))


def _write_setitem(build: Builder, lines: Lines, operands: list[Value], varying: Varying) -> None:
    line = _arguments(lines[0], operands)
    index: tuple[Any, ...] = (slice(None), *_index(lines[0]))
    if not _same_numbers(lines):
        columns = zip(*map(_index, lines), strict=True)
        index = tuple(frozen(np.array(column)) for column in (range(len(lines)), *columns))
    args = (operands[0], index, line.args[2])
    block = operands[0].memory
    build.lines.append(
        Instruction("setitem", "", args, {}, (), (block,), build.note, operator.setitem)
    )


def _fits_zeros(lines: Lines, varying: Varying) -> bool:
    return len(varying) == 1 and lines[0].kwargs.keys() <= {"shape", "dtype"}


def _write_zeros(build: Builder, lines: Lines, operands: list[Value], varying: Varying) -> Value:
    """Only dtype and kind of array are taken from the operand."""
    out = _result(build, lines)
    return build.numpy(
        np.zeros_like, (operands[0],), out, **(lines[0].kwargs | {"shape": out.shape})
    )


# --- shapes and sums ----------------------------------------------------------------------


def _fits_one(lines: Lines, varying: Varying) -> bool:
    return varying == [True]


def _write_reshape(build: Builder, lines: Lines, operands: list[Value], varying: Varying) -> Value:
    out = _result(build, lines, operands[0])
    return build.numpy(np.reshape, (operands[0], out.shape), out)


def _write_copy(build: Builder, lines: Lines, operands: list[Value], varying: Varying) -> Value:
    return build.call(
        lambda x: x.copy(), (operands[0],), _result(build, lines), kind="method", name="copy"
    )


def _fits_transpose(lines: Lines, varying: Varying) -> bool:
    line = lines[0]
    pair = line.name == "T" or {axis % 2 for axis in line.args[1:3]} == {0, 1}
    return varying == [True] and len(line.inputs[0].shape) == 2 and pair


def _write_transpose(
    build: Builder, lines: Lines, operands: list[Value], varying: Varying
) -> Value:
    out = _result(build, lines, operands[0])
    return build.numpy(np.swapaxes, (operands[0], 1, 2), out)


def _fits_sum(lines: Lines, varying: Varying) -> bool:
    line = lines[0]
    return varying == [True] and len(line.args) == 1 and line.kwargs.keys() <= {"axis", "keepdims"}


def _write_sum(build: Builder, lines: Lines, operands: list[Value], varying: Varying) -> Value:
    rank, kwargs = len(lines[0].inputs[0].shape), lines[0].kwargs
    axis = kwargs.get("axis")
    axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    later = tuple(int(a) % rank + 1 for a in axes)
    keep = bool(kwargs.get("keepdims", False))
    return build.numpy(np.sum, (operands[0],), _result(build, lines), axis=later, keepdims=keep)


# --- products of matrices -----------------------------------------------------------------


def _fits_matmul(lines: Lines, varying: Varying) -> bool:
    line = lines[0]
    if len(line.inputs) != 2 or line.kwargs or not any(varying):
        return False
    left, right = (len(v.shape) for v in line.inputs)
    if all(varying):
        return left == right == 2
    return left <= 2 and right <= 2 and (left, right) != (1, 1)


def _write_matmul(build: Builder, lines: Lines, operands: list[Value], varying: Varying) -> Value:
    """W @ xₜ for all t is X @ Wᵀ, with an xₜ in each row of X; xₜ @ W is X @ W."""
    left, right = lines[0].inputs
    if not all(varying) and varying[0]:
        return _rows_times(build, lines, operands[0], operands[1], left.shape)
    if not all(varying) and (len(right.shape) == 1 or right.shape[1] == 1):
        turned = build.turned(operands[0])
        return _rows_times(build, lines, operands[1], turned, right.shape[:1])
    return build.numpy(np.matmul, tuple(operands), _result(build, lines))


def _rows_times(
    build: Builder, lines: Lines, stack: Value, matrix: Value, shape: tuple[int, ...]
) -> Value:
    """All rows of a stack times a matrix, as one product."""
    rows = len(lines) * (shape[0] if len(shape) == 2 else 1)
    flat = build.reshaped(stack, (rows, matrix.shape[0]))
    out = _result(build, lines)
    made = build.value((rows, *matrix.shape[1:]), out.dtype)
    build.numpy(np.matmul, (flat, matrix), made)
    return build.reshaped(made, out.shape)


RULES = {
    "getitem": Rule(_fits_getitem, _write_getitem),
    "setitem": Rule(_fits_setitem, _write_setitem),
    "np.zeros_like": Rule(_fits_zeros, _write_zeros),
    "np.sum": Rule(_fits_sum, _write_sum),
    "np.reshape": Rule(_fits_one, _write_reshape),
    "reshape": Rule(_fits_one, _write_reshape),
    "copy": Rule(_fits_one, _write_copy),
    "np.swapaxes": Rule(_fits_transpose, _write_transpose),
    "swapaxes": Rule(_fits_transpose, _write_transpose),
    "T": Rule(_fits_transpose, _write_transpose),
    "np.matmul": Rule(_fits_matmul, _write_matmul),
}
"""By the name of a call, or its kind where it has none."""

LOOKS = frozenset(("np.reshape", "reshape", "np.swapaxes", "swapaxes", "T"))
"""Calls whose result may lie in the memory of their operand."""
