"""The command: which workloads, which peers, how many threads, how long."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import chart, report
from benchmarks.harness import QUICK, Effort, measure
from benchmarks.peers import PEERS, ROOT
from benchmarks.results import Outcome
from benchmarks.workload import files, load

ABOUT = (
    "Time workloads with this library and its peers: the same computation from the same initial "
    "values, values compared first. Writes results.md, results.json and chart.svg."
)

THREADS = (1, 2)

ENDED = 130
"""The status of a command that was ended by Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the results; 1 where something could not be measured."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser()
    options = parser.parse_args(given)
    unknown = [name for name in options.names if name not in files()]
    if unknown:
        parser.error(f"no workload {unknown[0]!r}; there are {', '.join(files())}")
    if options.list:
        print("\n".join(f"{name:16} {load(path).question}" for name, path in files().items()))
        return 0
    _make_sure_of(options.out, parser)
    where = report.setting(" ".join(["python -m benchmarks", *given]))
    outcomes: list[Outcome] = []
    ended = False
    try:
        for name in dict.fromkeys(options.names or chosen(options.quick)):
            for threads in _threads(name, options):
                outcomes.append(_measure(name, threads, options))
                report.write(outcomes, where, options.out)
    except KeyboardInterrupt:
        ended = True
    if outcomes:
        print(report.write(outcomes, where, options.out))
        _chart(report.plain(outcomes, where), options.out / "chart.svg")
    if ended:
        print(f"ended early; {len(outcomes)} measured, in {options.out}", file=sys.stderr)
        return ENDED
    return int(any(value is None for outcome in outcomes for _, value in outcome.figures()))


def _make_sure_of(folder: Path, parser: argparse.ArgumentParser) -> None:
    """A place for results, before anything is measured."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        parser.error(f"--out {folder}: no results can be written there ({error.strerror})")


def _chart(results: dict[str, Any], file: Path) -> None:
    """The chart, where there is something to show and matplotlib is installed."""
    try:
        if chart.rows(results):
            chart.draw(results, file)
    except ModuleNotFoundError as error:
        print(f"no chart: {error}; pip install matplotlib", file=sys.stderr)


def chosen(quick: bool) -> list[str]:
    """All workloads, or those that a quick run has the time for."""
    left_out = [name for name, path in files().items() if quick and not load(path).quick]
    if left_out:
        print(f"too long for a quick run, unless named: {', '.join(left_out)}", file=sys.stderr)
    return [name for name in files() if name not in left_out]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=ABOUT)
    add = parser.add_argument
    add("names", nargs="*", metavar="workload")
    add("--seconds", type=_seconds, metavar="S", help="how long each case may take (10)")
    add("--quick", action="store_true", help="short samples, fewer of them, one thread")
    add("--peers", type=_peers, metavar="A,B", default=list(PEERS), help=", ".join(PEERS))
    add("--threads", type=_numbers, metavar="N,M", help="how many threads (1,2)")
    add("--list", action="store_true", help="show the workloads")
    where = ROOT / "build" / "bench"
    add("--out", type=Path, default=where, metavar="FOLDER", help="for results (build/bench)")
    return parser


def _peers(text: str) -> list[str]:
    names = list(dict.fromkeys(text.split(",")))
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no peer {unknown[0]!r}; there are {', '.join(PEERS)}")
    return names


def _numbers(text: str) -> list[int]:
    known = {str(number): number for number in THREADS}
    unknown = [part for part in text.split(",") if part not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r}; it is measured with 1, 2 or 1,2")
    return [known[part] for part in dict.fromkeys(text.split(","))]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}; give a number of seconds above 0")
    return seconds


def _threads(name: str, options: argparse.Namespace) -> list[int]:
    """How many threads a workload is measured with; why not, where with none."""
    wanted = options.threads or (THREADS[:1] if options.quick else THREADS)
    able = load(files()[name]).threads
    found = [threads for threads in wanted if threads in able]
    if not found:
        print(f"{name} is measured with {able[0]} thread(s) only", file=sys.stderr)
    return found


def _measure(name: str, threads: int, options: argparse.Namespace) -> Outcome:
    effort = QUICK if options.quick else Effort()
    effort = replace(effort, case=options.seconds or effort.case)
    peers = [PEERS[peer] for peer in options.peers]
    say = lambda text: print(text, file=sys.stderr, flush=True)
    return measure(files()[name], peers, options.out, effort, say, threads)
