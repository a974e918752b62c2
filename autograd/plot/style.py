"""The look of every plot: colours of the theme, sizes, and how a notebook shows it."""

from __future__ import annotations

import base64
import html
import io
import textwrap
from functools import partial
from typing import Any

import numpy as np

from autograd.core.packages import need_package
from autograd.draw.theme import THEMES, check

PANEL = (4.5, 3.2)
"""Width and height of one pair of axes, in inches."""

LONGEST = 48
"""The most characters of a name."""

TITLE, LABEL, SMALL = 11, 10, 9
"""Sizes of text, in points."""

CYCLES: dict[str, tuple[str, ...]] = {
    "light": ("#0072B2", "#D55E00", "#8200D9", "#662900", "#B28262", "#1A1A1A"),
    "dark": ("#56B4E9", "#FF9B5E", "#FF0099", "#8CFFA3", "#FFCC00", "#F2F4F6"),
    "print": ("#000000", "#000000", "#000000", "#555555", "#555555", "#555555"),
}
"""Colours of curves and classes, told apart by all kinds of colour blindness."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (9, 3)))
MARKERS = "osD^vP*X"
"""Curves and classes differ in these, too: they are read in black and white."""


class Look:
    """The colours of one theme; ``auto`` is light, as a figure cannot follow the system.

    Raises:
        RangeError: there is no such theme.
    """

    def __init__(self, theme: str) -> None:
        check(theme)
        self.theme = "light" if theme == "auto" else theme
        self.colours = THEMES[self.theme]
        self.cycle = CYCLES[self.theme]

    def __getitem__(self, token: str) -> str:
        return self.colours[token]

    def colour(self, place: int) -> str:
        """The colour of a curve or class."""
        return self.cycle[place % len(self.cycle)]

    def line(self, place: int, points: int) -> dict[str, Any]:
        """Colour, dashes and marker of a curve of so many points."""
        return {
            "color": self.colour(place),
            "linestyle": DASHES[place % len(DASHES)],
            "marker": MARKERS[place % len(MARKERS)],
            "markersize": 4,
            "markevery": max(1, points // 20),
            "linewidth": 1.6,
        }

    def figure(self, width: float = PANEL[0], height: float = PANEL[1]) -> Any:
        """An empty figure that nobody but its holder knows of."""
        made = need("matplotlib.figure").Figure(
            figsize=(width, height), layout="constrained", facecolor=self["bg"]
        )
        made._repr_html_ = partial(shown, made)
        return made

    def dress(self, axes: Any, title: str = "", x: str = "", y: str = "") -> None:
        """Give axes their words, and everything on them its colour and size."""
        axes.set_facecolor(self["bg"])
        axes.tick_params(which="both", colors=self["line"], labelcolor=self["fg"], labelsize=SMALL)
        for spine in axes.spines.values():
            spine.set_color(self["line"])
        for word in (axes.xaxis.offsetText, axes.yaxis.offsetText):
            word.set(color=self["fg"], fontsize=SMALL)
        axes.set_xlabel(x, color=self["fg"], fontsize=LABEL)
        axes.set_ylabel(y, color=self["fg"], fontsize=LABEL)
        width = axes.figure.get_size_inches()[0] / axes.get_subplotspec().get_gridspec().ncols
        lines = [textwrap.fill(line, max(16, int(10 * width))) for line in title.split("\n")]
        axes.set_title("\n".join(lines), loc="left", color=self["fg"], fontsize=TITLE)

    def legend(self, axes: Any, beside: bool = False) -> None:
        """What several curves are; beside the axes where it would cover too much."""
        if len(axes.get_legend_handles_labels()[1]) > 1:
            where = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {}
            made = axes.legend(fontsize=SMALL, labelcolor=self["fg"], facecolor=self["bg"], **where)
            made.get_frame().set_edgecolor(self["line"])

    def diverging(self) -> Any:
        """A colour map around zero: blue below, orange above; grey from black in print."""
        ends = ("#000000", "#FFFFFF") if self.theme == "print" else None
        return self._map(ends or (self["fwd"], self["bg"], self["bwd"]))

    def rising(self) -> Any:
        """A colour map from nothing to much: ground to blue; white to black in print."""
        return self._map((self["bg"], self["fwd"]))

    def _map(self, colours: tuple[str, ...]) -> Any:
        maps = need("matplotlib.colors").LinearSegmentedColormap
        return maps.from_list("glass", colours).with_extremes(bad=self["cluster"])

    def colourbar(self, image: Any, axes: Any, label: str) -> None:
        """The numbers behind the colours."""
        bar = axes.figure.colorbar(image, ax=axes, shrink=0.85)
        bar.outline.set_edgecolor(self["line"])
        bar.ax.tick_params(colors=self["line"], labelcolor=self["fg"], labelsize=SMALL)
        bar.ax.yaxis.offsetText.set(color=self["fg"], fontsize=SMALL)
        bar.set_label(label, color=self["fg"], fontsize=LABEL)


def plain(text: str) -> str:
    """A person's own name for something as a plot shows it: cut, and no formula to matplotlib."""
    kept = "".join(c if c.isprintable() else " " for c in text)
    short = kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + "…"
    hidden = " " * short.startswith("_")  # from legends, otherwise
    return hidden + short.replace("$", r"\$")


