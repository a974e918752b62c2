"""Recurrent layers: RNN, LSTM and GRU over whole sequences, stacked and in both directions."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.module import Module, with_shape
from nn.packing import PackedSequence, pack_padded_sequence, pad_packed_sequence
from nn.recurrent_cells import (
    Weights,
    check_nonlinearity,
    drawn,
    gru_step,
    lstm_step,
    parts_of,
    project_with_both,
    project_with_own,
    rnn_step,
    zeros,
)
from nn.scan import Layout, State, Step
from nn.sizes import per_dim

_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
_SUFFIXES = ("", "_reverse")


class RecurrentLayer(Module):
    """What RNN, LSTM and GRU share: several layers, both directions, and how sequences go in.

    Parameters are named as PyTorch names them, such as ``weight_ih_l0`` and
    ``weight_hh_l1_reverse``, and drawn in its order from U(±1/√hidden).
    """

    gates = 1
    parts: tuple[str, ...] = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._check_arguments()
        self.rng = None if rng is None else ag.generator(rng)
        self._draw(dtype)

    # --- parameters -------------------------------------------------------------------

    @property
    def output_size(self) -> int:
        """The size of h: the projection's, where there is one."""
        return self.proj_size or self.hidden_size

    @property
    def directions(self) -> tuple[str, ...]:
        """The endings of the parameters' names."""
        return _SUFFIXES if self.bidirectional else _SUFFIXES[:1]

    def _draw(self, dtype: Any) -> None:
        draw = drawn(self.hidden_size, dtype, self.rng)
        for layer in range(self.num_layers):
            for suffix in self.directions:
                for name, shape in self._shapes(layer).items():
                    path = f"{name}_l{layer}{suffix}"
                    setattr(self, path, draw(path, *shape))

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """The parameters of one layer and direction."""
        height, out = self.gates * self.hidden_size, self.output_size
        size = out * len(self.directions) if layer else self.input_size
        biases = {"bias_ih": (height,), "bias_hh": (height,)} if self.bias else {}
        projection = {"weight_hr": (out, self.hidden_size)} if self.proj_size else {}
        return {"weight_ih": (height, size), "weight_hh": (height, out), **biases, **projection}

    def _weights(self, layer: int, suffix: str) -> Weights:
        return Weights(*(getattr(self, f"{name}_l{layer}{suffix}", None) for name in _NAMES))

    # --- the formula, which each kind defines -------------------------------------------

    def project(self, w: Weights, x: Any) -> Any:
        """The part that needs no state, for all steps at once."""
        return project_with_both(w, x)

    def stepper(self, w: Weights, batched: bool) -> Step:
        """The rest, as a function of a projected input and the state."""
        raise ag.StateError(f"{type(self).__name__} does not define stepper(…).")

    # --- forward --------------------------------------------------------------------------

    def forward(self, input: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        """The outputs of the last layer at all steps, and the state after the last step.

        Args:
            input: (T, in), (T, N, in), with `batch_first` (N, T, in), or a `PackedSequence`.
            hx: the state before the first step, (layers·directions, N, hidden), without N for
                a single sequence; zeros where it is None.
            lengths: how many steps each sequence of a padded batch has. The outputs after
                its end are zero, and its last state is that of its own last step.

        Raises:
            ShapeError: sizes that do not fit, or no steps.
        """
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        input = with_shape(input)
        self._check_input(input.shape)
        if lengths is not None:
            return self._with_lengths(input, hx, lengths)
        batched = len(input.shape) == 3
        steps = ag.transpose(input, 0, 1) if batched and self.batch_first else input
        layout = Layout(steps.shape[:-1], ())
        rows, last = self._run(layout, layout.rows_of(steps), self._states(hx, layout.shape, input))
        outputs = layout.given_back(rows)
        swapped = ag.transpose(outputs, 0, 1) if batched and self.batch_first else outputs
        return swapped, self._as_given(last, batched)

    def _with_lengths(self, input: Any, hx: Any, lengths: Any) -> tuple[Any, Any]:
        if len(input.shape) != 3:
            raise ag.ShapeError(
                f"{self.describe()}: lengths belong to a batch, (T, N, {self.input_size}), got "
                f"shape {input.shape}; a single sequence is cut instead: x[:length]."
            )
        packed = pack_padded_sequence(input, lengths, self.batch_first, enforce_sorted=False)
        outputs, last = self._packed(packed, hx)
        total = input.shape[1 if self.batch_first else 0]
        return pad_packed_sequence(outputs, self.batch_first, total_length=total)[0], last

    def _packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        sizes = tuple(map(int, packed.batch_sizes.tolist()))
        layout = Layout(None, sizes)
        self._check_input((len(sizes), sizes[0], *packed.data.shape[1:]))
        before = self._states(hx, (len(sizes), sizes[0]), packed.data, packed.sorted_indices)
        rows, last = self._run(layout, ag.t(packed.data), before)
        state = self._as_given(last, True, packed.unsorted_indices)
        return packed._replace(data=ag.t(rows)), state

    def _run(self, layout: Layout, rows: Any, states: list[State]) -> tuple[Any, list[State]]:
        """All layers, features first: the rows of the last one, and all last states."""
        last: list[State] = []
        for layer in range(self.num_layers):
            if layer:
                rows = self._dropped(rows)
            outputs = []
            for suffix in self.directions:
                found, state = self._direction(layout, rows, states[len(last)], layer, suffix)
                outputs.append(found)
                last.append(state)
            rows = outputs[0] if len(outputs) == 1 else ag.cat(outputs)
        return rows, last

    def _direction(
        self, layout: Layout, rows: Any, state: State, layer: int, suffix: str
    ) -> tuple[Any, State]:
        w, batched = self._weights(layer, suffix), len(state[0].shape) == 2
        name = f"layer {layer}{suffix.replace('_', ', ')}"
        formula = type(self).project, type(self).stepper  # the user's, in a layer of one's own
        with ag.scope(name, one_line=all(f.__module__ == __name__ for f in formula)):
            step, projected = self.stepper(w, batched), self.project(w, rows)
            outputs, state = layout.run(step, projected, state, reverse=bool(suffix))
            return layout.together(outputs), state

    def _dropped(self, rows: Any) -> Any:
        return ag.dropout(rows, self.dropout, self.training, rng=self.rng)

    # --- the state ------------------------------------------------------------------------

    def _sizes(self) -> tuple[int, ...]:
        """The size of each part of the state."""
        return (self.output_size, self.hidden_size)[: len(self.parts)]

    def _states(
        self, hx: Any, shape: tuple[int, ...] | None, like: Any, order: Any = None
    ) -> list[State]:
        """For each layer and direction, its state before the first step, features first."""
        count, batch = self.num_layers * len(self.directions), (shape or ())[1:]
        if hx is None:
            parts = zip(self.parts, self._sizes(), strict=True)
            zero = tuple(zeros((name,), (size, *batch), like)[0] for name, size in parts)
            return [zero] * count
        given = parts_of(self, hx)
        self._check_state(given, count, batch)
        sorted_ = given if order is None else [ag.index_select(part, 1, order) for part in given]
        split = [[ag.t(s) if batch else s for s in ag.unbind(part)] for part in sorted_]
        return list(zip(*split, strict=True))

    def _as_given(self, states: list[State], batched: bool, order: Any = None) -> Any:
        """The last states as a caller sees them: (layers·directions, N, hidden)."""
        parts = []
        for part in zip(*states, strict=True):
            stacked = ag.stack([ag.t(s) for s in part] if batched else list(part))
            parts.append(stacked if order is None else ag.index_select(stacked, 1, order))
        return tuple(parts) if len(parts) > 1 else parts[0]

    # --- checks ---------------------------------------------------------------------------

    def _check_arguments(self) -> None:
        name = type(self).__name__
        if not 0 <= self.dropout <= 1:
            raise ag.RangeError(f"{name}: dropout is a share between 0 and 1, got {self.dropout}.")
        per_dim(self.num_layers, 1, "num_layers")
        if self.num_layers < 1 or self.hidden_size < 1:
            raise ag.RangeError(
                f"{name} has at least one layer and one unit, got num_layers={self.num_layers} "
                f"and hidden_size={self.hidden_size}."
            )
        if not 0 <= self.proj_size < self.hidden_size:
            raise ag.RangeError(
                f"{name}: proj_size={self.proj_size} must be smaller than the hidden_size "
                f"{self.hidden_size}, which it makes smaller (0: no projection)."
            )

    def _check_input(self, shape: tuple[int, ...]) -> None:
        size = self.input_size
        order = "(N, T, {})" if self.batch_first else "(T, N, {})"
        if len(shape) not in (2, 3) or shape[-1] != size:
            raise ag.ShapeError(
                f"{self.describe()} takes a sequence of shape (T, {size}) or a batch of them, "
                f"{order.format(size)}, got {tuple(shape)}."
            )
        if not shape[1 if len(shape) == 3 and self.batch_first else 0]:
            raise ag.ShapeError(
                f"{self.describe()}: the sequence of shape {tuple(shape)} has no steps; it needs "
                "at least one."
            )

    def _check_state(self, given: State, count: int, batch: tuple[int, ...]) -> None:
        for name, part, size in zip(self.parts, given, self._sizes(), strict=True):
            wanted = (count, *batch, size)
            if part.shape != wanted:
                raise ag.ShapeError(
                    f"{self.describe()}: the state {name} has shape {part.shape}, and this input "
                    f"goes with {wanted}: layers·directions{', N' if batch else ''}, hidden."
                )

    # --- reading it -----------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The arguments that `repr` shows: the sizes, and what differs from the defaults."""
        shown = f"{self.input_size}, {self.hidden_size}"
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            shown += f", {name}={value}" if value != default else ""
        return shown

    def describe(self) -> str:
        """``LSTM(4→3)``."""
        return f"{type(self).__name__}({self.input_size}→{self.hidden_size})"


_DEFAULTS = {
    "proj_size": 0,
    "num_layers": 1,
    "bias": True,
    "batch_first": False,
    "dropout": 0.0,
    "bidirectional": False,
}


class RNN(RecurrentLayer):
    """The vanilla recurrent network over a sequence (Elman 1990; lectures C1, D4).

    h_t = tanh(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh)

    Shapes: (T, in), (T, N, in) or, with `batch_first`, (N, T, in) → the outputs, of the same
    form with directions·hidden last, and the last state (layers·directions, N, hidden).

    Args:
        input_size: the size of x.
        hidden_size: the size of h.
        num_layers: how many layers, each reading the outputs of the one below.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        bias: whether to add the biases.
        batch_first: whether the batch is the first dimension of input and output.
        dropout: the share of outputs that is dropped between layers, in training.
        bidirectional: whether a second recurrence runs from the end to the beginning.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed, for the parameters and the dropout; the generator of
            `autograd.manual_seed` otherwise.

    Raises:
        RangeError: an argument that makes no sense.

    >>> outputs, h = RNN(2, 3, num_layers=2, rng=0)(ag.zeros(5, 7, 2))
    >>> outputs.shape, h.shape
    ((5, 7, 3), (2, 7, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        check_nonlinearity(nonlinearity)
        self.nonlinearity = nonlinearity
        sizes = input_size, hidden_size, num_layers
        super().__init__(*sizes, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng)

    def stepper(self, w: Weights, batched: bool) -> Step:
        """h' = tanh(W_hh·h + p)."""
        return rnn_step(w, self.nonlinearity)


class LSTM(RecurrentLayer):
    """The long short-term memory over a sequence (Hochreiter & Schmidhuber 1997).

    c_t = σ(f)∘c_{t−1} + σ(i)∘tanh(g) and h_t = σ(o)∘tanh(c_t), as in `LSTMCell`; with
    `proj_size`, h_t = W_hr·(σ(o)∘tanh(c_t)) (Sak, Senior & Beaufays 2014).

    Shapes and arguments as in `RNN`; the state is a tuple (h, c). With `proj_size`, outputs
    and h have this size, and only c keeps hidden_size.

    >>> outputs, (h, c) = LSTM(2, 3, bidirectional=True, rng=0)(ag.zeros(5, 7, 2))
    >>> outputs.shape, h.shape, c.shape
    ((5, 7, 6), (2, 7, 3), (2, 7, 3))
    """

    gates = 4
    parts = ("h", "c")

    def stepper(self, w: Weights, batched: bool) -> Step:
        """c' = σ(f)∘c + σ(i)∘tanh(g), h' = σ(o)∘tanh(c')."""
        return lstm_step(w)


class GRU(RecurrentLayer):
    """The gated recurrent unit over a sequence (Cho et al. 2014), as in `GRUCell`.

    h_t = (1 − z)∘n + z∘h_{t−1}, n = tanh(W_in·x_t + b_in + r∘(W_hn·h_{t−1} + b_hn))

    Shapes and arguments as in `RNN`.

    >>> outputs, h = GRU(2, 3, batch_first=True, rng=0)(ag.zeros(7, 5, 2))
    >>> outputs.shape, h.shape
    ((7, 5, 3), (1, 7, 3))
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        sizes = input_size, hidden_size, num_layers
        super().__init__(*sizes, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng)

    def project(self, w: Weights, x: Any) -> Any:
        """W_ih·x + b_ih."""
        return project_with_own(w, x)

    def stepper(self, w: Weights, batched: bool) -> Step:
        """h' = n + z∘(h − n)."""
        return gru_step(w, batched)
