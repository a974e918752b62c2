"""Colours: enough contrast in every theme, and a style sheet that stays inside its picture."""

import re

import pytest

import autograd as ag
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
