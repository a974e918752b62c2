"""Pictures: trace -> view -> DOT -> layout -> SVG, and the same as text."""

from __future__ import annotations

from autograd.draw.layout import LayoutError
from autograd.draw.picture import Picture, graph
from autograd.draw.trace import Trace

__all__ = ["LayoutError", "Picture", "Trace", "graph"]
