"""RMSprop: gradients divided by their recent size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, slope, used


def rmsprop_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-2,
    alpha: Any = 0.99,
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    momentum: Any = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of RMSprop, θ ← θ − lr·g / (√E + eps), E ← alpha·E + (1 − alpha)·g².

    With `centered` it is √(E − m²), m the average of g; with momentum the quotients are
    added up, b ← momentum·b + g / (√E + eps), θ ← θ − lr·b (Tieleman and Hinton 2012,
    lecture 6.5; centered and with momentum Graves 2013).

    >>> param, state = rmsprop_update(1.0, 0.5, {}, lr=0.1, alpha=0.75)
    >>> round(float(param), 6), state["square_avg"]
    (0.8, 0.0625)
    """
    g = slope(param, grad, weight_decay, maximize)
    squares = alpha * state.get("square_avg", 0.0) + (1 - alpha) * g * g
    new = {"step": state.get("step", 0) + 1, "square_avg": squares}
    spread = squares
    if centered:
        mean = alpha * state.get("grad_avg", 0.0) + (1 - alpha) * g
        spread = squares - mean * mean
        new["grad_avg"] = mean
    step = g / (ag.sqrt(spread) + eps)
    if used(momentum):
        step = momentum * state.get("momentum_buffer", 0.0) + step
        new["momentum_buffer"] = step
    return param - lr * step, new


class RMSprop(Optimizer):
    """RMSprop by `rmsprop_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        alpha: how slowly the average of squares forgets.
        eps: keeps the quotient finite.
        weight_decay: the factor of the L2 penalty's gradient.
        momentum: the part of the last direction that is kept.
        centered: divide by the deviation from the mean gradient.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number.
    """

    update = staticmethod(rmsprop_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        check_not_negative(
            options,
            lr="learning rate",
            eps="epsilon value",
            momentum="momentum value",
            weight_decay="weight_decay value",
            alpha="alpha value",
        )
