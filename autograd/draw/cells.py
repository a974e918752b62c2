"""One cell of a recurrence, laid out once: every step of its band is a copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

from autograd.draw import wording
from autograd.draw.layout import Curve, Layout, Rectangle
from autograd.draw.ranks import depths, spans
from autograd.draw.view import Box, Card, Column, Link, View

Ask = Callable[[View], Layout]
"""Lays out a view without columns."""

TITLE, PAD, GUTTER, LANE = 24.0, 12.0, 44.0, 16.0
"""Room for a card's title, around its content, between columns, and for each state between them."""

_FEW = 3
"""Up to so many lanes have room for the numbers of each beside it."""

_PORT = 40.0
"""The room for an arrow and the number beside it that come up past other things."""

Port = tuple[str, object, int | None]
"""Where an arrow enters or leaves a cell: ``in`` or ``out``, the place inside, the slot."""


@dataclass
class Band:
    """One recurrence: its columns and the layout of its cell.

    Attributes:
        columns: from left to right.
        cell: where each place of the cell lies.
        keys: the key in the cell of each place.
        cards: the number in the cell of each card inside a step.
        lanes: the lane in the gutter of each state, by the places that it joins.
        ways: for each arrow of the cell, the number of its curve.
        ports: the same for the arrows that come up from below, or leave upward.
        lefts: the left edge of each column, within the band.
        width, height: of the whole band.
        gutter, lane: the room between two columns, and between two lanes in it.
        shift: how far it lies right of the middle of its room.
    """

    columns: list[Column]
    cell: Layout
    keys: dict[object, int]
    cards: dict[int, int]
    lanes: dict[tuple[object, object], int]
    ways: dict[tuple[int, int, int | None], int]
    ports: dict[Port, int]
    lefts: list[float] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0
    gutter: float = GUTTER
    lane: float = LANE
    shift: float = 0.0


