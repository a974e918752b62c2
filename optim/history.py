"""What happened in a training, epoch by epoch, as numbers and as a picture."""

from __future__ import annotations

import io
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import autograd as ag
from optim.optional import need


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

    def plot(self, names: Iterable[str] | None = None) -> Any:
        """Curves over the epochs: a panel for the loss and for each metric.

        Args:
            names: what to plot, without ``"validation_"``, which comes along; the loss and
                the metrics otherwise.

        Returns:
            A ``matplotlib.figure.Figure``; its ``savefig`` writes it to a file.

        Raises:
            MissingPackageError: matplotlib is not installed.
            StateError: no epoch has been completed.
        """
        if not len(self):
            raise ag.StateError("No epoch has been completed, so there is nothing to plot.")
        panels = self._panels() if names is None else list(names)
        figure = _figure(len(panels))
        for axes, name in zip(
            figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
        ):
            self._curves(axes, name)
        return figure

    def _panels(self) -> list[str]:
        hidden = ("lr", "seconds")
        return [n for n in self.epochs if n not in hidden and not n.startswith("validation_")]

    def _curves(self, axes: Any, name: str) -> None:
        for key, label in ((name, "training"), (f"validation_{name}", "validation")):
            if key in self.epochs or key == name:
                axes.plot(range(1, len(self) + 1), self[key], marker=".", label=label)
        if f"validation_{name}" in self.epochs:
            axes.axvline(self.best(), color="0.7", linestyle=":", label="best epoch")
            axes.legend()
        axes.set(xlabel="epoch", ylabel=name)
        axes.locator_params(axis="x", integer=True)

    def _repr_svg_(self) -> str | None:
        """The curves, for a notebook; None where there are none or no matplotlib."""
        try:
            return _svg(self.plot())
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


def _figure(panels: int) -> Any:
    """A figure that a notebook shows, made without pyplot and its global state."""
    figure = need("matplotlib.figure", "matplotlib", "Plotting a history").Figure
    shown = type("Figure", (figure,), {"_repr_svg_": _svg})
    return shown(figsize=(4.5 * panels, 3.2), layout="constrained")


def _svg(figure: Any) -> str:
    """The same curves give the same bytes."""
    file = io.StringIO()
    with need("matplotlib", "matplotlib", "Drawing").rc_context({"svg.hashsalt": "glassgrad"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _span(column: Sequence[float]) -> str:
    return f"{column[0]:.4g} → {column[-1]:.4g}" if len(column) > 1 else f"{column[0]:.4g}"
