"""Cells in the lectures' forms, and those that a search over architectures found.

All of them are run over a sequence by `nn.unroll`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.parameter import Parameter
from nn.recurrent_cells import GatedCell, LSTMCell, RecurrentCell, column, drawn, projected
from nn.scan import State, Step


class LectureLSTMCell(RecurrentCell):
    """One step of the LSTM as lecture E2 writes it: one bias, gates in the order i, f, o, g.

    a = x·W_x + h·W_h + b, c' = σ(f)∘c + σ(i)∘tanh(g), h' = σ(o)∘tanh(c').

    Shapes: x (D,) or (N, D), h and c (H,) or (N, H); the state is (h, c). Arguments and
    initial values as in `RNNCell`.

    Attributes:
        weight_x: W_x, shape (D, 4H).
        weight_h: W_h, shape (H, 4H).
        bias: b, shape (4H,), or None.
    """

    parts = ("h", "c")

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
        draw, width = drawn(hidden_size, dtype, rng), 4 * hidden_size
        self.weight_x = draw("weight_x", input_size, width)
        self.weight_h = draw("weight_h", hidden_size, width)
        self.bias = draw("bias", width) if bias else None

    @classmethod
    def from_lstm_cell(cls, cell: LSTMCell) -> LectureLSTMCell:
        """The same function as an `LSTMCell`, its parameters copied into the lecture's form."""
        made = cls(cell.input_size, cell.hidden_size, cell.bias_ih is not None)
        made.weight_x = Parameter(_reordered(cell.weight_ih.data).T, name="weight_x")
        made.weight_h = Parameter(_reordered(cell.weight_hh.data).T, name="weight_h")
        if cell.bias_ih is not None and cell.bias_hh is not None:
            both = cell.bias_ih.data + cell.bias_hh.data
            made.bias = Parameter(_reordered(both), name="bias")
        return made

    def to_lstm_cell(self) -> LSTMCell:
        """The same function as an `LSTMCell`; the one bias becomes bias_ih, bias_hh is zero."""
        made = LSTMCell(self.input_size, self.hidden_size, self.bias is not None)
        made.weight_ih = Parameter(_reordered(self.weight_x.data.T), name="weight_ih")
        made.weight_hh = Parameter(_reordered(self.weight_h.data.T), name="weight_hh")
        if self.bias is not None:
            made.bias_ih = Parameter(_reordered(self.bias.data), name="bias_ih")
            made.bias_hh = Parameter(np.zeros_like(self.bias.data), name="bias_hh")
        return made

    def project(self, x: Any) -> Any:
        """x·W_x + b."""
        return projected(x, ag.t(self.weight_x), self.bias)

    def stepper(self, batched: bool) -> Step:
        """c' = σ(f)∘c + σ(i)∘tanh(g), h' = σ(o)∘tanh(c')."""
        w_h, size = ag.t(self.weight_h), self.hidden_size

        def step(p: Any, state: State) -> State:
            h, c = state
            gates, g = ag.split(w_h @ h + p, [3 * size, size])
            i, f, o = ag.split(ag.sigmoid(gates), size)
            c = f * c + i * ag.tanh(g)
            return o * ag.tanh(c), c

        return step


def _reordered(rows: Any) -> Any:
    """Blocks i, f, g, o as i, f, o, g, and the other way round: the last two change places."""
    i, f, third, fourth = np.split(rows, 4)
    return np.concatenate([i, f, fourth, third])


class PeepholeLSTMCell(GatedCell):
    """One step of the LSTM whose gates look at the memory (Gers & Schmidhuber 2000).

    i = σ(… + w_ci∘c), f = σ(… + w_cf∘c), c' = f∘c + i∘tanh(g), o = σ(… + w_co∘c'),
    h' = o∘tanh(c'), where the dots stand for what an `LSTMCell` has there.

    Shapes, arguments and initial values as in `LSTMCell`; the weights have its names too, so
    that its state fits, loaded with ``strict=False``.

    Attributes:
        weight_ci, weight_cf, weight_co: the peepholes, shape (hidden,).
    """

    gates = 4
    parts = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        generator = ag.generator(rng)
        super().__init__(input_size, hidden_size, bias, dtype=dtype, rng=generator)
        draw = drawn(hidden_size, dtype, generator)
        self.weight_ci = draw("weight_ci", hidden_size)
        self.weight_cf = draw("weight_cf", hidden_size)
        self.weight_co = draw("weight_co", hidden_size)

    def stepper(self, batched: bool) -> Step:
        """c' = f∘c + i∘tanh(g), h' = o∘tanh(c'), each gate with its peephole."""
        peepholes = self.weight_ci, self.weight_cf, self.weight_co
        w_ci, w_cf, w_co = (column(w, batched) for w in peepholes)

        def step(p: Any, state: State) -> State:
            h, c = state
            i, f, g, o = ag.split(self.weight_hh @ h + p, self.hidden_size)
            c_new = ag.sigmoid(f + w_cf * c) * c + ag.sigmoid(i + w_ci * c) * ag.tanh(g)
            return ag.sigmoid(o + w_co * c_new) * ag.tanh(c_new), c_new

        return step


class LectureGRUCell(RecurrentCell):
    """One step of the GRU in the lectures' form: the reset comes before the product.

    r = σ(W_r·x + U_r·h + b_r), u = σ(W_u·x + U_u·h + b_u), h̃ = tanh(W·x + U·(r∘h) + b),
    h' = u∘h̃ + (1 − u)∘h (Cho et al. 2014). PyTorch's `GRUCell` resets after the product, and
    its z is 1 − u.

    Shapes, arguments and initial values as in `RNNCell`.

    Attributes:
        weight_ih: W_r, W_u and W one below the other, shape (3·hidden, in).
        weight_hh: U_r, U_u and U, shape (3·hidden, hidden).
        bias: shape (3·hidden,), or None.
    """

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
        draw, height = drawn(hidden_size, dtype, rng), 3 * hidden_size
        self.weight_ih = draw("weight_ih", height, input_size)
        self.weight_hh = draw("weight_hh", height, hidden_size)
        self.bias = draw("bias", height) if bias else None

    def project(self, x: Any) -> Any:
        """W·x + b for all three."""
        return projected(x, self.weight_ih, self.bias)

    def stepper(self, batched: bool) -> Step:
        """h' = u∘h̃ + (1 − u)∘h."""
        sizes = [2 * self.hidden_size, self.hidden_size]
        to_gates, to_candidate = ag.split(self.weight_hh, sizes)

        def step(p: Any, state: State) -> State:
            (h,) = state
            p_gates, p_candidate = ag.split(p, sizes)
            r, u = ag.split(ag.sigmoid(to_gates @ h + p_gates), self.hidden_size)
            candidate = ag.tanh(to_candidate @ (r * h) + p_candidate)
            return (u * candidate + (1 - u) * h,)

        return step


# --- Jozefowicz, Zaremba & Sutskever 2015 -------------------------------------------------


class _MutantCell(RecurrentCell):
    """h' = z∘tanh(W_hh·(r∘h) + …) + (1 − z)∘h, with gates z and r of one's own.

    Attributes:
        uses: the weights, named by where they come from (x, h) and go to (z, r, h).
        same_size: whether x is added to the state as it is, and must be of its size.
    """

    uses: tuple[str, ...]
    same_size = False
    weight_xz: Any
    weight_xr: Any
    weight_xh: Any
    weight_hz: Any
    weight_hr: Any
    weight_hh: Any

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
        self._check_sizes()
        draw = drawn(hidden_size, dtype, rng)
        for name in self.uses:
            from_size = input_size if name[0] == "x" else hidden_size
            setattr(self, f"weight_{name}", draw(f"weight_{name}", hidden_size, from_size))
        self.bias = draw("bias", 3 * hidden_size) if bias else None

    def _check_sizes(self) -> None:
        if self.same_size and self.input_size != self.hidden_size:
            raise ag.RangeError(
                f"{self.describe()} adds the input to the state as it is, so both have one size. "
                "Bring the input to it first, with nn.Linear or nn.Embedding."
            )

    def project(self, x: Any) -> Any:
        """What x does to z, r and the candidate, one below the other, and the biases."""
        gates = ag.cat(self.from_input(x))
        return gates if self.bias is None else gates + column(self.bias, gates.ndim == 2)

    def from_input(self, x: Any) -> list[Any]:
        """What x does to z, r and the candidate."""
        return [self.weight_xz @ x, self.weight_xr @ x, self.weight_xh @ x]

    def update(self, p: Any, h: Any) -> Any:
        """The update gate z."""
        return ag.sigmoid(p + self.weight_hz @ h)

    def stepper(self, batched: bool) -> Step:
        """h' = z∘h̃ + (1 − z)∘h."""

        def step(p: Any, state: State) -> State:
            (h,) = state
            p_z, p_r, p_h = ag.split(p, self.hidden_size)
            z, r = self.update(p_z, h), ag.sigmoid(p_r + self.weight_hr @ h)
            candidate = ag.tanh(self.weight_hh @ (r * h) + p_h)
            return (z * candidate + (1 - z) * h,)

        return step


class MUT1Cell(_MutantCell):
    """The first of three cells that evolution found (Jozefowicz, Zaremba & Sutskever 2015).

    z = σ(W_xz·x + b_z), r = σ(W_xr·x + W_hr·h + b_r),
    h' = z∘tanh(W_hh·(r∘h) + tanh(x) + b_h) + (1 − z)∘h.

    Shapes, arguments and initial values as in `RNNCell`; x has the size of h.

    Attributes:
        weight_xz, weight_xr, weight_hr, weight_hh: shape (hidden, hidden).
        bias: b_z, b_r and b_h, shape (3·hidden,), or None.

    Raises:
        RangeError: input and state of different sizes.
    """

    uses = ("xz", "xr", "hr", "hh")
    same_size = True

    def from_input(self, x: Any) -> list[Any]:
        """W_xz·x, W_xr·x and tanh(x)."""
        return [self.weight_xz @ x, self.weight_xr @ x, ag.tanh(x)]

    def update(self, p: Any, h: Any) -> Any:
        """z, which does not look at the state."""
        return ag.sigmoid(p)


class MUT2Cell(_MutantCell):
    """The second of three cells that evolution found (Jozefowicz, Zaremba & Sutskever 2015).

    z = σ(W_xz·x + W_hz·h + b_z), r = σ(x + W_hr·h + b_r),
    h' = z∘tanh(W_hh·(r∘h) + W_xh·x + b_h) + (1 − z)∘h.

    Shapes, arguments and initial values as in `RNNCell`; x has the size of h.

    Attributes:
        weight_xz, weight_xh, weight_hz, weight_hr, weight_hh: shape (hidden, hidden).
        bias: b_z, b_r and b_h, shape (3·hidden,), or None.

    Raises:
        RangeError: input and state of different sizes.
    """

    uses = ("xz", "xh", "hz", "hr", "hh")
    same_size = True

    def from_input(self, x: Any) -> list[Any]:
        """W_xz·x, x itself and W_xh·x."""
        return [self.weight_xz @ x, x, self.weight_xh @ x]


class MUT3Cell(_MutantCell):
    """The third of three cells that evolution found (Jozefowicz, Zaremba & Sutskever 2015).

    z = σ(W_xz·x + W_hz·tanh(h) + b_z), r = σ(W_xr·x + W_hr·h + b_r),
    h' = z∘tanh(W_hh·(r∘h) + W_xh·x + b_h) + (1 − z)∘h.

    Shapes, arguments and initial values as in `RNNCell`.

    Attributes:
        weight_xz, weight_xr, weight_xh: shape (hidden, in).
        weight_hz, weight_hr, weight_hh: shape (hidden, hidden).
        bias: b_z, b_r and b_h, shape (3·hidden,), or None.
    """

    uses = ("xz", "xr", "xh", "hz", "hr", "hh")

    def update(self, p: Any, h: Any) -> Any:
        """z, which looks at the state's tanh."""
        return super().update(p, ag.tanh(h))
