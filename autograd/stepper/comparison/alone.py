"""Operations that only one of two runs has: missing, added, or cut off by a detached value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autograd.draw.trace import Operation, SourceLine
from autograd.stepper.comparison.difference import Difference, Spot
from autograd.stepper.comparison.runs import Run, Tolerance, in_brackets
from autograd.stepper.scene import listed


@dataclass(eq=False)
class Part:
    """Operations that hang together and that only one run has.

    Attributes:
        ops: the operations, in order of execution.
        edges: arrows of other operations that lead out of the part.
        cut: values that the part makes, each with a leaf that stands for it in the other run.
        past: where the other run goes past the part: a value that the part makes, and the
            other run's operation (None for its result) with the value that it takes instead.
    """

    ops: list[Operation] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    cut: list[tuple[int, int]] = field(default_factory=list)
    past: list[tuple[int, Operation | None, int]] = field(default_factory=list)

    def takes(self, place: int | None) -> bool:
        """Whether a value goes into the part."""
        return any(place in op.inputs for op in self.ops)


@dataclass
class Way:
    """Two runs, as seen from one of them.

    Attributes:
        mine, other: the runs.
        values, ops: what of the other run belongs to what of mine.
        back: the values the other way round.
        first: whether mine is the first of the two.
        parts: for each operation that only mine has, the part that it lies in.
    """

    mine: Run
    other: Run
    values: dict[int, int]
    ops: dict[int, int]
    first: bool

    def __post_init__(self) -> None:
        self.back = {second: first for first, second in self.values.items()}
        self.parts = _parts(self.mine, self.ops)
        self._note_cuts()

    def _note_cuts(self) -> None:
        for mine, other in self.values.items():
            part = self.part_of(mine)
            if part and self.other.maker(other) is None:
                part.cut.append((mine, other))

    def part_of(self, place: int) -> Part | None:
        """The part that makes a value; None where the other run has the operation, too."""
        made_by = self.mine.trace.values[place].op
        return None if made_by is None else self.parts.get(made_by)

    def leave(self, place: int, op: Operation | None, slot: int) -> None:
        """Note an arrow out of a part, to an operation that both runs have."""
        part = self.part_of(place)
        if part and op is not None:
            part.edges.append((op.id, slot))

    def difference(self, kind: str, text: str, word: str, mine: Spot, other: Spot) -> Difference:
        """A difference, its two places in the order of the runs."""
        a, b = (mine, other) if self.first else (other, mine)
        return Difference(kind, text, word, a, b)


def _parts(run: Run, matched: dict[int, int]) -> dict[int, Part]:
    """The part of each operation that has no counterpart; parts that meet become one."""
    found: dict[int, Part] = {}
    for op in run.trace.ops:
        if op.id in matched:
            continue
        makers = (run.trace.values[place].op for place in op.inputs)
        below = dict.fromkeys(found[made_by] for made_by in makers if made_by in found)
        whole, *others = below or [Part()]
        for part in others:
            whole.ops += part.ops
            found.update(dict.fromkeys((op.id for op in part.ops), whole))
        whole.ops.append(op)
        found[op.id] = whole
    for part in dict.fromkeys(found.values()):
        part.ops.sort(key=lambda op: op.id)
    return found


def differences(way: Way, tolerance: Tolerance) -> Iterator[tuple[int, Difference]]:
    """One difference for each part, and the operation that it ends in."""
    for part in dict.fromkeys(way.parts.values()):
        yield part.ops[-1].id, _cut(way, part, tolerance) if part.cut else _only(way, part)


# --- only in one run ----------------------------------------------------------------------


def _only(way: Way, part: Part) -> Difference:
    mine, label = way.mine, way.mine.label
    text, spot = f"{_told(mine, part)} only in {label}{_lines(mine, part)}.", Spot()
    if part.past:
        made, op, place = part.past[0]
        text += f" {_past(way, part, op, place)}{_equals_for_plus(way, made, place)}"
        spot = _taken(way.other, op, place)
    return way.difference("only", text, f"only in {label}", _spot(mine, part), spot)


def _told(run: Run, part: Part) -> str:
    if len(part.ops) == 1:
        return f"{run.says(part.ops[0])} is"
    return f"{len(part.ops)} operations, up to {run.says(part.ops[-1])}, are"


def _past(way: Way, part: Part, op: Operation | None, place: int) -> str:
    other, before = way.other, way.back.get(place)
    if op is None:
        made = other.maker(place)
        return f"The result of {other.label} is {other.says(made) if made else other.name(place)}."
    how = "directly" if part.takes(before) else "instead"
    at = in_brackets(other.at(op))
    return f"In {other.label}, {other.says(op)}{at} takes {other.own_name(place)} {how}."


def _equals_for_plus(way: Way, made: int, place: int) -> str:
    """A sum of which the other run takes one term only: the usual slip in a loop."""
    maker = way.mine.maker(made)
    if maker is None or maker.symbol != "+" or way.back.get(place) not in maker.inputs:
        return ""
    return " Was = written for +=?"


# --- cut off ------------------------------------------------------------------------------


def _cut(way: Way, part: Part, tolerance: Tolerance) -> Difference:
    leaves = [leaf for _, leaf in part.cut]
    users = [op for leaf in leaves for op in way.other.users(leaf)]
    detached = all(_is_detached(way, pair, tolerance) for pair in part.cut)
    text = _detached(way, part, users) if detached else _given(way, part)
    kind, word = ("detached", "detached") if detached else ("given", "a leaf")
    mine = _spot(way.mine, part, [place for place, _ in part.cut])
    other = Spot(tuple(leaves), (), _edges(users, leaves), *_line(way.other, users))
    return way.difference(kind, text, f"{word} in {way.other.label}", mine, other)


def _edges(users: list[Operation], places: list[int]) -> tuple[tuple[int, int], ...]:
    """The arrows that take some values."""
    slots = ((op, slot) for op in users for slot, taken in enumerate(op.inputs) if taken in places)
    return tuple(dict.fromkeys((op.id, slot) for op, slot in slots))


def _line(run: Run, users: list[Operation]) -> tuple[SourceLine | None, str]:
    return (users[0].line, run.text(users[0])) if users else (None, "")


def _is_detached(way: Way, pair: tuple[int, int], tolerance: Tolerance) -> bool:
    one, two = way.mine.trace.values[pair[0]], way.other.trace.values[pair[1]]
    return not two.requires_grad and tolerance.agree(one.numbers, two.numbers)


def _detached(way: Way, part: Part, users: list[Operation]) -> str:
    mine, other, many = way.mine, way.other, len(part.cut) > 1
    at = f", where {other.at(users[0])} takes" if users and other.at(users[0]) else ""
    at += (" them" if many else " it") if at else ""
    them = "them" if many else "it"
    before = "1 operation" if len(part.ops) == 1 else f"{len(part.ops)} operations"
    return (
        f"{_cut_names(way, part)} {'are' if many else 'is'} detached in {other.label}{at}: no "
        f"gradient goes further back. The {before} that made {them}{_lines(mine, part)} "
        f"{'is' if len(part.ops) == 1 else 'are'} only in {mine.label}."
    )


def _given(way: Way, part: Part) -> str:
    are = "are" if len(part.cut) > 1 else "is"
    return (
        f"{_cut_names(way, part)} {are} computed in {way.mine.label}{_lines(way.mine, part)}, "
        f"and a leaf in {way.other.label}: given, and made by no operation."
    )


def _cut_names(way: Way, part: Part) -> str:
    return listed(list(dict.fromkeys(way.mine.name(place) for place, _ in part.cut)))


# --- places -------------------------------------------------------------------------------


def _lines(run: Run, part: Part) -> str:
    """`` (line 3)`` or `` (lines 3 to 5)``; with files where there are several."""
    if len(part.ops) == 1:
        return in_brackets(run.at(part.ops[0]))
    first, last = (run.line(part.ops[end]) for end in (0, -1))
    known = [op.line.line for op in part.ops if op.line is not None]
    if run.several or len(set(known)) < 2:
        return in_brackets(last if first == last or not first else f"{first}, to {last}")
    return f" (lines {min(known)} to {max(known)})"


def _spot(run: Run, part: Part, ends: list[int] | None = None) -> Spot:
    made = [place for op in part.ops for place in op.outputs]
    ends = ends or made[-1:]
    values = [place for place in made if place not in ends] + ends
    ops = tuple(op.id for op in part.ops)
    return Spot(tuple(values), ops, tuple(part.edges), part.ops[-1].line, run.text(part.ops[-1]))


def _taken(run: Run, op: Operation | None, place: int) -> Spot:
    """Where a run takes a value."""
    if op is None:
        return Spot((place,))
    edges = tuple((op.id, slot) for slot, taken in enumerate(op.inputs) if taken == place)
    return Spot((place,), (), edges, op.line, run.text(op))
