"""How much each time step adds to the gradient of the parameters that all steps share."""

from __future__ import annotations

from math import isfinite

from autograd.draw import wording
from autograd.draw.recurrence import Recurrence, steps_around
from autograd.draw.trace import Trace
from autograd.draw.view import Share

_MOST = 2


def shares(trace: Trace, recurrence: Recurrence) -> list[Share]:
    """One for each of the largest parameters that get a gradient in most steps."""
    around = steps_around(trace)
    found: dict[int, dict[int, float]] = {}
    for event in trace.events:
        scope, target = trace.ops[event.op].scope, trace.values[event.target]
        step = None if scope is None else around[scope]
        if target.op is None and step in recurrence.steps:
            norm = event.contribution.norm or 0.0
            mine = found.setdefault(target.id, {})
            mine[step] = mine.get(step, 0.0) + (norm if isfinite(norm) else 0.0)
    half = len(recurrence.steps) / 2
    shared = [place for place, parts in found.items() if len(parts) > half]
    rows = {seat[1] for seat in recurrence.carried}
    model = recurrence.model
    recurrent = {
        p for (step, p), seat in recurrence.seats.items() if step == model and seat[1] in rows
    }
    shared.sort(key=lambda place: (place not in recurrent, -len(trace.values[place].numbers.shape)))
    return [_share(trace, recurrence, place, found[place]) for place in shared[:_MOST]]


def _share(trace: Trace, recurrence: Recurrence, place: int, parts: dict[int, float]) -> Share:
    return Share(
        wording.clean(trace.values[place].name, 40),
        tuple(trace.groups[step].step or 0 for step in recurrence.steps),
        tuple(parts.get(step, 0.0) for step in recurrence.steps),
    )
