"""Which boxes of a view are columns of a time grid, and their places in the cell."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.draw.boxes import Boxes
from autograd.draw.recurrence import Recurrence, kind_of, steps_around
from autograd.draw.timing import Timing
from autograd.draw.trace import Trace
from autograd.draw.view import Box, Column


def columns_of(trace: Trace, when: Timing, made: Boxes) -> list[Column]:
    """The open steps of each recurrence and what is left out between them, from left to right."""
    boxes = made.made
    around = steps_around(trace)
    inside: dict[int, list[Box]] = {}
    for box in boxes:
        step = None if box.card is None else around[box.card]
        if step is not None:
            inside.setdefault(step, []).append(box)
    stacks = {box.ref: box for box in boxes if box.kind == "group" and box.ref in when.stacks}
    found: list[Column] = []
    for band, recurrence in enumerate(when.found):
        open_ones = [step for step in recurrence.steps if step in inside]
        if len(open_ones) > 1:
            steps = _band(band, recurrence, trace, inside, stacks)
            found += _with_starts(band, steps, made.starts)
    return found


def _with_starts(band: int, steps: list[Column], starts: dict[int, int]) -> list[Column]:
    """The first states as a column beside the step that they lead into, at either end."""
    ends = dict.fromkeys((steps[0].card, steps[-1].card))
    made = {card: {key: None for key, step in starts.items() if step == card} for card in ends}
    first, last = (Column(band, None, dict(made[c.card])) for c in (steps[0], steps[-1]))
    return [*([first] if first.rows else []), *steps, *([last] if last.rows else [])]


def _band(
    band: int,
    recurrence: Recurrence,
    trace: Trace,
    inside: dict[int, list[Box]],
    stacks: dict[int, Box],
) -> list[Column]:
    made = []
    for step in recurrence.steps:
        if step in inside:
            made.append(Column(band, step, _rows(trace, recurrence, step, inside[step])))
        elif step in stacks:
            made.append(Column(band, None, {stacks[step].key: None}))
    return made


def _rows(
    trace: Trace, recurrence: Recurrence, step: int, boxes: Sequence[Box]
) -> dict[int, object]:
    """The place of each box; a second one of the same place is told apart by a number."""
    rows: dict[int, object] = {}
    taken: set[object] = set()
    for box in boxes:
        seat: object = _seat(trace, recurrence, step, box)
        count = 0
        while (seat, count) in taken:
            count += 1
        taken.add((seat, count))
        rows[box.key] = (seat, count)
    return rows


def _seat(trace: Trace, recurrence: Recurrence, step: int, box: Box) -> object:
    if box.kind == "op":
        return ("op", recurrence.rows.get(box.ref, -1 - box.ref))
    if box.kind == "group":
        return ("group", kind_of(trace.groups[box.ref]))
    return recurrence.seats.get((step, box.ref), ("value", box.ref))
