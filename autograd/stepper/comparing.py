"""``ag.compare``: what people hand in, as two runs that are then compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.core.errors import ArgumentError, InPlaceError, RangeError
from autograd.core.graph import ancestors, entry
from autograd.core.node import Handle
from autograd.draw.folding import Depth
from autograd.draw.picture import Picture
from autograd.draw.scale import Standing, standing
from autograd.draw.timing import Mode
from autograd.draw.trace import Trace
from autograd.draw.wording import clean
from autograd.stepper.comparison.difference import Difference
from autograd.stepper.comparison.result import Comparison
from autograd.stepper.comparison.runs import Run, Tolerance
from autograd.stepper.comparison.trainings import lengths, updates
from autograd.stepper.stepper import Stepper, Training
from autograd.stepper.tape import Tape


def compare(
    a: Any,
    b: Any,
    *,
    names: Sequence[str] = ("A", "B"),
    rtol: float = 1e-6,
    atol: float = 1e-12,
    theme: str = "auto",
    title: str | None = None,
    direction: str = "LR",
    depth: Depth = "auto",
    time: Mode = "auto",
    height: int = 680,
) -> Comparison:
    """Two runs side by side: what differs, and what follows from it.

    Finds a forgotten ``zero_grad`` and ``=`` written for ``+=`` (by what ``.grad`` of the
    leaves holds), a detached value, a missing, an added or another operation, other
    operands, other numbers and gradients. Nodes are matched by structure, so that one
    that is missing in one run does not shift the others.

    Args:
        a, b: two results, such as two losses; or pictures (``f.graph()``), steppers
            (``f.step_through()``) or traces, which keep the numbers of their time; or two
            tapes of a training (``ag.record()``), of which the first iteration is shown that
            differs. Only results and tapes tell what ``.grad`` holds.
        names: what to call the two runs.
        rtol, atol: how far numbers may be apart: `atol` plus `rtol` times the largest.
        theme: ``"auto"`` (as the system is), ``"light"``, ``"dark"`` or ``"print"``.
        title: the title of the page.
        direction: ``"LR"``, inputs left and the result right, or ``"TB"``, downward.
        depth: how many levels of modules the pictures show open; by default those in which
            something differs, too, as long as that can be read.
        time: how time steps are drawn, as in ``f.graph()``.
        height: the height in a notebook, in pixels.

    >>> import autograd as ag
    >>> x = ag.tensor(3.0, requires_grad=True, name="x")
    >>> print(ag.compare(x * x, x * x.detach()))  # doctest: +ELLIPSIS
    A and B differ in 1 place.
    1. x is detached in B where x · x.detach() (line 1) takes it: no gradient goes back ...
    What follows:
    - ∂L/∂x is 6.0 in A, 3.0 in B: it reaches x twice in A, once in B.

    Raises:
        ArgumentError: something that is no run, a result that no operation made, or the
            same run twice.
        InPlaceError: what a run needs for its gradient was changed since.
        RangeError: an option that does not exist, or a run of more than 20,000 operations.
    """
    if a is b:
        raise ArgumentError(
            "compare(a, b): both are the same run, and it agrees with itself. Compute it "
            "twice, with and without the change that you want to see, and give both results."
        )
    labels, tolerance = _labels(names), _tolerance(rtol, atol)
    given = [one.step_through() if isinstance(one, Tape) else one for one in (a, b)]
    look: dict[str, Any] = {
        "theme": theme,
        "title": title,
        "direction": direction,
        "depth": depth,
        "time": time,
        "height": height,
    }
    if isinstance(given[0], Training) and isinstance(given[1], Training):
        return _trainings(given[0], given[1], labels, tolerance, look)
    runs = [_run(one, label) for one, label in zip(given, labels, strict=True)]
    return _compared(*runs, tolerance=tolerance, **look)


def _compared(a: Run, b: Run, **options: Any) -> Comparison:
    for run, other in ((a, b), (b, a)):
        run.several = len({*a.trace.files, *b.trace.files}) > 1
        if other.root.named and not run.root.named:
            run.called = other.letter
    return Comparison(a, b, **options)


def _trainings(
    a: Training, b: Training, labels: tuple[str, str], tolerance: Tolerance, look: dict[str, Any]
) -> Comparison:
    """The first iteration whose graphs or gradients differ, or the last one that both have.

    Updates that differ before it are told first.
    """
    counts = len(a.pictures), len(b.pictures)
    before: list[Difference] = []
    for number, drawn in enumerate(zip(a.pictures, b.pictures, strict=False)):
        runs = [Run(label, picture.trace) for label, picture in zip(labels, drawn, strict=True)]
        when = f", in iteration {number + 1}" if max(counts) > 1 else ""
        found = _compared(*runs, tolerance=tolerance, when=when, **look)
        mine, other = ([step for step in t.steps if step.scene == number] for t in (a, b))
        here = [*updates(mine, other, labels, tolerance)]
        last = number + 1 == min(counts)
        if found or last:
            further = lengths(*counts, labels) if last else ()
            found.differences = [*before, *found.differences, *here, *further]
            if not found and number:
                found.when = f" in all {number + 1} iterations; the last one"
            return found
        before += here
    raise AssertionError("every training has an iteration")


def _labels(names: Sequence[str]) -> tuple[str, str]:
    labels = [clean(name) for name in names] if isinstance(names, (list, tuple)) else []
    if len(labels) != 2 or not all(labels) or labels[0] == labels[1]:
        raise RangeError(
            f"compare(names={names!r}): give two different names, one for each run, such as "
            'names=("with zero_grad", "without").'
        )
    return labels[0], labels[1]


def _tolerance(rtol: float, atol: float) -> Tolerance:
    for name, value in (("rtol", rtol), ("atol", atol)):
        if not isinstance(value, (int, float)) or not value >= 0:
            raise RangeError(f"compare({name}={value!r}): a tolerance is a number, 0 or more.")
    return Tolerance(float(rtol), float(atol))


def _run(given: Any, label: str) -> Run:
    """What people hand in, as a run."""
    if isinstance(given, Handle):
        trace = _trace(given)
        return Run(label, trace, _held(given, trace))
    if isinstance(given, Training):
        raise ArgumentError(
            "compare(a, b): one of the two is a training. Compare two tapes or what "
            "tape.step_through() gave; for one backward pass of it, tape.step_through().pictures."
        )
    if isinstance(given, (Picture, Stepper)):
        given = given.trace
    if not isinstance(given, Trace):
        raise ArgumentError(
            "compare(a, b) compares two runs: the results of two computations, such as two "
            f"losses, or what f.graph() or f.step_through() gave; got {type(given).__name__}."
        )
    return Run(label, given)


def _trace(root: Handle) -> Trace:
    if entry(root) is root:
        raise ArgumentError(
            "compare(a, b): one of the tensors was made by no recorded operation, so it has no "
            "graph: it was given, or detached, or computed inside no_grad(), or nothing that it "
            "was computed from has requires_grad=True. Give the results of two computations."
        )
    try:
        run = standing(root, None, None, "compare()")
    except InPlaceError as error:
        raise InPlaceError(
            f"{error} compare() goes backward through a run once more: compare before "
            "optimizer.step() changes what it used, or record it: with ag.record() as tape."
        ) from error
    return run.trace if isinstance(run, Standing) else run


def _held(root: Handle, trace: Trace) -> dict[int, Any]:
    """What ``.grad`` of each leaf is now; operations are traced in the order of the graph."""
    held = {}
    for node, op in zip(ancestors([entry(root)]), trace.ops, strict=True):
        for operand, place in zip(node.operands, op.inputs, strict=True):
            if isinstance(operand, Handle) and operand.accumulated is not None:
                held[place] = operand.accumulated
    return held
