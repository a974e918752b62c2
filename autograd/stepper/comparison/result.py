"""What two runs have in common and what not: as sentences, pictures, a page and a cell's output."""

from __future__ import annotations

from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd.core.errors import GlassError
from autograd.draw.folding import Depth
from autograd.draw.picture import LINES, Picture
from autograd.draw.timing import Mode, check_time
from autograd.draw.trace import Trace
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


class Comparison:
    """Two runs: what differs between them, and what follows from that.

    Prints as sentences. In a notebook, and as one HTML file, it shows both pictures with
    the differences marked, and a list that leads to each of them. It is true where the
    runs differ.

    Attributes:
        differences: what differs for a reason of its own, in order of execution.
        consequences: the results and gradients that differ for those reasons.
        matches: which operation and which value of one run is which of the other.
        when: in which iteration of a training, for the summary.
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
        when: str = "",
    ) -> None:
        self._runs, self.when = (a, b), when
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
            return f"{labels} differ in {count} place{'s' * (count != 1)}{self.when}."
        if self.consequences:
            return (
                f"{labels} run the same operations on the same numbers, as far as their traces "
                "keep them, and yet numbers differ."
            )
        return f"{labels} agree{self.when}: {_counted(self._runs[0].trace)}."

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
