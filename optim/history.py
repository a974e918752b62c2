"""What happened in a training, epoch by epoch, as numbers and as a picture."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import autograd as ag


class History:
    """The course of a training: one number per epoch and name, which it can plot.

    Names are ``"loss"``, those of the metrics, the same with ``"validation_"`` before them,
    ``"lr"`` (of the first parameter group) and ``"seconds"``. In a notebook the history shows
    itself as curves.

    Attributes:
        batch_losses: the loss of each batch, of all epochs.
        stopped: why the training ended, in words.

    >>> history = History()
    >>> history.append({"loss": 0.7, "validation_loss": 0.8})
    >>> history.append({"loss": 0.4, "validation_loss": 0.6})
    >>> history["loss"], len(history), history.best()
    ([0.7, 0.4], 2, 2)
    >>> history
    History(2 epochs: loss 0.7 → 0.4, validation_loss 0.8 → 0.6)
    """

    def __init__(self) -> None:
        self.epochs: dict[str, list[float]] = {}
        self.batch_losses: array[float] = array("d")
        self.stopped = ""

    def __len__(self) -> int:
        return max(map(len, self.epochs.values()), default=0)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.epochs)

    def __contains__(self, name: object) -> bool:
        return name in self.epochs

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.epochs:
            known = ", ".join(self.epochs) or "nothing yet"
            raise ag.RangeError(f"The history has no {name!r}; it has {known}.")
        return self.epochs[name]

    def append(self, values: Mapping[str, float]) -> None:
        """Add an epoch; what it does not have, and what earlier ones did not have, is NaN."""
        before = len(self)
        for name in {**self.epochs, **values}:
            column = self.epochs.setdefault(name, [math.nan] * before)
            column.append(float(values.get(name, math.nan)))

    def best(self, name: str = "", mode: str = "min") -> int:
        """The epoch, counted from 1, with the best value; 0 if there is none.

        Args:
            name: what to compare; ``"validation_loss"`` if there is one, or else ``"loss"``.
            mode: ``"min"`` or ``"max"``.
        """
        column = self[name or self.monitored]
        finite = [i for i, value in enumerate(column) if not math.isnan(value)]
        choose = {"min": min, "max": max}[mode]
        return 1 + choose(finite, key=column.__getitem__) if finite else 0

    @property
    def monitored(self) -> str:
        """``"validation_loss"`` if there is one, or else ``"loss"``."""
        return "validation_loss" if "validation_loss" in self.epochs else "loss"

    def plot(
        self, names: Iterable[str] | None = None, *, yscale: str = "linear", theme: str = "light"
    ) -> Any:
        """Curves over the epochs: a panel for the loss and for each metric.

        Several histories in the same panels: ``ag.plot.loss_curves({"SGD": history, …})``.

        Args:
            names: what to plot, without ``"validation_"``, which comes along; the loss and
                the metrics otherwise.
            yscale: ``"linear"`` or ``"log"``.
            theme: ``"light"``, ``"dark"`` or ``"print"``.

        Returns:
            A ``matplotlib.figure.Figure``; its ``savefig`` writes it to a file.

        Raises:
            MissingPackageError: matplotlib is not installed.
            StateError: no epoch has been completed.
            RangeError: the history has no such name; an unknown scale or theme.
        """
        ag.need_package("matplotlib.figure", "matplotlib", "train", "Plotting a history")
        return ag.plot.loss_curves(self, names, yscale=yscale, theme=theme)

    def _repr_html_(self) -> str | None:
        """The curves, for a notebook; None where there are none or no matplotlib."""
        try:
            return str(self.plot()._repr_html_())
        except (ag.MissingPackageError, ag.StateError):
            return None

    def state_dict(self) -> dict[str, Any]:
        """All of it as lists and strings, which JSON can hold."""
        return {
            "epochs": {name: list(column) for name, column in self.epochs.items()},
            "batch_losses": list(self.batch_losses),
            "stopped": self.stopped,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.epochs = {name: [float(v) for v in c] for name, c in state["epochs"].items()}
        self.batch_losses = array("d", state["batch_losses"])
        self.stopped = str(state["stopped"])

    def __repr__(self) -> str:
        curves = [f"{n} {_span(c)}" for n, c in self.epochs.items() if n not in ("lr", "seconds")]
        end = f"; {self.stopped}" if self.stopped else ""
        count = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        return f"History({count}{': ' * bool(curves)}{', '.join(curves)}{end})"


def _span(column: Sequence[float]) -> str:
    return f"{column[0]:.4g} → {column[-1]:.4g}" if len(column) > 1 else f"{column[0]:.4g}"
