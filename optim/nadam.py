"""NAdam: Adam that looks ahead as Nesterov does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_betas, check_not_negative, decayed


def nadam_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 2e-3,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    momentum_decay: Any = 4e-3,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of NAdam, θ ← θ − lr·(c_g·g + c_m·m) / (√v̂ + eps).

    m, v and v̂ as in Adam; momentum grows by μ_t = β₁(1 − ½·0.96^(t·momentum_decay)), and
    with its product Π = μ₁⋯μ_t: c_g = (1 − μ_t) / (1 − Π), c_m = μ_{t+1} / (1 − Π·μ_{t+1})
    (Dozat 2016).

    >>> round(float(nadam_update(1.0, 0.5, {}, lr=0.1)[0]), 6)
    0.894355
    """
    param, g = decayed(param, grad, lr, weight_decay, decoupled_weight_decay, maximize)
    (beta1, beta2), t = betas, state.get("step", 0) + 1
    now, following = (beta1 * (1 - 0.5 * 0.96 ** (n * momentum_decay)) for n in (t, t + 1))
    product = state.get("mu_product", 1.0) * now
    m = beta1 * state.get("exp_avg", 0.0) + (1 - beta1) * g
    v = beta2 * state.get("exp_avg_sq", 0.0) + (1 - beta2) * g * g
    new = {"step": t, "mu_product": product, "exp_avg": m, "exp_avg_sq": v}
    ahead = (1 - now) / (1 - product) * g + following / (1 - product * following) * m
    return param - lr * ahead / (ag.sqrt(v / (1 - beta2**t)) + eps), new


class NAdam(Optimizer):
    """NAdam by `nadam_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        betas: how slowly the averages of gradients and of their squares forget.
        eps: keeps the quotient finite.
        weight_decay: the factor of the L2 penalty's gradient.
        momentum_decay: how fast the momentum reaches its full size.
        decoupled_weight_decay: shrink the parameter itself, as `AdamW` does.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number, or a beta outside [0, 1).
    """

    update = staticmethod(nadam_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
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
        check_not_negative(
            options, weight_decay="weight_decay value", momentum_decay="momentum_decay value"
        )
