"""What a change in place means as an operation: a new value, made of the old and the new."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.apply import apply
from autograd.core.arrays import alike, plain_index
from autograd.core.define import primitive
from autograd.core.node import View, as_array
from autograd.core.primitive import REGISTRY, call, refuses
from autograd.ops.comparison import where
from autograd.ops.indexing import aim, getitem, picks_once
from autograd.ops.scattering import stays


def _to_setitem(x: Any, value: Any, index: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (x, value), {"index": plain_index(index)}


def _setting_reason(x: Any, value: Any, index: Any) -> str:
    part, rest = aim(x, index)
    return (
        f"the value of shape {np.shape(value)} does not fit into the place of shape "
        f"{part[rest].shape}."
    )


def _of_what_stays(g: Any, index: Any, x_shape: tuple[int, ...]) -> Any:
    """g at the place that was written; zero where a later element was written over it"""
    picked = getitem(g, index)
    return picked if picks_once(index) else where(stays(index, x_shape, g), picked, 0.0)


@primitive(
    symbol="[ ]=",
    formula="setitem(x, value)",
    vjp=("setitem(g, 0.0, index)", _of_what_stays),
    linear=True,
    lesson="What was overwritten gets no gradient; what was written gets that of its place.",
    samples=lambda draw: [
        call(draw(3), draw(), 1),
        call(draw(3, 4), draw(2, 4), slice(0, 2)),
        call(draw(3, 4), draw(4), np.array([2, 0])),
        call(draw(4), 0.0, np.array([True, False, True, False])),
        call(draw(2, 2, 3), draw(2, 2), (0, slice(None), np.array([2, 0]))),
        call(draw(3), draw(3), np.array([1, 1, 0])),
        refuses("out of bounds", np.ones(2), 1.0, 2),
        refuses("does not fit", np.ones((2, 3)), np.ones(2), 0),
    ],
    signature=_to_setitem,
    explain=lambda x, value, index: (
        f"the value of shape {np.shape(value)} does not fit into the "
        f"place of shape {x[index].shape}."
    ),
)
def setitem(x: Any, value: Any, *, index: Any) -> Any:
    """A copy of x with ``x[index] = value``: what an assignment to an element means.

    Raises:
        IndexingError: an index outside its dimension.
        ShapeError: the value does not broadcast to the place.
    """
    out = as_array(x).copy()
    if type(out) is np.ndarray and not isinstance(value, _PLAIN):
        out = alike(out, value)
    part, rest = aim(out, index)
    part[rest] = value
    return out


_PLAIN = (np.ndarray, np.generic, int, float)


def _overwrite_reason(x: Any, value: Any) -> str:
    return f"values of shape {np.shape(value)} do not fit into a tensor of shape {np.shape(x)}."


@primitive(
    symbol="←",
    formula="overwritten(x, value)",
    vjp=("masked(False, g)", "g"),
    linear=True,
    lesson="What was overwritten gets gradient zero; what was written gets all of it.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3)),
        call(draw(2, 3), draw(3)),
        refuses("do not fit", np.ones(2), np.ones(3)),
    ],
    explain=_overwrite_reason,
)
def overwritten(x: Any, value: Any) -> Any:
    """The value, broadcast to the shape of x and in its dtype: what ``x.copy_(value)`` means.

    Raises:
        ShapeError: the value does not broadcast to the shape of x.
        DTypeError: floats into integers.
    """
    out = np.empty_like(x)
    np.copyto(out, value, casting="same_kind")
    return out


def _same_look(array: Any, view: View) -> Any:
    """The view, taken of another array."""
    found = view.op.forward(array, **view.params)
    return found[view.index] if isinstance(found, tuple) else found


def _look(g: Any, view: View) -> Any:
    """g, looked at as the view looks at its base"""
    found = apply(view.op, (g,), view.params)
    return found[view.index] if isinstance(found, tuple) else found


def _first_row() -> View:
    return View(None, REGISTRY["getitem"], {"index": 0})  # type: ignore[arg-type]


@primitive(
    symbol="put back",
    formula="put_back(x, piece)",
    vjp=("put_back(g, 0.0, view=view)", _look),
    linear=True,
    lesson="The part that was replaced gets no gradient; the piece gets that of its place.",
    samples=lambda draw: [call(draw(3, 2), draw(2), view=_first_row())],
)
def put_back(x: Any, piece: Any, *, view: View) -> Any:
    """A copy of x in which the part that a view looks at is replaced by `piece`.

    This is what a change in place of a view means for the tensor that it looks into.
    """
    out = as_array(x).copy()
    _same_look(out, view)[...] = piece
    return out
