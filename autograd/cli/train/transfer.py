"""Transfer: what a network learned of the digits 0 to 4 helps it to learn 5 to 9 (lectures A, E).

Each digit of 8×8 pixels lies somewhere in a field of 16×16. That a digit is the same wherever
it lies, ten examples at one place each hardly teach; a network that has seen many others at many
places knows it already. Centred digits are so easy that transfer gains nothing, and who moves the
ten examples to new places in every epoch (augmentation) teaches a network from scratch the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import nn
import optim
from autograd.cli.train.report import Row, Table, fit, single_precision

FIELD, LABELS = 16, 10

Examples = tuple[Any, Any]
"""Images, shape (N, 1, 16, 16), and labels from 0 to 4, shape (N,)."""


@dataclass(frozen=True)
class Settings:
    """How long each part is trained.

    Attributes:
        places: at how many places each digit from 0 to 4 is seen.
        epochs: passes over those.
        later: passes over the 50 examples, for transfer and from scratch alike.
        rate: the highest learning rate, of the source and of the transfer.
        rates: those that are tried from scratch.
    """

    places: int = 8
    epochs: int = 5
    later: int = 100
    rate: float = 3e-3
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2)


QUICK = Settings(places=3, epochs=3, later=30, rates=(3e-3,))


class Net(nn.Sequential):
    """Two convolutions with pools, one hidden layer, and five scores."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(
            nn.Conv2d(1, 8, 5, rng=rng),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, rng=rng),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * 2 * 2, 64, rng=rng),
            nn.ReLU(),
            nn.Linear(64, 5, rng=rng),
        )


def placed(images: Any, rng: np.random.Generator) -> Any:
    """Each image at a random place in a field of zeros: (N, 1, 8, 8) → (N, 1, 16, 16)."""
    side = images.shape[-1]
    fields = np.zeros((len(images), 1, FIELD, FIELD), images.dtype)
    corners = rng.integers(0, FIELD - side + 1, (len(images), 2))
    for field, image, (row, column) in zip(fields, images, corners, strict=True):
        field[:, row : row + side, column : column + side] = image
    return fields


def source(settings: Settings, rng: np.random.Generator) -> Examples:
    """All digits from 0 to 4, each at several places."""
    images, labels = nn.data.digits()
    early = labels < 5
    fields = [placed(images[early], rng) for _ in range(settings.places)]
    return np.concatenate(fields), np.tile(labels[early], settings.places)


def target(rng: np.random.Generator) -> tuple[Examples, Examples]:
    """Of the digits from 5 to 9, ten labelled examples each, and all others as the test."""
    images, labels = nn.data.digits()
    late = labels >= 5
    examples = placed(images[late], rng), labels[late] - 5
    chosen = np.concatenate(
        [rng.choice(np.flatnonzero(examples[1] == c), LABELS, replace=False) for c in range(5)]
    )
    others = np.setdiff1d(np.arange(len(examples[1])), chosen)
    few, test = ((examples[0][rows], examples[1][rows]) for rows in (chosen, others))
    return few, test


def learn(model: Any, data: Examples, epochs: int, batch: int, rate: float, seed: int) -> Any:
    """Train a model on some examples; the same way each time."""
    steps = epochs * -(-len(data[0]) // batch)
    fit(
        model,
        nn.CrossEntropyLoss(),
        data,
        epochs=epochs,
        batch_size=batch,
        optimizer=lambda weights: optim.AdamW(weights, lr=rate),
        schedule=lambda o: optim.lr_scheduler.OneCycleLR(o, rate, steps, pct_start=0.1),
        rng=seed,
    )
    return model


def accuracy(model: Any, data: Examples) -> float:
    """The share of the examples that are read right."""
    loss = nn.CrossEntropyLoss()
    return optim.evaluate(model, loss, data, metrics=optim.accuracy, batch_size=200)["accuracy"]


def compared(settings: Settings, seed: int) -> Row:
    """The accuracies on the test after transfer, and from scratch at each rate."""
    rng = np.random.default_rng(seed)
    few, test = target(rng)
    knowing = learn(Net(rng), source(settings, rng), settings.epochs, 64, settings.rate, seed)
    moved = nn.replace_head(knowing, 5, rng=rng)
    transfer = accuracy(learn(moved, few, settings.later, 25, settings.rate, seed), test)
    scratch = [
        accuracy(learn(Net(rng), few, settings.later, 25, r, seed), test) for r in settings.rates
    ]
    found = {"seed": seed, "transfer": transfer}
    found |= {f"scratch@{r:g}": value for r, value in zip(settings.rates, scratch, strict=True)}
    return found | {"points": 100 * (transfer - max(scratch))}


def run(seeds: Sequence[int], quick: bool = False) -> list[Row]:
    """Compare both for each seed, and print by how many points transfer is better.

    From scratch, several learning rates are tried, and the one that is best on the test counts:
    a choice in its favour. Nothing is chosen for the transfer.

    Args:
        seeds: one comparison for each.
        quick: shorter trainings.
    """
    settings = QUICK if quick else Settings()
    print(
        f"transfer: the digits 0 to 4, then 5 to 9 with {LABELS} labels each, all of them "
        f"somewhere in a field of {FIELD}×{FIELD}"
    )
    names = ["transfer", *(f"scratch@{rate:g}" for rate in settings.rates)]
    formats = {"seed": "d", **dict.fromkeys(names, ".2%"), "points": "+.1f"}
    with single_precision(), Table(formats, verdict) as table:
        for seed in seeds:
            table.add(**compared(settings, seed))
    return table.rows


def verdict(rows: Sequence[Row]) -> list[str]:
    """The mean gain, and in how many seeds there was one."""
    points = [row["points"] for row in rows]
    better = sum(p > 0 for p in points)
    return [
        f"transfer is better than the best from scratch by {np.mean(points):+.1f} points on "
        f"average (goal: +5), and in {better} of {len(points)} (goal: 4 of 5)"
    ]
