"""Two runs as one self-contained HTML file: both pictures, and the list of what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from string import Template

from autograd.draw.wording import clean
from autograd.stepper import assets, document
from autograd.stepper.comparison.difference import Difference, Spot
from autograd.stepper.comparison.matching import Matches
from autograd.stepper.comparison.runs import Run


def page(
    runs: tuple[Run, Run],
    pictures: Sequence[str],
    matches: Matches,
    differences: Sequence[Difference],
    consequences: Sequence[Difference],
    *,
    title: str,
    summary: str,
    theme: str = "auto",
) -> str:
    """The page of a comparison.

    Args:
        runs: the two runs.
        pictures: their graphs as ``<svg>`` elements, the ids with the prefixes ``a-`` and ``b-``.
        matches: what belongs together.
        differences: what differs, in the order of the marks in the pictures.
        consequences: what follows.
        title: the title of the document.
        summary: one sentence below it.
        theme: ``auto`` (as the system is), ``light``, ``dark`` or ``print``.
    """
    script = assets.script("compare.js", "camera.js")
    loader = assets.loader()
    sheets = assets.style("base.css", "dialog.css", "compare.css")
    made = Template(assets.template("compare.html")).substitute(
        digest=f"{assets.digest(loader)}' '{assets.digest(script)}",
        title=escape(clean(title)),
        summary=escape(clean(summary)),
        style=f"{document.tokens(theme)}\n{sheets}",
        sides=_sides(runs, pictures, matches),
        list="\n".join(_lists(runs, differences, consequences)),
        loader=loader,
        script=assets.deflated(script),
    )
    return document.clean(made)


def _sides(runs: tuple[Run, Run], pictures: Sequence[str], matches: Matches) -> str:
    parts = [
        _side(run, side, picture) for run, side, picture in zip(runs, "ab", pictures, strict=True)
    ]
    facts = f'data-value="{_pairs(matches.values)}" data-op="{_pairs(matches.ops)}"'
    return f'<div id="sides" class="sides" {facts}>\n' + "\n".join(parts) + "\n</div>"


def _pairs(matched: Mapping[int, int]) -> str:
    return " ".join(f"{first}:{second}" for first, second in sorted(matched.items()))


def _side(run: Run, side: str, picture: str) -> str:
    label = escape(clean(run.label))
    name = "Picture of " + label
    return (
        f'<section class="side" aria-label="{name}"><h2>{label}</h2>'
        f'<div class="view" id="{side}">{assets.fitted("div", assets.lean(picture))}</div>'
        "</section>"
    )


def _lists(
    runs: tuple[Run, Run], differences: Sequence[Difference], consequences: Sequence[Difference]
) -> Iterator[str]:
    if differences:
        items = (_item(runs, one, str(n)) for n, one in enumerate(differences, 1))
        yield f"<h2>What differs</h2>\n<ol>{''.join(items)}</ol>"
    if consequences:
        items = (_item(runs, one, "") for one in consequences)
        yield f"<h2>What follows</h2>\n<ul>{''.join(items)}</ul>"


def _item(runs: tuple[Run, Run], one: Difference, key: str) -> str:
    places = "".join(
        f' data-{side}="{" ".join(map(str, spot.values))}"'
        for side, spot in (("a", one.a), ("b", one.b))
    )
    mark = f' data-mark="{key}"' if key else ""
    lines = "".join(_line(run, spot) for run, spot in zip(runs, (one.a, one.b), strict=True))
    return (
        f'<li><button class="item"{mark}{places}><i aria-hidden="true">{key or "≠"}</i>'
        f"<span><b>{escape(one.text)}</b>{lines}</span></button></li>"
    )


def _line(run: Run, spot: Spot) -> str:
    """The learner's line, for a difference that has one."""
    if spot.line is None or not spot.source:
        return ""
    where = f"{escape(clean(run.label))}, line {spot.line.line}"
    return f"<code><small>{where}</small> {escape(spot.source.strip())}</code>"
