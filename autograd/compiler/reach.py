"""What a function can reach: tensors, arrays, generators and options, each with its path.

A compiled function must notice what has changed since it was traced, and put results where
the uncompiled run would: so everything that the function holds, through its closure, the
global names it uses, attributes and containers, is listed once, in a fixed order.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, MutableMapping
from dis import get_instructions
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd.core import mode
from autograd.core.mode import is_library
from autograd.core.node import Handle

PLAIN = (bool, int, float, str, bytes, type(None), np.dtype, type, complex)


class Slot(NamedTuple):
    """A place that holds something: a key of a dict, an index of a list, a cell.

    Attributes:
        holder: the dict, list or cell.
        key: where in it.
        path: what a person would write.
    """

    holder: Any
    key: Any
    path: str

    def get(self) -> Any:
        """What it holds now; `MISSING` where the key is gone."""
        if isinstance(self.holder, CellType):
            return self.holder.cell_contents
        try:
            return self.holder[self.key]
        except (KeyError, IndexError):
            return MISSING

    def set(self, item: Any) -> None:
        """Put something else there."""
        if isinstance(self.holder, CellType):
            self.holder.cell_contents = item
        else:
            self.holder[self.key] = item


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


class Reach:
    """Everything that a function and its arguments hold.

    Attributes:
        slots: every place that was looked into, with what it held.
        tensors: the tensors, in order, each once, with their paths.
        arrays: the places of plain arrays.
        numbers: the places of an optimizer's numbers: options and counts of steps.
        generators: the places of random generators.
        optimizers: the objects that update parameters.
        holders: the dicts and lists, each once, with its path.
        paths: the paths of objects, by identity.
        fixed: the arrays in tuples, where nothing can be put in their place, by identity.
    """

    def __init__(self, function: Any, args: Any = ((), {}), names: tuple[str, ...] = ()) -> None:
        self.slots: list[tuple[Slot, Any]] = []
        self.tensors: list[tuple[Handle, str]] = []
        self.arrays: list[Slot] = []
        self.numbers: list[Slot] = []
        self.generators: list[Slot] = []
        self.optimizers: list[Any] = []
        self.holders: list[tuple[Any, str]] = []
        self.fixed: set[int] = set()
        self.paths: dict[int, str] = {}
        self.names = names
        self._todo: list[tuple[Any, str, bool]] = [(function, "", False)]
        self._todo += [(args[1], "", False), (args[0], "", False)]
        self.given = args[0]
        mode.generator()
        self._enter(Slot(vars(mode), "_generator", "rng"))
        while self._todo:
            self._look(*self._todo.pop())

    def _look(self, item: Any, path: str, last: bool) -> None:
        """List one object, and note what it holds for later."""
        if isinstance(item, PLAIN) or id(item) in self.paths:
            return
        if _is_optimizer(item) and not last and self._todo:  # parameters have other paths first
            self._todo.insert(0, (item, path, True))
            return
        self.paths[id(item)] = path
        if isinstance(item, np.ndarray):
            self.fixed.add(id(item))
            return
        if isinstance(item, Handle):
            self.tensors.append((item, path))
            return
        if _is_optimizer(item):
            self.optimizers.append(item)
            self._todo += self._numbers_of(item, path)
            return
        inner = [self._enter(slot) for slot in self._inside(item, path)]
        self._todo += [found for found in reversed(inner) if found is not None]

    def _inside(self, item: Any, path: str) -> Iterator[Slot]:
        """The places in an object."""
        if isinstance(item, MethodType):
            self._todo += [(item.__func__, path, False), (item.__self__, "", False)]
        elif isinstance(item, FunctionType):
            yield from _of_function(item)
            self._todo += [(part, name, False) for name, part in _defaults(item)][::-1]
        elif isinstance(item, functools.partial):
            self._todo += [(part, path, False) for part in (item.keywords, item.args, item.func)]
        elif isinstance(item, (tuple, frozenset)):
            parts = enumerate(item)
            self._todo += [(x, f"{path}.{i}" if path else f"{i}", False) for i, x in parts][::-1]
        elif isinstance(item, (MutableMapping, list)):
            yield from self._of_container(item, path)
        elif _is_of_a_person(item):
            yield from self._of_container(vars(item), path)
            yield from _of_class(type(item))

    def _of_container(self, holder: Any, path: str) -> Iterator[Slot]:
        self.paths.setdefault(id(holder), path)
        self.holders.append((holder, path))
        keys = list(holder) if isinstance(holder, MutableMapping) else range(len(holder))
        for key in keys:
            if holder is self.given and key < len(self.names):
                yield Slot(holder, key, self.names[key])
                continue
            shown = key if isinstance(key, (str, int)) else self.paths.get(id(key), "state")
            yield Slot(holder, key, f"{path}.{shown}" if path else str(shown))

    def _numbers_of(self, optimizer: Any, path: str) -> list[Any]:
        """What an optimizer holds: numbers in its options and state may change at each call."""
        inside = vars(optimizer)
        found = [(p, f"{path}.{n}", False) for n, p in inside.items() if n not in _OWN]
        for name in ("state", "param_groups"):
            self._link(Slot(inside, name, f"{path}.{name}"))
        for at, group in enumerate(optimizer.param_groups):
            self._link(Slot(optimizer.param_groups, at, f"{path}.param_groups.{at}"))
            self._link(Slot(group, "params", f"{path}.param_groups.{at}.params"))
            self._numbers_in(group, path)
            found.append((group["params"], path, False))
        for param, state in optimizer.state.items():
            place = self.paths.get(id(param), path)
            self.paths.setdefault(id(state), place)
            self._link(Slot(optimizer.state, param, f"{place}.state"))
            self.holders.append((state, place))
            self._numbers_in(state, place)
        for holder in (optimizer.state, optimizer.param_groups):
            self.holders.append((holder, path))
            self.paths.setdefault(id(holder), path)
        self.holders.append((inside, path))
        slot = Slot(inside, "step_count", f"{path}.step_count")
        if type(inside.get("step_count")) is int:
            self.numbers.append(slot)
        return found

    def _link(self, slot: Slot) -> None:
        """List a place that has to hold the very same object at each call."""
        self.slots.append((slot, slot.get()))

    def _numbers_in(self, holder: dict[str, Any], path: str) -> None:
        for key, item in holder.items():
            slot = Slot(holder, key, f"{path}.{key}" if path else key)
            if type(item) in (int, float) or _is_pair(item):
                self.numbers.append(slot)
            elif key != "params":
                found = self._enter(slot)
                if found is not None:
                    self._todo.append(found)

    def _enter(self, slot: Slot) -> tuple[Any, str, bool] | None:
        """List a place by what it holds."""
        item = slot.get()
        if isinstance(item, np.ndarray):
            self.arrays.append(slot)
        elif isinstance(item, np.random.Generator):
            self.generators.append(slot)
        else:
            self.slots.append((slot, item))
            return (item, slot.path, False)
        return None


def labels_of(reach: Reach) -> dict[str, str]:
    """What stands on the cards of modules, by their paths: ``fc1: Linear(2→4)``."""
    modules = [item for _, item in reach.slots if hasattr(item, "named_modules")]
    paths = [(reach.paths.get(id(item), ""), item) for item in modules]
    return {path: f"{path}: {item.describe()}" for path, item in paths if path}


_OWN = ("param_groups", "state", "step_count", "_before", "_after", "defaults")
"""Attributes of an optimizer that are looked into in a way of their own."""


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple) and bool(item) and all(type(x) is float for x in item)


def _is_optimizer(item: Any) -> bool:
    inside = getattr(item, "__dict__", {})
    return "param_groups" in inside and "state" in inside


def _is_of_a_person(item: Any) -> bool:
    """Whether the attributes of an object may hold tensors: not NumPy's, nor the library's."""
    if isinstance(item, (ModuleType, type, CodeType)) or not hasattr(item, "__dict__"):
        return False
    top = type(item).__module__.split(".")[0]
    return top not in sys.stdlib_module_names - {
        "__main__",
        "types",
        "collections",
        "dataclasses",
    } | {
        "numpy",
        "autograd",
    }


def _of_function(function: FunctionType) -> Iterator[Slot]:
    """The closure and the global names of a person's function."""
    if is_library(function.__code__):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            cell.cell_contents  # noqa: B018 (an empty cell raises)
        except ValueError:
            continue
        yield Slot(cell, None, name)
    for name in sorted(_global_names(function.__code__)):
        if name in function.__globals__:
            yield Slot(function.__globals__, name, name)


def _of_class(kind: type) -> Iterator[Slot]:
    """What the methods of a person's class hold."""
    for base in kind.__mro__:
        for part in list(vars(base).values()):
            if isinstance(part, FunctionType):
                yield from _of_function(part)


def _defaults(function: FunctionType) -> list[tuple[str, Any]]:
    """The default values of a person's function, by the names of their parameters."""
    if is_library(function.__code__):
        return []
    count, values = function.__code__.co_argcount, function.__defaults__ or ()
    names = function.__code__.co_varnames[count - len(values) : count]
    return [*zip(names, values, strict=True), *(function.__kwdefaults__ or {}).items()]


@functools.lru_cache(maxsize=1024)
def _global_names(code: CodeType) -> frozenset[str]:
    """The global names that code reads, and functions within it; names of attributes are not."""
    read = {part.argval for part in get_instructions(code) if part.opname in _READS}
    inner = (_global_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return frozenset(read.union(*inner))


_READS = ("LOAD_GLOBAL", "LOAD_NAME")
