"""Affine maps, and the reshaping that leads up to them."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from nn.module import Module, shape_of
from nn.parameter import checked, uniform


def affine(x: Any, weight: ag.Tensor, bias: ag.Tensor | None) -> Any:
    """W·x + b of one vector, as the lectures write it, or x·Wᵀ + b of a batch of them.

    Shapes: (…, in), (out, in), (out,) → (…, out).
    """
    single = len(shape_of(x)) == 1
    product = ag.matmul(weight, x) if single else ag.matmul(x, ag.t(weight))
    return product if bias is None else product + bias


class Linear(Module):
    """The affine map y = x·Wᵀ + b (lecture A6).

    Shapes: (…, in) → (…, out). Weight and bias start in U(±1/√in), as PyTorch's do.

    Args:
        in_features: the size of the input's last dimension.
        out_features: the size of the output's last dimension.
        bias: whether to add b.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Attributes:
        weight: W, shape (out, in).
        bias: b, shape (out,), or None.

    Raises:
        RangeError: sizes that are no whole numbers, or negative.

    >>> Linear(2, 3, rng=0)(ag.tensor([1.0, -1.0])).shape
    (3,)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.in_features, self.out_features = in_features, out_features
        shape = checked((out_features, in_features), "weight")
        bound = 1 / math.sqrt(in_features) if in_features > 0 else 0.0
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.weight = uniform(shape, bound, "weight", **draw)
        self.bias = uniform((out_features,), bound, "bias", **draw) if bias else None

    def forward(self, input: Any) -> Any:
        """x·Wᵀ + b.

        Raises:
            ShapeError: the last dimension is not `in_features`.
        """
        try:
            return affine(input, self.weight, self.bias)
        except ag.ShapeError as error:
            raise ag.ShapeError(
                f"{self.describe()} takes an input whose last dimension is {self.in_features}, "
                f"got shape {shape_of(input)}."
            ) from error

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"

    def describe(self) -> str:
        """``Linear(2→4)``."""
        return f"{type(self).__name__}({self.in_features}→{self.out_features})"


class Bilinear(Module):
    """One map of two inputs, linear in each: y_k = Σ_ij x_i·W_kij·z_j + b_k.

    Shapes: (…, in1), (…, in2) → (…, out). Weight and bias start in U(±1/√in1), as PyTorch's do.

    Args:
        in1_features, in2_features: the sizes of the inputs' last dimensions.
        out_features: the size of the output's last dimension.
        bias: whether to add b.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Attributes:
        weight: W, shape (out, in1, in2).
        bias: b, shape (out,), or None.

    Raises:
        RangeError: in1_features below 1.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        if in1_features < 1:
            raise ag.RangeError(f"Bilinear(in1_features={in1_features}): at least 1 is needed.")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in1_features)
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.weight = uniform((out_features, in1_features, in2_features), bound, "weight", **draw)
        self.bias = uniform((out_features,), bound, "bias", **draw) if bias else None

    def forward(self, input1: Any, input2: Any) -> Any:
        """Σ_ij x_i·W_kij·z_j + b_k.

        Raises:
            ShapeError: last dimensions of other sizes, or batches that differ.
        """
        return ag.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        sizes = f"in1_features={self.in1_features}, in2_features={self.in2_features}"
        return f"{sizes}, out_features={self.out_features}, bias={self.bias is not None}"

    def describe(self) -> str:
        """``Bilinear(2×3→4)``."""
        return f"Bilinear({self.in1_features}×{self.in2_features}→{self.out_features})"


class Flatten(Module):
    """Consecutive dimensions as one: (N, C, H, W) → (N, C·H·W).

    Args:
        start_dim: the first dimension to flatten; 1 leaves the batch alone.
        end_dim: the last one, included.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        """The reshaped input.

        Raises:
            ShapeError: a dimension that does not exist, or an end before the start.
        """
        shape = shape_of(input)
        rank = len(shape)
        inside = all(-rank <= d < rank for d in (self.start_dim, self.end_dim))
        if not inside or self.start_dim % rank > self.end_dim % rank:
            raise ag.ShapeError(f"{self!r} cannot flatten an input of shape {shape}.")
        start, end = self.start_dim % rank, self.end_dim % rank + 1
        return ag.reshape(input, (*shape[:start], math.prod(shape[start:end]), *shape[end:]))

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One dimension taken apart into several: (N, C·H·W) → (N, C, H, W).

    Args:
        dim: the dimension to take apart.
        unflattened_size: the sizes that it is taken apart into; one may be −1.
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Any) -> Any:
        """The reshaped input.

        Raises:
            ShapeError: sizes that do not multiply up to that of the dimension.
            IndexingError: a dimension that does not exist.
        """
        return ag.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
