"""Triangles of matrices, and equations with triangular ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.primitive import call, refuses
from autograd.ops.contraction import matmul, one_dtype
from autograd.ops.diagonals import tril, triu
from autograd.ops.recurrence import array_of
from autograd.ops.shape import transpose


def T(x: Any) -> Any:
    """The transposed matrices."""
    return transpose(x, -1, -2)


def below(x: Any, k: int = 0) -> Any:
    """A mask that is true on and below the k-th diagonal."""
    return np.tri(x.shape[-2], x.shape[-1], k, dtype=bool, like=array_of(x))


def not_square(name: str, x: Any) -> str | None:
    """Why something is no square matrix."""
    shape = tuple(np.shape(x))
    if len(shape) < 2:
        return f"{name} takes a square matrix or a stack of them, got shape {shape}."
    if shape[-1] != shape[-2]:
        return (
            f"{name} takes square matrices, and these have {shape[-2]} rows, {shape[-1]} columns."
        )
    if getattr(x, "dtype", None) == np.float16:
        return f"{name} calculates in float32 or float64; convert with .to(np.float32)."
    return None


def _to_triangle(g: Any, x: Any, out: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    """−(xᵀ)⁻¹ · g · outᵀ, in the triangle that was read"""
    back = solve_triangular(T(x), g, upper=not upper, left=left, unitriangular=unitriangular)
    whole = -(matmul(back, T(out)) if left else matmul(T(out), back))
    return _triangle(whole, upper, unitriangular)


def _triangle(x: Any, upper: bool, strict: bool) -> Any:
    return triu(x, 1 if strict else 0) if upper else tril(x, -1 if strict else 0)


def _of_triangle(t: Any, x: Any, out: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    """−x⁻¹ · t · out, of the triangle of t"""
    t = _triangle(t, upper, unitriangular)
    moved = matmul(t, out) if left else matmul(out, t)
    return -solve_triangular(x, moved, upper=upper, left=left, unitriangular=unitriangular)


def _to_side(g: Any, x: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    """(xᵀ)⁻¹ · g"""
    return solve_triangular(T(x), g, upper=not upper, left=left, unitriangular=unitriangular)


def _of_side(t: Any, x: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    """x⁻¹ · t"""
    return solve_triangular(x, t, upper=upper, left=left, unitriangular=unitriangular)


def _reason(x: Any, y: Any, *, left: bool, **_: Any) -> str:
    if reason := not_square("solve_triangular", x):
        return reason
    shape = tuple(np.shape(y))
    if len(shape) < 2:
        return f"the right-hand side is a matrix, got shape {shape}; write y[:, None]."
    rows = shape[-2 if left else -1]
    if rows != x.shape[-1]:
        return f"A has {x.shape[-1]} rows and B of shape {shape} has {rows}; they must be as many."
    return "there is a zero on the diagonal, so the matrix is singular."


def _lower_matrix(draw: Any, *shape: int) -> Any:
    return draw(*shape) + 3 * np.eye(shape[-1])


@primitive(
    symbol="L⁻¹b",
    formula="solve_triangular(x, y)",
    vjp=(_to_triangle, _to_side),
    jvp=(_of_triangle, _of_side),
    lesson="The right-hand side gets the gradient solved with the transposed matrix; the triangle "
    "gets minus that, times the solution.",
    samples=lambda draw: [
        call(_lower_matrix(draw, 3, 3), draw(3, 2), upper=False),
        call(_lower_matrix(draw, 2, 3, 3), draw(3, 1), upper=True),
        call(_lower_matrix(draw, 2, 2), draw(3, 2), upper=True, left=False),
        call(_lower_matrix(draw, 3, 3), draw(3, 1), upper=False, unitriangular=True),
        refuses("square", np.ones((2, 3)), np.ones((2, 1)), upper=True),
        refuses("as many", np.eye(2), np.ones((3, 1)), upper=True),
        refuses("zero on the diagonal", np.zeros((2, 2)), np.ones((2, 1)), upper=True),
        refuses("is a matrix", np.eye(2), np.ones(2), upper=True),
    ],
    explain=_reason,
)
def solve_triangular(
    x: Any, y: Any, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    """The solution X of A·X = B (X·A = B with left=False) for a triangular matrix A.

    Only the lower triangle of A is read (the upper one if `upper`); with `unitriangular`
    its diagonal counts as ones. ∂/∂B = A⁻ᵀ·g, ∂/∂A = −A⁻ᵀ·g·Xᵀ, in the triangle.

    Raises:
        ShapeError: A is not square, B does not fit, or a diagonal element is zero.
        DTypeError: the dtypes differ.
    """
    one_dtype("solve_triangular", x, y)
    if not_square("", x) or y.ndim < 2:
        raise ValueError
    a = (np.triu if upper else np.tril)(x)
    if unitriangular:
        a = np.where(np.eye(x.shape[-1], dtype=bool, like=x), np.ones_like(x, shape=()), a)
    if left:
        return np.linalg.solve(a, y)
    turned = np.linalg.solve(np.swapaxes(a, -1, -2), np.swapaxes(y, -1, -2))
    return np.swapaxes(turned, -1, -2)
