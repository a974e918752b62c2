"""First values that an architecture asks for, written straight into the parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

import autograd as ag
from nn import init
from nn.convolution import Conv2d
from nn.linear import Linear
from nn.module import Module
from nn.parameter import fill

L = TypeVar("L", bound=Module)


def each(model: Module, kind: type[L]) -> Iterator[L]:
    """The layers of one kind in a model, in their order."""
    return (module for module in model.modules() if isinstance(module, kind))


def normal_into(tensor: ag.Tensor, std: float, rng: np.random.Generator) -> None:
    """Fill with N(0, std²), as `init.normal_` does but part by part in the tensor's memory."""
    fill(tensor.data, lambda count: rng.normal(0.0, std, count))
    ag.increment_version(tensor)


def kaiming_convolutions(model: Module, rng: np.random.Generator) -> None:
    """Weights in N(0, 2 / fan_out), which keeps the gradient's variance; no biases (He 2015)."""
    for layer in each(model, Conv2d):
        fan_out = layer.out_channels * math.prod(layer.kernel_size)
        normal_into(layer.weight, math.sqrt(2 / fan_out), rng)
        constant_bias(layer)


def small_linear(model: Module, rng: np.random.Generator, std: float = 0.01) -> None:
    """Weights of linear layers in N(0, std²), and no biases."""
    for layer in each(model, Linear):
        normal_into(layer.weight, std, rng)
        constant_bias(layer)


def constant_bias(layer: Any, value: float = 0.0) -> None:
    """One number in a layer's bias, where it has one."""
    if layer.bias is not None:
        init.constant_(layer.bias, value)
