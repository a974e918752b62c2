"""The results as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.limits import FIRST, MEMORY, SECONDS, Figure
from benchmarks.peers import PEERS
from benchmarks.results import Outcome, Result


@dataclass(frozen=True)
class Setting:
    """Under what circumstances the figures were taken."""

    date: str
    command: str
    machine: str
    cores: int
    load: float
    system: str
    python: str
    numpy: str


def setting(command: str) -> Setting:
    """The circumstances of this moment; take it before measuring, for the machine's load."""
    return Setting(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command=command,
        machine=_processor(),
        cores=os.cpu_count() or 0,
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else float("nan"),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        numpy=np.__version__,
    )


def _processor() -> str:
    """The processor's name, where the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def write(outcomes: list[Outcome], where: Setting, folder: Path) -> str:
    """Write results.md and results.json; the Markdown is returned."""
    text = markdown(outcomes, where)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(text, encoding="utf-8")
    found = json.dumps(plain(outcomes, where), indent=1, ensure_ascii=False)
    (folder / "results.json").write_text(found + "\n", encoding="utf-8")
    return text


# --- JSON ------------------------------------------------------------------------------


def plain(outcomes: list[Outcome], where: Setting) -> dict[str, Any]:
    """Everything, as lists and dicts."""
    return {
        "setting": vars(where),
        "versions": _versions(outcomes),
        "workloads": [_workload(outcome) for outcome in outcomes],
    }


def _workload(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.workload.name,
        "threads": outcome.threads,
        "question": outcome.workload.question,
        "reference": outcome.workload.reference,
        "figures": [_figure(outcome, figure, value) for figure, value in outcome.figures()],
        "problems": outcome.problems,
        "lacking": outcome.workload.lacking,
        "cases": [_case(result) for result in outcome.results],
    }


def _figure(outcome: Outcome, figure: Figure, value: float | None) -> dict[str, Any]:
    bound = figure.bound(outcome.threads)
    return {"name": figure.name, "value": value, "at_most": bound, "unit": figure.unit}


def _case(result: Result) -> dict[str, Any]:
    return {
        "name": result.case.name,
        "unit": result.case.unit,
        "headline": result.case.compiled is not None,
        "peers": {peer: _samples(result, peer) for peer in result.samples},
        "problems": result.problems,
    }


def _samples(result: Result, peer: str) -> dict[str, Any]:
    names = ("lower_quartile", "median", "upper_quartile")
    return {
        **dict(zip(names, result.quartiles(peer), strict=True)),
        "first_call": result.first_calls.get(peer),
        "peak_memory": result.memory.get(peer),
        "samples": result.samples[peer],
    }


def _versions(outcomes: list[Outcome]) -> dict[str, str]:
    return {name: version for outcome in outcomes for name, version in outcome.versions.items()}


# --- Markdown --------------------------------------------------------------------------


def markdown(outcomes: list[Outcome], where: Setting) -> str:
    """A table of the figures that are to be reached, then tables for each workload."""
    lines = ["# Benchmarks", ""]
    lines += [f"- {name}: {value}" for name, value in vars(where).items()]
    versions = (f"{PEERS[name].title} {v}" for name, v in _versions(outcomes).items())
    lines += [f"- peers: {', '.join(versions)}", "", "## Figures", ""]
    lines += ["| workload | threads | figure | measured | at most | |"]
    lines += ["|---|---:|---|---:|---:|---|"]
    for outcome in outcomes:
        lines += [_figure_row(outcome, figure, value) for figure, value in outcome.figures()]
    for name, group in groupby(outcomes, lambda outcome: outcome.workload.name):
        same = list(group)
        lines += ["", f"## {name}", "", same[0].workload.question]
        for index in range(len(same[0].results)):
            lines += ["", *_table([outcome.results[index] for outcome in same], same)]
        lines += _complaints(same)
    return "\n".join(lines) + "\n"


def _figure_row(outcome: Outcome, figure: Figure, value: float | None) -> str:
    limit = figure.bound(outcome.threads)
    bound = "" if limit is None else amount(limit, figure.unit)
    shown = "–" if value is None else amount(value, figure.unit)
    cells = (outcome.workload.name, outcome.threads, figure.name, shown, bound)
    return "| " + " | ".join(map(str, cells)) + f" | {verdict(value, limit)} |"


def verdict(value: float | None, bound: float | None) -> str:
    """Whether a figure keeps its bound, in words."""
    if bound is None:
        return ""
    if value is None:
        return "**not measured**"
    return "reached" if value <= bound else "**missed**"


def _table(results: list[Result], outcomes: list[Outcome]) -> list[str]:
    """A case: a row for each peer, columns for each number of threads, absent peers, too."""
    first, work = results[0], outcomes[0].workload
    times = [f"{o.threads} thread{'s' * (o.threads > 1)} | ×" for o in outcomes]
    wanted = [FIRST] * bool(first.first_calls) + ["peak " + MEMORY] * bool(first.memory)
    heads = " | ".join([first.case.name, *times, *wanted])
    lines = [f"| {heads} |", "|---" + "|---:" * (2 * len(outcomes) + len(wanted)) + "|"]
    for peer in [name for name in PEERS if name in work.makers]:
        cells = [cell for r, o in zip(results, outcomes, strict=True) for cell in _time(r, peer, o)]
        cells += [_other(first, peer, column.removeprefix("peak ")) for column in wanted]
        if any(cells):
            lines.append(f"| {PEERS[peer].title} | " + " | ".join(cells) + " |")
    return lines


def _time(result: Result, peer: str, outcome: Outcome) -> tuple[str, str]:
    """The median with its quartiles, and its ratio to the reference's."""
    if peer not in result.samples:
        if peer in result.problems:
            return "**failed**", ""
        return ("absent" if peer in outcome.problems else ""), ""
    low, middle, high = (amount(q, result.case.unit) for q in result.quartiles(peer))
    spread = f" ({low} – {high})" if len(result.samples[peer]) > 1 else ""
    reference = outcome.workload.reference
    if reference not in result.samples:
        return f"{middle}{spread}", ""
    return f"{middle}{spread}", f"{result.value(peer) / result.value(reference):.2f}"


def _other(result: Result, peer: str, of: str) -> str:
    try:
        value = result.value(peer, of)
    except KeyError:
        return ""
    return amount(value, SECONDS) if of == FIRST else f"{value / 1e6:.1f} MB"


def _complaints(outcomes: list[Outcome]) -> list[str]:
    """Who failed or is absent, and why; once, however many threads."""
    found: dict[str, None] = {}
    for name, why in outcomes[0].workload.lacking.items():
        found[f"- {PEERS[name].title} does not take part: {why}"] = None
    for outcome in outcomes:
        for name, why in outcome.problems.items():
            found[f"- {PEERS[name].title} is absent: {why}"] = None
        for result in outcome.results:
            for name, why in result.problems.items():
                found[f"- {PEERS[name].title}, {result.case.name}: {why}"] = None
    return ["", *found] if found else []


_SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def amount(value: float, unit: str) -> str:
    """A number with three digits: ``1.23 ms``, ``0.45×``, ``512 bytes``."""
    if unit == SECONDS:
        scale, unit = next((pair for pair in _SCALES if abs(value) >= pair[0]), _SCALES[-1])
        value /= scale
    digits = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits}{unit}" if unit == "×" else f"{digits} {unit}".rstrip()
