"""What makes a call another kind of call: the form of its arguments, and its surroundings."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any

import numpy as np

from autograd.compiler.places import PLAIN
from autograd.core.mode import current, get_default_dtype
from autograd.core.node import Handle
from autograd.core.tensor import Tensor
from autograd.core.trees import contents, is_record, walk

Layout = tuple[Any, ...]


def layout(array: Any) -> Layout:
    """Shape, dtype and steps in memory; the type of a plain number."""
    if isinstance(array, np.ndarray):
        return array.shape, array.dtype, array.strides
    return (type(array),)


def form(item: Any, leaves: list[Any]) -> Any:
    """The form of an argument: structure, layouts, and plain values themselves.

    It is asked at each call, so that it goes through the structure itself (`walk` gives its parts,
    not how they lie within each other) and gathers what it meets on the way.

    Args:
        item: an argument.
        leaves: gets the tensors and arrays in it, in order.
    """
    if isinstance(item, Handle):
        leaves.append(item)
        known = "tensor", layout(item.value), kind_of(item)
        return known if type(item) is Tensor else (*known, _kind(item))
    if isinstance(item, np.ndarray):
        leaves.append(item)
        return "array", layout(item)
    if isinstance(item, (tuple, list)):
        kind = type(item) if type(item) in _BUILT_IN else _kind(item)
        return kind, tuple([form(part, leaves) for part in item])
    if isinstance(item, dict):
        kind = type(item) if type(item) in _BUILT_IN else _kind(item)
        pairs = [(_key(key), form(part, leaves)) for key, part in item.items()]
        return kind, tuple(pairs)
    if isinstance(item, PLAIN):
        return type(item), exactly(item)
    if is_record(item):
        return type(item), form(vars(item), leaves)
    return "object", id(item)


def _key(key: Any) -> Any:
    """A key as what can be compared: tensors are told apart by identity."""
    return ("tensor", id(key)) if isinstance(key, Handle) else key


_BUILT_IN = frozenset((tuple, list, dict))
"""Containers that are all alike but for what they hold."""


def _kind(item: Any) -> Any:
    """The class of a container, and what else it holds: attributes, what makes missing items."""
    kind, beside = type(item), getattr(item, "__dict__", None)
    factory = item.default_factory if isinstance(item, defaultdict) else None
    if factory is None and (not beside or beside is item):
        return kind
    held: list[Any] = []
    attributes = form(dict(beside or {}), held)
    return kind, ("object", id(item)) if held else attributes, id(factory)


def leaves_in(item: Any) -> list[Any]:
    """The tensors and arrays in some arguments, in order."""
    return [part for part in walk(item) if isinstance(part, (Handle, np.ndarray))]


def made_of(item: Any) -> list[Any]:
    """The tensors and arrays in some arguments, and the containers, in order."""
    kinds = (Handle, np.ndarray)
    return [part for part in walk(item) if isinstance(part, kinds) or contents(part) is not None]


def exactly(item: Any) -> Any:
    """A plain value such that those that are equal do the same: -0.0 is not 0.0, NaN is NaN."""
    special = isinstance(item, (float, np.floating)) and (item == 0 or item != item)
    return repr(item) if special else item


def kind_of(tensor: Handle) -> str:
    """Whether a gradient is asked for, whether the tensor has a history, and its hooks."""
    if not tensor.needs_grad:
        return "constant"
    kind, hooks = "leaf" if tensor.edge is None else "result", hooks_of(tensor)
    return f"{kind} with hooks {', '.join(f'{id(hook):x}' for hook in hooks)}" if hooks else kind


def hooks_of(tensor: Handle) -> list[Any]:
    """What is called with the gradient of a leaf, in order."""
    notes = tensor.notes
    if notes is None:
        return []
    return [*(notes.hooks or {}).values(), *(notes.after or {}).values()]


def pattern(items: list[Any]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Which of some tensors and arrays are the same, and which lie in the same memory."""
    owners = _owners(items)
    if len(set(owners)) == len(owners):
        return (), ()
    return _repeated(list(map(id, items))), _repeated(owners)


def meeting(gradients: list[Handle], items: list[Any]) -> tuple[tuple[int, ...], ...]:
    """Which gradients are the same, and which lie in the memory of other tensors and arrays.

    Gradients may lie side by side.
    """
    owners, others = _owners(gradients), _owners(items)
    apart = set(owners).isdisjoint(others)
    places = () if apart else tuple(others.index(x) if x in others else -1 for x in owners)
    return _repeated(list(map(id, gradients))), places


def _owners(items: list[Any]) -> list[int]:
    """The memory that each lies in."""
    found = []
    for item in items:  # asked at each call: quicker than two lists
        array = item.value if isinstance(item, Handle) else item
        found.append(id(array if array.base is None else owner_of(array)))
    return found


def _repeated(numbers: list[int]) -> tuple[int, ...]:
    """Where each number stands first; nothing where all are different, as they mostly are."""
    return () if len(set(numbers)) == len(numbers) else tuple(map(numbers.index, numbers))


def owner_of(array: Any) -> Any:
    """The array whose memory it is."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def surroundings() -> tuple[Any, ...]:
    """What is chosen outside the function: recording, the default dtype."""
    mode = current()
    return mode.recording, mode.keep, get_default_dtype()


_NO_NAMES = form({}, [])


def kind_of_call(given: Any) -> tuple[list[Any], Any]:
    """The tensors and arrays of a call's arguments, and all that makes it another kind of call."""
    args, kwargs = given
    if not (args or kwargs):
        return [], (surroundings(),)
    leaves: list[Any] = []
    forms = form(args, leaves), form(kwargs, leaves) if kwargs else _NO_NAMES
    return leaves, (*forms, pattern(leaves), surroundings())


def changed_arguments(function: Any, was: Any, now: Any) -> list[str]:
    """How the arguments of two kinds of calls differ, in words."""
    if len(was) != len(now) or len(now) == 1:
        return []
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    before, after = ({**dict(enumerate(key[0][1])), **dict(key[1][1])} for key in (was, now))
    for place in (place for place in before if place in after):
        told = (
            place if isinstance(place, str) else dict(enumerate(names)).get(place, f"{place + 1}")
        )
        found = _difference(before[place], after[place])
        if found:
            return [f"the argument {told} {found}"]
    return []


def _difference(was: Any, now: Any) -> str:
    """How two forms differ: the first numbers, shapes or dtypes that do."""
    if not (isinstance(was, tuple) and isinstance(now, tuple)) or was == now:
        return ""
    if was[0] == now[0] and was[0] in (int, float):
        return (
            f"was {was[1]} and is {now[1]}: a Python number is part of the code; give a tensor "
            "that holds it"
        )
    if was[0] == now[0] and was[0] in ("tensor", "array"):
        return f"was {_said(was[1])} and is {_said(now[1])}"
    pairs = zip(was, now, strict=False)
    return next((found for a, b in pairs if (found := _difference(a, b))), "")


def _said(array: Layout) -> str:
    """A layout in words."""
    shape, dtype, *_ = (*array, "")
    return f"{dtype} {shape}".strip()
