"""Products and quotients added to an operand in one step, and values in between two."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import Call, Draw, call, refuses


@primitive(
    symbol="lerp",
    formula="x + weight * (end - x)",
    d=("1 - weight", "weight", "end - x"),
    lesson="The two ends share the gradient in the proportions of the blend; the weight gets it "
    "times their distance.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3), 0.25),
        call(draw(2, 3), draw(3), draw.between(0.1, 0.9, 2, 1)),
        call(draw(), draw(2), draw.between(0.6, 0.9, 2)),
        refuses("do not broadcast", np.ones(2), np.ones(3), 0.5),
    ],
    methods=("lerp",),
    floating=True,
)
def lerp(x: Any, end: Any, weight: Any) -> Any:
    """The point between x and `end` at `weight`: x + weight·(end − x), exact at both ends.

    Shapes broadcast. ∂/∂x = 1 − weight, ∂/∂end = weight, ∂/∂weight = end − x.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    span = end - x
    if not hasattr(weight, "dtype"):
        return x + weight * span if -0.5 < weight < 0.5 else end - span * (1 - weight)
    near = np.absolute(weight) < 0.5
    return np.where(near, x + weight * span, end - span * (1 - weight))


def _threes(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), draw(2, 3), draw.between(0.5, 2, 2, 3)),
        call(draw(2, 3), draw(3), draw.between(0.5, 2, 2, 1), value=-0.5),
        refuses("do not broadcast", np.ones(2), np.ones(3), np.ones(2)),
    ]


@primitive(
    symbol="+ ×",
    formula="x + value * y * z",
    d=("1", "value * z", "value * y"),
    lesson="The sum hands the gradient on unchanged; each factor gets it times the other one.",
    samples=_threes,
    methods=("addcmul",),
)
def addcmul(x: Any, y: Any, z: Any, *, value: float = 1) -> Any:
    """x + value·y·z, element by element.

    Shapes broadcast. ∂/∂x = 1, ∂/∂y = value·z, ∂/∂z = value·y.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return x + (y * z if value == 1 else value * y * z)


@primitive(
    symbol="+ ÷",
    formula="x + value * y / z",
    d=("1", "value / z", "-value * y / z**2"),
    lesson="The sum hands the gradient on unchanged; numerator and denominator get what a "
    "quotient gives them.",
    samples=_threes,
    methods=("addcdiv",),
    floating=True,
)
def addcdiv(x: Any, y: Any, z: Any, *, value: float = 1) -> Any:
    """x + value·y/z, element by element; integers give floats.

    Shapes broadcast. ∂/∂x = 1, ∂/∂y = value/z, ∂/∂z = −value·y/z².

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return x + (y / z if value == 1 else value * y / z)
