"""Pictures: trace -> view -> DOT -> layout -> SVG, and the same as text."""

from __future__ import annotations

from autograd.core.tensor import Tensor
from autograd.draw.layout import LayoutError
from autograd.draw.picture import Picture, graph
from autograd.draw.trace import Trace

__all__ = ["LayoutError", "Picture", "Trace", "attach", "graph"]


def attach() -> None:
    """Give `Tensor` its method ``graph``."""
    Tensor.graph = graph  # type: ignore[method-assign,assignment]
