"""Inverses and linear equations; stacks of matrices (…, n, n) are taken one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.named import Named
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.contraction import matmul, one_dtype
from autograd.ops.decomposition import svdvals
from autograd.ops.recurrence import array_of
from autograd.ops.reduction import sum
from autograd.ops.shape import reshape
from autograd.ops.triangular import T, not_square, solve_triangular

_SINGULAR = (
    "a matrix is singular: its columns depend on each other, so nothing undoes it. "
    "lstsq(A, B) and pinv(A) give the best there is."
)


def regular(draw: Draw, *shape: int) -> Any:
    """Random matrices that are far from singular."""
    return draw(*shape) + 3 * np.eye(shape[-1])


def _inv_reason(x: Any) -> str:
    return not_square("inv", x) or _SINGULAR


@primitive(
    symbol="⁻¹",
    formula="inv(x)",
    vjp=("-transpose(out, -1, -2) @ g @ transpose(out, -1, -2)",),
    jvp=("-out @ t @ out",),
    lesson="An inverse hands on minus the gradient, with the transposed inverse on both sides.",
    samples=lambda draw: [
        call(regular(draw, 3, 3)),
        call(regular(draw, 2, 2, 2)),
        refuses("square", np.ones((2, 3))),
        refuses("singular", np.ones((2, 2))),
        refuses("square", np.ones(3)),
    ],
    methods=("inverse",),
    aliases=("inverse",),
    floating=True,
    numpy=(np.linalg.inv,),
    explain=_inv_reason,
)
def inv(x: Any) -> Any:
    """The inverse x⁻¹ of each square matrix. ∂: −x⁻ᵀ·g·x⁻ᵀ.

    Raises:
        ShapeError: the matrices are not square, or one is singular.
    """
    return np.linalg.inv(x)


def _is_vector(a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> bool:
    """Whether a right-hand side is a vector, or a stack of vectors, one for each matrix."""
    return len(b_shape) == 1 or tuple(b_shape) == tuple(a_shape[:-1])


def _column(x: Any) -> Any:
    return reshape(x, (*x.shape, 1))


def _row(x: Any) -> Any:
    return reshape(x, (*x.shape[:-1], 1, x.shape[-1]))


def _to_matrix(g: Any, x: Any, y_shape: tuple[int, ...], out: Any, left: bool) -> Any:
    """−(xᵀ)⁻¹ · g · outᵀ"""
    back = solve(T(x), g, left)
    if _is_vector(x.shape, y_shape):
        return -_column(back) * _row(out)
    return -(matmul(back, T(out)) if left else matmul(T(out), back))


def _of_matrix(t: Any, x: Any, y_shape: tuple[int, ...], out: Any, left: bool) -> Any:
    """−x⁻¹ · t · out"""
    if _is_vector(x.shape, y_shape):
        moved = matmul(t, _column(out))
        return -solve(x, reshape(moved, moved.shape[:-1]))
    return -solve(x, matmul(t, out) if left else matmul(out, t), left)


def _solve_reason(x: Any, y: Any, left: bool) -> str:
    if reason := not_square("solve", x):
        return reason
    n, b_shape = x.shape[-1], tuple(np.shape(y))
    vector = _is_vector(x.shape, b_shape)
    if not left and vector:
        return "a vector stands on the right of the matrix only; leave left=True."
    rows = b_shape[-1] if vector or not left else b_shape[-2]
    if rows != n:
        return (
            f"A of shape {tuple(x.shape)} holds {n} equations for {n} unknowns, and B of shape "
            f"{b_shape} has {rows} right-hand sides; they must be as many."
        )
    return _SINGULAR


def _equations(draw: Draw) -> list[Call]:
    return [
        call(regular(draw, 3, 3), draw(3)),
        call(regular(draw, 3, 3), draw(3, 2)),
        call(regular(draw, 2, 2, 2), draw(2, 2, 1)),
        call(regular(draw, 3, 2, 2), draw(3, 2)),
        call(regular(draw, 2, 2), draw(3, 2, 1)),
        call(regular(draw, 3, 2, 2), draw(2)),
        call(regular(draw, 2, 2), draw(3, 2), left=False),
    ]


@primitive(
    symbol="A⁻¹b",
    formula="solve(x, y)",
    vjp=(_to_matrix, "solve(transpose(x, -1, -2), g, left)"),
    jvp=(_of_matrix, "solve(x, t, left)"),
    lesson="The right-hand side gets the gradient solved with the transposed matrix; the matrix "
    "gets minus that, times the solution.",
    samples=lambda draw: [
        *_equations(draw),
        refuses("square", np.ones((2, 3)), np.ones(2)),
        refuses("as many", np.eye(2), np.ones(3)),
        refuses("singular", np.ones((2, 2)), np.ones(2)),
        refuses("one dtype", np.eye(2), np.ones(2, np.float32)),
    ],
    numpy=(np.linalg.solve,),
    explain=_solve_reason,
)
def solve(x: Any, y: Any, *, left: bool = True) -> Any:
    """The solution X of A·X = B for a matrix A and one or more right-hand sides B.

    Shapes: (…, n, n) with B of (…, n, k), of (n,), or of one vector for each matrix;
    left=False solves X·A = B. ∂/∂B = A⁻ᵀ·g, ∂/∂A = −A⁻ᵀ·g·Xᵀ.

    Raises:
        ShapeError: A is not square or singular, or B does not fit.
        DTypeError: the dtypes differ.
    """
    one_dtype("solve", x, y)
    vector = _is_vector(x.shape, y.shape)
    if x.ndim < 2 or (vector and not left):
        raise ValueError
    if vector:
        return np.linalg.solve(x, y[..., None])[..., 0]
    if left:
        return np.linalg.solve(x, y)
    turned = np.linalg.solve(np.swapaxes(x, -1, -2), np.swapaxes(y, -1, -2))
    return np.swapaxes(turned, -1, -2)


@composition(
    symbol="A⁻¹b",
    formula="cholesky_solve(y, x)",
    lesson="Two triangular solutions, one after the other, each with its own gradient.",
    samples=lambda draw: [
        call(draw(3, 2), np.tril(regular(draw, 3, 3))),
        call(draw(2, 1), np.triu(regular(draw, 2, 2)), True),
        refuses("as many", np.ones((3, 1)), np.eye(2)),
    ],
    methods=("cholesky_solve",),
)
def cholesky_solve(y: Any, x: Any, upper: bool = False) -> Any:
    """The solution X of A·X = y, given the Cholesky factor x of A = x·xᵀ (xᵀ·x if `upper`).

    Raises:
        ShapeError: x is not square or singular, or y does not fit.
    """
    lower = T(x) if upper else x
    half = solve_triangular(lower, y, upper=False)
    return solve_triangular(T(lower), half, upper=True)


# --- the best there is where nothing is exact ------------------------------------------


def _to_pseudo(g: Any, x: Any, out: Any) -> Any:
    """−out·g·out, transposed, and what turns the two spaces that x connects"""
    gt, p, pt = T(g), out, T(out)
    across = pt @ (p @ gt)
    return (gt - x @ (p @ gt)) @ (p @ pt) + across - (across @ p) @ x - pt @ g @ pt


def _np_pinv(
    a: Any, rcond: float | None = None, hermitian: bool = False, *, rtol: Any = None
) -> Any:
    return pinv(a, rtol=rcond if rtol is None else rtol)


@primitive(
    symbol="⁺",
    formula="pinv(x)",
    vjp=(_to_pseudo,),
    lesson="Where x can be undone the gradient goes back as through an inverse; the rest of it "
    "turns the spaces between which x maps.",
    samples=lambda draw: [
        call(draw(3, 2)),
        call(draw(2, 3)),
        call(regular(draw, 2, 2, 2)),
        refuses("a matrix", np.ones(3)),
    ],
    methods=("pinverse",),
    aliases=("pinverse",),
    floating=True,
    numpy=((np.linalg.pinv, _np_pinv),),
    explain=lambda x, **_: f"pinv takes a matrix or a stack of them, got shape {np.shape(x)}.",
)
def pinv(
    x: Any, *, rtol: float | None = None, atol: float | None = None, hermitian: bool = False
) -> Any:
    """The pseudo-inverse x⁺ of Moore and Penrose: pinv(A) @ b is the best solution of A·x = b.

    Singular values up to max(atol, rtol·the largest) count as zero; rtol is by default the
    larger size times the dtype's rounding error. The gradient (Golub & Pereyra 1973) holds
    where the rank stays the same.

    Raises:
        ShapeError: x is no matrix.
    """
    if x.ndim < 2:
        raise ValueError
    if rtol is None:
        rtol = 0.0 if atol else float(np.finfo(x.dtype).eps) * max(x.shape[-2:])
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    least = np.maximum(rtol * s[..., :1], atol or 0.0)
    inverted = np.where(s > least, 1 / np.where(s > least, s, 1.0), 0.0)
    return np.matmul(np.swapaxes(vh, -1, -2) * inverted[..., None, :], np.swapaxes(u, -1, -2))


class LeastSquares(Named):
    """What `lstsq` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


