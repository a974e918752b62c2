"""Which groups are open and which are one box: homes of values, depth, and the budget."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from autograd.core.errors import ArgumentError, RangeError
from autograd.draw.timing import Timing
from autograd.draw.trace import Operation, Trace, Value

Depth = int | None | Literal["auto"]
"""How many levels of groups are open: all (None), so many, or as many as fit the budget."""

BUDGET = 150
"""More visible values than this, and groups are collapsed unless a depth is given."""


@dataclass(frozen=True)
class Folding:
    """Where each value and operation of a trace is drawn.

    Attributes:
        homes: the group that each value belongs to, None for the open ground.
        boxes: for each group, the collapsed group that stands for it, None where it is open.
        parameters: the values that a module or several time steps learn: they lie inside
            whatever collapsed group uses them.
        depth: the number of open levels; None where all are open.
        automatic: whether the budget collapsed something.
    """

    homes: list[int | None]
    boxes: list[int | None]
    parameters: frozenset[int]
    depth: int | None
    automatic: bool = False

    def box(self, group: int | None) -> int | None:
        """The collapsed group that hides what lies in `group`, None where it is visible."""
        return None if group is None else self.boxes[group]


def fold(
    trace: Trace,
    depth: Depth = "auto",
    timing: Timing | None = None,
    expand: Collection[str] = (),
) -> Folding:
    """Decide which groups are open.

    Args:
        trace: the run.
        depth: how many levels are open; ``"auto"`` with `expand` opens nothing else.
        timing: what becomes of time steps.
        expand: paths of modules that are open whatever the depth is.

    Raises:
        ArgumentError: the depth is neither a number nor None nor ``"auto"``.
        RangeError: the depth is negative, or no group has a path that is to be opened.
    """
    timing = timing or Timing()
    homes, parameters = _homes(trace), _parameters(trace)
    for place, home in timing.homes.items():
        homes[place] = home
    opened = _opened(trace, expand)
    if depth == "auto" and expand:
        depth = 0
    if depth != "auto":
        boxes = _boxes(trace, check_depth(depth), timing.stacks, opened)
        return Folding(homes, boxes, parameters, depth)
    deepest = max(map(len, _chains(trace)), default=0)
    drawn = [op for op in trace.ops if op.scope not in timing.absent]
    for level in (None, *reversed(range(deepest))):
        boxes = _boxes(trace, level, timing.stacks, opened)
        folding = Folding(homes, boxes, parameters, level, level is not None)
        if visible(trace, folding, drawn) <= BUDGET:
            break
    return folding


def check_depth(depth: Depth) -> int | None:
    """The depth as a number of levels, None for all (or for as many as fit).

    Raises:
        ArgumentError, RangeError: see `fold`.
    """
    if depth == "auto":
        return None
    if depth is not None and (not isinstance(depth, int) or isinstance(depth, bool)):
        raise ArgumentError(
            f"graph(depth={depth!r}): depth counts the levels of modules and time steps that "
            'are opened. Give a number, None for all of them, or "auto".'
        )
    if depth is not None and depth < 0:
        raise RangeError(f"graph(depth={depth}): depth starts at 0, where every group is one box.")
    return depth


def _chains(trace: Trace) -> list[list[int]]:
    """For each group the groups around it and itself, outermost first."""
    chains: list[list[int]] = []
    for group in trace.groups:
        around = chains[group.parent] if group.parent is not None else []
        chains.append([*around, group.id])
    return chains


def _boxes(
    trace: Trace, depth: int | None, stacks: Mapping[int, int], opened: frozenset[int]
) -> list[int | None]:
    return [_box(chain, depth, stacks, opened) for chain in _chains(trace)]


def _box(
    chain: list[int], depth: int | None, stacks: Mapping[int, int], opened: frozenset[int]
) -> int | None:
    """The outermost group of a chain that is closed, or the one that stands for it."""
    for level, group in enumerate(chain):
        if group in stacks:
            return stacks[group]
        if depth is not None and level >= depth and group not in opened:
            return group
    return None


def _opened(trace: Trace, expand: Collection[str]) -> frozenset[int]:
    """The groups of some paths, and those around them.

    Raises:
        RangeError: naming the paths that there are.
    """
    chains = _chains(trace)
    opened: set[int] = set()
    for path in expand:
        found = [group.id for group in trace.groups if group.path == path]
        if not found:
            known = ", ".join(repr(p) for p in dict.fromkeys(g.path for g in trace.groups))
            raise RangeError(f"graph(expand=[{path!r}]): no module has this path. Known: {known}.")
        opened.update(place for group in found for place in chains[group])
    return frozenset(opened)


@dataclass(frozen=True)
class Spot:
    """Where a value is drawn.

    Attributes:
        kind: ``value``, ``group`` (inside a collapsed one) or ``use`` (of a parameter).
        ref: the id of the value or of the group.
        scope: for a use, the group of the operation that uses it.
    """

    kind: str
    ref: int
    scope: int | None = None


def spot(trace: Trace, folding: Folding, op: Operation, place: int) -> Spot:
    """Where the operand or result `place` of `op` is drawn.

    A parameter lies inside the collapsed group that uses it, and has a box on each card
    that does; what else lies in a collapsed group is that group. A root is always drawn.
    """
    if place in folding.parameters:
        hidden = folding.box(op.scope)
        return Spot("use", place, op.scope) if hidden is None else Spot("group", hidden)
    hidden = None if place in trace.roots else folding.box(folding.homes[place])
    return Spot("value", place) if hidden is None else Spot("group", hidden)


def visible(trace: Trace, folding: Folding, ops: Sequence[Operation] | None = None) -> int:
    """How many boxes stand for values: visible values, further uses, collapsed groups."""
    ops = trace.ops if ops is None else ops
    groups = {folding.box(op.scope) for op in ops} - {None}
    spots = {spot(trace, folding, op, place) for op in ops for place in (*op.inputs, *op.outputs)}
    return len(groups) + sum(place.kind != "group" for place in spots)


# --- where a value belongs ------------------------------------------------------------


def _homes(trace: Trace) -> list[int | None]:
    """A result lies where it was made, a leaf in the innermost group around all its uses."""
    chains = _chains(trace)
    around: dict[int, list[int]] = {}
    for op in trace.ops:
        chain = chains[op.scope] if op.scope is not None else []
        for value in op.inputs:
            around[value] = _common(around[value], chain) if value in around else chain
    return [_home(trace, value, around.get(value.id, [])) for value in trace.values]


def _home(trace: Trace, value: Value, chain: list[int]) -> int | None:
    if value.op is not None:
        return trace.ops[value.op].scope
    if value.role == "input":
        chain = _out_of_modules(trace, chain)
    return chain[-1] if chain else None


def _out_of_modules(trace: Trace, chain: list[int]) -> list[int]:
    """An input comes to a module from outside."""
    while chain and trace.groups[chain[-1]].kind == "module":
        chain = chain[:-1]
    return chain


def _parameters(trace: Trace) -> frozenset[int]:
    """What modules call parameters, and leaves with gradient in more than one time step."""
    chains = _chains(trace)
    steps: dict[int, set[int]] = {}
    for op in trace.ops:
        chain = chains[op.scope] if op.scope is not None else []
        step = [group for group in chain if trace.groups[group].kind == "step"][:1]
        for place in op.inputs:
            steps.setdefault(place, set()).update(step)
    shared = (v.id for v in trace.values if _learned(v) and len(steps.get(v.id, ())) > 1)
    return frozenset([*shared, *(v.id for v in trace.values if v.role == "parameter")])


def _learned(value: Value) -> bool:
    return value.op is None and value.requires_grad


def _common(first: list[int], second: list[int]) -> list[int]:
    return [a for a, b in zip(first, second, strict=False) if a == b]
