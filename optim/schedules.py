"""Schedules: learning rates that change as training goes on.

A schedule is made after its optimizer and stepped after it, once per epoch or per batch:

>>> import autograd as ag
>>> import optim
>>> optimizer = optim.SGD([ag.tensor([1.0], requires_grad=True)], lr=1.0)
>>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
>>> for _ in range(4):
...     optimizer.step()
...     schedule.step()
...     print(schedule.get_last_lr())
[1.0]
[0.5]
[0.5]
[0.25]
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer
from optim.options import as_float, as_numbers, as_state, number


class LRScheduler:
    """The base of schedules: counts epochs, and writes ``lr`` into the groups of an optimizer.

    A subclass has `get_lr`, the learning rates of the groups at ``self.last_epoch``.

    Args:
        optimizer: whose learning rates change; each group keeps its first one under
            ``"initial_lr"``.
        last_epoch: the epoch that was completed last, after which the groups got the learning
            rates of the next one; −1 to start anew.

    Attributes:
        base_lrs: the initial learning rate of each group.
        last_epoch: how many times `step` was called, from `last_epoch` + 1 on.

    Raises:
        ArgumentError: what is given is no optimizer.
        StateError: it is to be resumed, and the groups have no ``"initial_lr"``.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked_optimizer(optimizer)
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", number(group["lr"]))
            elif "initial_lr" not in group:
                raise ag.StateError(
                    f"param 'initial_lr' is not specified in param_groups[{index}] when resuming "
                    "scheduler with last_epoch >= 0: load the optimizer's state first, or leave "
                    "last_epoch at -1 and load the scheduler's state."
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list[float] = []
        self._advance()

    def get_lr(self) -> list[float]:
        """The learning rates at ``self.last_epoch``, one for each group.

        Raises:
            StateError: the schedule does not say.
        """
        raise ag.StateError(f"{type(self).__name__} has no get_lr()")

    def step(self) -> None:
        """Go on to the next epoch; call it after the optimizer's `step`."""
        if self._step_count == 1 and self.optimizer.step_count == 0:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first "
                "learning rate of the schedule is skipped. Call them in the opposite order.",
                UserWarning,
                stacklevel=2,
            )
        self._advance()

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        self._write(self.get_lr())

    def _write(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = list(rates)

    def restart(self) -> None:
        """Begin at epoch 0, from the initial learning rates."""
        self.last_epoch = -1
        self._write(self.base_lrs)
        self._advance()

    def take_over(self) -> None:
        """Begin where another schedule ended; this one begins with its own learning rates."""
        self.restart()

    def rates(self) -> list[float]:
        """The learning rates that the groups have."""
        return [number(group["lr"]) for group in self.optimizer.param_groups]

    def is_there_already(self) -> bool:
        """Whether a schedule has just been resumed, so that its groups need no change."""
        return self._step_count == 1 and self.last_epoch > 0

    def get_last_lr(self) -> list[float]:
        """The learning rates that were set last, one for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Everything that changes and every number; functions and the optimizer are left out."""
        return {name: item for name, item in vars(self).items() if _is_data(item)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned; load the optimizer's state as well."""
        vars(self).update(as_state("schedule", state_dict))


def checked_optimizer(optimizer: Any) -> Optimizer:
    """The optimizer, if it is one.

    Raises:
        ArgumentError: it is not.
    """
    if not isinstance(optimizer, Optimizer):
        raise ag.ArgumentError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def _is_data(item: Any) -> bool:
    if isinstance(item, (list, tuple)):
        return all(_is_data(part) for part in item)
    return isinstance(item, (int, float, str, Counter, type(None)))


# --- by functions of one's own ----------------------------------------------------------------

Factor = Callable[[int], float]


class LambdaLR(LRScheduler):
    """lr_t = base·f(t).

    Args:
        optimizer: whose learning rates change.
        lr_lambda: f, or a list with one for each group.
        last_epoch: see `LRScheduler`.

    Raises:
        RangeError: as many functions as groups are needed.
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1
    ) -> None:
        self.lr_lambdas = for_each_group("lr_lambda", optimizer, lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                kind = type(function).__name__
                raise ag.ArgumentError(f"lr_lambda should be a function, but got {kind}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """base·f(t)."""
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * function(self.last_epoch) for base, function in pairs]


class MultiplicativeLR(LambdaLR):
    """lr_t = lr_{t−1}·f(t), from lr_0 = base; arguments as for `LambdaLR`."""

    def get_lr(self) -> list[float]:
        """The learning rates of the groups times f(t)."""
        begins = self.last_epoch == 0 or self.is_there_already()
        return self.rates() if begins else self._multiplied()

    def _multiplied(self) -> list[float]:
        pairs = zip(self.rates(), self.lr_lambdas, strict=True)
        return [rate * function(self.last_epoch) for rate, function in pairs]

    def take_over(self) -> None:
        """Begin where another schedule ended, times f(0)."""
        self.last_epoch = 0
        self._write(self._multiplied())


def for_each_group(name: str, optimizer: Any, option: Any) -> list[Any]:
    """An option as a list, one value for each group.

    Raises:
        ArgumentError: what is given is no optimizer.
        RangeError: a list of another length.
    """
    groups = len(checked_optimizer(optimizer).param_groups)
    if not isinstance(option, (list, tuple)):
        return [option] * groups
    if len(option) != groups:
        raise ag.RangeError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(option)} values, param_groups has {groups}."
        )
    return list(option)


# --- by a factor ------------------------------------------------------------------------------


class FactorLR(LRScheduler):
    """The base of schedules lr_t = floor + (base − floor)·f(t) that can be chained.

    A step multiplies what is there by f(t)/f(t − 1), so that several of them act together.

    Attributes:
        floor: a number, or a list with one for each group.
    """

    floor: float | list[float] = 0.0

    def factor(self, t: int) -> float:
        """f(t), from 1 downwards or up to it.

        Raises:
            StateError: the schedule does not say.
        """
        raise ag.StateError(f"{type(self).__name__} has no factor()")

    def get_lr(self) -> list[float]:
        """The learning rates of the groups, taken from f(t − 1) to f(t)."""
        if self.is_there_already():
            return self.rates()
        now = self.factor(self.last_epoch)
        before = self.factor(self.last_epoch - 1) if self.last_epoch else 1.0
        floors = for_each_group("floor", self.optimizer, self.floor)
        moved = zip(self.rates(), self.base_lrs, floors, strict=True)
        return [_moved(rate, base, floor, before, now) for rate, base, floor in moved]


def _moved(rate: float, base: float, floor: float, before: float, now: float) -> float:
    """A learning rate that is taken from factor `before` to factor `now`."""
    if before == now:
        return rate
    if before == 0:
        return rate + (base - floor) * now
    return floor + (rate - floor) * now / before


class StepLR(FactorLR):
    """lr_t = base·gamma^⌊t / step_size⌋."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if not as_float("step_size", step_size) > 0:
            raise ag.RangeError(f"step_size must be a positive number of epochs, not {step_size}")
        self.step_size, self.gamma = step_size, as_float("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """gamma^⌊t / step_size⌋."""
        return self.gamma ** (t // self.step_size)


class MultiStepLR(FactorLR):
    """The base times gamma to the number of `milestones` that t has reached."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Sequence[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = as_numbers("milestones", milestones)
        self.gamma = as_float("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """Gamma to the number of milestones ≤ t; one at 0 or before it does not count."""
        return self.gamma ** sum(0 < milestone <= t for milestone in self.milestones)


class ConstantLR(FactorLR):
    """lr_t = base·factor until epoch `total_iters`, then base."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= as_float("factor", factor) <= 1:
            raise ag.RangeError("Constant multiplicative factor expected to be between 0 and 1.")
        self.small, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """The factor, and 1 from `total_iters` on."""
        return self.small if t < self.total_iters else 1.0


class LinearLR(FactorLR):
    """lr_t = base·f(t), f on a straight line between two factors over `total_iters` epochs."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < as_float("start_factor", start_factor) <= 1:
            raise ag.RangeError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal "
                "to 1."
            )
        if not 0 <= as_float("end_factor", end_factor) <= 1:
            raise ag.RangeError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """start_factor + (end_factor − start_factor)·min(t / total_iters, 1)."""
        if t >= self.total_iters:
            return self.end_factor if t else self.start_factor
        return self.start_factor + (self.end_factor - self.start_factor) * t / self.total_iters


class ExponentialLR(FactorLR):
    """lr_t = base·gammaᵗ."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = as_float("gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """gammaᵗ."""
        return self.gamma**t


class PolynomialLR(FactorLR):
    """lr_t = base·(1 − t / total_iters)^power until epoch `total_iters`, then 0."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        if not as_float("total_iters", total_iters) > 0:
            raise ag.RangeError(f"total_iters must be positive, not {total_iters}")
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """(1 − min(t / total_iters, 1))^power."""
        return float((1 - min(t, self.total_iters) / self.total_iters) ** self.power)


class CosineAnnealingLR(FactorLR):
    """lr_t = eta_min + (base − eta_min)·(1 + cos(πt / T_max)) / 2.

    Half a wave down to `eta_min` at epoch `T_max`, and up again afterwards
    (Loshchilov and Hutter 2017, without restarts).
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if not as_float("T_max", T_max) > 0:
            raise ag.RangeError(f"T_max must be a positive number of epochs, not {T_max}")
        self.T_max = T_max
        self.floor = self.eta_min = as_float("eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        """(1 + cos(πt / T_max)) / 2, exactly 0 at its lowest points."""
        return 0.0 if t % (2 * self.T_max) == self.T_max else wave(t / self.T_max)


def wave(x: float) -> float:
    """(1 + cos πx) / 2, from 1 at x = 0 to 0 at x = 1."""
    return (1 + math.cos(math.pi * x)) / 2
