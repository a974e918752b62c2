"""Lion: steps of one size, along the sign of the momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_betas, check_not_negative, decayed


def lion_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-4,
    betas: tuple[Any, Any] = (0.9, 0.99),
    weight_decay: Any = 0.0,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of Lion, θ ← (1 − lr·weight_decay)·θ − lr·sign(β₁m + (1 − β₁)g).

    Afterwards m ← β₂m + (1 − β₂)g, from m = 0 (Chen et al. 2023, program 1).

    >>> float(lion_update(1.0, 0.5, {}, lr=0.1)[0])
    0.9
    """
    param, g = decayed(param, grad, lr, weight_decay, True, maximize)
    beta1, beta2 = betas
    m = state.get("exp_avg", 0.0)
    direction = ag.sign(beta1 * m + (1 - beta1) * g)
    return param - lr * direction, {"exp_avg": beta2 * m + (1 - beta2) * g}


class Lion(Optimizer):
    """Lion by `lion_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the size of every step; a third to a tenth of Adam's.
        betas: how slowly the direction, and the momentum, forget.
        weight_decay: how fast the parameter itself shrinks; three to ten times AdamW's.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number, or a beta outside [0, 1).
    """

    update = staticmethod(lion_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
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
        check_betas(options)
        check_not_negative(options, weight_decay="weight_decay value")
