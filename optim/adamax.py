"""Adamax: Adam with the largest gradient in place of the root of squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_betas, check_not_negative, slope


def adamax_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 2e-3,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of Adamax, θ ← θ − lr / (1 − β₁ᵗ) · m / u.

    m ← β₁m + (1 − β₁)g and u ← max(β₂u, |g| + eps) (Kingma and Ba 2015, section 7.1).

    >>> float(adamax_update(1.0, 0.5, {}, lr=0.1)[0])
    0.900000002
    """
    g = slope(param, grad, weight_decay, maximize)
    (beta1, beta2), t = betas, state.get("step", 0) + 1
    m = beta1 * state.get("exp_avg", 0.0) + (1 - beta1) * g
    u = ag.maximum(beta2 * state.get("exp_inf", 0.0), ag.abs(g) + eps)
    new = {"step": t, "exp_avg": m, "exp_inf": u}
    return param - lr / (1 - beta1**t) * m / u, new


class Adamax(Optimizer):
    """Adamax by `adamax_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        betas: how slowly average and maximum forget.
        eps: keeps the quotient finite.
        weight_decay: the factor of the L2 penalty's gradient.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number, or a beta outside [0, 1).
    """

    update = staticmethod(adamax_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
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
        check_not_negative(options, lr="learning rate", eps="epsilon value")
        check_betas(options)
        check_not_negative(options, weight_decay="weight_decay value")
