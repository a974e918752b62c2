"""Calls that are alike: which of them can be one call, as none needs another one's result.

Grouping by what is called and on what shapes is how frameworks batch a computation that was
written for one example (Neubig, Goldberg, Dyer: On-the-fly operation batching, 2017).
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from autograd.compiler.passes.rewriting import is_ufunc, lasting, makers
from autograd.compiler.program import Instruction, Program, Value

FEWEST = 4
"""Fewer calls than these are left as they are."""

LARGEST = 4096
"""Larger arrays are left as they are: to gather them costs what a call on all would save."""

MOST = 512
"""So many groups are looked at, the largest ones."""

TURNS = 8
"""So often groups that wait for each other are taken apart; then all are left as they are."""

Group = list[int]
"""The places of calls that are alike."""

CALLS = frozenset(
    ("np.zeros_like", "np.sum", "np.reshape", "reshape", "copy", "np.swapaxes", "swapaxes", "T")
)
"""What can be stacked, besides universal functions and plain indices."""


def free_of_each_other(groups: list[Group], before: list[set[int]]) -> list[Group]:
    """The groups of calls that can be carried out as one, each in the order of the program.

    Args:
        groups: calls that play the same role.
        before: for each call the places of those that have to come first.
    """
    groups = _independent(groups, before)
    for _ in range(TURNS):
        stuck = ordered(groups, before)[1]
        if not stuck:
            return groups
        groups.remove(min(stuck, key=len))
    return []


def needs(program: Program) -> list[set[int]]:
    """For each call the places of those that have to come before it.

    Who reads comes after who wrote, and who writes after who read; draws and assumptions stay
    in order.
    """
    made: dict[int, int] = {}
    wrote: dict[int, int] = {}
    read: defaultdict[int, list[int]] = defaultdict(list)
    found, fixed = [], -1
    for at, line in enumerate(program.instructions):
        blocks = {value.memory for value in line.inputs}
        before = {made[value.number] for value in line.inputs if value.number in made}
        before.update(wrote[block] for block in blocks if block in wrote)
        for block in line.writes:
            before.update(read.pop(block, ()))
            wrote[block] = at
        if line.kind in ("guard", "draw"):
            before.add(fixed)
            fixed = at
        for block in blocks.difference(line.writes):
            read[block].append(at)
        made.update((out.number, at) for out in line.outs)
        found.append(before - {at, -1})
    return found


# --- the same role ------------------------------------------------------------------------


def same_role(program: Program) -> list[Group]:
    """Calls that look alike, and whose operands come from calls that look alike."""
    lines = program.instructions
    apart = lasting(program)
    given = {value.number for value in program.outputs if isinstance(value, Value)}
    looks = [_look(line) if _can_stack(line, apart, given) else None for line in lines]
    often = Counter(looks)
    looks = [None if often[look] < FEWEST else look for look in looks]
    if all(look is None for look in looks):
        return []
    roles: list[Any] = _numbered(_split(looks, lines))
    made = makers(program)
    for _ in range(2):
        roles = _numbered([_role(at, line, roles, made) for at, line in enumerate(lines)])
    found: dict[Any, Group] = {}
    for at, look in enumerate(looks):
        if look is not None:
            found.setdefault(roles[at], []).append(at)
    return sorted((g for g in found.values() if len(g) >= FEWEST), key=len)[-MOST:]


def _split(looks: list[Any], lines: list[Instruction]) -> list[Any]:
    """Looks apart by operands that many of them share, such as the weight of a recurrence."""
    looks = _numbered(looks)
    places = [(look, line.inputs) for look, line in zip(looks, lines, strict=True)]
    shared = Counter(
        (look, i, value.number)
        for look, inputs in places
        if look is not None
        for i, value in enumerate(inputs)
    )
    return [
        look
        if look is None
        else (look, *(v.number if shared[look, i, v.number] >= FEWEST else -1 for i, v in ops))
        for look, ops in ((look, list(enumerate(inputs))) for look, inputs in places)
    ]


def _role(at: int, line: Instruction, roles: list[Any], made: dict[int, int]) -> Any:
    if roles[at] is None:
        return None
    return roles[at], *(roles[made[v.number]] if v.number in made else -1 for v in line.inputs)


def _numbered(keys: list[Any]) -> list[Any]:
    """Equal keys as equal numbers: short to compare."""
    known: dict[Any, int] = {}
    return [None if key is None else known.setdefault(key, len(known)) for key in keys]


def _can_stack(line: Instruction, apart: set[int], given: set[int]) -> bool:
    """Whether it is known how many such calls are written as one.

    Args:
        line: one of them.
        apart: the blocks that outlive the run.
        given: the values that a caller receives.
    """
    if line.kind in ("operator", "guard", "draw"):
        return False
    blocks = {value.memory for value in line.outs} | set(line.writes)
    if line.packed or any(out.size > LARGEST or out.number in given for out in line.outs):
        return False
    if line.kind == "getitem":
        return _is_plain_index(line.args[1])
    if apart & blocks:
        return False
    if line.kind == "setitem":
        value = line.args[2]
        alike = not isinstance(value, Value) or value.dtype is not None
        return _is_plain_index(line.args[1]) and alike
    if len(line.outs) == 1 and line.outs[0].dtype is None:
        return False
    return line.name in CALLS or _is_elementwise(line) or line.name == "np.matmul"


def _is_elementwise(line: Instruction) -> bool:
    """A universal function, perhaps in place, on arrays of the rank of its result."""
    ufunc = isinstance(line.run, np.ufunc) and line.run.signature is None and line.run.nout == 1
    if not ufunc or line.kind != "call" or not line.kwargs.keys() <= {"out"}:
        return False
    return is_ufunc(line) or bool(line.writes)


def _is_plain_index(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, slice)
        or (isinstance(part, (int, np.integer)) and not isinstance(part, bool))
        for part in parts
    )


def _look(line: Instruction) -> Any:
    """What calls that can be one have in common; the numbers in indices may differ."""
    note = line.note
    args = line.args
    if line.kind in ("getitem", "setitem"):
        args = (args[0], _without_numbers(args[1]), *args[2:])
    outs = tuple((out.shape, out.dtype) for out in line.outs)
    why = note.phase, note.what, note.where, note.scope
    return line.kind, line.name, why, _frozen(args), _frozen(line.kwargs), outs


def _without_numbers(index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    return tuple("#" if isinstance(part, (int, np.integer)) else part for part in parts)


def _frozen(part: Any) -> Any:
    """Arguments as something that can be compared: values by their form, constants by content."""
    if isinstance(part, Value):
        return "value", part.shape, part.dtype
    if isinstance(part, (tuple, list)):
        return type(part), tuple(map(_frozen, part))
    if isinstance(part, dict):
        return tuple((key, _frozen(item)) for key, item in part.items())
    if isinstance(part, slice):
        return "slice", _frozen((part.start, part.stop, part.step))
    if isinstance(part, np.ndarray):
        small = part.size <= LARGEST and part.dtype != object
        return "array", part.shape, part.dtype, part.tobytes() if small else id(part)
    return type(part), repr(part) if isinstance(part, float) else part


# --- the order ----------------------------------------------------------------------------


def _independent(groups: list[Group], before: list[set[int]]) -> list[Group]:
    """The groups in which no call needs another one's result."""
    bits = {at: 1 << number for number, group in enumerate(groups) for at in group}
    above, chained = [0] * len(before), 0
    for at, earlier in enumerate(before if groups else ()):
        seen = 0
        for other in earlier:
            seen |= above[other]
        own = bits.get(at, 0)
        chained |= seen & own
        above[at] = seen | own
    return [group for number, group in enumerate(groups) if not chained >> number & 1]


def ordered(groups: list[Group], before: list[set[int]]) -> tuple[list[Group], list[Group]]:
    """All calls in an order in which each group comes at once, and the groups that cannot.

    Calls stay where they were as far as possible.
    """
    unit: dict[int, Group] = {at: group for group in groups for at in group}
    members = [unit.get(at, [at]) for at in range(len(before))]
    after: defaultdict[int, set[int]] = defaultdict(set)
    left: Counter[int] = Counter()
    for at, earlier in enumerate(before):
        own = members[at][0]
        for first in {members[other][0] for other in earlier}:
            if own not in after[first]:
                after[first].add(own)
                left[own] += 1
    ready = [group[0] for group in members if not left[group[0]]]
    ready = sorted(set(ready))
    order = []
    while ready:
        first = heapq.heappop(ready)
        order.append(members[first])
        for other in after[first]:
            left[other] -= 1
            if not left[other]:
                heapq.heappush(ready, other)
    done = {group[0] for group in order}
    return order, [group for group in groups if group[0] not in done]
