"""``make gallery``: a page with a picture of everything that a lecture draws, to be looked at.

Writes build/gallery/: each picture as SVG and as PNG (light and dark), and index.html.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from string import Template

from gallery_pictures import compiled, layers, single_values, through_time
from gallery_pictures.entering import ENTERED, Picture

from autograd.stepper.document import tokens

FOLDER = Path("build/gallery")

_SUBJECTS = (single_values, layers, through_time, compiled)

PICTURES: dict[str, Picture] = {
    name: entry for subject in _SUBJECTS for name, entry in ENTERED[subject.__name__].items()
}
"""All of them, in the order of the page."""


def write(name: str, folder: Path) -> None:
    """One picture: SVG for the page, PNG in both themes."""
    title, draw = PICTURES[name]
    made = draw()
    made.save(folder / f"{name}.svg", animated=name.endswith("_moving"))
    for theme in ("light", "dark"):
        made.theme = theme
        made.save(folder / f"{name}-{theme}.png")
    print(f"  {name}: {title}")


def index(folder: Path) -> Path:
    """The page that shows them all."""
    shown = "\n".join(_entry(name, title) for name, (title, _draw) in PICTURES.items())
    page = folder / "index.html"
    page.write_text(
        Template(_PAGE).substitute(tokens=tokens("auto"), shown=shown), encoding="utf-8"
    )
    return page


def _entry(name: str, title: str) -> str:
    """A heading, both themes as PNG, and the picture in a frame that scrolls."""
    links = " ".join(
        f'<a href="{name}-{theme}.png" aria-label="{theme}: {escape(title)}">{theme}</a>'
        for theme in ("light", "dark")
    )
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2><p>{links}</p>'
        f'<div role="region" tabindex="0" aria-label="Picture: {escape(title)}">'
        f'<img loading="lazy" src="{name}.svg" alt="{escape(title)}"></div></section>'
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Gallery</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>$tokens
body { font-family: var(--sans); margin: 1rem; background: var(--bg); color: var(--fg) }
div { overflow-x: auto } a { color: var(--fwd); display: inline-block; padding: .25rem }
h2 { margin: 2rem 0 0; font-size: 1rem }
:focus-visible { outline: 3px solid var(--fwd) }</style></head>
<body><main><h1>Gallery</h1>
$shown
</main></body></html>
"""


def main() -> None:
    """Write the pictures that are named, or all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        write(name, FOLDER)
    print(f"  {index(FOLDER)}")


if __name__ == "__main__":
    main()