class Cells:
    """Makes the bands of a view.

    Attributes:
        column_of: the column of each box that lies in one.
    """

    def __init__(self, view: View, ask: Ask) -> None:
        self.view = view
        self.ask = ask
        self.boxes = {box.key: box for box in view.boxes}
        self.cards = {card.group: card for card in view.cards}
        self.column_of = {key: c for c in view.columns for key in c.rows}

    def band(self, number: int) -> Band:
        """One recurrence, measured."""
        columns = [c for c in self.view.columns if c.band == number]
        keys: dict[object, int] = {}
        for column in sorted(columns, key=lambda c: -len(c.rows)):
            for row in column.rows.values() if column.card is not None else ():
                keys.setdefault(row, len(keys))
        cards, nested = self._nested(columns)
        between = [link for link in self.view.links if self._between(link, number)]
        states = [s for s in dict.fromkeys(map(self._rows, between)) if None not in s]
        drawn = self._cell(columns, keys, cards, nested)
        _states_last(drawn, {keys[tail] for tail, _ in states})
        ways = {(a.tail, a.head, a.slot): a.key for a in drawn.links}
        ports = self._with_ports(drawn, number, keys, {head for _, head in states})
        cell = self._turned(self.ask(drawn), columns, keys, states)
        lanes = {state: lane for lane, state in enumerate(states)}
        band = Band(columns, cell, keys, cards, lanes, ways, ports)
        self._measure(band, between)
        return band

    def _rows(self, link: Link) -> tuple[object, object]:
        tail, head = link.tail, link.head
        return self.column_of[tail].rows[tail], self.column_of[head].rows[head]

    def _between(self, link: Link, number: int) -> bool:
        """Whether an arrow goes from one column of a band to another."""
        tail, head = self.column_of.get(link.tail), self.column_of.get(link.head)
        if tail is None or head is None or tail is head:
            return False
        return tail.band == head.band == number

    def _nested(self, columns: list[Column]) -> tuple[dict[int, int], list[Card]]:
        """Cards inside the steps: those of the same path share one in the cell."""
        known: dict[tuple[str, ...], int] = {}
        cards: dict[int | None, int] = {}
        made = []
        steps = {c.card for c in columns}
        for card in self.view.cards:
            path = self._path(card, steps)
            if not path or card.group in steps:
                continue
            if path not in known:
                known[path] = len(known)
                parent = cards.get(card.parent) if card.parent not in steps else None
                made.append(replace(card, group=known[path], parent=parent))
            cards[card.group] = known[path]
        return {group: place for group, place in cards.items() if group is not None}, made

    def _path(self, card: Card, steps: set[int | None]) -> tuple[str, ...]:
        path: list[str] = []
        here: Card | None = card
        while here is not None:
            if here.group in steps:
                return tuple(path)
            path.append(here.kind if here.kind == "block" else here.label)
            here = None if here.parent is None else self.cards.get(here.parent)
        return ()

    def _cell(
        self,
        columns: list[Column],
        keys: dict[object, int],
        cards: dict[int, int],
        nested: list[Card],
    ) -> View:
        boxes: dict[int, Box] = {}
        links: dict[tuple[int, int, int | None], Link] = {}
        for column in columns:
            for key, row in column.rows.items() if column.card is not None else ():
                self._place(boxes, self.boxes[key], keys[row], cards)
        for link in self.view.links:
            around = self.column_of.get(link.tail)
            if around is None or around not in columns:
                continue
            if around is not self.column_of.get(link.head):
                continue
            place = keys[around.rows[link.tail]], keys[around.rows[link.head]]
            made = replace(link, key=len(links), tail=place[0], head=place[1])
            links.setdefault((*place, link.slot), made)
        ordered = [boxes[key] for key in sorted(boxes)]
        return View(direction="BT", boxes=ordered, links=list(links.values()), cards=nested)

    def _place(self, boxes: dict[int, Box], box: Box, key: int, cards: dict[int, int]) -> None:
        """The place is as large as the largest box that lies there."""
        old = boxes.get(key)
        width = max(box.width, old.width if old else 0)
        height = max(box.height, old.height if old else 0)
        card = None if box.card is None else cards.get(box.card)
        boxes[key] = replace(box, key=key, card=card, width=width, height=height)

    # --- ways in and out --------------------------------------------------------------

    def _with_ports(
        self, cell: View, number: int, keys: dict[object, int], carried: set[object]
    ) -> dict[Port, int]:
        """Keep a way free up from below to what lies above other things, and on to the top."""
        wanted = self._wanted(number, carried)
        length = spans(cell)
        below = depths((a.tail, a.head, length[a.key]) for a in cell.links)
        above = depths((a.head, a.tail, length[a.key]) for a in cell.links)
        made: dict[Port, int] = {}
        for port, op in wanted.items():
            side, row, _ = port
            key = keys[row]
            ranks = (below if side == "in" else above).get(key, 0)
            if not ranks:
                continue
            stop = len(keys) + len(made)
            cell.boxes.append(Box(stop, "port", 0, None, "", "", "", (), "", _PORT, 4.0))
            ends = (stop, key) if side == "in" else (key, stop)
            made[port] = len(cell.links)
            cell.links.append(Link(len(cell.links), *ends, op, None, ranks=ranks - 1))
        return made

    def _wanted(self, number: int, carried: set[object]) -> dict[Port, int]:
        """The arrows from and to what lies outside a band; states come from the side."""
        wanted: dict[Port, int] = {}
        for link in self.view.links:
            if self._between(link, number):
                continue
            tail, head = self._step(link.tail, number), self._step(link.head, number)
            if head is not None and tail is None and head.rows[link.head] not in carried:
                wanted.setdefault(("in", head.rows[link.head], link.slot), link.op)
            if tail is not None and head is None:
                wanted.setdefault(("out", tail.rows[link.tail], None), link.op)
        return wanted

    def _step(self, key: int, number: int) -> Column | None:
        """The time step of a band that a box lies in."""
        column = self.column_of.get(key)
        return column if column and column.band == number and column.card is not None else None

    # --- the side on which states leave, and sizes --------------------------------------

    def _turned(
        self,
        cell: Layout,
        columns: list[Column],
        keys: dict[object, int],
        states: list[tuple[object, object]],
    ) -> Layout:
        """The cell or its mirror image: states leave where time goes, past as little as can be."""
        if not states:
            return cell
        right = self._time_runs_right(columns)
        pairs = [(keys[tail], keys[head]) for tail, head in states]
        sizes = {keys[r]: self.boxes[k] for c in columns for k, r in c.rows.items() if r in keys}
        turned = mirrored(cell)
        costs = [_passed(one, pairs, sizes, right) for one in (cell, turned)]
        drift = sum(cell.centres[tail][0] - cell.centres[head][0] for tail, head in pairs)
        return (
            turned
            if (costs[1], drift > 0 if right else drift < 0)
            < (
                costs[0],
                drift < 0 if right else drift > 0,
            )
            else cell
        )

    def _time_runs_right(self, columns: list[Column]) -> bool:
        order = {id(c): place for place, c in enumerate(columns)}
        votes = 0
        for link in self.view.links:
            tail, head = self.column_of.get(link.tail), self.column_of.get(link.head)
            if tail is not None and head is not None and id(tail) in order and id(head) in order:
                votes += (order[id(head)] > order[id(tail)]) - (order[id(head)] < order[id(tail)])
        return votes >= 0

    def _measure(self, band: Band, between: list[Link]) -> None:
        said = max((wording.width(a.gradient, 9, mono=True) for a in between), default=0.0)
        band.lane = LANE + (said if len(band.lanes) <= _FEW else 0)
        band.gutter = GUTTER + band.lane * max(0, len(band.lanes) - 1) + said
        for column in band.columns:
            if column.card is None:
                band.widths.append(max(self.boxes[key].width for key in column.rows))
            else:
                label = wording.width(self.cards[column.card].label, 11, bold=True)
                band.widths.append(max(band.cell.width + 2 * PAD, label + 24))
        band.height = band.cell.height + TITLE + PAD
        spread(band)


