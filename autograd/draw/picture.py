"""The picture of a graph: what ``f.graph()`` returns."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autograd.core.errors import GlassError
from autograd.core.node import Handle
from autograd.draw.compose import check_direction, compose
from autograd.draw.dot import digraph
from autograd.draw.folding import Depth, check_depth
from autograd.draw.grid import lay_out_grid
from autograd.draw.layout import Layout, lay_out
from autograd.draw.look import Ops, Widths, check_look, check_parts
from autograd.draw.saving import save
from autograd.draw.scale import Standing, check_size, is_pending, standing
from autograd.draw.slope import slope
from autograd.draw.svg import svg
from autograd.draw.text import text
from autograd.draw.theme import check as check_theme
from autograd.draw.timing import Mode, check_time
from autograd.draw.trace import Trace
from autograd.draw.view import View

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped, unused-ignore]

LINES = 200
"""Longer text forms are cut where a picture shows itself."""


class Picture:
    """A drawing of everything that a result depends on: shows itself in a notebook.

    The layout is computed when a picture is first shown, and only once.

    Attributes:
        theme: the theme, unless `to_svg` is given another.
    """

    def __init__(
        self,
        trace: Trace | Standing,
        *,
        depth: Depth = "auto",
        gradients: bool | str | None = None,
        direction: str = "LR",
        theme: str = "auto",
        title: str | None = None,
        time: Mode | None = None,
        expand: Collection[str] = (),
        ops: Ops = "auto",
        values: bool = True,
        shapes: bool = True,
        widths: Widths = "linear",
        pending: bool = False,
    ) -> None:
        check_depth(depth)
        check_look(gradients, ops, widths)
        check_direction(direction)
        check_theme(theme)
        self._run = trace
        self.theme = theme
        self._options: dict[str, Any] = {
            "depth": depth,
            "gradients": gradients,
            "direction": direction,
            "title": title,
            "time": time,
            "expand": expand,
            "ops": ops,
            "values": values,
            "shapes": shapes,
            "widths": widths,
            "pending": pending,
        }

    @property
    def trace(self) -> Trace:
        """The run that is drawn."""
        return self._run.trace if isinstance(self._run, Standing) else self._run

    @cached_property
    def view(self) -> View:
        """What of the trace is drawn.

        Raises:
            RangeError: more than 3,000 nodes would be drawn.
        """
        if isinstance(self._run, Standing):
            check_size(self._run.loose)
        return compose(self.trace, **self._options)

    @cached_property
    def layout(self) -> Layout:
        """Where everything lies, from the first layout engine that answers."""
        return lay_out_grid(self.view, lay_out) if self.view.columns else lay_out(self.view)

    def to_svg(self, theme: str | None = None, prefix: str = "", animated: bool = False) -> str:
        """The picture as a complete SVG document without script.

        Args:
            theme: ``auto``, ``light``, ``dark`` or ``print``; the picture's own by default.
            prefix: put before every id, for pages with several pictures.
            animated: play the forward and the backward pass over and over, a beat for each
                operation and each gradient; still where the system asks for less motion.

        Raises:
            MissingPackageError: no layout engine is installed; text and DOT still work.
            LayoutError: the layout engine failed or took too long.
            RangeError: more than 3,000 nodes would be drawn, or an unknown theme.
        """
        return svg(self.view, self.layout, theme or self.theme, prefix, animated=animated)

    def to_dot(self) -> Digraph:
        """The graph as a `graphviz.Digraph`, for Graphviz's own rendering."""
        return digraph(self.view)

    def to_text(self) -> str:
        """The graph as text, one line for each value; needs no other package."""
        return text(self.trace, explain=self._options["gradients"] is not False)

    def to_json(self) -> str:
        """The trace as JSON, with everything that pictures know."""
        return self.trace.to_json()

    def save(self, path: str | Path, *, animated: bool = False) -> Path:
        """Write the picture in the form that the ending names.

        Endings: ``.svg``, ``.html``, ``.png``, ``.pdf``, ``.dot``, ``.txt`` and ``.json``.

        Args:
            path: the file.
            animated: an SVG or a page that plays both passes, without a script.

        Raises:
            RangeError: another ending, a folder that does not exist, or a form that cannot move.
            MissingPackageError: a form that needs a package which is not installed.
        """
        return save(self, Path(path).expanduser(), animated)

    @property
    def alt(self) -> str:
        """One sentence or two that say what the picture shows."""
        return f"{self.view.title or 'Computational graph'}: {self.view.summary}."

    def _repr_html_(self) -> str:
        try:
            data = base64.b64encode(self.to_svg().encode()).decode()
        except GlassError as error:
            return f"<div><p>{escape(str(error))}</p><pre>{escape(repr(self))}</pre></div>"
        source = f"data:image/svg+xml;base64,{data}"
        image = f'<img alt="{escape(self.alt)}" src="{source}" style="max-width:none">'
        return f'<div style="overflow-x:auto">{image}</div>'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """HTML and text only: notebooks that are not trusted keep an image, and no bare SVG."""
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        if isinstance(self._run, Standing):
            return self._run.brief
        lines = self.to_text().splitlines()
        if len(lines) <= LINES:
            return "\n".join(lines)
        more = f"… {len(lines) - LINES:,} more lines; print(….to_text()) shows them all"
        return "\n".join([*lines[:LINES], more])


