"""Constant folding: what depends on no input is computed once, while compiling."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.compiler.passes.building import frozen
from autograd.compiler.passes.rewriting import Exchange
from autograd.compiler.program import Instruction, Program

LARGEST = 4096
"""So many elements a constant may have; larger ones are cheaper to compute."""

_FILLED = {"np.ones_like": 1, "np.zeros_like": 0}


def fold_constants(program: Program) -> Program:
    """``np.ones_like(x) / 3`` becomes a constant: neither call needs more than shape and dtype."""
    exchange, written = Exchange(program), program.written()
    apart = written | program.received()
    kept = []
    for before in program.instructions:
        line = exchange.line(before)
        found = computed(line, apart)
        if line.kind == "guard" and not line.inputs and _holds(line):
            continue
        if found is None:
            kept.append(line)
        else:
            exchange.put(line.outs[0], found)
    folded = len(program.instructions) - len(kept)
    remark = f"constants: {folded} computed while compiling"
    return exchange.after(remark, kept)


def computed(line: Instruction, apart: set[int]) -> Any:
    """The constant that a call gives, or None."""
    if line.inputs and line.name not in _FILLED:
        return None
    if not line.pure or len(line.outs) != 1 or line.packed or line.run is None:
        return None
    (out,) = line.outs
    if out.memory in apart or out.size > LARGEST or out.dtype is None:
        return None
    if line.name in _FILLED:
        return _constant(np.full(out.shape, _FILLED[line.name], out.dtype))
    with np.errstate(all="ignore"):
        return _constant(line.run(*line.args, **line.kwargs))


def _holds(line: Instruction) -> bool:
    """Whether an assumption about a constant is true, once and for all."""
    value, answer = line.args
    reading: dict[str, Any] = {"shape": np.shape, "truth": bool, "equal": int}
    return bool(reading[line.name](value) == answer)


def _constant(array: Any) -> Any:
    """A constant that nobody can change; of one number, that number as NumPy's scalar."""
    array = np.array(array)
    return frozen(array) if array.shape else array[()]
