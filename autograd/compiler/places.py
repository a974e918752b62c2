"""Places that hold something: entries of containers, variables, attributes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, MutableMapping
from contextvars import ContextVar
from functools import partial
from sys import getrefcount
from types import CellType
from typing import Any, NamedTuple

import numpy as np

PLAIN = (bool, int, float, str, bytes, type(None), np.dtype, np.generic, type, complex)
"""What holds nothing that could change: it is compared as it is."""

Key = tuple[int, Any]
"""What a place is known by: the identity of what it is in, and where."""


class Slot(NamedTuple):
    """A place that holds something: a key of a dict, an index of a list, a variable, an attribute.

    Attributes:
        holder: the dict, list or deque, the cell of a variable, or the object or class.
        key: where in it.
        path: what a person would write.
    """

    holder: Any
    key: Any
    path: str

    @property
    def where(self) -> Key:
        """What it is known by."""
        plain = isinstance(self.key, (str, int, type(None)))
        return id(self.holder), self.key if plain else id(self.key)

    def get(self) -> Any:
        """What it holds now; `MISSING` where there is nothing."""
        try:
            if isinstance(self.holder, CellType):
                return self.holder.cell_contents
            if isinstance(self.holder, CONTAINERS):
                return self.holder[self.key]
            if isinstance(self.holder, type):  # as it stands there, no attribute of its own class
                return vars(self.holder)[self.key]
            if isinstance(self.holder, ContextVar):
                return self.holder.get()
        except (LookupError, ValueError):
            return MISSING
        return getattr(self.holder, self.key, MISSING)

    def set(self, item: Any) -> None:
        """Put something else there, or nothing where it is `MISSING`."""
        if item is MISSING:
            self._clear()
        elif isinstance(self.holder, CellType):
            self.holder.cell_contents = item
        elif self.key is ALL:
            refill(self.holder, item)
        elif self.key is ORDER:
            put_in_order(self.holder, item)
        elif isinstance(self.holder, CONTAINERS):
            self.holder[self.key] = item
        elif isinstance(self.holder, ContextVar):
            self.holder.set(item)
        elif isinstance(self.holder, partial):  # its positional arguments
            state = self.holder.func, item, self.holder.keywords, vars(self.holder)
            getattr(self.holder, "__setstate__")(state)  # noqa: B009 (unknown to type checkers)
        else:
            setattr(self.holder, self.key, item)

    def _clear(self) -> None:
        if isinstance(self.holder, CellType):
            del self.holder.cell_contents
        elif isinstance(self.holder, MutableMapping):
            self.holder.pop(self.key, None)
        elif hasattr(self.holder, self.key):
            delattr(self.holder, self.key)


CONTAINERS = (MutableMapping, list, deque)
"""What holds things by keys or in order, and can be changed."""

ALL = slice(None)
"""The key of all that a list holds."""


ORDER = slice(0)
"""The key of the order of a dict's keys."""


def put_in_order(holder: Any, keys: Iterable[Any]) -> None:
    """Let a mapping have its keys in an order."""
    wanted = list(keys)
    if not in_order(holder, wanted):
        for key in wanted:
            holder[key] = holder.pop(key)


def in_order(keys: Iterable[Any], wanted: Iterable[Any]) -> bool:
    """Whether keys stand in an order; tensors are told apart by identity."""
    named = ([k if isinstance(k, PLAIN) else id(k) for k in part] for part in (keys, wanted))
    return next(named) == next(named)


def shallow(holder: Any) -> Any:
    """What a container holds, as another one."""
    return dict(holder) if isinstance(holder, MutableMapping) else list(holder)


def refill(holder: Any, content: Any) -> None:
    """Let a container hold what is given, and keep what it holds already in its place."""
    if not isinstance(holder, MutableMapping):
        holder.clear()
        holder.extend(content)
        return
    for key in holder.keys() - content.keys():
        del holder[key]
    for key, item in content.items():
        if holder.get(key, MISSING) is not item:
            holder[key] = item
    put_in_order(holder, content)


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()

_PROBE = [object()]

ALONE = getrefcount(_PROBE[0])
"""Python's count for what only its place holds."""
