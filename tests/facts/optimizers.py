"""Optimizers, clipping and the list of schedules: PyTorch's answers, reproduced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from facts.reference import BEHAVIOUR

import autograd as ag
import optim
from optim import lr_scheduler


def steps(kind: str, count: int = 3, **options: Any) -> Callable[[], Any]:
    """From (1, −2) with the gradients t·(0.1, −0.3)."""

    def run() -> Any:
        x = ag.tensor([1.0, -2.0], dtype=np.float64, requires_grad=True)
        optimizer = getattr(optim, kind)([x], **options)
        for t in range(1, count + 1):
            x.grad = ag.tensor([0.1 * t, -0.3 * t], dtype=np.float64)
            optimizer.step()
        return x.tolist()

    return run


def params(*grads: Any) -> list[ag.Tensor]:
    """One parameter of ones for each gradient."""
    found = []
    for grad in grads:
        found.append(ag.tensor(np.ones(np.shape(grad)), dtype=np.float32, requires_grad=True))
        found[-1].grad = ag.tensor(grad, dtype=np.float32)
    return found


def clipped() -> Any:
    """The norm of (3, 0) and (0, 4, 0) together, and both gradients afterwards."""
    found = params([3.0, 0.0], [0.0, 4.0, 0.0])
    norm = optim.clip_grad_norm_(found, 1.0).item()
    return (norm, *(param.grad.tolist() for param in found))


def clipped_infinity() -> Any:
    """What an infinite norm leaves."""
    (param,) = params([float("inf"), 1.0])
    return optim.clip_grad_norm_([param], 1.0).item(), param.grad.tolist()


def skipped() -> float:
    """A parameter without gradient, after a step with decay."""
    x = ag.tensor(1.0, requires_grad=True)
    optim.SGD([x], lr=0.1, weight_decay=0.1).step()
    return x.item()


def decayed() -> float:
    """One with a gradient of zero."""
    (x,) = params(0.0)
    optim.SGD([x], lr=0.1, weight_decay=0.1).step()
    return x.item()


def forgotten() -> Any:
    """What zero_grad() leaves."""
    (x,) = params([1.0])
    optim.SGD([x]).zero_grad()
    return x.grad


def schedules() -> list[str]:
    """PyTorch's names, as far as they are here."""
    listed = eval(BEHAVIOUR["schedulers"])
    return [name for name in listed if hasattr(lr_scheduler, name)]


OPTIMIZERS = {
    "opt SGD": steps("SGD", lr=0.1),
    "opt SGD mom": steps("SGD", lr=0.1, momentum=0.9),
    "opt SGD mom damp": steps("SGD", lr=0.1, momentum=0.9, dampening=0.5),
    "opt SGD nesterov": steps("SGD", lr=0.1, momentum=0.9, nesterov=True),
    "opt SGD wd": steps("SGD", lr=0.1, weight_decay=0.1),
    "opt Adam": steps("Adam", lr=0.1),
    "opt Adam eps1": steps("Adam", lr=0.1, eps=1.0),
    "opt Adam amsgrad": steps("Adam", lr=0.1, amsgrad=True),
    "opt AdamW": steps("AdamW", lr=0.1, weight_decay=0.1),
    "opt RMSprop": steps("RMSprop", lr=0.1),
    "opt RMSprop c m": steps("RMSprop", lr=0.1, centered=True, momentum=0.9, eps=1.0),
    "opt Adagrad": steps("Adagrad", lr=0.1, lr_decay=0.1),
    "opt Adadelta": steps("Adadelta"),
    "opt Adamax": steps("Adamax", lr=0.1),
    "opt NAdam": steps("NAdam", lr=0.1),
    "opt RAdam": steps("RAdam", lr=0.1),
    "opt RAdam 8": steps("RAdam", 8, lr=0.1),
    "opt Rprop": steps("Rprop", lr=0.1),
    "opt ASGD": steps("ASGD", lr=0.1),
    "opt Adafactor": steps("Adafactor", lr=0.1),
    "clip_grad_norm_ returns/pre, grads": clipped,
    "clip inf": clipped_infinity,
    "grad None skipped": skipped,
    "zero grad still decays": decayed,
    "zero_grad default -> None": forgotten,
    "SGD nesterov without momentum": steps("SGD", nesterov=True),
    "schedulers": schedules,
}
