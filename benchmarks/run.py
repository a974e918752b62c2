"""The command: which workloads, which peers, how long."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.harness import QUICK, Effort, Outcome, measure
from benchmarks.peers import PEERS, ROOT
from benchmarks.workload import files, load


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
    outcomes = [_measure(name, options) for name in options.names or files()]
    command = " ".join(["python -m benchmarks", *given])
    print(report.write(outcomes, report.setting(command), options.out))
    return int(any(value is None for outcome in outcomes for _, value in outcome.figures()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="workload")
    parser.add_argument("--quick", action="store_true", help="short samples, fewer of them")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--list", action="store_true", help="show the workloads")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", metavar="FOLDER")
    return parser


def _measure(name: str, options: argparse.Namespace) -> Outcome:
    effort = QUICK if options.quick else Effort()
    peers = [PEERS[peer] for peer in options.peers]
    say = lambda text: print(text, file=sys.stderr, flush=True)
    return measure(files()[name], peers, options.out, effort, say)
