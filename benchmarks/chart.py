"""The chart: how long each peer takes, relative to PyTorch eager."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS

Found = dict[str, Any]
BASE = "torch"

LOOKS: dict[str, tuple[str, str, str]] = {
    "compiled": ("D", "#0072B2", "#56B4E9"),
    "glassgrad": ("o", "#0072B2", "#56B4E9"),
    "numpy": ("X", "#1A1A1A", "#F2F4F6"),
    "primitives": ("|", "#D55E00", "#FF9B5E"),
    "torch_compile": ("s", "#D55E00", "#FF9B5E"),
    "jax": ("^", "#8200D9", "#D08CFF"),
    "hips": ("v", "#8A6100", "#E0B860"),
    "mygrad": ("<", "#007A55", "#4FD6A8"),
    "tinygrad": (">", "#A0276B", "#FF8AC4"),
    "micrograd": ("P", "#5B6470", "#B5BEC9"),
}
"""For each peer its marker, and its colour on light and on dark pages."""

OTHER = ("h", "#5B6470", "#B5BEC9")
"""The look of a peer that has none of its own."""

INKS = {
    "fg": ("#1A1A1A", "#F2F4F6"),
    "line": ("#808A96", "#7C8794"),
    "grid": ("#D5DAE0", "#3A424C"),
}


def rows(results: Found) -> list[tuple[str, float, dict[str, float]]]:
    """For each headline on one thread: its name, PyTorch's seconds, and each peer's ratio."""
    found = []
    for work in results["workloads"]:
        for case in work["cases"]:
            peers = {name: each["median"] for name, each in case["peers"].items()}
            if work["threads"] == 1 and case["headline"] and BASE in peers:
                base = peers.pop(BASE)
                ratios = {name: value / base for name, value in peers.items()}
                found.append((work["name"], base, ratios))
    return found


def looks() -> dict[str, tuple[str, str, str]]:
    """How each peer looks, in the order of the legend; new ones stand behind the others."""
    new = [name for name in PEERS if name not in LOOKS and name != BASE]
    return LOOKS | dict.fromkeys(new, OTHER)


def draw(results: Found, file: Path) -> None:
    """Write the chart as SVG, whose colours follow the page's scheme.

    Raises:
        ModuleNotFoundError: matplotlib is missing.
    """
    import matplotlib
    from matplotlib.figure import Figure

    lines = rows(results)
    # Every colour has a stand-in of its own, which becomes a variable of the style sheet.
    stand_ins = {name: f"#0101{index:02x}" for index, name in enumerate([*INKS, *looks()], 1)}
    settings = {"svg.fonttype": "none", "svg.hashsalt": "glassgrad", "font.family": "sans-serif"}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(8.6, 1.6 + 0.52 * len(lines)), layout="constrained")
        _fill(figure.subplots(), lines, stand_ins)
        figure.savefig(file, transparent=True, metadata={"Date": None})
    file.write_text(_coloured(file.read_text(encoding="utf-8"), stand_ins), encoding="utf-8")


def _fill(axes: Any, lines: list[tuple[str, float, dict[str, float]]], ink: dict[str, str]) -> None:
    look = looks()
    present = [name for name in look if any(name in ratios for _, _, ratios in lines)]
    for name in present:
        points = [(r[name], y) for y, (_, _, r) in enumerate(lines) if name in r]
        large = 70 if name in ("compiled", "glassgrad") else 42
        axes.scatter(
            *zip(*points, strict=True),
            marker=look[name][0],
            s=large,
            color=ink[name],
            label=PEERS[name].title,
            facecolor="none" if name == "glassgrad" else ink[name],
            linewidth=1.6 if name in ("glassgrad", "primitives") else 0.0,
            zorder=3,
        )
    axes.axvline(1.0, color=ink["fg"], linewidth=1.2, zorder=2)
    axes.set_xscale("log")
    axes.set_yticks(range(len(lines)), [f"{name}\n{_seconds(base)}" for name, base, _ in lines])
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xlabel(
        "time relative to PyTorch eager (the line; its time on the left): less is faster"
    )
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
    axes.grid(axis="x", color=ink["grid"], linewidth=0.8)
    axes.grid(axis="y", color=ink["grid"], linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=ink["fg"], which="both", length=0)
    axes.xaxis.label.set_color(ink["fg"])
    for spine in axes.spines.values():
        spine.set_visible(False)
    legend = axes.figure.legend(loc="outside lower center", ncols=5, frameon=False)
    for text in legend.get_texts():
        text.set_color(ink["fg"])


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value >= 1 else f"{value * 1e3:.3g} ms"


def _coloured(svg: str, ink: dict[str, str]) -> str:
    """The chart with a style sheet in place of the stand-ins; light where there is none."""
    shades = {**INKS, **{name: look[1:] for name, look in looks().items()}}
    for name, stand_in in ink.items():
        light = shades[name][0]
        pattern = rf"(fill|stroke): {stand_in}"
        svg = re.sub(pattern, rf"\1: {light}; \1: var(--{name})", svg)
    light, dark = ("".join(f"--{name}:{shades[name][place]};" for name in ink) for place in (0, 1))
    style = "<title>Time relative to PyTorch eager, for each workload and library</title>"
    style += f"<style>svg{{{light}}}@media (prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"
    return re.sub(r"(<svg\b[^>]*>)", lambda head: head[0] + style, svg, count=1)
