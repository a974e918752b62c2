"""Ways between columns: along the gaps between rows and columns, with round corners."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from autograd.draw import geometry
from autograd.draw.cells import LANE, Band
from autograd.draw.layout import Curve, Point
from autograd.draw.view import Box, Column, Link

ROUND = 9.0
"""The radius of a corner."""

_BESIDE = 12.0
"""How far above and below a band its outermost gap lies."""

_MARGIN = 20.0
"""Between the last lane of a gutter and the column after it."""


@dataclass(frozen=True)
class _Place:
    """A band that is in its place."""

    band: Band
    left: float
    top: float
    gaps: tuple[float, ...]

    @property
    def bottom(self) -> float:
        return self.top + self.band.height

    def index(self, column: Column) -> int:
        return next(i for i, c in enumerate(self.band.columns) if c is column)

    def edges(self, index: int) -> tuple[float, float]:
        left = self.left + self.band.lefts[index]
        return left, left + self.band.widths[index]

    def beside(self, index: int, right: bool) -> float:
        """The middle of the lanes in the gutter at one side of a column.

        They run near the column after it, so that labels have room beside them.
        """
        left, end = self.edges(index)
        lanes = _MARGIN + self.band.lane * max(0, len(self.band.lanes) - 1) / 2
        return (end + self.band.gutter if right else left) - lanes


class Router:
    """Finds the way of each arrow that leaves or enters a column."""

    def __init__(self, boxes: dict[int, Box], centres: dict[int, Point]) -> None:
        self.boxes = boxes
        self.centres = centres
        self._places: dict[int, _Place] = {}
        self._columned: set[int] = set()

    def add(self, band: Band, corner: Point) -> None:
        """A band that lies at a corner."""
        spans = []
        self._columned.update(key for column in band.columns for key in column.rows)
        for column in band.columns:
            for key in column.rows if column.card is not None else ():
                y, half = self.centres[key][1], self.boxes[key].height / 2
                spans.append((y - half, y + half))
        gaps = _gaps(spans, corner[1] - _BESIDE, corner[1] + band.height + _BESIDE)
        self._places[band.columns[0].band] = _Place(band, *corner, gaps)

    def route(self, link: Link, tail: Column | None, head: Column | None) -> Curve:
        """The way of one arrow from column to column, or from or to what lies around them."""
        if tail is not None and tail is head:
            return self._inside(link, tail)
        if tail is not None and head is not None and tail.band == head.band:
            return rounded(self._across(link, tail, head))
        leaving = self._port("out", link.tail, None, tail)
        entering = self._port("in", link.head, link.slot, head)
        start, end = self._out(link, tail, leaving), self._in(link, head, entering)
        start = start or self._from(link.tail, head)
        end = end or self._to(link.head, tail)
        return _chained(leaving, rounded(self._joined(start, end)), entering)

    def _inside(self, link: Link, column: Column) -> Curve:
        """The curve of the cell, moved to a column."""
        band = self._places[column.band].band
        tail, head = band.keys[column.rows[link.tail]], band.keys[column.rows[link.head]]
        return self._copy(link.tail, column, band.ways[tail, head, link.slot])

    def _port(self, side: str, key: int, slot: int | None, column: Column | None) -> Curve | None:
        """The part inside a column of a way from below or to the top, where one was kept free."""
        if column is None:
            return None
        way = self._places[column.band].band.ports.get((side, column.rows[key], slot))
        return None if way is None else self._copy(key, column, way)

    def _copy(self, key: int, column: Column, way: int) -> Curve:
        band = self._places[column.band].band
        (x, y), (cx, cy) = self.centres[key], band.cell.centres[band.keys[column.rows[key]]]
        return moved(band.cell.curves[way], x - cx, y - cy)

    def _from(self, key: int, head: Column | None) -> list[Point]:
        """Out of a box beside the grid: from its upper side, or to the gutter before a band."""
        x, y = self.centres[key]
        if head is not None:
            place = self._places[head.band]
            gutter = place.left - 20
            if x + self.boxes[key].width / 2 < gutter:
                return [
                    (x + self.boxes[key].width / 2, y),
                    (gutter, y),
                    (gutter, place.bottom + _BESIDE),
                ]
        return [self._edge(key, -1)]

    def _to(self, key: int, tail: Column | None) -> list[Point]:
        """Into a box beside the grid: to its lower side, or from the gutter after a band."""
        x, y = self.centres[key]
        if tail is not None:
            place = self._places[tail.band]
            gutter = place.edges(len(place.band.columns) - 1)[1] + 20
            if x - self.boxes[key].width / 2 > gutter:
                return [
                    (gutter, place.top - _BESIDE),
                    (gutter, y),
                    (x - self.boxes[key].width / 2, y),
                ]
        return [self._edge(key, 1)]

    # --- between columns --------------------------------------------------------------

    def _across(self, link: Link, tail: Column, head: Column) -> list[Point]:
        """From one step to another: through the gutter between them."""
        place = self._places[tail.band]
        i, j = place.index(tail), place.index(head)
        right = j > i
        rows = tail.rows[link.tail], head.rows[link.head]
        lane = self._lane(place, rows)
        aside, apart = lane * place.band.lane, lane * LANE / 3
        near, far = place.beside(i, right) + aside, place.beside(j, not right) + aside
        start = self._leave(place, link.tail, tail, right, near, apart)
        end = self._arrive(place, link.head, head, not right, far, apart)
        if abs(near - far) > 1:
            y = self._gap(place, self.centres[link.head][1], below=True) + apart
            return [*start, (near, y), (far, y), *end]
        return [*start, *end]

    def _lane(self, place: _Place, rows: tuple[object, object]) -> float:
        """The number of a state's lane, counted from the middle of the gutter."""
        lanes = place.band.lanes
        if rows in lanes:
            number = lanes[rows]
        else:
            number = next((n for r, n in lanes.items() if rows[0] == r[0] or rows[1] == r[1]), 0)
        return number - (len(lanes) - 1) / 2 if lanes else 0.0

    def _leave(
        self, place: _Place, key: int, column: Column, right: bool, gutter: float, lane: float
    ) -> list[Point]:
        x, y = self.centres[key]
        half = self.boxes[key].width / 2
        if self._free(key, column, right):
            return [(x + half if right else x - half, y), (gutter, y)]
        above = self._gap(place, y, below=False) + lane
        return [self._edge(key, -1), (x, above), (gutter, above)]

    def _arrive(
        self, place: _Place, key: int, column: Column, right: bool, gutter: float, lane: float
    ) -> list[Point]:
        x, y = self.centres[key]
        half = self.boxes[key].width / 2
        if self._free(key, column, right):
            return [(gutter, y), (x + half if right else x - half, y)]
        below = self._gap(place, y, below=True) + lane
        return [(gutter, below), (x, below), self._edge(key, 1)]

    def _free(self, key: int, column: Column, right: bool) -> bool:
        """Whether nothing of the column lies between a box and one side."""
        x, y = self.centres[key]
        for other in column.rows:
            ox, oy = self.centres[other]
            near = abs(oy - y) < self.boxes[other].height / 2 + 5
            if other != key and near and (ox > x) == right:
                return False
        return True

    def _gap(self, place: _Place, y: float, below: bool) -> float:
        """The nearest gap between rows below or above a height."""
        if below:
            return min((gap for gap in place.gaps if gap > y), default=place.bottom + _BESIDE)
        return max((gap for gap in place.gaps if gap < y), default=place.top - _BESIDE)

    # --- into and out of the grid -----------------------------------------------------

    def _in(self, link: Link, column: Column | None, port: Curve | None) -> list[Point]:
        """From below a band to a box of a column; a state comes in at its side."""
        if column is None:
            return []
        place = self._places[column.band]
        x, y = self.centres[link.head]
        lowest = place.bottom + _BESIDE
        if port is not None:
            return [(port.points[0][0], lowest), port.points[0]]
        side = self._side(place, column)
        if self._carried(place, column, link.head) and self._free(link.head, column, side):
            gutter = place.beside(place.index(column), side)
            edge = x + (self.boxes[link.head].width / 2) * (1 if side else -1)
            return [(gutter, lowest), (gutter, y), (edge, y)]
        gap = self._gap(place, y, below=True)
        if gap >= lowest or self._clear(column, x, gap, lowest):
            return [(x, lowest), self._edge(link.head, 1)]
        gutter = place.beside(place.index(column), right=False)
        return [(gutter, lowest), (gutter, gap), (x, gap), self._edge(link.head, 1)]

    def _side(self, place: _Place, column: Column) -> bool:
        """Whether states come in at the right: at the last step of a run that goes back."""
        return place.index(column) == len(place.band.columns) - 1

    def _carried(self, place: _Place, column: Column, key: int) -> bool:
        return any(head == column.rows[key] for _, head in place.band.lanes)

    def _out(self, link: Link, column: Column | None, port: Curve | None) -> list[Point]:
        """From a box of a column to above the band."""
        if column is None:
            return []
        place = self._places[column.band]
        x, y = self.centres[link.tail]
        highest = place.top - _BESIDE
        if port is not None:
            return [port.tip, (port.tip[0], highest)]
        gap = self._gap(place, y, below=False)
        start = [self._edge(link.tail, -1)]
        if gap <= highest or self._clear(column, x, highest, gap):
            return [*start, (x, highest)]
        gutter = place.beside(place.index(column), right=True)
        return [*start, (x, gap), (gutter, gap), (gutter, highest)]

    def _joined(self, start: list[Point], end: list[Point]) -> list[Point]:
        """Up, across and up again: the two ends joined where nothing is in the way."""
        (ax, ay), (bx, by) = start[-1], end[0]
        if abs(ax - bx) < 1:
            return [*start, *end]
        if len(start) > 1 and len(end) > 1:
            late = self._open(ax, ay, by) or not self._open(bx, ay, by)
            return [*start, (ax, by) if late else (bx, ay), *end]
        if len(end) > 1:
            return [*start, (ax, by), *end]
        if len(start) > 1:
            return [*start, (bx, ay), *end]
        middle = (ay + by) / 2
        return [*start, (ax, middle), (bx, middle), *end]

    def _open(self, x: float, low: float, high: float) -> bool:
        """Whether no box beside the grid is on a vertical way."""
        low, high = min(low, high), max(low, high)
        for key in self.centres.keys() - self._columned:
            cx, cy = self.centres[key]
            wide, tall = self.boxes[key].width / 2 + 8, self.boxes[key].height / 2 + 4
            if abs(cx - x) < wide and cy - tall < high and cy + tall > low:
                return False
        return True

    def _clear(self, column: Column, x: float, top: float, bottom: float) -> bool:
        """Whether no box of the column is on the vertical way."""
        for key in column.rows:
            ox, oy = self.centres[key]
            if abs(ox - x) < self.boxes[key].width / 2 + 8 and top < oy < bottom:
                return False
        return True

    def _edge(self, key: int, side: int) -> Point:
        """The middle of the upper (−1) or lower (1) side of a box."""
        x, y = self.centres[key]
        return x, y + side * self.boxes[key].height / 2


