"""Adafactor: Adam's step lengths from the sums of rows and columns alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_at_least, number, pair, used


def adafactor_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-2,
    beta2_decay: Any = -0.8,
    eps: tuple[Any, Any] = (None, 1e-3),
    d: Any = 1.0,
    weight_decay: Any = 0.0,
    maximize: bool = False,
) -> tuple[Any, State]:
    """One step of Adafactor, θ ← (1 − lr·weight_decay)·θ − α·u / max(1, rms(u) / d).

    u = g / √v, where v averages g² and forgets t^beta2_decay of it at step t. Of a matrix
    only the means of rows, r, and of columns, c, are kept: v = r·cᵀ / mean(r). The step
    length is relative, α = max(eps₂, rms(θ))·min(lr, 1/√t) (Shazeer and Stern 2018).

    Args:
        param, grad: θ and ∇θ, arrays or tensors of the same shape.
        state: ``{}`` at first, then what the step before returned.
        lr: the largest relative step.
        beta2_decay: a negative power.
        eps: the least √v (None: the dtype's precision), and the least size of θ.
        d: the root mean square of u beyond which it is clipped.
        weight_decay, maximize: see above; climb instead.
    """
    g = -grad if maximize else grad
    t = state.get("step", 0) + 1
    forgotten = t**beta2_decay
    small = float(np.finfo(param.dtype).eps) if eps[0] is None else eps[0]
    alpha = ag.clamp(_rms(param), min=eps[1]) * min(lr, t**-0.5)
    new: State = {"step": t}

    def averaged(name: str, value: Any) -> Any:
        last = state.get(name, 0.0)
        new[name] = last + forgotten * (value - last)
        return new[name]

    if g.ndim > 1:
        row = averaged("row_var", ag.mean(g * g, -1, keepdim=True))
        column = averaged("col_var", ag.mean(g * g, -2, keepdim=True))
        v = row @ column / ag.clamp(ag.mean(row, -2, keepdim=True), min=small)
    else:
        v = averaged("variance", g * g)
    u = g / ag.sqrt(ag.clamp(v, min=small * small))
    if used(weight_decay):
        param = param * (1 - lr * weight_decay)
    return param - alpha / ag.clamp(_rms(u) / d, min=1.0) * u, new


def _rms(x: Any) -> Any:
    """The root of the mean square."""
    return ag.norm(x) / float(np.prod(x.shape)) ** 0.5


class Adafactor(Optimizer):
    """Adafactor by `adafactor_update`, in place; its state is small.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the largest relative step.
        beta2_decay: the power of t by which the averages forget.
        eps: the least root of v, and the least size of a parameter.
        d: where updates are clipped.
        weight_decay: how fast the parameter itself shrinks.
        maximize: climb instead of descending.

    Raises:
        RangeError: a negative number, a positive `beta2_decay`, or d below 1.
    """

    update = staticmethod(adafactor_update)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        first, second = pair("eps", options["eps"])
        check_at_least(0, {"Learning rate": options["lr"]})
        check_at_least(0, {"epsilon1": 0 if first is None else first, "epsilon2": second})
        check_at_least(0, {"weight_decay": options["weight_decay"]})
        check_at_least(1, {"Clipping threshold d": options["d"]})
        if not number(options["beta2_decay"]) <= 0:
            raise ag.RangeError(f"beta2_decay should be <= 0 but is: {options['beta2_decay']}")