def rgb(colour: str) -> list[float]:
    """``#FF8000`` as three numbers from 0 to 1."""
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def need(module: str) -> Any:
    """A part of matplotlib.

    Raises:
        MissingPackageError: it is not installed.
    """
    instead = "The numbers are there without it: tensor.grad.norm()."
    return need_package(module, "matplotlib", "png", "A plot", instead)


def shown(figure: Any) -> str:
    """The figure for a notebook, as an image that also an untrusted one shows."""
    file = io.BytesIO()
    with need("matplotlib").rc_context({"svg.hashsalt": "glassgrad"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    data = base64.b64encode(file.getvalue()).decode()
    alt = html.escape(spoken(figure), quote=True)
    return f'<img alt="{alt}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'


def spoken(figure: Any) -> str:
    """What a screen reader says of a figure: its titles and the names of its axes."""
    said = []
    for axes in figure.axes:
        words = " ".join(axes.get_title(loc="left").split())
        names = [name for name in (axes.get_xlabel(), axes.get_ylabel()) if name]
        said += [words + f" ({' against '.join(reversed(names))})" * bool(names)] if words else []
    return "Plot: " + "; ".join(said).replace("$", "").replace("\\", "")


def logarithmic(axes: Any, values: Any, axis: str = "y") -> None:
    """Put an axis on a logarithmic scale of a decade or more, where a value can stand on one."""
    listed = np.asarray(values, dtype=np.float64)
    able = np.log10(listed[np.isfinite(listed) & (listed > 0)])
    if able.size:
        getattr(axes, f"set_{axis}scale")("log")
        if np.ptp(able) < 1:
            low = max(np.floor(able.min()), -300)
            ends = (low, max(np.ceil(able.max()), low + 1))
            getattr(axes, f"set_{axis}lim")(*np.power(10.0, ends))
        getattr(axes, f"{axis}axis").set_minor_formatter(need("matplotlib.ticker").NullFormatter())


def positive(values: Any) -> Any:
    """The values with a gap where a logarithmic axis has no place; as they are if all are zero."""
    listed = np.asarray(values, dtype=np.float64)
    return np.where(listed > 0, listed, np.nan) if np.any(listed > 0) else listed


def strange(values: Any) -> str:
    """A remark on what a logarithmic axis cannot show, empty where it shows everything."""
    listed = np.asarray(values, dtype=np.float64)
    counts = {
        "zero": int(np.sum(listed == 0)),
        "not\N{NO-BREAK SPACE}finite": int(np.sum(~np.isfinite(listed))),
    }
    return "".join(f" ({n}\N{NO-BREAK SPACE}{word})" for word, n in counts.items() if n)
