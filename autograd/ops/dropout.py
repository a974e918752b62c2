"""Dropout: random zeros in training, nothing in evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import RangeError, ShapeError
from autograd.core.mode import generator
from autograd.core.node import Handle, operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.comparison import where

_LESSON = (
    "What was dropped gets no gradient; what stayed gets it scaled as the value was, by 1/(1 − p)."
)
_RANGE = "between 0 and 1"


def _mask(x: Any, shape: tuple[int, ...], p: float, rng: Any) -> Any:
    """True where a value stays, as an array of the kind of x."""
    array = x.value if isinstance(x, Handle) else x
    kept = generator(rng).random(shape) >= p
    return np.asarray(kept, like=array)


def _scaled(x: Any, shape: tuple[int, ...], p: float, rng: Any) -> Any:
    """x · mask / (1 − p), with a mask of `shape`; p = 1 gives zeros."""
    mask = _mask(x, shape, p, rng).astype(x.dtype)
    return x * (mask / (1 - p) if p < 1 else mask)


def _check(p: float) -> None:
    if not 0 <= p <= 1:
        raise RangeError(
            f"dropout probability has to be {_RANGE}, but got {p}: it is the share of values "
            "that become zero."
        )


@composition(
    symbol="dropout",
    formula="dropout(input)",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(3, 4), 0.5, rng=0),
        call(draw(3), 0.25, training=False),
        call(draw(2, 2), 1.0, rng=1),
        refuses(_RANGE, np.ones(3), 1.5),
    ],
)
def dropout(input: Any, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Any:
    """Each value zero with probability p, else divided by 1 − p, so that the mean stays.

    Outside of training the input itself (Srivastava et al. 2014).

    Args:
        rng: a generator or a seed; the generator of `manual_seed` otherwise.

    Raises:
        RangeError: a probability outside 0 to 1.
    """
    _check(p)
    return _scaled(input, operand_shape(input), p, rng) if training and p else input


def _feature_dropout(dims: int, input: Any, p: float, training: bool, rng: Any) -> Any:
    _check(p)
    shape = operand_shape(input)
    if len(shape) not in (dims + 1, dims + 2):
        raise ShapeError(
            f"dropout{dims}d: expected {dims + 2} dimensions (N, C, …), or {dims + 1} (C, …) for "
            f"a single example, got shape {shape}."
        )
    whole = (*shape[:-dims], *(1,) * dims)
    return _scaled(input, whole, p, rng) if training and p else input


@composition(
    symbol="dropout",
    formula="dropout(input)",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 3, 2), 0.5, rng=0),
        call(draw(3, 2), training=False),
        refuses(_RANGE, np.ones((1, 2, 3)), -0.1),
        refuses("expected 3", np.ones(3)),
    ],
)
def dropout1d(input: Any, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Any:
    """Whole channels zero with probability p: (N, C, L) or (C, L) (Tompson et al. 2015).

    Neighbours in a channel say much the same, so dropping single values teaches little.

    Raises:
        RangeError: a probability outside 0 to 1.
        ShapeError: another number of dimensions.
    """
    return _feature_dropout(1, input, p, training, rng)


@composition(
    symbol="dropout",
    formula="dropout(input)",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 3, 2, 2), 0.5, rng=0),
        refuses(_RANGE, np.ones((1, 2, 3)), 2),
    ],
)
def dropout2d(input: Any, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Any:
    """Whole channels zero with probability p: (N, C, H, W) or (C, H, W); see `dropout1d`."""
    return _feature_dropout(2, input, p, training, rng)


@composition(
    symbol="dropout",
    formula="dropout(input)",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 3, 1, 2, 2), 0.5, rng=0),
        refuses(_RANGE, np.ones((1, 2, 3, 1)), 2),
    ],
)
def dropout3d(input: Any, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Any:
    """Whole channels zero with probability p: (N, C, D, H, W) or (C, D, H, W)."""
    return _feature_dropout(3, input, p, training, rng)


_SATURATION = -1.7580993408473766
"""Where SELU ends far to the left: −scale · α."""


@composition(
    symbol="dropout",
    formula="alpha_dropout(input)",
    lesson="What was dropped gets no gradient; what stayed gets it scaled as the value was.",
    samples=lambda draw: [
        call(draw(3, 4), 0.5, training=True, rng=0),
        call(draw(3)),
        refuses(_RANGE, np.ones(3), 1.5),
    ],
)
def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, *, rng: Any = None) -> Any:
    """Dropout for SELU networks: what is dropped takes SELU's saturation value, and a scale and
    a shift keep mean and variance (Klambauer et al. 2017).

    Raises:
        RangeError: a probability outside 0 to 1.
    """
    _check(p)
    if not training or not p:
        return input
    if p == 1:
        return input * 0.0
    scale = (1 / ((1 - p) * (1 + p * _SATURATION**2))) ** 0.5
    mask = _mask(input, operand_shape(input), p, rng).astype(input.dtype)
    filled = input * mask + _SATURATION * (1 - mask)
    return filled * scale - scale * p * _SATURATION


@composition(
    symbol="RReLU",
    formula="rrelu(input)",
    lesson="Negative numbers hand the gradient on times a slope, drawn for each in training.",
    samples=lambda draw: [
        call(draw.apart(2, 3)),
        call(draw.apart(4), 0.2, 0.4, True, rng=0),
        call(draw.apart(), 0.25, 0.25),
        refuses("from lower=0.5 to upper=0.2", np.ones(2), 0.5, 0.2),
    ],
)
def rrelu(
    input: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    *,
    rng: Any = None,
) -> Any:
    """max(0, x) + slope · min(0, x), each slope drawn between `lower` and `upper`.

    Outside of training all slopes are their mean (Xu et al. 2015).

    Args:
        rng: a generator or a seed; the generator of `manual_seed` otherwise.

    Raises:
        RangeError: no slopes between the bounds.
    """
    if not lower <= upper:
        raise RangeError(f"rrelu(): slopes go from lower={lower} to upper={upper}; swap them.")
    slope: Any = (lower + upper) / 2
    if training:
        array = input.value if isinstance(input, Handle) else input
        drawn = generator(rng).uniform(lower, upper, operand_shape(input))
        slope = np.asarray(drawn, like=array).astype(input.dtype)
    return where(input >= 0, input, input * slope)
