"""Modules and parameters in lists and dicts, and modules one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import autograd as ag
from nn.module import Module

L = TypeVar("L", bound="Listed")


class Listed(Module):
    """Modules in an order, with the behaviour of a list; their names are their places."""

    def __len__(self) -> int:
        return len(self._named())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._named().values())

    def __getitem__(self, index: int | slice) -> Any:
        """One module by position, or with a slice several of them in a new list."""
        names = list(self._named())
        if isinstance(index, slice):
            return self._part({name: vars(self)[name] for name in names[index]})
        return vars(self)[names[self._place(index)]]

    def __setitem__(self, index: int, module: Module) -> None:
        name = list(self._named())[self._place(index)]
        vars(self)[name] = _checked(name, module, type(self))

    def __delitem__(self, index: int | slice) -> None:
        kept = list(self)
        del kept[index if isinstance(index, slice) else self._place(index)]
        self._replace(kept)

    def append(self: L, module: Module) -> L:
        """Put a module at the end."""
        return self.insert(len(self), module)

    def extend(self: L, modules: Iterable[Module]) -> L:
        """Put several modules at the end, in their order."""
        if not isinstance(modules, Iterable):
            raise ag.ArgumentError(
                f"{type(self).__name__} takes modules in a list, and not {modules!r:.60}"
            )
        for module in list(modules):
            self.append(module)
        return self

    def insert(self: L, index: int, module: Module) -> L:
        """Put a module before the one at `index`; those behind move up.

        Raises:
            IndexingError: a place outside the list.
            ArgumentError: something that is not a module.
        """
        place = self._place(index, len(self) + 1) if index >= 0 else self._place(index)
        if place == len(self):
            name = str(place)
            vars(self)[name] = _checked(name, module, type(self))
            return self
        modules = list(self)
        self._replace([*modules[:place], module, *modules[place:]])
        return self

    def pop(self, index: int = -1) -> Module:
        """Take a module out and return it; those behind move down."""
        module: Module = self[index]
        del self[index]
        return module

    def __add__(self: L, other: Iterable[Module]) -> L:
        return type(self)(*self._arguments([*self, *other]))

    def __iadd__(self: L, other: Iterable[Module]) -> L:
        return self.extend(other)

    @staticmethod
    def _arguments(modules: list[Module]) -> list[Any]:
        """What the class takes to hold these modules."""
        return [modules]

    def _part(self: L, named: dict[str, Module]) -> L:
        return type(self)(*self._arguments(list(named.values())))

    def _named(self) -> dict[str, Module]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Module)}

    def _place(self, index: int, size: int | None = None) -> int:
        size = len(self) if size is None else size
        if not hasattr(index, "__index__"):
            raise ag.ArgumentError(
                f"A {type(self).__name__} is indexed by a place, such as [0], or a slice, and not "
                f"by {index!r:.60}"
            )
        if not -size <= index < size:
            raise ag.IndexingError(
                f"Module {index} of a {type(self).__name__} of {len(self)} modules."
            )
        return index % size

    def _replace(self, modules: Iterable[Module]) -> None:
        """Hold these modules and no others, under new numbers."""
        new = {str(i): _checked(str(i), m, type(self)) for i, m in enumerate(modules)}
        for name in self._named():
            del vars(self)[name]
        vars(self).update(new)

    def describe(self) -> str:
        """``Sequential(3 modules)``."""
        return f"{type(self).__name__}({len(self)} modules)"


class Sequential(Listed):
    """Modules one after the other: f_n(… f_2(f_1(x))).

    It can be changed like a list: ``append``, ``insert``, ``model[1] = …``, ``del model[2]``.

    Args:
        *modules: the modules in order, named ``"0"``, ``"1"``, …; or one dict of them
            with names of their own.

    Raises:
        ArgumentError: something that is not a module, or a name that cannot be one.

    >>> from nn import Linear, Tanh
    >>> model = Sequential(Linear(2, 3), Tanh())
    >>> len(model), model[1], [name for name, _ in model.named_parameters()]
    (2, Tanh(), ['0.weight', '0.bias'])
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        for name, module in _named(modules).items():
            vars(self)[name] = _checked(name, module, type(self))

    def forward(self, input: Any) -> Any:
        """The output of the last module."""
        for module in self:
            input = module(input)
        return input

    @staticmethod
    def _arguments(modules: list[Module]) -> list[Any]:
        return modules

    def _part(self, named: dict[str, Module]) -> Sequential:
        return type(self)(named)

    def __mul__(self, times: int) -> Sequential:
        """The same modules several times in a row, sharing their parameters."""
        return type(self)(*list(self) * times)


class ModuleList(Listed):
    """Modules in a list, for a forward that goes through them in its own way.

    Unlike in a Python list, their parameters are found.

    Raises:
        ArgumentError: something that is not a module.

    >>> from nn import Linear
    >>> heads = ModuleList(Linear(2, n) for n in (3, 4))
    >>> [name for name, _ in heads.named_parameters()]
    ['0.weight', '0.bias', '1.weight', '1.bias']
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        self.extend(modules or ())

    def __repr__(self) -> str:
        groups: list[list[Any]] = []
        for place, words in enumerate(map(repr, self)):
            if groups and groups[-1][2] == words:
                groups[-1][1] = place
            else:
                groups.append([place, place, words])
        body = "".join("\n" + _group(*group) for group in groups).replace("\n", "\n  ")
        return f"{type(self).__name__}({body}\n)" if body else f"{type(self).__name__}()"


def _group(first: int, last: int, words: str) -> str:
    if first == last:
        return f"({first}): {words}"
    return f"({first}-{last}): {last - first + 1} x {words}"


# --- what all of them check ---------------------------------------------------------------


def _named(modules: tuple[Any, ...]) -> dict[str, Any]:
    if len(modules) == 1 and isinstance(modules[0], Mapping):
        return dict(modules[0])
    return {str(position): module for position, module in enumerate(modules)}


def _checked(name: str, module: Any, kind: type[Module]) -> Module:
    if not isinstance(module, Module):
        raise ag.ArgumentError(
            f"{kind.__name__} takes modules, and {name!r} is {module!r}. A function has its "
            "module (nn.Tanh() for ag.tanh), and a class wants parentheses: nn.Tanh()."
        )
    check_name(name, kind)
    return module


def check_name(name: Any, kind: type[Module]) -> None:
    """Refuse what cannot name a part of a module.

    Raises:
        ArgumentError: not a text, one with dots, or one that modules use themselves.
    """
    if not isinstance(name, str) or not name or "." in name or hasattr(kind, name):
        raise ag.ArgumentError(
            f"A part of a {kind.__name__} cannot be named {name!r}: a name is a text without "
            "dots, and none that modules use themselves."
        )