def graph(
    root: Handle,
    *,
    depth: Depth = "auto",
    gradients: bool | Literal["only"] | None = None,
    gradient: Any = None,
    direction: str = "LR",
    theme: str = "auto",
    title: str | None = None,
    time: Mode = "auto",
    expand: Collection[str] = (),
    ops: Ops = "auto",
    values: bool = True,
    shapes: bool = True,
    widths: Widths = "linear",
    since: Sequence[Handle] = (),
    wrt: Handle | None = None,
) -> Picture:
    """Draw everything that `root` depends on, with its gradients.

    Args:
        root: the result to draw.
        depth: how many levels of modules and time steps are open: all (None), so many, or
            as many as can be read (``"auto"``: up to 150 visible values).
        gradients: draw the backward pass, ``"only"`` with the forward arrows faint; by
            default once a `backward()` has reached what `root`, a single number, depends on,
            or where a `gradient` is given.
        gradient: the gradient to start from, of the shape of `root`.
        direction: ``"LR"``, inputs left and the result right, or ``"TB"``, downward; columns
            of time steps always run to the right, with the result above them.
        theme: ``"auto"``, ``"light"``, ``"dark"`` or ``"print"``.
        title: a heading.
        time: how time steps (``autograd.scope("t", step=t)``) are drawn: each a column
            (``"unrolled"``), the first and last three (``"elided"``), one cell with a loop
            (``"folded"``), or elided above eight steps (``"auto"``).
        expand: paths of modules that are open whatever the depth is; without a depth
            everything else is closed: ``expand=["encoder.lstm"]``.
        ops: operations as ``"circles"``, ``"compact"`` (circles that join where a value has
            no name), or in ``"names"``; ``"auto"`` by the size of the drawing.
        values, shapes: whether boxes show values, and shapes.
        widths: gradients are as wide as they are large (``"linear"``), or by powers of ten
            (``"log"``), which keeps vanishing ones apart.
        since: tensors to begin with: only what lies between them and `root` is drawn.
        wrt: draw the backward pass itself as a graph: how ∂root/∂wrt is computed. Its own
            gradients are second derivatives.

    Raises:
        GradientError: gradients were asked for and there are none.
        RangeError: an unknown theme or direction, a negative depth, or more than 20,000
            operations.
        ArgumentError: paths or tensors that are not in a list.

    >>> import autograd as ag
    >>> x = ag.tensor(2.0, requires_grad=True, name="x")
    >>> f = x**3
    >>> print(f.graph(wrt=x).trace.values[-1].name, f.graph(wrt=x).trace.values[0].gradient.data)
    ∂f/∂x 12.0
    """
    check_depth(depth)
    check_time(time)
    check_look(gradients, ops, widths)
    check_parts(expand, since)
    asked = None if gradients is None else bool(gradients)
    if wrt is not None:
        root, gradient = slope(root, wrt, gradient), None
    pending = wrt is None and asked is None and gradient is None and is_pending(root)
    if pending:
        asked = False
    run = standing(root, gradient, asked, "graph()", depth, since)
    return Picture(
        run,
        depth=depth,
        gradients=gradients,
        direction=direction,
        theme=theme,
        title=title,
        time=time,
        expand=expand,
        ops=ops,
        values=values,
        shapes=shapes,
        widths=widths,
        pending=pending,
    )
