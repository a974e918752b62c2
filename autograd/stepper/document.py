"""What every page of ours is made with: its colours, and characters that no page may hold."""

from __future__ import annotations

import re

from autograd.draw import theme as themes

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(markup: str) -> str:
    """Without characters that no page may hold, or that turn the direction of its text."""
    return _CONTROL.sub("", markup)


def tokens(theme: str) -> str:
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
