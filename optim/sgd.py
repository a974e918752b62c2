"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_not_negative, slope, used


def sgd_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-3,
    momentum: Any = 0.0,
    dampening: Any = 0.0,
    weight_decay: Any = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of gradient descent with momentum, θ ← θ − lr·d.

    g = ∇θ + weight_decay·θ;  b ← momentum·b + (1 − dampening)·g, at first b = g;
    d = b, or with `nesterov` d = g + momentum·b, or without momentum d = g
    (Polyak 1964; Nesterov 1983; in this form Sutskever et al. 2013).

    On arrays it is plain NumPy. On tensors every step of it is recorded, and a loss that
    is computed after the update can be differentiated through it.

    Args:
        param: θ, an array or a tensor.
        grad: ∇θ, of the same shape.
        state: ``{}`` at first, then what the step before returned.
        lr, momentum, dampening, weight_decay: numbers, or tensors of shape ().
        nesterov: look ahead.
        maximize: climb instead.

    Returns:
        The new θ and the new state; the arguments are left as they were.

    >>> param, state = sgd_update(1.0, 0.5, {}, lr=0.1, momentum=0.9)
    >>> param, state
    (0.95, {'momentum_buffer': 0.5})
    """
    g = slope(param, grad, weight_decay, maximize)
    if not used(momentum):
        return param - lr * g, state
    last = state.get("momentum_buffer")
    added = (1 - dampening) * g if used(dampening) else g
    b = g if last is None else momentum * last + added
    d = g + momentum * b if nesterov else b
    return param - lr * d, {"momentum_buffer": b}


class SGD(Optimizer):
    """Stochastic gradient descent by `sgd_update`, in place.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        momentum: the part of the last direction that is kept.
        dampening: the part of the gradient that momentum leaves out.
        weight_decay: the factor of the L2 penalty's gradient.
        nesterov: evaluate momentum as Nesterov does.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number, or Nesterov without momentum or with dampening.
    """

    update = staticmethod(sgd_update)
    elementwise = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        check_not_negative(options, lr="learning rate", momentum="momentum value")
        check_not_negative(options, weight_decay="weight_decay value")
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ag.RangeError("Nesterov momentum requires a momentum and zero dampening")
