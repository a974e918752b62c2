"""The command: which workloads, which peers, how many threads, how long."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import chart, report
from benchmarks.harness import QUICK, Effort, measure
from benchmarks.peers import PEERS, ROOT
from benchmarks.results import Outcome
from benchmarks.workload import files, load

THREADS = (1, 2)


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
    where = report.setting(" ".join(["python -m benchmarks", *given]))
    names = options.names or chosen(options.quick)
    outcomes: list[Outcome] = []
    text = ""
    for name in names:  # whoever ends it early has what was measured until then
        outcomes += _measure(name, options)
        text = report.write(outcomes, where, options.out)
    print(text)
    _chart(report.plain(outcomes, where), options.out / "chart.svg")
    return int(any(value is None for outcome in outcomes for _, value in outcome.figures()))


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
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("names", nargs="*", metavar="workload")
    add("--seconds", type=float, metavar="S", help="how long each case may take (10)")
    add("--quick", action="store_true", help="short samples, fewer of them, one thread")
    add("--peers", type=_peers, metavar="A,B", default=list(PEERS), help=", ".join(PEERS))
    add("--threads", type=_numbers, metavar="N,M", help="how many threads (1,2)")
    add("--list", action="store_true", help="show the workloads")
    add("--out", type=Path, default=ROOT / "build" / "bench", metavar="FOLDER")
    return parser


def _peers(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no peer {unknown[0]!r}; there are {', '.join(PEERS)}")
    return names


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _measure(name: str, options: argparse.Namespace) -> list[Outcome]:
    effort = QUICK if options.quick else Effort()
    effort = replace(effort, case=options.seconds or effort.case)
    peers = [PEERS[peer] for peer in options.peers]
    say = lambda text: print(text, file=sys.stderr, flush=True)
    wanted = options.threads or (THREADS[:1] if options.quick else THREADS)
    return [
        measure(files()[name], peers, options.out, effort, say, threads)
        for threads in wanted
        if threads in load(files()[name]).threads
    ]
