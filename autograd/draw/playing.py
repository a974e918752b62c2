"""A picture that moves by itself: both sweeps as CSS animations, without a script.

Everything is there from the start, faint; a beat brings forth what one operation adds, then
what one gradient brings. Who asks the system for less motion sees the whole picture, still.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autograd.draw.view import Box, View

MOST = 48
"""More beats than this in a sweep are played together."""

BEAT, LONGEST, REST, LEAD = 0.7, 12.0, 4.0, 0.6
"""Seconds: a beat, a sweep at most, the whole picture at the end, and what comes before a sweep."""


@dataclass(frozen=True)
class Score:
    """When each thing of a view appears.

    Attributes:
        times: the second of each beat.
        boxes, links: the beat of each, by key; boxes without one are always there.
        gradients: the beat of each gradient, by the event that its arrow begins with.
        texts: the beat of the gradient in a box, by key.
        name: before the number of a beat, so that pictures on one page do not mix.
    """

    times: list[float]
    boxes: dict[int, int]
    links: dict[int, int]
    gradients: dict[int, int]
    texts: dict[int, int]
    name: str

    def box(self, element: str, key: int) -> str:
        """A box, and in it its gradient."""
        element = self._played(element, self.texts.get(key), 'class="grad"')
        return self._played(element, self.boxes.get(key))

    def link(self, element: str, key: int) -> str:
        """A forward arrow."""
        return self._played(element, self.links.get(key))

    def gradient(self, element: str, event: int) -> str:
        """The arrows of a gradient, by the event that they begin with."""
        return self._played(element, self.gradients.get(event))

    def _played(self, element: str, beat: int | None, at: str = 'class="') -> str:
        """An element whose first class of this kind says when it appears."""
        if beat is None:
            return element
        return element.replace(at, at.replace('"', f'"beat {self.name}{beat} ', 1), 1)

    def rules(self) -> str:
        """The style sheet of the animation."""
        length = self.times[-1] + REST
        frames = "".join(
            f".glassgrad .{self.name}{beat}{{animation-name:{self.name}{beat}}}\n"
            f"@keyframes {self.name}{beat}{_keyframes(time / length, 0.3 / length)}\n"
            for beat, time in enumerate(self.times)
        )
        return (
            "@media (prefers-reduced-motion:no-preference){\n"
            f".glassgrad .beat{{animation:{length:.1f}s linear infinite}}\n"
            ".glassgrad:hover .beat{animation-play-state:paused}\n"
            f"{frames}}}\n"
        )


def _keyframes(start: float, fade: float) -> str:
    """Faint until a part of the whole time, then there to the end."""
    before, after = f"{100 * start:.2f}%", f"{100 * (start + fade):.2f}%"
    return f"{{0%,{before}{{opacity:.1}}{after},99%{{opacity:1}}100%{{opacity:.1}}}}"


def score(view: View, prefix: str = "") -> Score:
    """When what appears: leaves are there, then one operation after the other, then gradients."""
    makers = _makers(view)
    forward = _numbered([*makers.values(), *(link.op for link in view.links)])
    arriving = {link.events[0]: link.events[-1] for link in view.links if link.events}
    texts = _texts(view)
    backward = _numbered([*arriving.values(), *texts.values()])
    shift = max(forward.values(), default=-1) + 1
    times = _times(forward, 0.0) or [LEAD]
    times += _times(backward, times[-1] + BEAT)
    return Score(
        times,
        {key: forward[op] for key, op in makers.items()},
        {link.key: forward[link.op] for link in view.links},
        {first: shift + backward[last] for first, last in arriving.items()},
        {key: shift + backward[event] for key, event in texts.items()},
        re.sub(r"[^A-Za-z0-9]", "", prefix) + "b",
    )


def _makers(view: View) -> dict[int, int]:
    """For each box the operation that brings it; leaves need none."""
    into: dict[int, int] = {}
    out_of: dict[int, int] = {}
    for link in view.links:
        into[link.head] = min(link.op, into.get(link.head, link.op))
        out_of[link.tail] = min(link.op, out_of.get(link.tail, link.op))
    found = {box.key: _maker(box, into, out_of) for box in view.boxes}
    return {key: op for key, op in found.items() if op is not None}


def _maker(box: Box, into: dict[int, int], out_of: dict[int, int]) -> int | None:
    if box.kind == "op":
        return box.ref
    return out_of.get(box.key) if box.kind == "chip" else into.get(box.key)


def _texts(view: View) -> dict[int, int]:
    """For each box with a gradient the last event that adds to it; the root's is there first."""
    boxes = {box.key: box for box in view.boxes}
    last: dict[tuple[bool, int], int] = {}
    for link in view.links:
        for key in (link.tail, link.head) if link.events else ():
            group = boxes[key].kind == "group"
            if group or (key == link.tail and link.slot is not None):
                place = group, boxes[key].ref
                last[place] = max(link.events[-1], last.get(place, 0))
    first = min((event for link in view.links for event in link.events), default=None)
    roots = {(False, box.ref): first for box in view.boxes if "root" in box.role.split()}
    found = {b.key: {**roots, **last}.get((b.kind == "group", b.ref)) for b in view.boxes}
    return {
        key: event
        for key, event in found.items()
        if event is not None and boxes[key].kind in ("value", "group")
    }


def _numbered(moments: Iterable[int]) -> dict[int, int]:
    """The beat of each moment, in their order; so many that they would not end are joined."""
    ordered = sorted(set(moments))
    joined = max(1.0, len(ordered) / MOST)
    return {moment: int(place / joined) for place, moment in enumerate(ordered)}


def _times(beats: dict[int, int], start: float) -> list[float]:
    count = max(beats.values(), default=-1) + 1
    step = min(BEAT, LONGEST / max(1, count))
    return [start + LEAD + step * beat for beat in range(count)]
