"""What others may do during a training: look on, save, stop it.

A checkpoint after each epoch is a function of the run, such as
``lambda run: nn.save_checkpoint("run.npz", model=run.model, optimizer=run.optimizer,
schedule=run.schedule, rng=rng, history=run.history.state_dict())``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import autograd as ag
from optim.history import History


@dataclass
class Run:
    """A training under way, as callbacks see it.

    Attributes:
        model, optimizer, schedule: what is trained, by what, at which rate.
        history: what happened so far.
        epochs: how many there are to be.
        epoch: how many are done.
        batch: how many batches of this epoch are done.
        loss: that of the last batch.
        validated: whether each epoch ends with a validation.
        stopping: why the training ends after this batch or epoch; empty while it goes on.
    """

    model: Any
    optimizer: Any
    schedule: Any
    history: History
    epochs: int
    epoch: int = 0
    batch: int = 0
    loss: float = math.nan
    validated: bool = False
    stopping: str = ""

    def stop(self, reason: str = "stopped by a callback") -> None:
        """End the training after this batch or epoch."""
        self.stopping = reason


class Callback:
    """Called during a training: a subclass defines the methods that it needs."""

    def on_fit_start(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_start(self, run: Run) -> None:
        """Before each epoch, the model in training mode."""

    def on_batch_end(self, run: Run) -> None:
        """After each update of the parameters."""

    def on_epoch_end(self, run: Run) -> None:
        """After each epoch, with its numbers in the history and the schedule advanced."""

    def on_fit_end(self, run: Run) -> None:
        """After the last epoch, or when the training was stopped or interrupted."""


class EarlyStopping(Callback):
    """Stops when the validation no longer improves, and restores the best weights.

    Args:
        patience: epochs without improvement after which it stops; None never stops, and
            only restores the best weights at the end.
        monitor: what is compared, a name of the history.
        mode: ``"min"``, or ``"max"`` for an accuracy.
        min_delta: what counts as an improvement.
        restore_best: whether the model ends with the weights of its best epoch.

    Attributes:
        best: the best value so far.
        best_epoch: the epoch that it is of, counted from 1; before there is one, how many
            epochs were done when it began to watch.
        weights: the model's state of that epoch.

    Raises:
        RangeError: options that make no sense.

    Source: Prechelt 1998, "Early stopping - but when?"; lecture A.
    """

    def __init__(
        self,
        patience: int | None = 10,
        *,
        monitor: str = "validation_loss",
        mode: str = "min",
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        if mode not in ("min", "max"):
            raise ag.RangeError(f"EarlyStopping: mode is 'min' or 'max', got {mode!r}.")
        if (patience is not None and patience < 1) or min_delta < 0:
            raise ag.RangeError("EarlyStopping: patience is at least 1, min_delta at least 0.")
        self.patience, self.monitor, self.mode = patience, monitor, mode
        self.min_delta, self.restore_best = min_delta, restore_best
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch = -1
        self.weights: dict[str, Any] = {}

    def on_fit_start(self, run: Run) -> None:
        """Begin anew with a new history; go on with one that is continued."""
        if self.monitor.startswith("validation_") and not run.validated:
            raise ag.ArgumentError(
                f"EarlyStopping watches {self.monitor!r}: give fit(…, validation=…), or "
                "watch the training with EarlyStopping(monitor='loss')."
            )
        if not len(run.history):
            self._forget()
        if self.best_epoch < 0:
            self.best_epoch = run.epoch
        self._stop_if_exhausted(run)

    def on_epoch_end(self, run: Run) -> None:
        """Keep the weights of the best epoch; stop when the last one is too long ago."""
        value = run.history[self.monitor][-1]
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > self.min_delta:
            self.best, self.best_epoch = value, run.epoch
            if self.restore_best:
                self.weights = copied_state(run.model)
        self._stop_if_exhausted(run)

    def _stop_if_exhausted(self, run: Run) -> None:
        if self.patience is not None and run.epoch - self.best_epoch >= self.patience:
            run.stop(
                f"no better {self.monitor} in {self.patience} epoch{'s' * (self.patience > 1)}"
                f" (best: {self.best:.4g} in epoch {self.best_epoch})"
            )

    def on_fit_end(self, run: Run) -> None:
        """Restore the weights of the best epoch."""
        if self.weights:
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """What a continued training needs; arrays are shared, not copied."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": dict(self.weights)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.best, self.best_epoch = float(state["best"]), int(state["best_epoch"])
        self.weights = dict(state["weights"])


def copied_state(model: Any) -> dict[str, Any]:
    """The arrays of a model's state, copied."""
    return {name: tensor.data.copy() for name, tensor in model.state_dict().items()}


class _AtEpochEnd(Callback):
    def __init__(self, function: Callable[[Run], Any]) -> None:
        self.function = function

    def on_epoch_end(self, run: Run) -> None:
        """Call the function."""
        self.function(run)


def as_callback(given: Any) -> Any:
    """A callback as it is, a function as one that is called after each epoch.

    Raises:
        ArgumentError: something else.
    """
    if isinstance(given, type) or not (isinstance(given, Callback) or callable(given)):
        raise ag.ArgumentError(
            "A callback is an object of a subclass of optim.Callback, or a function of the run, "
            f"which is called after each epoch; got {given!r:.60}."
        )
    return given if isinstance(given, Callback) else _AtEpochEnd(given)
