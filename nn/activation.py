"""Activations as modules, for use inside `Sequential`."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.module import Module


class Identity(Module):
    """y = x: a layer that is not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Any arguments are accepted and ignored, so that it can stand in for any layer."""

    def forward(self, input: Any) -> Any:
        """x itself."""
        return input


class Tanh(Module):
    """y = tanh(x), element by element (lecture A4)."""

    def forward(self, input: Any) -> Any:
        """tanh(x)."""
        return ag.tanh(input)


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ), element by element (lecture A5)."""

    def forward(self, input: Any) -> Any:
        """σ(x)."""
        return ag.sigmoid(input)


class ReLU(Module):
    """y = max(0, x), element by element (Nair & Hinton 2010)."""

    def forward(self, input: Any) -> Any:
        """max(0, x)."""
        return ag.relu(input)


class _Along(Module):
    """An activation along one dimension, the last by default."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"dim={self.dim}"


class Softmax(_Along):
    """y_i = exp(x_i) / Σ_j exp(x_j) along `dim` (lecture A3)."""

    def forward(self, input: Any) -> Any:
        """softmax(x)."""
        return ag.softmax(input, self.dim)


class LogSoftmax(_Along):
    """y_i = x_i − ln Σ_j exp(x_j) along `dim`."""

    def forward(self, input: Any) -> Any:
        """log softmax(x)."""
        return ag.log_softmax(input, self.dim)
