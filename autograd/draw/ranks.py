"""How many ranks each arrow of a layout spans at least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograd.draw.view import Box, Link, View

ROOMY = 150
"""Up to so many boxes, arrows are made longer for labels and for modules in line."""


def spans(view: View) -> dict[int, int]:
    """The least span of each link: room for what it says, and past what a card holds before it.

    An arrow into a card begins before everything that the card needs besides (the weights of
    a layer), so that modules that follow each other lie in line.
    """
    boxes = {box.key: box for box in view.boxes}
    if len(boxes) > ROOMY:
        return {link.key: 1 + link.ranks for link in view.links}
    rooms = _rooms(view)
    made = {a.key: a.ranks + (1 if _near(a, boxes) else rooms[a.op]) for a in view.links}
    around = _around(view)
    inside: dict[int, Mapping[int, int]] = {}
    for link in view.links:
        tail, head = (around[boxes[key].card] for key in (link.tail, link.head))
        entered = [card for card in head if card not in tail]
        if not entered or "parameter" in boxes[link.tail].role:
            continue
        card = entered[-1]
        if card not in inside:
            own = {box.key for box in view.boxes if card in around[box.card]}
            inside[card] = depths(
                (a.tail, a.head, made[a.key]) for a in view.links if {a.tail, a.head} <= own
            )
        made[link.key] = max(made[link.key], 1 + inside[card].get(link.head, 0))
    return made


def _around(view: View) -> dict[int | None, tuple[int, ...]]:
    """For each card itself and those around it, outermost last."""
    made: dict[int | None, tuple[int, ...]] = {None: ()}
    for card in view.cards:
        made[card.group] = (card.group, *made.get(card.parent, ()))
    return made


def _rooms(view: View) -> dict[int, int]:
    """How many gaps the arrows into each operation span, so that labels find room beside them."""
    made: dict[int, int] = {}
    for link in view.links:
        needed = 3 if link.note else 2 if link.gradient else 1
        if link.slot is not None:
            made[link.op] = max(needed, made.get(link.op, 1))
    return made


def _near(link: Link, boxes: Mapping[int, Box]) -> bool:
    """Results lie near their operation, and numbers without lines near the one they go into."""
    tail = boxes[link.tail]
    return link.slot is None or (tail.kind == "value" and not tail.lines)


def depths(links: Iterable[tuple[int, int, int]]) -> Mapping[int, int]:
    """How far each box lies from where arrows begin; empty where they run in a circle.

    Args:
        links: from, to, and the length of each.
    """
    links = list(links)
    found = dict.fromkeys((end for a, b, _ in links for end in (a, b)), 0)
    for _ in range(len(found) + 1):
        settled = True
        for a, b, length in links:
            if found[b] < found[a] + length:
                found[b], settled = found[a] + length, False
        if settled:
            return found
    return {}
