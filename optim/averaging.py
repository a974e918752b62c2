"""Averages of a model over its training: exponential ones, and the plain mean of SWA."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer
from optim.options import as_float
from optim.schedules import FactorLR, for_each_group, wave

Average = Callable[[Any, Any, int], Any]


def ema_update(average: Any, value: Any, decay: Any) -> Any:
    """a ← decay·a + (1 − decay)·x, the exponential moving average.

    >>> ema_update(1.0, 2.0, decay=0.75)
    1.25
    """
    return decay * average + (1 - decay) * value


def mean_update(average: Any, value: Any, count: Any) -> Any:
    """a ← a + (x − a) / (count + 1), the mean of what was seen so far.

    >>> mean_update(1.0, 4.0, count=2)
    2.0
    """
    return average + (value - average) / (count + 1)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """An `avg_fn` for `AveragedModel` that averages exponentially.

    Raises:
        RangeError: decay outside [0, 1].
    """
    if not 0 <= decay <= 1:
        raise ag.RangeError(f"Invalid decay value {decay}: it must be between 0 and 1")
    return lambda average, value, count: ema_update(average, value, decay)


def get_swa_avg_fn() -> Average:
    """An `avg_fn` for `AveragedModel` that takes the mean (Izmailov et al. 2018)."""
    return mean_update


class AveragedModel:
    """A copy of a model whose parameters are averages of the model's.

    Args:
        model: anything that has ``parameters()`` and can be copied; called like the model.
        avg_fn: ``(average, value, count) -> average``; by default `mean_update`.
        use_buffers: average buffers too, if the model has ``buffers()``; else they are
            copied as they are.

    Attributes:
        module: the copy.
        n_averaged: how many models are in the average.

    Raises:
        ArgumentError: what is given is no model, or no function.

    >>> import autograd as ag
    >>> import nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for value in (1.0, 3.0):
    ...     with ag.no_grad():
    ...         _ = model.weight.fill_(value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged
    (2.0, 2)
    """

    def __init__(
        self, model: Any, avg_fn: Average | None = mean_update, use_buffers: bool = False
    ) -> None:
        if not callable(getattr(model, "parameters", None)):
            raise ag.ArgumentError(f"A model has parameters(), which {model!r:.60} has not")
        if avg_fn is not None and not callable(avg_fn):
            raise ag.ArgumentError(f"avg_fn is a function such as mean_update, not {avg_fn!r:.60}")
        self.module = copy.deepcopy(model)
        self.avg_fn = avg_fn or mean_update
        self.use_buffers = use_buffers
        self.n_averaged = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def parameters(self) -> Iterator[ag.Tensor]:
        """The averages."""
        return iter(self.module.parameters())

    def update_parameters(self, model: Any) -> None:
        """Take the present parameters of the model into the average.

        Raises:
            StateError: the model has other parameters than the one that was copied.
        """
        averaged, copied = self._tensors(self.module), self._tensors(model)
        for own, theirs in zip(averaged, copied, strict=True):
            if [p.shape for p in own] != [p.shape for p in theirs]:
                raise ag.StateError("The model has other parameters than the one that was copied.")
        with ag.no_grad():
            for average, value in zip(averaged[0], copied[0], strict=True):
                average.copy_(self._joined(average, value))
            for average, value in zip(averaged[1], copied[1], strict=True):
                average.copy_(value)
        self.n_averaged += 1

    def _joined(self, average: ag.Tensor, value: ag.Tensor) -> Any:
        """The new average; the first model is taken as it is."""
        if self.n_averaged == 0 or average.data.dtype.kind != "f":
            return value
        return self.avg_fn(average.data, value.data, self.n_averaged)

    def _tensors(self, model: Any) -> tuple[list[ag.Tensor], list[ag.Tensor]]:
        """What is averaged, and what is copied."""
        buffers = list(model.buffers()) if hasattr(model, "buffers") else []
        if self.use_buffers:
            return [*model.parameters(), *buffers], []
        return list(model.parameters()), buffers

    def state_dict(self) -> dict[str, Any]:
        """The averages under the model's names with "module." before them, and the count."""
        own = {f"module.{name}": item for name, item in self.module.state_dict().items()}
        return {"n_averaged": ag.tensor(self.n_averaged), **own}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        own = {n.removeprefix("module."): item for n, item in state_dict.items() if "." in n}
        self.module.load_state_dict(own)
        self.n_averaged = int(state_dict["n_averaged"])


class SWALR(FactorLR):
    """From the present learning rate to a constant one, over `anneal_epochs` epochs.

    Args:
        optimizer: whose learning rates change.
        swa_lr: the constant one, or a list with one for each group.
        anneal_epochs: how many epochs it takes.
        anneal_strategy: along a "cos" wave, or "linear".
        last_epoch: see `LRScheduler`.

    Raises:
        RangeError: an option without meaning.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ag.RangeError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ag.RangeError(
                f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}"
            )
        self.floor = [as_float("swa_lr", r) for r in for_each_group("swa_lr", optimizer, swa_lr)]
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """How much of the way is left, from 1 to 0."""
        if t >= self.anneal_epochs:
            return 0.0
        done = t / self.anneal_epochs
        return wave(done) if self.anneal_strategy == "cos" else 1 - done


def update_bn(loader: Iterable[Any], model: Any) -> None:
    """Compute the running statistics of batch normalisation anew, in one pass over the data.

    Averaged parameters have activations of their own, which no training step has seen.

    Args:
        loader: batches, or tuples with the batch first.
        model: anything that has ``modules()``, ``train()``, ``training`` and can be called.
    """
    model = model.module if isinstance(model, AveragedModel) else model
    layers = [m for m in model.modules() if getattr(m, "running_mean", None) is not None]
    if not layers:
        return
    training, momenta = model.training, [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    try:
        model.train()
        with ag.no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, (tuple, list)) else batch)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.train(training)
