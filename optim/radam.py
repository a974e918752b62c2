"""RAdam: Adam that waits until the average of squares can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_betas, check_not_negative, decayed


def radam_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-3,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of RAdam, θ ← θ − lr·m̂·r / (√v + eps), at first θ ← θ − lr·m̂.

    m, v and m̂ as in Adam. With ρ∞ = 2/(1 − β₂) − 1 and ρ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ) the
    variance of the step is finite once ρ > 5; from then on
    r² = (1 − β₂ᵗ)·(ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ) (Liu et al. 2020, algorithm 2).

    >>> radam_update(1.0, 0.5, {}, lr=0.1)[0]
    0.95
    """
    param, g = decayed(param, grad, lr, weight_decay, decoupled_weight_decay, maximize)
    (beta1, beta2), t = betas, state.get("step", 0) + 1
    m = beta1 * state.get("exp_avg", 0.0) + (1 - beta1) * g
    v = beta2 * state.get("exp_avg_sq", 0.0) + (1 - beta2) * g * g
    new = {"step": t, "exp_avg": m, "exp_avg_sq": v}
    rate, step = lr / (1 - beta1**t), m
    final, whole = 2 / (1 - beta2) - 1, 1 - beta2**t
    rho = final - 2 * t * beta2**t / whole
    if rho > 5:
        ratio = (rho - 4) * (rho - 2) * final / ((final - 4) * (final - 2) * rho)
        rate, step = rate * (whole * ratio) ** 0.5, m / (ag.sqrt(v) + eps)
    return param - rate * step, new


class RAdam(Optimizer):
    """RAdam by `radam_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        betas: how slowly the averages of gradients and of their squares forget.
        eps: keeps the quotient finite.
        weight_decay: the factor of the L2 penalty's gradient.
        decoupled_weight_decay: shrink the parameter itself, as `AdamW` does.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number, or a beta outside [0, 1).
    """

    update = staticmethod(radam_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
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
