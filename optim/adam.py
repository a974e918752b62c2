"""Adam and AdamW: momentum, with a step length for each element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_betas, check_not_negative, decayed


def adam_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-3,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
) -> tuple[Any, State]:
    """One step of Adam, θ ← θ − lr·m̂ / (√v̂ + eps).

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², both from 0, hence too small at first:
    m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) (Kingma and Ba 2015, in the order of section 2's
    end, where the corrections meet in one factor). With `amsgrad`, v̂ is made of
    the largest v so far (Reddi et al. 2018). Weight decay is added to g, or decoupled,
    θ ← (1 − lr·weight_decay)·θ first (Loshchilov and Hutter 2019).

    Args:
        param: θ, an array or a tensor.
        grad: ∇θ, of the same shape.
        state: ``{}`` at first, then what the step before returned.
        lr, betas, eps, weight_decay: numbers, or tensors of shape ().
        amsgrad, maximize, decoupled_weight_decay: see above; climb instead.

    >>> float(adam_update(1.0, 0.5, {}, lr=0.1)[0])
    0.900000002
    """
    param, g = decayed(param, grad, lr, weight_decay, decoupled_weight_decay, maximize)
    (beta1, beta2), t = betas, state.get("step", 0) + 1
    m = beta1 * state.get("exp_avg", 0.0) + (1 - beta1) * g
    v = beta2 * state.get("exp_avg_sq", 0.0) + (1 - beta2) * g * g
    new = {"step": t, "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        v = ag.maximum(state.get("max_exp_avg_sq", v), v)
        new["max_exp_avg_sq"] = v
    whole = (1 - beta2**t) ** 0.5
    return param - lr * whole / (1 - beta1**t) * (m / (ag.sqrt(v) + eps * whole)), new


class Adam(Optimizer):
    """Adam by `adam_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        betas: how slowly the averages of gradients and of their squares forget.
        eps: keeps the quotient finite.
        weight_decay: the factor of the L2 penalty's gradient.
        amsgrad: use the largest average of squares so far.
        maximize: climb instead of descending.
        decoupled_weight_decay: shrink the parameter itself, as `AdamW` does.

    Raises:
        RangeError: a negative number, or a beta outside [0, 1).
    """

    update = staticmethod(adam_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
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


class AdamW(Adam):
    """Adam with decoupled weight decay, θ ← (1 − lr·weight_decay)·θ first.

    Options as for `Adam`; the source is Loshchilov and Hutter 2019.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )
