"""The colours of a picture and its style sheet: two hues carry meaning, nothing else does.

Blue and solid is forward; orange and dashed is gradient. Roles are told by shape, border
and word, so that a picture reads the same in greyscale.
"""

from __future__ import annotations

import re

from autograd.core.errors import RangeError

THEMES: dict[str, dict[str, str]] = {
    "light": {
        "bg": "#FFFFFF",
        "fg": "#1A1A1A",
        "node": "#FFFFFF",
        "line": "#5B6470",
        "fwd": "#0072B2",
        "fwdbg": "#E8F1FA",
        "bwd": "#D55E00",
        "bwdtx": "#A84300",
        "bwdbg": "#FDEEE4",
        "par": "#8A6100",
        "card": "#F6F7F9",
        "cluster": "#808A96",
        "hint": "#FFF3B0",
    },
    "dark": {
        "bg": "#111418",
        "fg": "#F2F4F6",
        "node": "#1C2127",
        "line": "#9AA4AF",
        "fwd": "#56B4E9",
        "fwdbg": "#10283A",
        "bwd": "#FF9B5E",
        "bwdtx": "#FFB487",
        "bwdbg": "#3A1E0C",
        "par": "#E6B450",
        "card": "#1C2127",
        "cluster": "#6B7582",
        "hint": "#403A10",
    },
    "print": {
        "bg": "#FFFFFF",
        "fg": "#000000",
        "node": "#FFFFFF",
        "line": "#000000",
        "fwd": "#000000",
        "fwdbg": "#FFFFFF",
        "bwd": "#000000",
        "bwdtx": "#000000",
        "bwdbg": "#FFFFFF",
        "par": "#000000",
        "card": "#FFFFFF",
        "cluster": "#555555",
        "hint": "#FFFFFF",
    },
}
"""Colour of each token in each theme."""

TEXT_PAIRS = (
    ("fg", "bg"),
    ("fg", "node"),
    ("fg", "card"),
    ("line", "bg"),
    ("line", "node"),
    ("line", "card"),
    ("line", "fwdbg"),
    ("line", "bwdbg"),
    ("fwd", "bg"),
    ("fwd", "card"),
    ("fwd", "node"),
    ("fwd", "fwdbg"),
    ("fwd", "bwdbg"),
    ("bwdtx", "bg"),
    ("bwdtx", "node"),
    ("bwdtx", "card"),
    ("bwdtx", "fwdbg"),
    ("bwdtx", "bwdbg"),
    ("par", "bg"),
    ("par", "node"),
    ("fg", "fwdbg"),
    ("fg", "bwdbg"),
    ("fg", "hint"),
    ("line", "hint"),
    ("fwd", "hint"),
    ("bwdtx", "hint"),
    ("bg", "fg"),
)
"""Text on its ground, as pictures use them: contrast at least 4.5 to 1."""

LINE_PAIRS = (
    ("line", "bg"),
    ("line", "card"),
    ("fwd", "bg"),
    ("fwd", "card"),
    ("fwd", "hint"),
    ("bwd", "bg"),
    ("bwd", "card"),
    ("bwd", "hint"),
    ("bwd", "bwdbg"),
    ("par", "bg"),
    ("par", "card"),
    ("par", "hint"),
    ("cluster", "bg"),
    ("cluster", "card"),
    ("cluster", "fwdbg"),
    ("cluster", "bwdbg"),
)
"""Lines on their ground, as pictures use them: contrast at least 3 to 1."""

SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
MONO = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"

