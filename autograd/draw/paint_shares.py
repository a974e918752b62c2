"""Bars below a drawing: how much each time step adds to a shared parameter's gradient."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from autograd.draw import wording
from autograd.draw.geometry import short
from autograd.draw.view import Share

HEIGHT = 78
"""Pixels for each row of bars, with its heading and the numbers of the steps."""

_TALLEST, _WIDEST, _APART = 40.0, 34.0, 40.0


def bars(shares: Sequence[Share], room: float) -> tuple[list[str], float]:
    """The bars of each parameter, side by side as far as there is room, and how high they are."""
    made, x, y = [], 0.0, 0
    for share in shares:
        heading = f"share of each step in ∂L/∂{share.name}"
        width = max(min(room, _WIDEST * len(share.parts)), wording.width(heading, 10))
        if x and x + width > room:
            x, y = 0.0, y + HEIGHT
        place = f'transform="translate({short(x)} {y})"'
        made.append(f'<g class="share" {place}>{_row(share, heading, room)}</g>')
        x += width + _APART
    return made, y + HEIGHT if made else 0


def _row(share: Share, heading: str, room: float) -> str:
    total = sum(share.parts) or 1.0
    step = min(_WIDEST, room / len(share.parts))
    tallest = max(share.parts) or 1.0
    said = f'<text x="0" y="10">{escape(heading)}</text>'
    base = 18 + _TALLEST
    for place, (number, part) in enumerate(zip(share.steps, share.parts, strict=True)):
        height = max(0.6, _TALLEST * part / tallest)
        title = f"t = {number}: {100 * part / total:.1f} %"
        said += (
            f'<rect class="bar" x="{short(place * step)}" y="{short(base - height)}" '
            f'width="{short(max(0.5, step * 0.8))}" height="{short(height)}">'
            f"<title>{title}</title></rect>"
        )
        if _is_said(place, len(share.parts), step):
            middle = short(place * step + step * 0.4)
            said += f'<text class="tick" x="{middle}" y="{short(base + 12)}">{number}</text>'
    return said


def _is_said(place: int, count: int, step: float) -> bool:
    every = max(1, round(wording.width("0000", 9) / step + 0.4))
    return place % every == 0 or (place == count - 1 and place % every > every / 2)
