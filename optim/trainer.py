"""The loop of `optim.fit`: groups of batches, updates, and what happens between epochs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

import autograd as ag
from optim.batches import count_of, in_groups, size_of
from optim.callbacks import Run
from optim.clipping import clip_grad_norm_, clip_grad_value_
from optim.faults import check_finite, explanation
from optim.interrupts import Interrupts
from optim.lbfgs import LBFGS
from optim.metrics import Means, Metric
from optim.newton import Newton
from optim.progress import progress_bar

TAKE_A_CLOSURE = (LBFGS, Newton)
"""Optimizers that compute the loss themselves, as often as they like."""


@dataclass(frozen=True)
class Task:
    """What is computed of a batch.

    Attributes:
        model, loss: what is trained, and by what it is judged.
        metrics: what else is measured, by name.
        forward: from the model and a batch to output and target.
    """

    model: Any
    loss: Callable[[Any, Any], Any]
    metrics: dict[str, Metric]
    forward: Callable[[Any, Any], tuple[Any, Any]]

    def judge(self, batch: Any) -> tuple[Any, dict[str, float]]:
        """The loss of a batch as a tensor, and all numbers that are measured.

        Raises:
            ShapeError: the loss is not a single number.
        """
        output, target = self.forward(self.model, batch)
        loss = self.loss(output, target)
        if getattr(loss, "shape", None) != ():
            shape = getattr(loss, "shape", None)
            what = type(loss).__name__ if shape is None else f"a tensor of shape {tuple(shape)}"
            raise ag.ShapeError(
                f"The loss must be a tensor of shape (), and it is {what}: take its mean."
            )
        with ag.no_grad():
            measured = {
                name: float(metric(output, target)) for name, metric in self.metrics.items()
            }
        return loss, {"loss": loss.item(), **measured}


def scores(task: Task, batches: Any, name: str) -> dict[str, float]:
    """The means over all batches, in evaluation mode, nothing recorded.

    Raises:
        RangeError: there is no batch.
    """
    means, seen = Means(), False
    _switch(task.model, training=False)
    with ag.no_grad():
        for batch in batches:
            means.add(task.judge(batch)[1], size_of(batch))
            seen = True
    if not seen:
        raise _no_batch(name)
    return means.result()


@dataclass
class Trainer:
    """All that `fit` was given, in the form that the loop uses."""

    task: Task
    run: Run
    train: Any
    validation: Any
    callbacks: list[Any]
    schedule_every: str
    clip_norm: float | None
    clip_value: float | None
    accumulate: int
    progress: bool

    def run_all(self) -> None:
        """Train until all epochs are done, or something stops it."""
        run, steps = self.run, count_of(self.train)
        total = None if steps is None else steps * max(0, run.epochs - run.epoch)
        bar = progress_bar("training", total, self.progress)
        with bar as self.bar, Interrupts() as self.interrupts:
            try:
                self._tell("on_fit_start")
                while run.epoch < run.epochs and not run.stopping:
                    self._epoch()
            except KeyboardInterrupt:
                run.stop(f"interrupted by Ctrl-C in epoch {run.epoch + 1}")
        run.history.stopped = run.stopping or f"all {run.epochs} epochs are done"
        run.optimizer.zero_grad()
        self._tell("on_fit_end")
        _switch(run.model, training=False)

    def _epoch(self) -> None:
        run, means, start = self.run, Means(), time.perf_counter()
        rate = run.optimizer.param_groups[0]["lr"]
        _switch(run.model, training=True)
        run.batch = 0
        self._tell("on_epoch_start")
        for group in in_groups(self.train, self.accumulate):
            self._update(group, means)
            if run.stopping:
                return
        if not run.batch:
            raise _no_batch("train")
        values = means.result()
        if self.validation is not None:
            judged = scores(self.task, self.validation, "validation")
            values |= {f"validation_{name}": value for name, value in judged.items()}
        self._finish_epoch(values | {"lr": rate, "seconds": time.perf_counter() - start})

    def _finish_epoch(self, values: dict[str, float]) -> None:
        run = self.run
        run.history.append(values)
        run.epoch += 1
        if run.schedule is not None and self.schedule_every == "epoch":
            watched = run.history[run.history.monitored][-1]
            run.schedule.step(*([watched] if takes_metric(run.schedule) else []))
        self._show(values, run.epoch)
        self._tell("on_epoch_end")

    # --- one update -----------------------------------------------------------------------

    def _update(self, group: list[Any], means: Means) -> None:
        """From a group of batches to new parameters, all of them or none."""
        run, optimizer = self.run, self.run.optimizer
        if isinstance(optimizer, TAKE_A_CLOSURE):
            judged: list[dict[str, float]] = []
            optimizer.step(lambda: self._evaluate(group, judged))
        else:
            judged = self._descend(group)
            self.interrupts.whole(optimizer.step)
        for values, batch in zip(judged, group, strict=False):
            means.add(values, size_of(batch))
            run.history.batch_losses.append(values["loss"])
        run.batch += len(group)
        run.loss = judged[len(group) - 1]["loss"]
        if run.schedule is not None and self.schedule_every == "batch":
            run.schedule.step()
        self.bar.update(len(group))
        if self.progress:
            self._show(means.result(), run.epoch + 1)
        self._tell("on_batch_end")

    def _descend(self, group: list[Any]) -> list[dict[str, float]]:
        """Leave the mean gradient over the batches of a group, one graph at a time."""
        self.run.optimizer.zero_grad()
        judged = []
        for number, (batch, share) in enumerate(zip(group, _shares(group), strict=True)):
            loss, values = self.task.judge(batch)
            (loss if share == 1 else loss * share).backward()
            self._check(values["loss"], batch, number)
            judged.append(values)
        self._clip()
        return judged

    def _evaluate(self, group: list[Any], judged: list[dict[str, float]]) -> Any:
        """The mean loss over a group, its gradients left behind: a closure, run repeatedly."""
        self.run.optimizer.zero_grad()
        total: Any = 0.0
        first = not judged
        for number, (batch, share) in enumerate(zip(group, _shares(group), strict=True)):
            loss, values = self.task.judge(batch)
            if first:  # a line search may try points that are out of the question
                self._check(values["loss"], batch, number)
            judged.append(values)
            total = loss if share == 1 else total + loss * share
        total.backward()
        self._clip()
        return total

    def _check(self, loss: float, batch: Any, number: int) -> None:
        run = self.run
        place = f"in epoch {run.epoch + 1}, batch {run.batch + number + 1}"
        check_finite(
            loss,
            self._parameters(),
            lambda words: explanation(
                f"{words} {place}", run.model, batch, lambda: self.task.judge(batch)[0].backward()
            ),
        )

    def _clip(self) -> None:
        if self.clip_norm is not None:
            clip_grad_norm_(self._parameters(), self.clip_norm)
        if self.clip_value is not None:
            clip_grad_value_(self._parameters(), self.clip_value)

    # --- odds and ends --------------------------------------------------------------------

    def _parameters(self) -> list[Any]:
        return [p for group in self.run.optimizer.param_groups for p in group["params"]]

    def _show(self, values: dict[str, float], epoch: int) -> None:
        shown = {n: f"{v:.4g}" for n, v in values.items() if n not in ("lr", "seconds")}
        self.bar.set_postfix({"epoch": f"{epoch}/{self.run.epochs}", **shown}, refresh=False)

    def _tell(self, event: str) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self.run)


def _shares(group: list[Any]) -> list[float]:
    """The part of each batch in the examples of a group."""
    sizes = [size_of(batch) for batch in group]
    return [size / (sum(sizes) or 1) for size in sizes]


def takes_metric(schedule: Any) -> bool:
    """Whether a schedule's step must be told how well it goes, as ReduceLROnPlateau's."""
    parameters = list(signature(schedule.step).parameters.values())
    return bool(parameters) and parameters[0].default is Parameter.empty


def _switch(model: Any, *, training: bool) -> None:
    change = getattr(model, "train" if training else "eval", None)
    if change is not None:
        change()


def _no_batch(name: str) -> ag.RangeError:
    return ag.RangeError(
        f"{name} gave no batch: it has no examples, or fewer than one batch with drop_last."
    )
