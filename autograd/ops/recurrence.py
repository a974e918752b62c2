"""The linear recurrence hₖ = aₖ·hₖ₋₁ + bₖ, which differentiates running products.

Its own gradient is the same recurrence from the end to the beginning, so that every order
of derivative is exact; nothing is divided, so zeros do no harm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.node import Handle, as_array
from autograd.core.primitive import call, refuses
from autograd.ops.joining import cat
from autograd.ops.reduction import OUT_OF_RANGE
from autograd.ops.repetition import flip


def array_of(x: Any) -> Any:
    """The array of a tensor; an array itself."""
    return x.value if isinstance(x, Handle) else as_array(x)


def along(dim: int, rank: int, part: Any) -> tuple[Any, ...]:
    """The index that takes `part` of dimension `dim` and all of the others."""
    return (*(slice(None),) * (dim % rank), part)


def backwards(x: Any, dim: int) -> Any:
    """The elements along a dimension in reverse order."""
    return flip(x, dim) if x.ndim else x


def delayed(x: Any, dim: int, first: float | None = None) -> Any:
    """The elements along a dimension one place later, the last one dropped: first, x₀, x₁, …

    Without `first` it is x₀ itself that comes first.
    """
    if not x.ndim:
        return x if first is None else np.full_like(array_of(x), first)
    start = x[along(dim, x.ndim, slice(None, 1))]
    start = start if first is None else np.full_like(array_of(start), first)
    return cat([start, x[along(dim, x.ndim, slice(None, -1))]], dim)


def from_the_end(g: Any, a: Any, dim: int) -> Any:
    """The recurrence rₖ = gₖ + aₖ₊₁·rₖ₊₁: what hₖ contributes to all later places."""
    factors = delayed(backwards(a, dim), dim, 1.0)
    return backwards(linear_recurrence(factors, backwards(g, dim), dim), dim)


def _to_factors(g: Any, a: Any, out: Any, dim: int) -> Any:
    """rₖ · hₖ₋₁, where rₖ = gₖ + aₖ₊₁ · rₖ₊₁"""
    return from_the_end(g, a, dim) * delayed(out, dim, 0.0)


def _to_terms(g: Any, a: Any, dim: int) -> Any:
    """rₖ = gₖ + aₖ₊₁ · rₖ₊₁"""
    return from_the_end(g, a, dim)


def _of_factors(t: Any, a: Any, out: Any, dim: int) -> Any:
    """the recurrence with the terms t · hₖ₋₁"""
    return linear_recurrence(a, t * delayed(out, dim, 0.0), dim)


@primitive(
    symbol="h=ah+b",
    formula="linear_recurrence(a, b)",
    vjp=(_to_factors, _to_terms),
    jvp=(_of_factors, "linear_recurrence(a, t, dim)"),
    lesson="Each place hears from all later ones, through the factors in between.",
    samples=lambda draw: [
        call(draw(4), draw(4), 0),
        call(draw(3, 5), draw(3, 5), -1),
        call(draw(3, 2), draw(3, 2), dim=0),
        call(draw(1), draw(1), 0),
        refuses("one shape", np.ones(3), np.ones(2), 0),
        refuses(OUT_OF_RANGE, np.ones(3), np.ones(3), 1),
    ],
    explain=lambda a, b, dim: (
        f"a and b have one shape, got {a.shape} and {b.shape}." if a.shape != b.shape else None
    ),
)
def linear_recurrence(a: Any, b: Any, *, dim: int) -> Any:
    """hₖ = aₖ·hₖ₋₁ + bₖ along `dim`, beginning with h₋₁ = 0; in log₂ n steps.

    ∂h/∂b: r with rₖ = gₖ + aₖ₊₁·rₖ₊₁; ∂h/∂a: rₖ·hₖ₋₁. (Blelloch 1990, "Prefix sums and
    their applications".)

    Raises:
        ShapeError: the shapes differ, or the dimension does not exist.
    """
    if a.shape != b.shape:
        raise ValueError
    if not b.ndim:
        return b + 0
    h, factor = np.moveaxis(b, dim, 0) + 0, np.moveaxis(a, dim, 0) + 0
    step = 1
    while step < h.shape[0]:
        h[step:] = h[step:] + factor[step:] * h[:-step]
        factor[step:] = factor[step:] * factor[:-step]
        step *= 2
    return np.moveaxis(h, 0, dim)
