"""What a traced run took for granted, and whether it still holds."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from types import CellType
from typing import Any

import numpy as np

from autograd.compiler.places import CONTAINERS, MISSING, PLAIN, Key, Slot
from autograd.compiler.reach import Reach
from autograd.core.mode import current, get_default_dtype
from autograd.core.node import Handle
from autograd.core.trees import contents, is_record, walk

Layout = tuple[Any, ...]


def layout(array: Any) -> Layout:
    """Shape, dtype and steps in memory; the type of a plain number."""
    if isinstance(array, np.ndarray):
        return array.shape, array.dtype, array.strides
    return (type(array),)


def _form_of(array: Any) -> Layout:
    """The same in another order, with the class; of what is no array the class alone."""
    if isinstance(array, np.ndarray):
        return type(array), array.shape, array.dtype, array.strides
    return type(array), (), None, ()


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
        return "tensor", layout(item.value), kind_of(item)
    if isinstance(item, np.ndarray):
        leaves.append(item)
        return "array", layout(item)
    if isinstance(item, (tuple, list)):
        return type(item), tuple([form(part, leaves) for part in item])
    if isinstance(item, dict):
        return dict, tuple([(key, form(part, leaves)) for key, part in item.items()])
    if isinstance(item, PLAIN):
        return type(item), exactly(item)
    if is_record(item):
        return type(item), form(vars(item), leaves)
    return "object", id(item)


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
    """Whether a gradient is asked for, and whether the tensor has a history."""
    if not tensor.needs_grad:
        return "constant"
    return "leaf" if tensor.edge is None else "result"


def pattern(leaves: list[Any]) -> tuple[int, ...]:
    """Which of some tensors and arrays are the same, or lie in the same memory."""
    arrays = [leaf.value if isinstance(leaf, Handle) else leaf for leaf in leaves]
    objects, roots = [id(leaf) for leaf in leaves], [id(root_of(array)) for array in arrays]
    return *map(objects.index, objects), *map(roots.index, roots)


def root_of(array: Any) -> Any:
    """The array whose memory it is."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def surroundings() -> tuple[Any, ...]:
    """What is chosen outside the function: recording, the default dtype."""
    mode = current()
    return mode.recording, mode.keep, get_default_dtype()


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
    if was == now or not (isinstance(was, tuple) and isinstance(now, tuple)):
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


