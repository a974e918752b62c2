"""The stepper as one self-contained HTML file: nothing is fetched, nothing runs but our script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from string import Template

from autograd.draw import theme as themes
from autograd.draw.trace import Trace
from autograd.draw.wording import clean
from autograd.stepper import assets, document
from autograd.stepper.rows import table_rows
from autograd.stepper.source import code_pane
from autograd.stepper.step import Step


def page(
    trace: Trace,
    steps: Sequence[Step],
    picture: str,
    *,
    title: str,
    theme: str = "auto",
    predict: bool = False,
) -> str:
    """The page of a run: code, graph and explanation, linked.

    Args:
        trace: the run.
        steps: its steps.
        picture: the graph as an ``<svg>`` element.
        title: the title of the document.
        theme: ``auto`` (as the system is), ``light``, ``dark`` or ``print``.
        predict: whether gradients are asked for from the start.

    Raises:
        RangeError: there is no such theme.
    """
    themes.check(theme)
    script, loader = assets.script(), assets.loader()
    made = Template(assets.template()).substitute(
        digest=f"{assets.digest(loader)}' '{assets.digest(script)}",
        title=escape(clean(title)),
        heading=escape(steps[0].title),
        style=f"{document.tokens(theme)}\n{assets.style()}",
        loader=loader,
        script=assets.deflated(script),
        code=code_pane(trace, steps),
        graph=assets.fitted("div", document.clean(assets.lean(picture))),
        rows=assets.fitted(
            "tbody", f"<tbody>\n{document.clean(table_rows(trace, steps))}\n</tbody>"
        ),
        count=len(steps),
        backward=_backward(steps),
        predict=str(predict).lower(),
        ramp=_ramp(steps),
        phases=_phases(steps),
    )
    return document.clean(made)


def _rows(trace: Trace, steps: Sequence[Step]) -> str:
    return f"<tbody>\n{document.clean(table_rows(trace, steps))}\n</tbody>"


def _phases(steps: Sequence[Step]) -> str:
    """One button for each phase, as long as its part of the run."""
    buttons = []
    for phase, group in groupby(steps, lambda step: step.phase):
        part = list(group)
        buttons.append(
            f'<button class="{phase}" value="{part[0].number}" style="flex:{len(part)}" '
            f'title="To the start of the {phase} pass">{phase}</button>'
        )
    return "".join(buttons)


def _backward(steps: Sequence[Step]) -> str:
    """Where the key B goes."""
    first = next((step.number for step in steps if step.phase == "backward"), None)
    return "" if first is None else f' data-backward="{first}"'


def _ramp(steps: Sequence[Step]) -> str:
    """The scrubber's track: blue as far as the forward pass goes, then orange."""
    forward = sum(step.phase == "forward" for step in steps)
    if forward == len(steps):
        return "--ramp:var(--fwd)"
    share = f"calc(11px + (100% - 22px)*{(forward - 0.5) / (len(steps) - 1):.4f})"
    return f"--ramp:linear-gradient(90deg,var(--fwd) {share},var(--bwd) {share})"
