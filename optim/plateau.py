"""A schedule that looks at the validation loss."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer
from optim.options import as_float, as_state, number
from optim.schedules import checked_optimizer


class ReduceLROnPlateau:
    """Reduce the learning rate once a metric has stopped improving.

    Args:
        optimizer: whose learning rates change.
        mode: "min" if the metric should fall, "max" if it should rise.
        factor: by which the learning rate is multiplied, less than 1.
        patience: how many epochs without improvement are allowed.
        threshold: what counts as improvement: relative to the best value, or absolute.
        threshold_mode: "rel" or "abs".
        cooldown: how many epochs to wait after a reduction.
        min_lr: the least learning rate, or a list with one for each group.
        eps: smaller changes of the learning rate are not made.

    Raises:
        ArgumentError: what is given is no optimizer.
        RangeError: an option without meaning.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if not as_float("factor", factor) < 1:
            raise ag.RangeError("Factor should be < 1.0.")
        if mode not in ("min", "max"):
            raise ag.RangeError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ag.RangeError(f"threshold mode {threshold_mode} is unknown!")
        groups = len(checked_optimizer(optimizer).param_groups)
        if isinstance(min_lr, (list, tuple)) and len(min_lr) != groups:
            raise ag.RangeError(f"expected {groups} min_lrs, got {len(min_lr)}")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.min_lr, self.eps = cooldown, min_lr, eps
        self.best = inf if mode == "min" else -inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = self._rates()

    def step(self, metrics: Any) -> None:
        """Look at the metric of an epoch: a number, or a tensor of one element.

        Raises:
            ArgumentError: it is no number.
        """
        value = as_float("metrics", metrics)
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._rates()

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was made so recently that bad epochs do not count."""
        return self.cooldown_counter > 0

    def get_last_lr(self) -> list[float]:
        """The learning rates that were set last, one for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {name: item for name, item in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned; load the optimizer's state as well."""
        vars(self).update(as_state("schedule", state_dict))

    def _rates(self) -> list[float]:
        return [number(group["lr"]) for group in self.optimizer.param_groups]

    def _is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            limit = self.best * (1 + sign * self.threshold)
        else:
            limit = self.best + sign * self.threshold
        return value > limit if self.mode == "max" else value < limit

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        least = self.min_lr if isinstance(self.min_lr, list) else [self.min_lr] * len(groups)
        for group, rate, floor in zip(groups, self._rates(), least, strict=True):
            lower = max(rate * self.factor, floor)
            if rate - lower > self.eps:
                group["lr"] = lower
