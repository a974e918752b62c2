"""Windows: arrays that are joined from nearly the same parts are looked at in one that has all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograd.compiler.passes.buffers import SMALLEST
from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.parts import LARGE, is_join
from autograd.compiler.passes.rewriting import Exchange, makers, owns
from autograd.compiler.program import Instruction, Program, Value


def share_windows(program: Program) -> Program:
    """``a = join([x1, x2, x3]); b = join([x0, x1, x2])`` become ``w = join([x0, x1, x2, x3])`` with
    ``a`` and ``b`` as parts of w.

    The states of a recurrence are such arrays: those after each step are its outputs, those
    before each step go into the gradient of its weight.
    """
    made = makers(program)
    pairs = _pairs(program, made)
    if not pairs:
        return program.after("windows: nothing to do")
    build, exchange = Builder(program), Exchange(program)
    earlier, later = {pair.one: pair for pair in pairs}, {pair.other for pair in pairs}
    for at, line in enumerate(program.instructions):
        if at in earlier:
            _write(build, exchange, earlier[at], program.instructions)
        elif at not in later:
            build.lines.append(exchange.line(line))
    remark = f"windows: {len(pairs)} pairs of arrays joined as one"
    return exchange.after(remark, build.lines)


class _Pair(NamedTuple):
    """Two arrays that are windows of a larger one.

    Attributes:
        one, other: the places where they are joined.
        parts: those of the larger one.
        starts: the part that each of them begins with.
    """

    one: int
    other: int
    parts: list[Value]
    starts: tuple[int, int]


def _pairs(program: Program, made: dict[int, int]) -> list[_Pair]:
    """Joins that share most of their parts, each in one pair at most."""
    apart = program.received() | program.written()
    lines, found = program.instructions, list[_Pair]()
    waiting: dict[int, int] = {}
    for at, line in enumerate(lines):
        if not (is_join(line) and _is_large(line, apart)):
            continue
        parts = line.args[0]
        for part in (parts[0], parts[1], parts[-2], parts[-1]):
            first = waiting.get(part.number)
            pair = _paired(lines, first, at) if first is not None else None
            if pair is not None and all(made.get(v.number, -1) < pair.one for v in pair.parts):
                found.append(pair)
                for value in lines[pair.one].args[0]:
                    waiting.pop(value.number, None)
                break
        else:
            waiting.update((value.number, at) for value in parts)
    return found


def _is_large(line: Instruction, apart: set[int]) -> bool:
    (out,), parts = line.outs, line.args[0]
    steady = owns(out) and not apart & {out.memory, *(part.memory for part in parts)}
    alike = all(part.shape == parts[0].shape and part.dtype == out.dtype for part in parts)
    rows = line.kwargs.get("axis", 0) == 0 and out.size >= SMALLEST
    return steady and alike and (rows or parts[0].size >= LARGE)


def _paired(lines: list[Instruction], first: int, second: int) -> _Pair | None:
    """Both as windows of one array, if one is the other one moved along."""
    one, other = (lines[at].args[0] for at in (first, second))
    axes = {lines[at].kwargs.get("axis", 0) for at in (first, second)}
    for move in _moves(one, other):
        a, b = max(move, 0), max(-move, 0)
        shared = min(len(one) - a, len(other) - b)
        if all(x is y for x, y in zip(one[a : a + shared], other[b : b + shared], strict=True)):
            parts = [*other[:b], *one, *other[b + shared :]]
            return _Pair(first, second, parts, (b, a)) if len(axes) == 1 else None
    return None


def _moves(one: list[Value], other: list[Value]) -> list[int]:
    """How many parts earlier than one array another one may begin: where a first part is found."""
    found = [at for at, part in enumerate(one) if part is other[0]]
    found += [-at for at, part in enumerate(other) if part is one[0]]
    return [move for move in found if 2 * abs(move) <= min(len(one), len(other))][:2]


def _write(build: Builder, exchange: Exchange, pair: _Pair, lines: list[Instruction]) -> None:
    line = lines[pair.one]
    axis = line.kwargs.get("axis", 0)
    (out,), length = line.outs, pair.parts[0].shape[axis]
    shape = (*out.shape[:axis], len(pair.parts) * length, *out.shape[axis + 1 :])
    build.note = line.note
    whole = build.value(shape, out.dtype)
    build.numpy(np.concatenate, ([exchange(v) for v in pair.parts],), whole, axis=axis)
    for at, start in zip((pair.one, pair.other), pair.starts, strict=True):
        (old,) = lines[at].outs
        window = slice(start * length, start * length + old.shape[axis])
        place = (*(slice(0, n) for n in shape[:axis]), window)
        exchange.put(old, build.part(whole, place, axis == 0))
