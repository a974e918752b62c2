"""Arrows as SVG groups: solid and forward, dashed and back along the same way."""

from __future__ import annotations

from html import escape

from autograd.draw import geometry
from autograd.draw.geometry import short
from autograd.draw.labels import Placer
from autograd.draw.layout import Curve, Point
from autograd.draw.view import Link

ASIDE = 6.0
"""Pixels between an arrow and the gradient that comes back along it."""


def forward_edge(link: Link, curve: Curve, on_card: bool, placer: Placer) -> str:
    """The arrow of one operand into an operation, or of a result out of it."""
    points = geometry.forward(curve)
    slot = "out" if link.slot is None else str(link.slot)
    text = ""
    if link.mark:
        text += _text("mark", link.mark, placer.place(link.mark, points, -2, 0.85))
    if link.note:
        text += _text("note", link.note, placer.place(link.note, points, -3.5))
    if link.cut:
        return f'<g class="edge forward cut" data-op="{link.op}">{_barred(points)}</g>'
    way = ("gradient" if link.back else "forward") + " highway" * link.strong
    return (
        f'<g class="edge {way}{_where(on_card)}" data-op="{link.op}" data-slot="{slot}">'
        f"{_arrow(points, 1.4)}{text}</g>"
    )


def gradient_edge(
    events: tuple[int, ...], ways: list[tuple[Link, Curve]], on_card: bool, placer: Placer
) -> str:
    """The gradient of one event (of several, into a collapsed group) with its contribution."""
    others = f' data-events="{" ".join(map(str, events))}"' if len(events) > 1 else ""
    drawn = "".join(_gradient(link, curve, placer) for link, curve in ways)
    return f'<g class="edge gradient{_where(on_card)}" data-event="{events[0]}"{others}>{drawn}</g>'


def _gradient(link: Link, curve: Curve, placer: Placer) -> str:
    width = 1.2 + 3 * link.weight
    text, points = link.gradient, geometry.forward(curve)
    label = ""
    if text:
        label = _text("contribution", text, placer.place(text, points, ASIDE + width / 2 + 2.5))
    return _arrow(geometry.backward(curve, ASIDE), width) + label


def _text(cls: str, text: str, middle: Point) -> str:
    x, y = middle
    return f'<text class="{cls}" x="{short(x)}" y="{short(y + 3.2)}">{escape(text)}</text>'


def _arrow(points: tuple[Point, ...], width: float) -> str:
    length = 5.5 + 1.2 * width
    line = geometry.path(geometry.shortened(points, length - 0.5))
    tip = geometry.polygon(geometry.head(points, length, 4.5 + 1.1 * width))
    style = "" if width == 1.4 else f' style="stroke-width:{width:.2f}px"'
    return f'<path class="path" d="{line}"{style}/><path class="head" d="{tip}"/>'


def _barred(points: tuple[Point, ...]) -> str:
    """An arrow that ends in a bar across its way."""
    before = geometry.shortened(points, 6.0)
    (ax, ay), (bx, by) = geometry.head((*before[:-3], *before[-3:]), 0.1, 16.0)[1:]
    bar = f"M{short(ax)},{short(ay)}L{short(bx)},{short(by)}"
    return f'<path class="path" d="{geometry.path(before)}{bar}"/>'


def _where(on_card: bool) -> str:
    return " on" if on_card else ""
