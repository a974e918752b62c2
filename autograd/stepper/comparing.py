"""``ag.compare``: two runs side by side, and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd.core.errors import ArgumentError, GlassError, RangeError
from autograd.core.graph import ancestors, entry
from autograd.core.node import Handle
from autograd.draw.folding import Depth
from autograd.draw.picture import LINES, Picture
from autograd.draw.scale import Standing, standing
from autograd.draw.timing import Mode, check_time
from autograd.draw.trace import Trace
from autograd.draw.wording import clean
from autograd.stepper.comparison import pictures
from autograd.stepper.comparison.causes import causes
from autograd.stepper.comparison.difference import Difference
from autograd.stepper.comparison.follows import follows, odd
from autograd.stepper.comparison.kept import kept
from autograd.stepper.comparison.matching import Matches, match
from autograd.stepper.comparison.page import page
from autograd.stepper.comparison.runs import Run, Tolerance
from autograd.stepper.notebook import cell
from autograd.stepper.saving import check_height, write
from autograd.stepper.stepper import Stepper


class Comparison:
    """Two runs: what differs between them, and what follows from that.

    Prints as sentences. In a notebook, and as one HTML file, it shows both pictures with
    the differences marked, and a list that leads to each of them. It is true where the
    runs differ.

    Attributes:
        differences: what differs for a reason of its own, in order of execution.
        consequences: the results and gradients that differ for those reasons.
        matches: which operation and which value of one run is which of the other.
    """

    def __init__(
        self,
        a: Run,
        b: Run,
        *,
        tolerance: Tolerance,
        theme: str = "auto",
        title: str | None = None,
        direction: str = "LR",
        depth: Depth = "auto",
        time: Mode = "auto",
        height: int = 680,
    ) -> None:
        self._runs = (a, b)
        self.matches: Matches = match(a.trace, b.trace)
        found = (a, b, self.matches, tolerance)
        self.differences: list[Difference] = [*causes(*found), *kept(*found)]
        self.consequences: list[Difference] = follows(*found)
        self._odd = odd(*found)
        self.theme = theme
        self.height = check_height(height)
        self._title = title
        check_time(time)
        self._options: dict[str, Any] = {
            "theme": theme,
            "direction": direction,
            "depth": depth,
            "time": time,
        }
        Picture(a.trace, **self._options)  # refuses options that do not exist

    @property
    def title(self) -> str:
        """The title of the page."""
        return self._title or f"{self._runs[0].label} and {self._runs[1].label}, side by side"

    @property
    def summary(self) -> str:
        """One sentence: in how many places the runs differ, or that they agree."""
        labels = f"{self._runs[0].label} and {self._runs[1].label}"
        count = len(self.differences)
        if count:
            return f"{labels} differ in {count} place{'s' * (count != 1)}."
        if self.consequences:
            return (
                f"{labels} run the same operations on the same numbers, as far as their traces "
                "keep them, and yet numbers differ."
            )
        return f"{labels} agree: {_counted(self._runs[0].trace)}."

    @cached_property
    def text(self) -> str:
        """The differences, and what follows from them, as plain sentences."""
        lines = [self.summary]
        lines += [f"{number}. {one}" for number, one in enumerate(self.differences, 1)]
        if self.consequences:
            lines += ["What follows:", *(f"- {one}" for one in self.consequences)]
        return "\n".join(lines)

    @cached_property
    def pictures(self) -> tuple[Picture, Picture]:
        """Both graphs, the differences marked.

        Raises:
            RangeError: more than 3,000 nodes would be drawn.
        """
        first, second = (
            pictures.marked(run, side, self.differences, places, self._options)
            for run, side, places in zip(self._runs, "ab", self._places(), strict=True)
        )
        return first, second

    def _places(self) -> tuple[list[int], list[int]]:
        """The values that carry the sign ≠, of each run."""
        return [first for first, _ in self._odd], [second for _, second in self._odd]

    def to_svg(self) -> str:
        """Both pictures as one, side by side; the second below the first where they are wide.

        Raises:
            MissingPackageError: nothing that can lay out a graph is installed.
        """
        return pictures.together(*self.pictures, self.title)

    def html(self) -> str:
        """The page as one HTML document that needs no network and no other file.

        Raises:
            MissingPackageError: nothing that can lay out a graph is installed; the text
                form, ``print(comparison)``, still works.
        """
        return self._page

    @cached_property
    def _page(self) -> str:
        drawn = zip(self.pictures, "ab", strict=True)
        return page(
            self._runs,
            [pictures.untitled(picture, side) for picture, side in drawn],
            self.matches,
            self.differences,
            self.consequences,
            title=self.title,
            summary=self.summary,
            theme=self.theme,
        )

    def save(self, path: str | Path) -> Path:
        """Write the page (``.html``), the sentences (``.txt``) or both pictures (``.svg``).

        Raises:
            RangeError: another ending, or a folder that does not exist.
            MissingPackageError: nothing that can lay out a graph is installed.
        """
        forms = {
            ".html": self.html,
            ".htm": self.html,
            ".svg": self.to_svg,
            ".txt": lambda: f"{self}\n",
        }
        advice = "a comparison is written as .html (a page), .svg (both pictures) or .txt"
        return write(path, forms, advice)

    def __bool__(self) -> bool:
        return bool(self.differences or self.consequences)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        lines = self.text.splitlines()
        if len(lines) <= LINES:
            return self.text
        more = f"… {len(lines) - LINES:,} more lines; print(…) shows them all"
        return "\n".join([*lines[:LINES], more])

    def _repr_html_(self) -> str:
        try:
            picture, document = self.to_svg(), self.html()
        except GlassError as error:
            return f"<div><p>{escape(str(error))}</p><pre>{escape(repr(self))}</pre></div>"
        alt = f"{self.title}. {self.text}"
        return cell(document, picture, alt=alt, title=self.title, height=self.height)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """One ``text/html``, and the text for where no HTML is shown."""
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def _counted(trace: Trace) -> str:
    ops, values, events = len(trace.ops), len(trace.values), len(trace.events)
    return (
        f"the same {ops:,} operation{'s' * (ops != 1)}, {values:,} value{'s' * (values != 1)} "
        f"and {events:,} gradient contribution{'s' * (events != 1)}"
    )


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
            (``f.step_through()``) or traces, which keep the numbers of their time. Only
            results tell what ``.grad`` holds.
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
    >>> print(ag.compare(x * x, x * x.detach()))
    A and B differ in 1 place.
    1. x is detached in B where x · 3 (line 1) takes it: no gradient goes back along this way. \
∂L/∂x reaches x twice in A, once in B.
    What follows:
    - ∂L/∂x is 6.0 in A, 3.0 in B: it reaches x twice in A, once in B.

    Raises:
        ArgumentError: something that is no run, or the same run twice.
        GradientError: a result that no operation made.
        RangeError: an option that does not exist, or a run of more than 20,000 operations.
    """
    if a is b:
        raise ArgumentError(
            "compare(a, b): both are the same run, and it agrees with itself. Compute it "
            "twice, with and without the change that you want to see, and give both results."
        )
    labels = _labels(names)
    runs = [_run(one, label) for one, label in zip((a, b), labels, strict=True)]
    for run in runs:
        run.several = len({*runs[0].trace.files, *runs[1].trace.files}) > 1
    return Comparison(
        *runs,
        tolerance=_tolerance(rtol, atol),
        theme=theme,
        title=title,
        direction=direction,
        depth=depth,
        time=time,
        height=height,
    )


def _labels(names: Sequence[str]) -> tuple[str, str]:
    labels = [clean(name) for name in names] if not isinstance(names, str) else []
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
    run = standing(root, None, None, "compare()")
    return run.trace if isinstance(run, Standing) else run


def _held(root: Handle, trace: Trace) -> dict[int, Any]:
    """What ``.grad`` of each leaf is now; operations are traced in the order of the graph."""
    held = {}
    for node, op in zip(ancestors([entry(root)]), trace.ops, strict=True):
        for operand, place in zip(node.operands, op.inputs, strict=True):
            if isinstance(operand, Handle) and operand.accumulated is not None:
                held[place] = operand.accumulated
    return held
