"""Gradients that are too large, cut down before the step (lecture C: to ±5).

Gradients of parts of a batch add up, so that a large batch can be taken in pieces; clip
once, before the step:

>>> import autograd as ag
>>> import optim
>>> x = ag.tensor([1.0, 2.0], requires_grad=True)
>>> optimizer = optim.SGD([x], lr=0.1)
>>> for piece in ([3.0, 0.0], [3.0, 8.0]):
...     loss = (x * piece).sum() / 2  # the mean over both pieces
...     loss.backward()
>>> x.grad
tensor([3., 4.])
>>> clip_grad_norm_([x], max_norm=1.0)
tensor(5.)
>>> optimizer.step()
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd as ag
from optim.options import as_float


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> ag.Tensor:
    """Scale all gradients by min(1, max_norm / (norm + 10⁻⁶)), in place.

    The norm is that of all gradients as one vector (Pascanu, Mikolov and Bengio 2013).

    Args:
        parameters: tensors, one tensor, or anything that has ``parameters()``.
        max_norm: the largest norm that is left as it is.
        norm_type: p of the p-norm, `inf` for the largest element.
        error_if_nonfinite: raise if the norm is infinite or NaN; else the gradients become
            zeros or NaN then.

    Returns:
        The norm before clipping, of shape ().

    Raises:
        RangeError: the norm is not finite, and that was to be told; gradients are unchanged.
        ArgumentError: something that is no number, or has no tensors.
    """
    largest, norm_type = as_float("max_norm", max_norm), as_float("norm_type", norm_type)
    grads = _gradients(parameters)
    norm = _norm(grads, norm_type)
    if error_if_nonfinite and not np.isfinite(norm):
        raise ag.RangeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is "
            "non-finite, so it cannot be clipped. Look for the cause with ag.detect_anomaly(), "
            "or scale by the non-finite norm anyway with `error_if_nonfinite=False`."
        )
    with np.errstate(all="ignore"):
        factor = np.minimum(largest / (norm + 1e-6), 1.0)  # by no `if`: compiled, too
        for grad in grads:
            np.multiply(grad.data, factor, out=grad.data)
            ag.increment_version(grad)
    return ag.tensor(norm)


def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """Cut every element of the gradients to ±clip_value, in place (lecture C: ±5).

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 1.0], requires_grad=True)
    >>> (x * [30.0, -3.0]).sum().backward()
    >>> clip_grad_value_([x], 5)
    >>> x.grad
    tensor([ 5., -3.])

    Raises:
        RangeError: a negative value.
        ArgumentError: something that is no number, or has no tensors.
    """
    bound = as_float("clip_value", clip_value)
    if not bound >= 0:
        raise ag.RangeError(f"clip_value is the largest magnitude allowed, and not {clip_value}")
    for grad in _gradients(parameters):
        np.clip(grad.data, -bound, bound, out=grad.data)
        ag.increment_version(grad)


def _gradients(parameters: Any) -> list[ag.Tensor]:
    """The gradients that there are."""
    if isinstance(parameters, ag.Tensor):
        parameters = [parameters]
    found: Iterable[Any] = getattr(parameters, "parameters", lambda: parameters)()
    if not isinstance(found, Iterable):
        raise ag.ArgumentError(
            "Gradients are clipped of tensors, one tensor, or what has parameters(), and not of "
            f"{parameters!r:.60}"
        )
    return [param.grad for param in found if param.grad is not None]


def _norm(grads: list[ag.Tensor], p: float) -> Any:
    """The p-norm of the p-norms, which is that of all elements."""
    with np.errstate(all="ignore"):
        norms = [np.linalg.norm(grad.data.reshape(-1), p) for grad in grads]
        return np.linalg.norm(np.stack(norms), p) if norms else np.float64(0.0)
