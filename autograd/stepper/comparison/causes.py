"""What differs between two runs and is no mere consequence of something else that differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from autograd.draw.trace import Event, Operation
from autograd.stepper.comparison import alone
from autograd.stepper.comparison.alone import Way
from autograd.stepper.comparison.difference import Difference, Spot, joined
from autograd.stepper.comparison.matching import Matches
from autograd.stepper.comparison.runs import Run, Tolerance, in_brackets, times, versus
from autograd.stepper.figures import brief

Ranked = tuple[float, Difference]

_REPEATED = ("operation", "settings", "operands", "order", "result", "rule", "detached")


def causes(a: Run, b: Run, matches: Matches, tolerance: Tolerance) -> list[Difference]:
    """Every difference that stands for itself: leaves first, then in order of execution."""
    finder = _Finder(a, b, matches, tolerance)
    found = [*finder.leaves(), *finder.operations(), *finder.rules(), *finder.parts()]
    found.sort(key=lambda item: item[0])
    return list(together(difference for _, difference in found))


def together(differences: Iterable[Difference]) -> Iterator[Difference]:
    """One for all that are of one kind, on the same lines: a loop comes there again and again."""
    alike: dict[object, list[Difference]] = {}
    for place, one in enumerate(differences):
        lines = (one.a.line, one.b.line)
        sign = (one.kind, one.word, lines) if one.kind in _REPEATED and all(lines) else place
        alike.setdefault(sign, []).append(one)
    for first, *others in alike.values():
        more = f" The same {len(others)} more time{'s' * (len(others) > 1)}." if others else ""
        a, b = ([getattr(one, side) for one in (first, *others)] for side in "ab")
        yield replace(first, text=first.text + more, a=joined(a), b=joined(b))


class _Finder:
    def __init__(self, a: Run, b: Run, matches: Matches, tolerance: Tolerance) -> None:
        self.a, self.b, self.tolerance = a, b, tolerance
        self.labels = (a.label, b.label)
        self.values, self.ops = matches.values, matches.ops
        back = {second: first for first, second in matches.values.items()}
        earlier = {second: first for first, second in matches.ops.items()}
        self.forth = Way(a, b, matches.values, matches.ops, first=True)
        self.back = Way(b, a, back, earlier, first=False)

    # --- leaves ---------------------------------------------------------------------------

    def leaves(self) -> Iterator[Ranked]:
        """Leaves with other numbers, of another dtype, with or without a gradient."""
        for first, second in self.values.items():
            if self.a.maker(first) is None and self.b.maker(second) is None:
                spots = self._used(self.a, first), self._used(self.b, second)
                for kind, text, word in self._leaf(first, second):
                    yield -1, Difference(kind, text, word, *spots)

    def _used(self, run: Run, place: int) -> Spot:
        """A leaf, and the line that takes it first."""
        users = run.users(place)[:1]
        return (
            Spot((place,), line=users[0].line, source=run.text(users[0]))
            if users
            else Spot((place,))
        )

    def _leaf(self, first: int, second: int) -> Iterator[tuple[str, str, str]]:
        one, two = self.a.trace.values[first], self.b.trace.values[second]
        name = self._leaf_name(first)
        if not self.tolerance.agree(one.numbers, two.numbers):
            said = versus(one.numbers, two.numbers, self.labels)
            yield "value", f"{name} is {said}{self._since(first, second)}.", "other value"
        if one.dtype != two.dtype:
            yield "dtype", f"{name} is {self._both(one.dtype, two.dtype)}.", "other dtype"
        if one.requires_grad != two.requires_grad:
            yes, no = self.labels if one.requires_grad else self.labels[::-1]
            text = f"A gradient of {name} is asked for in {yes}, and not in {no}."
            yield "asked", text, f"no gradient in {no}"

    def _since(self, first: int, second: int) -> str:
        """Whether a leaf still holds what the run saw."""
        changed = first in self.a.trace.changed or second in self.b.trace.changed
        return " now; it was changed in place after the run" if changed else ""

    def _leaf_name(self, place: int) -> str:
        """A leaf without a name is known by the operation that takes it."""
        users = self.a.users(place)
        if self.a.trace.values[place].named or not users:
            return self.a.name(place)
        slot = users[0].inputs.index(place) + 1
        return f"Operand {slot} of {self.a.says(users[0])}{in_brackets(self.a.at(users[0]))}"

    def _both(self, one: str, two: str) -> str:
        return f"{one} in {self.labels[0]}, {two} in {self.labels[1]}"

    # --- operations that both runs have -----------------------------------------------------

    def operations(self) -> Iterator[Ranked]:
        """Pairs of operations that are not the same, or take other operands."""
        roots = (self.a.trace.roots[0], self.b.trace.roots[0])
        if self.values.get(roots[0]) != roots[1]:
            self._explained(None, None, roots, 0)
        for first, second in sorted(self.ops.items()):
            for difference in self._pair(self.a.trace.ops[first], self.b.trace.ops[second]):
                yield first, difference

    def _pair(self, one: Operation, two: Operation) -> Iterator[Difference]:
        same = one.name == two.name
        odd = [slot for slot in range(_most(one, two)) if not self._same_operand(one, two, slot)]
        cut = [slot for slot in odd if self._is_detached(one, two, slot)]
        odd = [slot for slot in odd if slot not in cut]
        if not same:
            yield self._other("operation", one, two, "other operation")
        elif one.params != two.params:
            yield self._settings(one, two)
        elif not odd and not cut:
            yield from self._result(one, two)
        if odd and same:
            yield self._operands(one, two, odd)
        for slot in cut:
            yield self._detached(one, two, slot)

    def _other(self, kind: str, one: Operation, two: Operation, word: str) -> Difference:
        said = self._both(self.a.says(one), self.b.says(two))
        return Difference(kind, f"{said}{self._at(one, two)}.", word, *self._spots(one, two))

    def _settings(self, one: Operation, two: Operation) -> Difference:
        names = [n for n in {**one.params, **two.params} if one.params.get(n) != two.params.get(n)]
        said = "; ".join(
            f"{n} is {self._both(*(op.params.get(n, 'not given') for op in (one, two)))}"
            for n in names
        )
        text = f"In {self.a.says(one)}{self._at(one, two)}, {said}."
        return Difference("settings", text, f"other {names[0]}", *self._spots(one, two))

    def _operands(self, one: Operation, two: Operation, odd: list[int]) -> Difference:
        swapped = sorted(self.values.get(x, -1) for x in one.inputs) == sorted(two.inputs)
        kind, word = ("order", "other order") if swapped else ("operands", "other operand")
        spots = (
            Spot((*op.outputs,), (op.id,), _edges(op, odd), op.line, run.text(op))
            for run, op in ((self.a, one), (self.b, two))
        )
        said = self._both(self.a.says(one), self.b.says(two))
        return Difference(kind, f"{said}{self._at(one, two)}: {word}.", word, *spots)

    def _result(self, one: Operation, two: Operation) -> Iterator[Difference]:
        """The same operation on the same numbers, and other numbers come out."""
        pairs = zip(one.inputs, two.inputs, strict=True)
        made, theirs = one.outputs[0], two.outputs[0]
        if not all(self._agree(x, y) for x, y in pairs) or self._agree(made, theirs):
            return
        found = (self.a.trace.values[made].numbers, self.b.trace.values[theirs].numbers)
        text = (
            f"From the same numbers, {self.a.says(one)}{self._at(one, two)} is "
            f"{versus(*found, self.labels)}: chance, as in dropout, or a value that was "
            "changed in place."
        )
        yield Difference("result", text, "other result", *self._spots(one, two))

    def _agree(self, first: int, second: int) -> bool:
        one, two = self.a.trace.values[first].numbers, self.b.trace.values[second].numbers
        return self.tolerance.agree(one, two)

    # --- operands -----------------------------------------------------------------------------

    def _same_operand(self, one: Operation, two: Operation, slot: int) -> bool:
        """Whether two operations take the same in one place, or a part of one run says why not."""
        if slot >= min(len(one.inputs), len(two.inputs)):
            return False
        return self._explained(one, two, (one.inputs[slot], two.inputs[slot]), slot)

    def _explained(
        self, one: Operation | None, two: Operation | None, pair: tuple[int, int], slot: int
    ) -> bool:
        first, second = pair
        if self.values.get(first) == second or self._literals(first, second):
            return True
        ours, theirs = self.forth.part_of(first), self.back.part_of(second)
        self.forth.leave(first, one, slot)
        self.back.leave(second, two, slot)
        if ours and not theirs:
            ours.past.append((first, two, second))
        if theirs and not ours:
            theirs.past.append((second, one, first))
        return bool(ours or theirs)

    def _literals(self, first: int, second: int) -> bool:
        """Whether two values are the same plain number, which has no identity."""
        one, two = self.a.trace.values[first], self.b.trace.values[second]
        plain = all(v.op is None and not v.named and not v.requires_grad for v in (one, two))
        return plain and self.tolerance.agree(one.numbers, two.numbers)

    def _is_detached(self, one: Operation, two: Operation, slot: int) -> bool:
        """Whether one run takes a value, and the other a detached copy of it."""
        if slot >= min(len(one.inputs), len(two.inputs)):
            return False
        first, second = one.inputs[slot], two.inputs[slot]
        x, y = self.a.trace.values[first], self.b.trace.values[second]
        free = [v for v in (x, y) if v.op is None and not v.requires_grad]
        return len(free) == 1 and x.requires_grad != y.requires_grad and self._agree(first, second)

    def _detached(self, one: Operation, two: Operation, slot: int) -> Difference:
        first, second = one.inputs[slot], two.inputs[slot]
        way = self.forth if self.a.trace.values[first].requires_grad else self.back
        place = first if way.first else second
        op, name = (two if way.first else one), way.mine.name(place)
        text = (
            f"{name} is detached in {way.other.label} where {way.other.says(op)}"
            f"{in_brackets(way.other.at(op))} takes it: no gradient goes back along this way."
        )
        counts = [run.paths(end) for run, end in self._ends(way, place)]
        if counts[0] != counts[1]:
            said = self._both(*map(times, counts))
            text += f" {way.mine.partial(place)} reaches {name} {said}."
        spots = (
            Spot((op.inputs[slot],), (), ((op.id, slot),), op.line, run.text(op))
            for run, op in ((self.a, one), (self.b, two))
        )
        return Difference("detached", text, f"detached in {way.other.label}", *spots)

    def _ends(self, way: Way, place: int) -> list[tuple[Run, int | None]]:
        ends = [(way.mine, place), (way.other, way.values.get(place))]
        return ends if way.first else ends[::-1]

    # --- gradients that other rules pass on ------------------------------------------------------

    def rules(self) -> Iterator[Ranked]:
        """The same operation, numbers and upstream gradient, and another gradient passes."""
        theirs = {(event.op, event.slot): event for event in self.b.trace.events}
        for event in self.a.trace.events:
            second = self.ops.get(event.op)
            other = None if second is None else theirs.get((second, event.slot))
            if other and self._other_rule(event, other):
                yield event.op, self._rule(event, other)

    def _other_rule(self, event: Event, other: Event) -> bool:
        one, two = self.a.trace.ops[event.op], self.b.trace.ops[other.op]
        if len(one.inputs) != len(two.inputs) or (one.name, one.params) != (two.name, two.params):
            return False
        pairs = [*zip(one.inputs, two.inputs, strict=True), (one.outputs[0], two.outputs[0])]
        same = self.tolerance.agree
        return (
            same(event.upstream, other.upstream)
            and not same(event.contribution, other.contribution)
            and all(self._agree(x, y) for x, y in pairs)
        )

    def _rule(self, event: Event, other: Event) -> Difference:
        one, two = self.a.trace.ops[event.op], self.b.trace.ops[other.op]
        said = versus(event.contribution, other.contribution, self.labels)
        text = (
            f"From the same upstream gradient, {brief(event.upstream)}, {self.a.says(one)}"
            f"{self._at(one, two)} hands {self.a.own_name(event.target)} {said}: another rule."
        )
        spots = (
            Spot((e.target,), (e.op,), ((e.op, e.slot),), op.line, run.text(op))
            for run, e, op in ((self.a, event, one), (self.b, other, two))
        )
        return Difference("rule", text, "other rule", *spots)

    # --- operations that one run has ------------------------------------------------------------

    def parts(self) -> Iterator[Ranked]:
        """What is missing, added or cut off; to be asked for when all operands were looked at."""
        yield from alone.differences(self.forth, self.tolerance)
        for last, difference in alone.differences(self.back, self.tolerance):
            before = [first for second, first in self.back.ops.items() if second < last]
            yield max(before, default=-1) + 0.5, difference

    # --- places -----------------------------------------------------------------------------------

    def _at(self, one: Operation, two: Operation) -> str:
        """`` (line 3)``, or the two lines."""
        ours, theirs = self.a.at(one), self.b.at(two)
        if ours == theirs or not (ours and theirs):
            return in_brackets(ours or theirs)
        return f" ({self._both(ours, theirs)})"

    def _spots(self, one: Operation, two: Operation) -> tuple[Spot, Spot]:
        first, second = (
            Spot((*op.outputs,), (op.id,), (), op.line, run.text(op))
            for run, op in ((self.a, one), (self.b, two))
        )
        return first, second


def _most(one: Operation, two: Operation) -> int:
    return max(len(one.inputs), len(two.inputs))


def _edges(op: Operation, slots: list[int]) -> tuple[tuple[int, int], ...]:
    return tuple((op.id, slot) for slot in slots if slot < len(op.inputs))
