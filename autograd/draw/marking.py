"""Marks in a picture: a ring with a number and a word, never a colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from autograd.draw import geometry, wording
from autograd.draw.geometry import short
from autograd.draw.layout import Layout, Point
from autograd.draw.trace import Trace
from autograd.draw.view import Box, Marked, View

ASIDE = 4.0
"""Pixels between a box and the ring around it."""

_HIGH = 15.0
_SIZE = 10


@dataclass(frozen=True)
class Mark:
    """What is to stand out, by its ids in the trace.

    Attributes:
        key: what a page calls it; shown as a number.
        word: what stands beside the number, on the last box; where it is empty, each box
            carries the key alone, as a sign.
        values, ops: what gets a ring.
        edges: arrows, as (operation, operand slot), that get the number.
    """

    key: str
    word: str
    values: Sequence[int] = ()
    ops: Sequence[int] = ()
    edges: Sequence[tuple[int, int]] = ()


def found(view: View, trace: Trace, marks: Iterable[Mark]) -> list[Marked]:
    """Where marks lie in a drawing: on boxes and circles, or on the collapsed group around."""
    finder = _Finder(view, trace)
    placed = (finder.mark(mark) for mark in marks)
    return [mark for mark in placed if mark.boxes or mark.links]


class _Finder:
    def __init__(self, view: View, trace: Trace) -> None:
        self.trace = trace
        self.boxes: dict[tuple[str, int], int] = {}
        for box in reversed(view.boxes):
            self.boxes[box.kind, box.ref] = box.key
        self.links = {(link.op, link.slot): link.key for link in reversed(view.links)}

    def mark(self, mark: Mark) -> Marked:
        places = [self.op(op) for op in mark.ops] + [self.value(value) for value in mark.values]
        boxes = dict.fromkeys(place for place in places if place is not None)
        links = (self.links[edge] for edge in mark.edges if edge in self.links)
        return Marked(mark.key, mark.word, tuple(boxes), tuple(links))

    def value(self, place: int) -> int | None:
        for kind in ("value", "chip"):
            if (kind, place) in self.boxes:
                return self.boxes[kind, place]
        value = self.trace.values[place]
        return self.group(value.scope) if value.op is None else self.op(value.op)

    def op(self, place: int) -> int | None:
        op = self.trace.ops[place]
        for key in (("op", place), *(("value", made) for made in op.outputs)):
            if key in self.boxes:
                return self.boxes[key]
        return self.group(op.scope)

    def group(self, place: int | None) -> int | None:
        while place is not None and ("group", place) not in self.boxes:
            place = self.trace.groups[place].parent
        return None if place is None else self.boxes["group", place]


# --- painting -----------------------------------------------------------------------------


def paint(view: View, layout: Layout) -> Iterator[str]:
    """One group for each mark: rings, numbers on arrows, and above them the words."""
    boxes = {box.key: box for box in view.boxes}
    taken: dict[int, int] = {}
    for mark in view.marks:
        places = [(boxes[key], layout.centres[key]) for key in mark.boxes]
        if not mark.word:
            signs = "".join(_sign(*place, mark.key) for place in places)
            yield f'<g class="flag" data-mark="{escape(mark.key)}">{signs}</g>'
            continue
        rings = [_ring(*place) for place in places]
        badges = [_badge(_middle(layout, key), mark.key) for key in mark.links]
        if mark.boxes:
            last = mark.boxes[-1]
            row = taken[last] = taken.get(last, -1) + 1
            badges.append(_tag(boxes[last], layout.centres[last], f"{mark.key} {mark.word}", row))
        yield f'<g class="flag" data-mark="{escape(mark.key)}">{"".join(rings + badges)}</g>'


def _ring(box: Box, centre: Point) -> str:
    width, height = box.width + 2 * ASIDE, box.height + 2 * ASIDE
    round_ = 0 if box.kind == "chip" else height / 2 if box.kind == "op" else 9 + ASIDE
    return (
        f'<rect class="ring" x="{short(centre[0] - width / 2)}" '
        f'y="{short(centre[1] - height / 2)}" width="{short(width)}" '
        f'height="{short(height)}" rx="{short(round_)}"/>'
    )


def _tag(box: Box, centre: Point, text: str, row: int) -> str:
    """On the upper edge of the ring; a second one on the lower edge, further ones below."""
    wide = wording.width(text, _SIZE, bold=True) + 10
    left = centre[0] - max(box.width / 2, wide / 2 if box.kind == "op" else 0) - ASIDE
    edge = box.height / 2 + ASIDE + 3
    y = centre[1] - edge if row == 0 else centre[1] + edge + (row - 1) * _HIGH
    return _pill(left + wide / 2, y, wide, text)


def _sign(box: Box, centre: Point, text: str) -> str:
    """At the lower right corner of a box."""
    return _badge((centre[0] + box.width / 2 - 4, centre[1] + box.height / 2 - 2), text)


def _badge(middle: Point, text: str) -> str:
    return _pill(*middle, max(_HIGH, wording.width(text, _SIZE, bold=True) + 9), text)


def _pill(x: float, y: float, wide: float, text: str) -> str:
    return (
        f'<g class="label"><rect class="tag" x="{short(x - wide / 2)}" y="{short(y - _HIGH / 2)}" '
        f'width="{short(wide)}" height="{short(_HIGH)}" rx="{short(_HIGH / 2)}"/>'
        f'<text class="word" x="{short(x)}" y="{short(y + 3.5)}">{escape(text)}</text></g>'
    )


def _middle(layout: Layout, link: int) -> Point:
    (place, _) = geometry.Track(geometry.forward(layout.curves[link])).at(0.5)
    return place
