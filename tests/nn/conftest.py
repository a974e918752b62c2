"""What the tests of layers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
import nn


def _owner(model: nn.Module, path: str) -> tuple[nn.Module, str]:
    *folders, name = path.split(".")
    for folder in folders:
        model = getattr(model, folder)
    return model, name


@pytest.fixture
def check_gradients() -> Callable[..., None]:
    """Orders 1 and 2 of the gradients by all inputs and all parameters of a module."""

    def check(model: nn.Module, *inputs: ag.Tensor) -> None:
        named = dict(model.named_parameters())

        def function(*tensors: ag.Tensor) -> Any:
            for path, tensor in zip(named, tensors[len(inputs) :], strict=True):
                owner, name = _owner(model, path)
                setattr(owner, name, tensor)
            return model(*tensors[: len(inputs)])

        operands = [*inputs, *named.values()]
        assert ag.gradcheck(function, operands)
        assert ag.gradgradcheck(function, operands)

    return check
