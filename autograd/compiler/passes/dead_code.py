"""Dead code: what nobody reads is not computed."""

from __future__ import annotations

from autograd.compiler.passes.rewriting import lasting
from autograd.compiler.program import Program, Value


def remove_dead_code(program: Program) -> Program:
    """Keep what leads to an output, a write that is seen, an assumption or a draw.

    One walk from the end: a write counts where its block is kept or read later on.
    """
    wanted = {value.number for value in program.outputs if isinstance(value, Value)}
    blocks = lasting(program)
    kept = []
    for line in reversed(program.instructions):
        asked = not wanted.isdisjoint([out.number for out in line.outs])
        if not (asked or line.kind in ("guard", "draw") or not blocks.isdisjoint(line.writes)):
            continue
        kept.append(line)
        for value in line.inputs:
            wanted.add(value.number)
            blocks.add(value.memory)
    removed = len(program.instructions) - len(kept)
    remark = f"dead code: {removed} of {len(program.instructions)} removed"
    return program.after(remark, instructions=kept[::-1])
