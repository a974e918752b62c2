"""Training as people do it: epochs and batches, validation, early stopping, a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import autograd as ag
from optim.adam import Adam
from optim.batches import answer, batches_of
from optim.callbacks import EarlyStopping, Run, as_callback
from optim.cycles import MomentumCycle
from optim.history import History
from optim.metrics import Metric, by_name
from optim.trainer import Task, Trainer, scores, takes_metric


def fit(
    model: Any,
    loss: Callable[[Any, Any], Any],
    train: Any,
    *,
    validation: Any = None,
    epochs: int = 10,
    optimizer: Any = None,
    schedule: Any = None,
    schedule_every: str | None = None,
    early_stopping: int | EarlyStopping | None = None,
    metrics: Metric | Iterable[Metric] | Mapping[str, Metric] | None = None,
    callbacks: Any = (),
    batch_size: int = 32,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    accumulate: int = 1,
    forward: Callable[[Any, Any], tuple[Any, Any]] | None = None,
    history: History | None = None,
    rng: Any = None,
    progress: bool = True,
) -> History:
    """Train a model, and tell how it went.

    Each epoch goes through `train` once: the model in training mode, for each batch
    ``loss(model(inputs), target)``, its gradients, an update. Then comes `validation`, in
    evaluation mode and without recording. The model is left in evaluation mode.

    Ctrl-C ends the training at once, though never amid an update of the parameters, and the
    history comes back as usual.
    To continue, now or from a checkpoint, give `history` (and model, optimizer, schedule and
    generators in the state that they had at the end of its last epoch, which is when
    callbacks see them): the result is that of the uninterrupted training, bit for bit.

    Args:
        model: anything callable with ``parameters()`` and, as modules have them, ``train()``,
            ``eval()``, ``state_dict()`` and ``load_state_dict()``.
        loss: a function of output and target that gives a mean over the batch, shape ().
        train: ``(inputs, targets)``, arrays of equal length, which are shuffled each epoch; or
            a loader; or any iterable of batches that starts anew each time.
        validation: the same, never shuffled.
        epochs: how many in all, those in `history` counted.
        optimizer: an optimizer of the model's parameters; or what makes one of them, such as
            ``lambda parameters: optim.SGD(parameters, lr=0.1)``; `Adam` otherwise.
        schedule: a schedule of the learning rate, or what makes one of the optimizer. One
            whose ``step`` takes a metric gets the validation loss, or without one the loss.
        schedule_every: ``"epoch"`` or ``"batch"``, when the schedule goes on; a batch by default
            for `CyclicLR` and `OneCycleLR`, an epoch for all others.
        early_stopping: after how many epochs without a better validation loss it stops and
            restores the best weights; or an `EarlyStopping`, which has options.
        metrics: functions of output and target, such as `accuracy`, or a dict of them.
        callbacks: a `Callback` or a function of the `Run`, called after each epoch; or
            several of them.
        batch_size: examples in a batch, where arrays are given.
        clip_norm: the largest norm of all gradients together (`clip_grad_norm_`).
        clip_value: the largest element of a gradient (`clip_grad_value_`; lecture C: 5).
        accumulate: batches whose gradients are averaged, by their sizes, for one update.
        forward: ``forward(model, batch)`` returns ``(output, target)``; for batches that are
            not ``(inputs, target)``, and states that are carried along.
        history: that of an earlier training, which is continued and returned.
        rng: a generator or a seed for the order of arrays; the generator of
            `autograd.manual_seed` otherwise.
        progress: whether a progress bar is shown.

    Returns:
        The history: the loss and the metrics by epoch, and why it ended.

    Raises:
        AnomalyError: a loss or a gradient with NaN or infinity; the message names the epoch,
            the batch, and the operation and line that made it.
        ArgumentError: an argument of the wrong kind.
        RangeError: a number that makes no sense, or data without a batch.
        ShapeError: arrays of different lengths, or a loss that is not a single number.
        MissingPackageError: tqdm is not installed, and `progress` is not False.

    >>> from optim import SGD
    >>> weight = ag.tensor(0.0, requires_grad=True)
    >>> class Line:
    ...     def __call__(self, x):
    ...         return weight * x
    ...
    ...     def parameters(self):
    ...         return [weight]
    >>> x = ag.tensor([1.0, 2.0, 3.0, 4.0])
    >>> history = fit(
    ...     Line(), ag.mse_loss, (x, 2 * x), epochs=20, batch_size=2, rng=0, progress=False,
    ...     optimizer=lambda parameters: SGD(parameters, lr=0.05),
    ... )
    >>> round(weight.item(), 4), history.stopped
    (2.0, 'all 20 epochs are done')
    """
    _check_counts(epochs=epochs, accumulate=accumulate, batch_size=batch_size)
    task = Task(model, loss, by_name(metrics), forward or answer)
    optimizer = _optimizer(model, optimizer)
    run = Run(model, optimizer, None, History() if history is None else history, epochs)
    run.schedule = _schedule(schedule, optimizer)
    run.epoch, run.validated = len(run.history), validation is not None
    trainer = Trainer(
        task=task,
        run=run,
        train=batches_of(train, "train", batch_size, shuffle=True, rng=rng),
        validation=None
        if validation is None
        else batches_of(validation, "validation", batch_size, shuffle=False, rng=None),
        callbacks=_callbacks(callbacks, early_stopping),
        schedule_every=_turn(run.schedule, schedule_every),
        clip_norm=clip_norm,
        clip_value=clip_value,
        accumulate=accumulate,
        progress=progress,
    )
    trainer.run_all()
    return run.history


def evaluate(
    model: Any,
    loss: Callable[[Any, Any], Any],
    data: Any,
    *,
    metrics: Metric | Iterable[Metric] | Mapping[str, Metric] | None = None,
    batch_size: int = 32,
    forward: Callable[[Any, Any], tuple[Any, Any]] | None = None,
) -> dict[str, float]:
    """The loss and the metrics over all batches of a data set, each weighted by its size.

    The model is in evaluation mode meanwhile, nothing is recorded, and arguments and errors
    are those of `fit`.

    >>> class Half:
    ...     def __call__(self, x):
    ...         return x / 2
    >>> x = ag.tensor([2.0, 4.0, 6.0])
    >>> evaluate(Half(), ag.mse_loss, (x, x), batch_size=2)
    {'loss': 4.666666666666667}
    """
    _check_counts(batch_size=batch_size)
    task = Task(model, loss, by_name(metrics), forward or answer)
    training = getattr(model, "training", False)
    try:
        return scores(task, batches_of(data, "data", batch_size, shuffle=False, rng=None), "data")
    finally:
        if training:
            model.train()


# --- what was given, as what is used ------------------------------------------------------


def _optimizer(model: Any, given: Any) -> Any:
    if given is not None and not callable(given) and not hasattr(given, "step"):
        raise ag.ArgumentError(
            "optimizer is an optimizer, or a function of the parameters that makes one: "
            f"optimizer=lambda parameters: optim.SGD(parameters, lr=0.1); got {given!r:.60}."
        )
    if hasattr(given, "step") and not isinstance(given, type):
        return given
    if not hasattr(model, "parameters"):
        raise ag.ArgumentError(
            f"fit(model, …): {type(model).__name__} has no parameters(). Give an nn.Module, or an "
            "optimizer that was made with the tensors that are to be trained."
        )
    return (given or Adam)(list(model.parameters()))


def _schedule(given: Any, optimizer: Any) -> Any:
    made = hasattr(given, "step") and not isinstance(given, type)
    if not made and given is not None and not callable(given):
        raise ag.ArgumentError(
            "schedule is a schedule, or a function of the optimizer that makes one: "
            f"schedule=lambda optimizer: optim.StepLR(optimizer, 10); got {given!r:.60}."
        )
    schedule = given if made or given is None else given(optimizer)
    if getattr(schedule, "optimizer", optimizer) is not optimizer:
        raise ag.ArgumentError("The schedule belongs to another optimizer than the one given.")
    return schedule


def _turn(schedule: Any, given: str | None) -> str:
    """Whether a schedule goes on after each epoch or after each batch."""
    turn = given or ("batch" if isinstance(schedule, MomentumCycle) else "epoch")
    if turn not in ("epoch", "batch"):
        raise ag.RangeError(f"schedule_every is 'epoch' or 'batch', got {given!r}.")
    if schedule is None or not takes_metric(schedule):
        return turn
    if turn == "batch" or getattr(schedule, "mode", "min") != "min":
        raise ag.ArgumentError(
            f"{type(schedule).__name__} is given the loss of each epoch, which should fall: "
            "schedule_every='epoch', mode='min'. For another metric call its step in a callback."
        )
    return turn


def _callbacks(given: Any, early_stopping: Any) -> list[Any]:
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    if isinstance(early_stopping, bool) or not isinstance(
        early_stopping, (int, EarlyStopping, type(None))
    ):
        raise ag.ArgumentError(
            "early_stopping is a number of epochs or an optim.EarlyStopping(…), got "
            f"{early_stopping!r:.60}."
        )
    if isinstance(early_stopping, int):
        early_stopping = EarlyStopping(early_stopping)
    first = [] if early_stopping is None else [early_stopping]
    return first + [as_callback(callback) for callback in listed]


def _check_counts(**counts: Any) -> None:
    for name, count in counts.items():
        if isinstance(count, bool) or not hasattr(count, "__index__"):
            raise ag.ArgumentError(f"{name} is a whole number, got {count!r}.")
        if count < 1:
            raise ag.RangeError(f"{name} is at least 1, got {count}.")
