"""Keeping values within bounds, and replacing those that are not finite."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError
from autograd.core.primitive import Call, Draw, call, refuses

_INSIDE = "Inside the bounds, and on them, the gradient passes; outside it goes to the bound."


def _pairs(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(2, 3), np.full((2, 3), 0.05)),
        call(draw.apart(2, 3), np.array([0.05, -0.5, 0.7])),
        call(draw.apart(3), 0.05),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ]


@primitive(
    symbol="fmax",
    formula="maximum(x, y)",
    d=("where((x >= y) | isnan(y), 1, 0)", "where((x >= y) | isnan(y), 0, 1)"),
    lesson="The larger operand gets the whole gradient, the first one where they are equal; "
    "a NaN loses.",
    samples=_pairs,
    methods=("fmax",),
    numpy=(np.fmax,),
)
def fmax(x: Any, y: Any) -> Any:
    """The larger of x and y; where one is NaN, the other.

    Shapes broadcast. ∂/∂x = [x ≥ y or y is NaN], ∂/∂y = 1 − ∂/∂x.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.fmax(x, y)


@primitive(
    symbol="fmin",
    formula="minimum(x, y)",
    d=("where((x <= y) | isnan(y), 1, 0)", "where((x <= y) | isnan(y), 0, 1)"),
    lesson="The smaller operand gets the whole gradient, the first one where they are equal; "
    "a NaN loses.",
    samples=_pairs,
    methods=("fmin",),
    numpy=(np.fmin,),
)
def fmin(x: Any, y: Any) -> Any:
    """The smaller of x and y; where one is NaN, the other.

    Shapes broadcast. ∂/∂x = [x ≤ y or y is NaN], ∂/∂y = 1 − ∂/∂x.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.fmin(x, y)


@primitive(
    symbol="clamp",
    formula="maximum(x, min)",
    d=("x >= min", "x < min"),
    lesson=_INSIDE,
    samples=_pairs,
    methods=("clamp_min",),
)
def clamp_min(x: Any, min: Any) -> Any:
    """x, raised to `min` where it lies below.

    Shapes broadcast. ∂/∂x = [x ≥ min], ∂/∂min = [x < min].

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.maximum(x, min)


@primitive(
    symbol="clamp",
    formula="minimum(x, max)",
    d=("x <= max", "x > max"),
    lesson=_INSIDE,
    samples=_pairs,
    methods=("clamp_max",),
)
def clamp_max(x: Any, max: Any) -> Any:
    """x, lowered to `max` where it lies above.

    Shapes broadcast. ∂/∂x = [x ≤ max], ∂/∂max = [x > max].

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.minimum(x, max)


@primitive(
    symbol="clamp",
    formula="minimum(maximum(x, min), max)",
    d=(
        "(x >= min) & (x <= max)",
        "(x < min) & (min < max)",
        "(x > max) | (max < min)",
    ),
    lesson=_INSIDE,
    samples=lambda draw: [
        call(draw.apart(2, 3), -0.5, 0.7),
        call(draw.apart(2, 3), np.full(3, -0.5), np.full((2, 1), 0.7)),
        call(draw.apart(3), np.array(0.3), np.array(-0.3)),
        refuses("do not broadcast", np.ones(2), np.ones(3), 2.0),
    ],
)
def clamp_between(x: Any, min: Any, max: Any) -> Any:
    """x, raised to `min` where it lies below and lowered to `max` where it lies above.

    Shapes broadcast; `max` wins where it is less than `min`. It is what `clamp` with two
    bounds runs. ∂/∂x = [min ≤ x ≤ max].

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.minimum(np.maximum(x, min), max)


def _as_numpy_clips(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    """``np.clip``, whose bounds have two names each."""
    return clamp(a, min if a_min is None else a_min, max if a_max is None else a_max)


@composition(
    symbol="clamp",
    formula="clamp(x)",
    lesson=_INSIDE,
    samples=lambda draw: [
        call(draw.apart(2, 3), -0.5, 0.7),
        call(draw.apart(2, 3), min=0.05),
        call(draw.apart(2, 3), None, np.array([0.05, -0.5, 0.7])),
        call(draw.apart(2, 3), max=0.5),
        refuses("at least one bound", np.ones(2)),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ],
    methods=("clamp", "clip"),
    aliases=("clip",),
    numpy=((np.clip, _as_numpy_clips),),
)
def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    """x kept between `min` and `max`, numbers or tensors; `max` wins where they cross.

    Shapes broadcast. ∂/∂x = 1 inside the bounds and on them, 0 outside; a bound that is
    a tensor gets the gradient where it was taken.

    Raises:
        ArgumentError: neither bound is given.
        ShapeError: the shapes do not broadcast.
    """
    if min is None and max is None:
        raise ArgumentError("clamp() needs at least one bound: clamp(min=0.0), clamp(max=1.0).")
    if max is None:
        return clamp_min(x, min)
    return clamp_max(x, max) if min is None else clamp_between(x, min, max)


def _as_numpy_replaces(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """``np.nan_to_num``, which has `copy` in between."""
    return nan_to_num(x, nan, posinf, neginf)


@primitive(
    symbol="finite",
    formula="nan_to_num(x)",
    d=("where(isfinite(x), 1, 0)",),
    lesson="Finite values hand their gradient on; those that were replaced get none.",
    samples=lambda draw: [call(draw(2, 3)), call(draw()), call(draw(3), 1.0, posinf=2.0)],
    methods=("nan_to_num",),
    numpy=((np.nan_to_num, _as_numpy_replaces),),
)
def nan_to_num(
    x: Any, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """x with NaN replaced by `nan`, and infinities by the largest numbers of the dtype.

    ∂/∂x = 1 where x is finite, 0 elsewhere.

    Args:
        x: the operand.
        nan: what stands for NaN.
        posinf, neginf: what stands for ∞ and −∞; None for the dtype's largest and least.
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
