"""The backward pass as steps: one for each gradient that travels over an edge and is added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from autograd.draw.trace import Event, Local, Numbers, Operation, SourceLine, Trace, Value
from autograd.draw.wording import clean
from autograd.stepper import maths, rules
from autograd.stepper.figures import brief, figure, is_scalar
from autograd.stepper.maths import Equation, Line, Maths
from autograd.stepper.scene import listed, name_of, root_letter, source_text
from autograd.stepper.step import Ledger, Question, Step

_SLOTS = "①②③④⑤⑥⑦⑧⑨"


def steps(trace: Trace, line: SourceLine | None = None) -> Iterator[Step]:
    """The gradient to start with, and one step for each contribution; nothing without them.

    Args:
        trace: the run.
        line: where ``backward()`` was called; by default the line of the result.
    """
    root = trace.values[trace.roots[0]]
    if root.gradient is None:
        return
    scene = _Scene(trace)
    yield scene.seed(root.gradient, line)
    for event in trace.events:
        yield scene.step(event)


class _Scene:
    """What is the same for all backward steps of one trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.root = root_letter(trace)
        self.totals = Counter(event.target for event in trace.events)
        self.arrived: Counter[int] = Counter()

    def seed(self, gradient: Numbers, line: SourceLine | None) -> Step:
        """``∂f/∂f = 1``."""
        root = self.trace.values[self.trace.roots[0]]
        if line is None and root.op is not None:
            line = self.trace.ops[root.op].line
        return Step(
            0,
            "backward",
            f"The backward pass starts at {self.root}",
            maths.equation(maths.partial(self.root, self.root), "=", _given(gradient)),
            _why(self.root, root, gradient),
            "Every gradient is a product of local derivatives along a path from here.",
            line,
            source_text(self.trace, line),
            root.id,
            ledger=Ledger(None, gradient, gradient, 1, 1),
        )

    def step(self, event: Event) -> Step:
        """One contribution: the local derivative times what arrives, added to what is there."""
        self.arrived[event.target] += 1
        op = self.trace.ops[event.op]
        place, paths = self.arrived[event.target], self.totals[event.target]
        path = f", path {place} of {paths}" if paths > 1 else ""
        return Step(
            0,
            "backward",
            f"Gradient of {name_of(self.trace, event.target)}{path}, through {clean(op.symbol)}",
            self._equation(event, op),
            self._sentence(event, op),
            op.lesson,
            op.line,
            source_text(self.trace, op.line),
            event.target,
            op.id,
            event.id,
            Ledger(event.before, event.contribution, event.after, place, paths),
            question=self._question(event, op),
        )

    def _question(self, event: Event, op: Operation) -> Question | None:
        """What a learner may be asked, where all is single numbers and the rule a product."""
        local = op.locals[event.slot]
        numbers = (local and local.numbers, event.upstream, event.after)
        if not local or not local.elementwise or not all(n and is_scalar(n) for n in numbers):
            return None
        before = 0.0 if event.before is None else float(event.before.data)
        factor, upstream, now = (float(n.data) for n in numbers if n)
        return Question(self._by(event.target).text, factor, upstream, before, now)

    # --- equations --------------------------------------------------------------------

    def _by(self, value: int) -> Maths:
        root = self.trace.roots[0]
        name = self.root if value == root else name_of(self.trace, value)
        return maths.partial(self.root, name)

    def _equation(self, event: Event, op: Operation) -> Equation:
        local = op.locals[event.slot]
        left = self._by(event.target)
        result = maths.number(brief(event.contribution))
        assert local is not None, "a gradient has passed, so there is a rule"
        if not local.elementwise:
            return self._rule(event, op, local, left, result)
        rows = [self._product(event, op, local), *self._factors(event, local), result]
        return maths.equation(left, "+=", *rows)

    def _product(self, event: Event, op: Operation, local: Local) -> Maths:
        """The chain rule: local derivative times upstream gradient, broadcasting undone."""
        times = maths.TIMES if event.upstream.shape == () else maths.ELEMENTWISE
        upstream = maths.under(self._by(event.source), "upstream")
        product = maths.under(maths.factor(local), "local") + times + upstream
        dims = rules.undone(event, op)
        return maths.sum_over(dims, maths.bracket(product)) if dims else product

    def _factors(self, event: Event, local: Local) -> Iterator[Maths]:
        """``1.0 × -4.0``, where both are single numbers."""
        if local.numbers and is_scalar(local.numbers) and is_scalar(event.upstream):
            yield (
                maths.number(_factor(local.numbers))
                + maths.TIMES
                + maths.second(brief(event.upstream))
            )

    def _rule(
        self, event: Event, op: Operation, local: Local, left: Maths, result: Maths
    ) -> Equation:
        """A rule that is no product: the whole formula in g, and what g stands for."""
        rule = maths.under(rules.rule(self.trace, event, op, local), "rule")
        if dims := rules.undone(event, op):
            rule = maths.sum_over(dims, maths.bracket(rule))
        found = maths.equation(left, "+=", rule, result)
        upstream = maths.under(self._by(event.source), "upstream")
        return Equation(found.lines, (Line(maths.name("g"), "=", upstream),))

    # --- sentences --------------------------------------------------------------------

    def _sentence(self, event: Event, op: Operation) -> str:
        local = op.locals[event.slot]
        single = is_scalar(event.upstream) and is_scalar(event.contribution)
        if single and local and local.numbers and is_scalar(local.numbers):
            said = self._rates(event, op, local.numbers)
        else:
            said = self._arrays(event)
        if event.before is None:
            return said
        first = self.arrived[event.target] == 1  # and yet something is there
        came = "was left by an earlier backward pass" if first else "had arrived before"
        return (
            f"{said} Added to the {brief(event.before)} that {came}, "
            f"that makes {brief(event.after)}."
            if is_scalar(event.before)
            else f"{said} It is added to what {came}, and makes {brief(event.after)}."
        )

    def _rates(self, event: Event, op: Operation, local: Numbers) -> str:
        """A derivative is a rate: so many times as much."""
        target, source = name_of(self.trace, event.target), name_of(self.trace, event.source)
        rate = _factor(local)
        use = self._use(event, op)
        if event.source == self.trace.roots[0] and event.upstream.data == 1:
            return f"When {target} moves a little{use}, {self.root} moves {rate} times as much."
        return (
            f"When {target} moves a little{use}, {source} moves {rate} times as much, and "
            f"{self.root} moves {brief(event.upstream)} times as much as {source}: along this "
            f"path the gradient is {brief(event.contribution)}."
        )

    def _use(self, event: Event, op: Operation) -> str:
        if op.inputs.count(event.target) < 2:
            return ""
        return f" in its place {_SLOTS[event.slot % len(_SLOTS)]} only"

    def _arrays(self, event: Event) -> str:
        target, source = name_of(self.trace, event.target), name_of(self.trace, event.source)
        said = (
            f"The gradient of {source}, {brief(event.upstream)}, passes back to {target} "
            f"and arrives there as {brief(event.contribution)}."
        )
        dims = rules.undone(event, self.trace.ops[event.op])
        if not dims:
            return said
        return (
            f"{said} Forward, {target} was broadcast from {event.contribution.shape} to "
            f"{event.upstream.shape}; backward, the copies are summed over "
            f"dim {listed([str(dim) for dim in dims])}."
        )


def _given(gradient: Numbers) -> Maths:
    return maths.number("1" if is_scalar(gradient) and gradient.data == 1 else brief(gradient))


def _why(letter: str, root: Value, gradient: Numbers) -> str:
    stands = "" if root.named else f"{letter} stands for the result, {clean(root.name)}. "
    if is_scalar(gradient) and gradient.data == 1:
        return f"{stands}When {letter} moves, {letter} moves just as much: its gradient is 1."
    return f"{stands}The gradient to start from was given: {brief(gradient)}."


def _factor(local: Numbers) -> str:
    """A local derivative in numbers; a condition that holds counts 1."""
    return figure(float(local.data))
