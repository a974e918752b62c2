"""What a person's functions, classes and modules use of what lies outside of them."""

from __future__ import annotations

import builtins
import functools
import os
import random
import sys
import sysconfig
from collections.abc import Iterator
from dis import get_instructions
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.compiler.places import CONTAINERS, Slot
from autograd.core.mode import is_library
from autograd.core.node import Handle


def is_of_a_person(item: Any) -> bool:
    """Whether the attributes of an object may hold tensors: not NumPy's, nor the library's."""
    if isinstance(item, (ModuleType, type, CodeType)):
        return False
    return type(item).__module__.split(".")[0] not in _FOREIGN - {"types", "collections"}


def _is_own_module(module: ModuleType) -> bool:
    """Whether it is a module that a person has written."""
    own = module.__name__.split(".")[0] not in _LIBRARY
    return own and not is_installed(getattr(module, "__file__", None) or "")


def is_own_class(item: Any) -> bool:
    """Whether it is a class that a person has written."""
    return isinstance(item, type) and item.__module__.split(".")[0] not in _LIBRARY


_FOREIGN = frozenset(sys.stdlib_module_names - {"__main__"} | {"numpy", "autograd"})
"""Packages whose objects hold nothing that a person has put there."""

_LIBRARY = _FOREIGN | {"nn", "optim"}
"""Packages whose classes hold nothing that a person has put there."""


def of_function(function: FunctionType) -> Iterator[Slot]:
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
    for name, *attributes in sorted(_attributes(code)):
        cell = cells.get(name)
        found = inside.get(name) if cell is None else Slot(cell, None, name).get()
        yield from _of_module(found, name, attributes)


def _of_module(found: Any, path: str, attributes: list[str]) -> Iterator[Slot]:
    """What is taken from a person's module, and from modules in it."""
    for attribute in attributes:
        if not isinstance(found, ModuleType) or not _is_own_module(found):
            return
        path = f"{path}.{attribute}"
        slot = Slot(vars(found), attribute, path)
        yield slot
        found = slot.get()


def is_installed(file: str) -> bool:
    """Whether code was installed: what such functions use besides closures is no person's."""
    return file.startswith(_STANDARD) or _is_package(file)


def _is_package(file: str) -> bool:
    return "site-packages" in file or "dist-packages" in file


def is_standard(file: str) -> bool:
    """Whether code belongs to Python's standard library."""
    return file.startswith(_STANDARD) and not _is_package(file)


_STANDARD = sysconfig.get_path("stdlib") + os.sep


def of_class(kind: type) -> Iterator[Slot]:
    """What a person's class holds, and its methods."""
    for base in kind.__mro__:
        own = is_own_class(base)
        for name, part in list(vars(base).items()):
            functions = _own_functions(part)
            for function in functions:
                yield from of_function(function)
            hidden = name.startswith("__") and name != "__call__"
            if own and not hidden and (functions or _may_hold(part)):
                yield Slot(base, name, f"{kind.__name__}.{name}")


def _may_hold(part: Any) -> bool:
    """Whether an attribute of a class is something that a function may read."""
    return isinstance(part, _DATA) or is_of_a_person(part) or is_own_class(part)


def own_classes(kind: type) -> list[type]:
    """A class and those that it inherits from, as far as a person has written them."""
    return [base for base in kind.__mro__ if is_own_class(base)]


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


def defaults_of(function: FunctionType) -> list[tuple[str, Any]]:
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
def _attributes(code: CodeType) -> frozenset[tuple[str, ...]]:
    """The attributes that code takes straight from an outer name: ``settings.model.rate``."""
    found: list[list[str]] = []
    chain: list[str] = []
    for part in get_instructions(code):
        if part.opname in _USES or part.opname == "LOAD_DEREF":
            chain = [part.argval]
        elif chain and ("ATTR" in part.opname or "METHOD" in part.opname):
            chain = [*chain, part.argval]
            found.append(chain)
        else:
            chain = []
    inner = (_attributes(part) for part in code.co_consts if isinstance(part, CodeType))
    return frozenset(map(tuple, found)).union(*inner)


_USES = ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")
