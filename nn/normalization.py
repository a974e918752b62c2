"""Normalisation within each example: layer, group and root-mean-square norm, and neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd as ag
from nn.module import Module
from nn.parameter import Parameter, checked


def filled(value: float, shape: tuple[int, ...], name: str, dtype: Any) -> ag.Tensor:
    """A parameter of one value, of the default float type where dtype is None.

    Raises:
        RangeError: a shape of something else than whole numbers from 0 on.
    """
    return Parameter(
        np.full(checked(shape, name), value, dtype or ag.get_default_dtype()), name=name
    )


class LayerNorm(Module):
    """γ·(x − μ)/√(σ² + ε) + β over the last dimensions of each example (Ba et al. 2016).

    Shapes: (…, *normalized_shape) → the same. γ starts as 1, β as 0; σ² is the biased variance.

    Args:
        normalized_shape: the sizes of the last dimensions, or the size of the last one.
        eps: ε.
        elementwise_affine: whether to learn γ and β.
        bias: whether to learn β.
        dtype: of the parameters; the default float type otherwise.

    Attributes:
        weight, bias: γ and β, shape `normalized_shape`, or None.
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        learns = elementwise_affine
        self.weight = filled(1.0, self.normalized_shape, "weight", dtype) if learns else None
        self.bias = filled(0.0, self.normalized_shape, "bias", dtype) if learns and bias else None

    def forward(self, input: Any) -> Any:
        """γ·(x − μ)/√(σ² + ε) + β.

        Raises:
            ShapeError: the input's shape does not end in the normalized shape.
        """
        return ag.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        affine = f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"

    def describe(self) -> str:
        """``LayerNorm(8)``."""
        return f"LayerNorm({', '.join(map(str, self.normalized_shape))})"


class GroupNorm(Module):
    """γ·(x − μ)/√(σ² + ε) + β over each group of channels of each example (Wu & He 2018).

    Shapes: (N, C, …) → the same.

    Args:
        num_groups: how many groups the channels make.
        num_channels: C.
        eps: ε.
        affine: whether to learn γ and β, one of each per channel.
        dtype: of the parameters; the default float type otherwise.
        bias: whether to learn β.

    Attributes:
        weight, bias: γ and β, shape (C,), or None.

    Raises:
        RangeError: the channels do not make so many groups.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: Any = None,
        bias: bool = True,
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ag.RangeError(
                f"GroupNorm: num_channels={num_channels} must be divisible by "
                f"num_groups={num_groups}."
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self.weight = filled(1.0, (num_channels,), "weight", dtype) if affine else None
        self.bias = filled(0.0, (num_channels,), "bias", dtype) if affine and bias else None

    def forward(self, input: Any) -> Any:
        """γ·(x − μ)/√(σ² + ε) + β.

        Raises:
            ShapeError: another number of channels.
        """
        return ag.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        affine = f"affine={self.affine}, bias={self.bias is not None}"
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, {affine}"

    def describe(self) -> str:
        """``GroupNorm(2 groups of 4)``."""
        return f"GroupNorm({self.num_groups} groups of {self.num_channels // self.num_groups})"


class RMSNorm(Module):
    """γ·x/√(mean(x²) + ε) over the last dimensions of each example (Zhang & Sennrich 2019).

    Shapes: (…, *normalized_shape) → the same.

    Args:
        normalized_shape: the sizes of the last dimensions, or the size of the last one.
        eps: ε; the smallest step of the input's dtype by default.
        elementwise_affine: whether to learn γ.
        dtype: of the parameter; the default float type otherwise.

    Attributes:
        weight: γ, shape `normalized_shape`, or None.
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        learns = elementwise_affine
        self.weight = filled(1.0, self.normalized_shape, "weight", dtype) if learns else None

    def forward(self, input: Any) -> Any:
        """γ·x/√(mean(x²) + ε).

        Raises:
            ShapeError: the input's shape does not end in the normalized shape.
        """
        return ag.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        shape = self.normalized_shape
        return f"{shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"

    def describe(self) -> str:
        """``RMSNorm(8)``."""
        return f"RMSNorm({', '.join(map(str, self.normalized_shape))})"


class LocalResponseNorm(Module):
    """x/(k + α·m)^β with m the mean square over neighbouring channels (Krizhevsky et al. 2012).

    Shapes: (N, C, …) → the same; channels beyond the first and last count as zeros.

    Args:
        size: over how many channels the mean goes.
        alpha, beta, k: α, β and k.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Any:
        """x/(k + α·m)^β.

        Raises:
            ShapeError: less than three dimensions.
        """
        return ag.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _shape(given: Any) -> tuple[int, ...]:
    return tuple(given) if isinstance(given, Iterable) else (given,)
