"""What a function can reach: tensors, arrays, generators and options, each with its path.

A compiled function must notice what has changed since it was traced, and put results where
the uncompiled run would: so everything that the function holds, through its closure, the
global names it uses, attributes and containers, is listed once, in a fixed order.
"""

from __future__ import annotations

import functools
import random
import threading
from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from gc import get_referents
from types import FunctionType, MappingProxyType, MethodType
from typing import Any
from weakref import ProxyTypes, WeakSet, ref

import numpy as np

from autograd.compiler.idle import open_if_closed
from autograd.compiler.outer import (
    GENERATORS,
    defaults_of,
    is_of_a_person,
    is_own_class,
    of_class,
    of_function,
    own_classes,
    slots_of,
)
from autograd.compiler.places import CONTAINERS, PLAIN, Key, Slot
from autograd.compiler.signature import hooks_of
from autograd.core import mode
from autograd.core.node import Handle
from autograd.core.tensor import Tensor


class Reach:
    """Everything that a function and its arguments hold.

    Attributes:
        slots: every place that was looked into, with what it held.
        tensors: the tensors, in order, each once, with their paths.
        arrays: the places of plain arrays.
        numbers: the places of an optimizer's numbers: options and counts of steps.
        generators: the places of random generators.
        iterators: the places of iterators, which give each element once.
        idle: places that were not looked into.
        loose: generators that cannot be replaced by traced ones, or not of NumPy's new kind.
        optimizers: the objects that update parameters.
        holders: the dicts and lists, each once, with its path.
        variables: the places of variables and attributes outside of containers.
        sets: the sets, which are not changed.
        records: the objects whose attributes were looked at.
        classes: a person's classes of these.
        paths: the paths of objects, by identity.
        fixed: the arrays in tuples, by identity; a list for each stands for its place.
    """

    def __init__(
        self,
        function: Any,
        args: Any = ((), {}),
        names: tuple[str, ...] = (),
        without: frozenset[Key] = frozenset(),
        closed: frozenset[Key] = frozenset(),
    ) -> None:
        self.slots: list[tuple[Slot, Any]] = []
        self.tensors: list[tuple[Handle, str]] = []
        self.arrays: list[Slot] = []
        self.numbers: list[Slot] = []
        self.generators: list[Slot] = []
        self.iterators: list[Slot] = []
        self.idle: list[Slot] = []
        self._closed = closed
        self.loose: list[tuple[Any, str]] = []
        self.optimizers: list[Any] = []
        self.holders: list[tuple[Any, str]] = []
        self.variables: list[Slot] = []
        self.sets: list[tuple[set[Any], str]] = []
        self.records: list[Any] = []
        self.classes: dict[type, None] = {}
        self._entered: set[Key] = set(without)
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
        open_if_closed(item)
        item = _behind(item)
        if (isinstance(item, PLAIN) and not is_own_class(item)) or id(item) in self.paths:
            return
        if _is_optimizer(item) and not last and self._todo:  # parameters have other paths first
            self._todo.insert(0, (item, path, True))
            return
        self.paths[id(item)] = path
        if isinstance(item, np.ndarray):
            self.fixed.add(id(item))
            self.arrays.append(Slot([item], 0, path))
            return
        if isinstance(item, Handle):
            if hasattr(item.value, "recorder") and item.value.recorder.is_over:
                item.value = item.value.array  # left over in a cache
            self.tensors.append((item, path))
            hooks = [getattr(hook, "function", hook) for hook in hooks_of(item)]
            self._todo += [(hook, "", False) for hook in hooks]
            if type(item) is not Tensor:
                self._todo.append((getattr(item, "__dict__", None), path, False))
            return
        if isinstance(item, GENERATORS) and not isinstance(item, random.SystemRandom):
            self.loose.append((item, path))
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
            yield from self._variables(of_function(item))
            defaults = defaults_of(item)
            self._todo += [(part, name, False) for name, part in defaults][::-1]
            if any(isinstance(part, (np.ndarray, tuple)) for _, part in defaults):
                yield from (
                    Slot(item.__kwdefaults__, key, key) for key in item.__kwdefaults__ or ()
                )
                self._link(Slot(item, "__defaults__", path))
        elif isinstance(item, functools.partial):
            self._link(Slot(item, "args", path))
            self._todo += [(part, path, False) for part in (item.keywords, item.args, item.func)]
        elif isinstance(item, (tuple, frozenset, set)):
            self.sets += [(item, path)] if isinstance(item, set) else []
            parts = enumerate(item)
            self._todo += [(x, f"{path}.{i}" if path else f"{i}", False) for i, x in parts][::-1]
        elif isinstance(item, CONTAINERS):
            yield from self._of_container(item, path)
            if isinstance(item, defaultdict):
                self._todo.append((item.default_factory, path, False))
        elif isinstance(item, (ContextVar, threading.local)):
            names = vars(item) if isinstance(item, threading.local) else [None]
            yield from self._variables(Slot(item, name, f"{path}.{name}") for name in names)
        elif isinstance(item, type):
            yield from self._of_class(item)
        if is_of_a_person(item):
            yield from self._of_record(item, path)

    def _of_class(self, kind: type) -> Iterator[Slot]:
        self.classes.update(dict.fromkeys(own_classes(kind)))
        yield from self._variables(of_class(kind))

    def _of_record(self, item: Any, path: str) -> Iterator[Slot]:
        """The attributes of an object, and what its class holds."""
        self.records.append(item)
        inside = getattr(item, "__dict__", None)
        if (
            isinstance(inside, dict)
            and inside is not item
            and not isinstance(item, threading.local)
        ):
            yield from self._of_container(inside, path)
        yield from self._variables(slots_of(item, path))
        yield from self._of_class(type(item))

    def _variables(self, slots: Iterator[Slot]) -> Iterator[Slot]:
        """Places that no container holds: they are looked at one by one after a run."""
        for slot in slots:
            if slot.where not in self._entered:
                self.variables.append(slot)
                yield slot

    def _of_container(self, holder: Any, path: str) -> Iterator[Slot]:
        self.paths.setdefault(id(holder), path)
        self.holders.append((holder, path))
        keys = list(holder) if isinstance(holder, MutableMapping) else range(len(holder))
        found = [(key, f"{path}.{at}", False) for at, key in enumerate(keys)]
        tensors = [part for part in found if isinstance(part[0], Handle)]
        self._todo[:0] = tensors[::-1]  # parameters have other paths first
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
            self.holders.append((group, path))
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
        """List a place by what it holds, once."""
        if slot.where in self._entered:
            return None
        self._entered.add(slot.where)
        item = slot.get()
        if slot.where in self._closed:
            self.idle.append(slot)
        elif isinstance(item, np.ndarray):
            self.arrays.append(slot)
        elif isinstance(item, np.random.Generator):
            self.generators.append(slot)
        else:
            self.iterators += [slot] if _is_iterator(item) else []
            self.slots.append((slot, item))
            return (item, slot.path, False)
        return None


def _behind(item: Any) -> Any:
    """What a weak reference, a proxy or a read-only view of a dict stands for."""
    if type(item) in ProxyTypes:
        return item.__repr__.__self__
    if issubclass(type(item), ref):
        return item()
    if isinstance(item, WeakSet):
        return item.data  # type: ignore[attr-defined]
    return get_referents(item)[0] if issubclass(type(item), MappingProxyType) else item


def labels_of(reach: Reach) -> dict[str, str]:
    """What stands on the cards of modules, by their paths: ``fc1: Linear(2→4)``."""
    modules = [item for _, item in reach.slots if hasattr(type(item), "named_modules")]
    paths = [(reach.paths.get(id(item), ""), item) for item in modules]
    return {path: f"{path}: {item.describe()}" for path, item in paths if path}


_OWN = ("param_groups", "state", "step_count", "defaults")
"""Attributes of an optimizer that are looked into in a way of their own."""


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple) and bool(item) and all(type(x) is float for x in item)


def _is_optimizer(item: Any) -> bool:
    inside = getattr(item, "__dict__", {})
    return "param_groups" in inside and "state" in inside


def _is_iterator(item: Any) -> bool:
    return isinstance(item, Iterator) and type(item).__module__ in ("builtins", "itertools")
