"""Running a model as it is used: in evaluation mode, nothing recorded, left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import autograd as ag
from nn.module import Module


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Evaluation mode without recording; afterwards each module has the mode that it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with ag.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def tensor_of(value: Any) -> ag.Tensor:
    """A tensor as it is; an array or a list as a tensor."""
    return value if isinstance(value, ag.Tensor) else ag.tensor(value)
