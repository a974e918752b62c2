"""The dtypes by name: ``x.float()``, ``x.long()``; each one is `to`."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.primitive import Call, Draw, call
from autograd.ops.shape import to

_LESSON = "A change of dtype hands the gradient on, in the dtype of the operand."
_FLAT = "Integers and booleans are not differentiable, no gradient passes."


def _integers(draw: Draw) -> list[Call]:
    return [call(np.array([[2, 0], [-1, 3]])), call(np.array(True))]


@composition(
    symbol="cast",
    formula="to(x)",
    lesson=_LESSON,
    samples=_integers,
    methods=("float",),
)
def to_float(x: Any) -> Any:
    """The elements as float32: ``x.float()``."""
    return to(x, np.float32)


@composition(
    symbol="cast",
    formula="to(x)",
    lesson=_LESSON,
    samples=_integers,
    methods=("double",),
)
def to_double(x: Any) -> Any:
    """The elements as float64: ``x.double()``."""
    return to(x, np.float64)


@composition(
    symbol="cast",
    formula="to(x)",
    lesson=_LESSON,
    samples=_integers,
    methods=("half",),
)
def to_half(x: Any) -> Any:
    """The elements as float16: ``x.half()``."""
    return to(x, np.float16)


@composition(symbol="cast", formula="to(x)", lesson=_FLAT, samples=_integers, methods=("long",))
def to_long(x: Any) -> Any:
    """The elements as int64, without their decimals: ``x.long()``."""
    return to(x, np.int64)


@composition(symbol="cast", formula="to(x)", lesson=_FLAT, samples=_integers, methods=("int",))
def to_int(x: Any) -> Any:
    """The elements as int32, without their decimals: ``x.int()``."""
    return to(x, np.int32)


@composition(symbol="cast", formula="to(x)", lesson=_FLAT, samples=_integers, methods=("bool",))
def to_bool(x: Any) -> Any:
    """Which elements are not zero: ``x.bool()``."""
    return to(x, np.bool_)


@composition(
    symbol="cast",
    formula="to(x)",
    lesson=_LESSON,
    samples=lambda draw: [call(np.arange(3), np.array([True]))],
    methods=("type_as",),
)
def type_as(x: Any, other: Any) -> Any:
    """The elements in the dtype of another tensor."""
    return to(x, other)