def spread(band: Band) -> None:
    """Put the columns side by side."""
    ends = list(accumulate(width + band.gutter for width in band.widths))
    band.lefts = [0.0, *ends[:-1]]
    band.width = ends[-1] - band.gutter


def _states_last(cell: View, tails: set[int]) -> None:
    """Where an operation takes a state and leaves, the state comes last: its way out is free."""
    made = {link.head for link in cell.links}
    into: dict[int, list[int]] = {}
    for link in cell.links:
        into.setdefault(link.head, []).append(link.tail)
    cell.ordered = frozenset(
        head
        for head, ends in into.items()
        if len(tails & set(ends)) == 1 and len(ends) > 1 and not made & (set(ends) - tails)
    )
    cell.links.sort(key=lambda link: link.head in cell.ordered and link.tail in tails)


def _passed(
    cell: Layout, states: list[tuple[int, int]], sizes: Mapping[int, Box], right: bool
) -> int:
    """How many boxes are in the way of the states, out of a cell and into it."""
    count = 0
    for tail, head in states:
        for key, outward in ((tail, right), (head, not right)):
            x, y = cell.centres[key]
            for other, box in sizes.items():
                ox, oy = cell.centres[other]
                near = abs(oy - y) < box.height / 2 + 5
                count += other != key and near and (ox > x) == outward
    return count


def mirrored(cell: Layout) -> Layout:
    """Left and right exchanged."""
    w = cell.width
    return replace(
        cell,
        centres={k: (w - x, y) for k, (x, y) in cell.centres.items()},
        curves={
            k: Curve(tuple((w - x, y) for x, y in c.points), (w - c.tip[0], c.tip[1]))
            for k, c in cell.curves.items()
        },
        cards={
            k: Rectangle(w - r.right, r.top, w - r.left, r.bottom) for k, r in cell.cards.items()
        },
    )
