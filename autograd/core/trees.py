"""Tuples, lists and dicts of tensors, nested at will, as one flat list and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.core.errors import ArgumentError
from autograd.core.node import Handle


def leaves_of(tree: Any, what: str) -> list[Any]:
    """The tensors in a tree, in order (of a dict, in order of insertion).

    Raises:
        ArgumentError: something in it is not a tensor.
    """
    if isinstance(tree, Handle):
        return [tree]
    if isinstance(tree, dict):
        return [leaf for part in tree.values() for leaf in leaves_of(part, what)]
    if isinstance(tree, (tuple, list)):
        return [leaf for part in tree for leaf in leaves_of(part, what)]
    raise ArgumentError(
        f"{what} are tensors, or tuples, lists and dicts of tensors; got {type(tree).__name__}."
    )


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
