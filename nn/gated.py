"""Layers of the lectures that choose: the largest of several maps, or how much to let through."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd as ag
from nn.linear import Linear, affine
from nn.module import Module, shape_of
from nn.parameter import uniform


class Maxout(Module):
    """The largest of several affine maps: y = max_k (x·W_kᵀ + b_k).

    A learned, convex activation made of straight pieces; with two pieces max(w₁ᵀx + b₁,
    w₂ᵀx + b₂), of which ReLU is the case w₁ = 0, b₁ = 0 (Goodfellow et al. 2013).

    Shapes: (…, in) → (…, out). All parameters start in U(±1/√in).

    Args:
        in_features: the size of the input's last dimension.
        out_features: the size of the output's last dimension.
        pieces: how many maps each output chooses from.
        bias: whether the maps have a b_k.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Attributes:
        weight: shape (out·pieces, in); the pieces of an output lie side by side.
        bias: shape (out·pieces,), or None.

    Raises:
        RangeError: no pieces to choose from.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        pieces: int = 2,
        bias: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        if pieces < 1:
            raise ag.RangeError(f"Maxout(pieces={pieces}): at least one piece is needed.")
        self.in_features, self.out_features, self.pieces = in_features, out_features, pieces
        bound = 1 / math.sqrt(in_features) if in_features else 0.0
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        rows = out_features * pieces
        self.weight = uniform((rows, in_features), bound, "weight", **draw)
        self.bias = uniform((rows,), bound, "bias", **draw) if bias else None

    def forward(self, input: Any) -> Any:
        """max_k (x·W_kᵀ + b_k).

        Raises:
            ShapeError: the last dimension is not `in_features`.
        """
        shape = shape_of(input)
        if shape[-1:] != (self.in_features,):
            raise ag.ShapeError(
                f"{self.describe()} takes an input whose last dimension is {self.in_features}, "
                f"got shape {shape}."
            )
        maps = affine(input, self.weight, self.bias)
        return ag.amax(ag.reshape(maps, (*shape[:-1], self.out_features, self.pieces)), -1)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        sizes = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{sizes}, pieces={self.pieces}, bias={self.bias is not None}"

    def describe(self) -> str:
        """``Maxout(2→4, 2 pieces)``."""
        return f"Maxout({self.in_features}→{self.out_features}, {self.pieces} pieces)"


class Highway(Module):
    """A layer with a bypass and a gate: y = H(x)∘T(x) + x∘(1 − T(x)).

    H(x) = φ(W_H·x + b_H) is the transformed input, T(x) = σ(W_T·x + b_T) says how much of it
    is taken instead of x. The gate's bias starts below 0, so that a deep stack of these layers
    carries its input through at first (Srivastava et al. 2015).

    Shapes: (…, features) → (…, features).

    Args:
        features: the size of the last dimension.
        activation: φ, a function or a module.
        gate_bias: where b_T starts; −1 to −3 in the paper.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Attributes:
        transform: the affine map of H.
        gate: the affine map of T.
    """

    def __init__(
        self,
        features: int,
        activation: Callable[[Any], Any] = ag.relu,
        gate_bias: float = -2.0,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        rng = ag.generator(rng)
        self.features, self.activation = features, activation
        self.transform = Linear(features, features, dtype=dtype, rng=rng)
        self.gate = Linear(features, features, dtype=dtype, rng=rng)
        if self.gate.bias is not None:
            self.gate.bias.data[...] = gate_bias

    def forward(self, input: Any) -> Any:
        """H(x)∘T(x) + x∘(1 − T(x)).

        Raises:
            ShapeError: the last dimension is not `features`.
        """
        gate = ag.sigmoid(self.gate(input))
        return self.activation(self.transform(input)) * gate + input * (1 - gate)

    def describe(self) -> str:
        """``Highway(8)``."""
        return f"Highway({self.features})"
