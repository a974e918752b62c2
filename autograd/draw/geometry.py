"""Curves: shifted to the side, reversed, cut to leave room for an arrowhead, written as paths."""

from __future__ import annotations

from itertools import pairwise
from math import hypot

from autograd.draw.layout import Curve, Point


def forward(curve: Curve) -> tuple[Point, ...]:
    """The arcs from tail to tip: where Graphviz stopped for its arrowhead, a straight arc more."""
    last = curve.points[-1]
    if _distance(last, curve.tip) < 0.5:
        return curve.points
    between = tuple(_mix(last, curve.tip, part) for part in (1 / 3, 2 / 3))
    return (*curve.points, *between, curve.tip)


def backward(curve: Curve, aside: float) -> tuple[Point, ...]:
    """The same way from head to tail, shifted to its side by `aside` pixels."""
    return shifted(forward(curve), aside)[::-1]


def shifted(points: tuple[Point, ...], aside: float) -> tuple[Point, ...]:
    """Every point moved at a right angle to the curve, to the right of its direction."""
    moved = []
    for index, (x, y) in enumerate(points):
        dx, dy = _direction(points, index)
        moved.append((x - dy * aside, y + dx * aside))
    return tuple(moved)


def _direction(points: tuple[Point, ...], index: int) -> Point:
    """Where the curve is going near one of its points, from neighbours that lie apart."""
    for reach in range(1, len(points)):
        before = points[max(0, index - reach)]
        after = points[min(len(points) - 1, index + reach)]
        if _distance(before, after) > 1e-6:
            return _unit(before, after)
    return 1.0, 0.0


class Track:
    """A curve as the chords between points on it, to walk along.

    Attributes:
        places: points on the curve, nine of each arc.
    """

    def __init__(self, points: tuple[Point, ...]) -> None:
        self.places = [_at(arc, t / 8) for arc in _arcs(points) for t in range(9)]
        self._steps = [_distance(a, b) for a, b in pairwise(self.places)]
        self._length = sum(self._steps)

    def at(self, part: float) -> tuple[Point, Point]:
        """Where one is after a part (0 to 1) of the length, and the direction there."""
        left = self._length * part
        for step, (here, there) in zip(self._steps, pairwise(self.places), strict=True):
            if left <= step and step:
                return _mix(here, there, left / step), _unit(here, there)
            left -= step
        return self.places[-1], _unit(self.places[0], self.places[-1])


def shortened(points: tuple[Point, ...], by: float) -> tuple[Point, ...]:
    """The curve without its last `by` pixels (as far as its last arc is that long)."""
    *rest, arc = _arcs(points)
    low, high = 0.0, 1.0
    for _ in range(14):
        half = (low + high) / 2
        low, high = (half, high) if _distance(_at(arc, half), arc[3]) > by else (low, half)
    kept = points[: 3 * len(rest)]
    return (*kept, *_first_part(arc, low))


def head(points: tuple[Point, ...], length: float, width: float) -> tuple[Point, ...]:
    """The triangle of an arrowhead whose tip is the end of the curve."""
    tip = points[-1]
    base = shortened(points, length)[-1]
    dx, dy = _unit(base, tip)
    back = (tip[0] - dx * length, tip[1] - dy * length)
    half = width / 2
    return (
        tip,
        (back[0] - dy * half, back[1] + dx * half),
        (back[0] + dy * half, back[1] - dx * half),
    )


def path(points: tuple[Point, ...]) -> str:
    """The arcs as an SVG path."""
    start, rest = points[0], points[1:]
    return f"M{_xy(start)}C{' '.join(map(_xy, rest))}"


def polygon(points: tuple[Point, ...]) -> str:
    """Corners as a closed SVG path."""
    return f"M{'L'.join(map(_xy, points))}Z"


def short(value: float) -> str:
    """A coordinate with one decimal, without needless zeros."""
    return f"{value:.1f}".removesuffix(".0")


def _xy(point: Point) -> str:
    return f"{short(point[0])},{short(point[1])}"


def _arcs(points: tuple[Point, ...]) -> list[tuple[Point, Point, Point, Point]]:
    return [
        (points[i], points[i + 1], points[i + 2], points[i + 3])
        for i in range(0, len(points) - 1, 3)
    ]


def _at(arc: tuple[Point, ...], t: float) -> Point:
    """Bernstein's form of a cubic arc."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = arc
    u = 1 - t
    a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def _first_part(arc: tuple[Point, ...], t: float) -> tuple[Point, ...]:
    """De Casteljau: the control points of an arc from its start to parameter t."""
    kept = [arc[0]]
    while len(arc) > 1:
        arc = tuple(_mix(a, b, t) for a, b in pairwise(arc))
        kept.append(arc[0])
    return tuple(kept)


def _mix(a: Point, b: Point, part: float) -> Point:
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part


def _distance(a: Point, b: Point) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _unit(a: Point, b: Point) -> Point:
    length = _distance(a, b) or 1.0
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length
