"""What models of sequences share: a choice of cell, drawing a symbol, letting go of history."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.recurrent import GRU, LSTM, RNN, RecurrentLayer

_LAYERS: dict[str, type[RecurrentLayer]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


def recurrent(cell: str, input_size: int, hidden_size: int, **options: Any) -> RecurrentLayer:
    """The recurrent layer of a name.

    Raises:
        RangeError: a name that is none of rnn, lstm and gru.
    """
    if cell not in _LAYERS:
        raise ag.RangeError(f"cell={cell!r}: write one of {', '.join(map(repr, _LAYERS))}.")
    return _LAYERS[cell](input_size, hidden_size, **options)


def detached(state: Any) -> Any:
    """A state without its history, for truncated backpropagation through time."""
    return tuple(map(detached, state)) if isinstance(state, tuple) else state.detach()


def check_temperature(temperature: float) -> None:
    """Refuse what is no temperature.

    Raises:
        RangeError: a negative one, or none at all.
    """
    if not temperature >= 0:
        raise ag.RangeError(
            f"temperature={temperature}: a number from 0 (always the likeliest symbol) over 1 (as "
            "the model has learned) upward (ever more random)."
        )


def draw_symbols(scores: np.ndarray, temperature: float, rng: np.random.Generator) -> np.ndarray:
    """Of each row of scores one number, with probabilities softmax(scores / temperature).

    The largest of scores / T + Gumbel noise has just this distribution (Gumbel 1954).
    """
    if temperature == 0:
        return np.asarray(scores.argmax(axis=-1))
    wide = scores.astype(np.float64)
    relative = (wide - wide.max(axis=-1, keepdims=True)) / temperature
    return np.asarray((relative + rng.gumbel(size=scores.shape)).argmax(axis=-1))
