"""Steps and neighbours among the floating-point numbers, and powers in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.primitive import call, refuses
from autograd.ops.arithmetic import pow
from autograd.ops.shape import to

_BROADCAST = "do not broadcast"


@primitive(
    symbol="step",
    formula="heaviside(x, values)",
    lesson="A step is flat on both sides; no gradient passes.",
    samples=lambda draw: [
        call(draw(2, 3), draw()),
        call(np.array([-1.0, 0.0, 2.0]), draw(3)),
        call(0.0, draw(3)),
        refuses(_BROADCAST, np.ones(2), np.ones(3)),
    ],
    methods=("heaviside",),
    promote=True,
)
def heaviside(x: Any, values: Any) -> Any:
    """0 below zero, 1 above it, and `values` at zero; 0 at NaN, as in PyTorch."""
    dtype = getattr(x, "dtype", None) or values.dtype  # either may be a plain number
    return np.where(np.equal(x, 0), values, np.greater(x, 0).astype(dtype))


@primitive(
    symbol="next",
    formula="nextafter(x, y)",
    d=("1", "0"),
    lesson="The neighbour moves along with the number; where it is looked for does not matter.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3)),
        call(draw(3), draw()),
        refuses(_BROADCAST, np.ones(2), np.ones(3)),
    ],
    methods=("nextafter",),
    numpy=(np.nextafter,),
    floating=True,
)
def nextafter(x: Any, y: Any) -> Any:
    """The nearest other float on the way from x to y. ∂/∂x = 1, ∂/∂y = 0."""
    return np.nextafter(x, y)


@composition(
    symbol="power",
    formula="float_power(x, y)",
    lesson="A power hands on the gradient as `pow` does, computed in float64.",
    samples=lambda draw: [
        call(draw.between(0.5, 2, 2, 3), draw(3)),
        call(draw.between(0.5, 2, 2), 2),
        call(2, draw(3)),
        refuses(_BROADCAST, np.ones(2), np.ones(3)),
    ],
    methods=("float_power",),
    numpy=(np.float_power,),
)
def float_power(x: Any, y: Any) -> Any:
    """x to the power y, both in float64, so that integers have negative powers, too.

    Raises:
        ShapeError: shapes that do not broadcast.
    """
    return pow(_double(x), _double(y))


def _double(value: Any) -> Any:
    return to(value if hasattr(value, "dtype") else np.asarray(value), np.float64)
