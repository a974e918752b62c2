"""What holds for every plot: themes, sizes, colours, words, and no state but its own."""

from __future__ import annotations

import base64
import inspect
import itertools
import pickle
import re
import subprocess
import sys
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from plotted import gallery

import autograd as ag
import nn
from autograd.draw.theme import THEMES
from autograd.plot import style
from autograd.plot.style import CYCLES

ROOT = Path(ag.__file__).resolve().parent.parent
NAMES = [
    *("layers", "time", "jacobians", "weights", "activations", "curves"),
    *("boundary", "paths", "filters", "colours", "maps"),
]
PAGES = ["time", "activations", "boundary", "maps"]
PLOTS = [name for name in vars(ag.plot) if inspect.isfunction(getattr(ag.plot, name))]

BLINDNESS = {  # Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.fixture(scope="module")
def galleries():
    """All plots in all themes, the first two drawn."""
    made = {theme: gallery(theme) for theme in ("light", "dark", "print")}
    for figure in made["light"].values():
        figure.draw_without_rendering()
    return made


@pytest.fixture(scope="module")
def pages():
    """Two pages of some plots, from two figures of each."""
    made = [gallery("light") for _ in range(2)]
    return [{name: figures[name]._repr_html_() for name in PAGES} for figures in made]


def linear(colour):
    """sRGB, made linear."""
    part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def contrast(first, second):
    """As WCAG 2 defines it."""
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (first, second))
    return (high + 0.05) / (low + 0.05)


def lab(colour, sight):
    """CIE L*a*b* of a colour as someone sees it."""
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    xyz = to_xyz @ np.clip(np.array(BLINDNESS[sight]) @ linear(colour), 0, 1)
    t = xyz / [0.95047, 1, 1.08883]
    x, y, z = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", CYCLES)
def test_curves_stand_out_from_the_ground(theme):
    assert all(contrast(c, THEMES[theme]["bg"]) >= 3 for c in CYCLES[theme])


@pytest.mark.parametrize("sight", BLINDNESS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_are_told_apart_by_the_colour_blind(theme, sight):
    seen = [lab(colour, sight) for colour in CYCLES[theme]]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 20


def test_curves_are_told_apart_without_colour():
    look = style.Look("print")
    styles = [look.line(place, 10) for place in range(6)]
    assert len({style["marker"] for style in styles}) == 6
    assert len({str(style["linestyle"]) for style in styles[:5]}) == 5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_plot_can_be_read(galleries, theme, name):
    figure = galleries[theme][name]
    assert type(figure) is Figure
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    assert texts
    for text in texts:
        assert text.get_fontsize() >= 9, text.get_text()
        if text.get_text() and text.figure is not None and text.get_window_extent().width > 0:
            colour = matplotlib.colors.to_hex(text.get_color())
            assert contrast(colour, THEMES[theme]["bg"]) >= 4.5, text.get_text()


@pytest.mark.parametrize("name", NAMES)
def test_every_plot_says_what_it_shows(galleries, name):
    for axes in galleries["light"][name].axes:
        if axes.get_label() != "<colorbar>" and axes.get_visible():
            assert axes.get_title(loc="left")
    named = [axes for axes in galleries["light"][name].axes if axes.get_xlabel()]
    assert named or name in ("filters", "colours", "maps")  # their tiles are numbered


@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_figure(galleries, name):
    figure = galleries["light"][name]
    whole = figure.bbox
    for axes in filter(lambda axes: axes.get_visible(), figure.axes):
        box = axes.get_tightbbox()
        assert min(box.x0, box.y0) >= -1
        assert box.x1 <= whole.x1 + 1
        assert box.y1 <= whole.y1 + 1


@pytest.mark.parametrize("name", PAGES)
def test_the_same_plot_gives_the_same_bytes(pages, name):
    assert pages[0][name] == pages[1][name]


def test_a_notebook_gets_an_image_with_words(pages):
    page = pages[0]["time"]
    found = re.fullmatch(r'<img alt="([^"]*)" style="max-width:100%" src="([^"]*)">', page)
    assert found[1] == "Plot: Gradient norm through time (‖∂L/∂state_t‖ against time step t)"
    kind, _, data = found[2].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert b"<svg" in base64.b64decode(data)


HOSTILE = ['"><script>alert(1)</script>', "$x^{$", "$", "_hidden", "a\0b\n--><!--", "x" * 20_000]


def test_hostile_names_stay_text():
    layers = [(name, nn.Linear(1, 1, bias=False, rng=0)) for name in HOSTILE]
    figures = [
        ag.plot.loss_curves({HOSTILE[0]: [1.0, 2.0], HOSTILE[1]: [1.0, 2.0]}),
        ag.plot.paths(lambda x, y: x + y, dict.fromkeys(HOSTILE, ((0, 0), (1, 1)))),
        ag.plot.histograms(nn.Sequential(OrderedDict(layers))),
    ]
    for figure in figures:
        page = figure._repr_html_()
        source = base64.b64decode(page.partition("base64,")[2].partition('"')[0])
        ElementTree.fromstring(source)
        assert "<script" not in page
        assert b"<script" not in source
    shown = [t.get_text().lstrip(" \\") for t in figures[1].axes[0].get_legend().get_texts()]
    assert [text[0] for text in shown] == [name[0] for name in HOSTILE] + ["s"]


def test_a_figure_is_an_ordinary_one(galleries):
    copied = pickle.loads(pickle.dumps(galleries["print"]["curves"]))
    assert copied._repr_html_.args == (copied,)
    file = BytesIO()
    copied.savefig(file, format="pdf")
    assert file.getvalue().startswith(b"%PDF")


def test_nothing_global_changes():
    before = {k: v for k, v in matplotlib.rcParams.copy().items() if k != "backend"}
    ag.plot.histograms(nn.Linear(2, 3), theme="dark")._repr_html_()
    assert before == {k: matplotlib.rcParams[k] for k in before}


def run(code):
    """What a new process prints."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import autograd as ag\n"
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_matplotlib_is_loaded_when_used_and_pyplot_never():
    code = (
        "show = lambda: print([m in sys.modules for m in "
        "('autograd.plot', 'matplotlib', 'matplotlib.pyplot')])\n"
        "show(); ag.plot; show(); ag.plot.loss_curves({'loss': [1, 2]})._repr_html_(); show()"
    )
    assert run(code).split("\n") == [
        "[False, False, False]",
        "[True, False, False]",
        "[True, True, False]",
    ]
    assert "plot" in dir(ag)


def test_a_missing_matplotlib_is_named():
    code = (
        "sys.modules['matplotlib.figure'] = None\n"
        "try: ag.plot.loss_curves({'loss': [1, 2]})\n"
        "except ag.MissingPackageError as error: print(error)"
    )
    assert 'pip install "glassgrad[png]"' in run(code)


def test_the_list_is_complete(galleries):
    assert list(galleries["print"]) == NAMES


@pytest.mark.parametrize("name", PLOTS)
def test_an_unknown_theme_is_refused_before_anything_else(name):
    function = getattr(ag.plot, name)
    needed = [None for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    with pytest.raises(ag.RangeError, match=r"theme='sepia'.*'light', 'dark', 'print'"):
        function(*needed, theme="sepia")


def test_automatic_is_light():
    auto = ag.plot.loss_curves({"loss": [1, 2]}, theme="auto")
    assert auto._repr_html_() == ag.plot.loss_curves({"loss": [1, 2]})._repr_html_()
