"""The one loop that unrolls every recurrence, and how sequences come apart into steps.

Inside, features come first, as in the formula W·x: a step is a vector (features,), or a
column for each sequence of a batch (features, N). So W·h is one product for the whole
batch, and gates are cut out of it as blocks of rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd as ag

State = tuple[Any, ...]
"""What a recurrence hands from step to step; its first part is the output."""

Step = Callable[[Any, State], State]
"""The next state from a projected input and the state before."""


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]],
    inputs: Sequence[Any],
    state: Any,
    reverse: bool = False,
) -> tuple[list[Any], Any]:
    """Run output_t, state_t = step(x_t, state_{t−1}) over all t, each in its own scope.

    Args:
        step: what computes an output and the next state.
        inputs: one for each step.
        state: the state before the first step.
        reverse: begin with the last step; the outputs stay in the order of the inputs.

    Raises:
        ShapeError: a sequence of no steps.
    """
    if not len(inputs):
        raise ag.ShapeError("The sequence has no steps; it needs at least one.")
    outputs: list[Any] = [None] * len(inputs)
    order = range(len(inputs))
    for t in reversed(order) if reverse else order:
        with ag.scope("t", step=t + 1):
            outputs[t], state = step(inputs[t], state)
    return outputs, state


class Layout(NamedTuple):
    """How the steps of a sequence lie side by side in an array (features, rows).

    Attributes:
        shape: (T,) for one sequence, (T, N) for a batch; None where they differ in length.
        sizes: how many sequences are running at each step.
    """

    shape: tuple[int, ...] | None
    sizes: tuple[int, ...]

    def apart(self, rows: Any) -> Sequence[Any]:
        """(features, rows) → one (features,) or (features, N) for each step."""
        if self.shape is None:
            return tuple(ag.split(rows, self.sizes, 1))
        return tuple(ag.unbind(self.unfolded(rows), 1))

    def together(self, steps: list[Any]) -> Any:
        """The steps side by side again: (features, rows)."""
        if self.shape is None:
            return ag.cat(steps, 1)
        stacked = ag.stack(steps, 1)
        if len(self.shape) == 1:
            return stacked
        return ag.reshape(stacked, (stacked.shape[0], math.prod(self.shape)))

    def unfolded(self, rows: Any) -> Any:
        """(features, rows) → (features, T) or (features, T, N)."""
        if self.shape is None or len(self.shape) == 1:
            return rows
        return ag.reshape(rows, (rows.shape[0], *self.shape))

    def rows_of(self, x: Any) -> Any:
        """What a caller gives, features last, as (features, rows)."""
        if len(x.shape) > 2:
            x = ag.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))
        return ag.t(x)

    def given_back(self, rows: Any) -> Any:
        """(features, rows) as a caller sees it: (rows, features), (T, N, features) for a batch."""
        unfolded = self.unfolded(rows)
        return ag.t(unfolded) if unfolded.ndim == 2 else ag.permute(unfolded, (1, 2, 0))

    def run(
        self, step: Step, rows: Any, state: State, reverse: bool = False
    ) -> tuple[list[Any], State]:
        """The outputs of all steps, and the state of each sequence after its last step."""
        if self.shape is not None:
            return scan(lambda p, s: _with_output(step(p, s)), self.apart(rows), state, reverse)
        ragged = _Ragged(step, state)
        first = _columns(state, 0, self.sizes[-1 if reverse else 0])
        outputs, last = scan(ragged, self.apart(rows), first, reverse)
        return outputs, _joined(last, *reversed(ragged.ended))


def _with_output(state: State) -> tuple[Any, State]:
    return state[0], state


class _Ragged:
    """A step for sequences sorted by falling length: the last ones end, or begin, on the way.

    Attributes:
        whole: the state that sequences begin with.
        ended: the states of those that have ended, in the order of ending.
    """

    def __init__(self, step: Step, whole: State) -> None:
        self.step, self.whole = step, whole
        self.ended: list[State] = []

    def __call__(self, projected: Any, state: State) -> tuple[Any, State]:
        running, before = projected.shape[1], state[0].shape[1]
        if running < before:
            self.ended.append(_columns(state, running, before))
            state = _columns(state, 0, running)
        elif running > before:
            state = _joined(state, _columns(self.whole, before, running))
        return _with_output(self.step(projected, state))


def _columns(state: State, start: int, stop: int) -> State:
    return tuple(part if part.shape[1] == stop - start else part[:, start:stop] for part in state)


def _joined(*states: State) -> State:
    """The columns of several states side by side."""
    if len(states) == 1:
        return states[0]
    return tuple(ag.cat(list(parts), 1) for parts in zip(*states, strict=True))
