"""Several schedules for one optimizer: one after the other, or all together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer
from optim.options import as_state
from optim.plateau import ReduceLROnPlateau
from optim.schedules import LRScheduler


class _Several(LRScheduler):
    """Keeps the states of several schedules."""

    _schedulers: list[Any]

    def state_dict(self) -> dict[str, Any]:
        """The states of all schedules, besides its own."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        state_dict = as_state("schedule", state_dict)
        own = {name: item for name, item in state_dict.items() if name != "_schedulers"}
        super().load_state_dict(own)
        for schedule, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            schedule.load_state_dict(state)


class SequentialLR(_Several):
    """One schedule after the other: the next one begins anew at each milestone.

    >>> import autograd as ag
    >>> import optim
    >>> optimizer = optim.SGD([ag.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> warm = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> then = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = SequentialLR(optimizer, [warm, then], milestones=[2])
    >>> for _ in range(4):
    ...     optimizer.step()
    ...     print(schedule.get_last_lr())
    ...     schedule.step()
    [0.5]
    [0.75]
    [1.0]
    [0.5]

    Args:
        optimizer: whose learning rates change.
        schedulers: schedules of this optimizer.
        milestones: the epochs at which the second, third, … schedule begins.
        last_epoch: −1 to start anew.

    Raises:
        RangeError: no schedules, of another optimizer, or not one more than milestones.
        ArgumentError: something that is no schedule.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        _check(type(self).__name__, optimizer, schedulers, "")
        if len(milestones) != len(schedulers) - 1:
            raise ag.RangeError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self.optimizer, self._schedulers = optimizer, list(schedulers)
        self._milestones = list(milestones)
        self.last_epoch, self._step_count = last_epoch + 1, 1
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.restart()

    def restart(self) -> None:
        """Begin at epoch 0, with the first schedule."""
        self._write(self.base_lrs)
        self.last_epoch = max(self.last_epoch, 0)
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first.restart()
        self._last_lr = first.get_last_lr()

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        schedule = self._schedulers[index]
        if index > 0 and self._milestones[index - 1] == self.last_epoch:
            schedule.take_over()
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()


class ChainedScheduler(_Several):
    """Several schedules at once, each stepped in turn: their factors multiply.

    Args:
        schedulers: schedules of one optimizer.
        optimizer: that optimizer; by default the first schedule's.

    Raises:
        RangeError: no schedules, or of several optimizers.
        ArgumentError: something that is no schedule.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        own = optimizer or (getattr(schedulers[0], "optimizer", None) if schedulers else None)
        _check(type(self).__name__, own, schedulers, " to be chained")
        assert own is not None, "checked: there is a schedule"
        self.optimizer, self._schedulers = own, list(schedulers)
        self._last_lr = [group["lr"] for group in own.param_groups]

    def step(self) -> None:
        """Step all of them."""
        for schedule in self._schedulers:
            schedule.step()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def restart(self) -> None:
        """Begin at epoch 0 with all of them."""
        first, *others = self._schedulers
        first.restart()
        for schedule in others:
            schedule.last_epoch = -1
            schedule._advance()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]


def _check(kind: str, optimizer: Any, schedulers: Sequence[Any], purpose: str) -> None:
    if len(schedulers) < 1:
        raise ag.RangeError(
            f"{kind} expects at least one scheduler{purpose}, but got no scheduler."
        )
    for index, schedule in enumerate(schedulers):
        if not isinstance(schedule, (LRScheduler, ReduceLROnPlateau)):
            raise ag.ArgumentError(
                f"{kind} at index {index} should have `optimizer` as its attribute."
            )
        if isinstance(schedule, ReduceLROnPlateau):
            raise ag.RangeError(
                f"{kind} does not support `ReduceLROnPlateau` scheduler as it requires additional "
                f"kwargs to be specified when calling `step`, but got one at index {index} in the "
                "given schedulers sequence."
            )
        if schedule.optimizer is not optimizer:
            raise ag.RangeError(
                f"{kind} expects all schedulers to belong to the same optimizer, and the one at "
                f"index {index}, {type(schedule).__name__}, has another one."
            )
