"""Which operation and which value of one run is which of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from autograd.draw.trace import Numbers, Operation, Trace, Value

_EFFORT = 4_000_000
"""Above this many pairs of equal signs, weak evidence is left out: it would take too long."""

Sign = Callable[["_Side", Operation], Hashable]


@dataclass
class Matches:
    """What belongs together in two runs, by id; what is in neither mapping is in one run only.

    Attributes:
        values: values of the second run by those of the first.
        ops: operations of the second run by those of the first.
    """

    values: dict[int, int] = field(default_factory=dict)
    ops: dict[int, int] = field(default_factory=dict)


def match(a: Trace, b: Trace) -> Matches:
    """Find out which node of `a` is which of `b`.

    Leaves belong together by name. Then, again and again: the same operation on operands
    that belong together is the same (in whatever order things ran); and where nothing more
    follows, the rest is aligned in order of execution, with what is known as anchors, by
    ever weaker evidence: the same numbers, the same parameters, the same place, the same
    name, the same operation. A node that is missing in one run so stays alone, and does
    not shift the others.
    """
    found = _Matching(a, b)
    found.leaves()
    found.follow()
    for sign in (_numbers, _parameters, _place, _name, _kind, _result):
        found.align(sign)
    found.downward()
    return found.made


class _Side:
    """One run, and what of it is matched."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.values: dict[int, int] = {}  # to the pair's number
        self.ops: dict[int, int] = {}

    def unclear(self) -> set[str]:
        """Names of leaves that other values have, too."""
        count = Counter(value.name for value in self.trace.values)
        return {v.name for v in self.trace.values if v.op is None and count[v.name] > 1}

    def paths(self, op: Operation) -> Hashable:
        """The scopes around an operation, as people call them."""
        found, group = [], op.scope
        while group is not None:
            found.append((self.trace.groups[group].path, self.trace.groups[group].step))
            group = self.trace.groups[group].parent
        return tuple(found)

    def made(self, op: Operation) -> Value:
        return self.trace.values[op.outputs[0]]


class _Matching:
    def __init__(self, a: Trace, b: Trace) -> None:
        self.a, self.b = _Side(a), _Side(b)
        self.made = Matches()

    # --- what belongs together for certain ----------------------------------------------

    def leaves(self) -> None:
        """Leaves of one name; where a name means several things, only with the same numbers."""
        unclear = self.a.unclear() | self.b.unclear()
        known = _queues(_leaf_signs(self.b, unclear))
        for sign, place in _leaf_signs(self.a, unclear):
            if known.get(sign):
                self._values(place, known[sign].pop(0))

    def follow(self) -> None:
        """The same operation on operands that belong together, as far as that leads."""
        theirs = _queues(
            ((op.name, _settings(op), self._inputs(self.b, op)), op.id)
            for op in self.b.trace.ops
            if op.id not in self.b.ops
        )
        for op in self.a.trace.ops:
            if op.id not in self.a.ops:
                same = theirs.get((op.name, _settings(op), self._inputs(self.a, op)))
                if same:
                    self._ops(op.id, same.pop(0))

    def _inputs(self, side: _Side, op: Operation) -> Hashable:
        """The operands as both runs know them: by the second run's ids, plain numbers by value."""
        found: list[Hashable] = []
        for place in op.inputs:
            value = side.trace.values[place]
            literal = value.op is None and not value.named
            known = place if side is self.b else self.made.values.get(place)
            found.append(signature(value.numbers) if literal else known)
        return tuple(found)

    # --- what probably does ---------------------------------------------------------------

    def align(self, sign: Sign) -> None:
        """Match the rest in order of execution, by one kind of evidence."""
        ours, theirs = self._signs(self.a, sign), self._signs(self.b, sign)
        if _effort(ours, theirs) > _EFFORT:
            return
        blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
        pairs = [(i + k, j + k) for i, j, size in blocks for k in range(size)]
        for first, second in pairs:
            self._ops(first, second)
        self.follow()

    def _signs(self, side: _Side, sign: Sign) -> list[Hashable]:
        return [
            side.ops[op.id]
            if op.id in side.ops
            else (sign(side, op) or (side is self.a, op.id), "?")
            for op in side.trace.ops
        ]

    def downward(self) -> None:
        """From the results down: what two operations take in the same place, if still alone."""
        pairs = list(zip(self.a.trace.roots, self.b.trace.roots, strict=False))
        for first, second in sorted(self.made.ops.items()):
            pairs += self._operands(first, second)
        while pairs:
            one, two = (
                self._maker(*end) for end in zip((self.a, self.b), pairs.pop(), strict=True)
            )
            if one is not None and two is not None and self._ops(one.id, two.id):
                pairs += self._operands(one.id, two.id)
        self.follow()

    # --- bookkeeping ------------------------------------------------------------------------

    def _ops(self, first: int, second: int) -> bool:
        """Match two operations, their results, and leaves that they take in the same place."""
        if first in self.a.ops or second in self.b.ops:
            return False
        self.a.ops[first] = self.b.ops[second] = len(self.made.ops)
        self.made.ops[first] = second
        one, two = self.a.trace.ops[first], self.b.trace.ops[second]
        for x, y in zip(one.outputs, two.outputs, strict=False):
            self._values(x, y)
        for x, y in self._operands(first, second):
            if self._maker(self.a, x) is None or self._maker(self.b, y) is None:
                self._values(x, y)
        return True

    def _operands(self, first: int, second: int) -> list[tuple[int, int]]:
        """What two operations take in the same place, as far as it may be the same."""
        one, two = self.a.trace.ops[first].inputs, self.b.trace.ops[second].inputs
        if len(one) != len(two):
            return []
        return [pair for pair in zip(one, two, strict=True) if self._alike(*pair)]

    def _alike(self, first: int, second: int) -> bool:
        """Whether two values are alone, and not called by different names."""
        if first in self.a.values or second in self.b.values:
            return False
        one, two = self.a.trace.values[first], self.b.trace.values[second]
        return not (one.named and two.named) or one.name == two.name

    def _maker(self, side: _Side, place: int) -> Operation | None:
        made_by = side.trace.values[place].op
        return None if made_by is None else side.trace.ops[made_by]

    def _values(self, first: int, second: int) -> None:
        if first not in self.a.values and second not in self.b.values:
            self.a.values[first] = self.b.values[second] = len(self.made.values)
            self.made.values[first] = second


