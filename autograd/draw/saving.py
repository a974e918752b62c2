"""Writing a picture to a file, in the form that the ending names."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from autograd.core.errors import RangeError
from autograd.draw import raster

if TYPE_CHECKING:
    from autograd.draw.picture import Picture


def save(picture: Picture, path: Path, animated: bool = False) -> Path:
    """Write the picture; nothing is left behind where that fails.

    Raises:
        RangeError: an ending that means no form, or one that cannot be animated, or a folder
            that does not exist.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise RangeError(
            f"save({str(path)!r}): the ending {path.suffix!r} names no form of a picture. "
            f"Write one of {', '.join(FORMS)}."
        )
    if animated:
        form = _moving(path)
    if not path.parent.is_dir():
        raise RangeError(
            f"save({str(path)!r}): there is no folder {str(path.parent)!r}. "
            "Make it first: Path(…).mkdir(parents=True)."
        )
    written = form(picture)
    _write(path, written.encode() if isinstance(written, str) else written)
    return path


def _moving(path: Path) -> Callable[[Picture], str | bytes]:
    form = MOVING.get(path.suffix.lower())
    if form is None:
        raise RangeError(
            f"save({str(path)!r}, animated=True): only {' and '.join(MOVING)} can move. Leave "
            "animated out for a still picture."
        )
    return form


def _write(path: Path, data: bytes) -> None:
    """All or nothing: a reader never sees half a file."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def page(picture: Picture, animated: bool = False) -> str:
    """A self-contained page with the picture; its policy forbids every request and script."""
    title, drawn = escape(picture.view.title or "Computational graph"), picture.to_svg
    return _PAGE.format(title=title, svg=drawn(animated=animated), text=escape(picture.to_text()))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 1rem; font-family: system-ui, sans-serif; }}
svg {{ max-width: 100%; height: auto; }}
pre {{ overflow-x: auto; }}
</style>
</head>
<body>
<figure>
{svg}</figure>
<details><summary>The same as text</summary>
<pre>{text}</pre>
</details>
</body>
</html>
"""

FORMS: dict[str, Callable[[Picture], str | bytes]] = {
    ".svg": lambda picture: picture.to_svg(),
    ".html": page,
    ".png": raster.png,
    ".pdf": raster.pdf,
    ".dot": lambda picture: str(picture.to_dot().source),
    ".txt": lambda picture: picture.to_text() + "\n",
    ".json": lambda picture: picture.to_json() + "\n",
}
"""What each ending means."""

MOVING: dict[str, Callable[[Picture], str | bytes]] = {
    ".svg": lambda picture: picture.to_svg(animated=True),
    ".html": partial(page, animated=True),
}
"""The same for a picture that moves."""