@composition(
    symbol="lstsq",
    formula="pinv(x) @ y",
    lesson="The best solution is the pseudo-inverse times the right-hand side.",
    samples=lambda draw: [
        call(draw(4, 2), draw(4, 2)),
        call(draw(4, 2), draw(4)),
        refuses("as many rows", np.ones((3, 2)), np.ones((2, 1))),
        refuses("a matrix", np.ones(3), np.ones(3)),
    ],
    numpy=(np.linalg.lstsq,),
)
def lstsq(x: Any, y: Any, rcond: float | None = None) -> Any:
    """The X that minimises ‖x·X − y‖², of all such the smallest one.

    Returns (solution, residuals, rank, singular_values); the residuals are Σ (x·X − y)²
    by column, and empty unless there are more equations than unknowns and x has full rank.

    Raises:
        ShapeError: x is no matrix, or y has another number of rows.
    """
    a_shape, b_shape = np.shape(array_of(x)), np.shape(array_of(y))
    if len(a_shape) < 2:
        raise ShapeError(f"lstsq(): x must be a matrix, and its shape is {a_shape}.")
    vector = _is_vector(a_shape, b_shape)
    if b_shape[-1 if vector else -2] != a_shape[-2]:
        raise ShapeError(f"lstsq(): x {a_shape} and y {b_shape} must have as many rows.")
    right = _column(y) if vector else y
    found = matmul(pinv(x, rtol=rcond), right)
    singular = svdvals(x)
    least = float(np.finfo(x.dtype).eps) * max(a_shape[-2:]) if rcond is None else rcond
    rank = sum(singular > singular[..., :1] * least, -1)
    error = matmul(x, found) - right
    exact = a_shape[-2] <= a_shape[-1] or bool(np.any(array_of(rank) < a_shape[-1]))
    residuals = singular[..., :0] if exact else sum(error * error, -2)
    solution = reshape(found, found.shape[:-1]) if vector else found
    return LeastSquares(solution, residuals, rank, singular)


