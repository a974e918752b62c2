"""Products and running products; zeros among the factors are exact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.recurrence import backwards, delayed, from_the_end, linear_recurrence
from autograd.ops.reduction import OUT_OF_RANGE, Dims, kept_shape, over_dims, restore, why_no_dim
from autograd.ops.shape import permute, reshape


def wider(x: Any, dtype: Any) -> Any:
    """The dtype to add up or multiply in: the one asked for, int64, or one above float32."""
    if dtype is not None:
        return dtype
    return np.int64 if x.dtype.kind in "biu" else np.promote_types(x.dtype, np.float64)


def result_dtype(x: Any, dtype: Any) -> Any:
    """The dtype asked for, int64 for integers, else the operand's own."""
    return dtype or (np.int64 if x.dtype.kind in "biu" else x.dtype)


def others_along(x: Any, dim: int) -> Any:
    """For each element the product of all others along `dim`: those before, times those after."""
    before = cumprod(delayed(x, dim, 1.0), dim)
    after = backwards(cumprod(delayed(backwards(x, dim), dim, 1.0), dim), dim)
    return before * after


def _others(x: Any, dim: Dims) -> Any:
    """For each element the product of all others that it is multiplied with."""
    if isinstance(dim, int) or x.ndim < 2:
        return others_along(x, 0 if dim is None or isinstance(dim, tuple) else dim)
    kept = kept_shape(x.shape, dim)
    reduced = [axis for axis in range(x.ndim) if dim is None or axis in _positive(dim, x.ndim)]
    order = (*(axis for axis in range(x.ndim) if axis not in reduced), *reduced)
    moved = permute(x, order)
    rows = reshape(moved, (math.prod(kept), -1) if x.size else (math.prod(kept), 0))
    back = tuple(int(axis) for axis in np.argsort(order))
    return permute(reshape(others_along(rows, 1), moved.shape), back)


def _positive(dim: Any, rank: int) -> set[int]:
    return {d % rank for d in dim}


def _to_factors(g: Any, x: Any, x_shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """g · the product of all other factors"""
    return restore(g, x_shape, dim, keepdim) * _others(x, dim)


def _of_factors(t: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """Σ t · the product of all other factors"""
    return (t * _others(x, dim)).sum(axis=dim, keepdims=keepdim)


def _with_zeros(draw: Draw) -> list[Call]:
    """Samples for a product: as for a sum, and with one zero and two."""
    one, two = draw.apart(2, 3), draw.apart(4)
    one[0, 1] = two[1] = two[3] = 0.0
    return [*over_dims(draw), call(one), call(one, 1), call(one, 0, True), call(two)]


@primitive(
    symbol="Π",
    formula="prod(x)",
    vjp=(_to_factors,),
    jvp=(_of_factors,),
    lesson="A product hands each factor the gradient times the product of all other factors.",
    samples=lambda draw: [
        *_with_zeros(draw),
        refuses(OUT_OF_RANGE, np.ones((2, 3)), 2),
    ],
    methods=("prod",),
    explain=why_no_dim,
    numpy=(np.prod,),
)
def prod(x: Any, *, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Π x over `dim` (all dimensions by default); booleans and integers give int64.

    ∂/∂xᵢ = Π of the other factors, which is right also where some are zero.

    Raises:
        ShapeError: a dimension that does not exist, or is named twice.
    """
    out = np.prod(x, axis=dim, keepdims=keepdim, dtype=wider(x, dtype))
    return out.astype(result_dtype(x, dtype))


def _to_prefixes(g: Any, x: Any, out: Any, dim: int) -> Any:
    """Σ g · the other factors, over all products that the factor is part of"""
    return delayed(out, dim, 1.0) * from_the_end(g, x, dim)


def _of_prefixes(t: Any, x: Any, out: Any, dim: int) -> Any:
    """the recurrence hₖ = xₖ·hₖ₋₁ + tₖ·outₖ₋₁"""
    return linear_recurrence(x, t * delayed(out, dim, 1.0), dim)


def _with_zeros_along(draw: Draw) -> list[Call]:
    zeros = draw.apart(2, 4)
    zeros[0, 1] = zeros[1, 0] = zeros[1, 2] = 0.0
    return [call(draw(4), 0), call(draw(2, 3), -1), call(draw(2, 3), axis=0), call(zeros, 1)]


def _np_cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """``np.cumprod``, which without an axis runs through all elements."""
    return cumprod(reshape(a, (-1,)) if axis is None else a, axis or 0, dtype)


@primitive(
    symbol="cumΠ",
    formula="cumprod(x)",
    vjp=(_to_prefixes,),
    jvp=(_of_prefixes,),
    lesson="A factor is part of all later products, and hears from each of them.",
    samples=lambda draw: [
        *_with_zeros_along(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 1),
    ],
    methods=("cumprod",),
    explain=why_no_dim,
    numpy=((np.cumprod, _np_cumprod),),
)
def cumprod(x: Any, *, dim: int, dtype: Any = None) -> Any:
    """x₀, x₀·x₁, x₀·x₁·x₂, … along `dim`; booleans and integers give int64.

    ∂outₖ/∂xᵢ = the product of the other factors for i ≤ k, also where some are zero.

    Raises:
        ShapeError: the dimension does not exist.
    """
    out = np.cumprod(x, axis=dim, dtype=wider(x, dtype))
    return np.reshape(out, x.shape).astype(result_dtype(x, dtype))
