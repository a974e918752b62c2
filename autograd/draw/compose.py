"""From a trace to a view: what is drawn, in the order in which it was computed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from autograd.core.errors import RangeError
from autograd.draw import captions, wording
from autograd.draw.boxes import Boxes
from autograd.draw.columns import columns_of
from autograd.draw.folding import Depth, Folding, fold, visible
from autograd.draw.look import Look, Ops, Widths, look_of
from autograd.draw.piles import piles, title as title_of
from autograd.draw.scale import check_size
from autograd.draw.shares import shares
from autograd.draw.timing import Mode, Timing, timing
from autograd.draw.trace import Event, Numbers, Operation, Trace
from autograd.draw.view import Card, Link, View
from autograd.draw.weights import Weights

CIRCLES = 60
"""Above this many visible values, operations are written into names instead of circles."""

CELL = 8
"""Above this many operations in a cell, its circles join where a value has no name."""

_ORDERLESS = frozenset("+×")


def compose(
    trace: Trace,
    *,
    depth: Depth = "auto",
    gradients: bool | str | None = None,
    direction: str = "LR",
    title: str | None = None,
    time: Mode | None = None,
    expand: Collection[str] = (),
    ops: Ops = "auto",
    values: bool = True,
    shapes: bool = True,
    widths: Widths = "linear",
    pending: bool = False,
) -> View:
    """Choose what of a trace is drawn.

    Args:
        trace: the run.
        depth: how many levels of groups are open; see `autograd.draw.folding`.
        gradients: draw the backward pass, ``"only"`` for nothing else; by default where the
            trace has one.
        direction: ``LR``, inputs left and the result right, or ``TB``, from top to bottom.
        title: a heading.
        time: how time steps are drawn (see `autograd.draw.timing`); None: like other groups.
        expand: paths of modules that are open whatever the depth is.
        ops: how operations appear (see `autograd.draw.look`).
        values, shapes: whether boxes show them.
        widths: what the widths of gradients go by, ``"linear"`` or ``"log"``.
        pending: no backward pass has run yet: gradients are there to come.

    Raises:
        RangeError: the drawing would have more than 3,000 nodes, or an option is unknown.
    """
    check_direction(direction)
    look, when = look_of(trace, gradients, values, shapes, ops, widths), timing(trace, time)
    look = replace(look, gradients=look.gradients or pending)
    view = _Composer(
        trace, _piled(trace, fold(trace, depth, when, expand), when), look, when
    ).compose()
    view.direction, view.faint, view.log = direction, look.faint, look.log
    if pending:
        view.remarks.append(captions.PENDING)
    elif gradients is not False and (said := captions.without_gradient(trace)):
        view.remarks.append(said)
    view.title = wording.clean(title or "")
    return view


def _piled(trace: Trace, folding: Folding, when: Timing) -> Folding:
    """The folding with one box for each pile of equal modules."""
    found = piles(trace, folding)
    for first, run in found.items():
        when.piles[first] = len(run)
        when.labels[first] = f"{len(run)} × {title_of(trace.groups[first])}"
    stands = {place: first for first, run in found.items() for place in run}
    boxes = [None if box is None else stands.get(box, box) for box in folding.boxes]
    return replace(folding, boxes=boxes)


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

    def __init__(self, trace: Trace, folding: Folding, look: Look, when: Timing) -> None:
        self.trace = trace
        self.folding = folding
        self.when = when
        self.ops = [op for op in trace.ops if op.scope not in when.absent]
        look = look.with_ops(self._how(look))
        self.look = look
        open_ops = sum(folding.box(op.scope) is None for op in self.ops)
        check_size(visible(trace, folding, self.ops) + open_ops * (look.ops != "names"))
        self.boxes = Boxes(trace, folding, look, when)
        self.links: list[Link] = []
        self._joined: dict[tuple[int, int], Link] = {}
        self._circles: dict[int, int] = {}
        self._models = frozenset(when.alias.values())
        self._silent = self._nameless() if look.ops == "compact" else frozenset()
        self._events = {(event.op, event.slot): event for event in trace.events if look.arrows}
        self._weights = Weights(trace, look.log)

    def _how(self, look: Look) -> Ops:
        """How operations appear, where nobody has said it."""
        if look.ops != "auto":
            return look.ops
        count = visible(self.trace, self.folding, self.ops)
        steps = [len(r.rows) / len(r.steps) for r in self.when.found]
        if steps and max(steps) > CELL and count <= 3 * CIRCLES:
            return "compact"
        return "circles" if count <= CIRCLES * (2 if steps else 1) else "names"

    def _nameless(self) -> frozenset[int]:
        """Results without a name that one open operation uses, once."""
        uses: dict[int, list[Operation]] = {}
        for op in self.ops:
            for place in op.inputs:
                uses.setdefault(self.when.alias.get(place, place), []).append(op)
        found = {
            place
            for place, users in uses.items()
            if len(users) == 1
            and self._plain(place)
            and self._open(users[0].scope)
            and not self._handed_on(place, users[0])
        }
        return frozenset(found - self._odd(found))

    def _handed_on(self, place: int, user: Operation) -> bool:
        """Whether a value goes from one step to another."""
        return any(
            place in r.inner
            and self.when.stepped(self._made_in(place)) != self.when.stepped(user.scope)
            for r in self.when.found
        )

    def _made_in(self, place: int) -> int | None:
        made_by = self.trace.values[place].op
        return None if made_by is None else self.trace.ops[made_by].scope

    def _odd(self, found: set[int]) -> set[int]:
        """Those that have a box in another step: every step looks the same."""
        odd: set[int] = set()
        for recurrence in self.when.found:
            made = {p: seat for (_, p), seat in recurrence.seats.items() if seat[0] == "out"}
            boxed = {
                seat for p, seat in made.items() if p not in found and self._open(self._made_in(p))
            }
            odd.update(p for p, seat in made.items() if seat in boxed)
        return odd

    def _open(self, scope: int | None) -> bool:
        return self.folding.box(scope) is None and scope not in self.when.absent

    def _plain(self, place: int) -> bool:
        value = self.trace.values[place]
        if value.op is None or value.named or place in self.trace.roots:
            return False
        return self._open(self._made_in(place))

    def compose(self) -> View:
        """The whole view."""
        for op in self.ops:
            self._operation(op)
        for root in self.trace.roots:
            self.boxes.value(self.when.alias.get(root, root))
        self._beginnings()
        self._upstream()
        self._cuts()
        found = self.when.found
        return View(
            boxes=self.boxes.made,
            links=self.links,
            cards=self._cards(),
            summary=captions.summary(self.trace, self.look.gradients),
            remarks=captions.remarks(self.trace, self.folding, self.boxes.made, self.when),
            columns=columns_of(self.trace, self.when, self.boxes),
            shares=[s for r in found for s in shares(self.trace, r)] if self.look.arrows else [],
        )

    def _operation(self, op: Operation) -> None:
        hidden = self.folding.box(op.scope)
        tails = [self._tail(op, place) for place in op.inputs]
        if hidden is not None:
            self._into_group(op, tails, self.boxes.group(hidden))
        elif self.boxes.circles:
            circle = self._circles[op.id] = self.boxes.operation(op)
            self._operands(op, tails, circle)
            self._results(op, circle)
        else:
            for head in dict.fromkeys(self.boxes.of(op, place) for place in op.outputs):
                self._operands(op, tails, head)

    def _tail(self, op: Operation, place: int) -> int:
        """Where the arrow of an operand begins: at its box, or at the circle that made it."""
        place = self.when.alias.get(place, place)
        made_by = self.trace.values[place].op
        if place in self._silent and made_by in self._circles:
            return self._circles[made_by]
        return self.boxes.of(op, place)

    def _results(self, op: Operation, circle: int) -> None:
        """One arrow to each result; to steps that share a box, one for all of them."""
        met: set[int] = set()
        for place in op.outputs:
            if self.when.alias.get(place, place) in self._silent:
                continue
            head = self.boxes.of(op, place)
            if head not in met:
                self._link(circle, head, op, None)
            if self.when.found:
                met.add(head)

    def _operands(self, op: Operation, tails: list[int], head: int) -> None:
        """One arrow for each operand, two for one that is used twice."""
        several = len(tails) > 1 and (op.symbol not in _ORDERLESS or len(set(tails)) < len(tails))
        seen: set[int] = set()
        for slot, tail in enumerate(tails):
            if self._many(op.inputs[slot], tail) and tail in seen:
                continue
            seen.add(tail)
            link = self._link(tail, head, op, slot)
            many = self.when.found and len(tails) > 2
            link.mark = _circled(slot) if several and not many else ""
            link.note = self._note(op, slot)
            link.strong = self.boxes.gates.get(op.id) == "state" and self._is_state(op, slot)

    def _many(self, place: int, tail: int) -> bool:
        """Whether a box stands for the values of many steps."""
        box = self.boxes.made[tail]
        stack = box.kind == "group" and box.ref in self.when.stacks
        return stack or place in self.when.alias or place in self._models

    def _is_state(self, op: Operation, slot: int) -> bool:
        """Whether an operand of a cell's state is on its highway, not a gate's product."""
        made_by = self.trace.values[op.inputs[slot]].op
        maker = None if made_by is None else self.trace.ops[made_by]
        if op.symbol == "×":
            return maker is None or maker.name != "sigmoid"
        return maker is not None and self.boxes.gates.get(maker.id) == "state"

    def _beginnings(self) -> None:
        """Where time is folded: what the first step got from outside in place of a state."""
        first = {r.steps[0]: r for r in self.when.found if self.when.folded} | {
            r.steps[-1]: r for r in self.when.found if self.when.folded
        }
        rows = {
            row: op for r in first.values() for op, row in r.rows.items() if op in self._circles
        }
        for step, recurrence in first.items():
            for (of, place), seat in recurrence.seats.items():
                outer = self.when.homes.get(place, -1) == recurrence.parent
                if of == step and seat[0] == "in" and outer and seat[1] in rows:
                    op = self.trace.ops[rows[seat[1]]]
                    link = self._link(self.boxes.value(place), self._circles[op.id], op, None)
                    link.slot, link.note = int(str(seat[2])), "first step"
        self._loops()

    def _loops(self) -> None:
        """Where time is folded: the arrows that come from the step before."""
        made = {box.key: box for box in self.boxes.made}
        for link in self.links:
            op = self.trace.ops[link.op]
            tail = made[link.tail]
            if op.scope is None or not self.when.folded or link.slot is None:
                continue
            place = op.inputs[link.slot]
            handed = place in self.when.alias and self.trace.values[place].op is not None
            if handed and tail.kind != "group" and self._same_step(tail.card, op.scope):
                link.note, link.mark = "t → t + 1", ""
        for link in self.links:
            if {self._step(made[end].card) for end in (link.tail, link.head)} != {None}:
                link.gradient = ""

    def _same_step(self, card: int | None, scope: int | None) -> bool:
        steps = [r.model for r in self.when.found]
        return self._step(card) == self._step(scope) and self._step(scope) in steps

    def _step(self, group: int | None) -> int | None:
        while group is not None and group not in self.when.folded:
            group = self.trace.groups[group].parent
        return group

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
            known.weight = max(known.weight, self._weights.of(event.contribution))

    def _link(self, tail: int, head: int, op: Operation, slot: int | None) -> Link:
        link = Link(len(self.links), tail, head, op.id, slot)
        carried = op.outputs[0] if slot is None else op.inputs[slot]
        link.back = self.trace.values[carried].role == "gradient"
        event = None if slot is None else self._events.get((op.id, slot))
        if event is not None:
            link.events = (event.id,)
            link.gradient = wording.gradient(event.contribution)
            link.weight = self._weights.of(event.contribution)
        self.links.append(link)
        return link

    def _note(self, op: Operation, slot: int) -> str:
        """What broadcasting does to an operand; a plain number goes without saying."""
        value, made = self.trace.values[op.inputs[slot]], self.trace.values[op.outputs[0]]
        constant = value.op is None and not value.requires_grad and value.numbers.shape == ()
        if not op.elementwise or constant or value.numbers.shape == made.numbers.shape:
            return ""
        return f"{wording.shape(value.numbers)} → {wording.shape(made.numbers)}"

    def _upstream(self) -> None:
        """The gradients that arrive at an operation run back along its ways out."""
        first: dict[int, Event] = {}
        for event in self._events.values():
            first.setdefault(event.op, event)
        for link in self.links:
            arriving = first.get(link.op) if link.slot is None else None
            given = None if arriving is None else self._given(link)
            if arriving is not None and given is not None:
                link.events = (arriving.id,)
                link.weight = self._weights.of(given)

    def _cuts(self) -> None:
        """Where values were detached: an arrow that ends in a bar, or the bar alone."""
        users = {place: op for op in reversed(self.ops) for place in op.inputs}
        for place, origin in self.trace.detached.items():
            head = self.boxes.known(place)
            tail = None if origin is None else self.boxes.known(origin)
            if head is not None and tail is not None and place in users:
                self._link(tail, head, users[place], None).cut = True
            elif head is not None:
                self.boxes.cut_off(place)

    def _given(self, link: Link) -> Numbers | None:
        """The gradient of the result that an arrow leads to."""
        for place in self.trace.ops[link.op].outputs:
            if self.boxes.known(place) == link.head:
                return self.trace.values[place].gradient
        return None

    def _cards(self) -> list[Card]:
        """The open groups that something lies in."""
        used = {box.card for box in self.boxes.made}
        for group in reversed(self.trace.groups):
            if group.id in used:
                used.add(group.parent)
        return [
            Card(group.id, group.kind, self._label(group.id, group.label), group.parent)
            for group in self.trace.groups
            if group.id in used
        ]

    def _label(self, group: int, label: str) -> str:
        return wording.clean(self.when.labels.get(group, label))


def _circled(slot: int) -> str:
    return chr(0x2460 + slot) if slot < 20 else f"({slot + 1})"
