"""Determinants; their gradient, the matrix of cofactors, is right for singular matrices too."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.named import Named
from autograd.core.primitive import call, refuses
from autograd.ops.comparison import where
from autograd.ops.decomposition import svd
from autograd.ops.linalg import inv, regular
from autograd.ops.product import cumprod, others_along
from autograd.ops.recurrence import array_of, backwards, delayed
from autograd.ops.reduction import sum
from autograd.ops.shape import reshape
from autograd.ops.transcendental import exp
from autograd.ops.triangular import T, below, not_square

_SQUARE = (refuses("square", np.ones((2, 3))), refuses("square", np.ones(2)))


def _lifted(g: Any) -> Any:
    """One number for each matrix, so that it multiplies the matrix."""
    return reshape(g, (*g.shape, 1, 1))


def _to_det(g: Any, x: Any) -> Any:
    """g · the matrix of cofactors (where x can be inverted: g · det · x⁻ᵀ)"""
    return _lifted(g) * cofactor(x)


def _of_det(t: Any, x: Any) -> Any:
    """Σ t · the matrix of cofactors"""
    return sum(t * cofactor(x), (-2, -1))


@primitive(
    symbol="det",
    formula="det(x)",
    vjp=(_to_det,),
    jvp=(_of_det,),
    lesson="Each element gets the gradient times its cofactor: the determinant of what is left "
    "without its row and column.",
    samples=lambda draw: [
        call(draw(3, 3)),
        call(draw(2, 2, 2)),
        call(draw(1, 1)),
        call(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])),
        *_SQUARE,
    ],
    methods=("det",),
    floating=True,
    numpy=(np.linalg.det,),
    explain=lambda x: not_square("det", x),
)
def det(x: Any) -> Any:
    """The determinant of each square matrix. ∂/∂x = the cofactors, also where it is 0.

    Raises:
        ShapeError: the matrices are not square.
    """
    return np.linalg.det(x)


def _without_two(s: Any) -> Any:
    """For each pair i ≠ j the product of all elements but the i-th and the j-th; 0 for i = j."""
    n = s.shape[-1]
    before = cumprod(delayed(s, -1, 1.0), -1)
    after = backwards(cumprod(delayed(backwards(s, -1), -1, 1.0), -1), -1)
    rows = reshape(s, (*s.shape[:-1], 1, n)) + np.zeros_like(array_of(s), shape=(n, n))
    later = where(below(rows), 1.0, rows)
    between = cumprod(delayed(later, -1, 1.0), -1)
    ordered = reshape(before, (*s.shape, 1)) * between * reshape(after, (*s.shape[:-1], 1, n))
    half = where(below(rows), 0.0, ordered)
    return half + T(half)


def _orientation(u: Any, vh: Any) -> Any:
    """1 or −1 for each matrix: whether U·Vh turns or mirrors."""
    return np.linalg.det(np.matmul(array_of(u), array_of(vh)))[..., None, None]


def _to_cofactor(g: Any, x: Any) -> Any:
    """in the basis of singular vectors: −gᵀ and tr(g) − g, times the products without two"""
    u, s, vh = svd(x)
    inner = T(u) @ g @ T(vh) * _orientation(u, vh)
    without = _without_two(s)
    eye = np.eye(s.shape[-1], dtype=s.dtype, like=array_of(s))
    diagonal = sum(inner * eye, -1, True)
    return u @ (eye * (without @ diagonal) - T(inner * without)) @ vh


@primitive(
    symbol="cof",
    formula="cofactor(x)",
    vjp=(_to_cofactor,),
    lesson="Each cofactor depends on the elements outside of its own row and column.",
    samples=lambda draw: [
        call(draw(3, 3)),
        call(draw(2, 2, 2)),
        call(draw(1, 1)),
        call(draw(4, 4)),
        *_SQUARE,
    ],
    floating=True,
    explain=lambda x: not_square("cofactor", x),
)
def cofactor(x: Any) -> Any:
    """The cofactors of each square matrix, the gradient of `det`: det(x)·x⁻ᵀ.

    They come from the singular values, so that x may be singular.

    Raises:
        ShapeError: the matrices are not square.
    """
    if not_square("", x):
        raise ValueError
    u, s, vh = np.linalg.svd(x)
    return np.matmul(u * others_along(s, -1)[..., None, :], vh) * _orientation(u, vh)


class SignLog(Named):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


def _log_slope(x: Any, log: Any) -> Any:
    """x⁻ᵀ; where x is singular, and the logarithm −∞, the cofactors over 0."""
    if np.any(array_of(log) == -np.inf):
        return cofactor(x) / _lifted(exp(log))
    return T(inv(x))


def _to_logabsdet(g: Any, x: Any, out: Any) -> Any:
    """g · x⁻ᵀ"""
    return _lifted(g[1]) * _log_slope(x, out[1])


@primitive(
    symbol="ln|det|",
    formula="slogdet(x)",
    vjp=(_to_logabsdet,),
    lesson="The logarithm of a determinant hands on the gradient times the transposed inverse.",
    samples=lambda draw: [
        call(regular(draw, 3, 3)),
        call(-regular(draw, 2, 2, 2)),
        *_SQUARE,
    ],
    methods=("slogdet",),
    floating=True,
    numpy=(np.linalg.slogdet,),
    explain=lambda x: not_square("slogdet", x),
)
def slogdet(x: Any) -> Any:
    """The sign of the determinant and ln |det x|, without overflow: (sign, logabsdet).

    ∂logabsdet/∂x = x⁻ᵀ.

    Raises:
        ShapeError: the matrices are not square.
    """
    return SignLog(*np.linalg.slogdet(x))


def _to_logdet(g: Any, x: Any, out: Any) -> Any:
    """g · x⁻ᵀ"""
    return _lifted(g) * _log_slope(x, out)


@primitive(
    symbol="ln det",
    formula="log(det(x))",
    vjp=(_to_logdet,),
    lesson="The logarithm of a determinant hands on the gradient times the transposed inverse.",
    samples=lambda draw: [
        call(regular(draw, 3, 3)),
        call(regular(draw, 2, 2, 2)),
        *_SQUARE,
    ],
    methods=("logdet",),
    floating=True,
    explain=lambda x: not_square("logdet", x),
)
def logdet(x: Any) -> Any:
    """ln det x, without overflow; NaN where the determinant is negative, −∞ where it is 0.

    ∂/∂x = x⁻ᵀ.

    Raises:
        ShapeError: the matrices are not square.
    """
    sign, log = np.linalg.slogdet(x)
    return np.where(sign < 0, np.full_like(log, np.nan), log)
