"""Time in a drawing: every step a column, the middle ones left out, or all folded into one cell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from autograd.core.errors import RangeError
from autograd.draw.recurrence import Recurrence, recurrences, steps_around
from autograd.draw.trace import Trace

Mode = Literal["auto", "unrolled", "elided", "folded"]
"""How time is drawn: elided where it is longer than eight steps, or as the word says."""

LONGEST, ENDS = 8, 3
"""Longer recurrences are elided: so many first and last steps are drawn."""


@dataclass(frozen=True)
class Timing:
    """What becomes of the steps of a trace.

    Attributes:
        found: the recurrences.
        stacks: for each group that is left out, the one whose box stands for it.
        labels: what stands on boxes and cards in place of a group's own label.
        spans: which steps the box of those that are left out stands for.
        alias: for each value of a folded step, the one of the step that is drawn.
        absent: the groups of folded steps.
        folded: the steps that stand for all others.
        homes: the step that a value from outside belongs to, where no other uses it.
        around: for each group the outermost step around it.
        piles: how many equal modules the box of a module stands for, where it is several.
        starts: the step and the leaf, wherever a recurrence takes its first state from a leaf.
    """

    found: tuple[Recurrence, ...] = ()
    stacks: dict[int, int] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    spans: dict[int, str] = field(default_factory=dict)
    alias: dict[int, int] = field(default_factory=dict)
    absent: frozenset[int] = frozenset()
    folded: frozenset[int] = frozenset()
    homes: dict[int, int | None] = field(default_factory=dict)
    around: tuple[int | None, ...] = ()
    piles: dict[int, int] = field(default_factory=dict)
    starts: frozenset[tuple[int, int]] = frozenset()

    def stepped(self, scope: int | None) -> int | None:
        """The time step that a group lies in."""
        return None if scope is None or not self.around else self.around[scope]


def check_time(mode: str) -> None:
    """Refuse what is no way to draw time.

    Raises:
        RangeError: naming those that are.
    """
    if mode not in ("auto", "unrolled", "elided", "folded"):
        raise RangeError(
            f'graph(time={mode!r}): write "unrolled" (every step), "elided" (the first and the '
            'last three), "folded" (one cell for all steps) or "auto" (elided above eight steps).'
        )


def timing(trace: Trace, mode: Mode | None) -> Timing:
    """Decide what becomes of the steps; nothing where `mode` is None."""
    if mode is None:
        return Timing()
    check_time(mode)
    found = tuple(recurrences(trace))
    made = Timing(found, around=tuple(steps_around(trace)), starts=_starts(trace, found))
    made.homes.update(_visitors(trace, made.found))
    for recurrence in made.found:
        if mode == "folded":
            made = _fold(trace, recurrence, made)
        elif mode != "unrolled" and len(recurrence.steps) > LONGEST:
            _elide(trace, recurrence, made)
    return made


def _elide(trace: Trace, recurrence: Recurrence, made: Timing) -> None:
    """The steps in the middle become one box."""
    middle = recurrence.steps[ENDS:-ENDS]
    first, last = (trace.groups[g].step for g in (middle[0], middle[-1]))
    made.stacks.update(dict.fromkeys(middle, middle[0]))
    made.labels[middle[0]] = f"… {len(middle)} steps …"
    made.spans[middle[0]] = f"t = {first} … {last}"


def _fold(trace: Trace, recurrence: Recurrence, made: Timing) -> Timing:
    """All steps become the model."""
    at = {
        seat: place for (step, place), seat in recurrence.seats.items() if step == recurrence.model
    }
    for (step, place), seat in recurrence.seats.items():
        own = seat[0] == "out" or made.homes.get(place) == step
        if step != recurrence.model and own and seat in at:
            made.alias[place] = at[seat]
    around = steps_around(trace)
    absent = {g.id for g in trace.groups if around[g.id] in set(recurrence.steps)}
    absent -= {g.id for g in trace.groups if around[g.id] == recurrence.model}
    first, last = (trace.groups[recurrence.steps[i]].step for i in (0, -1))
    made.labels[recurrence.model] = f"× {len(recurrence.steps)}  (t = {first} … {last})"
    return replace(made, absent=made.absent | absent, folded=made.folded | {recurrence.model})


def _starts(trace: Trace, found: tuple[Recurrence, ...]) -> frozenset[tuple[int, int]]:
    """Leaves in the seat of a state, which other steps take from the step before."""
    return frozenset(
        (step, place)
        for recurrence in found
        for (step, place), seat in recurrence.seats.items()
        if seat in recurrence.carried
        and trace.values[place].op is None
        and trace.detached.get(place) is None
        and trace.values[place].role != "parameter"
    )


def _visitors(trace: Trace, found: tuple[Recurrence, ...]) -> dict[int, int | None]:
    """Values from outside with one step that uses them, and states from before the first."""
    users: dict[int, set[int | None]] = {}
    around = steps_around(trace)
    for op in trace.ops:
        for place in op.inputs:
            users.setdefault(place, set()).add(None if op.scope is None else around[op.scope])
    homes: dict[int, int | None] = {}
    for recurrence in found:
        for (step, place), seat in recurrence.seats.items():
            value = trace.values[place]
            several = value.op is not None and len(trace.ops[value.op].outputs) > 1
            if users.get(place) != {step} or place in recurrence.inner:
                continue
            if value.role == "parameter" or (seat in recurrence.carried and value.op is not None):
                continue
            if seat in recurrence.carried and trace.detached.get(place) is None:
                homes[place] = recurrence.parent
            elif value.op is None or several:
                homes[place] = step
    return homes
