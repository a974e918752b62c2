"""A network that learns to read handwritten digits: 1,797 scans of 8 × 8 pixels (system S1).

The images come with scikit-learn: Alpaydin and Kaynak, "Optical Recognition of Handwritten
Digits", UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import autograd as ag
import nn
import optim
from autograd.cli.demo.progress import need, progress

SEEDS = range(5)
EPOCHS = 30
BATCH = 32

Labelled = tuple[np.ndarray, np.ndarray]
"""Images, shape (N, 64) from 0 to 1, and the digits that they show, shape (N,)."""


@dataclass(frozen=True)
class Outcome:
    """How one training went: its seed, the share of test images read right, and the time."""

    seed: int
    accuracy: float
    seconds: float


class Reader(nn.Module):
    """Two layers: 64 pixels, 64 hidden units with ReLU, and a score for each digit."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.fc1 = nn.Linear(64, 64, rng=rng)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(64, 10, rng=rng)

    def forward(self, images: ag.Tensor) -> ag.Tensor:
        """The scores of the ten digits, shape (N, 10)."""
        hidden = self.relu(self.fc1(images))
        scores: ag.Tensor = self.fc2(hidden)
        return scores


def load(seed: int) -> tuple[Labelled, Labelled]:
    """Two thirds of the images to learn from and one third to test on, each digit in proportion."""
    digits = need("sklearn.datasets", "scikit-learn").load_digits()
    split = need("sklearn.model_selection", "scikit-learn").train_test_split
    seen, held_out, labels, held_out_labels = split(
        digits.data / 16, digits.target, test_size=1 / 3, stratify=digits.target, random_state=seed
    )
    return (seen, labels), (held_out, held_out_labels)


def batches(examples: Labelled, rng: np.random.Generator) -> Iterator[Labelled]:
    """All examples once, in random order, some 32 at a time."""
    images, labels = examples
    order = rng.permutation(len(images))
    for places in np.array_split(order, max(1, len(images) // BATCH)):
        yield images[places], labels[places]


def train(examples: Labelled, seed: int, epochs: int = EPOCHS) -> Reader:
    """Train a new network with stochastic gradient descent and momentum."""
    rng = np.random.default_rng(seed)
    model, criterion = Reader(rng), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    for _ in progress(range(epochs), f"seed {seed}"):
        for images, labels in batches(examples, rng):
            optimizer.zero_grad()
            loss = criterion(model(ag.tensor(images)), labels)
            loss.backward()
            optimizer.step()
    return model


def accuracy(model: Reader, examples: Labelled) -> float:
    """The share of images that the network reads right."""
    images, labels = examples
    with ag.no_grad():
        scores = model(ag.tensor(images))
    return float(np.mean(scores.data.argmax(axis=1) == labels))


def outcome(seed: int, epochs: int = EPOCHS) -> Outcome:
    """Train and test once."""
    start = time.perf_counter()
    training, test = load(seed)
    model = train(training, seed, epochs)
    return Outcome(seed, accuracy(model, test), time.perf_counter() - start)


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes line by line, and the median of the accuracies."""
    rows = [f"{o.seed:>8} {o.accuracy:>10.2%} {o.seconds:>9.1f}" for o in outcomes]
    median = statistics.median(o.accuracy for o in outcomes)
    head = f"{'seed':>8} {'accuracy':>10} {'seconds':>9}"
    return "\n".join([head, *rows, f"{'median':>8} {median:>10.2%}"])


def draw_training_step(path: Path, seed: int = 0) -> None:
    """Draw the loss of a new network on four images: the graph of one training step."""
    (images, labels), _ = load(seed)
    model, criterion = Reader(np.random.default_rng(seed)), nn.CrossEntropyLoss()
    pixels = ag.tensor(images[:4], name="images")
    with ag.record():  # keeps the values, however large, for the picture
        loss = criterion(model(pixels), labels[:4])
    loss.graph(gradients=True).save(path)


def show_digits(folder: Path, seeds: Sequence[int] = SEEDS, epochs: int = EPOCHS) -> list[Outcome]:
    """Train once per seed and print the table; write digits.svg."""
    print("A network learns to read 1,797 handwritten digits, one third held out as a test")
    outcomes = [outcome(seed, epochs) for seed in seeds]
    print(table(outcomes))
    draw_training_step(folder / "digits.svg")
    print("  wrote digits.svg")
    return outcomes
