"""What the trainings share: seeds, one float type, Ctrl-C, and a table of what was found."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd as ag
import optim

Row = dict[str, Any]
"""A line of a table: a value for each column."""


def seeds(text: str) -> list[int]:
    """What ``--seed`` takes: a seed, several, or a range.

    Raises:
        argparse.ArgumentTypeError: anything else.

    >>> seeds("3"), seeds("0-4"), seeds("0,7")
    ([3], [0, 1, 2, 3, 4], [0, 7])
    """
    try:
        if "-" in text:
            first, last = map(int, text.split("-"))
            found = list(range(first, last + 1))
        else:
            found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; write 3, or 0-4, or 0,2,5")
    return found


@contextmanager
def single_precision() -> Iterator[None]:
    """Python numbers and data sets are float32 in the block; twice as fast as float64."""
    before = ag.get_default_dtype()
    ag.set_default_dtype(np.float32)
    try:
        yield
    finally:
        ag.set_default_dtype(before)


def fit(model: Any, loss: Any, data: Any, **options: Any) -> optim.History:
    """`optim.fit` with a bar on a terminal, lines elsewhere, and a Ctrl-C that ends the command.

    Raises:
        KeyboardInterrupt: the training was interrupted.
    """
    bar, callbacks = sys.stderr.isatty(), options.pop("callbacks", [])
    told = [*(callbacks if isinstance(callbacks, list) else [callbacks]), Lines()]
    history = optim.fit(
        model, loss, data, progress=bar, callbacks=callbacks if bar else told, **options
    )
    if history.stopped.startswith("interrupted"):
        raise KeyboardInterrupt
    return history


class Lines(optim.Callback):
    """Says on the error stream how far a training has come, every 20 seconds at most."""

    def __init__(self) -> None:
        self.told = time.perf_counter()

    def on_epoch_end(self, run: optim.Run) -> None:
        """A line, where the last one is long ago."""
        if time.perf_counter() - self.told > 20:
            self.told = time.perf_counter()
            loss = run.history["loss"][-1]
            print(f"    epoch {run.epoch} of {run.epochs}, loss {loss:.4f}", file=sys.stderr)


class Table:
    """Rows that are told as they come; at the end, or after Ctrl-C, all of them as a table.

    Args:
        formats: how each column is written, by its name.
        summary: what is said of the rows in the end, line by line.
    """

    def __init__(
        self, formats: dict[str, str], summary: Callable[[Sequence[Row]], list[str]]
    ) -> None:
        self.formats, self.summary = formats, summary
        self.rows: list[Row] = []

    def __enter__(self) -> Table:
        self._start = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None and not issubclass(kind, KeyboardInterrupt):
            return
        if kind is not None:
            print("\ninterrupted; so far:")
        if self.rows:
            print("\n" + "\n".join([*self.lines(), *self.summary(self.rows)]), flush=True)

    def add(self, **values: Any) -> None:
        """Take in a row, and say so with the time since the beginning, in seconds."""
        self.rows.append(values)
        told = (f"{name} {format(v, self.formats[name])}" for name, v in values.items())
        print(f"  [{time.perf_counter() - self._start:5.0f} s] {', '.join(told)}", flush=True)

    def lines(self) -> list[str]:
        """The head and the rows, in columns."""
        cells = [list(self.formats)]
        cells += [
            [format(row[name], form) for name, form in self.formats.items()] for row in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