_RULES = f"""
text{{font-family:{SANS};fill:var(--fg)}}
.backdrop{{fill:var(--bg)}}
.heading{{font-size:14px;font-weight:bold}}
.caption text{{font-size:10px;fill:var(--line)}}
.frame{{fill:var(--node);stroke:var(--line);stroke-width:1.4px}}
.inner{{fill:none;stroke:var(--line);stroke-width:1px}}
.name{{font-size:12px;font-weight:bold}}
.role{{font-size:9px;fill:var(--line);text-anchor:end}}
.shape,.val,.grad,.size{{font-family:{MONO};font-size:10px}}
.val{{fill:var(--fwd)}}
.grad{{fill:var(--bwdtx)}}
.input .frame,.constant .frame{{stroke-dasharray:1.5px 2.5px;stroke-linecap:round}}
.parameter .frame{{stroke:var(--par);stroke-width:2.5px}}
.op .frame{{stroke-width:1.2px}}
.symbol{{font-size:13px;text-anchor:middle}}
.chip .name{{font-size:10px;text-anchor:middle;fill:var(--par)}}
.group .card{{fill:var(--card);stroke:var(--cluster);stroke-width:1px}}
.title{{font-size:11px;font-weight:bold;stroke:var(--card);stroke-width:3px;paint-order:stroke}}
.collapsed .frame{{fill:var(--card);stroke:var(--cluster);stroke-width:1.4px}}
.collapsed .fold{{fill:var(--line)}}
.edge .path{{fill:none;stroke-width:1.4px}}
.forward .path,.key.forward{{stroke:var(--fwd)}}
.forward .head{{fill:var(--fwd)}}
.gradient .path,.key.gradient{{stroke:var(--bwd);stroke-dasharray:5px 3px}}
.gradient .head{{fill:var(--bwd)}}
.key{{fill:none;stroke-width:1.6px}}
.note,.mark,.contribution{{font-family:{MONO};font-size:9px;text-anchor:middle}}
.note,.mark{{fill:var(--line)}}
.contribution{{fill:var(--bwdtx)}}
.note,.mark,.contribution{{stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}}
.note,.mark,.contribution{{paint-order:stroke}}
.on .note,.on .mark,.on .contribution{{stroke:var(--card)}}
"""


_MORE = """
.highway .path{stroke-width:3px}
.share .bar{fill:var(--bwd)}
.detached .frame{stroke-dasharray:6px 3px;stroke-linecap:butt}
.detached .bar{fill:none;stroke:var(--fwd);stroke-width:1.4px}
.caption .tick{font-size:9px;text-anchor:middle}
.ring{fill:none;stroke:var(--fg);stroke-width:2px}
.tag{fill:var(--fg)}
.word{font-size:10px;font-weight:bold;text-anchor:middle;fill:var(--bg)}
"""
"""Rules of time grids and of marks only, for every byte of a small page counts."""

_FAINT = ".glassgrad.backward-only .forward path{opacity:.25}"


def stylesheet(theme: str, literal: bool = False, grid: bool = False) -> str:
    """The style sheet of a picture, every rule confined to ``svg.glassgrad``.

    Each colour is given twice, as itself and as a variable: programs that know no CSS
    variables take the first, a page may set the second.

    Args:
        theme: ``auto`` (light, and dark where the system is), ``light``, ``dark``, ``print``.
        literal: colours only, for the rasteriser.
        grid: with the rules of time grids, of marks and of pictures of the backward pass only.

    Raises:
        RangeError: there is no such theme.
    """
    check(theme)
    colours = THEMES["light" if theme == "auto" else theme]
    written = (_RULES + _MORE if grid else _RULES).split("\n")
    rules = "\n".join(_colour(rule, colours, literal) for rule in written if rule)
    rules += f"\n{_FAINT}" if grid else ""
    if literal:
        return rules
    sheet = f"{_tokens(colours)}\n{rules}"
    if theme == "auto":
        sheet += f"\n@media (prefers-color-scheme:dark){{{_tokens(THEMES['dark'])}}}"
    return sheet


def check(theme: str) -> None:
    """Refuse a theme that does not exist.

    Raises:
        RangeError: naming those that do.
    """
    if theme not in ("auto", *THEMES):
        listed = ", ".join(map(repr, ("auto", *THEMES)))
        raise RangeError(f"theme={theme!r}: there is no such theme. Choose one of {listed}.")


def _tokens(colours: dict[str, str]) -> str:
    return ".glassgrad{" + ";".join(f"--{name}:{c}" for name, c in colours.items()) + "}"


def _colour(rule: str, colours: dict[str, str], literal: bool) -> str:
    """A rule with its colours filled in, its selectors confined to our own pictures."""
    selectors, _, body = rule.partition("{")
    scoped = ",".join(f".glassgrad {selector}" for selector in selectors.split(","))
    plain = re.sub(r"var\(--(\w+)\)", lambda found: colours[found[1]], body)
    if literal:
        return f"{scoped}{{{plain}"
    return f"{scoped}{{" + re.sub(
        r"([\w-]+):var\(--(\w+)\)", lambda f: f"{f[1]}:{colours[f[2]]};{f[0]}", body
    )
