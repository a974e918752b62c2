"""Where everything lies: Graphviz's coordinates, read back from the first engine that answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from autograd.core.errors import GlassError, MissingPackageError
from autograd.draw import engines
from autograd.draw.dot import digraph
from autograd.draw.view import View

Point = tuple[float, float]


class LayoutError(GlassError, RuntimeError):
    """Graphviz is there and gave no layout; the message says what each engine did."""


@dataclass(frozen=True)
class Curve:
    """A chain of cubic Bézier arcs from tail to head: 1 + 3·n points, and where its tip is."""

    points: tuple[Point, ...]
    tip: Point


@dataclass(frozen=True)
class Rectangle:
    """A rectangle by its corners, y growing downward."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Layout:
    """Coordinates in pixels from the top left corner.

    Attributes:
        engine: what laid it out, for the caption.
        width, height: the size of the whole drawing.
        centres: the centre of each box, by key.
        curves: the way of each link, by key.
        cards: the rectangle of each card, by group.
    """

    engine: str
    width: float
    height: float
    centres: dict[int, Point]
    curves: dict[int, Curve]
    cards: dict[int, Rectangle]


def lay_out(view: View, budget: float | None = None) -> Layout:
    """Ask one engine after the other, each for at most `budget` seconds (10 by default).

    Raises:
        MissingPackageError: no engine is installed.
        LayoutError: none of those that are installed gave a layout.
    """
    source = digraph(view, labels=False).source
    failures = []
    for engine in engines.engines():
        answer = engines.run(engine, source, engines.BUDGET if budget is None else budget)
        if not answer.failure:
            try:
                return in_reading_order(_parse(answer, view), view)
            except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
                answer = replace(answer, failure="printed something else than a layout.")
        failures.append(f"{answer.engine} {answer.failure}")
    raise _no_layout(failures)


def _no_layout(failures: list[str]) -> GlassError:
    instead = "The text and DOT forms need no layout: f.graph().to_text(), f.graph().save('f.dot')."
    if not failures:
        return MissingPackageError(
            "Drawing needs Graphviz for the layout, and there is none. Either install Graphviz "
            "itself (apt install graphviz, brew install graphviz, or graphviz.org), or its "
            f'Python package, which carries it: pip install "pygraphviz>=2.0.4". {instead}'
        )
    return LayoutError(
        f"There is no layout for this graph: {'; '.join(failures)} A smaller drawing may help: "
        f"graph(depth=0) collapses modules and time steps. {instead}"
    )


# --- reading Graphviz's JSON ------------------------------------------------------------


def _parse(answer: engines.Answer, view: View) -> Layout:
    found = json.loads(answer.output)
    left, bottom, right, top = map(float, found["bb"].split(","))
    flip = _Flip(left, top)
    objects = {item["name"]: item for item in found["objects"]}
    edges = {item["id"]: item for item in found.get("edges", [])}
    return Layout(
        answer.engine,
        right - left,
        top - bottom,
        {box.key: flip.point(objects[str(box.key)]["pos"]) for box in view.boxes},
        {link.key: flip.curve(edges[f"edge-{link.key}"]["pos"]) for link in view.links},
        {c.group: flip.rectangle(objects[f"cluster_{c.group}"]["bb"]) for c in view.cards},
    )


class _Flip:
    """Graphviz counts y upward from the bottom, a screen downward from the top."""

    def __init__(self, left: float, top: float) -> None:
        self.left = left
        self.top = top

    def point(self, text: str) -> Point:
        """``x,y`` (a third number, as in ``e,x,y``, is cut off before)."""
        x, y = text.rstrip("!").split(",")
        return float(x) - self.left, self.top - float(y)

    def rectangle(self, text: str) -> Rectangle:
        """``left,bottom,right,top``."""
        left, bottom, right, top = map(float, text.split(","))
        return Rectangle(left - self.left, self.top - top, right - self.left, self.top - bottom)

    def curve(self, text: str) -> Curve:
        """``e,x,y x,y x,y x,y x,y …``: the tip, then the points of the arcs."""
        tip: Point | None = None
        points: list[Point] = []
        for part in text.split(";")[0].split():
            if part.startswith("e,"):
                tip = self.point(part[2:])
            else:
                points.append(self.point(part))
        if len(points) % 3 != 1 or len(points) < 4:
            raise ValueError("not a chain of Bézier arcs")
        return Curve(tuple(points), tip or points[-1])


# --- reading order ----------------------------------------------------------------------


def in_reading_order(layout: Layout, view: View) -> Layout:
    """The layout or its mirror image: what was made first lies further left, or higher up.

    Graphviz does not mind whether time runs to the left or to the right. Cards are never
    turned upside down, because their titles have room at the top only.
    """
    if view.direction == "TB" and _falls(layout, view, 0):
        return _mirrored(layout, lambda x, y: (layout.width - x, y))
    if view.direction == "LR" and not view.cards and _falls(layout, view, 1):
        return _mirrored(layout, lambda x, y: (x, layout.height - y))
    return layout


def _falls(layout: Layout, view: View, axis: int) -> bool:
    """Whether a coordinate rather falls than grows in the order of creation."""
    places = [layout.centres[box.key][axis] for box in view.boxes]
    mean = sum(places) / len(places)
    middle = (len(places) - 1) / 2
    return sum((place - mean) * (i - middle) for i, place in enumerate(places)) < -1e-6


def _mirrored(layout: Layout, turn: Callable[[float, float], Point]) -> Layout:
    return replace(
        layout,
        centres={key: turn(*point) for key, point in layout.centres.items()},
        curves={key: _turned(curve, turn) for key, curve in layout.curves.items()},
        cards={key: _turned_card(card, turn) for key, card in layout.cards.items()},
    )


def _turned(curve: Curve, turn: Callable[[float, float], Point]) -> Curve:
    return Curve(tuple(turn(*point) for point in curve.points), turn(*curve.tip))


def _turned_card(card: Rectangle, turn: Callable[[float, float], Point]) -> Rectangle:
    (a, b), (c, d) = turn(card.left, card.top), turn(card.right, card.bottom)
    return Rectangle(min(a, c), min(b, d), max(a, c), max(b, d))
