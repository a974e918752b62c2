"""Modules under names of their own, and parameters in lists and dicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import autograd as ag
from nn.container import check_name
from nn.module import Module, is_parameter
from nn.parameter import Parameter

V = TypeVar("V")
Items = Mapping[str, Any] | Iterable[tuple[str, Any]]


class UnknownKeyError(ag.GlassError, KeyError):
    """A name that is not among the parts; the message lists those that are."""

    __str__ = Exception.__str__


class Keyed(Module, Generic[V]):
    """Parts of a module under names, with the behaviour of a dict."""

    def __init__(self, items: Items | None = None) -> None:
        self.update(items or {})

    def _accept(self, key: str, value: Any) -> V:
        """What is held for a value that was given."""
        raise NotImplementedError

    def _holds(self, value: Any) -> bool:
        """Whether an attribute is one of the parts."""
        raise NotImplementedError

    def _parts(self) -> dict[str, V]:
        return {name: value for name, value in vars(self).items() if self._holds(value)}

    def __getitem__(self, key: str) -> V:
        parts = self._parts()
        if key not in parts:
            raise UnknownKeyError(f"{key!r} is none of {', '.join(map(repr, parts)) or '()'}.")
        return parts[key]

    def __setitem__(self, key: str, value: Any) -> None:
        check_name(key, type(self))
        vars(self)[key] = self._accept(key, value)

    def __delitem__(self, key: str) -> None:
        self[key]
        del vars(self)[key]

    def __len__(self) -> int:
        return len(self._parts())

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts())

    def __contains__(self, key: object) -> bool:
        return key in self._parts()

    def keys(self) -> Iterable[str]:
        """The names, in the order of their first use."""
        return self._parts().keys()

    def values(self) -> Iterable[V]:
        """The parts, in the order of their names."""
        return self._parts().values()

    def items(self) -> Iterable[tuple[str, V]]:
        """Names and parts."""
        return self._parts().items()

    def update(self, items: Items) -> None:
        """Set several parts, from a dict or pairs."""
        for key, value in dict(items).items():
            self[key] = value

    def get(self, key: str, default: Any = None) -> Any:
        """The part of that name, or the default."""
        return self._parts().get(key, default)

    def pop(self, key: str) -> V:
        """Take a part out and return it."""
        part = self[key]
        del self[key]
        return part

    def clear(self) -> None:
        """Take all parts out."""
        for key in self._parts():
            del vars(self)[key]

    def describe(self) -> str:
        """``ModuleDict(2 parts)``."""
        return f"{type(self).__name__}({len(self)} parts)"


class ModuleDict(Keyed[Module]):
    """Modules in a dict, for a forward that picks them by name.

    Raises:
        ArgumentError: something that is not a module, or a name that cannot be one.

    >>> from nn import ReLU, Tanh
    >>> choices = ModuleDict({"tanh": Tanh(), "relu": ReLU()})
    >>> choices["relu"](ag.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, modules: Items | None = None) -> None:
        super().__init__(modules)

    def _holds(self, value: Any) -> bool:
        return isinstance(value, Module)

    def _accept(self, key: str, value: Any) -> Module:
        if not isinstance(value, Module):
            raise ag.ArgumentError(f"ModuleDict takes modules, and {key!r} is {value!r}.")
        return value


class ParameterDict(Keyed[ag.Tensor]):
    """Parameters in a dict; what is no parameter yet is copied into one.

    Raises:
        ArgumentError: a name that cannot be one.
        DTypeError: integers, which have no gradient.

    >>> scales = ParameterDict({"x": [1.0, 2.0], "y": [3.0]})
    >>> [(name, p.shape) for name, p in scales.named_parameters()]
    [('x', (2,)), ('y', (1,))]
    """

    def __init__(self, parameters: Items | None = None) -> None:
        super().__init__(parameters)

    def _holds(self, value: Any) -> bool:
        return is_parameter(value)

    def _accept(self, key: str, value: Any) -> ag.Tensor:
        return _as_parameter(value)

    def __repr__(self) -> str:
        return _listed(type(self).__name__, self._parts())


class ParameterList(Module):
    """Parameters in a list; what is no parameter yet is copied into one.

    Raises:
        DTypeError: integers, which have no gradient.

    >>> scales = ParameterList([[1.0, 2.0], [3.0]])
    >>> [(name, p.shape) for name, p in scales.named_parameters()]
    [('0', (2,)), ('1', (1,))]
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self.extend(() if values is None else values)

    def _parts(self) -> list[ag.Tensor]:
        return [value for value in vars(self).values() if is_parameter(value)]

    def __len__(self) -> int:
        return len(self._parts())

    def __iter__(self) -> Iterator[ag.Tensor]:
        return iter(self._parts())

    def __getitem__(self, index: int | slice) -> Any:
        """One parameter by position, or with a slice several of them in a new list."""
        if isinstance(index, slice):
            return type(self)(self._parts()[index])
        return self._parts()[self._place(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        vars(self)[str(self._place(index))] = _as_parameter(value)

    def append(self, value: Any) -> ParameterList:
        """Put a parameter at the end."""
        vars(self)[str(len(self))] = _as_parameter(value)
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Put several parameters at the end, in their order."""
        for value in list(values):
            self.append(value)
        return self

    def _place(self, index: int) -> int:
        if not -len(self) <= index < len(self):
            raise ag.IndexingError(f"Parameter {index} of a ParameterList of {len(self)}.")
        return index % len(self)

    def __repr__(self) -> str:
        return _listed(type(self).__name__, {str(i): p for i, p in enumerate(self)})


def _as_parameter(value: Any) -> ag.Tensor:
    return value if is_parameter(value) else Parameter(value)


def _listed(name: str, parts: Mapping[str, ag.Tensor]) -> str:
    lines = [f"\n  ({key}): {part.dtype} of shape {part.shape}" for key, part in parts.items()]
    return f"{name}({''.join(lines)}{chr(10) if lines else ''})"
