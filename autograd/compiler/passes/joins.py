"""Stacks as joins: what is stacked and put side by side, too, is put together once."""

from __future__ import annotations

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import Exchange, looks_for, owns
from autograd.compiler.program import Instruction, Program, Value


@looks_for("np.stack")
def stacks_as_joins(program: Program) -> Program:
    """``np.stack(xs, 1)`` of matrices becomes ``np.concatenate(xs, 1)`` in the shape of the stack.

    The numbers lie in the same order. The weight gradient of a recurrence joins the gradients
    of its steps, that of its inputs stacks them: both are the same call from now on. What a
    caller receives stays an array of its own.
    """
    exchange, build = Exchange(program), Builder(program)
    outputs = program.received()
    done = 0
    for line in map(exchange.line, program.instructions):
        if _is_join(line) and line.outs[0].memory not in outputs:
            _join(build, line, exchange)
            done += 1
        else:
            build.lines.append(line)
    remark = f"joins: {done} stacks written as arrays side by side"
    return exchange.after(remark, build.lines)


def _is_join(line: Instruction) -> bool:
    """Whether parts are stacked along an axis that they have themselves."""
    if line.name != "np.stack" or len(line.args) != 1 or line.kwargs.keys() - {"axis"}:
        return False
    parts, axis = line.args[0], line.kwargs.get("axis", 0)
    plain = all(isinstance(part, Value) and part.dtype is not None for part in parts)
    return plain and owns(line.outs[0]) and 0 <= axis < len(parts[0].shape)


def _join(build: Builder, line: Instruction, exchange: Exchange) -> None:
    (out,), axis = line.outs, line.kwargs.get("axis", 0)
    count, *rest = out.shape[axis : axis + 2]
    shape = (*out.shape[:axis], count * rest[0], *out.shape[axis + 2 :])
    build.note = line.note
    made = build.value(shape, out.dtype)
    build.numpy(np.concatenate, (list(line.args[0]),), made, axis=axis)
    exchange.put(out, build.reshaped(made, out.shape))
