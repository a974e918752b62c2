"""From a trace to a view: what is drawn, in the order in which it was computed."""

from __future__ import annotations

from math import isfinite

from autograd.core.errors import RangeError
from autograd.draw import captions, wording
from autograd.draw.boxes import Boxes
from autograd.draw.folding import Depth, Folding, fold, visible
from autograd.draw.scale import check_size
from autograd.draw.trace import Event, Numbers, Operation, Trace
from autograd.draw.view import Card, Link, View

CIRCLES = 60
"""Above this many visible values, operations are written into names instead of circles."""

_ORDERLESS = frozenset("+×")


def compose(
    trace: Trace,
    *,
    depth: Depth = "auto",
    gradients: bool | None = None,
    direction: str = "LR",
    title: str | None = None,
) -> View:
    """Choose what of a trace is drawn.

    Args:
        trace: the run.
        depth: how many levels of groups are open; see `autograd.draw.folding`.
        gradients: draw the backward pass; by default where the trace has one.
        direction: ``LR``, inputs left and the result right, or ``TB``, from top to bottom.
        title: a heading.

    Raises:
        RangeError: the drawing would have more than 3,000 nodes, or the direction is unknown.
    """
    check_direction(direction)
    shown = bool(trace.events) if gradients is None else gradients
    view = _Composer(trace, fold(trace, depth), shown).compose()
    view.direction = direction
    if gradients is not False and (said := captions.without_gradient(trace)):
        view.remarks.append(said)
    view.title = wording.clean(title or "")
    return view


def check_direction(direction: str) -> None:
    """Refuse what is no direction.

    Raises:
        RangeError: naming those that are.
    """
    if direction not in ("LR", "TB"):
        raise RangeError(
            f'graph(direction={direction!r}): write "LR" (left to right) or "TB" (top to bottom).'
        )


class _Composer:
    """Goes through a trace once, in order of execution."""

    def __init__(self, trace: Trace, folding: Folding, gradients: bool) -> None:
        self.trace = trace
        self.folding = folding
        self.gradients = gradients
        count = visible(trace, folding)
        circles = count <= CIRCLES
        open_ops = sum(folding.box(op.scope) is None for op in trace.ops)
        check_size(count + open_ops * circles)
        self.boxes = Boxes(trace, folding, gradients, circles)
        self.links: list[Link] = []
        self._joined: dict[tuple[int, int], Link] = {}
        self._events = {(event.op, event.slot): event for event in trace.events if gradients}
        sizes = [_size(n) for e in trace.events for n in (e.contribution, e.upstream)]
        self._largest = max(sizes, default=0.0)

    def compose(self) -> View:
        """The whole view."""
        for op in self.trace.ops:
            self._operation(op)
        for root in self.trace.roots:
            self.boxes.value(root)
        self._upstream()
        return View(
            boxes=self.boxes.made,
            links=self.links,
            cards=self._cards(),
            summary=captions.summary(self.trace, self.gradients),
            remarks=captions.remarks(self.trace, self.folding, self.boxes.made),
        )

    def _operation(self, op: Operation) -> None:
        tails = [self.boxes.of(op, place) for place in op.inputs]
        hidden = self.folding.box(op.scope)
        if hidden is not None:
            self._into_group(op, tails, self.boxes.group(hidden))
        elif self.boxes.circles:
            circle = self.boxes.operation(op)
            self._operands(op, tails, circle)
            for place in op.outputs:
                self._link(circle, self.boxes.of(op, place), op, None)
        else:
            for place in op.outputs:
                self._operands(op, tails, self.boxes.of(op, place))

    def _operands(self, op: Operation, tails: list[int], head: int) -> None:
        """One arrow for each operand, two for one that is used twice."""
        several = len(tails) > 1 and (op.symbol not in _ORDERLESS or len(set(tails)) < len(tails))
        for slot, tail in enumerate(tails):
            link = self._link(tail, head, op, slot)
            link.mark = _circled(slot) if several else ""
            link.note = self._note(op, slot)

    def _into_group(self, op: Operation, tails: list[int], box: int) -> None:
        """Arrows into a collapsed group: one from each box, whatever is inside."""
        for slot, tail in enumerate(tails):
            if tail != box:
                self._join(tail, box, op, slot)
        for place in op.outputs:
            if place in self.trace.roots:
                self._link(box, self.boxes.value(place), op, None)

    def _join(self, tail: int, head: int, op: Operation, slot: int) -> None:
        known = self._joined.get((tail, head))
        if known is None:
            self._joined[tail, head] = self._link(tail, head, op, slot)
            return
        event = self._events.get((op.id, slot))
        if event is not None:
            known.events = tuple(sorted((*known.events, event.id)))
            known.gradient = ""
            known.weight = max(known.weight, self._share(event.contribution))

    def _link(self, tail: int, head: int, op: Operation, slot: int | None) -> Link:
        link = Link(len(self.links), tail, head, op.id, slot)
        event = None if slot is None else self._events.get((op.id, slot))
        if event is not None:
            link.events = (event.id,)
            link.gradient = wording.gradient(event.contribution)
            link.weight = self._share(event.contribution)
        self.links.append(link)
        return link

    def _share(self, numbers: Numbers) -> float:
        """The size of a gradient, as a part of the largest."""
        return _size(numbers) / self._largest if self._largest else 0.0

    def _note(self, op: Operation, slot: int) -> str:
        """What broadcasting does to an operand; a plain number goes without saying."""
        value, made = self.trace.values[op.inputs[slot]], self.trace.values[op.outputs[0]]
        constant = value.op is None and not value.requires_grad and value.numbers.shape == ()
        if not op.elementwise or constant or value.numbers.shape == made.numbers.shape:
            return ""
        return f"{wording.shape(value.numbers)} → {wording.shape(made.numbers)}"

    def _upstream(self) -> None:
        """The gradient that arrives at an operation runs back along its way out."""
        first: dict[int, Event] = {}
        for event in self._events.values():
            first.setdefault(event.op, event)
        for link in self.links:
            arriving = first.get(link.op) if link.slot is None else None
            if arriving is not None and self.boxes.known(arriving.source) == link.head:
                link.events = (arriving.id,)
                link.weight = self._share(arriving.upstream)

    def _cards(self) -> list[Card]:
        """The open groups that something lies in."""
        used = {box.card for box in self.boxes.made}
        for group in reversed(self.trace.groups):
            if group.id in used:
                used.add(group.parent)
        return [
            Card(group.id, group.kind, wording.clean(group.label), group.parent)
            for group in self.trace.groups
            if group.id in used
        ]


def _size(numbers: Numbers) -> float:
    """The norm, 0 where it is unknown or no number."""
    norm = numbers.norm
    return norm if norm is not None and isfinite(norm) else 0.0


def _circled(slot: int) -> str:
    return chr(0x2460 + slot) if slot < 20 else f"({slot + 1})"
