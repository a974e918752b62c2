"""The results as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Outcome, Result
from benchmarks.peers import PEERS
from benchmarks.workload import REFERENCE, SECONDS, Figure


@dataclass(frozen=True)
class Setting:
    """Under what circumstances the figures were taken."""

    date: str
    command: str
    machine: str
    cores: int
    system: str
    python: str
    numpy: str


def setting(command: str) -> Setting:
    """The circumstances of this moment."""
    return Setting(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command=command,
        machine=_processor(),
        cores=os.cpu_count() or 0,
        system=platform.platform(),
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
    figures = [
        {"name": f.name, "value": v, "at_most": f.at_most, "unit": f.unit}
        for f, v in outcome.figures()
    ]
    return {
        "name": outcome.workload.name,
        "question": outcome.workload.question,
        "figures": figures,
        "problems": outcome.problems,
        "cases": [_case(result) for result in outcome.results],
    }


def _case(result: Result) -> dict[str, Any]:
    names = ("lower_quartile", "median", "upper_quartile")
    return {
        "name": result.case.name,
        "unit": result.case.unit,
        "peers": {
            peer: {**dict(zip(names, result.quartiles(peer), strict=True)), "samples": samples}
            for peer, samples in result.samples.items()
        },
        "problems": result.problems,
    }


def _versions(outcomes: list[Outcome]) -> dict[str, str]:
    return {name: version for outcome in outcomes for name, version in outcome.versions.items()}


# --- Markdown --------------------------------------------------------------------------


def markdown(outcomes: list[Outcome], where: Setting) -> str:
    """A table of the figures that are to be reached, then one table for each workload."""
    lines = ["# Benchmarks", ""]
    lines += [f"- {name}: {value}" for name, value in vars(where).items()]
    versions = (f"{PEERS[name].title} {v}" for name, v in _versions(outcomes).items())
    lines += [f"- peers: {', '.join(versions)}, one thread each", "", "## Figures", ""]
    lines += ["| workload | figure | measured | at most | |", "|---|---|---:|---:|---|"]
    for outcome in outcomes:
        lines += [_figure_row(outcome, figure, value) for figure, value in outcome.figures()]
    for outcome in outcomes:
        lines += ["", f"## {outcome.workload.name}", "", outcome.workload.question, ""]
        lines += [*_table(outcome), *_complaints(outcome)]
    return "\n".join(lines) + "\n"


def _figure_row(outcome: Outcome, figure: Figure, value: float | None) -> str:
    bound = "" if figure.at_most is None else amount(figure.at_most, figure.unit)
    if value is None:
        verdict, shown = ("**not measured**" if bound else ""), "–"
    else:
        verdict, shown = "", amount(value, figure.unit)
    if value is not None and figure.at_most is not None:
        verdict = "reached" if value <= figure.at_most else "**missed**"
    return f"| {outcome.workload.name} | {figure.name} | {shown} | {bound} | {verdict} |"


def _table(outcome: Outcome) -> list[str]:
    """Medians (quartiles) of each peer, and their ratio to the reference."""
    peers = [name for name in PEERS if any(name in r.samples for r in outcome.results)]
    titles = " | ".join(PEERS[name].title for name in peers)
    lines = [f"| | {titles} |", f"|---|{'---:|' * len(peers)}"]
    for result in outcome.results:
        cells = " | ".join(_cell(result, name) for name in peers)
        lines.append(f"| {result.case.name} | {cells} |")
    return lines


def _cell(result: Result, peer: str) -> str:
    if peer not in result.samples:
        return "failed" if peer in result.problems else ""
    low, middle, high = (amount(q, result.case.unit) for q in result.quartiles(peer))
    spread = f" ({low} – {high})" if len(result.samples[peer]) > 1 else ""
    if peer == REFERENCE or REFERENCE not in result.samples:
        return f"{middle}{spread}"
    ratio = result.quartiles(peer)[1] / result.quartiles(REFERENCE)[1]
    return f"{middle}{spread}, **{ratio:.2f}×**"


def _complaints(outcome: Outcome) -> list[str]:
    """Who failed, and why."""
    found = [f"- {PEERS[name].title}: {why}" for name, why in outcome.problems.items()]
    for result in outcome.results:
        for name, why in result.problems.items():
            found.append(f"- {PEERS[name].title}, {result.case.name}: {why}")
    return ["", *found] if found else []


_SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def amount(value: float, unit: str) -> str:
    """A number with three digits: ``1.23 ms``, ``0.45×``, ``512 bytes``."""
    if unit == SECONDS:
        scale, unit = next((pair for pair in _SCALES if abs(value) >= pair[0]), _SCALES[-1])
        value /= scale
    digits = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits}{unit}" if unit == "×" else f"{digits} {unit}".rstrip()
