"""A view as a small DOT graph: for the layout without any text, for people with labels."""

from __future__ import annotations

from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING, Any

from autograd.core.errors import MissingPackageError
from autograd.draw import wording
from autograd.draw.ranks import ROOMY, spans
from autograd.draw.view import Box, Card, Link, View

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped, unused-ignore]

INCH = 72.0
"""Graphviz measures boxes in inches and everything else in points; our pixels are points."""


def digraph(view: View, labels: bool = True) -> Digraph:
    """The view as a `graphviz.Digraph`; the same view gives the same bytes.

    Names of nodes and clusters are our own numbers, never anybody's text.

    Args:
        view: what is drawn.
        labels: write names and numbers into the boxes; without them, only their sizes.

    Raises:
        MissingPackageError: the package ``graphviz`` is not installed.
    """
    package = _package()
    made: Digraph = package.Digraph("glassgrad")
    _attributes(made, view)
    _Writer(package, view, labels).fill(made)
    return made


def _package() -> Any:
    try:
        return import_module("graphviz")
    except ImportError as error:
        raise MissingPackageError(
            "Drawing writes DOT through the package graphviz, which is not installed: "
            "pip install graphviz. The text form needs nothing: print(f.graph().to_text())."
        ) from error


def _attributes(made: Digraph, view: View) -> None:
    roomy = len(view.boxes) <= ROOMY
    along, across = ("0.45", "0.45") if roomy else ("0.75", "0.35")
    made.attr("graph", rankdir=view.direction, ranksep=along, nodesep=across, pad="0.2")
    made.attr("graph", fontname="Helvetica", fontsize="11")
    made.attr("node", shape="box", fixedsize="true", fontname="Helvetica", fontsize="9")
    made.attr("edge", fontname="Helvetica", fontsize="9", arrowsize="0.6")


class _Writer:
    """Writes nodes into the clusters that they lie in, then all edges."""

    def __init__(self, package: Any, view: View, labels: bool) -> None:
        self.package = package
        self.view = view
        self.labels = labels
        self._spans = spans(view)
        self._boxes: dict[int | None, list[Box]] = {}
        self._cards: dict[int | None, list[Card]] = {}
        for box in view.boxes:
            self._boxes.setdefault(box.card, []).append(box)
        for card in view.cards:
            self._cards.setdefault(card.parent, []).append(card)

    def fill(self, made: Digraph) -> None:
        """Everything, outermost clusters first."""
        self._inside(made, None)
        for link in self.view.links:
            self._edge(made, link)
        if self.labels and self.view.title:
            made.attr(label=self._quoted(self.view.title), labelloc="t")

    def _quoted(self, *lines: str) -> str:
        """Text that Graphviz takes literally: no escapes, no HTML, one line below the other.

        An empty line would end the layout library of Graphviz 14 with a crash.
        """
        text = r"\n".join(self.package.escape(line) for line in lines if line)
        quoted: str = self.package.nohtml(text)
        return quoted

    def _inside(self, made: Digraph, card: int | None) -> None:
        for box in self._boxes.get(card, []):
            self._node(made, box)
        for inner in self._cards.get(card, []):
            with made.subgraph(name=f"cluster_{inner.group}") as cluster:
                cluster.attr(label=self._title(inner), labeljust="l", style="rounded")
                if self.view.direction == "BT":  # Graphviz turns the room for titles, too
                    cluster.attr(labelloc="b")
                self._inside(cluster, inner.group)

    def _title(self, card: Card) -> str:
        """The title, or as many letters as leave room for it."""
        if self.labels:
            return self._quoted(card.label)
        return "x" * ceil(wording.width(card.label, 11, bold=True) / 5)

    def _node(self, made: Digraph, box: Box) -> None:
        size = {"width": f"{box.width / INCH:.4f}", "height": f"{box.height / INCH:.4f}"}
        if not self.labels:
            order = {"ordering": "in"} if box.key in self.view.ordered else {}
            made.node(str(box.key), label="", **size, **order)
            return
        label = self._quoted(box.name, *(line for _, line in box.lines))
        made.node(str(box.key), label=label, **size, **_look(box))

    def _edge(self, made: Digraph, link: Link) -> None:
        said = " ".join(part for part in (link.mark, link.note) if part)
        more = {"label": self._quoted(said)} if self.labels and said else {}
        if self._spans[link.key] > 1:
            more["minlen"] = str(self._spans[link.key])
        if link.strong:
            more["weight"] = "8"
        made.edge(str(link.tail), str(link.head), id=f"edge-{link.key}", **more)


def _look(box: Box) -> dict[str, str]:
    if box.kind == "op":
        return {"shape": "ellipse"}
    if box.kind == "group":
        return {"style": "filled", "fillcolor": "gray95"}
    role = box.role.split()[0]
    style = {"input": "dotted,rounded", "constant": "dotted,rounded", "parameter": "bold"}
    look = {"style": style.get(role, "rounded")}
    return {**look, "peripheries": "2"} if "root" in box.role else look
