"""Padding: a border around the last dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.define import primitive
from autograd.core.errors import RangeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.indexing import place
from autograd.ops.shape import Bound, sizes_of

Widths = tuple[tuple[int, int], ...]
"""How much to add before and after, for each dimension."""

_MODES = ("constant", "reflect", "replicate", "circular")
_NUMPY_MODES = {"edge": "replicate", "reflect": "reflect", "wrap": "circular"}


def _to_pad(x: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Bound:
    shape, flat = operand_shape(x), sizes_of((pad,))
    if len(flat) % 2 or len(flat) > 2 * len(shape):
        raise ShapeError(
            f"pad(): pad={flat} is a width before and one after for each dimension, the last "
            f"dimension first, and x has {len(shape)} dimension(s)."
        )
    pairs = tuple(zip(flat[::2], flat[1::2], strict=True))[::-1]
    widths = (*((0, 0),) * (len(shape) - len(pairs)), *pairs)
    _check(shape, widths, mode, value)
    return (x,), {"widths": widths, "mode": mode, "value": 0.0 if value is None else value}


def _check(shape: tuple[int, ...], widths: Widths, mode: str, value: float | None) -> None:
    if mode not in _MODES:
        raise RangeError(f"pad(): mode is one of {', '.join(_MODES)}; got {mode!r}.")
    if mode != "constant" and value:
        raise RangeError(f"pad(): mode {mode!r} takes its values from x; leave value away.")
    for dim, (size, pair) in enumerate(zip(shape, widths, strict=True)):
        left = size + min(pair[0], 0) + min(pair[1], 0)
        if left < 0:
            raise ShapeError(f"pad(): {pair} cuts more than dimension {dim} has ({size}).")
        most = _most(left if mode == "circular" else size, mode)
        if most is not None and max(pair) > most:
            raise ShapeError(
                f"pad(): mode {mode!r} can add at most {most} on a side of dimension {dim}, which "
                f"has size {size}; got {pair}."
            )


def _most(size: int, mode: str) -> int | None:
    """How much a mode can add on one side; None where there is no limit."""
    if mode == "constant":
        return None
    if mode == "reflect":
        return max(size - 1, 0)
    return size if mode == "circular" or not size else None


def _cut_back(g: Any, x_shape: tuple[int, ...], widths: Widths, mode: str) -> Any:
    """g without the border; a border that repeats elements adds to them"""
    if mode == "constant":
        return pad(g, _flat([(-before, -after) for before, after in widths]))
    for axis, (size, pair) in enumerate(zip(x_shape, widths, strict=True)):
        if pair != (0, 0):
            source = _source(size, pair, mode, plain_index(g))
            shape = (*g.shape[:axis], size, *g.shape[axis + 1 :])
            g = place(g, (*(slice(None),) * axis, source), shape)
    return g


def _pad_tangent(t: Any, widths: Widths, mode: str) -> Any:
    """t, with a border of zeros or of repeated elements"""
    return pad(t, _flat(widths), mode)


def _flat(widths: Any) -> tuple[int, ...]:
    """Widths as `pad` takes them: the last dimension first."""
    return tuple(width for pair in widths[::-1] for width in pair)


def _source(size: int, pair: tuple[int, int], mode: str, like: Any) -> Any:
    """Which element each place along a padded dimension shows."""
    before, after = pair
    spot = np.arange(-before, size + after, like=like)
    if mode == "replicate":
        return np.clip(spot, 0, size - 1)
    if mode == "circular":  # what is left after cutting goes round
        first, left = max(-before, 0), size + min(before, 0) + min(after, 0)
        return first + (spot - first) % left
    period = 2 * size - 2
    spot = spot % period if period else spot
    return np.where(spot < size, spot, period - spot)


def _as_numpy_pads(
    array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0
) -> Any:
    """``np.pad``: a pair for each dimension, the first dimension first."""
    widths = np.broadcast_to(pad_width, (array.ndim, 2)).tolist()
    if mode == "constant":
        return pad(array, _flat(widths), value=constant_values)
    return pad(array, _flat(widths), _NUMPY_MODES.get(mode, mode))


@primitive(
    symbol="pad",
    formula="pad(x)",
    vjp=(_cut_back,),
    jvp=(_pad_tangent,),
    lesson="The border was not computed from x: its gradient is dropped. Where it repeats "
    "elements of x, they get the gradients of all their copies.",
    samples=lambda draw: [
        call(draw(2, 3), (1, 2)),
        call(draw(2, 3), (0, -1, 1, 0), value=2.0),
        call(draw(2, 3), (2, 1), "reflect"),
        call(draw(2, 2), (1, 2, 1, 0), mode="replicate"),
        call(draw(3), (2, -1), mode="circular"),
        refuses("the last dimension first", np.ones((2, 3)), (1,)),
        refuses("the last dimension first", np.ones(3), (1, 1, 1, 1)),
        refuses("at most 2", np.ones(3), (3, 0), "reflect"),
        refuses("at most 3", np.ones(3), (4, 0), "circular"),
        refuses("cuts more", np.ones(3), (-2, -2)),
        refuses("one of", np.ones(3), (1, 1), "edge"),
        refuses("leave value away", np.ones(3), (1, 1), "reflect", 3.0),
    ],
    signature=_to_pad,
    numpy=((np.pad, _as_numpy_pads),),
)
def pad(x: Any, *, widths: Widths, mode: str, value: float) -> Any:
    """A border around x: ``pad(x, (left, right, top, bottom))``, the last dimension first.

    Negative widths cut away.

    Args:
        mode: ``"constant"`` (`value`, 0 by default), ``"reflect"`` (mirrored at the edge
            element), ``"replicate"`` (the edge element) or ``"circular"`` (from the other end).

    Raises:
        ShapeError: widths that do not come in pairs, are too many, or too large for the mode.
        RangeError: a mode that does not exist.
    """
    if mode == "constant":
        return _framed(x, widths, value)
    for axis, pair in enumerate(widths):
        if pair != (0, 0):
            x = np.take(x, _source(x.shape[axis], pair, mode, x), axis=axis)
    return x


def _framed(x: Any, widths: Widths, value: float) -> Any:
    """x in the middle of an array of one value."""
    sizes = tuple(n + before + after for n, (before, after) in zip(x.shape, widths, strict=True))
    out = np.full_like(x, value, shape=sizes)
    cut = tuple(
        slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(x.shape, widths, strict=True)
    )
    fit = tuple(slice(max(b, 0), n - max(a, 0)) for n, (b, a) in zip(sizes, widths, strict=True))
    out[fit] = x[cut]
    return out