# --- evidence -----------------------------------------------------------------------------


def _numbers(side: _Side, op: Operation) -> Hashable:
    found = signature(side.made(op).numbers)
    return (op.name, found) if found else None


def _parameters(side: _Side, op: Operation) -> Hashable:
    """The same operation on the same leaves."""
    leaves = [p for p in op.inputs if side.trace.values[p].op is None and p in side.values]
    named = [side.values[p] for p in leaves if side.trace.values[p].requires_grad]
    return (op.name, tuple(named)) if named else None


def _place(side: _Side, op: Operation) -> Hashable:
    made = side.made(op)
    return (op.name, side.paths(op), made.named and made.name) if op.scope is not None else None


def _name(side: _Side, op: Operation) -> Hashable:
    made = side.made(op)
    return (op.name, made.name) if made.named else None


def _kind(side: _Side, op: Operation) -> Hashable:
    return op.name


def _result(side: _Side, op: Operation) -> Hashable:
    """Another operation whose result has the same name."""
    made = side.made(op)
    return made.name if made.named else None


def signature(numbers: Numbers) -> tuple[float, ...] | None:
    """What tells arrays apart that a trace does not keep whole; None where nothing is known."""
    if numbers.mean is None or numbers.spread is None or numbers.norm is None:
        return None
    return (*numbers.shape, numbers.mean, numbers.spread, numbers.norm)


def _leaf_signs(side: _Side, unclear: set[str]) -> Iterator[tuple[Hashable, int]]:
    for value in side.trace.values:
        if value.op is None and value.named:
            more = signature(value.numbers) if value.name in unclear else ()
            yield (value.name, more), value.id


def _settings(op: Operation) -> tuple[tuple[str, str], ...]:
    return tuple(op.params.items())


def _queues(pairs: Iterator[tuple[Hashable, int]]) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = {}
    for sign, place in pairs:
        found.setdefault(sign, []).append(place)
    return found


def _effort(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> int:
    """How many pairs of equal signs there are."""
    count = Counter(theirs)
    return sum(count[sign] for sign in ours)
