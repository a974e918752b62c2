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
        strong: whether it belongs to the highway of a cell's state.
        ranks: how many ranks more it spans.
        cut: whether it leads to a detached value, and ends in a bar.
        back: whether what it carries is a gradient itself.
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
    strong: bool = False
    ranks: int = 0
    cut: bool = False
    back: bool = False


@dataclass(frozen=True)
class Card:
    """An open group: a card with a title around what lies in it."""

    group: int
    kind: str
    label: str
    parent: int | None


@dataclass(frozen=True)
class Column:
    """A time step that is drawn as a column of a grid.

    Attributes:
        band: which recurrence it belongs to.
        card: the group of the step; None for the box of steps that are left out, and for the
            first states, which stand before the first step.
        rows: for each of its boxes, its place in the cell, the same in every step.
    """

    band: int
    card: int | None
    rows: dict[int, object]


@dataclass(frozen=True)
class Share:
    """How much each step adds to the gradient of a shared parameter.

    Attributes:
        name: of the parameter.
        steps: the number of each step.
        parts: the norm of what it adds.
    """

    name: str
    steps: tuple[int, ...]
    parts: tuple[float, ...]


@dataclass(frozen=True)
class Marked:
    """Boxes and links that stand out, with a number (a page calls the mark by it) and a word."""

    key: str
    word: str
    boxes: tuple[int, ...]
    links: tuple[int, ...]


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
    columns: list[Column] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    faint: bool = False
    ordered: frozenset[int] = frozenset()
    log: bool = False
    marks: list[Marked] = field(default_factory=list)
