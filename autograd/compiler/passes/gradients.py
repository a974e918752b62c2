"""Gradients that a caller receives: computed in the memory of those from the call before."""

from __future__ import annotations

from dataclasses import replace

from autograd.compiler.passes.buffers import SMALLEST
from autograd.compiler.passes.rewriting import owns, takes_out
from autograd.compiler.program import Instruction, Place, Program, Value


def reuse_gradients(program: Program) -> Program:
    """``d_w = np.matmul(a, b)`` becomes ``d_w = np.matmul(a, b, out=spare_0)``, if d_w is large.

    The caller hands in an array, or None: then a new one is made, as without this pass.
    """
    wanted = {
        value.number: at
        for at, value in enumerate(program.outputs)
        if isinstance(value, Value) and at in program.gradients and _fits(value)
    }
    spares: dict[str, int] = {}
    lines = []
    for line in program.instructions:
        at = wanted.get(line.outs[0].number) if takes_out(line) else None
        if at is None or "out" in line.kwargs or line.kind != "call":
            lines.append(line)
            continue
        name = f"spare_{len(spares)}"
        spares[name] = at
        lines.append(_into(line, name))
    remark = f"gradients: {len(spares)} take over the memory of the last ones"
    return program.after(remark, instructions=lines, spares=spares)


def _fits(value: Value) -> bool:
    return owns(value) and value.contiguous and value.size >= SMALLEST


def _into(line: Instruction, name: str) -> Instruction:
    return replace(line, kwargs={**line.kwargs, "out": Place(name)})
