"""Running sums and extremes along a dimension, differences and areas."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import RangeError, ShapeError
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.comparison import ne
from autograd.ops.extreme import Extreme
from autograd.ops.indexing import place
from autograd.ops.joining import cat
from autograd.ops.product import result_dtype, wider
from autograd.ops.recurrence import (
    along,
    array_of,
    backwards,
    delayed,
    from_the_end,
    linear_recurrence,
)
from autograd.ops.reduction import OUT_OF_RANGE, sum, why_no_dim
from autograd.ops.shape import reshape
from autograd.ops.transcendental import exp


def _along(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(4), 0),
        call(draw.apart(2, 3), -1),
        call(draw.apart(3, 2), axis=0),
        call(draw.apart(), 0),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ]


def _from_each_on(g: Any, dim: int) -> Any:
    """the sums of g from each place to the end"""
    return backwards(cumsum(backwards(g, dim), dim), dim)


def _np_cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """``np.cumsum``, which without an axis runs through all elements."""
    return cumsum(reshape(a, (-1,)) if axis is None else a, axis or 0, dtype)


@primitive(
    symbol="cumΣ",
    formula="cumsum(x)",
    vjp=(_from_each_on,),
    linear=True,
    lesson="An element is part of all later sums, and gets the sum of their gradients.",
    samples=_along,
    methods=("cumsum",),
    explain=why_no_dim,
    numpy=((np.cumsum, _np_cumsum),),
)
def cumsum(x: Any, *, dim: int, dtype: Any = None) -> Any:
    """x₀, x₀ + x₁, x₀ + x₁ + x₂, … along `dim`; booleans and integers give int64.

    ∂outₖ/∂xᵢ = 1 for i ≤ k. float32 is added up in float64.

    Raises:
        ShapeError: the dimension does not exist.
    """
    out = np.cumsum(x, axis=dim, dtype=wider(x, dtype))
    return np.reshape(out, x.shape).astype(result_dtype(x, dtype))


def _along_only(dim: int, rank: int) -> tuple[int, ...]:
    """The shape to reshape a vector to, so that it lies along `dim`."""
    return tuple(-1 if axis == dim % rank else 1 for axis in range(rank))


def _grid(index: Any, x_shape: tuple[int, ...], dim: int) -> tuple[Any, ...]:
    """The index that takes, at each place, the element `index` along `dim`."""
    array, rank = array_of(index), len(x_shape)
    places = [
        np.reshape(np.arange(size, like=array), _along_only(axis, rank))
        for axis, size in enumerate(x_shape)
    ]
    places[dim] = array
    return tuple(places)


def _to_leaders(g: Any, out: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """Σ g over the places at which the element is the extreme one so far"""
    return place(g[0], _grid(out[1], x_shape, dim), x_shape) if x_shape else g[0]


def _of_leaders(t: Any, out: Any, x_shape: tuple[int, ...], dim: int) -> Any:
    """t of the extreme element so far"""
    return (t[_grid(out[1], x_shape, dim)] if x_shape else t), None


def _running(accumulate: Any, x: Any, dim: int) -> Extreme:
    """The extreme element so far at each place, and the index of its latest appearance."""
    if not x.ndim:
        return Extreme(x + 0, np.zeros_like(x, dtype=np.int64))
    values = accumulate(x, axis=dim)
    places = np.reshape(np.arange(x.shape[dim], like=x), _along_only(dim, x.ndim))
    latest = np.where((x == values) | (x != x), places, 0)
    return Extreme(values, np.maximum.accumulate(latest, axis=dim))


@primitive(
    symbol="cummax",
    formula="cummax(x)",
    vjp=(_to_leaders,),
    jvp=(_of_leaders,),
    lesson="At each place the largest element so far gets the gradient; of equal ones the latest.",
    samples=_along,
    methods=("cummax",),
    explain=why_no_dim,
)
def cummax(x: Any, *, dim: int) -> Any:
    """The largest element so far along `dim`, and its index: (values, indices).

    ∂values/∂x = 1 at the index (of equal elements the latest).

    Raises:
        ShapeError: the dimension does not exist.
    """
    return _running(np.maximum.accumulate, x, dim)


@primitive(
    symbol="cummin",
    formula="cummin(x)",
    vjp=(_to_leaders,),
    jvp=(_of_leaders,),
    lesson="At each place the smallest element so far gets the gradient; of equal ones the latest.",
    samples=_along,
    methods=("cummin",),
    explain=why_no_dim,
)
def cummin(x: Any, *, dim: int) -> Any:
    """The smallest element so far along `dim`, and its index: (values, indices).

    ∂values/∂x = 1 at the index (of equal elements the latest).

    Raises:
        ShapeError: the dimension does not exist.
    """
    return _running(np.minimum.accumulate, x, dim)


def _fading(out: Any, dim: int) -> Any:
    """By how much each place discounts what came before: exp(outₖ₋₁ − outₖ), at most 1."""
    return exp(delayed(out, dim) - out)


def _to_terms(g: Any, x: Any, out: Any, dim: int) -> Any:
    """Σ g · exp(x − out) over this place and all later ones"""
    return exp(x - out) * from_the_end(g, _fading(out, dim), dim)


def _of_terms(t: Any, x: Any, out: Any, dim: int) -> Any:
    """the mean of t so far, weighted with exp(x)"""
    return linear_recurrence(_fading(out, dim), exp(x - out) * t, dim)


@primitive(
    symbol="cumlse",
    formula="log(cumsum(exp(x)))",
    vjp=(_to_terms,),
    jvp=(_of_terms,),
    lesson="Each running log-sum-exp hands its gradient on in the proportions of its softmax.",
    samples=_along,
    methods=("logcumsumexp",),
    explain=why_no_dim,
    floating=True,
)
def logcumsumexp(x: Any, *, dim: int) -> Any:
    """ln Σ exp(x) over all elements so far along `dim`, without overflow.

    ∂outₖ/∂xᵢ = exp(xᵢ − outₖ) for i ≤ k.

    Raises:
        ShapeError: the dimension does not exist.
    """
    return np.logaddexp.accumulate(x, axis=dim) if x.ndim else x + 0


def _neighbours(x: Any, dim: int) -> tuple[Any, Any]:
    """All elements along a dimension but the first, and all but the last."""
    later = along(dim, x.ndim, slice(1, None))
    return x[later], x[along(dim, x.ndim, slice(None, -1))]


def _dimensioned(name: str, x: Any, dim: int) -> None:
    if not -x.ndim <= dim < x.ndim:
        raise ShapeError(
            f"{name}(): dimension {dim} is out of bounds for a tensor with {x.ndim} dimension(s)."
        )


@composition(
    symbol="Δ",
    formula="diff(x)",
    lesson="A difference hands the gradient on to the later element, its negative to the earlier.",
    samples=lambda draw: [
        call(draw(4)),
        call(draw(4), 2),
        call(draw(3, 2), 1, 0),
        call(draw(2, 3), 1, -1, draw(2, 1), draw(2, 2)),
        refuses(OUT_OF_RANGE, np.ones(3), 1, 1),
        refuses("not be negative", np.ones(3), -1),
    ],
    methods=("diff",),
    numpy=(np.diff,),
)
def diff(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """xₖ₊₁ − xₖ along `dim`, taken `n` times, after joining `prepend` and `append` to x.

    Of booleans: whether neighbours differ.

    Raises:
        ShapeError: the dimension does not exist.
        RangeError: n is negative.
    """
    _dimensioned("diff", x, dim)
    if n < 0:
        raise RangeError(f"diff(): the number of differences n must not be negative, got {n}.")
    parts = [part for part in (prepend, x, append) if part is not None]
    out = cat(parts, dim) if len(parts) > 1 else x
    for _ in range(n):
        later, earlier = _neighbours(out, dim)
        out = ne(later, earlier) if out.dtype.kind == "b" else later - earlier
    return out


def _strips(name: str, y: Any, x: Any, dx: Any, dim: int) -> Any:
    """The areas of the trapezoids under y, one for each pair of neighbours."""
    _dimensioned(name, y, dim)
    right, left = _neighbours(y, dim)
    if x is None:
        return (right + left) * (0.5 if dx is None else 0.5 * dx)
    if x.ndim == 1 and x.shape[0] != y.shape[dim]:
        raise ShapeError(
            f"{name}(): one x for each y, got {x.shape[0]} of x and {y.shape[dim]} of y in "
            f"dimension {dim}."
        )
    if x.ndim == 1:
        x = reshape(x, _along_only(dim, y.ndim))
    elif x.ndim < y.ndim:
        x = reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
    further, nearer = _neighbours(x, dim)
    return (right + left) * (further - nearer) * 0.5


def _under_curves(draw: Draw) -> list[Call]:
    return [
        call(draw(4)),
        call(draw(2, 4), dx=0.5, dim=0),
        call(draw(4), draw.apart(4)),
        call(draw(3, 2), draw(3), dim=0),
        call(draw(2, 3, 2), draw(3, 2), dim=1),
        refuses(OUT_OF_RANGE, np.ones(3), dim=1),
        refuses("one x for each y", np.ones(3), np.ones(2)),
    ]


@composition(
    symbol="∫",
    formula="trapezoid(y)",
    lesson="An area hands each inner height half the widths on both sides of it.",
    samples=_under_curves,
    aliases=("trapz",),
    numpy=((np.trapezoid, lambda y, x=None, dx=1.0, axis=-1: trapezoid(y, x, dx=dx, dim=axis)),),
)
def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The area under y along `dim`: Σ ½ (yₖ₊₁ + yₖ)(xₖ₊₁ − xₖ).

    The distances are those of `x`, or all `dx`, or 1.

    Raises:
        ShapeError: the dimension does not exist, or x does not fit y.
    """
    return sum(_strips("trapezoid", y, x, dx, dim), dim)


@composition(
    symbol="cum∫",
    formula="cumulative_trapezoid(y)",
    lesson="A running area hands each height what all later areas owe to it.",
    samples=_under_curves,
)
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The running area under y along `dim`: cumsum(½ (yₖ₊₁ + yₖ)(xₖ₊₁ − xₖ)).

    Raises:
        ShapeError: the dimension does not exist, or x does not fit y.
    """
    return cumsum(_strips("cumulative_trapezoid", y, x, dx, dim), dim)
