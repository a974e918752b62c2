"""Linear algebra: against NumPy, against definitions, and where matrices are singular."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.ops.decomposition import cholesky, eigh, eigvalsh, qr, svd, svdvals
from autograd.ops.determinant import cofactor, det, logdet, slogdet
from autograd.ops.linalg import cholesky_solve, inv, lstsq, matrix_power, pinv, solve
from autograd.ops.triangular import solve_triangular


def normal(*shapes):
    rng = np.random.default_rng(0)
    found = [rng.normal(size=shape) for shape in shapes]
    return found[0] if len(found) == 1 else found


def regular(*shape):
    return normal(shape) + 3 * np.eye(shape[-1])


def symmetric(*shape):
    x = normal(shape)
    return x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])


def gradient(function, *operands):
    tensors = [ag.tensor(x, requires_grad=True) for x in operands]
    function(*tensors).sum().backward()
    found = [t.grad.data for t in tensors]
    return found[0] if len(found) == 1 else found


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (1, 1), (0, 0), (0, 2, 2)])
def test_values_are_numpys(shape):
    x, s = regular(*shape), symmetric(*shape)
    np.testing.assert_allclose(inv(x), np.linalg.inv(x))
    np.testing.assert_allclose(det(x), np.linalg.det(x))
    np.testing.assert_allclose(logdet(s), np.log(np.linalg.det(s)))
    for ours, theirs in zip(slogdet(x), np.linalg.slogdet(x), strict=True):
        np.testing.assert_allclose(ours, theirs)
    np.testing.assert_allclose(cholesky(s), np.linalg.cholesky(s))
    np.testing.assert_allclose(eigvalsh(s), np.linalg.eigvalsh(s))
    for n in (0, 1, 2, 5):
        np.testing.assert_allclose(matrix_power(x, n), np.linalg.matrix_power(x, n), rtol=1e-6)
    if x.size:
        np.testing.assert_allclose(pinv(x), np.linalg.pinv(x))
        np.testing.assert_allclose(matrix_power(x, -2), np.linalg.matrix_power(x, -2), rtol=1e-6)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2)])
def test_factors_multiply_to_the_matrix(shape):
    x = normal(shape)
    u, s, vh = svd(x, False)
    np.testing.assert_allclose((u * s[..., None, :]) @ vh, x)
    np.testing.assert_allclose(svdvals(x), s)
    whole = svd(x)
    assert (whole.U.shape[-1], whole.Vh.shape[-1]) == shape[-2:]
    for mode in ("reduced", "complete"):
        q, r = qr(x, mode=mode)
        np.testing.assert_allclose(q @ r, x)
    np.testing.assert_allclose(np.abs(qr(x, mode="r").R), np.abs(qr(x).R))


def test_eigenvectors_and_triangles_multiply_to_the_matrix():
    x = symmetric(2, 3, 3)
    values, v = eigh(x)
    np.testing.assert_allclose((v * values[..., None, :]) @ np.swapaxes(v, -1, -2), x)
    upper = cholesky(x, upper=True)
    np.testing.assert_allclose(np.swapaxes(upper, -1, -2) @ upper, x)


def test_fields_have_pytorchs_names():
    x = symmetric(2, 2)
    assert eigh(x)._fields == ("eigenvalues", "eigenvectors")
    assert svd(x)._fields == ("U", "S", "Vh")
    assert qr(x)._fields == ("Q", "R")
    assert slogdet(x)._fields == ("sign", "logabsdet")
    assert lstsq(x, x)._fields == ("solution", "residuals", "rank", "singular_values")


# --- equations -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (2, 3, 1)),
        ((3, 3), (4, 3, 2)),
        ((2, 3, 3), (3, 2)),
    ],
)
def test_solutions_solve(a, b):
    a, b = regular(*a), normal(b)
    np.testing.assert_allclose(a @ solve(a, b), np.broadcast_to(b, (a @ solve(a, b)).shape))


def test_stacks_of_vectors_are_told_from_matrices_as_in_pytorch():
    a, b = regular(2, 2, 2), normal((2, 2))
    np.testing.assert_allclose(solve(a, b), np.linalg.solve(a, b[..., None])[..., 0])
    vector = normal((3,))
    found = solve(regular(2, 3, 3), vector)
    assert found.shape == (2, 3)
    left = solve(regular(3, 3), normal((2, 3)), left=False)
    np.testing.assert_allclose(left @ regular(3, 3), normal((2, 3)))


def test_a_vector_does_not_stand_on_the_left():
    with pytest.raises(ag.ShapeError, match="left=True"):
        solve(np.eye(2), np.ones(2), left=False)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_triangular_equations_read_their_triangle_only(upper, unit):
    a, b = regular(3, 3), normal((3, 2))
    triangle = np.triu(a) if upper else np.tril(a)
    if unit:
        np.fill_diagonal(triangle, 1)
    options = {"upper": upper, "unitriangular": unit}
    np.testing.assert_allclose(triangle @ solve_triangular(a, b, **options), b)
    found = solve_triangular(a, b.T, left=False, **options)
    np.testing.assert_allclose(found @ triangle, b.T)
    slope, _ = gradient(lambda x, y: solve_triangular(x, y, **options), a, b)
    k = 1 if unit else 0
    np.testing.assert_array_equal(slope, np.triu(slope, k) if upper else np.tril(slope, -k))


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_solutions_solve(upper):
    a, b = symmetric(3, 3), normal((3, 2))
    np.testing.assert_allclose(a @ cholesky_solve(b, cholesky(a, upper=upper), upper), b)


def test_least_squares_are_numpys():
    a, b = normal((5, 3), (5, 2))
    for given in (b, b[:, 0]):
        found, expected = lstsq(a, given), np.linalg.lstsq(a, given)
        np.testing.assert_allclose(found.solution, expected[0])
        np.testing.assert_allclose(np.ravel(found.residuals), np.ravel(expected[1]))
        assert int(found.rank) == expected[2]
        np.testing.assert_allclose(found.singular_values, expected[3])
    wide = lstsq(a.T, b[:3])
    np.testing.assert_allclose(wide.solution, np.linalg.lstsq(a.T, b[:3])[0])
    assert wide.residuals.size == 0
    assert lstsq(np.ones((3, 2)), np.ones(3)).rank == 1


def test_a_pseudo_inverse_has_the_properties_of_penrose():
    x = normal((4, 2)) @ normal((2, 3))
    p = pinv(x)
    np.testing.assert_allclose(x @ p @ x, x, atol=1e-12)
    np.testing.assert_allclose(p @ x @ p, p, atol=1e-12)
    np.testing.assert_allclose(x @ p, (x @ p).T, atol=1e-12)
    np.testing.assert_allclose(p @ x, (p @ x).T, atol=1e-12)
    cut = pinv(np.diag([2.0, 0.5]), atol=1.0)
    np.testing.assert_allclose(cut, np.diag([0.5, 0]))
    np.testing.assert_allclose(pinv(np.diag([2.0, 0.5]), rtol=0.5), np.diag([0.5, 0]))


# --- singular matrices and equal eigenvalues -------------------------------------------

SINGULAR = [
    np.ones((2, 2)),
    np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]]),
    np.ones((3, 3)),
    np.zeros((2, 2)),
    np.zeros((1, 1)),
    np.diag([1.0, 0, 2, 3]),
]


def by_minors(x):
    """The cofactors by their definition."""
    n, out = len(x), np.empty_like(x)
    for i, j in np.ndindex(n, n):
        minor = np.delete(np.delete(x, i, 0), j, 1)
        out[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return out


@pytest.mark.parametrize("x", [*SINGULAR, regular(4, 4)], ids=str)
def test_the_gradient_of_a_determinant_is_its_cofactors(x):
    np.testing.assert_allclose(gradient(det, x), by_minors(x), atol=1e-12)
    np.testing.assert_allclose(cofactor(x), by_minors(x), atol=1e-12)


@pytest.mark.parametrize("x", SINGULAR, ids=str)
def test_second_derivatives_of_a_determinant_where_it_is_zero(x):
    t = ag.tensor(x, requires_grad=True)
    assert ag.gradcheck(cofactor, t)
    (first,) = ag.grad(det(t), t, create_graph=True)
    (second,) = ag.grad((first * ag.tensor(regular(*x.shape))).sum(), t)
    step = 1e-6 * regular(*x.shape)
    expected = (by_minors(x + step) - by_minors(x - step)) / 2e-6
    np.testing.assert_allclose(second.data, expected, atol=1e-7)


def test_logarithms_of_determinants():
    """PyTorch 2.13: NaN below zero, −∞ at zero with infinite gradients, no overflow."""
    assert np.isnan(logdet(np.diag([1.0, -1.0])))
    x = ag.tensor(np.ones((2, 2)), requires_grad=True)
    with np.errstate(divide="ignore"):
        for value in (logdet(x), slogdet(x)[1]):
            assert value.item() == -np.inf
            (slope,) = ag.grad(value, x)
            assert not np.isfinite(slope.data).any()
    large = 100 * np.eye(400)
    np.testing.assert_allclose(logdet(large), 400 * np.log(100))
    np.testing.assert_allclose(gradient(logdet, large), np.eye(400) / 100)
    sign, log = slogdet(ag.tensor(-np.eye(3)))
    assert (sign.item(), log.item()) == (-1, 0)


def test_equal_eigenvalues_do_not_disturb_the_gradient_of_the_values():
    np.testing.assert_allclose(gradient(eigvalsh, np.eye(3)), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(gradient(svdvals, np.eye(3)), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(gradient(lambda x: eigh(x)[0], np.eye(2)), np.eye(2), atol=1e-12)
    np.testing.assert_allclose(gradient(lambda x: svd(x)[1], np.eye(2)), np.eye(2), atol=1e-12)
    assert not np.isfinite(gradient(lambda x: eigh(x)[1], np.eye(2))).all()


@pytest.mark.parametrize(
    "function", [cholesky, eigvalsh, lambda x: eigh(x)[1] ** 2, lambda x: cholesky(x, upper=True)]
)
def test_gradients_by_symmetric_matrices_are_symmetric(function):
    slope = gradient(function, symmetric(4, 4))
    np.testing.assert_allclose(slope, slope.T)


@pytest.mark.parametrize("operation", [cholesky, eigh, eigvalsh])
def test_asymmetry_is_refused_but_not_rounding(operation):
    x = symmetric(3, 3)
    for change in (np.triu(x), x + np.eye(3, k=1)):
        with pytest.raises(ag.ShapeError, match="differs from its transpose"):
            operation(ag.tensor(change))
    operation(x + 1e-9 * np.eye(3, k=1))
    single = symmetric(50, 50).astype(np.float32)
    operation(single @ single)


@pytest.mark.parametrize("x", [normal((4, 2)), normal((2, 4))], ids=["tall", "wide"])
def test_vectors_beyond_the_singular_values_have_no_derivative(x):
    t = ag.tensor(x, requires_grad=True)
    u, s, vh = svd(t)
    beyond = u[:, 2:] if u.shape[0] > 2 else vh[2:]
    with pytest.raises(ag.GradientError, match="full_matrices=False"):
        beyond.sum().backward()
    s.sum().backward()
    np.testing.assert_allclose(t.grad.data, gradient(svdvals, x))


def test_a_complete_q_has_a_derivative_only_where_it_is_unique():
    for mode in ("complete", "r"):
        x = ag.tensor(normal((3, 2)), requires_grad=True)
        with pytest.raises(ag.GradientError, match="reduced"):
            qr(x, mode=mode)[1].sum().backward()
    x = normal((2, 3))
    for i in (0, 1):
        expected = gradient(lambda a, i=i: qr(a)[i], x)
        complete = gradient(lambda a, i=i: qr(a, mode="complete")[i], x)
        np.testing.assert_allclose(complete, expected)


def test_low_precision_is_explained():
    with pytest.raises(ag.DTypeError, match="float32 or float64"):
        inv(ag.tensor(np.eye(2, dtype=np.float16)))


def test_integers_become_floats():
    x = ag.tensor([[2, 1], [1, 1]])
    assert inv(x).dtype == ag.get_default_dtype()
    assert det(x).item() == pytest.approx(1)


@pytest.mark.parametrize(
    "function",
    [
        np.linalg.inv,
        np.linalg.det,
        np.linalg.cholesky,
        lambda x: np.linalg.cholesky(x, upper=True),
        np.linalg.eigvalsh,
        np.linalg.svdvals,
        np.linalg.pinv,
        lambda x: np.linalg.pinv(x, 0.3),
        lambda x: np.linalg.solve(x, x[0]),
        lambda x: np.linalg.matrix_power(x, 3),
        lambda x: np.linalg.svd(x, compute_uv=False),
        lambda x: np.linalg.svd(x, full_matrices=False)[1],
        lambda x: np.linalg.eigh(x)[0],
        lambda x: np.linalg.qr(x)[1],
        lambda x: np.linalg.slogdet(x)[1],
        lambda x: np.linalg.lstsq(x, x[0])[0],
    ],
)
def test_numpys_functions_mean_what_they_mean_in_numpy(function):
    x = symmetric(3, 3)
    found = function(ag.tensor(x, requires_grad=True))
    assert found.requires_grad
    np.testing.assert_allclose(found.data, function(x), atol=1e-12)
