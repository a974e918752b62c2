"""What a traced run took for granted of what its function holds, and whether it still is so.

All of it is asked at each call. So each fact lies as it can be asked quickest (loops are quicker
here than `all`), and what is said when it does not hold any more is found out only then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from types import CellType
from typing import Any

import numpy as np

from autograd.compiler.places import CONTAINERS, MISSING, PLAIN, Key, Slot
from autograd.compiler.reach import Reach
from autograd.compiler.signature import exactly, hooks_of, kind_of
from autograd.core.node import Handle


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
        slots = [(slot, item) for slot, item in reach.slots if id(slot.holder) not in own]
        self.links = Links((slot, item) for slot, item in slots if slot.where not in moving)
        self.sizes = [(h, len(h), path) for h, path in reach.holders if id(h) not in own]
        self.sizes += [(vars(kind), len(vars(kind)), kind.__name__) for kind in reach.classes]
        self.sets = [(item, frozenset(item), path) for item, path in reach.sets]
        self.idle = [(slot, type(slot.get())) for slot in reach.idle]
        schedules = (x for x in reach.records if hasattr(type(x), "get_last_lr"))
        self.schedules = {id(getattr(x, "__dict__", None)) for x in schedules}
        self.tensors = Tensors((t, path) for t, path in reach.tensors if id(t) not in own)
        self.graded = [
            (t, t.accumulated is None, path)
            for t, path in reach.tensors
            if id(t) in graded and id(t) not in own
        ]
        self.arrays = Arrays(slot for slot in reach.arrays if id(slot.holder) not in own)
        self.numbers = Numbers(reach.numbers)

    def change(self) -> str | None:
        """What has changed since, or None where everything still holds."""
        if not self._holds_the_same():
            found = self._change_of_links()
            if found is not None:
                return found
        return self._change_of_arrays()

    def changed(self) -> list[tuple[Slot, Any]]:
        """The places that hold something else now, and what they held."""
        return list(self.links.changed())

    def grown(self) -> list[Slot]:
        """The places of containers that have more or fewer entries now, and of changed sets."""
        found = {id(holder) for holder, size, _ in self.sizes if len(holder) != size}
        found |= {id(item) for item, was, _ in self.sets if item != was}
        return [slot for slot, item in self.links if id(item) in found]

    def rests_on(self, places: Collection[Key]) -> bool:
        """Whether some of these places have to hold what they held."""
        return any(slot.where in places for slot, _ in self.links)

    def _holds_the_same(self) -> bool:
        """Whether each place holds the very same object, and no container has grown."""
        if not self.links.hold():
            return False
        for holder, size, _ in self.sizes:
            if len(holder) != size:
                return False
        for slot, kind in self.idle:
            if type(slot.get()) is not kind:
                return False
        return not self.sets or all(item == was for item, was, _ in self.sets)

    def _change_of_links(self) -> str | None:
        for slot, item in self.links.changed():
            found = slot.get()
            if not _same(found, item):
                if not isinstance(item, PLAIN) and type(found) is type(item):
                    return f"{slot.path} was {_shown(found)}"
                inside = id(slot.holder) in self.schedules
                advice = _SCHEDULED if inside else _advice(found)
                return f"{slot.path} was {_shown(item)} and is {_shown(found)}{advice}"
        for slot, kind in self.idle:
            if type(slot.get()) is not kind:
                return f"{slot.path} is {_shown(slot.get())}"
        for item, content, path in self.sets:
            if item != content:
                return f"{path or 'a set'} has other elements"
        for holder, size, path in self.sizes:
            if len(holder) != size:
                what = path or "a container"
                return f"{what} had {size} entries and has {len(holder)}{_LONGER}"
        return None

    def _change_of_arrays(self) -> str | None:
        found = None if self.tensors.hold() else self.tensors.change()
        if found is not None:
            return found
        for tensor, bare, path in self.graded:
            if (tensor.accumulated is None) != bare:
                return f"{path}.grad {'was None' if bare else 'had a value'} before the call"
        found = None if self.arrays.hold() else self.arrays.change()
        if found is not None:
            return found
        return None if self.numbers.hold() else self.numbers.change()


class Links:
    """Places that have to hold the very same object at each call.

    Entries of containers and cells of variables can be asked without a method call each.
    """

    def __init__(self, places: Iterable[tuple[Slot, Any]]) -> None:
        self._entries: list[tuple[Any, Any, Any]] = []
        self._cells: list[tuple[CellType, Any]] = []
        self._others: list[tuple[Slot, Any]] = []
        self._slots: list[Slot] = []
        self._variables: list[Slot] = []
        for slot, item in places:
            if isinstance(slot.holder, (*CONTAINERS, type)):
                holder = vars(slot.holder) if isinstance(slot.holder, type) else slot.holder
                self._entries.append((holder, slot.key, item))
                self._slots.append(slot)
            elif isinstance(slot.holder, CellType) and item is not MISSING:
                self._cells.append((slot.holder, item))
                self._variables.append(slot)
            else:
                self._others.append((slot, item))

    def hold(self) -> bool:
        """Whether all of them do."""
        try:
            for holder, key, item in self._entries:
                if holder[key] is not item:
                    return False
            for cell, item in self._cells:
                if cell.cell_contents is not item:
                    return False
        except (KeyError, IndexError, ValueError):
            return False
        for slot, item in self._others:  # noqa: SIM110
            if slot.get() is not item:
                return False
        return True

    def changed(self) -> Iterator[tuple[Slot, Any]]:
        """Those that do not, and what they held."""
        for slot, item in self:
            if slot.get() is not item:
                yield slot, item

    def __iter__(self) -> Iterator[tuple[Slot, Any]]:
        for slot, (_, item) in zip(self._variables, self._cells, strict=True):
            yield slot, item
        for slot, (_, _, item) in zip(self._slots, self._entries, strict=True):
            yield slot, item
        yield from self._others


class Tensors:
    """Tensors whose arrays have to have the same form, and that have to be of the same kind."""

    def __init__(self, tensors: Iterable[tuple[Handle, str]]) -> None:
        self._facts: list[tuple[Handle, Form, bool, bool, list[Any]]] = []
        self._told: list[tuple[str, str]] = []
        for tensor, path in tensors:
            form = _form_of(tensor.value)
            facts = tensor.needs_grad, tensor.edge is None, hooks_of(tensor)
            self._facts.append((tensor, form, *facts))
            self._told.append((path, kind_of(tensor)))

    def hold(self) -> bool:
        """Whether all of them do."""
        try:
            for tensor, (kind, shape, dtype, strides), needs_grad, is_leaf, hooks in self._facts:
                array = tensor.value
                if array.__class__ is not kind or array.shape != shape:
                    return False
                if array.strides != strides or array.dtype is not dtype:
                    return False
                if tensor.needs_grad is not needs_grad or (tensor.edge is None) is not is_leaf:
                    return False
                notes = tensor.notes
                hooked = hooks or (notes is not None and (notes.hooks or notes.after))
                if hooked and hooks_of(tensor) != hooks:
                    return False
        except AttributeError:
            return False
        return True

    def change(self) -> str | None:
        """The first that does not, in words."""
        for (tensor, form, *_), (path, kind) in zip(self._facts, self._told, strict=True):
            if not _is_like(tensor.value, form):
                return f"{path} has another shape, dtype or memory layout"
            if kind_of(tensor) != kind:
                return f"{path} was a {kind} and is a {kind_of(tensor)}"
        return None


class Arrays:
    """Places whose arrays have to have the same form; entries can be asked without a call each."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._entries: list[tuple[Any, Any, Form]] = []
        self._others: list[tuple[Slot, Form]] = []
        self._paths: list[str] = []
        for slot in slots:
            if isinstance(slot.holder, CONTAINERS):
                self._entries.append((slot.holder, slot.key, _form_of(slot.get())))
                self._paths.append(slot.path)
            else:
                self._others.append((slot, _form_of(slot.get())))

    def hold(self) -> bool:
        """Whether all of them do."""
        try:
            for holder, key, (kind, shape, dtype, strides) in self._entries:
                array = holder[key]
                if array.__class__ is not kind or array.shape != shape:
                    return False
                if array.strides != strides or array.dtype is not dtype:
                    return False
        except (AttributeError, KeyError, IndexError):
            return False
        for slot, form in self._others:  # noqa: SIM110
            if not _is_like(slot.get(), form):
                return False
        return True

    def change(self) -> str | None:
        """The first that does not, in words."""
        entries = zip(self._entries, self._paths, strict=True)
        places = [(Slot(holder, key, path), form) for (holder, key, form), path in entries]
        for slot, form in (*places, *self._others):
            if not _is_like(slot.get(), form):
                return f"{slot.path} has another shape, dtype or memory layout"
        return None


