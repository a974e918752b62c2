"""Boxes, circles and cards as SVG groups."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from autograd.draw import wording
from autograd.draw.geometry import short
from autograd.draw.layout import Point, Rectangle
from autograd.draw.view import Box, Card

_RADIUS = 9


def box_group(box: Box, centre: Point, prefix: str) -> str:
    """The group of one box, moved to where it lies; inside it, the origin is its corner."""
    left, top = centre[0] - box.width / 2, centre[1] - box.height / 2
    head = f'<g {_identity(box, prefix)} transform="translate({short(left)} {short(top)})">'
    painter = {"value": _value, "op": _op, "chip": _chip, "group": _group}[box.kind]
    return f"{head}<title>{escape(box.title)}</title>{painter(box)}</g>"


def _identity(box: Box, prefix: str) -> str:
    kind, ref = box.kind, box.ref
    before = escape(prefix)
    match kind:
        case "value":
            return f'id="{before}value-{ref}" class="value {box.role}" data-value="{ref}"'
        case "op":
            return f'id="{before}op-{ref}" class="op" data-op="{ref}"'
        case "chip":
            return f'class="chip {box.role}" data-chip="{ref}"'
    return f'class="group {box.role} collapsed" data-group="{ref}"'


def _frame(box: Box, radius: float, cls: str = "frame", inset: float = 0) -> str:
    place = f'x="{short(inset)}" y="{short(inset)}" ' if inset else ""
    width, height = short(box.width - 2 * inset), short(box.height - 2 * inset)
    return f'<rect class="{cls}" {place}width="{width}" height="{height}" rx="{short(radius)}"/>'


def _value(box: Box) -> str:
    words = box.role.split()
    radius = 0 if "parameter" in words else _RADIUS
    double = _frame(box, radius - 3, "inner", 3) if "root" in words else ""
    corner = f'<text class="role" x="{short(box.width - 9)}" y="14">{box.corner}</text>'
    bar = _bar(box) if "severed" in words else ""
    return bar + _frame(box, radius) + double + _name(box, 14) + corner + _lines(box)


def _bar(box: Box) -> str:
    """A way that comes from nowhere: a bar before the box."""
    middle = box.height / 2
    return f'<path class="bar" d="M-9,{short(middle - 8)}v16M-9,{short(middle)}h9"/>'


def _name(box: Box, y: int) -> str:
    return f'<text class="name" x="9" y="{y}">{escape(box.name)}</text>'


def _lines(box: Box) -> str:
    return "".join(
        f'<text class="{cls}" x="9" y="{26 + 12 * row}" xml:space="preserve">{escape(line)}</text>'
        for row, (cls, line) in enumerate(box.lines)
    )


def _op(box: Box) -> str:
    text = f'<text class="symbol" x="{short(box.width / 2)}" y="20.5">{escape(box.name)}</text>'
    return _frame(box, box.height / 2) + text


def _chip(box: Box) -> str:
    text = f'<text class="name" x="{short(box.width / 2)}" y="13.5">{escape(box.name)}</text>'
    return _frame(box, 0) + text


def _group(box: Box) -> str:
    right = box.width - 9
    mark = f'<path class="fold" d="M{short(right - 5)},6l5,4l-5,4Z"/>'
    behind = ""
    if "pile" in box.role:
        box = replace(box, width=box.width - 6, height=box.height - 6)
        behind = "".join(_behind(box, far) for far in (6, 3))
    return behind + _frame(box, 6) + _name(box, 14) + mark + _lines(box)


def _behind(box: Box, far: int) -> str:
    """A further card of a pile, seen behind the first."""
    size = f'width="{short(box.width)}" height="{short(box.height)}"'
    return f'<rect class="frame" x="{far}" y="{far}" {size} rx="6"/>'


def card_group(card: Card, place: Rectangle) -> str:
    """An open group: a card, without its title."""
    width, height = place.right - place.left, place.bottom - place.top
    return (
        f'<g class="group {card.kind}" data-group="{card.group}">'
        f"<title>{escape(card.label)}</title>"
        f'<rect class="card" x="{short(place.left)}" y="{short(place.top)}" '
        f'width="{short(width)}" height="{short(height)}" rx="8"/></g>'
    )


def card_title(card: Card, place: Rectangle) -> str:
    """The title of a card, which lies above the arrows that cross it."""
    label = wording.fit(card.label, place.right - place.left - 16, 11, bold=True)
    at = f'x="{short(place.left + 8)}" y="{short(place.top + 15)}"'
    return f'<text class="title" data-group="{card.group}" {at}>{escape(label)}</text>'
