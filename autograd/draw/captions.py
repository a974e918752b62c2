"""What is said about a drawing: its content in a sentence, and what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autograd.draw import wording
from autograd.draw.folding import Folding
from autograd.draw.timing import Timing
from autograd.draw.trace import Trace
from autograd.draw.view import Box

_MOST_SLOPES = 8


def summary(trace: Trace, gradients: bool) -> str:
    """Counts, the result and its derivatives: what the picture says to those who do not see it."""
    said = [f"{len(trace.values)} values, {len(trace.ops)} operations"]
    for place in trace.roots:
        value = trace.values[place]
        said.append(f"{wording.clean(value.name, 40)} = {wording.value(value.numbers)}")
    return ". ".join([*said, *(_slopes(trace) if gradients else ())])


def _slopes(trace: Trace) -> list[str]:
    root = _term(trace.values[trace.roots[0]].name)
    leaves = [v for v in trace.values if v.op is None and v.gradient is not None]
    said = [
        f"∂{root}/∂{_term(v.name)} = {wording.gradient(v.gradient)}" for v in leaves[:_MOST_SLOPES]
    ]
    more = len(leaves) - _MOST_SLOPES
    return [*said, f"and {more} more gradients"] if more > 0 else said


def _term(name: str) -> str:
    """A name after ∂, in brackets where it is a formula."""
    term = wording.clean(name, 40)
    return f"({term})" if " " in term else term


def without_gradient(trace: Trace) -> str:
    """Why nothing flows back; empty where something does, or where it was not asked for."""
    root = trace.values[trace.roots[0]]
    if root.gradient is not None:
        return ""
    if root.requires_grad:
        return "" if prod(root.numbers.shape) == 1 else _NO_NUMBER
    if not root.dtype.startswith("float"):
        return f"No gradients: {root.dtype} values have none, only floating-point numbers do."
    if not trace.ops:
        return _NOT_RECORDED
    asked = any(value.requires_grad for value in trace.values)
    return _NO_PATH if asked else "No gradients: no input requires a gradient."


PENDING = (
    "No backward pass has reached this yet: call backward() first, or draw the gradients that "
    "it would give with graph(gradients=True)."
)
_NO_NUMBER = (
    "The backward pass starts from a single number: reduce it first, for example with "
    "sum(…), or give gradient=…."
)
_NOT_RECORDED = (
    "Nothing was recorded: no input requires a gradient (requires_grad=True), or it was "
    "computed inside no_grad()."
)
_NO_PATH = "No gradients: no input that requires a gradient has a way to the result."


def remarks(trace: Trace, folding: Folding, boxes: Sequence[Box], when: Timing) -> list[str]:
    """What the drawing leaves out, each with the call that shows it."""
    said = [*_time(when, boxes)]
    if folding.automatic:
        said.append(
            f"Collapsed to depth {folding.depth} of {deepest(trace)}, because the run has "
            f"{len(trace.values)} values: graph(depth=None) opens everything."
        )
    elif any(box.kind == "group" and box.ref not in when.stacks for box in boxes):
        said.append("Some groups are collapsed: graph(depth=None) opens everything.")
    if any(box.kind == "chip" for box in boxes):
        said.append("A small box repeats what is shown in full elsewhere.")
    if any("detached" in box.role.split() for box in boxes):
        said.append("A bar shows where a value was detached: no gradient passes it.")
    if trace.lost:
        said.append(
            "Some modules no longer exist, so their paths and sizes are unknown: keep the model "
            "in a variable until it is drawn."
        )
    if trace.changed:
        names = ", ".join(wording.clean(trace.values[i].name, 40) for i in trace.changed)
        said.append(f"Changed in place after the run, and shown as it is now: {names}.")
    if _unkept(trace, boxes):
        said.append("Values of more than 256 elements are kept inside autograd.record() only.")
    return said


def _time(when: Timing, boxes: Sequence[Box]) -> list[str]:
    """How the steps that are not drawn can be seen."""
    said = []
    if when.folded:
        said.append(
            "One cell stands for all steps, without their numbers; the arrow t → t + 1 hands the "
            'state on: graph(time="unrolled") draws each step.'
        )
    if any(box.kind == "group" and box.ref in when.stacks for box in boxes):
        said.append(
            'Steps in the middle are left out: graph(time="unrolled") draws all of them, '
            'graph(time="folded") one cell.'
        )
    return said


def _unkept(trace: Trace, boxes: Sequence[Box]) -> bool:
    told = [box for box in boxes if any(kind == "val" for kind, _ in box.lines)]
    shown = (trace.values[box.ref].numbers for box in told)
    return any(numbers.mean is None and 0 not in numbers.shape for numbers in shown)


def deepest(trace: Trace) -> int:
    """How many levels of groups there are."""
    depths: list[int] = []
    for group in trace.groups:
        depths.append(1 if group.parent is None else depths[group.parent] + 1)
    return max(depths, default=0)
