"""Modules of one kind that follow each other, closed: one pile in place of many boxes."""

from __future__ import annotations

from itertools import groupby

from autograd.draw.folding import Folding
from autograd.draw.trace import Group, Trace

FEWEST = 3
"""Fewer of the same are drawn one by one."""


def piles(trace: Trace, folding: Folding) -> dict[int, list[int]]:
    """For the first module of each pile, all of them.

    In a pile are closed modules around the same module, with the same description and the
    same operations on the same shapes.
    """
    ops: dict[int, list[tuple[str, list[tuple[int, ...]]]]] = {}
    for op in trace.ops:
        box = folding.box(op.scope)
        if box is not None:
            touched = [trace.values[place].numbers.shape for place in (*op.inputs, *op.outputs)]
            ops.setdefault(box, []).append((op.name, touched))
    closed = [trace.groups[place] for place in sorted(ops) if trace.groups[place].kind == "module"]
    alike = groupby(closed, key=lambda group: (group.parent, title(group), ops[group.id]))
    found = ([group.id for group in run] for _, run in alike)
    return {run[0]: run for run in found if len(run) >= FEWEST}


def title(group: Group) -> str:
    """The description of a module without its path: ``Linear(2→4)``."""
    return group.label.rpartition(": ")[2]
