"""Our own SVG from a view and its layout: cards, arrows, boxes, caption.

What a page may rely on: ``<g id="value-3" class="value result" data-value="3">`` with
``<text class="val">`` and ``<text class="grad">``; ``<g id="op-2" class="op" data-op="2">``;
``<g class="edge forward" data-op="2" data-slot="0">`` (slot ``out`` on the way out);
``<g class="edge gradient" data-event="5">``; ``<g class="group module" data-group="1">``;
the colours as CSS variables on the root. There is no script.
"""

from __future__ import annotations

from html import escape

from autograd.draw import marking, paint_shares, wording
from autograd.draw.geometry import short
from autograd.draw.labels import Placer
from autograd.draw.layout import Layout
from autograd.draw.paint_edges import ASIDE, forward_edge, gradient_edge
from autograd.draw.paint_nodes import box_group, card_group, card_title
from autograd.draw.playing import Score, score
from autograd.draw.theme import stylesheet
from autograd.draw.view import Link, View

MARGIN = 14
_LINE = 14
_NARROWEST, _WIDEST = 300, 640


def svg(
    view: View,
    layout: Layout,
    theme: str = "auto",
    prefix: str = "",
    literal: bool = False,
    animated: bool = False,
) -> str:
    """The whole picture.

    Args:
        view: what is drawn.
        layout: where.
        theme: ``auto``, ``light``, ``dark`` or ``print``.
        prefix: put before every id, for pages with several pictures.
        literal: colours only and no CSS variables, for the rasteriser.
        animated: play both sweeps (see `autograd.draw.playing`).

    Raises:
        RangeError: there is no such theme.
    """
    cut = any("detached" in box.role for box in view.boxes)
    more = bool(view.columns or view.shares or view.faint or view.marks or cut)
    sheet = stylesheet(theme, literal, grid=more)
    played = score(view, prefix) if animated else None
    top = _top(view)
    width, height = extent(view, layout)
    caption = _caption(view, layout)
    below = top + layout.height + 10
    bars, bars_height = paint_shares.bars(view.shares, _room(layout))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{_classes(view)}" role="img" '
        f'width="{short(width)}" height="{short(height)}" '
        f'viewBox="0 0 {short(width)} {short(height)}">',
        f"<title>{_escape(view.title or 'Computational graph')}</title>",
        f"<desc>{_escape(view.summary)}</desc>",
        f"<style>{sheet}{played.rules() if played else ''}</style>",
        f'<rect class="backdrop" width="{short(width)}" height="{short(height)}" rx="8"/>',
        *_heading(view),
        f'<g transform="translate({short((width - layout.width) / 2)} {top})">',
        *_drawing(view, layout, prefix, played),
        "</g>",
        *(
            [f'<g class="caption" transform="translate({MARGIN} {short(below)})">', *bars, "</g>"]
            * bool(bars)
        ),
        f'<g class="caption" transform="translate({MARGIN} {short(below + bars_height)})">',
        *caption,
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def extent(view: View, layout: Layout) -> tuple[float, float]:
    """Width and height of the whole picture."""
    _, bars = paint_shares.bars(view.shares, _room(layout))
    below = 10 + bars + _LINE * len(_caption(view, layout)) + MARGIN
    return _room(layout) + 2 * MARGIN, _top(view) + layout.height + below


def _classes(view: View) -> str:
    return "glassgrad backward-only" if view.faint else "glassgrad"


def _top(view: View) -> int:
    return MARGIN + (24 if view.title else 0)


def _room(layout: Layout) -> float:
    """The width between the margins."""
    return max(layout.width, _NARROWEST)


def _escape(text: str) -> str:
    return escape(text, quote=True)


def _heading(view: View) -> list[str]:
    if not view.title:
        return []
    return [f'<text class="heading" x="{MARGIN}" y="{MARGIN + 12}">{_escape(view.title)}</text>']


def _drawing(view: View, layout: Layout, prefix: str, played: Score | None) -> list[str]:
    placer = Placer(view, layout, ASIDE)
    on_card = {box.key: box.card is not None for box in view.boxes}
    forward = {
        link.key: forward_edge(link, layout.curves[link.key], on_card[link.head], placer)
        for link in view.links
    }
    gradients = _gradients(view, layout, on_card, placer)
    boxes = {box.key: box_group(box, layout.centres[box.key], prefix) for box in view.boxes}
    if played:
        forward = {key: played.link(element, key) for key, element in forward.items()}
        gradients = {event: played.gradient(arrow, event) for event, arrow in gradients.items()}
        boxes = {key: played.box(element, key) for key, element in boxes.items()}
    return [
        *(card_group(card, layout.cards[card.group]) for card in view.cards),
        *forward.values(),
        *gradients.values(),
        *(card_title(card, layout.cards[card.group]) for card in view.cards),
        *boxes.values(),
        *marking.paint(view, layout),
    ]


def _gradients(
    view: View, layout: Layout, on_card: dict[int, bool], placer: Placer
) -> dict[int, str]:
    """One group for each gradient that travels; it may run along several arrows."""
    ways: dict[int, list[Link]] = {}
    events: dict[int, tuple[int, ...]] = {}
    for link in sorted(view.links, key=lambda link: link.slot is None):
        if link.events:
            ways.setdefault(link.events[0], []).append(link)
            events.setdefault(link.events[0], link.events)
    return {
        first: gradient_edge(
            events[first],
            [(link, layout.curves[link.key]) for link in ways[first]],
            on_card[ways[first][0].head],
            placer,
        )
        for first in sorted(ways)
    }


# --- caption --------------------------------------------------------------------------


def _caption(view: View, layout: Layout) -> list[str]:
    """The key of the two kinds of arrows, then remarks, wrapped to the width."""
    remarks = [*view.remarks, f"Laid out by {layout.engine}."]
    lines = [line for remark in remarks for line in _wrapped(remark, min(_room(layout), _WIDEST))]
    texts = [
        f'<text x="0" y="{_LINE * (row + 1) + 8}">{_escape(line)}</text>'
        for row, line in enumerate(lines)
    ]
    return [_key(view), *texts]


def _key(view: View) -> str:
    """The two kinds of arrows, as far as there are both."""
    line = '<path class="key {}" d="M{},4h26"/><text x="{}" y="8">{}</text>'
    said = line.format("forward", 0, 32, "value")
    if any(link.events for link in view.links):
        wide = f"gradient, wider where it is larger{', by powers of ten' * view.log}"
        said += line.format("gradient", 76, 108, wide)
    elif any(link.back for link in view.links):
        said += line.format("gradient", 76, 108, "gradient")
    return f"<g>{said}</g>"


def _wrapped(text: str, room: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if wording.width(longer, 10) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
