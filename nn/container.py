"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import autograd as ag
from nn.module import Module


class Sequential(Module):
    """Modules one after the other: f_n(… f_2(f_1(x))).

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
            _check(name, module, type(self))
            setattr(self, name, module)

    def forward(self, input: Any) -> Any:
        """The output of the last module."""
        for module in self:
            input = module(input)
        return input

    def __iter__(self) -> Iterator[Module]:
        return iter(self._named().values())

    def __len__(self) -> int:
        return len(self._named())

    def __getitem__(self, index: int | slice) -> Module:
        """One module by position, or with a slice a `Sequential` of several."""
        names = list(self._named())
        if isinstance(index, slice):
            return type(self)({name: vars(self)[name] for name in names[index]})
        if not -len(names) <= index < len(names):
            raise ag.IndexingError(f"Module {index} of a Sequential of {len(names)} modules.")
        module: Module = vars(self)[names[index]]
        return module

    def _named(self) -> dict[str, Module]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Module)}

    def describe(self) -> str:
        """``Sequential(3 modules)``."""
        return f"{type(self).__name__}({len(self)} modules)"


def _named(modules: tuple[Any, ...]) -> dict[str, Any]:
    if len(modules) == 1 and isinstance(modules[0], Mapping):
        return dict(modules[0])
    return {str(position): module for position, module in enumerate(modules)}


def _check(name: str, module: Any, kind: type[Module]) -> None:
    if not isinstance(module, Module):
        raise ag.ArgumentError(
            f"Sequential takes modules, and {name!r} is {module!r}. A function has its module "
            "(nn.Tanh() for ag.tanh), and a class wants parentheses: nn.Tanh()."
        )
    if not isinstance(name, str) or not name or "." in name or hasattr(kind, name):
        raise ag.ArgumentError(
            f"A module cannot be named {name!r}: a name is a text without dots, and none that "
            "modules use themselves."
        )
