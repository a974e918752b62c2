"""Networks that read the 1,797 handwritten digits, two thirds seen and one third held out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import nn
import optim
from autograd.cli.train.report import Row, Table, fit, single_precision

BATCH = 32


@dataclass(frozen=True)
class Reader:
    """A network and how it is trained.

    Attributes:
        title: what is printed first.
        load: makes images and labels.
        build: makes the network, from a generator.
        augment: makes the change that images undergo anew each time, from a generator.
        epochs: how often all images are seen.
        rate: the highest learning rate, reached after a tenth of the steps.
        goal: the accuracy that the median over seeds is to reach.
    """

    title: str
    load: Callable[[], tuple[Any, Any]]
    build: Callable[[np.random.Generator], nn.Module]
    augment: Callable[[np.random.Generator], Any]
    epochs: int
    rate: float
    goal: float


def enlarged() -> tuple[Any, Any]:
    """The digits at 32×32 pixels, which LeNet-5 reads."""
    images, labels = nn.data.digits()
    return nn.data.resize(images, 32), labels


MLP = Reader(
    title="digits: an MLP, 64 pixels → 128 → 10 digits",
    load=lambda: nn.data.digits(flat=True),
    build=lambda rng: nn.models.MLP([64, 128, 10], rng=rng),
    augment=lambda rng: None,
    epochs=40,
    rate=5e-3,
    goal=0.97,
)

LENET = Reader(
    title="lenet: LeNet-5 on the digits enlarged to 32×32, turned and moved a little in training",
    load=enlarged,
    build=lambda rng: nn.models.LeNet5(rng=rng),
    augment=lambda rng: nn.data.RandomAffine(10, 0.08, (0.9, 1.1), rng=rng),
    epochs=15,
    rate=4e-3,
    goal=0.985,
)


def run(reader: Reader, seeds: Sequence[int], quick: bool = False) -> list[Row]:
    """Train once for each seed, and print the accuracy on the third that was held out.

    The seed decides the split, the first weights, the order and the augmentation. The held-out
    third is looked at once, after the last epoch: it chooses nothing.

    Args:
        reader: what is trained.
        seeds: one training for each.
        quick: a tenth of the epochs.
    """
    print(f"{reader.title}\n1,797 digits of which a stratified third is held out")
    formats = {"seed": "d", "accuracy": ".2%", "seconds": ".1f"}
    with single_precision(), Table(formats, lambda rows: verdict(reader, rows)) as table:
        for seed in seeds:
            start = time.perf_counter()
            accuracy = trained(reader, seed, reader.epochs // 10 if quick else reader.epochs)
            table.add(seed=seed, accuracy=accuracy, seconds=time.perf_counter() - start)
    return table.rows


def trained(reader: Reader, seed: int, epochs: int) -> float:
    """The accuracy on the held-out third after one training."""
    rng = np.random.default_rng(seed)
    seen, held_out = nn.data.random_split(
        tuple(reader.load()), [2 / 3, 1 / 3], stratify=True, rng=rng
    )
    model, loss = reader.build(rng), nn.CrossEntropyLoss()
    batches = nn.data.DataLoader(seen, BATCH, shuffle=True, transform=reader.augment(rng), rng=rng)
    steps = epochs * len(batches)
    fit(
        model,
        loss,
        batches,
        epochs=epochs,
        optimizer=lambda weights: optim.AdamW(weights, lr=reader.rate),
        schedule=lambda o: optim.lr_scheduler.OneCycleLR(o, reader.rate, steps, pct_start=0.1),
    )
    scores = optim.evaluate(model, loss, held_out, metrics=optim.accuracy, batch_size=200)
    return scores["accuracy"]


def verdict(reader: Reader, rows: Sequence[Row]) -> list[str]:
    """The median, beside the goal."""
    median = statistics.median(row["accuracy"] for row in rows)
    longest = max(row["seconds"] for row in rows)
    return [
        f"median {median:.2%} (goal: {reader.goal:.1%}), "
        f"at most {longest:.1f} s a seed (goal: 60 s)"
    ]
