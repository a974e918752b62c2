"""Activations made of straight pieces: rectifiers, hard gates, and shrinkage towards zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import RangeError, ShapeError
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.shape import reshape


def _off_zero(draw: Draw) -> list[Call]:
    return [call(draw.apart(2, 3)), call(draw.apart())]


@primitive(
    symbol="leaky relu",
    formula="where(x > 0, x, negative_slope * x)",
    d=("where(x > 0, 1, negative_slope)",),
    lesson="Where x is positive the gradient passes; elsewhere a small part of it leaks through.",
    samples=lambda draw: [*_off_zero(draw), call(draw.apart(3), negative_slope=0.1)],
    floating=True,
)
def leaky_relu(x: Any, *, negative_slope: float = 0.01) -> Any:
    """x above 0, `negative_slope`·x below. ∂/∂x = 1 or the slope, the slope at 0.

    Source: Maas et al. 2013. The default 0.01 is PyTorch's; the lectures draw it with 0.1.
    """
    return np.maximum(x, 0) + negative_slope * np.minimum(x, 0)


@primitive(
    symbol="prelu",
    formula="where(x > 0, x, weight * x)",
    d=("where(x > 0, 1, weight)", "where(x > 0, 0, x)"),
    lesson="Where x is positive the gradient passes; elsewhere it passes times the slope, and "
    "the slope learns from it.",
    samples=lambda draw: [
        call(draw.apart(2, 3), draw.between(0.1, 0.5, 3)),
        call(draw.apart(2, 3), draw.between(0.1, 0.5)),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ],
)
def parametric_relu(x: Any, weight: Any) -> Any:
    """x above 0, `weight`·x below, the slopes broadcast to x. It is what `prelu` runs.

    ∂/∂x = 1 or the weight (at 0 too), ∂/∂weight = min(x, 0).

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return np.maximum(x, 0) + weight * np.minimum(x, 0)


@composition(
    symbol="prelu",
    formula="where(x > 0, x, weight * x)",
    lesson="Where x is positive the gradient passes; elsewhere it passes times the slope, and "
    "the slope learns from it.",
    samples=lambda draw: [
        call(draw.apart(2, 3), draw.between(0.1, 0.5, 3)),
        call(draw.apart(2, 3, 2), draw.between(0.1, 0.5, 3)),
        call(draw.apart(3), draw.between(0.1, 0.5, 1)),
        refuses("one slope for each channel", np.ones((2, 3)), np.ones(2)),
    ],
    methods=("prelu",),
)
def prelu(x: Any, weight: Any) -> Any:
    """x above 0, `weight`·x below, with learned slopes: one, or one for each channel.

    Shapes: x (N, C, …), weight (), (1) or (C) (He et al. 2015).

    Raises:
        ShapeError: several slopes, and not as many as channels (dimension 1 of x).
    """
    slopes = tuple(weight.shape)
    if slopes in ((), (1,)):
        return parametric_relu(x, reshape(weight, ()) if x.ndim == 0 else weight)
    channels = x.shape[1] if x.ndim > 1 else 1
    if slopes != (channels,):
        raise ShapeError(
            f"prelu() takes one slope, or one slope for each channel: x of shape "
            f"{tuple(x.shape)} has {channels} channel(s), and weight has shape {slopes}."
        )
    return parametric_relu(x, reshape(weight, (channels, *(1,) * (x.ndim - 2))))


@primitive(
    symbol="relu6",
    formula="minimum(maximum(x, 0), 6)",
    d=("(x > 0) & (x < 6)",),
    lesson="The gradient passes between 0 and 6 and stops outside.",
    samples=lambda draw: [call(draw.apart(2, 3) * 8), call(draw.apart())],
)
def relu6(x: Any) -> Any:
    """x kept between 0 and 6. ∂/∂x = [0 < x < 6] (Krizhevsky 2010)."""
    return np.minimum(np.maximum(x, 0), 6)


