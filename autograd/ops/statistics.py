"""Variance and standard deviation."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.core.summation import narrowed, total, widened
from autograd.ops.comparison import where
from autograd.ops.reduction import OUT_OF_RANGE, Dims, count, mean, restore, sum, why_no_dim

Bound = tuple[tuple[Any, ...], dict[str, Any]]


def _to_correction(
    x: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Bound:
    """PyTorch's signatures: ``(x, dim, correction=1)``, ``(x, dim, False)``, ``(x, False)``."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 0 if unbiased is False else 1
    dim = axis if dim is None else tuple(dim) if isinstance(dim, list) else dim
    return (x,), {"dim": dim, "correction": correction, "keepdim": keepdim or keepdims}


def _needs_float(x: Any, **params: Any) -> str | None:
    if x.dtype.kind != "f":
        return f"the elements are {x.dtype}; convert first, for example .to(float)."
    return why_no_dim(x, **params)


def _freedom(shape: tuple[int, ...], dim: Dims, correction: float) -> float:
    """What the squared deviations are divided by: n − correction, 0 at least."""
    left = count(shape, dim) - correction
    return left if left > 0 else 0


def _scale(g: Any, x: Any, dim: Dims, correction: float) -> Any:
    """2 (x − mean) / (n − correction), times what is given."""
    return g * 2 / _freedom(x.shape, dim, correction) * (x - mean(x, dim, True))


def _to_elements(g: Any, x: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """g · 2 (x − mean) / (n − correction)"""
    return _scale(restore(g, x.shape, dim, keepdim), x, dim, correction)


def _of_elements(t: Any, x: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """Σ t · 2 (x − mean) / (n − correction)"""
    return sum(_scale(t, x, dim, correction), dim, keepdim)


def _spreads(draw: Draw) -> list[Call]:
    return [
        call(draw(5)),
        call(draw(2, 3), 1),
        call(draw(2, 3), (0, 1), correction=0),
        call(draw(3, 2), 0, False, True),
        call(draw(4), False),
        call(draw(4, 2), axis=0, keepdims=True),
        *_BAD,
    ]


_BAD = (
    refuses(OUT_OF_RANGE, np.ones(3), 1),
    refuses("convert first", np.ones(3, dtype=np.int64)),
)


def _np_var(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """``np.var``, which divides by n − ddof with ddof = 0."""
    return var(a, axis, correction=ddof, keepdim=keepdims)


def _np_std(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    """``np.std``, which divides by n − ddof with ddof = 0."""
    return std(a, axis, correction=ddof, keepdim=keepdims)


@primitive(
    symbol="var",
    formula="var(x)",
    vjp=(_to_elements,),
    jvp=(_of_elements,),
    lesson="A variance pulls each element by twice its distance from the mean, over n − 1.",
    samples=_spreads,
    methods=("var",),
    signature=_to_correction,
    explain=_needs_float,
    numpy=((np.var, _np_var),),
)
def var(x: Any, *, dim: Dims = None, correction: float = 1, keepdim: bool = False) -> Any:
    """Σ (x − mean)² / (n − correction) over `dim` (all dimensions by default).

    With correction=1, the default (Bessel's), the estimate is unbiased; ``unbiased=False``
    or ``correction=0`` divides by n. NaN of one element. ∂/∂x = 2 (x − mean) / (n − correction).

    Raises:
        DTypeError: the elements are not floating point.
        ShapeError: a dimension that does not exist, or is named twice.
    """
    if x.dtype.kind != "f":
        raise TypeError
    wide = widened(x)
    deviation = wide - total(wide, dim, True) / count(x.shape, dim)
    out = total(deviation * deviation, dim, keepdim)
    return narrowed(out / _freedom(x.shape, dim, correction), x)


def _half_over(g: Any, out: Any) -> Any:
    """g / (2 std), 0 where the standard deviation is 0"""
    return where(out == 0, 0.0, g / (out * 2))


def _to_spread(g: Any, x: Any, out: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """g · (x − mean) / ((n − correction) · std), 0 where the standard deviation is 0"""
    return _to_elements(_half_over(g, out), x, dim, correction, keepdim)


def _of_spread(t: Any, x: Any, out: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    """Σ t · (x − mean) / ((n − correction) · std), 0 where the standard deviation is 0"""
    return _half_over(_of_elements(t, x, dim, correction, keepdim), out)


@primitive(
    symbol="std",
    formula="sqrt(var(x))",
    vjp=(_to_spread,),
    jvp=(_of_spread,),
    lesson="A standard deviation pulls each element in proportion to its distance from the mean.",
    samples=_spreads,
    methods=("std",),
    signature=_to_correction,
    explain=_needs_float,
    numpy=((np.std, _np_std),),
)
def std(x: Any, *, dim: Dims = None, correction: float = 1, keepdim: bool = False) -> Any:
    """The square root of the variance: see `var`. NaN of one element.

    ∂/∂x = (x − mean) / ((n − correction) · std), and 0 where all elements are equal.

    Raises:
        DTypeError: the elements are not floating point.
        ShapeError: a dimension that does not exist, or is named twice.
    """
    return np.sqrt(var(x, dim=dim, correction=correction, keepdim=keepdim))


@composition(
    symbol="var mean",
    formula="var_mean(x)",
    lesson="Variance and mean, each with its own gradient; the two add up.",
    samples=lambda draw: [
        call(draw(4)),
        call(draw(2, 3), 1, correction=0, keepdim=True),
        *_BAD,
    ],
)
def var_mean(x: Any, *args: Any, **kwargs: Any) -> Any:
    """The variance and the mean: ``(var(x, …), mean(x, …))``, with the arguments of `var`.

    Raises:
        DTypeError: the elements are not floating point.
        ShapeError: a dimension that does not exist, or is named twice.
    """
    _, params = _to_correction(x, *args, **kwargs)
    return var(x, **params), mean(x, params["dim"], params["keepdim"])


@composition(
    symbol="std mean",
    formula="std_mean(x)",
    lesson="Standard deviation and mean, each with its own gradient; the two add up.",
    samples=lambda draw: [
        call(draw(4)),
        call(draw(2, 3), 1, correction=0, keepdim=True),
        *_BAD,
    ],
)
def std_mean(x: Any, *args: Any, **kwargs: Any) -> Any:
    """The standard deviation and the mean: ``(std(x, …), mean(x, …))``, arguments as of `var`.

    Raises:
        DTypeError: the elements are not floating point.
        ShapeError: a dimension that does not exist, or is named twice.
    """
    _, params = _to_correction(x, *args, **kwargs)
    return std(x, **params), mean(x, params["dim"], params["keepdim"])
