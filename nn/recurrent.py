"""Recurrent cells, and the loop that unrolls one over a sequence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd as ag
from nn.linear import affine
from nn.module import Module, shape_of
from nn.parameter import uniform

_NONLINEARITIES = {"tanh": ag.tanh, "relu": ag.relu}


class RNNCell(Module):
    """One step of the vanilla recurrent network (Elman 1990; lectures C1, D4, E1).

    h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh)

    Shapes: x (in,) or (N, in), h and h' (hidden,) or (N, hidden). All parameters start in
    U(±1/√hidden), as PyTorch's do.

    Args:
        input_size: the size of x.
        hidden_size: the size of h.
        bias: whether to add the two biases.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Attributes:
        weight_ih: shape (hidden, in).
        weight_hh: shape (hidden, hidden).
        bias_ih, bias_hh: shape (hidden,), or None.

    Raises:
        RangeError: another nonlinearity.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        _check_nonlinearity(nonlinearity)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.nonlinearity = nonlinearity
        bound = 1 / math.sqrt(hidden_size) if hidden_size else 0.0
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.weight_ih = uniform((hidden_size, input_size), bound, "weight_ih", **draw)
        self.weight_hh = uniform((hidden_size, hidden_size), bound, "weight_hh", **draw)
        self.bias_ih = uniform((hidden_size,), bound, "bias_ih", **draw) if bias else None
        self.bias_hh = uniform((hidden_size,), bound, "bias_hh", **draw) if bias else None

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state from the input and the state before (zeros where it is None).

        Raises:
            ShapeError: sizes that do not fit the cell or one another.
        """
        check_step(self, input, hx)
        hx = zero_state(self, input) if hx is None else hx
        return self.step(self.project(input), hx)

    def project(self, input: Any) -> Any:
        """W_ih·x + b_ih, the part that needs no state: for one step or a whole sequence."""
        return affine(input, self.weight_ih, self.bias_ih)

    def step(self, projected: Any, hx: Any) -> Any:
        """The next state from a projected input and the state before."""
        activation = _NONLINEARITIES[self.nonlinearity]
        return activation(projected + affine(hx, self.weight_hh, self.bias_hh))

    def extra_repr(self) -> str:
        """The arguments that `repr` shows: the sizes, and what differs from the defaults."""
        bias = "" if self.bias_ih is not None else ", bias=False"
        kind = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return f"{self.input_size}, {self.hidden_size}{bias}{kind}"

    def describe(self) -> str:
        """``RNNCell(4→3)``."""
        return f"{type(self).__name__}({self.input_size}→{self.hidden_size})"


def _check_nonlinearity(name: str) -> None:
    if name not in _NONLINEARITIES:
        raise ag.RangeError(f"Unknown nonlinearity {name!r}: write 'tanh' or 'relu'.")


def zero_state(cell: Any, input: Any) -> ag.Tensor:
    """The state before the first step: zeros in the shape that the input asks for."""
    shape = (*shape_of(input)[:-1], cell.hidden_size)
    like = cell.weight_hh.data
    return ag.tensor(np.zeros_like(like, shape=shape), name="h0")


def check_step(cell: Any, input: Any, hx: Any) -> None:
    """Refuse an input or a state of the wrong shape.

    Raises:
        ShapeError: with both shapes and those that fit.
    """
    shape = shape_of(input)
    if len(shape) not in (1, 2) or shape[-1] != cell.input_size:
        raise ag.ShapeError(
            f"{cell.describe()} takes an input of shape ({cell.input_size},) or "
            f"(N, {cell.input_size}), got {shape}. A sequence goes through nn.unroll."
        )
    wanted = (*shape[:-1], cell.hidden_size)
    if hx is not None and shape_of(hx) != wanted:
        raise ag.ShapeError(
            f"{cell.describe()}: the state has shape {shape_of(hx)}, and an input of shape "
            f"{shape} goes with a state of shape {wanted}."
        )


def unroll(
    cell: Callable[[Any, Any], Any],
    inputs: Any,
    state: Any = None,
    *,
    readout: Callable[[Any], Any] | None = None,
) -> tuple[ag.Tensor, Any]:
    """Run a cell over a sequence: h_t = cell(x_t, h_{t−1}) for t = 1 … T (lecture C1).

    Each step is recorded in its own scope, so that pictures can fold time.

    Args:
        cell: what computes the next state; a state that is a tuple, such as (h, c), has
            the output as its first part.
        inputs: a tensor or array of shape (T, in) or (T, N, in), or a sequence of steps.
        state: the state before the first step; None lets the cell choose (zeros).
        readout: a module that makes each step's output of it, such as y_t = W_hy·h_t.

    Returns:
        The outputs, shape (T, …), and the state after the last step.

    Raises:
        ShapeError: a sequence of no steps.
    """
    outputs = []
    for t, x in enumerate(_steps(inputs), start=1):
        with ag.scope("t", step=t):
            state = cell(x, state)
            output = state[0] if isinstance(state, tuple) else state
            outputs.append(output if readout is None else readout(output))
    return ag.stack(outputs), state


def _steps(inputs: Any) -> Sequence[Any]:
    listed = isinstance(inputs, (list, tuple))
    steps: Sequence[Any] = inputs if listed else ag.unbind(inputs)  # type: ignore[assignment]
    if not len(steps):
        raise ag.ShapeError("unroll(): the sequence has no steps; it needs at least one.")
    return steps
