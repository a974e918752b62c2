"""A training as steps: forward, error backward, weight update, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autograd.core.node import Handle, Where
from autograd.core.where import resolve, source_of
from autograd.draw.trace import SourceLine
from autograd.draw.wording import clean
from autograd.stepper import backward, changes, forward, maths
from autograd.stepper.figures import brief
from autograd.stepper.log import Detached, Entry, Moved, Regraded
from autograd.stepper.passes import Pass
from autograd.stepper.scene import name_of, root_letter, source_text
from autograd.stepper.sequence import numbered, proved
from autograd.stepper.shown import Shown, Write, gradient_line, value_line
from autograd.stepper.step import Step


def steps_of(log: Sequence[Entry], end: str = "") -> list[Step]:
    """The steps of everything on a tape, numbered from 1.

    Args:
        log: what happened, with one backward pass at least.
        end: what is to be said after the last step.
    """
    story = _Story(log)
    found = [step for _, event in sorted(_events(log), key=_serial) for step in story.tell(event)]
    if end:
        found[-1] = replace(found[-1], sentence=f"{found[-1].sentence} {end}")
    return numbered(found)


@dataclass(frozen=True)
class _Begin:
    """The operations of a pass begin that no other has shown."""

    of: Pass


@dataclass(frozen=True)
class _Run:
    """One of them runs."""

    of: Pass
    op: int


_Event = Entry | _Begin | _Run


def _serial(event: tuple[int, _Event]) -> int:
    return event[0]


def _events(log: Sequence[Entry]) -> Iterator[tuple[int, _Event]]:
    """Everything with its place in the order in which it happened."""
    for entry in log:
        if isinstance(entry, Pass):
            fresh = sorted(entry.fresh)
            if fresh or not entry.trace.ops:
                yield entry.serials[fresh[0]] if fresh else entry.serial, _Begin(entry)
            for op in fresh:
                yield entry.serials[op], _Run(entry, op)
        yield entry.serial, entry


class _Story:
    """Goes through a tape once, and knows which pass things belong to and which phase it is."""

    def __init__(self, log: Sequence[Entry]) -> None:
        self.passes = [entry for entry in log if isinstance(entry, Pass)]
        self.rounds = sum(_runs(one) and not _known(one) for one in self.passes)
        self.scene = 0  # the pass whose graph is in sight; at first the one to come
        self.round = 0
        self.phase = ""
        self.shown = Shown(log)
        self.in_sight = -1

    def tell(self, event: _Event) -> Iterator[Step]:
        """The steps of one thing that happened."""
        for step in self._steps(event):
            self.phase = step.phase
            writes: tuple[Write, ...] = ()
            if self.in_sight != self.scene or isinstance(event, (Moved, Regraded)):
                writes = self.shown.sync(self.scene)
            self.in_sight = self.scene
            yield replace(step, scene=self.scene, writes=writes)

    def _steps(self, event: _Event) -> Iterator[Step]:
        if isinstance(event, (Pass, _Begin, _Run)):
            self.scene = self.passes.index(event if isinstance(event, Pass) else event.of)
        match event:
            case _Begin(of=found):
                yield self._start(found)
            case _Run(of=found, op=op):
                yield forward.operation(found.trace, found.trace.ops[op])
            case Pass():
                yield from self._backward(event)
                self.shown.passed(self.scene)
            case Moved():
                self.shown.values[event.leaf] = value_line(event.now)
                yield self._moved(event)
            case Regraded():
                for leaf, _, now in event.changes:
                    self.shown.gradients[leaf] = gradient_line(now)
                yield self._regraded(event)
            case Detached():
                if any(event.made in found.leaves for found in self.passes):
                    yield self._detached(event)

    # --- a pass ---------------------------------------------------------------------------

    def _start(self, found: Pass) -> Step:
        step = forward.start(found.trace)
        known = _known(found)
        self.round += not known
        title = step.title if self.rounds == 1 else f"Iteration {self.round}: the inputs"
        if known:
            title = f"On the way to {name_of(found.trace, found.trace.roots[0])}"
        return replace(step, title=title, known=known)

    def _backward(self, found: Pass) -> Iterator[Step]:
        if not _runs(found):
            yield replace(self._again(found), known=_known(found), begins=True)
        for step in backward.steps(found.trace, self._line(found.where)):
            yield proved(step, found.proofs)

    def _again(self, found: Pass) -> Step:
        trace = found.trace
        root, letter = trace.values[trace.roots[0]], root_letter(trace)
        line = self._line(found.where)
        return Step(
            0,
            "backward",
            "The backward pass runs again",
            maths.equation(maths.name(clean(root.name)), "=", maths.number(brief(root.numbers))),
            f"The graph of {letter} still stands, so its gradients can be sent back once more. "
            "They are added to those that the earlier pass has left.",
            "Without zero_grad, every backward pass adds to .grad: gradients accumulate.",
            line,
            source_text(trace, line),
            root.id,
        )

    # --- between passes -------------------------------------------------------------------

    def _detached(self, entry: Detached) -> Step:
        """In the graph of what was detached, where it is known."""
        self.scene, place = self._origin(entry)
        trace = self._here.trace
        name = clean(entry.label or ("A value" if place is None else name_of(trace, place)))
        line = self._line(entry.where)
        left = maths.name(f"{name}.detach()")
        return Step(
            0,
            self.phase or "forward",
            f"{name} is detached",
            maths.equation(left, "=", maths.number(brief(entry.value))),
            f"The result has the numbers of {name} and no history: forward it counts like any "
            "number, backward no gradient passes.",
            "detach() ends the graph here; what lies before learns nothing from what follows.",
            line,
            source_text(trace, line),
            place,
        )

    def _origin(self, entry: Detached) -> tuple[int, int | None]:
        """The graph that has what was detached, the present one first, and its value there."""
        passes = list(enumerate(self.passes))
        begun = passes[: self.scene + 1]
        later = [] if isinstance(entry.source, Handle) else passes[self.scene + 1 :]
        for scene, one in [*reversed(begun), *later]:
            place = _place(one, entry.source)
            if place is not None:
                return scene, place
        return self.scene, None

    def _moved(self, entry: Moved) -> Step:
        name, place = self._name(entry.leaf)
        told = changes.moved(entry, name, root_letter(self._here.trace))
        line = self._line(entry.where)
        source = source_text(self._here.trace, line)
        return replace(told, line=line, source=source, value=place)

    def _regraded(self, entry: Regraded) -> Step:
        named = [(*self._name(leaf), before, now) for leaf, before, now in entry.changes]
        found = [(name, before, now) for name, _, before, now in named]
        told = changes.regraded(found, root_letter(self._here.trace))
        phase = "backward" if self.phase == "forward" else self.phase or "forward"
        line = self._line(entry.where)
        return replace(
            told,
            phase=told.phase or phase,
            line=line,
            source=source_text(self._here.trace, line),
            value=next((place for _, place, *_ in named if place is not None), None),
        )

    @property
    def _here(self) -> Pass:
        return self.passes[self.scene]

    def _name(self, leaf: Handle) -> tuple[str, int | None]:
        """What a leaf is called, and its value in the graph in sight, if it has one."""
        place = self._here.leaves.get(leaf)
        if place is not None:
            return name_of(self._here.trace, place), place
        if leaf.label:
            return clean(leaf.label), None
        for one in self.passes:
            if leaf in one.leaves:
                return name_of(one.trace, one.leaves[leaf]), None
        return "a parameter", None

    def _line(self, where: Where) -> SourceLine | None:
        """A place in the source, whose file the page has to show."""
        line = resolve(where)
        if line is None:
            return None
        self._here.trace.files.setdefault(line.file, list(source_of(where)))
        return SourceLine(line.file, line.line, line.end_line, line.column, line.end_column)


def _place(found: Pass, source: Handle | tuple[int, int]) -> int | None:
    """The value of a leaf, or of an output of the node of a serial, in one graph."""
    if isinstance(source, Handle):
        return found.leaves.get(source)
    serial, index = source
    return next(iter(found.made.get(serial, [])[index : index + 1]), None)


def _known(found: Pass) -> tuple[int, ...]:
    """The operations of a pass that an earlier one has shown."""
    return tuple(op.id for op in found.trace.ops if op.id not in found.fresh)


def _runs(found: Pass) -> bool:
    """Whether a pass has a forward part of its own."""
    return bool(found.fresh) or not found.trace.ops
