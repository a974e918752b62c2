"""What a module has of its own, found by walking its attributes, and the walk to all below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import autograd as ag
from nn.hooks import Hooked
from nn.parameter import is_parameter

if TYPE_CHECKING:
    from nn.module import Module

T = TypeVar("T")


def is_module(value: Any) -> TypeGuard[Module]:
    """Whether an attribute is a child module."""
    return isinstance(value, Hooked)


def own_children(module: Module) -> Iterator[tuple[str, Module]]:
    """The modules among its attributes."""
    return ((name, value) for name, value in vars(module).items() if is_module(value))


def own_parameters(module: Module) -> Iterator[tuple[str, ag.Tensor]]:
    """The parameters among its attributes."""
    buffers = registered(module)
    for name, value in vars(module).items():
        if name not in buffers and is_parameter(value):
            yield name, value


def own_buffers(module: Module) -> Iterator[tuple[str, ag.Tensor]]:
    """The buffers that it has registered and not set to None."""
    for name in registered(module):
        if vars(module).get(name) is not None:
            yield name, vars(module)[name]


def own_state(module: Module) -> Iterator[tuple[str, ag.Tensor]]:
    """The buffers that belong into a state."""
    return ((name, buffer) for name, buffer in own_buffers(module) if registered(module)[name])


def registered(module: Module) -> dict[str, bool]:
    """The names that were registered as buffers, and whether they are saved."""
    found: dict[str, bool] = vars(module).get("_buffers", {})
    return found


def found_in(module: Module, name: str, target: str, known: Mapping[str, T]) -> T:
    """What a module knows by a name, which is the next part of a path.

    Raises:
        UnknownNameError: nothing.
    """
    if name not in known:
        names = ", ".join(map(repr, known)) or "none"
        raise ag.UnknownNameError(
            f"{target!r} leads nowhere: {type(module).__name__} has no {name!r}; it has {names}."
        )
    return known[name]


def free_name(module: Module, name: str, replaceable: Mapping[str, Any]) -> str:
    """A name for a new attribute.

    Raises:
        NameTakenError, ArgumentError: it stands for something else already, or cannot be one.
    """
    if not isinstance(name, str) or not name or "." in name:
        raise ag.ArgumentError(f"{name!r} cannot be a name: write a text without dots.")
    taken = hasattr(module, name) and vars(module).get(name, module) is not None
    if taken and name not in replaceable:
        raise ag.NameTakenError(
            f"{type(module).__name__} has an attribute {name!r} already; choose another name."
        )
    return name


def walk(path: str, module: Module, above: tuple[Module, ...] = ()) -> Iterator[tuple[str, Module]]:
    """A module and all below it, each before its children.

    Raises:
        StateError: a module that is below itself.
    """
    if any(module is other for other in above):
        raise ag.StateError(
            f"{type(module).__name__} contains itself, as {path!r}: keep a way back to an owner "
            "outside of the attributes, or in a list."
        )
    yield path, module
    for name, child in own_children(module):
        yield from walk(joined(path, name), child, (*above, module))


def gather(
    module: Module,
    own: Callable[[Module], Iterator[tuple[str, ag.Tensor]]],
    prefix: str,
    recurse: bool,
) -> Iterator[tuple[str, ag.Tensor]]:
    """What the modules have of their own, under whole paths."""
    owners = walk(prefix, module) if recurse else [(prefix, module)]
    for path, owner in owners:
        for name, tensor in own(owner):
            yield joined(path, name), tensor


def once(found: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """Each object under the first of its names."""
    seen: set[int] = set()
    for name, item in found:
        if id(item) not in seen:
            seen.add(id(item))
            yield name, item


def joined(path: str, name: str) -> str:
    """The path of what a module at a path calls so."""
    return f"{path}.{name}" if path else name
