"""Names that PyTorch's users look for here: sequences in `rnn`, parameters as one vector.

What changes gradients belongs to `optim`, and this says so:

>>> import nn
>>> nn.utils.clip_grad_norm_  # doctest: +IGNORE_EXCEPTION_DETAIL
Traceback (most recent call last):
    ...
UnknownNameError: nn.utils has no 'clip_grad_norm_': write optim.clip_grad_norm_.
"""

from __future__ import annotations

from collections.abc import Iterable

import autograd as ag
from nn.utils import rnn as rnn

_IN_OPTIM = {
    "clip_grad_norm_": "clip_grad_norm_",
    "clip_grad_norm": "clip_grad_norm_",
    "clip_grad_value_": "clip_grad_value_",
}


def parameters_to_vector(parameters: Iterable[ag.Tensor]) -> ag.Tensor:
    """All elements of some parameters, one after the other; gradients flow back.

    >>> parameters_to_vector([ag.tensor([[1.0, 2.0]]), ag.tensor(3.0)])
    tensor([1., 2., 3.])
    """
    return ag.cat([ag.reshape(parameter, (-1,)) for parameter in parameters])


def vector_to_parameters(vec: ag.Tensor, parameters: Iterable[ag.Tensor]) -> None:
    """Write a vector into the parameters: `parameters_to_vector` undone.

    Raises:
        ShapeError: another number of elements.
    """
    listed = list(parameters)
    count = sum(parameter.numel() for parameter in listed)
    if tuple(vec.shape) != (count,):
        raise ag.ShapeError(
            f"vector_to_parameters(): the parameters have {count} elements, and the vector has "
            f"shape {tuple(vec.shape)}."
        )
    pieces = ag.split(vec.detach(), [parameter.numel() for parameter in listed])
    with ag.no_grad():
        for parameter, piece in zip(listed, pieces, strict=True):
            parameter.copy_(ag.reshape(piece, parameter.shape))


def __getattr__(name: str) -> object:
    """Say where a name is that PyTorch has here."""
    there = f": write optim.{_IN_OPTIM[name]}." if name in _IN_OPTIM else "."
    raise ag.UnknownNameError(f"nn.utils has no {name!r}{there}")
