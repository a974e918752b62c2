"""What is measured besides the loss, and means over batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

import autograd as ag

Metric = Callable[[Any, Any], Any]


def accuracy(output: Any, target: Any) -> float:
    """The share of examples whose largest score is that of their class.

    Args:
        output: scores or probabilities, shape (N, C) or (N, C, …).
        target: classes, shape (N,) or (N, …), or probabilities, shaped as the scores.

    Raises:
        ShapeError: other shapes.

    >>> accuracy(ag.tensor([[0.1, 2.0], [1.5, 0.3]]), ag.tensor([1, 1]))
    0.5
    """
    scores, classes = map(_array, (output, target))
    if scores.ndim > 1 and classes.shape == scores.shape:
        classes = classes.argmax(axis=1)
    if scores.ndim < 2 or classes.shape != (scores.shape[0], *scores.shape[2:]):
        raise ag.ShapeError(
            f"accuracy compares scores of shape (N, C, …) with classes of shape (N, …), got "
            f"{scores.shape} and {classes.shape}. For one score per example write a metric of "
            "your own: lambda output, target: ((output > 0) == target).mean()."
        )
    return float(np.mean(scores.argmax(axis=1) == classes)) if classes.size else float("nan")


class Means:
    """Running means of several numbers, each batch with the weight of its size."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._weight = 0.0

    def add(self, values: Mapping[str, float], weight: float) -> None:
        """Take in the means over one batch."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * weight
        self._weight += weight

    def result(self, prefix: str = "") -> dict[str, float]:
        """The means so far, their names with a prefix; NaN if no example was counted."""
        weight = self._weight or float("nan")
        return {prefix + name: total / weight for name, total in self._sums.items()}


def by_name(metrics: Metric | Iterable[Metric] | Mapping[str, Metric] | None) -> dict[str, Metric]:
    """Metrics under the names that the history has them by.

    Raises:
        ArgumentError: something that cannot be called, or a name that is taken.
    """
    if metrics is None:
        return {}
    listed = [metrics] if callable(metrics) else metrics
    named = listed if isinstance(listed, Mapping) else {_name(m): m for m in listed}
    for name, metric in named.items():
        if not callable(metric):
            raise ag.ArgumentError(
                "A metric is a function of output and target, such as optim.accuracy; got "
                f"{metric!r:.60}."
            )
        if name in ("loss", "lr", "seconds"):
            raise ag.ArgumentError(f"The history has {name!r} already; name the metric otherwise.")
    return dict(named)


def _array(value: Any) -> Any:
    return value.data if isinstance(value, ag.Tensor) else np.asarray(value)


def _name(metric: Any) -> str:
    return str(getattr(metric, "__name__", metric))
