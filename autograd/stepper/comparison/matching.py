"""Which operation and which value of one run is which of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from autograd.draw.trace import Numbers, Operation, Trace, Value

_EFFORT = 4_000_000
"""Above this many pairs of equal signs, weak evidence is left out: it would take too long."""

_Call = tuple[str, tuple[tuple[str, str], ...], tuple[Hashable, ...]]
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
    for sign in (_numbers, _parameters):
        found.align(sign, once=True)
    for sign in (_place, _name):
        found.align(sign)
    found.downward(same=True)
    for sign in (_kind, _result):
        found.align(sign)
    found.downward(same=False)
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

    def operand(self, place: int) -> Hashable:
        """A value by its id, a plain number by what it is."""
        value = self.trace.values[place]
        literal = value.op is None and not value.named
        return ("plain", signature(value.numbers)) if literal else place

    def paths(self, op: Operation) -> tuple[tuple[str, int | None], ...]:
        """The scopes around an operation, as people call them."""
        found: list[tuple[str, int | None]] = []
        group = op.scope
        while group is not None:
            found.append((self.trace.groups[group].path, self.trace.groups[group].step))
            group = self.trace.groups[group].parent
        return tuple(found)

    def steps(self, op: Operation) -> tuple[int, ...]:
        """The time steps around an operation."""
        return tuple(step for _, step in self.paths(op) if step is not None)

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
        """The same operation on operands that belong together, as far as that leads.

        Where one run does the same more often than the other, that alone does not say which.
        """
        ours, theirs = self._alike(self.a), self._alike(self.b)
        for (name, settings, inputs), places in ours.items():
            same = theirs.get((name, settings, self._translated(inputs)), [])
            if len(same) == len(places):
                for first, second in zip(places, same, strict=True):
                    self._ops(first, second)

    def _alike(self, side: _Side) -> dict[_Call, list[int]]:
        """Operations that are still alone, by what they do to what."""
        found: dict[_Call, list[int]] = {}
        for op in side.trace.ops:
            if op.id not in side.ops:
                inputs = tuple(side.operand(place) for place in op.inputs)
                settings = tuple(op.params.items())
                found.setdefault((op.name, settings, inputs), []).append(op.id)
        return found

    def _translated(self, inputs: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
        """Operands of the first run as the second run knows them."""
        return tuple(self.made.values.get(x) if isinstance(x, int) else x for x in inputs)

    # --- what probably does ---------------------------------------------------------------

    def align(self, sign: Sign, once: bool = False) -> None:
        """Match the rest in order of execution, by one kind of evidence.

        Args:
            sign: the evidence: what has the same sign may be the same.
            once: only signs that occur once in each run.
        """
        ours, theirs = self._signs(self.a, sign), self._signs(self.b, sign)
        if once:
            ours, theirs = _once(ours, theirs, 0), _once(theirs, ours, 1)
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

    def downward(self, same: bool) -> None:
        """From the results down: what two operations take in the same place, if still alone.

        Args:
            same: only where the same operation made both.
        """
        pairs = [p for ends in sorted(self.made.ops.items()) for p in self._operands(*ends)]
        pairs += zip(self.a.trace.roots, self.b.trace.roots, strict=False)
        while pairs:
            one, two = (
                self._maker(*end) for end in zip((self.a, self.b), pairs.pop(), strict=True)
            )
            if one is None or two is None or (same and one.name != two.name):
                continue
            if self._ops(one.id, two.id):
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
        return [pair for pair in zip(one, two, strict=True) if self._may(*pair)]

    def _may(self, first: int, second: int) -> bool:
        """Whether two values are alone, and alike: by name, or as leaves by their numbers."""
        if first in self.a.values or second in self.b.values:
            return False
        one, two = self.a.trace.values[first], self.b.trace.values[second]
        leaves = one.op is None and two.op is None
        if leaves and signature(one.numbers) == signature(two.numbers) is not None:
            return True
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
    """The same operation, with the same numbers going in and coming out."""
    found = [signature(side.trace.values[place].numbers) for place in (*op.inputs, *op.outputs)]
    return (op.name, *found) if all(found) else None


def _parameters(side: _Side, op: Operation) -> Hashable:
    """The same operation on the same leaves, in the same time step where there are any."""
    leaves = [p for p in op.inputs if side.trace.values[p].op is None and p in side.values]
    named = [side.values[p] for p in leaves if side.trace.values[p].requires_grad]
    return (op.name, tuple(named), side.steps(op)) if named else None


def _place(side: _Side, op: Operation) -> Hashable:
    made = side.made(op)
    return (op.name, side.paths(op), made.named and made.name) if op.scope is not None else None


def _name(side: _Side, op: Operation) -> Hashable:
    made = side.made(op)
    return (op.name, made.name) if made.named else None


def _kind(side: _Side, op: Operation) -> Hashable:
    """The same operation, in the same time step where there are any."""
    return (op.name, side.steps(op))


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


def _queues(pairs: Iterator[tuple[Hashable, int]]) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = {}
    for sign, place in pairs:
        found.setdefault(sign, []).append(place)
    return found


def _once(signs: list[Hashable], others: list[Hashable], side: int) -> list[Hashable]:
    """Signs that occur once in both lists; a sign of its own for each of the rest."""
    counts = Counter(signs), Counter(others)
    return [
        sign if counts[0][sign] == counts[1][sign] == 1 else (side, place)
        for place, sign in enumerate(signs)
    ]


def _effort(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> int:
    """How many pairs of equal signs there are."""
    count = Counter(theirs)
    return sum(count[sign] for sign in ours)
