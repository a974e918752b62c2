"""The stepper as one self-contained HTML file: nothing is fetched, nothing runs but our script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from string import Template

from autograd.draw import theme as themes
from autograd.draw.wording import clean
from autograd.stepper import assets, document
from autograd.stepper.rows import table_rows
from autograd.stepper.scenes import Scenes
from autograd.stepper.source import code_pane
from autograd.stepper.step import Step


def page(
    scenes: Scenes,
    steps: Sequence[Step],
    pictures: Sequence[str],
    *,
    title: str,
    theme: str = "auto",
    predict: bool = False,
) -> str:
    """The page of a run: code, graph and explanation, linked.

    Args:
        scenes: the run, or the runs of a training.
        steps: their steps.
        pictures: the graph of each as an ``<svg>`` element.
        title: the title of the document.
        theme: ``auto`` (as the system is), ``light``, ``dark`` or ``print``.
        predict: whether gradients are asked for from the start.

    Raises:
        RangeError: there is no such theme.
    """
    themes.check(theme)
    rows = f"<tbody>\n{document.clean(table_rows(scenes, steps))}\n</tbody>"
    heated = " data-heat=" in rows
    script, loader = assets.page_script(*["heat.js"] * heated), assets.loader()
    made = Template(assets.template()).substitute(
        digest=f"{assets.digest(loader)}' '{assets.digest(script)}",
        title=escape(clean(title)),
        heading=escape(steps[0].title),
        controls=assets.deflated(f"<style>{_controls(steps, heated)}</style>"),
        style=f"{document.tokens(theme)}\n{assets.style('base.css', 'page.css')}",
        loader=loader,
        script=assets.deflated(script),
        code=code_pane(scenes.files, steps),
        graph=assets.fitted("div", document.clean(scenes.drawn(map(assets.lean, pictures)))),
        rows=assets.fitted("tbody", rows),
        count=len(steps),
        keys=_UPDATE_KEY if _is_training(steps) else "",
        predict=str(predict).lower(),
        ramp=_ramp(steps),
        phases=_phases(steps),
    )
    return document.clean(made)


_LECTURED = {"backward": "error backward", "update": "weight update"}
"""What the lectures call the phases of a training."""

_NAMED = 9
"""More phases than this have no room for their names, which tooltips and colours still tell."""

_UPDATE_KEY = "<dt>U</dt><dd>to the start of the weight update</dd>\n"

_PASSES = {
    "forward": "forward pass",
    "backward": "backward pass",
    "update": "weight update",
}

_HUES = {"forward": "var(--fwd)", "backward": "var(--bwd)", "update": "var(--par)"}


def _controls(steps: Sequence[Step], heated: bool) -> str:
    """The look of what the script works on; a training has a third colour."""
    training = assets.style("training.css") if _is_training(steps) else ""
    return assets.style("dialog.css", "controls.css") + training + assets.style("heat.css") * heated


def _is_training(steps: Sequence[Step]) -> bool:
    return any(step.scene or step.phase == "update" for step in steps)


def _phases(steps: Sequence[Step]) -> str:
    """One button for each phase, as long as its part of the run."""
    names = _LECTURED if _is_training(steps) else {}
    parts = [(phase, list(part)) for phase, part in groupby(steps, lambda step: step.phase)]
    mute = ";font-size:0" if len(parts) > _NAMED else ""
    return "".join(
        f'<button class="{phase}" value="{part[0].number}" style="flex:{len(part)}{mute}" '
        f'title="To the start of the {_PASSES[phase]}">{names.get(phase, phase)}</button>'
        for phase, part in parts
    )


def _ramp(steps: Sequence[Step]) -> str:
    """The scrubber's track: blue as far as a forward pass goes, then orange."""
    parts = [(phase, len(list(group))) for phase, group in groupby(steps, lambda s: s.phase)]
    if len(parts) == 1:
        return f"--ramp:{_HUES[parts[0][0]]}"
    stops, done = [], 0
    for phase, count in parts:
        begin = f" {_share(done, len(steps))}" if done else ""
        done += count
        end = f" {_share(done, len(steps))}" if done < len(steps) else ""
        stops += [f"{_HUES[phase]}{at}" for at in (begin, end) if at]
    return f"--ramp:linear-gradient(90deg,{','.join(stops)})"


def _share(done: int, count: int) -> str:
    """Half-way between the last step of a part and the first of the next."""
    return f"calc(11px + (100% - 22px)*{(done - 0.5) / (count - 1):.4f})"
