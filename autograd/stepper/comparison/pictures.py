"""The pictures of two runs with their differences marked, and both as one drawing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

from autograd.core.errors import RangeError
from autograd.draw.folding import BUDGET
from autograd.draw.marking import Mark, found
from autograd.draw.picture import Picture
from autograd.draw.svg import svg
from autograd.draw.wording import clean
from autograd.stepper.comparison.difference import Difference, Spot
from autograd.stepper.comparison.runs import Run

_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
_GAP = 12


def marked(
    run: Run,
    side: str,
    differences: Sequence[Difference],
    odd: Sequence[int],
    options: dict[str, Any],
) -> Picture:
    """The picture of one run; what differs is opened where it would lie in a closed group.

    Args:
        run: the run.
        side: ``a`` or ``b``.
        differences: all of them, in the order of their numbers.
        odd: values that differ from those of the other run.
        options: of the picture.
    """
    spots: list[Spot] = [getattr(one, side) for one in differences]
    marks = [
        Mark(str(number), _word(one, spot), spot.values, spot.ops, spot.edges)
        for number, (one, spot) in enumerate(zip(differences, spots, strict=True), 1)
    ]
    marks.append(Mark("≠", "", odd))
    picture = Picture(run.trace, title=run.label, **options)
    hidden = _hidden(picture, run, spots) if options.get("depth") == "auto" else []
    if hidden:
        opened = Picture(run.trace, title=run.label, expand=hidden, **options)
        picture = opened if _is_small(opened) else picture
    picture.view.marks = found(picture.view, run.trace, marks)
    return picture


def _word(one: Difference, spot: Spot) -> str:
    """What stands beside a mark: beside what the other run alone has, there is nothing to ring."""
    return "taken directly" if one.kind == "only" and not spot.ops else one.word


def _is_small(picture: Picture) -> bool:
    """Whether it can still be read, as far as the number of boxes says."""
    try:
        boxes = picture.view.boxes
    except RangeError:
        return False
    return sum(box.kind == "value" for box in boxes) <= BUDGET


def _hidden(picture: Picture, run: Run, spots: Sequence[Spot]) -> list[str]:
    """The paths of closed groups in which something differs."""
    trace = run.trace
    closed = {box.ref for box in picture.view.boxes if box.kind == "group"}
    scopes = {trace.ops[op].scope for spot in spots for op in spot.ops} - {None}
    paths = set()
    for scope in scopes:
        group = scope
        while group is not None and group not in closed:
            group = trace.groups[group].parent
        if group is not None and scope is not None:
            paths.add(trace.groups[scope].path)
    return sorted(paths)


def untitled(picture: Picture, side: str) -> str:
    """The picture for a page that has headings of its own."""
    return svg(replace(picture.view, title=""), picture.layout, picture.theme, f"{side}-")


def together(first: Picture, second: Picture, title: str) -> str:
    """Two pictures as one: side by side, or below each other where they are wide."""
    drawn = [first.to_svg(prefix="a-"), second.to_svg(prefix="b-")]
    sizes = [tuple(map(float, _size(one))) for one in drawn]
    (wide, high), (wide_b, high_b) = sizes
    below = wide + wide_b > 1200 and wide > 1.5 * high
    at = (0.0, high + _GAP) if below else (wide + _GAP, 0.0)
    width, height = max(wide, at[0] + wide_b), max(high, at[1] + high_b)
    moved = drawn[1].replace("<svg ", f'<svg x="{at[0]:g}" y="{at[1]:g}" ', 1)
    said = escape(clean(title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" '
        f'height="{height:g}" viewBox="0 0 {width:g} {height:g}">\n'
        f"<title>{said}</title>\n{drawn[0]}{moved}</svg>\n"
    )


def _size(picture: str) -> tuple[str, str]:
    found_size = _SIZE.search(picture)
    assert found_size is not None, "every picture says how large it is"
    return found_size[1], found_size[2]
