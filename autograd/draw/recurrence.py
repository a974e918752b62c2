"""Time steps that repeat one cell: which operation of a step answers to which of the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

from autograd.draw.trace import Group, Operation, Trace

Sign = tuple[object, ...]
"""What makes two operations the same place of a cell: the name, and the groups inside the step."""

Seat = tuple[object, ...]
"""A place in the cell: an operation, one of its results, or one of its operands."""


@dataclass(frozen=True)
class Recurrence:
    """Sibling time steps.

    Attributes:
        steps: their groups, by the number of the step.
        parent: the group around them.
        rows: for each operation in a step, its place in the cell.
        model: the step whose operations most others have too, but not the first that ran.
        seats: the place of each operand by step and value.
        inner: the values that are made in its steps.
        carried: the operands of the model that come from another step.
    """

    steps: tuple[int, ...]
    parent: int | None
    rows: dict[int, int]
    model: int
    seats: dict[tuple[int, int], Seat]
    inner: frozenset[int]
    carried: frozenset[Seat]


def recurrences(trace: Trace) -> list[Recurrence]:
    """All families of two and more sibling steps that lie in no other step."""
    step_of = steps_around(trace)
    families: dict[tuple[int | None, str], list[int]] = {}
    for group in trace.groups:
        if group.kind == "step" and step_of[group.id] == group.id:
            families.setdefault((group.parent, group.path), []).append(group.id)
    inside: dict[int, list[Operation]] = {}
    for op in trace.ops:
        if op.scope is not None and (step := step_of[op.scope]) is not None:
            inside.setdefault(step, []).append(op)
    found = [[g for g in family if g in inside] for family in families.values()]
    return [_recurrence(trace, family, inside) for family in found if len(family) > 1]


def steps_around(trace: Trace) -> list[int | None]:
    """For each group the outermost time step at or around it."""
    found: list[int | None] = []
    for group in trace.groups:
        outer = None if group.parent is None else found[group.parent]
        found.append(group.id if outer is None and group.kind == "step" else outer)
    return found


def _recurrence(trace: Trace, family: list[int], inside: dict[int, list[Operation]]) -> Recurrence:
    signs = {step: tuple(_sign(trace, step, op) for op in inside[step]) for step in family}
    ((usual, _),) = Counter(signs[step] for step in family[1:]).most_common(1)
    model = next(step for step in family[1:] if signs[step] == usual)
    rows: dict[int, int] = {}
    seats: dict[tuple[int, int], Seat] = {}
    more: dict[tuple[Sign, int], int] = {}
    for step in family:
        for op, row in zip(inside[step], _rows(usual, signs[step], more), strict=True):
            rows[op.id] = row
            for slot, place in enumerate(op.inputs):
                seats.setdefault((step, place), ("in", row, slot))
            for index, place in enumerate(op.outputs):
                seats[step, place] = ("out", row, index)
    ordered = sorted(family, key=lambda step: (trace.groups[step].step or 0, step))
    inner = frozenset(place for op in rows for place in trace.ops[op].outputs)
    own = {p for (step, p), seat in seats.items() if step == model and seat[0] == "out"}
    carried = {s for (step, p), s in seats.items() if step == model and p in inner - own}
    parent = trace.groups[family[0]].parent
    return Recurrence(tuple(ordered), parent, rows, model, seats, inner, frozenset(carried))


def _sign(trace: Trace, step: int, op: Operation) -> Sign:
    path, group = [], op.scope
    while group is not None and group != step:
        path.append(kind_of(trace.groups[group]))
        group = trace.groups[group].parent
    return (op.name, len(op.inputs), *path)


def kind_of(group: Group) -> str:
    """What makes groups of two steps the same: a block may have another name in every step."""
    return group.kind if group.kind == "block" else group.label


def _rows(
    usual: tuple[Sign, ...], own: tuple[Sign, ...], more: dict[tuple[Sign, int], int]
) -> list[int]:
    """The place of each operation: among the usual ones, or a place of its own after them."""
    if own == usual:
        return list(range(len(usual)))
    rows: list[int | None] = [None] * len(own)
    for block in SequenceMatcher(None, usual, own, autojunk=False).get_matching_blocks():
        for k in range(block.size):
            rows[block.b + k] = block.a + k
    counts: Counter[Sign] = Counter()
    placed = []
    for sign, row in zip(own, rows, strict=True):
        if row is None:
            counts[sign] += 1
            row = more.setdefault((sign, counts[sign]), len(usual) + len(more))
        placed.append(row)
    return placed