class Numbers:
    """Places whose numbers may change, and not their types."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._facts = [(slot.holder, slot.key, type(slot.get())) for slot in slots]
        self._paths = [slot.path for slot in slots]

    def hold(self) -> bool:
        """Whether all of them do."""
        try:
            for holder, key, kind in self._facts:
                if type(holder[key]) is not kind:
                    return False
        except (KeyError, IndexError):
            return False
        return True

    def change(self) -> str | None:
        """The first that does not, in words."""
        for (holder, key, kind), path in zip(self._facts, self._paths, strict=True):
            found = Slot(holder, key, path).get()
            if type(found) is not kind:
                return f"{path} is {_shown(found)}"
        return None


Form = tuple[Any, tuple[int, ...], Any, tuple[int, ...]]
"""The class, shape, dtype and steps in memory of an array; of what is none, the class alone."""


def _form_of(array: Any) -> Form:
    if isinstance(array, np.ndarray):
        return type(array), array.shape, array.dtype, array.strides
    return type(array), (), None, ()


def _is_like(array: Any, form: Form) -> bool:
    """Whether it has a form; the class of an array does not matter."""
    found = _form_of(array)
    return found[1:] == form[1:] and (form[2] is not None or found[0] is form[0])


def _same(found: Any, item: Any) -> bool:
    plain = isinstance(item, PLAIN) and type(found) is type(item)
    return plain and bool(exactly(found) == exactly(item))


_LONGER = ": return what is to be collected, and append it outside of the compiled function"

_SCHEDULED = (
    ": a schedule goes on inside; call its step() after the compiled function, which reads the "
    "learning rate at each call"
)


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
