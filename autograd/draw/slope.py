"""The backward pass itself as a graph: a gradient that knows how it was computed."""

from __future__ import annotations

from typing import Any

from autograd.core.errors import ArgumentError, GradientError
from autograd.core.graph import entry
from autograd.core.hooks import notes_of
from autograd.core.node import Handle
from autograd.draw.naming import results_of_calls
from autograd.functional import grad


def slope(root: Handle, by: Any, gradient: Any = None) -> Any:
    """∂root/∂by with its history, and with that name where it has none.

    Raises:
        ArgumentError: `by` is no tensor.
        GradientError: `root` does not depend on it, or is no single number.
    """
    if not isinstance(by, Handle):
        raise ArgumentError(
            f"graph(wrt={type(by).__name__}): give the tensor to differentiate by, such as wrt=x. "
            "For several, draw one picture for each."
        )
    if not isinstance(root, Handle) or not root.needs_grad:
        raise GradientError(
            "graph(wrt=…) draws how the gradient is computed, and this tensor has none: nothing "
            "that it was computed from requires a gradient."
        )
    start = None if gradient is None else [gradient]
    found: Any = grad(root, by, start, create_graph=True)[0]  # type: ignore[arg-type]
    said = notes_of(found)
    said.name = said.name or f"∂{_name(root, 'f')}/∂{_name(by, 'x')}"
    return found


def _name(tensor: Handle, otherwise: str) -> str:
    """What a person calls a tensor: outright, or in the line that made it."""
    place = entry(tensor)
    if isinstance(place, Handle):
        return place.label or otherwise
    said = results_of_calls([place.node]).get(place.node)
    return place.name or (said.target if said else None) or otherwise
