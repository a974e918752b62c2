"""The stepper as one self-contained HTML file: nothing is fetched, nothing runs but our script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import groupby
from string import Template

from autograd.draw import theme as themes
from autograd.draw.trace import Trace
from autograd.draw.wording import clean
from autograd.stepper import assets
from autograd.stepper.rows import table_rows
from autograd.stepper.source import code_pane
from autograd.stepper.step import Step

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


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
        style=f"{_tokens(theme)}\n{assets.style()}",
        loader=loader,
        script=assets.deflated(script),
        code=code_pane(trace, steps),
        graph=assets.fitted("div", _clean(assets.lean(picture))),
        rows=assets.fitted("tbody", f"<tbody>\n{_clean(table_rows(trace, steps))}\n</tbody>"),
        count=len(steps),
        backward=_backward(steps),
        predict=str(predict).lower(),
        ramp=_ramp(steps),
        phases=_phases(steps),
    )
    return _clean(made)


def _clean(markup: str) -> str:
    """Without characters that no page may hold, or that turn the direction of its text."""
    return _CONTROL.sub("", markup)


def _tokens(theme: str) -> str:
    """The colours and fonts as variables; on paper always the colours for paper."""
    scheme = {"auto": "light dark", "dark": "dark"}.get(theme, "light")
    fonts = f"--sans:{themes.SANS};--mono:{themes.MONO}"
    sheet = (
        f":root{{color-scheme:{scheme};{fonts}}}{_colours('light' if theme == 'auto' else theme)}"
    )
    if theme == "auto":
        sheet += f"@media(prefers-color-scheme:dark){{{_colours('dark')}}}"
    return f"{sheet}@media print{{{_colours('print')}}}"


def _colours(theme: str) -> str:
    listed = ";".join(f"--{name}:{colour}" for name, colour in themes.THEMES[theme].items())
    return f":root{{{listed}}}"


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
