"""Penalties R(W) of large weights: added to a loss, they keep a model simple."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import autograd as ag
from nn.module import Module

Parameters = Module | ag.Tensor | Iterable[ag.Tensor]


def l1_penalty(parameters: Parameters) -> ag.Tensor:
    """R(W) = Σ |w|: the gradient is the sign of each weight, so that many end at 0.

    Args:
        parameters: a module, whose parameters all count, or tensors to choose for yourself.

    Raises:
        ArgumentError: something else, or no tensor at all.

    >>> l1_penalty([ag.tensor([1.0, -2.0]), ag.tensor(0.5)])
    tensor(3.5)
    """
    return _summed("l1_penalty", ag.abs, parameters)


def l2_penalty(parameters: Parameters) -> ag.Tensor:
    """R(W) = Σ w²: the gradient is 2w, so that large weights shrink most.

    ``loss + decay / 2 * l2_penalty(model)`` is what plain SGD's ``weight_decay=decay`` does.
    Arguments and errors are those of `l1_penalty`.

    >>> l2_penalty([ag.tensor([1.0, -2.0]), ag.tensor(0.5)])
    tensor(5.25)
    """
    return _summed("l2_penalty", ag.square, parameters)


def _summed(name: str, size: Callable[[Any], Any], parameters: Parameters) -> ag.Tensor:
    """The sizes of all elements of all tensors, added up."""
    given = parameters.parameters() if isinstance(parameters, Module) else parameters
    tensors = [given] if isinstance(given, ag.Tensor) else _listed(name, given)
    total: ag.Tensor = functools.reduce(ag.add, [ag.sum(size(tensor)) for tensor in tensors])
    return total


def _listed(name: str, given: Any) -> list[ag.Tensor]:
    tensors = list(given) if isinstance(given, Iterable) else [given]
    wrong = [item for item in tensors if not isinstance(item, ag.Tensor)]
    if wrong or not tensors:
        found = f"{type(wrong[0]).__name__}" if wrong else "none (was parameters() used up before?)"
        raise ag.ArgumentError(
            f"{name}() takes a module or tensors, and got {found}. Write {name}(model), or "
            f"{name}([model.weight])."
        )
    return tensors
