"""Schedules that go up and down, with the momentum in step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer
from optim.schedules import LRScheduler, checked_optimizer, for_each_group, wave

Rates = float | list[float]


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr = eta_min + (base − eta_min)·(1 + cos(π·T_cur / T_i)) / 2, again and again.

    T_cur counts the epochs since the last restart; the first round takes T_0 epochs, each
    further one T_mult times as many (Loshchilov and Hutter 2017).

    Raises:
        RangeError: T_0 or T_mult is no positive integer.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ag.RangeError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ag.RangeError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (int, float)):
            raise ag.RangeError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = -1.0
        if last_epoch >= 0:
            self.T_cur, self.T_i = self._since_restart(last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """From the time since the last restart."""
        height = wave(self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def _advance(self) -> None:
        self.T_cur += 1
        if self.T_cur >= self.T_i:
            self.T_cur, self.T_i = self.T_cur - self.T_i, self.T_i * self.T_mult
        super()._advance()

    def restart(self) -> None:
        """Begin at epoch 0, with a round of T_0 epochs."""
        self.T_cur, self.T_i = -1.0, self.T_0
        super().restart()

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to any one, such as ``epoch + batch / batches``.

        Raises:
            RangeError: a negative epoch.
        """
        if epoch is None:
            return super().step()
        if epoch < 0:
            raise ag.RangeError(f"Expected non-negative epoch, but got {epoch}")
        self._step_count += 1
        self.last_epoch = math.floor(epoch)
        self.T_cur, self.T_i = self._since_restart(epoch)
        self._write(self.get_lr())
        return None

    def _since_restart(self, epoch: float) -> tuple[float, int]:
        """How far into a round, and how long it is."""
        if self.T_mult == 1:
            return epoch % self.T_0, self.T_0
        length = self.T_0
        while epoch >= length:
            epoch, length = epoch - length, length * self.T_mult
        return epoch, length


