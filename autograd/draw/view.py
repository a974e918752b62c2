"""What is drawn, as plain data: boxes, circles, arrows, cards; no colours, no coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Box:
    """One thing with a place of its own.

    Attributes:
        key: its number in the drawing, in order of creation.
        kind: ``value``, ``op``, ``chip`` (a further use of a parameter) or ``group``.
        ref: the id in the trace of what it shows.
        card: the group whose card it lies on, None for the open ground.
        role: further words for its look: ``input``, ``parameter``, ``root``…
        name: the line in bold, or the symbol in a circle.
        corner: the word at the right.
        lines: what stands below, each with the class of its text.
        title: the text that appears under the pointer, uncut.
        width, height: its size in pixels.
    """

    key: int
    kind: str
    ref: int
    card: int | None
    role: str
    name: str
    corner: str
    lines: tuple[tuple[str, str], ...]
    title: str
    width: float
    height: float


@dataclass
class Link:
    """One forward arrow, and the gradients that travel back along it.

    Attributes:
        key: its number in the drawing.
        tail, head: the boxes that it joins.
        op: the operation; `slot` its operand's place, None on the way out of it.
        mark: the operand's place in words, where it matters: ``①``.
        note: what broadcasting does on the way: ``(3,) → (4, 3)``.
        events: the gradients that come back; on the way out of an operation, the first
            of those that pass it.
        gradient: what they carry, as a label.
        weight: their size from 0 to 1, for the width of the arrow.
    """

    key: int
    tail: int
    head: int
    op: int
    slot: int | None
    mark: str = ""
    note: str = ""
    events: tuple[int, ...] = ()
    gradient: str = ""
    weight: float = 0.0


@dataclass(frozen=True)
class Card:
    """An open group: a card with a title around what lies in it."""

    group: int
    kind: str
    label: str
    parent: int | None


@dataclass
class View:
    """Everything that a drawing shows, in the order of creation."""

    direction: str = "LR"
    boxes: list[Box] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    title: str = ""
    summary: str = ""
    remarks: list[str] = field(default_factory=list)