class Assumed:
    """What a function held when it was traced.

    Args:
        reach: everything that it held.
        own: the tensors and holders of the call's own arguments, by identity: these
            change from call to call, and their form is compared instead.
        graded: the tensors whose gradient from before the call matters, by identity.
        moving: places that may hold something else at each call.
    """

    def __init__(
        self, reach: Reach, own: set[int], graded: set[int], moving: Collection[Key] = ()
    ) -> None:
        self.links = [
            (slot, item)
            for slot, item in reach.slots
            if id(slot.holder) not in own and slot.where not in moving
        ]
        self.sizes = [(h, len(h), path) for h, path in reach.holders if id(h) not in own]
        self.sets = [(item, frozenset(item), path) for item, path in reach.sets]
        self.tensors = [
            (t, layout(t.value), kind_of(t), path) for t, path in reach.tensors if id(t) not in own
        ]
        self.graded = [
            (t, t.accumulated is None, path)
            for t, path in reach.tensors
            if id(t) in graded and id(t) not in own
        ]
        self.arrays = [(s, layout(s.get())) for s in reach.arrays if id(s.holder) not in own]
        self.numbers = [(s, type(s.get())) for s in reach.numbers]
        self._number_entries = [(s.holder, s.key, kind) for s, kind in self.numbers]
        self._entries, self._cells, self._others = _by_kind(self.links)
        plain = all(isinstance(slot.holder, CONTAINERS) for slot, _ in self.arrays)
        self._quick = plain and not self.graded
        self._forms = [
            (t, _form_of(t.value), t.needs_grad, t.edge is None) for t, _, _, _ in self.tensors
        ]
        self._array_forms = [(s.holder, s.key, _form_of(s.get())) for s, _ in self.arrays]

    def change(self) -> str | None:
        """What has changed since, or None where everything still holds."""
        if self._is_as_it_was():
            return None if self._is_alike() else self._change_of_arrays()
        return self._change_of_links() or self._change_of_arrays()

    def changed(self) -> list[tuple[Slot, Any]]:
        """The places that hold something else now, and what they held."""
        return [(slot, item) for slot, item in self.links if slot.get() is not item]

    def _is_as_it_was(self) -> bool:
        """Whether each place holds the very same object: quick, as it is asked at each call."""
        try:
            for holder, key, item in self._entries:
                if holder[key] is not item:
                    return False
            for cell, item in self._cells:
                if cell.cell_contents is not item:
                    return False
        except (KeyError, IndexError, ValueError):
            return False
        for slot, item in self._others:
            if slot.get() is not item:
                return False
        if self.sets and any(item != content for item, content, _ in self.sets):
            return False
        return all(len(holder) == size for holder, size, _ in self.sizes)

    def _change_of_links(self) -> str | None:
        for slot, item in self.links:
            found = slot.get()
            if found is not item and not _same(found, item):
                if not isinstance(item, PLAIN) and type(found) is type(item):
                    return f"{slot.path} was {_shown(found)}"
                return f"{slot.path} was {_shown(item)} and is {_shown(found)}{_advice(found)}"
        for item, content, path in self.sets:
            if item != content:
                return f"{path or 'a set'} has other elements"
        for holder, size, path in self.sizes:
            if len(holder) != size:
                what = path or "a container"
                return f"{what} had {size} entries and has {len(holder)}{_LONGER}"
        return None

    def _is_alike(self) -> bool:
        """Whether nothing but numbers differs in places that hold what they held."""
        if not (self._quick and self._numbers_are_alike()):
            return False
        try:
            return self._arrays_are_alike()
        except (AttributeError, KeyError, IndexError):
            return False

    def _arrays_are_alike(self) -> bool:
        """Whether arrays have the form that they had: quick, as it is asked at each call."""
        for tensor, (kind, shape, dtype, strides), needs_grad, is_leaf in self._forms:
            array = tensor.value
            if array.__class__ is not kind or array.shape != shape or array.strides != strides:
                return False
            if array.dtype is not dtype or tensor.needs_grad is not needs_grad:
                return False
            if (tensor.edge is None) is not is_leaf:
                return False
        for holder, key, (kind, shape, dtype, strides) in self._array_forms:
            array = holder[key]
            if array.__class__ is not kind or array.shape != shape or array.strides != strides:
                return False
            if array.dtype is not dtype:
                return False
        return True

    def _change_of_arrays(self) -> str | None:
        for tensor, shape, kind, path in self.tensors:
            if layout(tensor.value) != shape:
                return f"{path} has another shape, dtype or memory layout"
            if kind_of(tensor) != kind:
                return f"{path} was a {kind} and is a {kind_of(tensor)}"
        for tensor, bare, path in self.graded:
            if (tensor.accumulated is None) != bare:
                return f"{path}.grad {'was None' if bare else 'had a value'} before the call"
        for slot, shape in self.arrays:
            if layout(slot.get()) != shape:
                return f"{slot.path} has another shape, dtype or memory layout"
        return self._change_of_numbers()

    def _numbers_are_alike(self) -> bool:
        try:
            return all(type(holder[key]) is kind for holder, key, kind in self._number_entries)
        except (KeyError, IndexError):
            return False

    def _change_of_numbers(self) -> str | None:
        if self._numbers_are_alike():
            return None
        for slot, kind in self.numbers:
            if type(slot.get()) is not kind:
                return f"{slot.path} is {_shown(slot.get())}"
        return None


def _by_kind(places: list[tuple[Slot, Any]]) -> tuple[list[Any], list[Any], list[Any]]:
    """Entries of containers, cells with what belongs there, and other places.

    The first two can be asked without a method call each.
    """
    entries: list[Any] = []
    cells: list[Any] = []
    others: list[Any] = []
    for slot, item in places:
        if isinstance(slot.holder, CONTAINERS):
            entries.append((slot.holder, slot.key, item))
        elif isinstance(slot.holder, CellType) and item is not MISSING:
            cells.append((slot.holder, item))
        else:
            others.append((slot, item))
    return entries, cells, others


def _same(found: Any, item: Any) -> bool:
    plain = isinstance(item, PLAIN) and type(found) is type(item)
    return plain and bool(exactly(found) == exactly(item))


_LONGER = ": return what is to be collected, and append it outside of the compiled function"


def _advice(item: Any) -> str:
    """What to write for a number that changes."""
    if type(item) not in (int, float):
        return ""
    kind = "0" if type(item) is int else "0.0"
    return (
        f": a Python number is part of the code; count outside, or in a tensor that is written "
        f"into (n = ag.tensor({kind}), and n += 1)"
    )


def _shown(item: Any) -> str:
    if item is MISSING:
        return "not there"
    return repr(item) if isinstance(item, PLAIN) else f"another {type(item).__name__}"
