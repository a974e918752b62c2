"""What one time step of a trace hands to the next, and how large its gradient is."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograd.draw.trace import Trace, Value


@dataclass
class Course:
    """One state over time.

    Attributes:
        label: what a legend calls it.
        steps, norms: the numbers of the steps, rising, and ‖∂L/∂state‖ at each.
    """

    label: str
    steps: list[int]
    norms: list[float]


@dataclass
class Chain:
    """The steps of one recurrence, by the order in which they ran.

    Attributes:
        label: the block around the steps, such as ``layer 0, reverse``.
        groups: the group of each step.
        made: what each step computed, in order; corresponding steps have it at the same place.
    """

    label: str
    groups: list[int] = field(default_factory=list)
    made: dict[int, list[int]] = field(default_factory=dict)


def courses(trace: Trace) -> list[Course]:
    """Every state that is handed from one time step to the next, with its gradient's norm."""
    chains = _chains(trace)
    return [course for chain in chains for course in _courses(trace, chain, alone=len(chains) == 1)]


def _chains(trace: Trace) -> list[Chain]:
    """The recurrences of a trace; steps that begin anew begin another one."""
    found: list[Chain] = []
    current: dict[tuple[int | None, str], Chain] = {}
    for group in trace.groups:
        if group.kind != "step":
            continue
        key = (group.parent, group.path)
        seen = {trace.groups[g].step for g in current[key].groups} if key in current else {None}
        if group.step in seen or key not in current:
            around = "" if group.parent is None else trace.groups[group.parent].label
            current[key] = Chain(around)
            found.append(current[key])
        current[key].groups.append(group.id)
    owners = {group: chain for chain in found for group in chain.groups}
    for op in trace.ops:
        step = step_of(trace, op.scope)
        if step is not None:
            owners[step].made.setdefault(step, []).extend(op.outputs)
    return found


def step_of(trace: Trace, scope: int | None) -> int | None:
    """The time step around a scope, the innermost one."""
    while scope is not None and trace.groups[scope].kind != "step":
        scope = trace.groups[scope].parent
    return scope


def _courses(trace: Trace, chain: Chain, alone: bool) -> list[Course]:
    places = _handed_on(trace, chain)
    found = []
    for place, number in zip(places, range(1, len(places) + 1), strict=True):
        points = sorted(_points(trace, chain, place))
        name = _name(trace, chain, place) or f"state {number}"
        words = ([] if alone else [chain.label]) + ([name] if len(places) > 1 or alone else [])
        steps, norms = [step for step, _ in points], [norm for _, norm in points]
        found.append(Course(", ".join(filter(None, words)), steps, norms))
    return [course for course in found if course.steps]


def _handed_on(trace: Trace, chain: Chain) -> list[int]:
    """The places in a step's list of what it computed that another step uses."""
    home = {value: (g, place) for g in chain.groups for place, value in _numbered(chain, g)}
    found = set()
    for op in trace.ops:
        for value in op.inputs:
            if value in home and step_of(trace, op.scope) not in (None, home[value][0]):
                found.add(home[value][1])
    return sorted(found)


def _numbered(chain: Chain, group: int) -> enumerate[int]:
    return enumerate(chain.made.get(group, []))


def _points(trace: Trace, chain: Chain, place: int) -> list[tuple[int, float]]:
    """Step and norm for each step that computed as much as the first one."""
    lengths = [len(chain.made.get(group, [])) for group in chain.groups]
    usual = max(lengths, key=lengths.count)
    found = []
    for group, length in zip(chain.groups, lengths, strict=True):
        step = trace.groups[group].step
        if length == usual and step is not None:
            gradient = trace.values[chain.made[group][place]].gradient
            if gradient is not None and gradient.norm is not None:
                found.append((step, gradient.norm))
    return found


def _name(trace: Trace, chain: Chain, place: int) -> str:
    """The name that a person gave the state, where it is the same in every step."""
    values: list[Value] = [
        trace.values[made[place]] for made in chain.made.values() if place < len(made)
    ]
    names = {value.name if value.named else "" for value in values}
    return names.pop() if len(names) == 1 else ""
