"""Matrices as products of simpler ones: Cholesky, eigenvectors, singular vectors, QR."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import GradientError, RangeError
from autograd.core.named import Named
from autograd.core.node import Handle
from autograd.core.primitive import Draw, call, refuses
from autograd.ops.diagonals import tril
from autograd.ops.joining import cat
from autograd.ops.recurrence import array_of
from autograd.ops.shape import reshape
from autograd.ops.triangular import T, not_square, solve_triangular

_ASYMMETRIC = (
    "the matrix differs from its transpose, and this operation is for symmetric ones; write "
    "(A + A.T) / 2, or build it from one triangle."
)


def _row(x: Any) -> Any:
    """A vector as one row: multiplies columns."""
    return reshape(x, (*x.shape[:-1], 1, x.shape[-1]))


def _column(x: Any) -> Any:
    """A vector as one column: multiplies rows."""
    return reshape(x, (*x.shape, 1))


def _unused(g: Any) -> bool:
    """Whether a gradient is zero and will stay so: nothing was made of this output."""
    return not (isinstance(g, Handle) and g.needs_grad) and not np.any(array_of(g) != 0)


def _gaps(values: Any) -> Any:
    """vⱼ − vᵢ for all pairs, with ones on the diagonal, where nothing is to be divided."""
    n, array = values.shape[-1], array_of(values)
    return _row(values) - _column(values) + np.eye(n, dtype=array.dtype, like=array)


def _skew(x: Any) -> Any:
    return x - T(x)


def _symmetric(x: Any) -> Any:
    """The mean of the matrices and their transposes.

    Raises:
        ValueError: they differ by more than rounding (or a difference quotient) explains.
    """
    flipped = np.swapaxes(x, -1, -2)
    if x.size and np.max(np.abs(x - flipped)) > 1e-4 * np.max(np.abs(x)):
        raise ValueError
    return (x + flipped) / 2


def _is_symmetric(x: Any) -> bool:
    try:
        _symmetric(x)
    except ValueError:
        return False
    return True


def positive(draw: Draw, *shape: int) -> Any:
    """Random symmetric matrices with eigenvalues well apart and above 0."""
    x = draw(*shape)
    steps = np.arange(1.0, shape[-1] + 1)
    q = np.linalg.qr(x)[0]
    return q * steps @ np.swapaxes(q, -1, -2)


def _halved(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return (tril(x) + tril(x, -1)) / 2


def _to_product(g: Any, out: Any, upper: bool) -> Any:
    """L⁻ᵀ · Φ(Lᵀ·g) · L⁻¹, made symmetric; Φ takes the lower triangle, half the diagonal"""
    low, g = (T(out), T(g)) if upper else (out, g)
    inner = solve_triangular(T(low), _halved(T(low) @ g), upper=True)
    whole = solve_triangular(low, inner, upper=False, left=False)
    return (whole + T(whole)) / 2


def _of_product(t: Any, out: Any, upper: bool) -> Any:
    """L · Φ(L⁻¹·t·L⁻ᵀ), where Φ takes the lower triangle, half the diagonal"""
    low = T(out) if upper else out
    half = solve_triangular(low, (t + T(t)) / 2, upper=False)
    made = low @ _halved(solve_triangular(T(low), half, upper=True, left=False))
    return T(made) if upper else made


def _cholesky_reason(x: Any, upper: bool) -> str:
    if reason := not_square("cholesky", x):
        return reason
    if not _is_symmetric(x):
        return _ASYMMETRIC
    return "the matrix is not positive definite: not all of its eigenvalues are above 0."


@primitive(
    symbol="chol",
    formula="cholesky(x)",
    vjp=(_to_product,),
    jvp=(_of_product,),
    lesson="The gradient of the triangle goes back through both of its factors and comes out "
    "symmetric.",
    samples=lambda draw: [
        call(positive(draw, 3, 3)),
        call(positive(draw, 2, 2, 2)),
        call(positive(draw, 2, 2), upper=True),
        refuses("square", np.ones((2, 3))),
        refuses("not positive definite", -np.eye(2)),
        refuses("differs from its transpose", np.array([[2.0, 1.0], [0.0, 2.0]])),
    ],
    methods=("cholesky",),
    floating=True,
    numpy=((np.linalg.cholesky, lambda a, *, upper=False: cholesky(a, upper=upper)),),
    explain=_cholesky_reason,
)
def cholesky(x: Any, *, upper: bool = False) -> Any:
    """The lower triangular L with x = L·Lᵀ (the upper one with x = Lᵀ·L if `upper`).

    The gradient is symmetric (Murray 2016, arXiv:1602.07527).

    Raises:
        ShapeError: x is not square, not symmetric or not positive definite.
    """
    if not_square("", x):
        raise ValueError
    low = np.linalg.cholesky(_symmetric(x))
    return np.swapaxes(low, -1, -2) if upper else low


class Eigen(Named):
    """What `eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


def _to_eigen(g: Any, out: Any) -> Any:
    """V · (diag(g of the values) + skew(Vᵀ·g of the vectors) / gaps) · Vᵀ"""
    values, v = out
    turned = v * _row(g[0])
    if not _unused(g[1]):
        turned = turned + v @ (_skew(T(v) @ g[1]) / (2 * _gaps(values)))
    return turned @ T(v)


def _eigh_reason(x: Any, UPLO: str) -> str:
    return not_square("eigh", x) or (
        _ASYMMETRIC if not _is_symmetric(x) else "it did not converge."
    )


@primitive(
    symbol="eigh",
    formula="eigh(x)",
    vjp=(_to_eigen,),
    lesson="An eigenvalue hands its gradient on along its eigenvector; eigenvectors turn towards "
    "each other, the more the closer their values are.",
    samples=lambda draw: [
        call(positive(draw, 3, 3)),
        call(positive(draw, 2, 2, 2)),
        refuses("square", np.ones((2, 3))),
        refuses("differs from its transpose", np.array([[2.0, 1.0], [0.0, 2.0]])),
    ],
    floating=True,
    numpy=(np.linalg.eigh,),
    explain=_eigh_reason,
)
def eigh(x: Any, *, UPLO: str = "L") -> Any:
    """Eigenvalues in ascending order and eigenvectors (columns) of symmetric matrices.

    x = V·diag(λ)·Vᵀ. The gradient is symmetric, and infinite where a gradient of the
    vectors meets equal eigenvalues. `UPLO` makes no difference, as x must be symmetric.

    Raises:
        ShapeError: x is not square or not symmetric.
    """
    if not_square("", x):
        raise ValueError
    return Eigen(*np.linalg.eigh(_symmetric(x)))


@composition(
    symbol="eigh",
    formula="eigvalsh(x)",
    lesson="An eigenvalue hands its gradient on along its eigenvector.",
    samples=lambda draw: [
        call(positive(draw, 3, 3)),
        call(positive(draw, 2, 2, 2)),
        refuses("square", np.ones((2, 3))),
    ],
    numpy=(np.linalg.eigvalsh,),
)
def eigvalsh(x: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices in ascending order: see `eigh`.

    Raises:
        ShapeError: x is not square or not symmetric.
    """
    return eigh(x, UPLO)[0]


class Singular(Named):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


def _no_gradient_beyond(g: Any) -> None:
    """Refuse a gradient of vectors that span a space in which any basis would do.

    Raises:
        GradientError: the gradient is not zero.
    """
    if np.any(array_of(g) != 0):
        raise GradientError(
            "The singular vectors beyond the singular values are any basis of what is left; "
            "they have no derivative. Use svd(x, full_matrices=False)."
        )


def _to_singular(g: Any, out: Any) -> Any:
    """U · (skew(Uᵀ·gU)·S + S·skew(Vᵀ·gV), over gaps of S², + diag(gS)) · Vᵀ"""
    k = out[1].shape[-1]
    u, s, vh = out[0][..., :k], out[1], out[2][..., :k, :]
    gu, gvh = g[0][..., :k], g[2][..., :k, :]
    _no_gradient_beyond(g[0][..., k:])
    _no_gradient_beyond(g[2][..., k:, :])
    whole = u @ (_column(g[1]) * vh)
    if not _unused(gu):
        whole = whole + _turned(gu, u, s) @ vh
    if not _unused(gvh):
        whole = whole + u @ T(_turned(T(gvh), T(vh), s))
    return whole


def _turned(g: Any, u: Any, s: Any) -> Any:
    """What the gradient of the vectors on one side brings, in their own space and beyond."""
    inside = T(u) @ g
    turned = u @ (_skew(inside) / _gaps(s * s) * _row(s))
    if u.shape[-2] > u.shape[-1]:
        turned = turned + (g - u @ inside) / _row(s)
    return turned


def _matrix_reason(name: str) -> Any:
    return lambda x, **_: f"{name} takes a matrix or a stack of them, got {x.dtype} {np.shape(x)}."


def _np_svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    return svd(a, full_matrices) if compute_uv else svdvals(a)


def _stretched(draw: Draw, rows: int, columns: int) -> Any:
    """A random matrix with singular values well apart."""
    x = draw(rows, columns)
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return u * np.arange(1.0, len(s) + 1) @ vh


@primitive(
    symbol="svd",
    formula="svd(x)",
    vjp=(_to_singular,),
    lesson="A singular value hands its gradient on along its pair of vectors; the vectors turn "
    "towards each other, the more the closer their values are.",
    samples=lambda draw: [
        call(_stretched(draw, 2, 2)),
        call(_stretched(draw, 3, 2), full_matrices=False),
        call(_stretched(draw, 2, 3), False),
        call(np.stack([_stretched(draw, 2, 2), _stretched(draw, 2, 2)])),
        refuses("takes a matrix", np.ones(3)),
    ],
    floating=True,
    numpy=((np.linalg.svd, _np_svd),),
    explain=_matrix_reason("svd"),
)
def svd(x: Any, *, full_matrices: bool = True) -> Any:
    """The singular value decomposition x = U·diag(S)·Vh, with S in descending order.

    Shapes of (…, m, n): U (…, m, m), S (…, k), Vh (…, n, n) with k = min(m, n); with
    full_matrices=False U (…, m, k) and Vh (…, k, n). The gradient (Townsend 2016) is
    infinite where a gradient of the vectors meets equal singular values.

    Raises:
        ShapeError: x is no matrix.
    """
    return Singular(*np.linalg.svd(x, full_matrices=full_matrices))


@composition(
    symbol="svd",
    formula="svdvals(x)",
    lesson="A singular value hands its gradient on along its pair of vectors.",
    samples=lambda draw: [
        call(_stretched(draw, 3, 2)),
        call(_stretched(draw, 2, 2)),
        refuses("takes a matrix", np.ones(3)),
    ],
    numpy=(np.linalg.svdvals,),
)
def svdvals(x: Any) -> Any:
    """The singular values in descending order. ∂Sᵢ/∂x = uᵢ·vᵢᵀ.

    Raises:
        ShapeError: x is no matrix.
    """
    return svd(x, False)[1]


class Orthogonal(Named):
    """What `qr` returns."""

    Q: Any
    R: Any


def _square_qr(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """(gQ + Q·M)·R⁻ᵀ, where M is the lower triangle of R·gRᵀ − gQᵀ·Q, mirrored."""
    m = r @ T(gr) - T(gq) @ q
    mirrored = tril(m) + T(tril(m, -1))
    return solve_triangular(T(r), gq + q @ mirrored, upper=False, left=False)


def _to_orthogonal(g: Any, out: Any, x_shape: tuple[int, ...], mode: str) -> Any:
    """(gQ + Q·M)·R⁻ᵀ, where M is the lower triangle of R·gRᵀ − gQᵀ·Q, mirrored"""
    (q, r), (gq, gr), (rows, columns) = out, g, x_shape[-2:]
    if mode == "r" or (mode == "complete" and rows > columns):
        raise GradientError(f"qr(mode={mode!r}) has no derivative; use mode='reduced'.")
    if rows >= columns:
        return _square_qr(gq, gr, q, r)
    more = gr[..., rows:]
    first = _square_qr(gq + q @ (r[..., rows:] @ T(more)), gr[..., :rows], q, r[..., :rows])
    return cat([first, q @ more], -1)


@primitive(
    symbol="qr",
    formula="qr(x)",
    vjp=(_to_orthogonal,),
    lesson="The gradient of both factors goes back through the triangle; Q can only turn.",
    samples=lambda draw: [
        call(draw(3, 3)),
        call(draw(3, 2)),
        call(draw(2, 3)),
        call(draw(2, 2, 2), "complete"),
        refuses("takes a matrix", np.ones(3)),
        refuses("mode is", np.ones((2, 2)), "economic"),
    ],
    floating=True,
    numpy=(np.linalg.qr,),
    explain=_matrix_reason("qr"),
)
def qr(x: Any, *, mode: Any = "reduced") -> Any:
    """x = Q·R with orthonormal columns in Q and an upper triangular R.

    Shapes of (…, m, n): Q (…, m, k), R (…, k, n) with k = min(m, n); with mode="complete"
    Q (…, m, m), R (…, m, n); with mode="r" Q is empty. The gradient: Walter & Lehmann 2010
    (arXiv:1009.6112).

    Raises:
        ShapeError: x is no matrix.
        RangeError: an unknown mode.
    """
    if mode not in ("reduced", "complete", "r"):
        raise RangeError(f"qr(): mode is 'reduced', 'complete' or 'r', got {mode!r}.")
    if mode == "r":
        return Orthogonal(np.zeros_like(x, shape=(0,)), np.linalg.qr(x, mode="r"))
    return Orthogonal(*np.linalg.qr(x, mode=mode))