def _gaps(spans: list[tuple[float, float]], top: float, bottom: float) -> tuple[float, ...]:
    """The middles of the heights that no box covers."""
    merged: list[list[float]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 4:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    middles = [(a[1] + b[0]) / 2 for a, b in pairwise(merged)]
    return (top, *middles, bottom)


def _chained(first: Curve | None, middle: Curve, last: Curve | None) -> Curve:
    """One curve of two or three that follow each other."""
    points = middle.points
    if first is not None:
        points = (*geometry.forward(first), *points[1:])
    if last is None:
        return Curve(points, middle.tip)
    return Curve((*points, *last.points[1:]), last.tip)


def moved(curve: Curve, dx: float, dy: float) -> Curve:
    """The same curve elsewhere."""
    points = tuple((x + dx, y + dy) for x, y in curve.points)
    return Curve(points, (curve.tip[0] + dx, curve.tip[1] + dy))


def rounded(corners: list[Point]) -> Curve:
    """Straight pieces with round corners, as Bézier arcs."""
    kept = [corners[0]]
    for point in corners[1:]:
        if hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) > 0.5:
            kept.append(point)
    if len(kept) == 1:
        kept.append((kept[0][0], kept[0][1] - 1))
    points: list[Point] = [kept[0]]
    for before, corner, after in zip(kept, kept[1:], kept[2:], strict=False):
        first, last = _toward(corner, before), _toward(corner, after)
        _line(points, first)
        points += [_mix(first, corner), _mix(last, corner), last]
    _line(points, kept[-1])
    return Curve(tuple(points), points[-1])


def _toward(corner: Point, other: Point) -> Point:
    length = hypot(other[0] - corner[0], other[1] - corner[1])
    part = min(ROUND, length / 2) / length
    return corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part


def _mix(a: Point, b: Point, part: float = 0.55) -> Point:
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part


def _line(points: list[Point], end: Point) -> None:
    """A straight arc to a point."""
    start = points[-1]
    points += [_mix(start, end, 1 / 3), _mix(start, end, 2 / 3), end]
