"""The time grid: one cell is laid out, its copies stand in columns, the rest lies around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from autograd.draw import wording
from autograd.draw.layout import Curve, Layout, Point, Rectangle
from autograd.draw.routes import Router
from autograd.draw.view import Box, Card, Column, Link, View

Ask = Callable[[View], Layout]
"""Lays out a view without columns."""

TITLE, PAD, GUTTER, LANE = 24.0, 12.0, 44.0, 16.0
"""Room for a card's title, around its content, between columns, and for each state between them."""

_BAND = -1000
"""Keys of the boxes that stand for whole recurrences count down from here."""


@dataclass
class Band:
    """One recurrence: its columns and the layout of its cell.

    Attributes:
        columns: from left to right.
        cell: where each place of the cell lies.
        keys: the key in the cell of each place.
        lefts: the left edge of each column, within the band.
        width, height: of the whole band.
    """

    columns: list[Column]
    cell: Layout
    keys: dict[object, int]
    cards: dict[int, int]
    lanes: dict[tuple[object, object], int]
    lefts: list[float] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def lay_out_grid(view: View, ask: Ask) -> Layout:
    """The layout of a view with columns."""
    return _Grid(view, ask).layout()


class _Grid:
    def __init__(self, view: View, ask: Ask) -> None:
        self.view = view
        self.ask = ask
        self.boxes = {box.key: box for box in view.boxes}
        self.cards = {card.group: card for card in view.cards}
        self.column_of = {key: c for c in view.columns for key in c.rows}
        self.bands = {n: self._band(n) for n in dict.fromkeys(c.band for c in view.columns)}

    # --- one cell ---------------------------------------------------------------------

    def _band(self, number: int) -> Band:
        columns = [c for c in self.view.columns if c.band == number]
        keys: dict[object, int] = {}
        for column in sorted(columns, key=lambda c: -len(c.rows)):
            for row in column.rows.values() if column.card is not None else ():
                keys.setdefault(row, len(keys))
        cards, nested = self._nested(columns)
        cell = self.ask(self._cell(columns, keys, cards, nested))
        states = dict.fromkeys(
            (self._row(link.tail), self._row(link.head))
            for link in self.view.links
            if self._between_columns(link, number)
        )
        plain = [s for s in states if None not in s]
        lanes = {state: lane for lane, state in enumerate(plain)}
        band = Band(columns, self._turned(cell, columns, keys, plain), keys, cards, lanes)
        self._measure(band)
        return band

    def _row(self, key: int) -> object:
        return self.column_of[key].rows[key]

    def _between_columns(self, link: Link, number: int) -> bool:
        ends = [self.column_of.get(key) for key in (link.tail, link.head)]
        return all(c is not None and c.band == number for c in ends) and ends[0] is not ends[1]

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

    def _turned(
        self,
        cell: Layout,
        columns: list[Column],
        keys: dict[object, int],
        states: list[tuple[object, object]],
    ) -> Layout:
        """The cell or its mirror image, so that states leave on the side where time goes."""
        steps = [c.card for c in columns if c.card is not None]
        if not states or not steps:
            return cell
        forward = self._time_runs_right(columns)
        drift = 0.0
        for tail, head in states:
            drift += cell.centres[keys[tail]][0] - cell.centres[keys[head]][0]
        if (drift < 0) == forward:
            return mirrored(cell)
        return cell

    def _time_runs_right(self, columns: list[Column]) -> bool:
        order = {id(c): place for place, c in enumerate(columns)}
        votes = 0
        for link in self.view.links:
            tail, head = self.column_of.get(link.tail), self.column_of.get(link.head)
            if tail is not None and head is not None and id(tail) in order and id(head) in order:
                votes += (order[id(head)] > order[id(tail)]) - (order[id(head)] < order[id(tail)])
        return votes >= 0

    def _measure(self, band: Band) -> None:
        gutter = GUTTER + LANE * max(0, len(band.lanes) - 1)
        x = 0.0
        for column in band.columns:
            if column.card is None:
                width = max(self.boxes[key].width for key in column.rows)
            else:
                label = wording.width(self.cards[column.card].label, 11, bold=True)
                width = max(band.cell.width + 2 * PAD, label + 24)
            band.lefts.append(x)
            band.widths.append(width)
            x += width + gutter
        band.width = x - gutter
        band.height = band.cell.height + TITLE + PAD

    # --- around the cells -------------------------------------------------------------

    def _outer(self) -> View:
        """Everything else, with one box for each recurrence."""
        boxes = [box for box in self.view.boxes if box.key not in self.column_of]
        for number, band in self.bands.items():
            boxes.append(self._stand_in(number, band))
        inner = {c.card for c in self.view.columns} | {
            g for b in self.bands.values() for g in b.cards
        }
        cards = [card for card in self.view.cards if card.group not in inner]
        links: dict[tuple[int, int], Link] = {}
        for link in self.view.links:
            ends = self._end(link.tail), self._end(link.head)
            if ends[0] != ends[1] and ends not in links:
                made = replace(link, key=len(links), tail=ends[0], head=ends[1])
                made.strong = self._is_result(link.tail)
                made.ranks = int(made.strong and self._leaves_card(link))
                links[ends] = made
        self._with_parameters(links)
        return View(
            direction=self._direction(links), boxes=boxes, links=list(links.values()), cards=cards
        )

    def _stand_in(self, number: int, band: Band) -> Box:
        first = band.columns[0]
        step = next((c.card for c in band.columns if c.card is not None), None)
        card = None if step is None else self.cards[step].parent
        title, wide = str(first.band), band.width + 2 * GUTTER
        key = _BAND - number
        return Box(key, "group", number, card, "", "", "", (), title, wide, band.height + 20)

    def _with_parameters(self, links: dict[tuple[int, int], Link]) -> None:
        """Parameters that only columns use lie before their recurrence."""
        whole = {box.ref: box.key for box in self.view.boxes if box.kind == "value"}
        for key, column in self.column_of.items():
            box = self.boxes[key]
            ends = whole.get(box.ref, key), _BAND - column.band
            if box.kind == "chip" and ends[0] not in self.column_of and ends not in links:
                links[ends] = Link(len(links), *ends, 0, 0)

    def _leaves_card(self, link: Link) -> bool:
        """From one layer to the next: their cards share no rank, so that they lie in line."""
        cards = self.boxes[link.tail].card, self.boxes[link.head].card
        return None not in cards and cards[0] != cards[1] and link.tail not in self.column_of

    def _is_result(self, key: int) -> bool:
        """Not a leaf: what flows on keeps bands that follow each other in line."""
        box = self.boxes[key]
        return box.kind == "op" or "result" in box.role

    def _end(self, key: int) -> int:
        column = self.column_of.get(key)
        return key if column is None else _BAND - column.band

    def _direction(self, links: dict[tuple[int, int], Link]) -> str:
        """Upward; to the right where two recurrences run side by side, for they are rows then."""
        after: dict[int, set[int]] = {}
        for tail, head in links:
            after.setdefault(tail, set()).add(head)
        for first, second in pairwise(self.bands):
            pair = _BAND - first, _BAND - second
            if not _reaches(after, *pair) and not _reaches(after, pair[1], pair[0]):
                return "LR"
        return "BT"

    def layout(self) -> Layout:
        """Everything in its place."""
        view = self._outer()
        outer = self.ask(view)
        links = {(link.tail, link.head): link.key for link in view.links}
        centres = {k: p for k, p in outer.centres.items() if k > _BAND}
        cards = dict(outer.cards)
        curves: dict[int, Curve] = {}
        router = Router(self.boxes, centres)
        for number, band in self.bands.items():
            x, y = outer.centres[_BAND - number]
            corner = x - band.width / 2, y - band.height / 2
            self._put(band, corner, centres, cards)
            router.add(band, corner, self.boxes)
        inside = self._inside_curves(centres)
        for link in self.view.links:
            if link.key in inside:
                curves[link.key] = inside[link.key]
            elif link.tail in self.column_of or link.head in self.column_of:
                curves[link.key] = router.route(link, self.column_of)
            else:
                curves[link.key] = outer.curves[links[link.tail, link.head]]
        return _grown(replace(outer, centres=centres, cards=cards, curves=curves), self.boxes)

    def _put(
        self,
        band: Band,
        corner: Point,
        centres: dict[int, Point],
        cards: dict[int, Rectangle],
    ) -> None:
        rows = self._middle(band)
        for column, left, width in zip(band.columns, band.lefts, band.widths, strict=True):
            x, y = corner[0] + left, corner[1]
            if column.card is None:
                for key in column.rows:
                    centres[key] = (x + width / 2, y + TITLE + rows)
                continue
            cards[column.card] = Rectangle(x, y, x + width, y + band.height)
            dx, dy = x + (width - band.cell.width) / 2, y + TITLE
            for key, row in column.rows.items():
                cx, cy = band.cell.centres[band.keys[row]]
                centres[key] = (cx + dx, cy + dy)
            mine = {g for g in band.cards if self._step_of(g) == column.card}
            for group in mine:
                cards[group] = _moved(band.cell.cards[band.cards[group]], dx, dy)

    def _step_of(self, group: int) -> int | None:
        steps = {c.card for c in self.view.columns}
        here: int | None = group
        while here is not None and here not in steps:
            here = self.cards[here].parent
        return here

    def _middle(self, band: Band) -> float:
        """How high the box of steps that are left out lies: where the states run."""
        tails = [band.cell.centres[band.keys[tail]][1] for tail, _ in band.lanes]
        return sum(tails) / len(tails) if tails else band.cell.height / 2

    def _inside_curves(self, centres: dict[int, Point]) -> dict[int, Curve]:
        """The curves of the cell, moved to each column."""
        found: dict[int, Curve] = {}
        for number, band in self.bands.items():
            drawn = self._cell(band.columns, band.keys, band.cards, [])
            ways = {(a.tail, a.head, a.slot): band.cell.curves[a.key] for a in drawn.links}
            for link in self.view.links:
                column = self.column_of.get(link.tail)
                if column is None or column is not self.column_of.get(link.head):
                    continue
                if column.band != number:
                    continue
                tail, head = (band.keys[column.rows[k]] for k in (link.tail, link.head))
                at, cell = centres[link.tail], band.cell.centres[tail]
                by = at[0] - cell[0], at[1] - cell[1]
                found[link.key] = _shifted(ways[tail, head, link.slot], *by)
        return found


