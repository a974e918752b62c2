"""Networks of fully connected layers: the multilayer perceptron, and the highway network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import autograd as ag
from nn.activation import ReLU
from nn.container import Sequential
from nn.dropout import Dropout
from nn.gated import Highway
from nn.linear import Linear
from nn.module import Module


class MLP(Sequential):
    """Linear layers with a nonlinearity between them (Rumelhart et al. 1986; lectures A4, B).

    h_k = φ(W_k·h_{k−1} + b_k), and the last layer without φ.

    Shapes: (…, sizes[0]) → (…, sizes[-1]).

    Args:
        sizes: the number of inputs, of units in each hidden layer, and of outputs.
        activation: what makes φ, such as ``nn.Tanh``; called once for each hidden layer.
        dropout: the share of hidden values that is dropped in training.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: fewer than two sizes, or one below 1.

    >>> MLP([2, 8, 3], rng=0)(ag.ones(5, 2)).shape
    (5, 3)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Callable[[], Module] = ReLU,
        dropout: float = 0.0,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ag.RangeError(
                f"MLP(sizes={list(sizes)}): write the number of inputs, of units in each hidden "
                "layer and of outputs, each at least 1: MLP([64, 32, 10])."
            )
        shared = ag.generator(rng)
        layers: list[Module] = []
        for size, next_size in pairwise(sizes):
            layers.append(Linear(size, next_size, dtype=dtype, rng=shared))
            layers.append(activation())
            layers += [Dropout(dropout, rng=shared)] if dropout else []
        last = 2 if dropout else 1
        super().__init__(*layers[:-last])

    def _part(self, named: dict[str, Module]) -> Any:
        return Sequential(named)


class HighwayNetwork(Module):
    """A deep stack of highway layers between two linear ones (Srivastava et al. 2015; lecture E).

    Each of its layers, y = H(x)∘T(x) + x∘(1 − T(x)), starts by handing its input through, so
    that fifty of them can be trained where a plain network of that depth cannot.

    Shapes: (…, in) → (…, out).

    Args:
        in_features: the size of the input's last dimension.
        features: the size of every highway layer.
        out_features: the number of outputs.
        depth: how many highway layers.
        activation: φ in H, a function or a module.
        gate_bias: where the gates' biases start; lower lets more through.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: a depth below 1.
    """

    def __init__(
        self,
        in_features: int,
        features: int,
        out_features: int,
        depth: int = 10,
        activation: Callable[[Any], Any] = ag.relu,
        gate_bias: float = -2.0,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        if depth < 1:
            raise ag.RangeError(f"HighwayNetwork(depth={depth}): at least one layer is needed.")
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        layers = [Highway(features, activation, gate_bias, **draw) for _ in range(depth)]
        self.enter = Linear(in_features, features, **draw)
        self.highway = Sequential(*layers)
        self.leave = Linear(features, out_features, **draw)
        self.activation = activation

    def forward(self, input: Any) -> Any:
        """W_out·highway(φ(W_in·x)) with biases.

        Raises:
            ShapeError: the last dimension is not `in_features`.
        """
        return self.leave(self.highway(self.activation(self.enter(input))))
