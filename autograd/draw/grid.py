"""The time grid: copies of one cell stand in columns, the rest lies around them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from autograd.draw.cells import GUTTER, PAD, TITLE, Ask, Band, Cells, spread
from autograd.draw.layout import Curve, Layout, Point, Rectangle
from autograd.draw.routes import Router, moved
from autograd.draw.view import Box, Column, Link, View

_BAND = -1000
"""Keys of the boxes that stand for whole recurrences count down from here."""


def lay_out_grid(view: View, ask: Ask) -> Layout:
    """The layout of a view with columns."""
    return _Grid(view, ask).layout()


class _Grid:
    def __init__(self, view: View, ask: Ask) -> None:
        self.view = view
        self.ask = ask
        self.boxes = {box.key: box for box in view.boxes}
        self.cards = {card.group: card for card in view.cards}
        cells = Cells(view, ask)
        self.column_of = cells.column_of
        self.bands = {n: cells.band(n) for n in dict.fromkeys(c.band for c in view.columns)}

    # --- around the cells -------------------------------------------------------------

    def _outer(self) -> View:
        """Everything else, with one box for each recurrence."""
        boxes = [box for box in self.view.boxes if box.key not in self.column_of]
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
        direction = self._direction(links)
        if direction == "LR":
            _align(self.bands.values())
        boxes += [self._stand_in(number, band) for number, band in self.bands.items()]
        return View(direction=direction, boxes=boxes, links=list(links.values()), cards=cards)

    def _stand_in(self, number: int, band: Band) -> Box:
        first = band.columns[0]
        step = next((c.card for c in band.columns if c.card is not None), None)
        card = None if step is None else self.cards[step].parent
        title, wide = str(first.band), band.width + 2 * (band.shift + GUTTER)
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
            corner = x - band.width / 2 + band.shift, y - band.height / 2
            self._put(band, corner, centres, cards)
            router.add(band, corner)
        for link in self.view.links:
            tail, head = self.column_of.get(link.tail), self.column_of.get(link.head)
            if tail is None and head is None:
                curves[link.key] = outer.curves[links[link.tail, link.head]]
            else:
                curves[link.key] = router.route(link, tail, head)
        return _grown(replace(outer, centres=centres, cards=cards, curves=curves), self.boxes)

    def _put(
        self,
        band: Band,
        corner: Point,
        centres: dict[int, Point],
        cards: dict[int, Rectangle],
    ) -> None:
        for column, left, width in zip(band.columns, band.lefts, band.widths, strict=True):
            x, y = corner[0] + left, corner[1]
            if column.card is None:
                for key, height in self._heights(band, column).items():
                    centres[key] = (x + width / 2, y + TITLE + height)
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

    def _heights(self, band: Band, column: Column) -> dict[int, float]:
        """How high in a cell boxes lie that are no step: where the states run that they give."""
        wanted = sorted((self._level(band, key), key) for key in column.rows)
        heights: dict[int, float] = {}
        floor = 0.0
        for level, key in wanted:
            half = self.boxes[key].height / 2
            heights[key] = max(level, floor + half)
            floor = heights[key] + half + PAD
        ceiling = band.cell.height + PAD
        for _, key in reversed(wanted):
            half = self.boxes[key].height / 2
            heights[key] = min(heights[key], ceiling - half)
            ceiling = heights[key] - half - PAD
        return heights

    def _level(self, band: Band, key: int) -> float:
        """The mean of the heights at which what leaves a box enters the next step."""
        heads = [link.head for link in self.view.links if link.tail == key]
        rows = [self.column_of[head].rows[head] for head in heads if head in self.column_of]
        places = [band.keys[row] for row in rows if row in band.keys]
        if self.boxes[key].kind == "group" and band.lanes:
            places = [band.keys[tail] for tail, _ in band.lanes]
        levels = [band.cell.centres[place][1] for place in places]
        return sum(levels) / len(levels) if levels else band.cell.height / 2


def _align(bands: Collection[Band]) -> None:
    """Rows have equal steps below each other, whatever stands before the first of them."""
    gutter = max(band.gutter for band in bands)
    wide = max(
        w for b in bands for c, w in zip(b.columns, b.widths, strict=True) if c.card is not None
    )
    for band in bands:
        steps = zip(band.columns, band.widths, strict=True)
        band.gutter, band.widths = gutter, [w if c.card is None else wide for c, w in steps]
        spread(band)
    middle = max(map(_first_step, bands))
    for band in bands:
        band.shift = middle - _first_step(band)


def _first_step(band: Band) -> float:
    """Where the first step begins, counted from the middle of a band."""
    step = next(i for i, column in enumerate(band.columns) if column.card is not None)
    return band.lefts[step] - band.width / 2


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
        curves={k: moved(c, dx, dy) for k, c in layout.curves.items()},
        cards={k: _moved(r, dx, dy) for k, r in layout.cards.items()},
    )
