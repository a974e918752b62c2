"""One step of a run: what happens, which equation, on which line, with which numbers."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.draw.trace import Numbers, SourceLine
from autograd.draw.wording import clean
from autograd.stepper.figures import brief
from autograd.stepper.maths import Equation
from autograd.stepper.proof import Proof


@dataclass(frozen=True)
class Ledger:
    """The gradient of one value before a contribution is added, the contribution, and after.

    Attributes:
        before: None where nothing has arrived yet.
        path: what arrives along this path.
        now: their sum.
        place: which of the value's paths this is, from 1.
        paths: how many there are.
        word: what is added: a gradient from this path, or the change of a parameter.
    """

    before: Numbers | None
    path: Numbers
    now: Numbers
    place: int
    paths: int
    word: str = "this path"

    def __str__(self) -> str:
        start = "0" if self.before is None else brief(self.before)
        return f"before {start} | {self.word} {brief(self.path)} | now {brief(self.now)}"


@dataclass(frozen=True)
class Question:
    """The numbers of one contribution, in full: what to answer, and what mistakes would give.

    Attributes:
        name: what is asked for, such as ``∂f/∂x``.
        local: the local derivative.
        upstream: the gradient that arrives.
        before: what had arrived on other paths, 0 where nothing had.
        now: the answer: before + local · upstream.
    """

    name: str
    local: float
    upstream: float
    before: float
    now: float

    def said(self, answer: float) -> str:
        """What to tell a learner: ``right``, which mistake it looks like, or ``wrong``.

        >>> Question("∂f/∂x", 3.0, 2.0, 1.0, 7.0).said(6.0)
        'forgot to add'
        """
        path = self.local * self.upstream
        cases = {
            "right": self.now,
            "wrong sign": -self.now,
            "forgot to add": path,
            "forgot upstream": self.local,
            "forgot upstream, added": self.before + self.local,
            "forgot local": self.upstream,
        }
        return next((said for said, n in cases.items() if _same(answer, n)), "wrong")


def _same(answer: float, number: float) -> bool:
    """Whether an answer is meant: within one percent, as people round."""
    return abs(answer - number) <= 0.01 * abs(number)


@dataclass(frozen=True)
class Step:
    """One step of a forward or backward pass or an update; ``str(step)`` is a readable block.

    Attributes:
        number: its place in the run, from 1.
        phase: ``forward``, ``backward`` or ``update``.
        title: a few words.
        equation: with ``text``, ``latex`` and ``mathml``; prints as text.
        sentence: what happens, in one plain sentence with names and numbers.
        lesson: the rule behind it, in one sentence; may be empty.
        line: where in the learner's source, None where unknown.
        source: the text of that line.
        value: the value that the step is about, by its id in the trace.
        op: the operation that runs or that the gradient passes, None at a start.
        event: the gradient contribution, for a backward step.
        ledger: the running sum of the gradient, for a backward step.
        proof: a central difference beside the complete gradient, for the step that completes it.
        question: for a gradient that is one number, what a learner may be asked.
        scene: in a training, which backward pass's graph the ids belong to, from 0.
        begins: whether the leaves of the graph appear with this step.
        known: operations that have run before, but appear with it.
        writes: lines of boxes that change: a value, its line before, and afterwards.
    """

    number: int
    phase: str
    title: str
    equation: Equation
    sentence: str
    lesson: str = ""
    line: SourceLine | None = None
    source: str = ""
    value: int | None = None
    op: int | None = None
    event: int | None = None
    ledger: Ledger | None = None
    proof: Proof | None = None
    question: Question | None = None
    scene: int = 0
    begins: bool = False
    known: tuple[int, ...] = ()
    writes: tuple[tuple[int, str, str], ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.number}. {self.title}  [{self.phase}]"]
        if self.line is not None:
            where = f"{clean(self.line.file)}, line {self.line.line}"
            lines.append(f"   {where}:  {self.source.strip()}")
        lines.append(f"   {self.equation.text}")
        if self.ledger is not None:
            lines.append(f"   {self.ledger}")
        lines.append(f"   {self.sentence}")
        if self.proof is not None:
            lines.append(f"   {self.proof}")
        return "\n".join(lines)
