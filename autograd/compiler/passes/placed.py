"""What is placed so that it fills an array of zeros is that array, in another shape."""

from __future__ import annotations

from typing import Any

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import Exchange, last_uses, looks_for, owns, writers
from autograd.compiler.program import Program, Value, values_in


@looks_for("np.zeros", "np.zeros_like")
def use_what_fills(program: Program) -> Program:
    """``z = np.zeros((25, 65, 1)); z[:, :, 0] = v`` becomes ``z = v.reshape((25, 65, 1))``.

    The gradient of ``x[:, 0]``, where x has one column, is such an array. v has to end there.
    """
    filled = _filled(program)
    ends = set(filled.values())
    build, exchange = Builder(program), Exchange(program)
    for at, line in enumerate(program.instructions):
        if at in ends:
            whole, _, part = line.args
            build.note = line.note
            exchange.put(whole, build.reshaped(exchange(part), whole.shape))
        elif at not in filled:
            build.lines.append(exchange.line(line))
    remark = f"placed: {len(filled)} arrays are what fills them"
    return exchange.after(remark, build.lines)


def _filled(program: Program) -> dict[int, int]:
    """The lines that make zeros, each with the line that fills them at once."""
    last, written, made = last_uses(program), writers(program), dict[int, int]()
    found: dict[int, int] = {}
    for at, line in enumerate(program.instructions):
        fits = line.kind == "setitem" and isinstance(line.args[2], Value) and _fills(*line.args)
        start = made.pop(line.args[0].memory, None) if fits else None
        for value in line.inputs:
            made.pop(value.memory, None)
        if line.name in ("np.zeros", "np.zeros_like") and owns(line.outs[0]):
            made[line.outs[0].memory] = at
        if start is not None:
            whole, _, part = line.args
            ends = last[part.memory] == at and last[whole.memory] < len(program.instructions)
            if ends and written[whole.memory] == [at]:
                found[start] = at
    return found


def _fills(whole: Value, index: Any, part: Value) -> bool:
    """Whether an index covers a whole array, and the part lies in order as the array does."""
    places = index if isinstance(index, tuple) else (index,)
    if len(places) > len(whole.shape) or part.dtype != whole.dtype:
        return False
    pairs = zip(places, whole.shape, strict=False)  # axes that are not named are covered
    covers = all(_covers(place, length) for place, length in pairs)
    return covers and part.size == whole.size and part.contiguous and bool(part.shape)


def _covers(place: Any, length: int) -> bool:
    """Whether it is a fixed place that takes in an axis of a length."""
    if isinstance(place, slice) and not values_in(place):
        return place.indices(length) == (0, length, 1)
    return type(place) is int and length == 1