def _reaches(after: dict[int, set[int]], start: int, goal: int) -> bool:
    seen, todo = {start}, [start]
    while todo:
        for following in after.get(todo.pop(), ()):
            if following == goal:
                return True
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return False


def _moved(card: Rectangle, dx: float, dy: float) -> Rectangle:
    return Rectangle(card.left + dx, card.top + dy, card.right + dx, card.bottom + dy)


def _shifted(curve: Curve, dx: float, dy: float) -> Curve:
    points = tuple((x + dx, y + dy) for x, y in curve.points)
    return Curve(points, (curve.tip[0] + dx, curve.tip[1] + dy))


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


def _grown(layout: Layout, boxes: dict[int, Box]) -> Layout:
    """The layout moved and widened so that everything lies inside."""
    points = [p for curve in layout.curves.values() for p in curve.points]
    xs = [p[0] for p in points] + [0.0, layout.width]
    ys = [p[1] for p in points] + [0.0, layout.height]
    for key, (x, y) in layout.centres.items():
        xs += [x - boxes[key].width / 2, x + boxes[key].width / 2]
        ys += [y - boxes[key].height / 2, y + boxes[key].height / 2]
    dx, dy = -min(xs), -min(ys)
    return replace(
        layout,
        width=max(xs) + dx,
        height=max(ys) + dy,
        centres={k: (x + dx, y + dy) for k, (x, y) in layout.centres.items()},
        curves={k: _shifted(c, dx, dy) for k, c in layout.curves.items()},
        cards={k: _moved(r, dx, dy) for k, r in layout.cards.items()},
    )
