"""A character model: an LSTM reads a text and learns to go on, ever more like it.

The text is the tiny Shakespeare of Karpathy, "The unreasonable effectiveness of recurrent neural
networks", 2015 (lectures A–E), or any other.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn
import optim
from autograd.cli.train.report import Row, Table, fit, single_precision

GOAL = 1.65
"""Nats per character on the held-out tenth."""

TOPICS = "topics"
"""What ``--text`` takes for the documentation that comes with Python."""


@dataclass(frozen=True)
class Settings:
    """What is trained, and how.

    Attributes:
        hidden: units of the LSTM.
        window: characters through which gradients go back.
        rows: places of the text that are read side by side.
        epochs: how often the text is read.
        rate: the highest learning rate, reached after a tenth of the steps.
        letters: how many characters a sample has.
    """

    hidden: int = 256
    window: int = 50
    rows: int = 32
    epochs: int = 5
    rate: float = 4e-3
    letters: int = 240


QUICK = Settings(hidden=32, window=20, rows=8, epochs=2, rate=1e-2, letters=60)


def corpus(source: str | None) -> str:
    """The text: of a file, Python's documentation (``topics``), or the download.

    Raises:
        DownloadError: no file was named, and there is no network.
        ArgumentError: the file cannot be read.
    """
    if source == TOPICS:
        return nn.data.python_topics()
    if source is not None:
        return nn.data.text_file(source)
    try:
        return nn.data.tiny_shakespeare()
    except nn.data.DownloadError as error:
        raise nn.data.DownloadError(
            f"{error} On the command line: --text FILE; or without any file, --text {TOPICS}."
        ) from error


class Diary(optim.Callback):
    """Prints what the model writes after 1, 3, 10, 30, 100, … steps, and fills a table by epoch.

    Args:
        table: takes a row after each epoch.
        letters: how many characters a sample has.
        seed: of the samples.
    """

    def __init__(self, table: Table, letters: int, seed: int) -> None:
        self.table, self.letters, self.seed = table, letters, seed
        self.due = [m * 10**power for power in range(7) for m in (1, 3)]
        self.start = time.perf_counter()

    def on_batch_end(self, run: optim.Run) -> None:
        """A sample, where it is due."""
        if (steps := len(run.history.batch_losses)) in self.due:
            self.write(run.model, f"step {steps}, {run.loss:.3f} nats")

    def on_epoch_end(self, run: optim.Run) -> None:
        """A row of the table."""
        history = run.history
        self.table.add(
            epoch=run.epoch,
            steps=len(history.batch_losses),
            training=history["loss"][-1],
            held_out=history["validation_loss"][-1],
            seconds=time.perf_counter() - self.start,
        )

    def write(self, model: nn.models.LanguageModel, title: str) -> None:
        """Print what the model writes after the first of its symbols, often the end of a line."""
        first = model.vocabulary.symbols[0] if model.vocabulary else ""
        text = model.sample(self.letters, prime=first, temperature=0.8, rng=self.seed)
        print(f"\n--- {title}\n{textwrap.indent(text.strip(), '    ')}", flush=True)


def run(
    source: str | None = None,
    seed: int = 0,
    quick: bool = False,
    epochs: int | None = None,
    save: Path | None = None,
) -> list[Row]:
    """Train on nine tenths of a text, and print the nats per character on the last tenth.

    Args:
        source: see `corpus`.
        seed: of the first weights and of the samples.
        quick: a small model, two epochs, the first 20,000 characters.
        epochs: how often the text is read; the settings' own number otherwise.
        save: where the weights go, ``.npz`` or ``.safetensors``.

    Raises:
        RangeError: a text that is too short.
    """
    text, settings = corpus(source), QUICK if quick else Settings()
    text = text[:20_000] if quick else text
    formats = {"epoch": "d", "steps": "d", "training": ".4f", "held_out": ".4f", "seconds": ".1f"}
    with single_precision(), Table(formats, verdict) as table:
        model = trained(
            text, settings, seed, epochs or settings.epochs, Diary(table, settings.letters, seed)
        )
    if save is not None:
        print(f"Wrote {nn.save_weights(model, save)}")
    return table.rows


def trained(text: str, settings: Settings, seed: int, epochs: int, diary: Diary) -> Any:
    """The model after all epochs."""
    vocabulary = nn.data.Vocabulary(text)
    seen, held_out = map(vocabulary.encode, nn.data.split_text(text, 0.9, 0.1))
    print(f"{len(text):,} characters of {len(vocabulary)} kinds; the last tenth is held out")
    batches = nn.data.SequenceBatches(seen, settings.rows, settings.window)
    model = nn.models.LanguageModel(vocabulary, settings.hidden, rng=np.random.default_rng(seed))
    print(f"{model.describe()}: {sum(p.numel() for p in model.parameters()):,} parameters")
    steps, carried = epochs * len(batches), nn.models.CarriedState()
    fit(
        model,
        nn.CrossEntropyLoss(),
        batches,
        validation=nn.data.SequenceBatches(held_out, min(20, settings.rows), settings.window),
        epochs=epochs,
        optimizer=lambda weights: optim.Adam(weights, lr=settings.rate),
        schedule=lambda o: optim.lr_scheduler.OneCycleLR(o, settings.rate, steps, pct_start=0.1),
        clip_norm=1.0,
        forward=carried,
        callbacks=[diary, carried.reset],
    )
    diary.write(model, f"after {steps} steps")
    return model


def verdict(rows: Sequence[Row]) -> list[str]:
    """The last and the best loss on the held-out part."""
    last = rows[-1]
    return [
        f"{last['held_out']:.4f} nats per character on the held-out tenth after "
        f"{last['seconds']:.0f} s (goal for tiny Shakespeare: {GOAL} within 600 s)"
    ]