def _limits(
    x: Any, min_val: float = -1.0, max_val: float = 1.0
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if min_val > max_val:
        raise RangeError(f"hardtanh(): min_val={min_val!r} is greater than max_val={max_val!r}.")
    return (x,), {"min_val": min_val, "max_val": max_val}


@primitive(
    symbol="hardtanh",
    formula="minimum(maximum(x, min_val), max_val)",
    d=("(x > min_val) & (x < max_val)",),
    lesson="The gradient passes between the two limits and stops outside.",
    samples=lambda draw: [
        call(draw.apart(2, 3) * 1.3),
        call(draw.apart(2, 3), -0.5, 0.7),
        refuses("greater than", np.ones(2), 2.0, 1.0),
    ],
    signature=_limits,
    floating=True,
)
def hardtanh(x: Any, *, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x kept between `min_val` and `max_val`. ∂/∂x = [min_val < x < max_val] (Collobert 2004).

    Raises:
        RangeError: `min_val` is greater than `max_val`.
    """
    return np.minimum(np.maximum(x, min_val), max_val)


def _between_corners(draw: Draw) -> list[Call]:
    return [call(np.array([[-4.0, -2.0, 0.5], [1.5, 2.5, 4.5]])), call(draw.between(-1, 1))]


@primitive(
    symbol="hard σ",
    formula="minimum(maximum(x + 3, 0), 6) / 6",
    d=("where((x > -3) & (x < 3), 1 / 6, 0)",),
    lesson="A sigmoid of straight pieces: a sixth of the gradient passes between −3 and 3.",
    samples=_between_corners,
    floating=True,
)
def hardsigmoid(x: Any) -> Any:
    """(x + 3)/6 kept between 0 and 1. ∂/∂x = 1/6 where −3 < x < 3 (Courbariaux et al. 2015)."""
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


@primitive(
    symbol="hardswish",
    formula="x * minimum(maximum(x + 3, 0), 6) / 6",
    d=("where(x <= -3, 0, where(x < 3, x / 3 + 0.5, 1))",),
    lesson="A value gated by a sigmoid of straight pieces: shut below −3, open above 3.",
    samples=_between_corners,
    floating=True,
)
def hardswish(x: Any) -> Any:
    """x·min(max(x + 3, 0), 6)/6. ∂/∂x = 0, x/3 + ½ or 1; 0 at −3, 1 at 3 (Howard et al. 2019)."""
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


def _shrinking(draw: Draw) -> list[Call]:
    values = np.array([[-1.5, -0.3, 0.2], [0.8, -0.7, 0.4]])
    return [call(values), call(values, lambd=1.0)]


@primitive(
    symbol="hardshrink",
    formula="where(abs(x) > lambd, x, 0)",
    d=("where((x >= -lambd) & (x <= lambd), 0, 1)",),
    lesson="Small values are set to zero and get no gradient; large ones pass it on.",
    samples=_shrinking,
    methods=("hardshrink",),
    floating=True,
)
def hardshrink(x: Any, *, lambd: float = 0.5) -> Any:
    """x, and 0 where |x| ≤ `lambd`. ∂/∂x = [|x| > lambd]."""
    return x * (np.absolute(x) > lambd)


def _not_negative(x: Any, lambd: float = 0.5) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if lambd < 0:
        raise RangeError(f"softshrink(): lambd={lambd!r} is negative; values shrink towards 0.")
    return (x,), {"lambd": lambd}


@primitive(
    symbol="softshrink",
    formula="where(abs(x) > lambd, x - lambd * sign(x), 0)",
    d=("where((x >= -lambd) & (x <= lambd), 0, 1)",),
    lesson="All values move towards zero, small ones reach it: those get no gradient.",
    samples=lambda draw: [
        *_shrinking(draw),
        refuses("is negative", np.ones(2), -1.0),
    ],
    signature=_not_negative,
    floating=True,
)
def softshrink(x: Any, *, lambd: float = 0.5) -> Any:
    """x moved towards 0 by `lambd`, at most to 0. ∂/∂x = [|x| > lambd].

    Raises:
        RangeError: `lambd` is negative.
    """
    return x - np.minimum(np.maximum(x, -lambd), lambd)


@primitive(
    symbol="threshold",
    formula="where(x > threshold, x, value)",
    d=("where(x <= threshold, 0, 1)",),
    lesson="Values above the threshold pass their gradient on; those that were replaced get none.",
    samples=lambda draw: [call(draw.apart(2, 3), 0.3, 7.0), call(draw.apart(), -0.5, value=0.0)],
)
def threshold(x: Any, *, threshold: float, value: float) -> Any:
    """x where it is above `threshold`, `value` elsewhere. ∂/∂x = [x > threshold]."""
    return np.where(x <= threshold, value, x)