@composition(
    symbol="^",
    formula="x**n",
    lesson="Each factor of the power gets the gradient times all others.",
    samples=lambda draw: [
        call(regular(draw, 2, 2), 3),
        call(regular(draw, 2, 2), 1),
        call(regular(draw, 2, 2), -2),
        call(draw(2, 2, 2), 4),
        refuses("square", np.ones((2, 3)), 2),
    ],
    methods=("matrix_power",),
    numpy=(np.linalg.matrix_power,),
)
def matrix_power(x: Any, n: int) -> Any:
    """x @ x @ … with n factors, by squaring; the inverse for n < 0, the unit matrix for n = 0.

    Raises:
        ShapeError: x is not square, or is singular and n negative.
        ArgumentError: n is no integer.
    """
    if not isinstance(n, (int, np.integer)):
        raise ArgumentError(f"matrix_power(): n is an integer, got {n!r:.60}.")
    if reason := not_square("matrix_power", array_of(x)):
        raise ShapeError(reason)
    square, left, out = (inv(x) if n < 0 else x), abs(n), None
    while left:
        if left % 2:
            out = square if out is None else matmul(out, square)
        left //= 2
        square = matmul(square, square) if left else square
    return x * 0 + np.eye(x.shape[-1], dtype=x.dtype, like=array_of(x)) if out is None else out
