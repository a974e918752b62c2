"""Colours: enough contrast in every theme, and a style sheet that stays inside its picture."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL.ImageColor import colormap

import autograd as ag
import nn
from autograd.draw.theme import LINE_PAIRS, TEXT_PAIRS, THEMES, stylesheet


def luminance(colour):
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("pair", TEXT_PAIRS, ids="-on-".join)
def test_text_contrast(theme, pair):
    text, ground = (THEMES[theme][token] for token in pair)
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("pair", LINE_PAIRS, ids="-on-".join)
def test_line_contrast(theme, pair):
    line, ground = (THEMES[theme][token] for token in pair)
    assert contrast(line, ground) >= 3


def test_contrast_is_computed_as_wcag_does():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_every_theme_has_the_same_tokens():
    assert len({frozenset(tokens) for tokens in THEMES.values()}) == 1
    tokens = "bg fg node line fwd fwdbg bwd bwdtx bwdbg par card cluster hint"
    assert " ".join(THEMES["light"]) == tokens


@pytest.mark.parametrize("theme", ["auto", *THEMES])
def test_every_rule_is_confined_to_our_pictures(theme):
    sheet = re.sub(r"@media[^{]*\{(.*)\}", r"\1", stylesheet(theme))
    selectors = re.findall(r"([^{}]+)\{", sheet)
    assert selectors
    for selector in ",".join(selectors).split(","):
        assert selector.strip().startswith(".glassgrad")


def test_the_automatic_theme_follows_the_system():
    sheet = stylesheet("auto")
    light, _, dark = sheet.partition("@media (prefers-color-scheme:dark)")
    assert f"--bg:{THEMES['light']['bg']}" in light
    assert f"--bg:{THEMES['dark']['bg']}" in dark
    assert "@media" not in stylesheet("dark")


def test_the_rasteriser_gets_colours_only():
    assert "var(" not in stylesheet("dark", literal=True)


def test_an_unknown_theme_names_those_that_exist():
    with pytest.raises(ag.RangeError, match="'auto', 'light', 'dark', 'print'"):
        stylesheet("sepia")


# --- colours that are no tokens ---------------------------------------------------------

PACKAGE = Path(ag.__file__).parent
SHEETS = sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".css", ".html", ".js"))
PAINTERS = sorted(p for room in ("draw", "stepper", "cli") for p in (PACKAGE / room).rglob("*.py"))
SCRIM = "#0008"
"""What dims a page behind a dialogue: nothing is read on it."""

HEX = re.compile(r"(?<!&)#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")
FUNCTION = re.compile(r"\b(?:rgba?|hsla?|hwb|(?:ok)?l(?:ab|ch)|color(?:-mix)?)\(")
DECLARED = re.compile(r"\b(?:color|fill|stroke|background|border|outline|shadow)[\w-]*:([^;}]*)")


def literal_colours(text):
    """Colours that are written as such, in any of CSS's ways."""
    words = {word for said in DECLARED.findall(text) for word in re.findall(r"[a-z]+", said)}
    named = {word for word in words if word in colormap}
    return {*HEX.findall(text.replace("%23", "#")), *FUNCTION.findall(text), *named}


def test_a_literal_colour_is_found():
    css = "a{color:red}b{border:1px solid #123}c{background:rgb(1 2 3)}d{fill:%23808A96}"
    assert literal_colours(css) == {"red", "#123", "rgb(", "#808A96"}
    assert literal_colours("#graph{color:var(--bwd)}&#8217;.hint{fill:none}") == set()


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_pages_use_tokens_only(path):
    """But for what a data: URL cannot take from the page; there it has contrast in both schemes."""
    for colour in literal_colours(path.read_text(encoding="utf-8")) - {SCRIM}:
        assert re.fullmatch("#[0-9A-F]{6}", colour), colour
        assert min(contrast(colour, THEMES[theme]["bg"]) for theme in ("light", "dark")) >= 3


@pytest.mark.parametrize("path", PAINTERS, ids=lambda path: path.name)
def test_painters_use_tokens_only(path):
    if path.name != "theme.py":
        assert literal_colours(path.read_text(encoding="utf-8")) == set()


def columns():
    """Columns, cards, chips, bars, gates and notes."""
    ag.manual_seed(0)
    layer = nn.LSTM(2, 3)
    outputs, _state = layer(ag.tensor(np.ones((3, 1, 2)), name="x"))
    return (outputs * ag.tensor([1.0, 2.0, 3.0], requires_grad=True)).sum()


@pytest.fixture(scope="module")
def drawn():
    return columns().graph()


@pytest.mark.parametrize("theme", ["auto", *THEMES])
def test_pictures_use_tokens_only(drawn, theme):
    drawn.theme = theme
    chosen = [THEMES[name] for name in (("light", "dark") if theme == "auto" else (theme,))]
    tokens = {colour for token in chosen for colour in token.values()}
    found = literal_colours(drawn.to_svg())
    assert found <= tokens
    assert len(found) > 4 or theme == "print"


@pytest.mark.parametrize("pairs", [TEXT_PAIRS, LINE_PAIRS], ids=["text", "line"])
def test_pairs_are_of_tokens_and_listed_once(pairs):
    assert {token for pair in pairs for token in pair} <= set(THEMES["light"])
    assert len(set(pairs)) == len(pairs)
