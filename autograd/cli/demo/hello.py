"""A recurrent network that reads "hell" and learns to say what comes next: "ello" (lecture C1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import autograd as ag
import nn
import optim
from autograd.cli.demo.progress import progress

VOCABULARY = "helo"
INPUT, TARGET = "hell", "ello"
STEPS = 100


class Speller(nn.Module):
    """h_t = tanh(W_hh·h_{t−1} + W_xh·x_t), y_t = W_hy·h_t, with three hidden units."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.cell = nn.RNNCell(len(VOCABULARY), 3, bias=False, rng=rng)
        self.output = nn.Linear(3, len(VOCABULARY), bias=False, rng=rng)

    def forward(self, letters: list[ag.Tensor]) -> ag.Tensor:
        """The scores of each letter of the vocabulary after each letter that was read."""
        scores, _ = nn.unroll(self.cell, letters, readout=self.output)
        return scores


def one_hot(word: str) -> list[ag.Tensor]:
    """One vector per letter, named after it: zeros, and a 1 at its place in the vocabulary."""
    rows = np.eye(len(VOCABULARY))
    return [ag.tensor(rows[VOCABULARY.index(letter)], name=f'"{letter}"') for letter in word]


def numbers(word: str) -> list[int]:
    """The places of a word's letters in the vocabulary."""
    return [VOCABULARY.index(letter) for letter in word]


def spell(scores: ag.Tensor) -> str:
    """The letters with the highest scores."""
    return "".join(VOCABULARY[place] for place in scores.data.argmax(axis=1))


def train(model: Speller, steps: int = STEPS) -> None:
    """Train on the one word, with gradient descent and momentum."""
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in progress(range(steps), "training"):
        optimizer.zero_grad()
        loss = criterion(model(one_hot(INPUT)), numbers(TARGET))
        loss.backward()
        optimizer.step()


def show_hello(folder: Path, steps: int = STEPS) -> str:
    """Print what the network says before and after training; write hello.svg."""
    model, criterion = Speller(), nn.CrossEntropyLoss()
    print(f'A recurrent network reads "{INPUT}" and shall say "{TARGET}"')
    print(f'  before training it says "{spell(model(one_hot(INPUT)))}"')
    train(model, steps)
    scores = model(one_hot(INPUT))
    loss = criterion(scores, numbers(TARGET))
    print(f'  after {steps} steps it says "{spell(scores)}" (loss {loss.item():.4f})')
    loss.graph(depth=2, gradients=True, direction="TB").save(folder / "hello.svg")
    print("  wrote hello.svg\n")
    return spell(scores)
