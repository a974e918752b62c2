"""Counts that were equal when a function was traced, as those of steps: one stands for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import Exchange, uses
from autograd.compiler.program import Instruction, Note, Program, Value


def equal_counts(program: Program) -> Program:
    """``f(t_w); f(t_b)`` becomes ``f(t_w)`` for both, and an assumption that ``t_b == t_w``.

    An optimizer counts the steps of each parameter. As long as all are updated together,
    what depends on the count is the same for all of them.
    """
    found = _equal(program)
    if not found:
        return program.after("counts: nothing to do")
    build, exchange = Builder(program), Exchange(program)
    for first, *others in found:
        for other in others:
            build.lines += _assumption(build, other, first)
            exchange.of[other.number] = first
    build.lines += [exchange.line(line) for line in program.instructions]
    remark = f"counts: {sum(map(len, found))} are {len(found)}"
    return exchange.after(remark, build.lines)


def _equal(program: Program) -> list[list[Value]]:
    """Counts in use that have the same name and value, if there are several."""
    found = defaultdict[Any, list[Value]](list)
    counts = [value for value in program.inputs if value.count is not None]
    used = uses(program) if len(counts) > 1 else {}
    for value in counts:
        if used.get(value.number):
            found[value.name.rpartition(".")[2], value.count].append(value)
    return [values for values in found.values() if len(values) > 1]


def _assumption(build: Builder, value: Value, first: Value) -> Iterator[Instruction]:
    alike, note = build.scalar(), Note("options", subject="same")
    yield Instruction("operator", "==", (value, first), {}, (alike,), (), note)
    yield Instruction("guard", "truth", (alike, True), {}, (), (), note)
