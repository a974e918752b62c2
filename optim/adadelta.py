"""Adadelta: steps in the units of the parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, number, slope


def adadelta_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1.0,
    rho: Any = 0.9,
    eps: Any = 1e-6,
    weight_decay: Any = 0.0,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of Adadelta, Δ = √(D + eps) / √(E + eps) · g, θ ← θ − lr·Δ.

    E ← rho·E + (1 − rho)·g² averages squared gradients, D ← rho·D + (1 − rho)·Δ² squared
    steps, so that Δ has the units of θ (Zeiler 2012, algorithm 1).

    >>> param, state = adadelta_update(1.0, 0.5, {})
    >>> round(float(param), 6), round(state["square_avg"], 6)
    (0.996838, 0.025)
    """
    g = slope(param, grad, weight_decay, maximize)
    t = state.get("step", 0) + 1
    squares = rho * state.get("square_avg", 0.0) + (1 - rho) * g * g
    steps = state["acc_delta"] if "acc_delta" in state else 0.0 * g  # in the dtype of g
    delta = ag.sqrt(steps + eps) / ag.sqrt(squares + eps) * g
    steps = rho * steps + (1 - rho) * delta * delta
    return param - lr * delta, {"step": t, "square_avg": squares, "acc_delta": steps}


class Adadelta(Optimizer):
    """Adadelta by `adadelta_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: scales the steps.
        rho: how slowly the averages forget.
        eps: starts the movement, and keeps the quotient finite.
        weight_decay: the factor of the L2 penalty's gradient.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number, or rho outside [0, 1].
    """

    update = staticmethod(adadelta_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        check_not_negative(options, lr="learning rate")
        if not 0 <= number(options["rho"]) <= 1:
            raise ag.RangeError(f"Invalid rho value: {options['rho']}")
        check_not_negative(options, eps="epsilon value", weight_decay="weight_decay value")
