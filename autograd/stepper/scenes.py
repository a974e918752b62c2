"""Several runs on one page: each with its graph, all with numbers of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from autograd.draw.trace import Trace

_NUMBERED = re.compile(r' data-(value|chip|op|events?|group)="([\d ]+)"')
_SHEET = re.compile(r"<style>.*?</style>", re.S)


class Scenes:
    """The runs that a page shows, one after the other; most pages have one.

    Attributes:
        traces: the runs.
        bases: for each run, what is added to its ids, so that no two on the page are equal.
        files: the learner's source, of all of them.
    """

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.traces = traces
        self.bases: list[Mapping[str, int]] = []
        sums = dict.fromkeys(("value", "op", "event", "group"), 0)
        for trace in traces:
            self.bases.append(dict(sums))
            sums["value"] += len(trace.values)
            sums["op"] += len(trace.ops)
            sums["event"] += len(trace.events)
            sums["group"] += len(trace.groups)
        self.files = {name: lines for trace in traces for name, lines in trace.files.items()}

    def drawn(self, pictures: Iterable[str]) -> str:
        """The pictures, each with the ids of its run; what they share of style stands once."""
        sheets: set[str] = set()
        return "".join(
            _renumbered(_SHEET.sub(lambda found: _once(found[0], sheets), picture), base)
            for picture, base in zip(pictures, self.bases, strict=True)
        )


def _once(sheet: str, seen: set[str]) -> str:
    if sheet in seen:
        return ""
    seen.add(sheet)
    return sheet


def _renumbered(picture: str, base: Mapping[str, int]) -> str:
    def moved(found: re.Match[str]) -> str:
        kind = "value" if found[1] == "chip" else found[1].removesuffix("s")
        ids = " ".join(str(int(number) + base[kind]) for number in found[2].split())
        return f' data-{found[1]}="{ids}"'

    return _NUMBERED.sub(moved, picture)
