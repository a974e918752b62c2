"""The stepper that ``f.step_through()`` returns: text, page, and a notebook cell's output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd.core.errors import GlassError
from autograd.core.node import Handle
from autograd.draw.dot import digraph
from autograd.draw.folding import Depth
from autograd.draw.layout import Layout
from autograd.draw.picture import LINES, Picture
from autograd.draw.scale import Standing, standing
from autograd.draw.trace import Trace
from autograd.draw.tracing import start_of
from autograd.stepper.notebook import cell
from autograd.stepper.page import page
from autograd.stepper.proof import Proof, proofs
from autograd.stepper.saving import check_height, write
from autograd.stepper.scene import root_letter
from autograd.stepper.scenes import Scenes
from autograd.stepper.sequence import steps_of
from autograd.stepper.step import Step


class Stepper:
    """A run, step by step: forward, then every gradient on its way back.

    Shows itself in a notebook, prints as text, and goes into one self-contained page.

    Attributes:
        picture: the graph that the page shows.
    """

    def __init__(
        self,
        trace: Trace | Standing,
        *,
        theme: str = "auto",
        title: str | None = None,
        direction: str = "LR",
        depth: Depth = "auto",
        height: int = 680,
        predict: bool = False,
        proofs: Mapping[int, Proof] | None = None,
    ) -> None:
        self._run = trace
        self._proofs = proofs
        self.predict = predict
        self.picture = Picture(trace, direction=direction, depth=depth, theme=theme)
        self._title = title
        self.theme = theme
        self.height = check_height(height)

    @property
    def trace(self) -> Trace:
        """The run."""
        return self.picture.trace

    @cached_property
    def steps(self) -> list[Step]:
        """Its steps; ``for step in stepper`` goes through them."""
        return steps_of(self.trace, self._proofs)

    @property
    def title(self) -> str:
        """The title of the page."""
        return self._title or f"{root_letter(self.trace)}, step by step"

    @property
    def pictures(self) -> list[Picture]:
        """The graphs that the page shows, one after the other; here there is one."""
        return [self.picture]

    def _drawn(self) -> Iterator[str]:
        for place, picture in enumerate(self.pictures):
            yield picture.to_svg(prefix=f"graph{place or ''}-")

    @cached_property
    def _page(self) -> str:
        return page(
            Scenes([picture.trace for picture in self.pictures]),
            self.steps,
            list(self._drawn()),
            title=self.title,
            theme=self.theme,
            predict=self.predict,
        )

    def html(self) -> str:
        """The page as one HTML document that needs no network and no other file.

        Raises:
            MissingPackageError: nothing that can lay out a graph is installed; the text
                form, ``print(stepper)``, still works.
        """
        return self._page

    def save(self, path: str | Path) -> Path:
        """Write the page (``.html``) or the text (``.txt``).

        Raises:
            RangeError: another ending, or a folder that does not exist.
            MissingPackageError: nothing that can lay out a graph is installed.
        """
        forms = {".html": self.html, ".htm": self.html, ".txt": lambda: f"{self}\n"}
        return write(
            path,
            forms,
            "a stepper is written as .html (a page) or .txt (the steps as text). For a picture, "
            "write f.graph().save(…)",
        )

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.steps))

    def __repr__(self) -> str:
        if isinstance(self._run, Standing):
            return self._run.brief.replace("….to_text()", "…")
        lines = str(self).splitlines()
        if len(lines) <= LINES:
            return "\n".join(lines)
        more = f"… {len(lines) - LINES:,} more lines; print(…) shows them all"
        return "\n".join([*lines[:LINES], more])

    def _repr_html_(self) -> str:
        try:
            picture, document = self.picture.to_svg(animated=True), self.html()
        except GlassError as error:
            return f"<div><p>{escape(str(error))}</p><pre>{escape(repr(self))}</pre></div>"
        alt = self.picture.alt
        return cell(document, picture, alt=alt, title=self.title, height=self.height)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """One ``text/html``, and the text for where no HTML is shown."""
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


class Training(Stepper):
    """A training, step by step: each backward pass has a graph of its own.

    Attributes:
        picture: the graph of the first.
    """

    def __init__(self, traces: Sequence[Trace], steps: Sequence[Step], **options: Any) -> None:
        super().__init__(traces[0], **options)
        look = {name: options[name] for name in ("direction", "depth", "theme") if name in options}
        self._further = [Picture(trace, **look) for trace in traces[1:]]
        self.steps = list(steps)

    @property
    def pictures(self) -> list[Picture]:
        """The graph of each backward pass."""
        return [self.picture, *self._further]

    def _drawn(self) -> Iterator[str]:
        """Drawings that look the same but for their numbers are laid out once."""
        known: dict[str, Layout] = {}
        for picture in self.pictures:
            if not picture.view.columns:
                source = digraph(picture.view, labels=False).source
                picture.layout = known.setdefault(source, known.get(source) or picture.layout)
        return super()._drawn()


def step_through(
    root: Handle,
    gradient: Any = None,
    *,
    backward: bool | None = None,
    theme: str = "auto",
    title: str | None = None,
    direction: str = "LR",
    depth: Depth = "auto",
    height: int = 680,
    predict: bool = False,
) -> Stepper:
    """Go through everything that `root` depends on, one step at a time.

    Forward, one step for each operation. Backward, one step for each contribution to a
    gradient: a value that is used twice gets its gradient as a sum of two.

    Args:
        root: the result to explain.
        gradient: what to start the backward pass from; 1 for a single number.
        backward: whether to go through the backward pass; by default where there is one.
        theme: ``"auto"`` (as the system is), ``"light"``, ``"dark"`` or ``"print"``.
        title: the title of the page.
        direction: ``"LR"``, inputs left and the result right, or ``"TB"``, downward.
        depth: how many levels of modules and time steps the graph shows open.
        height: the height in a notebook, in pixels.
        predict: ask for each gradient before it is shown (the key P turns this on and off).

    Raises:
        GradientError: a backward pass was asked for and there is none.
        RangeError: a theme, direction or height that does not exist, or a graph of more
            than 20,000 operations.
    """
    run = standing(root, gradient, backward, "step_through()", depth)
    return Stepper(
        run,
        theme=theme,
        title=title,
        direction=direction,
        depth=depth,
        height=height,
        predict=predict,
        proofs=_proofs(root, run, gradient),
    )


def _proofs(root: Handle, run: Trace | Standing, gradient: Any) -> dict[int, Proof]:
    """Central differences, found at once: later the leaves may hold other numbers."""
    if isinstance(run, Standing) or not run.events:
        return {}
    return proofs(root, run, start_of(root, gradient, True, "step_through()"))


def steps(root: Handle, gradient: Any = None) -> list[Step]:
    """The steps of everything that `root` depends on, forward and backward.

    >>> import autograd as ag
    >>> x = ag.tensor(3.0, requires_grad=True, name="x")
    >>> for step in ag.steps(x * x):
    ...     print(step.equation)
    x = 3.0
    x · x = 3.0 × 3.0 = 9.0
    ∂L/∂L = 1
    ∂L/∂x += x × ∂L/∂L = 3.0 × 1.0 = 3.0
    ∂L/∂x += x × ∂L/∂L = 3.0 × 1.0 = 3.0

    Raises:
        GradientError: `gradient` is given and there is no backward pass, or has another shape.
        RangeError: more than 20,000 operations.
    """
    run = standing(root, gradient, None, "steps()")
    found = _proofs(root, run, gradient)
    return steps_of(run.trace if isinstance(run, Standing) else run, found)
