"""Structures of tensors, nested at will: everything in them, in order, and made anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from typing import Any, NamedTuple

from autograd.core.errors import ArgumentError
from autograd.core.node import Handle


def walk(tree: Any) -> Iterator[Any]:
    """Everything in a structure, itself first: each container before what it holds, in order.

    Raises:
        ArgumentError: it holds itself.
    """
    todo, around = [tree], set[int]()
    while todo:
        part = todo.pop()
        if part.__class__ is _End:
            around.remove(part.of)
            continue
        yield part
        held = contents(part)
        if held is not None:
            if id(part) in around:
                raise ArgumentError(
                    f"A structure of tensors holds itself: there is a {type(part).__name__} "
                    "within that same one. Give the parts that are needed."
                )
            around.add(id(part))
            todo += (_End(id(part)), *reversed(held))


class _End(NamedTuple):
    """The end of what a container holds, by its identity."""

    of: int


def contents(item: Any) -> Sequence[Any] | None:
    """What a container holds, in order; None of what is no container.

    A tuple and a list hold their items, a dict its values, a dataclass's object its ``__dict__``.
    """
    if isinstance(item, (tuple, list)):
        return item
    if isinstance(item, dict):
        return tuple(item.values())
    return (vars(item),) if is_record(item) else None


def is_record(item: Any) -> bool:
    """Whether it is a dataclass's object: it counts by what it holds."""
    return is_dataclass(item) and not isinstance(item, type) and hasattr(item, "__dict__")


def tensors_in(tree: Any) -> list[Any]:
    """The tensors in a structure, in order; whatever else is in it."""
    return [part for part in walk(tree) if isinstance(part, Handle)]


def leaves_of(tree: Any, what: str) -> list[Any]:
    """The tensors in a tree of tuples, lists and dicts, in order.

    Raises:
        ArgumentError: something in it is not a tensor.
    """
    for part in walk(tree):
        if not isinstance(part, (Handle, tuple, list, dict)):
            raise ArgumentError(
                f"{what} are tensors, or tuples, lists and dicts of tensors; "
                f"got {type(part).__name__}."
            )
    return tensors_in(tree)


def rebuilt(tree: Any, leaves: Iterable[Any]) -> Any:
    """A tree of the same form with these leaves in place of its tensors."""
    supply = iter(leaves)

    def build(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: build(value) for key, value in part.items()}
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*map(build, part))
        if isinstance(part, (tuple, list)):
            return type(part)(map(build, part))
        return next(supply)

    return build(tree)