class MomentumCycle(LRScheduler):
    """The base of schedules in which momentum falls while the learning rate climbs."""

    use_beta1: bool

    def start_momentum(self, base: Rates, largest: Rates, last_epoch: int) -> None:
        """Note both momenta in each group, and begin with the larger one.

        Raises:
            RangeError: the optimizer has neither momentum nor betas.
        """
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ag.RangeError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        self.use_beta1 = "betas" in defaults
        self.base_momentums = for_each_group("base_momentum", self.optimizer, base)
        self.max_momentums = for_each_group("max_momentum", self.optimizer, largest)
        if last_epoch == -1:
            for index, group in enumerate(self.optimizer.param_groups):
                group["base_momentum"] = self.base_momentums[index]
                group["max_momentum"] = self.max_momentums[index]
                self.set_momentum(group, group["max_momentum"])

    def set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        """Write it where the optimizer has it: momentum, or the first of the betas."""
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(MomentumCycle):
    """The learning rate goes up from base_lr to max_lr and down again, in straight lines.

    In a cycle of step_size_up + step_size_down steps the height of the triangle is scaled
    by 1 ("triangular"), halved with each cycle ("triangular2"), or by gammaᵗ ("exp_range"),
    or by a function of your own, of the cycle from 1 or of the step (Smith 2017).

    Args:
        optimizer: whose learning rates change.
        base_lr, max_lr: the lowest and highest learning rate, or lists, one for each group.
        step_size_up, step_size_down: how many steps up, and down (by default as many).
        mode: see above.
        gamma: for "exp_range".
        scale_fn: a scaling of your own.
        scale_mode: what `scale_fn` is a function of, "cycle" or "iterations".
        cycle_momentum: let momentum (or the first beta) run the other way.
        base_momentum, max_momentum: its bounds.
        last_epoch: see `LRScheduler`.

    Raises:
        RangeError: an unknown mode, or an optimizer without momentum.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Rates,
        max_lr: Rates,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Rates = 0.8,
        max_momentum: Rates = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = checked_optimizer(optimizer)
        lowest = for_each_group("base_lr", optimizer, base_lr)
        self.max_lrs = for_each_group("max_lr", optimizer, max_lr)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ag.RangeError("mode is invalid and scale_fn is None")
        self.mode, self.gamma, self.scale_fn, self.scale_mode = mode, gamma, scale_fn, scale_mode
        self.step_size_up = step_size_up
        self.step_size_down = step_size_up if step_size_down is None else step_size_down
        if not (self.step_size_up > 0 and self.step_size_down >= 0):
            raise ag.RangeError("step_size_up and step_size_down must be positive")
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.start_momentum(base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, lowest, strict=True):
                group["initial_lr"] = rate
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates on the triangle; momentum is set as well."""
        height = self._height()
        if self.cycle_momentum:
            for index, group in enumerate(self.optimizer.param_groups):
                low, high = self.base_momentums[index], self.max_momentums[index]
                self.set_momentum(group, high - (high - low) * height)
        return [
            low + (high - low) * height
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def _height(self) -> float:
        """How high above the base, from 0 to 1."""
        total = self.step_size_up + self.step_size_down
        cycle, at = divmod(self.last_epoch, total)
        rising = at <= self.step_size_up
        height = at / self.step_size_up if rising else (total - at) / self.step_size_down
        return height * self._scale(cycle + 1)

    def _scale(self, cycle: int) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "exp_range":
            return self.gamma**self.last_epoch
        return 2.0 ** (1 - cycle) if self.mode == "triangular2" else 1.0


class OneCycleLR(MomentumCycle):
    """One cycle: up from max_lr / div_factor to max_lr, and down to almost nothing.

    The last learning rate is max_lr / (div_factor·final_div_factor); momentum runs the
    other way (Smith and Topin 2018). To be stepped after every batch.

    Args:
        optimizer: whose learning rates change.
        max_lr: the highest learning rate, or a list with one for each group.
        total_steps: how many steps there will be, or
        epochs, steps_per_epoch: two numbers to be multiplied.
        pct_start: the part of the cycle that goes up.
        anneal_strategy: along a "cos" wave, or "linear".
        cycle_momentum: let momentum (or the first beta) run the other way.
        base_momentum, max_momentum: its bounds.
        div_factor, final_div_factor: see above.
        three_phase: come down to the initial learning rate first, as fast as it went up.
        last_epoch: see `LRScheduler`.

    Raises:
        RangeError: no number of steps, more steps than that, or an option without meaning.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Rates,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Rates = 0.85,
        max_momentum: Rates = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = checked_optimizer(optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, (int, float)) or not 0 <= pct_start <= 1:
            raise ag.RangeError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ag.RangeError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self.pct_start, self.anneal_strategy = pct_start, anneal_strategy
        self.three_phase, self.cycle_momentum = three_phase, cycle_momentum
        rates = for_each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["initial_lr"], group["max_lr"] = rate / div_factor, rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            self.start_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates of this phase; momentum is set as well.

        Raises:
            RangeError: the cycle is over.
        """
        if self.last_epoch > self.total_steps:
            raise ag.RangeError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        (rate, momentum), done = self._phase()
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                self.set_momentum(group, self._between(group, momentum, done))
        return [self._between(group, rate, done) for group in self.optimizer.param_groups]

    def _phase(self) -> tuple[tuple[tuple[str, str], tuple[str, str]], float]:
        """Between which options of a group we are, for rate and momentum, and how far."""
        phases = self._phases()
        index = next((i for i, (end, _) in enumerate(phases) if self.last_epoch <= end), -1)
        end, names = phases[index]
        start = phases[index - 1][0] if names is not phases[0][1] else 0.0
        return names, (self.last_epoch - start) / (end - start)

    def _phases(self) -> list[tuple[float, tuple[tuple[str, str], tuple[str, str]]]]:
        """The last step of each phase, and from where to where it goes."""
        up = self.pct_start * self.total_steps - 1
        end = self.total_steps - 1
        momenta = "max_momentum", "base_momentum"
        rise = (up, (("initial_lr", "max_lr"), momenta))
        if not self.three_phase:
            return [rise, (end, (("max_lr", "min_lr"), momenta[::-1]))]
        down = 2 * self.pct_start * self.total_steps - 2
        return [
            rise,
            (down, (("max_lr", "initial_lr"), momenta[::-1])),
            (end, (("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))),
        ]

    def _between(self, group: dict[str, Any], names: tuple[str, str], done: float) -> float:
        start, end = group[names[0]], group[names[1]]
        left = wave(done) if self.anneal_strategy == "cos" else 1 - done
        return float(end + (start - end) * left)


def _total(total: int | None, epochs: int | None, per_epoch: int | None) -> int:
    """The number of steps.

    Raises:
        RangeError: it is not given, or no positive integer.
    """
    given = {"total_steps": total}
    if total is None:
        given = {"epochs": epochs, "steps_per_epoch": per_epoch}
    if None in given.values():
        raise ag.RangeError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ag.RangeError(f"Expected positive integer {name}, but got {value}")
    return math.prod(value or 0 for value in given.values())
