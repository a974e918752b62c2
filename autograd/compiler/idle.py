"""Places that a function holds and never looks at: what changes there is of no account.

A class that trains has a counter of epochs, a schedule, a list of losses beside its model. Where
such a place has changed between two calls, the next trace finds something in it that cannot be
looked at: if nobody does, the code holds whatever is there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import get_ident
from typing import Any

from autograd.compiler.places import Key, Slot

_KINDS = (int, float, str, list, dict, tuple, set)
"""What may be of no account. Its type still has to be what it was."""


class Opened(BaseException):
    """Somebody has looked at a closed place."""


class Closed:
    """What stands for something as long as nobody looks at it; other threads see what is there.

    Its class may be asked for: it has to be the same at each call.

    Args:
        item: what is there.
        where: the place.
        touched: gets it when somebody looks, as code in between may catch the exception.
    """

    __slots__ = ("item", "thread", "touched", "where")

    def __init__(self, item: Any, where: Key, touched: set[Key]) -> None:
        parts = item, where, touched, get_ident()
        for name, part in zip(("item", "where", "touched", "thread"), parts, strict=True):
            object.__setattr__(self, name, part)

    def __getattribute__(self, name: str) -> Any:
        inside: Any = functools.partial(object.__getattribute__, self)
        if name == "__class__" or inside("thread") != get_ident():
            return getattr(inside("item"), name)
        inside("touched").add(inside("where"))
        raise Opened


def _asking(name: str) -> Callable[..., Any]:
    def ask(self: Closed, *others: Any, **named: Any) -> Any:
        return getattr(self, name)(*others, **named)

    return ask


def open_if_closed(item: Any) -> None:
    """Somebody takes it along: the compiler asks of what it is given."""
    if issubclass(type(item), Closed):
        hash(item)


_OWN = (
    "__class__",
    "__getattribute__",
    "__new__",
    "__init__",
    "__init_subclass__",
    "__subclasshook__",
    "__doc__",
)

for _name in {"__array__"}.union(*map(dir, _KINDS)):
    if _name.startswith("__") and _name not in _OWN:
        setattr(Closed, _name, _asking(_name))


class _ClosedSequence(Closed):
    """``match`` knows it for a sequence, and asks for its length."""

    __slots__ = ()


class _ClosedMapping(Closed):
    """The same of a mapping, of which it asks for ``get``."""

    __slots__ = ()


Sequence.register(_ClosedSequence)
Mapping.register(_ClosedMapping)
_CLOSED: dict[Any, type[Closed]] = {
    list: _ClosedSequence,
    tuple: _ClosedSequence,
    dict: _ClosedMapping,
}


class Idle:
    """The places of one function that changed from call to call, and may be of no account.

    Attributes:
        touched: those that the run looks at that is under way.
    """

    def __init__(self) -> None:
        self._places: dict[Key, Slot] = {}
        self._read: set[Key] = set()
        self.touched: set[Key] = set()

    def note(self, slots: Iterable[Slot]) -> None:
        """These have changed."""
        self._places.update((slot.where, slot) for slot in slots if slot.where not in self._read)

    def closed(self) -> frozenset[Key]:
        """The places that a run is to find closed."""
        slots = self._places.values()
        return frozenset(slot.where for slot in slots if type(slot.get()) in _KINDS)

    def stand_in(self, slot: Slot) -> Closed:
        """What stands in a place meanwhile."""
        item = slot.get()
        return _CLOSED.get(type(item), Closed)(item, slot.where, self.touched)

    def open(self, failed: bool = False) -> bool:
        """After a run: whether it has to be made again, with all places open.

        Those that were looked at stay open for ever. If the run failed, a closed place may be why.
        """
        again = bool(self.touched) or (failed and bool(self.closed()))
        if again:
            self._read |= self.touched
            self._places.clear()
            self.touched.clear()
        return again
