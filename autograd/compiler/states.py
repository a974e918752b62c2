"""States: places that hold other tensors at each call, which are replaced, not written into.

What such a place holds is then fetched at each call, as an argument is, and only its form has
to be what it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.compiler.places import ALL, PLAIN, Key, Slot
from autograd.compiler.reach import Reach
from autograd.compiler.results import Write
from autograd.compiler.signature import form, owner_of
from autograd.core.node import Handle
from autograd.core.trees import contents, tensors_in, walk


def is_state(item: Any) -> bool:
    """Whether it is a tensor, or a structure of tensors and plain values."""
    parts = list(walk(item))
    return any(isinstance(part, Handle) for part in parts) and all(
        isinstance(part, (Handle, *PLAIN)) or contents(part) is not None for part in parts
    )


def alike(one: Any, other: Any) -> bool:
    """Whether a state may stand in place of another one."""
    return is_state(one) and is_state(other) and form(one, []) == form(other, [])


def states_of(
    function: Any, reach: Reach, writes: Iterable[Write], moved: Iterable[Key], given: set[int]
) -> list[Slot]:
    """The places to fetch at each call: those that the run itself fills anew, and others known.

    Args:
        function: what runs.
        reach: what it held.
        writes: what the run leaves behind.
        moved: places that have been filled anew before.
        given: what the arguments are made of, by identity.
    """
    wanted = set(moved)
    targets = [write.target for write in writes if isinstance(write.target, Slot)]
    wanted.update(target.where for target in targets if target.key is not ALL)
    lists = {id(target.holder) for target in targets if target.key is ALL}
    found = [
        slot
        for slot, item in reach.slots
        if (slot.where in wanted or id(slot.holder) in lists) and is_state(item)
    ]
    return _apart(function, found, given)


def _apart(function: Any, slots: list[Slot], given: set[int]) -> list[Slot]:
    """Leave out what is also reached another way, or shares memory with what is."""
    parts = [part for slot in slots for part in walk(slot.get())]
    inside = {id(part) for part in parts if isinstance(part, (list, dict))}
    slots = [s for s in slots if id(s.holder) not in inside and id(s.holder) not in given]
    if not slots:
        return []
    held = held_by(function, slots)
    others, roots = {id(tensor) for tensor in held} | given, owners_of(held)
    return [slot for slot in slots if not _touches(slot.get(), others, roots)]


def _touches(item: Any, others: set[int], roots: set[int]) -> bool:
    tensors = tensors_in(item)
    return any(id(t) in others or id(owner_of(t.value)) in roots for t in tensors)


def held_by(function: Any, states: Iterable[Slot]) -> list[Handle]:
    """The tensors that a function holds elsewhere than in its states."""
    without = frozenset(slot.where for slot in states)
    return [tensor for tensor, _ in Reach(function, without=without).tensors]


def owners_of(tensors: Iterable[Handle]) -> set[int]:
    """The memory that some tensors lie in, by identity."""
    return {id(owner_of(tensor.value)) for tensor in tensors}
