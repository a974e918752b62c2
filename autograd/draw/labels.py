"""Where the words beside arrows go: near their arrow, off everything else as far as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import copysign, floor
from typing import NamedTuple

from autograd.draw import geometry, wording
from autograd.draw.layout import Layout, Point, Rectangle
from autograd.draw.view import View

SIZE = 9
"""The size of the letters."""

_CELL = 48.0
_MARGIN = 8.0
"""So far may words reach beyond the drawing."""

_PARTS = (0.45, 0.55, 0.35, 0.65, 0.25, 0.75)
_ASLANT = 5.0
_OTHER_SIDE = 25.0
"""Square pixels of overlap that are better than standing on the wrong side of an arrow."""


class _Obstacle(NamedTuple):
    place: Rectangle
    weight: float


class Placer:
    """Finds places for labels, one after the other; each is in the way of the next.

    What is in the way is kept in the cells of a coarse grid, so that a label meets only
    its neighbourhood.
    """

    def __init__(self, view: View, layout: Layout, aside: float) -> None:
        self._aside = aside
        self._cells: dict[tuple[int, int], list[_Obstacle]] = {}
        for outside in _outside(layout):
            self._add(outside, 2.0)
        for box in view.boxes:
            x, y = layout.centres[box.key]
            self._add(_around(x, y, box.width, box.height), 1.0)
        for card in view.cards:
            place = layout.cards[card.group]
            width = wording.width(card.label, 11, bold=True)
            title = Rectangle(place.left + 6, place.top, place.left + 10 + width, place.top + 20)
            self._add(title, 1.0)
            for side in _sides(place):
                self._add(side, 3.0)
        for link in view.links:
            points = geometry.forward(layout.curves[link.key])
            self._add_line(points)
            if link.events:
                self._add_line(geometry.shifted(points, aside))

    def place(
        self, text: str, points: tuple[Point, ...], side: float, part: float | None = None
    ) -> Point:
        """The middle of a label beside a curve, on its right where `side` is positive.

        Args:
            text: what it says.
            points: the curve.
            side: pixels between the curve and the label.
            part: where along the curve; by default where there is most room.
        """
        width = wording.width(text, SIZE, mono=True)
        parts = _PARTS if part is None else (part, part - 0.1, part - 0.2)
        best, least = (0.0, 0.0), float("inf")
        ways = (side, -4.0 if side > 0 else self._aside + 5)
        for rank, (x, y) in enumerate(_beside(points, parts, ways, width)):
            other = _OTHER_SIDE if rank >= len(parts) else 0.0
            cost = self._cost(_around(x, y, width + 2, SIZE + 2)) + other
            if cost < least:
                best, least = (x, y), cost
            if not cost:
                break
        self._add(_around(*best, width, SIZE), 1.5)
        return best

    def _add_line(self, points: tuple[Point, ...]) -> None:
        for a, b in pairwise(geometry.Track(points).places):
            for piece in _covering(a, b):
                self._add(piece, 1.0)

    def _add(self, place: Rectangle, weight: float) -> None:
        obstacle = _Obstacle(place, weight)
        for cell in _cells(place):
            self._cells.setdefault(cell, []).append(obstacle)

    def _cost(self, place: Rectangle) -> float:
        near = {id(o): o for cell in _cells(place) for o in self._cells.get(cell, ())}
        return sum(o.weight * _overlap(o.place, place) for o in near.values())


def _outside(layout: Layout) -> Iterator[Rectangle]:
    """What lies beyond the drawing: the heading above it, the caption below."""
    left, right = -_CELL, layout.width + _CELL
    yield Rectangle(left, -_CELL, right, -_MARGIN)
    yield Rectangle(left, layout.height + _MARGIN, right, layout.height + _CELL)


def _beside(
    points: tuple[Point, ...], parts: Iterable[float], ways: Iterable[float], width: float
) -> Iterator[Point]:
    """Places at some distances from a curve, negative ones on its left."""
    track = geometry.Track(points)
    found = [track.at(part) for part in parts]
    for way in ways:
        for (x, y), (dx, dy) in found:
            away = way + copysign(abs(dy) * width / 2 + abs(dx) * SIZE / 2, way)
            yield x - dy * away, y + dx * away


def _covering(a: Point, b: Point) -> Iterator[Rectangle]:
    """Rectangles along a straight line, several where it runs aslant."""
    (ax, ay), (bx, by) = a, b
    count = 1 + int(min(abs(bx - ax), abs(by - ay)) / _ASLANT)
    dx, dy = (bx - ax) / count, (by - ay) / count
    half, tall = abs(dx) / 2 + 1, abs(dy) / 2 + 1
    for place in range(count):
        x, y = ax + dx * (place + 0.5), ay + dy * (place + 0.5)
        yield Rectangle(x - half, y - tall, x + half, y + tall)


def _sides(card: Rectangle) -> Iterator[Rectangle]:
    """The four lines around a card, which would run through the letters of a label."""
    left, top, right, bottom = card.left, card.top, card.right, card.bottom
    for x in (left, right):
        yield Rectangle(x - 1, top, x + 1, bottom)
    for y in (top, bottom):
        yield Rectangle(left, y - 1, right, y + 1)


def _around(x: float, y: float, width: float, height: float) -> Rectangle:
    return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _cells(place: Rectangle) -> Iterator[tuple[int, int]]:
    for column in range(floor(place.left / _CELL), floor(place.right / _CELL) + 1):
        for row in range(floor(place.top / _CELL), floor(place.bottom / _CELL) + 1):
            yield column, row


def _overlap(a: Rectangle, b: Rectangle) -> float:
    if a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top:
        return 0.0
    width = min(a.right, b.right) - max(a.left, b.left)
    return width * (min(a.bottom, b.bottom) - max(a.top, b.top))
