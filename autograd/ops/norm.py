"""Norms of vectors and matrices, and distances; the gradient of a norm at 0 is 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import RangeError, ShapeError
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.core.summation import narrowed, total, widened
from autograd.ops.arithmetic import abs, sign, sub
from autograd.ops.comparison import where
from autograd.ops.decomposition import svdvals
from autograd.ops.extreme import amax, amin
from autograd.ops.recurrence import array_of
from autograd.ops.reduction import OUT_OF_RANGE, Dims, restore, sum, why_no_dim
from autograd.ops.shape import permute, reshape


def _slope(x: Any, norm: Any, ord: float, dim: Dims) -> Any:
    """∂norm/∂x; 0 where the norm is 0, shared among the largest elements for ord = ∞."""
    if ord == 0:
        return x * 0.0
    if ord == 1:
        return sign(x)
    if ord == 2:
        return where(norm == 0, 0.0, x / norm)
    if math.isinf(ord):
        hit = abs(x) == norm
        return sign(x) * hit / sum(hit, dim, True)
    return where((norm == 0) | (x == 0), 0.0, sign(x) * (abs(x) / norm) ** (ord - 1))


def _to_entries(g: Any, x: Any, out: Any, ord: float, dim: Dims, keepdim: bool) -> Any:
    """g · sign(x) · (|x| / norm)^(ord − 1), and 0 where the norm is 0"""
    norm = restore(out, x.shape, dim, keepdim)
    return restore(g, x.shape, dim, keepdim) * _slope(x, norm, ord, dim)


def _of_entries(t: Any, x: Any, out: Any, ord: float, dim: Dims, keepdim: bool) -> Any:
    """Σ t · sign(x) · (|x| / norm)^(ord − 1), and 0 where the norm is 0"""
    norm = restore(out, x.shape, dim, keepdim)
    return sum(t * _slope(x, norm, ord, dim), dim, keepdim)


def _norms(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(4)),
        call(draw.apart(2, 3), 2, 1),
        call(draw.apart(2, 3), 1, 0, True),
        call(draw.apart(2, 3), 3, (0, 1)),
        call(draw.apart(3), 0.5),
        call(draw.apart(2, 3), math.inf, axis=1),
        call(draw.apart(2, 3), -math.inf, keepdims=True),
        call(draw.apart(3), 0),
        call(draw.apart()),
    ]


def _np_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """``np.linalg.norm``: of a matrix, with an order, the norm of the matrix."""
    pair = (axis is None and x.ndim == 2) or (isinstance(axis, tuple) and len(axis) == 2)
    if ord is None or not pair:
        return vector_norm(x, 2 if ord is None else ord, axis, keepdims)
    return matrix_norm(x, ord, (-2, -1) if axis is None else axis, keepdims)


def _np_vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    return vector_norm(x, ord, axis, keepdims)


def _norm_reason(x: Any, *, dim: Dims = None, **_: Any) -> str | None:
    return why_no_dim(x, dim=dim)


@primitive(
    symbol="‖·‖",
    formula="norm(x)",
    vjp=(_to_entries,),
    jvp=(_of_entries,),
    lesson="A norm pulls each element in proportion to its share of the length; at 0 it lets go.",
    samples=lambda draw: [
        *_norms(draw),
        refuses(OUT_OF_RANGE, np.ones(3), 2, 1),
    ],
    floating=True,
    numpy=((np.linalg.norm, _np_norm), (np.linalg.vector_norm, _np_vector_norm)),
    explain=_norm_reason,
)
def vector_norm(
    x: Any, *, ord: float = 2, dim: Dims = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    """(Σ |x|^ord)^(1/ord) over `dim` (all dimensions by default): the length for ord = 2.

    ord = 1 sums absolute values, ±∞ takes the largest or smallest, 0 counts what is not 0.
    ∂/∂x = sign(x)·(|x|/norm)^(ord − 1); at 0 the gradient of least norm, 0.

    Raises:
        ShapeError: a dimension that does not exist or is named twice; no elements for ∞.
    """
    wide = widened(x if dtype is None else x.astype(dtype))
    if ord == 2:
        out = np.sqrt(total(wide * wide, dim, keepdim))
    elif math.isinf(ord):
        extreme = np.amax if ord > 0 else np.amin
        out = extreme(np.absolute(wide), axis=dim, keepdims=keepdim)
    elif ord == 0:
        out = np.sum(wide != 0, axis=dim, keepdims=keepdim).astype(wide.dtype)
    elif ord == 1:
        out = total(np.absolute(wide), dim, keepdim)
    else:
        out = total(np.absolute(wide) ** ord, dim, keepdim) ** (1 / ord)
    return narrowed(out, x) if dtype is None else out


@composition(
    symbol="‖·‖",
    formula="norm(x)",
    lesson="A norm pulls each element in proportion to its share of the length; at 0 it lets go.",
    samples=lambda draw: [
        call(draw.apart(4)),
        call(draw.apart(2, 3)),
        call(draw.apart(2, 3), 1, 0),
        call(draw.apart(2, 3), "fro", dim=1, keepdim=True),
        call(draw.apart(2, 2), "nuc"),
        refuses(OUT_OF_RANGE, np.ones(3), 2, 1),
        refuses("a norm is given", np.ones(3), "two"),
    ],
    methods=("norm",),
)
def norm(x: Any, p: Any = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """The p-norm of all elements, or over `dim`: see `vector_norm`.

    "fro", the default, is p = 2; "nuc" is the sum of the singular values of a matrix.

    Raises:
        ShapeError: a dimension that does not exist, or is named twice.
        RangeError: an unknown name of a norm.
    """
    if p == "nuc":
        return matrix_norm(x, "nuc", (-2, -1) if dim is None else dim, keepdim)
    if isinstance(p, str) and p != "fro":
        raise RangeError(f"norm(): a norm is given by a number, 'fro' or 'nuc', got {p!r}.")
    return vector_norm(x, 2 if p == "fro" else p, dim, keepdim, dtype)


def _matrices_last(x: Any, dim: tuple[int, int]) -> Any:
    """The dimensions of the matrices at the end."""
    rank = len(np.shape(array_of(x)))
    if len(dim) != 2 or rank < 2 or any(not -rank <= d < rank for d in dim):
        raise ShapeError(f"matrix_norm(): dim={dim} are not two of the {rank} dimension(s).")
    rows, columns = (d % rank for d in dim)
    rest = [axis for axis in range(rank) if axis not in (rows, columns)]
    order = (*rest, rows, columns)
    return x if order == tuple(range(rank)) else permute(x, order)


def _of_columns(x: Any, ord: Any) -> Any:
    """The norm of each of the matrices at the end."""
    if ord == "fro":
        return vector_norm(x, 2, (-2, -1))
    if ord == "nuc":
        return sum(svdvals(x), -1)
    if ord in (2, -2):
        return svdvals(x)[..., 0 if ord > 0 else -1]
    if ord in (1, -1, math.inf, -math.inf):
        sums = sum(abs(x), -2 if math.isfinite(ord) else -1)
        return (amax if ord > 0 else amin)(sums, -1)
    raise RangeError(
        f"matrix_norm(): ord is 'fro', 'nuc', ±1, ±2 or ±inf, got {ord!r}; vector_norm takes any."
    )


def _np_matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return matrix_norm(x, ord, keepdim=keepdims)


@composition(
    symbol="‖·‖",
    formula="matrix_norm(x)",
    lesson="The norm of a matrix hands its gradient on to what makes it large.",
    samples=lambda draw: [
        call(draw.apart(2, 3)),
        call(draw.apart(2, 2), "nuc"),
        call(draw.between(0.5, 2.0, 2, 3), 2),
        call(draw.between(0.5, 2.0, 2, 3), -2),
        call(draw.between(0.5, 2.0, 2, 3), 1),
        call(draw.between(0.5, 2.0, 2, 2, 3), math.inf, dim=(0, 1), keepdim=True),
        call(draw.between(0.5, 2.0, 2, 3), -1),
        refuses("are not two", np.ones(3)),
        refuses("ord is", np.ones((2, 2)), 3),
    ],
    numpy=((np.linalg.matrix_norm, _np_matrix_norm),),
)
def matrix_norm(
    x: Any, ord: Any = "fro", dim: tuple[int, int] = (-2, -1), keepdim: bool = False
) -> Any:
    """The norm of the matrices in two dimensions.

    "fro": the root of the sum of squares; "nuc": the sum of the singular values; 2 and −2:
    the largest and the smallest of them; ±1 and ±∞: the largest or smallest column and row
    of absolute values.

    Raises:
        ShapeError: `dim` are not two dimensions of x.
        RangeError: an unknown norm.
    """
    out = _of_columns(_matrices_last(x, dim), ord)
    if not keepdim:
        return out
    rank = len(np.shape(array_of(x)))
    gone = {d % rank for d in dim}
    return reshape(out, [1 if axis in gone else n for axis, n in enumerate(x.shape)])


@composition(
    symbol="‖−‖",
    formula="norm(x - y)",
    lesson="A distance pulls its two points towards each other, or apart.",
    samples=lambda draw: [
        call(draw(3), draw(3)),
        call(draw(2, 3), draw(3), 1),
        call(draw(3), draw(3), p=3),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ],
    methods=("dist",),
)
def dist(x: Any, other: Any, p: float = 2) -> Any:
    """‖x − other‖ₚ over all elements, which broadcast.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return vector_norm(sub(x, other), p)


@composition(
    symbol="‖−‖",
    formula="cdist(x, y)",
    lesson="Each distance pulls its two points towards each other, or apart.",
    samples=lambda draw: [
        call(draw(2, 3), draw(4, 3)),
        call(draw(2, 2, 3), draw(2, 3, 3), 1.0),
        refuses("as many columns", np.ones((2, 3)), np.ones((2, 2))),
    ],
)
def cdist(x1: Any, x2: Any, p: float = 2.0) -> Any:
    """‖a − b‖ₚ for each row a of x1 and b of x2: (…, n, d) and (…, m, d) give (…, n, m).

    Raises:
        ShapeError: the rows have different sizes.
    """
    a, b = np.shape(array_of(x1)), np.shape(array_of(x2))
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        raise ShapeError(f"cdist(): {a} and {b} must be matrices with as many columns.")
    rows = reshape(x1, (*a[:-1], 1, a[-1]))
    return vector_norm(rows - reshape(x2, (*b[:-2], 1, *b[-2:])), p, -1)
