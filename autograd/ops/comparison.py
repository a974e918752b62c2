"""Comparisons and choices. A comparison jumps and is flat elsewhere: it has no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import DTypeError
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.core.rule import on_arrays

_FLAT = "A comparison jumps and is flat elsewhere: it is not differentiable, no gradient passes."
_BROADCAST = "do not broadcast"


def _pairs(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), draw(2, 3)),
        call(draw(2, 3), draw(3)),
        call(draw(3), 0.0),
        refuses(_BROADCAST, np.ones(2), np.ones(3)),
    ]


@primitive(
    symbol="=",
    formula="x == y",
    lesson=_FLAT,
    samples=_pairs,
    methods=("__eq__", "eq"),
    numpy=(np.equal,),
    promote=True,
)
def eq(x: Any, y: Any) -> Any:
    """Where x equals y, element by element (boolean, not differentiable)."""
    return np.equal(x, y)


@primitive(
    symbol="≠",
    formula="x != y",
    lesson=_FLAT,
    samples=_pairs,
    methods=("__ne__", "ne", "not_equal"),
    aliases=("not_equal",),
    numpy=(np.not_equal,),
    promote=True,
)
def ne(x: Any, y: Any) -> Any:
    """Where x differs from y, element by element (boolean, not differentiable)."""
    return np.not_equal(x, y)


@primitive(
    symbol="<",
    formula="x < y",
    lesson=_FLAT,
    samples=_pairs,
    methods=("__lt__", "lt", "less"),
    aliases=("less",),
    numpy=(np.less,),
    promote=True,
)
def lt(x: Any, y: Any) -> Any:
    """Where x is less than y, element by element (boolean, not differentiable)."""
    return np.less(x, y)


@primitive(
    symbol="≤",
    formula="x <= y",
    lesson=_FLAT,
    samples=_pairs,
    methods=("__le__", "le", "less_equal"),
    aliases=("less_equal",),
    numpy=(np.less_equal,),
    promote=True,
)
def le(x: Any, y: Any) -> Any:
    """Where x is at most y, element by element (boolean, not differentiable)."""
    return np.less_equal(x, y)


@primitive(
    symbol=">",
    formula="x > y",
    lesson=_FLAT,
    samples=_pairs,
    methods=("__gt__", "gt", "greater"),
    aliases=("greater",),
    numpy=(np.greater,),
    promote=True,
)
def gt(x: Any, y: Any) -> Any:
    """Where x is greater than y, element by element (boolean, not differentiable)."""
    return np.greater(x, y)


@primitive(
    symbol="≥",
    formula="x >= y",
    lesson=_FLAT,
    samples=_pairs,
    methods=("__ge__", "ge", "greater_equal"),
    aliases=("greater_equal",),
    numpy=(np.greater_equal,),
    promote=True,
)
def ge(x: Any, y: Any) -> Any:
    """Where x is at least y, element by element (boolean, not differentiable)."""
    return np.greater_equal(x, y)


def _truths(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3) > 0, draw(2, 3) > 0),
        call(draw(2, 3) > 0, draw(3) > 0),
        refuses(_BROADCAST, np.ones(2, bool), np.ones(3, bool)),
    ]


@primitive(
    symbol="and",
    formula="logical_and(x, y)",
    lesson=_FLAT,
    samples=_truths,
    methods=("logical_and",),
    numpy=(np.logical_and,),
    promote=True,
)
def logical_and(x: Any, y: Any) -> Any:
    """Where both are true (not zero), element by element (boolean, not differentiable)."""
    return np.logical_and(x, y)


@primitive(
    symbol="or",
    formula="logical_or(x, y)",
    lesson=_FLAT,
    samples=_truths,
    methods=("logical_or",),
    numpy=(np.logical_or,),
    promote=True,
)
def logical_or(x: Any, y: Any) -> Any:
    """Where at least one is true (not zero), element by element (boolean, not differentiable)."""
    return np.logical_or(x, y)


@primitive(
    symbol="xor",
    formula="logical_xor(x, y)",
    lesson=_FLAT,
    samples=_truths,
    methods=("logical_xor",),
    numpy=(np.logical_xor,),
    promote=True,
)
def logical_xor(x: Any, y: Any) -> Any:
    """Where just one is true (not zero), element by element (boolean, not differentiable)."""
    return np.logical_xor(x, y)


@primitive(
    symbol="not",
    formula="logical_not(x)",
    lesson=_FLAT,
    samples=lambda draw: [call(draw(2, 3) > 0)],
    methods=("logical_not",),
    numpy=(np.logical_not,),
    promote=True,
)
def logical_not(x: Any) -> Any:
    """Where x is false (zero), element by element (boolean, not differentiable)."""
    return np.logical_not(x)


@primitive(
    symbol="where",
    formula="where(condition, x, y)",
    vjp=(None, "where(condition, g, 0.0)", "where(condition, 0.0, g)"),
    promote=True,
    linear=True,
    lesson="The operand that was chosen gets the gradient, the other one gets zero.",
    samples=lambda draw: [
        call(draw(2, 3) > 0, draw(2, 3), draw(2, 3)),
        call(draw(2, 3) > 0, draw(3), draw(2, 1)),
        call(draw(3) > 0, draw(2, 3), 0.0),
        refuses(_BROADCAST, np.ones(3, bool), np.ones(2), np.ones(4)),
        refuses("a condition is boolean", np.ones(3), np.ones(3), np.ones(3)),
    ],
    numpy=(np.where,),
)
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere.

    Shapes broadcast. ∂/∂x = [condition], ∂/∂y = [not condition]; both branches are
    computed, and a NaN in the derivative of the branch not taken comes through (0·NaN).

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the condition is not boolean.
    """
    if np.dtype(getattr(condition, "dtype", type(condition))).kind != "b":
        raise DTypeError(
            "where(condition, x, y): a condition is boolean; write a comparison such as x > 0."
        )
    return np.where(condition, x, y)


def _chosen(condition: Any, x: Any, y: Any) -> Any:
    """`where` in a rule on arrays: of plain numbers a plain one, which takes the others' dtype."""
    plain = condition.__class__ is bool and {x.__class__, y.__class__} <= {int, float}
    return (x if condition else y) if plain else np.where(condition, x, y)


on_arrays["where"] = _chosen
