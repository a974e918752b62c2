"""The recurrent cells of PyTorch, and the formulas that whole layers share with them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from nn.module import Module, with_shape
from nn.parameter import uniform
from nn.scan import State, Step

_NONLINEARITIES = {"tanh": ag.tanh, "relu": ag.relu}


class Weights(NamedTuple):
    """The parameters of one recurrence, under the names that PyTorch gives them.

    Attributes:
        ih, hh: from the input and from the state to all gates, one below the other.
        bias_ih, bias_hh: of the same height, or None.
        hr: the projection of an LSTM's output, or None.
    """

    ih: Any
    hh: Any
    bias_ih: Any = None
    bias_hh: Any = None
    hr: Any = None


# --- the formulas -----------------------------------------------------------------------


def column(vector: Any, batched: bool) -> Any:
    """A vector as what can be added to a step: itself, or (n, 1) for a batch (n, N)."""
    return ag.reshape(vector, (-1, 1)) if batched else vector


def projected(x: Any, weight: Any, *biases: Any) -> Any:
    """W·x + b₁ + …, for one step or for all steps at once: (in, rows) → (out, rows)."""
    product = weight @ x
    present = [bias for bias in biases if bias is not None]
    if not present:
        return product
    bias = present[0] if len(present) == 1 else present[0] + present[1]
    return product + column(bias, product.ndim == 2)


def project_with_both(w: Weights, x: Any) -> Any:
    """W_ih·x + (b_ih + b_hh)."""
    return projected(x, w.ih, w.bias_ih, w.bias_hh)


def project_with_own(w: Weights, x: Any) -> Any:
    """W_ih·x + b_ih."""
    return projected(x, w.ih, w.bias_ih)


def rnn_step(w: Weights, nonlinearity: str) -> Step:
    """h' = tanh(W_hh·h + p)."""
    activation = _NONLINEARITIES[nonlinearity]
    return lambda p, state: (activation(w.hh @ state[0] + p),)


def lstm_step(w: Weights) -> Step:
    """c' = σ(f)∘c + σ(i)∘tanh(g), h' = σ(o)∘tanh(c'), where W_hh·h + p is i, f, g, o."""
    size = w.hh.shape[0] // 4

    def step(p: Any, state: State) -> State:
        h, c = state
        i, f, g, o = ag.split(w.hh @ h + p, size)
        c = ag.sigmoid(f) * c + ag.sigmoid(i) * ag.tanh(g)
        h = ag.sigmoid(o) * ag.tanh(c)
        return (h if w.hr is None else w.hr @ h), c

    return step


def gru_step(w: Weights, batched: bool) -> Step:
    """r, z = σ(…), n = tanh(p_n + r∘(W_hn·h + b_hn)), h' = n + z∘(h − n)."""
    size = w.hh.shape[1]
    bias = None if w.bias_hh is None else column(w.bias_hh, batched)

    def step(p: Any, state: State) -> State:
        (h,) = state
        p_gates, p_n = ag.split(p, [2 * size, size])
        to_all = w.hh @ h if bias is None else w.hh @ h + bias
        gates, n = ag.split(to_all, [2 * size, size])
        r, z = ag.split(ag.sigmoid(p_gates + gates), size)
        n = ag.tanh(p_n + r * n)
        return (n + z * (h - n),)

    return step


# --- what all cells share ---------------------------------------------------------------


