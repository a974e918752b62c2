"""The boxes of a view: values with their numbers, operations, chips, collapsed groups."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import normalize

from autograd.draw import wording
from autograd.draw.folding import Folding, spot
from autograd.draw.gates import gates
from autograd.draw.inside import Borders
from autograd.draw.look import Look
from autograd.draw.recurrence import steps_around
from autograd.draw.timing import Timing
from autograd.draw.trace import Group, Operation, Trace, Value
from autograd.draw.view import Box

SPAN = 20_000
"""Above this many ranks that arrows run past, further uses of far leaves are small boxes."""

_GATES = ("forget", "input", "candidate", "output")

Lines = tuple[tuple[str, str], ...]


class Boxes:
    """Makes each box where it is met for the first time, and gives its number.

    Attributes:
        made: the boxes so far.
        starts: the time step that each box of a first state leads into.
    """

    def __init__(self, trace: Trace, folding: Folding, look: Look, timing: Timing) -> None:
        self.trace = trace
        self.folding = folding
        self.look = look
        self.timing = timing
        self.circles = look.ops != "names"
        self.gates = gates(trace) if look.ops == "compact" else {}
        self.far = far_leaves(trace) - folding.parameters
        self._around = steps_around(trace)
        self._columns = {g for r in timing.found for g in r.steps} - set(timing.folded)
        self.made: list[Box] = []
        self._borders = Borders(trace, folding)
        self._values: dict[int, int] = {}
        self._uses: dict[tuple[int, int | None], int] = {}
        self.starts: dict[int, int] = {}
        self._groups: dict[int, int] = {}

    def of(self, op: Operation, place: int) -> int:
        """The box of an operand or a result of an operation."""
        place = self.timing.alias.get(place, place)
        step = self.timing.stepped(op.scope)
        if step is not None and self._starts(step, place):
            return self._start(step, place)
        if place in self.far and place in self._values and self.folding.box(op.scope) is None:
            return self._chip(place, op.scope)
        where = spot(self.trace, self.folding, op, place)
        if where.kind == "group":
            return self.group(where.ref)
        if where.kind == "use":
            return self._use(where.ref, where.scope)
        return self.value(where.ref)

    def value(self, place: int) -> int:
        """The box of a value that is drawn whatever is collapsed."""
        return self._value(place, self.folding.homes[place])

    def known(self, place: int) -> int | None:
        """The box of a value, if it has one of its own."""
        return self._values.get(place)

    def cut_off(self, place: int) -> None:
        """A detached value whose origin has no box: it begins with a bar of its own."""
        key = self._values[place]
        self.made[key] = replace(self.made[key], role=f"{self.made[key].role} severed")

    def operation(self, op: Operation) -> int:
        """The circle of an operation."""
        symbol = wording.clean(normalize("NFKC", op.symbol), 20)
        gate = self.gates.get(op.id, "")
        if gate in _GATES:
            symbol = f"{symbol} {gate}"
        return self._add(
            kind="op",
            ref=op.id,
            card=self._card(op.scope),
            name=symbol,
            title=wording.clean(f"{op.name}: {op.text}. {op.lesson}"),
            width=max(32.0, wording.width(symbol, 13) + 16),
            height=32,
        )

    def group(self, place: int) -> int:
        """The box of a collapsed group."""
        if place not in self._groups:
            self._groups[place] = self._new_group(self.trace.groups[place])
        return self._groups[place]

    def _add(
        self,
        *,
        kind: str,
        ref: int,
        card: int | None,
        name: str,
        title: str,
        width: float,
        height: float,
        role: str = "",
        corner: str = "",
        lines: Lines = (),
    ) -> int:
        key = len(self.made)
        self.made.append(Box(key, kind, ref, card, role, name, corner, lines, title, width, height))
        return key

    def _card(self, group: int | None) -> int | None:
        """The innermost open group at or around `group`."""
        while group is not None and self.folding.box(group) is not None:
            group = self.trace.groups[group].parent
        return group

    # --- values -----------------------------------------------------------------------

    def _value(self, place: int, home: int | None) -> int:
        if place not in self._values:
            self._values[place] = self._new_value(self.trace.values[place], home)
        return self._values[place]

    def _use(self, place: int, scope: int | None) -> int:
        """A parameter: the first use has its box, each further card a chip."""
        if (place, scope) not in self._uses:
            if self._in_column(scope) and place not in self._values:
                self._value(place, self._outside(scope))
            first = place not in self._values
            made = self._value(place, scope) if first else self._chip(place, scope)
            self._uses[place, scope] = made
        return self._uses[place, scope]

    def _starts(self, step: int, place: int) -> bool:
        """Whether a leaf is the first state of a recurrence whose steps are columns."""
        opened = step in self._columns and self.folding.box(step) is None
        return opened and (step, place) in self.timing.starts

    def _start(self, step: int, place: int) -> int:
        """The first state of a recurrence: its box, or a chip where another has started with it."""
        if (place, step) not in self._uses:
            around = self.trace.groups[step].parent
            first = place not in self._values
            made = self._value(place, around) if first else self._chip(place, around)
            self._uses[place, step] = made
            self.starts[made] = step
        return self._uses[place, step]

    def _in_column(self, scope: int | None) -> bool:
        return scope is not None and self._around[scope] in self._columns

    def _outside(self, scope: int | None) -> int | None:
        """The group around the step that a scope lies in."""
        step = None if scope is None else self._around[scope]
        return None if step is None else self.trace.groups[step].parent

    def _new_value(self, value: Value, home: int | None) -> int:
        if is_plain(value) and value.id not in self.trace.detached:
            return self._plain(value, home)
        name, lines = self._name(value), self._lines(value, home)
        role = self._role(value)
        corner = "" if role == "result" and not self.circles else self._corner(value, role)
        width = _box_width(name, corner, lines)
        return self._add(
            kind="value",
            ref=value.id,
            card=self._card(home),
            role=role + self._more(value),
            name=wording.fit(name, width - 16 - wording.width(corner, 9), 12, bold=True),
            corner=corner,
            lines=lines,
            title=self._title(value),
            width=width,
            height=_box_height(lines),
        )

    def _plain(self, value: Value, home: int | None) -> int:
        """A number that stands in a formula: its name is its value, and it has no gradient."""
        name = wording.fit(wording.clean(value.name), 150, 12, bold=True)
        return self._add(
            kind="value",
            ref=value.id,
            card=self._card(home),
            role="constant",
            name=name,
            title=self._title(value),
            width=max(34.0, wording.width(name, 12, bold=True) + 18),
            height=22,
        )

    def _chip(self, place: int, scope: int | None) -> int:
        value = self.trace.values[place]
        whole = wording.clean(value.name)
        name = wording.fit(whole, 150, 10, bold=True)
        return self._add(
            kind="chip",
            ref=place,
            card=self._card(scope),
            role=self._role(value),
            name=name,
            title=f"{whole}: the same {value.role} as before, used again",
            width=max(44.0, wording.width(name, 10, bold=True) + 16),
            height=20,
        )

    def _corner(self, value: Value, role: str) -> str:
        """The word at the right: what a cell hands on is its state."""
        if value.id in self.trace.detached:
            return "detached"
        made_by = -1 if value.op is None else value.op
        gate = self.gates.get(made_by, "")
        if gate == "state" and self.trace.ops[made_by].symbol == "+":
            return "state c"
        return "state h" if gate == "hidden" and role == "result" else role.partition(" ")[0]

    def _more(self, value: Value) -> str:
        """Further words for the look of a box."""
        root = " root" * (value.id in self.trace.roots)
        return root + " detached" * (value.id in self.trace.detached)

    def _role(self, value: Value) -> str:
        """What several time steps learn is a parameter, whoever made it."""
        shared = self.timing.found and value.id in self.folding.parameters
        return "parameter" if shared else value.role

    def _name(self, value: Value) -> str:
        name = wording.clean(value.name) or f"v{value.id}"
        if value.op is None or self.circles:
            return name
        formula = wording.clean(value.written or self.trace.ops[value.op].text)
        return f"{name} = {formula}" if value.named else formula

    def _lines(self, value: Value, home: int | None) -> Lines:
        lines = []
        quiet = home is not None and self._around[home] in self.timing.folded
        if value.numbers.shape != () and (self.look.shapes or quiet):
            plain = value.dtype in ("float64", "float32")
            kind = "" if plain else f" {wording.clean(value.dtype, 20)}"
            lines.append(("shape", wording.shape(value.numbers) + kind))
        if quiet:
            return tuple(lines)
        if self.look.values:
            lines.append(("val", f"val  {wording.value(value.numbers)}"))
        if self.look.gradients:
            asked = value.requires_grad
            lines.append(("grad", f"grad {wording.gradient(value.gradient) if asked else 'off'}"))
        return tuple(lines)

    def _title(self, value: Value) -> str:
        said = [f"{value.name}: {value.role}, {value.dtype} {wording.shape(value.numbers)}"]
        if value.op is not None:
            said.append(f"= {value.written or self.trace.ops[value.op].text}")
        said.append(f"value {wording.elements(value.numbers)}")
        if self.look.gradients and value.gradient is not None:
            said.append(f"gradient {wording.elements(value.gradient)}")
        return " · ".join(wording.clean(part) for part in said)

    # --- groups -----------------------------------------------------------------------

    def _new_group(self, group: Group) -> int:
        inside = self._borders.inside(group.id)
        label = wording.clean(self.timing.labels.get(group.id, group.label))
        span = self.timing.spans.get(group.id)
        lines = (("size", span),) if span else inside.lines(self.look.gradients)
        pile = 6 * (group.id in self.timing.piles)
        width = _box_width(label, "", lines, most=320) + 10 + pile
        return self._add(
            kind="group",
            ref=group.id,
            card=self._card(group.id),
            role=f"{group.kind} pile" if group.id in self.timing.piles else group.kind,
            name=wording.fit(label, width - 26, 12, bold=True),
            lines=lines,
            title=f"{label}: {inside.operations} operations, collapsed",
            width=width,
            height=_box_height(lines) + pile,
        )


def is_plain(value: Value) -> bool:
    """Whether a constant is one number that nobody has given a name."""
    return value.role == "constant" and value.numbers.shape == () and not value.named


def far_leaves(trace: Trace) -> frozenset[int]:
    """Leaves whose arrows would run past so many operations that no layout of them ends soon."""
    first: dict[int, int] = {}
    spans: dict[int, int] = {}
    for op in trace.ops:
        for place in op.inputs:
            if trace.values[place].op is None:
                spans[place] = spans.get(place, 0) + op.id - first.setdefault(place, op.id)
    if sum(spans.values()) <= SPAN:
        return frozenset()
    return frozenset(place for place, span in spans.items() if span > SPAN / 4)


def _box_width(name: str, corner: str, lines: Lines, most: float = 190) -> float:
    """As wide as its lines, within bounds; names that are longer still are cut."""
    widest = max((wording.width(text, 10, mono=True) for _, text in lines), default=0.0)
    first = wording.width(name, 12, bold=True)
    if corner:
        first += wording.width(corner, 9) + 10
    return max(118.0, min(most, max(first, widest) + 16))


def _box_height(lines: Lines) -> float:
    return 22.0 + 12 * len(lines)
