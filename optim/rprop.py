"""Rprop: steps of a size of their own, along the sign of the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, number, pair


def rprop_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-2,
    etas: tuple[Any, Any] = (0.5, 1.2),
    step_sizes: tuple[Any, Any] = (1e-6, 50.0),
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of Rprop, θ ← θ − s·sign(g), with a step size s for each element.

    s starts at lr, grows by η⁺ while the gradient keeps its sign, shrinks by η⁻ when it
    turns, and stays within `step_sizes`; where it has turned, there is no step and g
    counts as 0 the next time (Riedmiller and Braun 1993). For whole batches.

    Args:
        param, grad: θ and ∇θ, arrays or tensors of the same shape.
        state: ``{}`` at first, then what the step before returned.
        lr: the first step size.
        etas: η⁻ < 1 and η⁺ > 1.
        step_sizes: the smallest and the largest s.
        maximize: climb instead.
    """
    g = -grad if maximize else grad
    (shrink, grow), (low, high) = etas, step_sizes
    same = ag.sign(g * state.get("prev", 0.0))
    size = state.get("step_size", lr + 0.0 * same)
    size = ag.where(same > 0, grow * size, ag.where(same < 0, shrink * size, size))
    size = ag.clamp(size, low, high)
    g = ag.where(same < 0, 0.0, g)
    new = {"step": state.get("step", 0) + 1, "prev": g, "step_size": size}
    return param - size * ag.sign(g), new


class Rprop(Optimizer):
    """Rprop by `rprop_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the first step size.
        etas: factors of the step size when the sign turns, and when it stays.
        step_sizes: the smallest and the largest step size.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative learning rate, or etas that are not 0 < η⁻ < 1 < η⁺.
    """

    update = staticmethod(rprop_update)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        check_not_negative(options, lr="learning rate")
        shrink, grow = pair("etas", options["etas"])
        if not 0 < number(shrink) < 1 < number(grow):
            raise ag.RangeError(f"Invalid eta values: {shrink}, {grow}")
        low, high = pair("step_sizes", options["step_sizes"])
        if not number(low) <= number(high):
            raise ag.RangeError(f"Invalid step sizes: {low}, {high}")
