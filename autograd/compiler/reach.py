"""What a function can reach: tensors, arrays, generators and options, each with its path.

A compiled function must notice what has changed since it was traced, and put results where
the uncompiled run would: so everything that the function holds, through its closure, the
global names it uses, attributes and containers, is listed once, in a fixed order.
"""

from __future__ import annotations

import builtins
import functools
import os
import random
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from dis import get_instructions
from itertools import pairwise
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.compiler.idle import open_if_closed
from autograd.compiler.places import CONTAINERS, PLAIN, Key, Slot
from autograd.compiler.signature import hooks_of
from autograd.core import mode
from autograd.core.mode import is_library
from autograd.core.node import Handle


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
        if (isinstance(item, PLAIN) and not _is_own_class(item)) or id(item) in self.paths:
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
            yield from self._variables(_of_function(item))
            defaults = _defaults(item)
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
        elif isinstance(item, type):
            yield from self._variables(_of_class(item))
        if is_of_a_person(item):
            yield from self._of_record(item, path)

    def _of_record(self, item: Any, path: str) -> Iterator[Slot]:
        """The attributes of an object, and what its class holds."""
        self.records.append(item)
        inside = getattr(item, "__dict__", None)
        if isinstance(inside, dict) and inside is not item:
            yield from self._of_container(inside, path)
        yield from self._variables(slots_of(item, path))
        yield from self._variables(_of_class(type(item)))

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


def is_of_a_person(item: Any) -> bool:
    """Whether the attributes of an object may hold tensors: not NumPy's, nor the library's."""
    if isinstance(item, (ModuleType, type, CodeType)):
        return False
    return type(item).__module__.split(".")[0] not in _FOREIGN - {"types", "collections"}


def _is_own_module(module: ModuleType) -> bool:
    """Whether it is a module that a person has written."""
    own = module.__name__.split(".")[0] not in _LIBRARY
    return own and not is_installed(getattr(module, "__file__", None) or "")


def _is_own_class(item: Any) -> bool:
    """Whether it is a class that a person has written."""
    return isinstance(item, type) and item.__module__.split(".")[0] not in _LIBRARY


_FOREIGN = frozenset(sys.stdlib_module_names - {"__main__"} | {"numpy", "autograd"})
"""Packages whose objects hold nothing that a person has put there."""

_LIBRARY = _FOREIGN | {"nn", "optim"}
"""Packages whose classes hold nothing that a person has put there."""


def _of_function(function: FunctionType) -> Iterator[Slot]:
    """The closure and the global names of a person's function, and what it takes from modules."""
    code, inside = function.__code__, function.__globals__
    if is_library(code):
        return
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    yield from (Slot(cell, None, name) for name, cell in cells.items())
    if is_installed(code.co_filename):
        return
    for name in sorted(_global_names(code)):
        if name in inside or not hasattr(builtins, name):
            yield Slot(inside, name, name)
    for name, attribute in sorted(_attributes(code)):
        cell = cells.get(name)
        module = inside.get(name) if cell is None else Slot(cell, None, name).get()
        if isinstance(module, ModuleType) and _is_own_module(module):
            yield Slot(vars(module), attribute, f"{name}.{attribute}")


def is_installed(file: str) -> bool:
    """Whether code was installed: what such functions use besides closures is no person's."""
    return file.startswith(_STANDARD) or _is_package(file)


def _is_package(file: str) -> bool:
    return "site-packages" in file or "dist-packages" in file


def is_standard(file: str) -> bool:
    """Whether code belongs to Python's standard library."""
    return file.startswith(_STANDARD) and not _is_package(file)


_STANDARD = sysconfig.get_path("stdlib") + os.sep


def _of_class(kind: type) -> Iterator[Slot]:
    """What a person's class holds, and its methods."""
    for base in kind.__mro__:
        for name, part in list(vars(base).items()):
            for function in _own_functions(part):
                yield from _of_function(function)
            if isinstance(part, _DATA) and _is_own_class(base) and not name.startswith("__"):
                yield Slot(base, name, f"{kind.__name__}.{name}")


GENERATORS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)
"""What random numbers are drawn from."""

_DATA = (bool, int, float, str, np.generic, Handle, np.ndarray, tuple, *CONTAINERS, *GENERATORS)
"""Attributes of classes that a function may read."""


def functions_of(item: Any) -> list[FunctionType]:
    """The functions that something calls: itself, or the methods of a class."""
    if isinstance(item, functools.partial):
        return functions_of(item.func)
    if not isinstance(item, type):
        return _own_functions(item)
    parts = [part for base in item.__mro__ for part in vars(base).values()]
    return [function for part in parts for function in _own_functions(part)]


def _own_functions(part: Any) -> list[FunctionType]:
    """The functions of a method or property."""
    if not isinstance(part, (FunctionType, MethodType, property, staticmethod, classmethod)):
        return []
    found = [getattr(part, name, None) for name in ("__func__", "fget", "fset")]
    return [item for item in (part, *found) if isinstance(item, FunctionType)]


def slots_of(item: Any, path: str) -> Iterator[Slot]:
    """The attributes of an object that its class lists in ``__slots__``."""
    for base in type(item).__mro__:
        listed = vars(base).get("__slots__", ())
        for name in (listed,) if isinstance(listed, str) else listed:
            if hasattr(item, name):
                yield Slot(item, name, f"{path}.{name}" if path else name)


def _defaults(function: FunctionType) -> list[tuple[str, Any]]:
    """The default values of a person's function, by the names of their parameters."""
    if is_library(function.__code__):
        return []
    count, values = function.__code__.co_argcount, function.__defaults__ or ()
    names = function.__code__.co_varnames[count - len(values) : count]
    return [*zip(names, values, strict=True), *(function.__kwdefaults__ or {}).items()]


@functools.lru_cache(maxsize=1024)
def _global_names(code: CodeType) -> frozenset[str]:
    """The global names that code uses, and functions within it; names of attributes are not."""
    used = {part.argval for part in get_instructions(code) if part.opname in _USES}
    inner = (_global_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return frozenset(used.union(*inner))


@functools.lru_cache(maxsize=1024)
def _attributes(code: CodeType) -> frozenset[tuple[str, str]]:
    """The attributes that code takes straight from an outer name: ``settings.rate``."""
    pairs, uses = pairwise(get_instructions(code)), {*_USES, "LOAD_DEREF"}
    found = {(a.argval, b.argval) for a, b in pairs if a.opname in uses and "ATTR" in b.opname}
    inner = (_attributes(part) for part in code.co_consts if isinstance(part, CodeType))
    return frozenset(found.union(*inner))


_USES = ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")
