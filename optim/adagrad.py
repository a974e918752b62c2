"""Adagrad: step lengths that shrink with the gradients seen so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, slope


def adagrad_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-2,
    lr_decay: Any = 0.0,
    weight_decay: Any = 0.0,
    initial_accumulator_value: Any = 0.0,
    eps: Any = 1e-10,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of Adagrad, G ← G + g², θ ← θ − lr_t·g / (√G + eps).

    lr_t = lr / (1 + (t − 1)·lr_decay), and G starts at `initial_accumulator_value`
    (Duchi, Hazan and Singer 2011).

    >>> param, state = adagrad_update(1.0, 0.5, {}, lr=0.1)
    >>> float(param), state
    (0.90000000002, {'step': 1, 'sum': 0.25})
    """
    g = slope(param, grad, weight_decay, maximize)
    t = state.get("step", 0) + 1
    total = state.get("sum", initial_accumulator_value) + g * g
    rate = lr / (1 + (t - 1) * lr_decay)
    return param - rate * (g / (ag.sqrt(total) + eps)), {"step": t, "sum": total}


class Adagrad(Optimizer):
    """Adagrad by `adagrad_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        lr_decay: how fast the learning rate falls.
        weight_decay: the factor of the L2 penalty's gradient.
        initial_accumulator_value: what the sum of squares starts at.
        eps: keeps the quotient finite.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number.
    """

    update = staticmethod(adagrad_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
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
            lr_decay="lr_decay value",
            weight_decay="weight_decay value",
            initial_accumulator_value="initial_accumulator_value value",
            eps="epsilon value",
        )
