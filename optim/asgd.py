"""ASGD: gradient descent that also averages where it has been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, slope


def asgd_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-2,
    lambd: Any = 1e-4,
    alpha: Any = 0.75,
    t0: Any = 1e6,
    weight_decay: Any = 0.0,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of averaged SGD, θ ← (1 − lambd·η)·θ − η·g, a ← a + μ(θ − a).

    Afterwards η ← lr / (1 + lambd·lr·t)^alpha, from lr, and μ ← 1 / max(1, t − t0), from 1,
    for the next step: ``ax`` in the state is θ itself, and beyond t0 the mean of the θ since
    (Polyak and Juditsky 1992; in this form Bottou 2010).

    >>> asgd_update(1.0, 0.5, {}, lr=0.1, lambd=0.0)[0]
    0.95
    """
    g = slope(param, grad, weight_decay, maximize)
    t = state.get("step", 0) + 1
    eta, mu = state.get("eta", lr), state.get("mu", 1.0)
    param = param * (1 - lambd * eta) - eta * g
    average = param if mu == 1 else state["ax"] + mu * (param - state["ax"])
    eta, mu = lr / (1 + lambd * lr * t) ** alpha, 1 / max(1, t - t0)
    return param, {"step": t, "eta": eta, "mu": mu, "ax": average}


class ASGD(Optimizer):
    """Averaged SGD by `asgd_update`, in place; the averages are in ``state[param]["ax"]``.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        lambd: how fast the parameter and the learning rate shrink.
        alpha: the power by which the learning rate falls.
        t0: the step at which averaging begins.
        weight_decay: the factor of the L2 penalty's gradient.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative learning rate or weight decay.
    """

    update = staticmethod(asgd_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        check_not_negative(options, lr="learning rate", weight_decay="weight_decay value")
