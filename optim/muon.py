"""Muon: momentum made orthogonal, for matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd as ag
from optim.optimizer import Optimizer, State
from optim.options import check_at_least, used

COEFFICIENTS = (3.4445, -4.775, 2.0315)


def orthogonalized(
    matrix: Any, coefficients: Any = COEFFICIENTS, steps: int = 5, eps: Any = 1e-7
) -> Any:
    """A matrix near U·Vᵀ of the singular value decomposition U·S·Vᵀ.

    X ← aX + (bXXᵀ + c(XXᵀ)²)X, from X = matrix / ‖matrix‖, brings the singular values
    near to 1, between about 0.7 and 1.2 with these coefficients (Newton and Schulz's
    iteration, in Jordan 2024's form).
    """
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / ag.clamp(ag.norm(x), min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if tall else x


def muon_update(
    param: Any,
    grad: Any,
    state: State,
    *,
    lr: Any = 1e-3,
    weight_decay: Any = 0.1,
    momentum: Any = 0.95,
    nesterov: bool = True,
    ns_coefficients: tuple[Any, Any, Any] = COEFFICIENTS,
    eps: Any = 1e-7,
    ns_steps: int = 5,
    adjust_lr_fn: str | None = None,
) -> tuple[Any, State]:
    """One step of Muon, θ ← (1 − lr·weight_decay)·θ − lr·k·orthogonalized(d).

    b ← momentum·b + (1 − momentum)·∇θ from b = 0; d = b, or with `nesterov`
    d = momentum·b + (1 − momentum)·∇θ (Jordan 2024). For θ of shape (A, B) k is
    √max(1, A/B), or with "match_rms_adamw" 0.2·√max(A, B), so that steps are as large as
    AdamW's (Liu et al. 2025).

    Args:
        param, grad: θ and ∇θ, matrices.
        state: ``{}`` at first, then what the step before returned.
        lr, weight_decay, momentum, nesterov: see above.
        ns_coefficients, eps, ns_steps: of `orthogonalized`.
        adjust_lr_fn: "original" (None) or "match_rms_adamw".
    """
    b = momentum * state.get("momentum_buffer", 0.0) + (1 - momentum) * grad
    d = momentum * b + (1 - momentum) * grad if nesterov else b
    rows, columns = param.shape
    scale = max(1, rows / columns) ** 0.5
    if adjust_lr_fn == "match_rms_adamw":
        scale = 0.2 * max(rows, columns) ** 0.5
    if used(weight_decay):
        param = param * (1 - lr * weight_decay)
    step = orthogonalized(d, ns_coefficients, ns_steps, eps)
    return param - lr * scale * step, {"momentum_buffer": b}


class Muon(Optimizer):
    """Muon by `muon_update`, in place; for the matrices of hidden layers.

    PyTorch's iterates in bfloat16, this one in the parameter's dtype. Biases, embeddings and
    the last layer are for another optimizer, usually AdamW.

    Args:
        params: tensors, groups of them, or anything that has ``parameters()``.
        lr: the learning rate.
        weight_decay: how fast the parameter itself shrinks.
        momentum: the part of the last direction that is kept.
        nesterov: look ahead.
        ns_coefficients: of the iteration, see `orthogonalized`.
        eps: the least norm to divide by.
        ns_steps: how often the iteration is repeated.
        adjust_lr_fn: "original" (None) or "match_rms_adamw".

    Raises:
        RangeError: a negative number, a parameter that is no matrix, or an unknown `adjust_lr_fn`.
    """

    update = staticmethod(muon_update)

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, options)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense.

        Raises:
            RangeError: with PyTorch's words.
        """
        check_at_least(0, {"Learning rate": options["lr"], "momentum": options["momentum"]})
        check_at_least(0, {"weight decay": options["weight_decay"]})
        adjust = options["adjust_lr_fn"]
        if adjust not in (None, "original", "match_rms_adamw"):
            raise ag.RangeError(f"Adjust learning rate function {adjust} is not supported")
        if len(options["ns_coefficients"]) != 3:
            raise ag.RangeError("Coefficients must be a tuple of exactly 3 values")
        if not options["ns_steps"] < 100:
            raise ag.RangeError(
                "Number of steps must be less than 100 for computational efficiency"
            )
        for param in options["params"]:
            if param.ndim != 2:
                raise ag.RangeError(
                    "Muon only supports 2D parameters whereas we found a parameter with size: "
                    f"{tuple(param.shape)}; give the others to AdamW."
                )
