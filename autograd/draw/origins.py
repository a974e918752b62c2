"""Detached leaves: where the graph was cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.core.node import Handle


def origins(values: Mapping[Any, int]) -> dict[int, int | None]:
    """For each detached leaf the value that it was taken from; None where that is not drawn.

    Args:
        values: the number of each place in the graph.
    """
    leaves = {leaf: number for leaf, number in values.items() if is_detached(leaf)}
    return {number: origin(values, leaf) for leaf, number in leaves.items()}


def is_detached(leaf: Any) -> bool:
    """Whether `detach()` made a leaf of something that had a gradient."""
    return isinstance(leaf, Handle) and leaf.notes is not None and leaf.notes.origin is not None


def origin(values: Mapping[Any, int], leaf: Handle) -> int | None:
    """The number of what a leaf was taken from, if it is still there and part of the run."""
    if leaf.notes is None or leaf.notes.origin is None:
        return None
    source, index = leaf.notes.origin
    place = source()
    if place is None or isinstance(place, Handle):
        return values.get(place)
    return values.get(place.outputs()[index])
