"""All parameters as one long vector, for rules that look at them together."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag


def values_of(params: list[ag.Tensor]) -> Any:
    """The elements of all parameters, one after the other."""
    return np.concatenate([param.data.reshape(-1) for param in params])


def gradients_of(params: list[ag.Tensor]) -> Any:
    """The gradients of all parameters, zeros where there is none."""
    found = [np.zeros_like(p.data) if p.grad is None else p.grad.data for p in params]
    return np.concatenate([grad.reshape(-1) for grad in found])


def overwrite(params: list[ag.Tensor], vector: Any) -> None:
    """Write the elements of a vector back into the parameters."""
    ends = np.cumsum([param.data.size for param in params])[:-1]
    with ag.no_grad():
        for param, part in zip(params, np.split(vector, ends), strict=True):
            param.copy_(part.reshape(param.shape))
