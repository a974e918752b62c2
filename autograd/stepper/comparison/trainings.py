"""Two trainings, iteration by iteration: the first in which they differ, and their updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from autograd.draw.trace import Numbers
from autograd.stepper.comparison.difference import Difference, Spot
from autograd.stepper.comparison.runs import Tolerance, in_brackets
from autograd.stepper.step import Step


def updates(
    a: Sequence[Step], b: Sequence[Step], labels: tuple[str, str], tolerance: Tolerance
) -> Iterator[Difference]:
    """Where parameters are updated in another way, or in one training only.

    Args:
        a, b: the steps of one iteration of each training.
        labels: what people call them.
        tolerance: when numbers agree.
    """
    ours, theirs = ([step for step in steps if step.phase == "update"] for steps in (a, b))
    titles = [[step.title for step in steps] for steps in (ours, theirs)]
    aligned = SequenceMatcher(None, titles[0], titles[1], autojunk=False)
    for tag, i, j, k, m in aligned.get_opcodes():
        if tag == "equal":
            pairs = zip(ours[i:j], theirs[k:m], strict=True)
            yield from (_other(*pair, labels) for pair in pairs if not _same(*pair, tolerance))
        else:
            yield from (_only(step, labels[0], True) for step in ours[i:j])
            yield from (_only(step, labels[1], False) for step in theirs[k:m])


def _only(step: Step, label: str, first: bool) -> Difference:
    text = f"Only in {label}{_at(step)}: {_small(step.title)}, {_line(step)}."
    spots = (_spot(step), Spot()) if first else (Spot(), _spot(step))
    return Difference("update", text, f"only in {label}", *spots)


def _other(one: Step, two: Step, labels: tuple[str, str]) -> Difference:
    said = f"{_line(one)} in {labels[0]}, {_line(two)} in {labels[1]}"
    text = f"{one.title}{_at(one)}: {said}."
    return Difference("update", text, "other update", _spot(one), _spot(two))


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]


def _line(step: Step) -> str:
    return step.equation.text.replace("\n", "; ")


def _at(step: Step) -> str:
    where = "" if step.line is None else f"line {step.line.line}"
    return f" in iteration {step.scene + 1}{in_brackets(where)}"


def _same(one: Step, two: Step, tolerance: Tolerance) -> bool:
    if one.ledger is None or two.ledger is None:
        return one.ledger is two.ledger
    pairs = [(one.ledger.before, two.ledger.before), (one.ledger.now, two.ledger.now)]
    return all(_agree(x, y, tolerance) for x, y in pairs)


def _agree(one: Numbers | None, two: Numbers | None, tolerance: Tolerance) -> bool:
    if one is None or two is None:
        return one is two
    return tolerance.agree(one, two)


def _spot(step: Step) -> Spot:
    """The learner's line; an update comes after the pass whose graph is shown."""
    return Spot(line=step.line, source=step.source)


def lengths(a: int, b: int, labels: tuple[str, str]) -> Iterator[Difference]:
    """Trainings of different length."""
    if a != b:
        text = f"{labels[0]} has {a} iteration{'s' * (a != 1)}, {labels[1]} has {b}."
        yield Difference("length", text, "other length", Spot(), Spot())
