"""A cell, or any function of an input and a state, run over a sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd as ag
from nn.recurrent_cells import RecurrentCell
from nn.scan import Layout, scan


def unroll(
    cell: Callable[[Any, Any], Any],
    inputs: Any,
    state: Any = None,
    *,
    readout: Callable[[Any], Any] | None = None,
) -> tuple[ag.Tensor, Any]:
    """Run a cell over a sequence: h_t = cell(x_t, h_{t−1}) for t = 1 … T (lecture C1).

    Each step is recorded in its own scope, so that pictures can fold time. A `RecurrentCell`
    projects the inputs of all steps in one product, unless they come one by one in a list.

    Args:
        cell: what computes the next state; a state that is a tuple, such as (h, c), has
            the output as its first part.
        inputs: a tensor or array of shape (T, in) or (T, N, in), or a sequence of steps.
        state: the state before the first step; None lets the cell choose (zeros).
        readout: a module that makes each step's output of it, such as y_t = W_hy·h_t.

    Returns:
        The outputs, shape (T, …), and the state after the last step.

    Raises:
        ShapeError: a sequence of no steps, or sizes that do not fit.

    >>> import nn
    >>> outputs, last = unroll(nn.RNNCell(2, 3, rng=0), ag.zeros(5, 2))
    >>> outputs.shape, last.shape
    ((5, 3), (3,))
    """
    if isinstance(cell, RecurrentCell) and not isinstance(inputs, (list, tuple)):
        return _at_once(cell, inputs, state, readout)

    def step(x: Any, state: Any) -> tuple[Any, Any]:
        state = cell(x, state)
        output = state[0] if isinstance(state, tuple) else state
        return (output if readout is None else readout(output)), state

    outputs, last = scan(step, _steps(inputs), state)
    return ag.stack(outputs), last


def _steps(inputs: Any) -> Sequence[Any]:
    listed = isinstance(inputs, (list, tuple))
    steps: Sequence[Any] = inputs if listed else ag.unbind(inputs)  # type: ignore[assignment]
    return steps


def _at_once(
    cell: RecurrentCell, inputs: Any, state: Any, readout: Callable[[Any], Any] | None
) -> tuple[ag.Tensor, Any]:
    """One projection for all steps, features first in between."""
    shape = _checked(cell, inputs.shape)
    batched = len(shape) == 3
    layout = Layout(shape[:-1], ())
    with ag.scope(type(cell).__name__, owner=cell):
        before = cell.state_before(inputs, shape[1:], state)
        projected = layout.apart(cell.project(layout.rows_of(inputs)))
        inner = cell.stepper(batched)

    def step(p: Any, state: Any) -> tuple[Any, Any]:
        with ag.scope(type(cell).__name__, owner=cell):
            after = inner(p, state)
            output = ag.t(after[0]) if batched else after[0]
        return (output if readout is None else readout(output)), after

    outputs, last = scan(step, projected, before)
    return ag.stack(outputs), cell.as_given(last, batched)


def _checked(cell: RecurrentCell, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a sequence.

    Raises:
        ShapeError: no sequence for this cell.
    """
    size = cell.input_size
    if len(shape) not in (2, 3) or shape[-1] != size:
        raise ag.ShapeError(
            f"unroll() takes a sequence of shape (T, {size}) or (T, N, {size}) for "
            f"{cell.describe()}, got {shape}."
        )
    if not shape[0]:
        raise ag.ShapeError("unroll(): the sequence has no steps; it needs at least one.")
    return shape