class RecurrentCell(Module):
    """One step of a recurrence: what is the same for every cell.

    A cell of one's own derives from it and defines `project` and `stepper`, both with
    features first: a vector (features,), or a column for each example (features, N).
    `nn.unroll` then runs it over a sequence with one projection for all steps.

    Attributes:
        input_size: the size of x.
        hidden_size: the size of h.
        parts: the names of the tensors that make up the state, the output first.
    """

    input_size: int
    hidden_size: int
    parts: tuple[str, ...] = ("h",)

    def project(self, x: Any) -> Any:
        """The part of the formula that needs no state: (in, rows) → (gates, rows)."""
        raise ag.StateError(f"{type(self).__name__} does not define project(x).")

    def stepper(self, batched: bool) -> Step:
        """The rest of the formula: a function of a projected input and a tuple, the state.

        What it needs at every step is prepared here, once for the whole sequence.

        Args:
            batched: whether a step is (features, N) rather than (features,).
        """
        raise ag.StateError(f"{type(self).__name__} does not define stepper(batched).")

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state from the input and the state before (zeros where it is None).

        Raises:
            ShapeError: sizes that do not fit the cell or one another.
        """
        input = with_shape(input)
        state = self.state_before(input, input.shape, hx)
        batched = len(input.shape) == 2
        after = self.stepper(batched)(self.project(ag.t(input) if batched else input), state)
        return self.as_given(after, batched)

    def state_before(self, input: Any, shape: tuple[int, ...], hx: Any) -> State:
        """The state that goes with a step of `shape`: as given, or zeros; features first.

        Raises:
            ShapeError, ArgumentError: sizes, or a number of parts, that do not fit.
        """
        if len(shape) not in (1, 2) or shape[-1] != self.input_size:
            raise ag.ShapeError(
                f"{self.describe()} takes an input of shape ({self.input_size},) or "
                f"(N, {self.input_size}), got {shape}. A sequence goes through nn.unroll."
            )
        wanted = (*shape[:-1], self.hidden_size)
        given = hx is not None
        state = self._checked(hx, wanted, shape) if given else zeros(self.parts, wanted, input)
        return tuple(map(ag.t, state)) if len(shape) == 2 else state

    def as_given(self, state: State, batched: bool) -> Any:
        """A state with features first as a caller sees it: (hidden,) or (N, hidden)."""
        seen = tuple(map(ag.t, state)) if batched else state
        return seen if len(self.parts) > 1 else seen[0]

    def _checked(self, hx: Any, wanted: tuple[int, ...], shape: tuple[int, ...]) -> State:
        state = parts_of(self, hx)
        for part in state:
            if part.shape != wanted:
                raise ag.ShapeError(
                    f"{self.describe()}: the state has shape {part.shape}, and an input of "
                    f"shape {shape} goes with a state of shape {wanted}."
                )
        return state

    def extra_repr(self) -> str:
        """The arguments that `repr` shows: the sizes, and what differs from the defaults."""
        biased = any("bias" in name for name, _ in self.named_parameters(recurse=False))
        return f"{self.input_size}, {self.hidden_size}{'' if biased else ', bias=False'}"

    def describe(self) -> str:
        """``RNNCell(4→3)``."""
        return f"{type(self).__name__}({self.input_size}→{self.hidden_size})"


def parts_of(module: Any, hx: Any) -> State:
    """A state as a tuple of its parts.

    Raises:
        ArgumentError: a tuple where one tensor is wanted, or the other way round.
    """
    names = module.parts
    given = tuple(hx) if isinstance(hx, (tuple, list)) else (hx,)
    if len(given) != len(names) or (len(names) > 1) != isinstance(hx, (tuple, list)):
        wanted = f"a tuple ({', '.join(names)})" if len(names) > 1 else f"one tensor {names[0]}"
        got = f"{len(given)} of them" if isinstance(hx, (tuple, list)) else "one tensor"
        raise ag.ArgumentError(f"{module.describe()} has as its state {wanted}, got {got}.")
    return tuple(map(with_shape, given))


def zeros(names: tuple[str, ...], shape: tuple[int, ...], like: Any) -> State:
    """The state before the first step: a tensor of zeros for each part."""
    array = like.data if isinstance(like, ag.Tensor) else like
    return tuple(ag.tensor(np.zeros_like(array, shape=shape), name=f"{name}0") for name in names)


def bound_of(hidden_size: int) -> float:
    """1/√hidden: the parameters start in U(−bound, bound)."""
    return 1 / math.sqrt(hidden_size) if hidden_size else 0.0


def check_nonlinearity(name: str) -> None:
    """Refuse a nonlinearity other than the two that PyTorch has.

    Raises:
        RangeError: naming both.
    """
    if name not in _NONLINEARITIES:
        raise ag.RangeError(f"Unknown nonlinearity {name!r}: write 'tanh' or 'relu'.")


def drawn(hidden_size: int, dtype: Any, rng: Any) -> Callable[..., ag.Tensor]:
    """A function (name, *shape) → a parameter from U(±1/√hidden)."""
    bound, generator = bound_of(hidden_size), ag.generator(rng)
    return lambda name, *shape: uniform(shape, bound, name, dtype=dtype, rng=generator)


class GatedCell(RecurrentCell):
    """A cell with PyTorch's four parameters, as many gates high as its formula asks for."""

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.input_size, self.hidden_size = input_size, hidden_size
        draw, height = drawn(hidden_size, dtype, rng), self.gates * hidden_size
        self.weight_ih = draw("weight_ih", height, input_size)
        self.weight_hh = draw("weight_hh", height, hidden_size)
        self.bias_ih = draw("bias_ih", height) if bias else None
        self.bias_hh = draw("bias_hh", height) if bias else None

    @property
    def weights(self) -> Weights:
        """The parameters as the formulas take them."""
        return Weights(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def project(self, x: Any) -> Any:
        """W_ih·x + b_ih + b_hh."""
        return project_with_both(self.weights, x)


class RNNCell(GatedCell):
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
        check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, dtype=dtype, rng=rng)
        self.nonlinearity = nonlinearity

    def stepper(self, batched: bool) -> Step:
        """h' = tanh(W_hh·h + p)."""
        return rnn_step(self.weights, self.nonlinearity)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows: the sizes, and what differs from the defaults."""
        kind = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + kind


class LSTMCell(GatedCell):
    """One step of the long short-term memory (Hochreiter & Schmidhuber 1997; Gers 2000).

    c' = σ(f)∘c + σ(i)∘tanh(g) and h' = σ(o)∘tanh(c'), where the rows of
    W_ih·x + b_ih + W_hh·h + b_hh are i, f, g, o in PyTorch's order (lecture E2 has i, f, o, g:
    see `LectureLSTMCell`).

    Shapes: x (in,) or (N, in), h and c (hidden,) or (N, hidden); the state is (h, c).
    Arguments and initial values as in `RNNCell`.

    Attributes:
        weight_ih: shape (4·hidden, in).
        weight_hh: shape (4·hidden, hidden).
        bias_ih, bias_hh: shape (4·hidden,), or None.

    >>> h, c = LSTMCell(2, 3, rng=0)(ag.tensor([1.0, -1.0]))
    >>> h.shape, c.shape
    ((3,), (3,))
    """

    gates = 4
    parts = ("h", "c")

    def stepper(self, batched: bool) -> Step:
        """c' = σ(f)∘c + σ(i)∘tanh(g), h' = σ(o)∘tanh(c')."""
        return lstm_step(self.weights)


class GRUCell(GatedCell):
    """One step of the gated recurrent unit (Cho et al. 2014), reset after the product.

    r = σ(W_ir·x + b_ir + W_hr·h + b_hr), z likewise, n = tanh(W_in·x + b_in + r∘(W_hn·h + b_hn)),
    h' = (1 − z)∘n + z∘h. The lectures' form is `LectureGRUCell`.

    Shapes: x (in,) or (N, in), h and h' (hidden,) or (N, hidden). Arguments and initial
    values as in `RNNCell`.

    Attributes:
        weight_ih: shape (3·hidden, in), the rows of r, z and n.
        weight_hh: shape (3·hidden, hidden).
        bias_ih, bias_hh: shape (3·hidden,), or None.
    """

    gates = 3

    def project(self, x: Any) -> Any:
        """W_ih·x + b_ih."""
        return project_with_own(self.weights, x)

    def stepper(self, batched: bool) -> Step:
        """h' = n + z∘(h − n)."""
        return gru_step(self.weights, batched)
