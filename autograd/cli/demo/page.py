"""The demo's index: one page that holds every picture and asks no one for anything."""

from __future__ import annotations

import base64
import html
import statistics
from collections.abc import Sequence
from pathlib import Path
from string import Template

from autograd.cli.demo.digits import Outcome
from autograd.cli.demo.hello import INPUT
from autograd.draw.theme import SANS, THEMES

ALTERNATIVES = {
    "circuit": "The circuit: x and y are added to q = 3, q is multiplied by z to f = −12. "
    "Dashed arrows lead back: −4 to q, x and y, and 3 to z.",
    "hello": "The recurrent network unrolled over four time steps, each with its letter, "
    "its hidden state that is passed on to the next, and its scores; all lead to the loss.",
    "digits": "The graph of one training step: four images pass the layers fc1, ReLU and fc2 "
    "and the cross-entropy with their labels gives the loss.",
}
"""What each picture shows, in words."""


def write_page(folder: Path, said: str, outcomes: Sequence[Outcome]) -> None:
    """Write index.html from the pictures and the stepper that lie in `folder` already.

    Args:
        folder: where they are, and where the page goes.
        said: what the trained recurrent network says.
        outcomes: the trainings on the digits, for the table.
    """
    template = Path(__file__).with_name("index.html").read_text(encoding="utf-8")
    stepper = (folder / "circuit.html").read_text(encoding="utf-8")
    page = Template(template).substitute(
        {name: _picture(folder / f"{name}.svg", ALTERNATIVES[name]) for name in ALTERNATIVES},
        colours=_colours(),
        sans=SANS,
        stepper=html.escape(stepper),
        read=INPUT,
        said=html.escape(said),
        table=_table(outcomes),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


def _picture(path: Path, words: str) -> str:
    """A picture inside the page itself, in a frame that scrolls where it is too wide."""
    data = base64.b64encode(path.read_bytes()).decode()
    image = f'<img alt="{html.escape(words)}" src="data:image/svg+xml;base64,{data}">'
    label = html.escape(f"Picture: {path.name}")
    return f'<div class="picture" role="region" tabindex="0" aria-label="{label}">{image}</div>'


def _colours() -> str:
    """The style sheet's variables, in light and in dark as the system prefers."""
    light, dark = (
        ";".join(f"--{token}:{colour}" for token, colour in THEMES[theme].items())
        for theme in ("light", "dark")
    )
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _table(outcomes: Sequence[Outcome]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{o.seed}</th><td>{o.accuracy:.2%}</td><td>{o.seconds:.1f}</td></tr>\n'
        for o in outcomes
    )
    median = statistics.median(o.accuracy for o in outcomes)
    return (
        "<table>\n<caption>Share of the test images that are read right</caption>\n"
        '<thead><tr><th scope="col">seed</th><th scope="col">accuracy</th>'
        f'<th scope="col">seconds</th></tr></thead>\n<tbody>\n{rows}</tbody>\n'
        f'<tfoot><tr><th scope="row">median</th><td>{median:.2%}</td><td></td></tr></tfoot>\n'
        "</table>"
    )
