"""The copy task: twenty symbols are shown, then asked for (Hochreiter and Schmidhuber 1997).

Between a symbol and its answer lie 21 steps. In a vanilla recurrent network the gradient over
that distance vanishes (lecture E3); an LSTM keeps it while its forget gates are open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd as ag
import nn
import optim
from autograd.cli.train.report import Row, Table, fit, single_precision


@dataclass(frozen=True)
class Task:
    """What is to be copied, and how long it is trained.

    Attributes:
        length: symbols in a row.
        symbols: how many kinds there are; to guess is right once in so many.
        batch: rows in a batch, each drawn anew.
        reports: how often the curves get a point.
        steps: updates between two points.
        hidden: units of the LSTM.
    """

    length: int = 20
    symbols: int = 4
    batch: int = 32
    reports: int = 20
    steps: int = 300
    hidden: int = 128


QUICK = Task(length=3, symbols=2, reports=5, steps=100, hidden=32)


@dataclass(frozen=True)
class Contestant:
    """A kind of network, its number of units and its highest learning rate."""

    cell: str
    hidden: int
    rate: float

    def __str__(self) -> str:
        return f"{self.cell} {self.hidden} @ {self.rate:g}"


class FreshRows:
    """Batches for the copy task, drawn anew each time.

    Args:
        task: their size and number.
        rng: what draws.
    """

    def __init__(self, task: Task, rng: np.random.Generator) -> None:
        self.task, self.rng = task, rng

    def __len__(self) -> int:
        return self.task.steps

    def __iter__(self) -> Iterator[tuple[ag.Tensor, ag.Tensor]]:
        task = self.task
        for _ in range(len(self)):
            drawn = nn.data.copy_task(task.batch, task.length, symbols=task.symbols, rng=self.rng)
            yield ag.tensor(drawn.inputs), ag.tensor(drawn.targets)


def contestants(task: Task) -> list[Contestant]:
    """The LSTM, and vanilla networks with as many units and with as many parameters.

    The number of units h of the latter solves 4n² + … = h² + …, nearly 2n. The vanilla
    networks are given two learning rates, for they bear less.
    """
    n = task.hidden
    return [
        Contestant("lstm", n, 5e-3),
        Contestant("rnn", n, 5e-3),
        Contestant("rnn", n, 1e-3),
        Contestant("rnn", 2 * n, 1e-3),
    ]


def built(task: Task, contestant: Contestant, rng: np.random.Generator) -> nn.models.LanguageModel:
    """The network, reading one-hot symbols; an LSTM with gates that start open.

    The forget gates' biases are drawn as log U(1, T), the input gates' are their negatives, so
    that memories start with lifetimes of up to T steps (Tallec and Ollivier 2018, "Can
    recurrent neural networks warp time?").
    """
    model = nn.models.LanguageModel(task.symbols + 2, contestant.hidden, contestant.cell, rng=rng)
    if contestant.cell == "lstm":
        n = contestant.hidden
        layer: Any = model.recurrent
        lifetimes = np.log(rng.uniform(1, 2 * task.length, n))
        layer.bias_ih_l0.data[: 2 * n] = np.concatenate([-lifetimes, lifetimes])
        layer.bias_hh_l0.data[: 2 * n] = 0
    return model


def answers(model: nn.models.LanguageModel, batch: Any) -> tuple[Any, Any]:
    """The scores and the symbols at the steps where an answer is asked for."""
    inputs, targets = batch
    first = inputs.shape[1] // 2 + 1
    scores, _ = model(inputs)
    return (
        ag.reshape(scores[:, first:], (-1, model.symbols)),
        ag.reshape(targets[:, first:], (-1,)),
    )


def trained(task: Task, contestant: Contestant, seed: int) -> Row:
    """The curve of the accuracy, and the accuracy on 1,000 rows that were never seen."""
    rng, start = np.random.default_rng(seed), time.perf_counter()
    model, loss = built(task, contestant, rng), nn.CrossEntropyLoss()
    total = task.reports * task.steps
    history = fit(
        model,
        loss,
        FreshRows(task, rng),
        epochs=task.reports,
        optimizer=lambda weights: optim.Adam(weights, lr=contestant.rate),
        schedule=lambda o: optim.lr_scheduler.OneCycleLR(o, contestant.rate, total, pct_start=0.1),
        clip_norm=1.0,
        forward=answers,
        metrics=optim.accuracy,
    )
    test = nn.data.copy_task(1000, task.length, symbols=task.symbols, rng=rng)
    judged = optim.evaluate(
        model, loss, tuple(test), metrics=optim.accuracy, forward=answers, batch_size=250
    )
    return {
        "network": str(contestant),
        "parameters": sum(p.numel() for p in model.parameters()),
        "curve": history["accuracy"],
        "accuracy": judged["accuracy"],
        "seconds": time.perf_counter() - start,
    }


def run(seed: int = 0, quick: bool = False) -> list[Row]:
    """Train each network as long as the others, and print curves and accuracies.

    Args:
        seed: of the weights and the rows.
        quick: three symbols of two kinds, and small networks.
    """
    task = QUICK if quick else Task()
    print(
        f"copy: {task.length} symbols of {task.symbols} kinds, asked for {task.length + 1} steps "
        f"later; guessing is right in {1 / task.symbols:.0%}"
    )
    formats = {"network": "", "parameters": ",d", "accuracy": ".2%", "seconds": ".1f"}
    curves: list[Row] = []
    with single_precision(), Table(formats, lambda _: curves_of(task, curves)) as table:
        for contestant in contestants(task):
            curves.append(trained(task, contestant, seed))
            table.add(**{name: curves[-1][name] for name in formats})
    return curves


def curves_of(task: Task, found: Sequence[Row]) -> list[str]:
    """The share of symbols that were right in training, over the steps, network by network."""
    names = [row["network"] for row in found]
    lines = [
        "",
        "symbols right in training, mean since the line above",
        "  ".join(["steps", *names]),
    ]
    for report, values in enumerate(zip(*(row["curve"] for row in found), strict=True), start=1):
        cells = [f"{value:.1%}".rjust(len(n)) for n, value in zip(names, values, strict=True)]
        lines.append("  ".join([f"{report * task.steps:5d}", *cells]))
    return lines
