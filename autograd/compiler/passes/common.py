"""Common sub-expressions: what was computed before is not computed again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from autograd.compiler.passes.folding import LARGEST
from autograd.compiler.passes.rewriting import Exchange
from autograd.compiler.program import Instruction, Program, Value


def merge_common(program: Program) -> Program:
    """``a = np.exp(x); b = np.exp(x)`` becomes the first one, where nobody wrote to x in between.

    Results that a caller receives stay apart, so that they share no memory.
    """
    exchange, seen, versions = Exchange(program), dict[Any, Instruction](), Counter[int]()
    received = {v.memory for v in program.outputs if isinstance(v, Value) and v.dtype is not None}
    apart = received | program.written()
    kept = []
    for before in program.instructions:
        line = exchange.line(before)
        first = seen.setdefault(_key(line, versions), line) if _mergeable(line, apart) else line
        if first is not line:
            for out, same in zip(line.outs, first.outs, strict=True):
                exchange.put(out, same)
            continue
        kept.append(line)
        for block in line.writes:
            versions[block] += 1
    merged = len(program.instructions) - len(kept)
    remark = f"common sub-expressions: {merged} merged"
    return exchange.after(remark, kept)


def _mergeable(line: Instruction, apart: set[int]) -> bool:
    if line.kind == "guard":
        return True
    if not line.outs or not line.pure or line.kind == "same":
        return False
    shared = [out.memory for out in line.outs if out.memory in apart]
    return not shared or {value.memory for value in line.inputs}.issuperset(shared)


def _key(line: Instruction, versions: Counter[int]) -> Any:
    kwargs = _frozen(line.kwargs, versions) if line.kwargs else ()
    return line.kind, line.name, kwargs, *[_frozen(part, versions) for part in line.args]


def _frozen(part: Any, versions: Counter[int]) -> Any:
    """Arguments as something that can be compared and hashed, types told apart."""
    if part.__class__ is Value:
        return part.number, versions.get(part.memory, 0)
    if isinstance(part, (tuple, list)):
        return type(part), tuple(_frozen(item, versions) for item in part)
    if isinstance(part, dict):
        return tuple((key, _frozen(item, versions)) for key, item in part.items())
    if isinstance(part, slice):
        return "slice", _frozen((part.start, part.stop, part.step), versions)
    if isinstance(part, np.ndarray):
        return "array", part.shape, part.dtype, _content(part)
    return type(part), repr(part) if isinstance(part, float) else part


def _content(array: np.ndarray[Any, Any]) -> Any:
    """What tells a constant apart: the numbers of a small one that nobody can change."""
    fixed = array.size <= LARGEST and not array.flags.writeable and array.dtype != object
    return array.tobytes() if fixed else id(array)
