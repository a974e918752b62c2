"""Reductions, scans, statistics and norms: values and gradients at awkward points, dtypes,
accuracy, and NumPy's functions (PyTorch 2.13, measured, unless said otherwise)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import autograd as ag
from autograd.core.summation import total
from autograd.ops.chains import tensordot
from autograd.ops.extreme import aminmax, argmin
from autograd.ops.medians import kthvalue, median, nanmedian
from autograd.ops.norm import cdist, dist, matrix_norm, norm, vector_norm
from autograd.ops.product import cumprod, prod
from autograd.ops.ranks import nanquantile, quantile
from autograd.ops.recurrence import linear_recurrence
from autograd.ops.reduction import count_nonzero, nanmean, nansum
from autograd.ops.scan import (
    cummax,
    cummin,
    cumsum,
    cumulative_trapezoid,
    diff,
    logcumsumexp,
    trapezoid,
)
from autograd.ops.statistics import std, std_mean, var, var_mean

INF, NAN = math.inf, math.nan


def at(function, *operands):
    """Value and gradients of the summed result, NumPy's warnings aside."""
    tensors = [ag.tensor(o, requires_grad=True, dtype=float) for o in operands]
    with np.errstate(all="ignore"):
        out = function(*tensors)
        out.sum().backward()
    return out.tolist(), [t.grad.tolist() for t in tensors]


def check(found, value, gradients):
    np.testing.assert_allclose(found[0], value, rtol=1e-12)
    for ours, theirs in zip(found[1], gradients, strict=True):
        np.testing.assert_allclose(ours, np.asarray(theirs).tolist(), rtol=1e-9)


UNBIASED = [-0.43643578047198484, -0.10910894511799625, 0.5455447255899809]


@pytest.mark.parametrize(
    ("function", "operands", "value", "gradients"),
    [
        # products
        (prod, ([0, 2, 3],), 0, [[6, 0, 0]]),
        (prod, ([0, 0, 3],), 0, [[0, 0, 0]]),
        (prod, ([],), 1, [[]]),
        (lambda x: prod(x, 0), (np.zeros((0, 2)),), [1, 1], [np.zeros((0, 2))]),
        (lambda x: prod(x, (0, 1)), (np.zeros((0, 2, 1)),), [1], [np.zeros((0, 2, 1))]),
        (lambda x: cumprod(x, 0), ([2, 0, 3, 0, 4],), [2, 0, 0, 0, 0], [[1, 8, 0, 0, 0]]),
        (lambda x: cumprod(x, 0), ([],), [], [[]]),
        (lambda x: cumprod(x, -1), (3.0,), 3, [1]),
        (lambda x: cumsum(x, 0), (3.0,), 3, [1]),
        (lambda x: cumsum(x, 0), ([],), [], [[]]),
        # norms at 0, and where the largest are equal
        (norm, ([0, 0],), 0, [[0, 0]]),
        (vector_norm, ([0, 0],), 0, [[0, 0]]),
        (lambda x: norm(x, 1), ([0, -1],), 1, [[0, -1]]),
        (lambda x: norm(x, 3), ([0, 0],), 0, [[0, 0]]),
        (lambda x: norm(x, INF), ([2, -2, 1],), 2, [[0.5, -0.5, 0]]),
        (lambda x: norm(x, INF), ([0, 0],), 0, [[0, 0]]),
        (lambda x: norm(x, -INF), ([2, -1, 1],), 1, [[0, -0.5, 0.5]]),
        (lambda x: norm(x, 0.5), ([0, 1],), 1, [[0, 1]]),
        (lambda x: norm(x, 0), ([0, 3, 2],), 2, [[0, 0, 0]]),
        (lambda x: norm(x, -1), ([0, 3],), 0, [[0, 0]]),
        (lambda x: norm(x, 2, 1), ([[0, 0], [3, 4]],), [0, 5], [[[0, 0], [0.6, 0.8]]]),
        (lambda x: cdist(x, x.detach()), ([[[1, 2]]],), [[[0]]], [[[[0, 0]]]]),
        (dist, ([1, 2], [1, 2]), 0, [[0, 0], [0, 0]]),
        # spread
        (var, ([5],), NAN, [[NAN]]),
        (std, ([5],), NAN, [[NAN]]),
        (std, ([3, 3, 3],), 0, [[0, 0, 0]]),
        (std, ([1, 2, 4],), 1.5275252316519465, [UNBIASED]),
        (lambda x: std(x, False), ([1, 3],), 1, [[-0.5, 0.5]]),
        (lambda x: std(x, correction=0), ([5],), 0, [[0]]),
        (lambda x: var(x, correction=2), ([1, 2],), INF, [[-INF, INF]]),
        (var, ([],), NAN, [[]]),
        # the middle and the extremes
        (median, ([1, 2, 3, 4],), 2, [[0, 1, 0, 0]]),
        (median, ([1, 2, 2, 3],), 2, [[0, 0.5, 0.5, 0]]),
        (median, ([NAN, 1],), NAN, [[1, 0]]),
        (median, ([],), NAN, [[]]),
        (lambda x: median(x, 0).values, ([4, 2, 3, 1],), 2, [[0, 1, 0, 0]]),
        (nanmedian, ([NAN, 1, 3, 2],), 2, [[0, 0, 0, 1]]),
        (lambda x: nanmedian(x, 0).values, ([NAN, NAN],), NAN, [[1, 0]]),
        (lambda x: quantile(x, 0.25), ([4, 1, 3, 2],), 1.75, [[0, 0.25, 0, 0.75]]),
        (lambda x: quantile(x, 1.0), ([1, INF, 2],), INF, [[0, 1, 0]]),
        (lambda x: nanquantile(x, 0.5), ([1, NAN, 3],), 2, [[0.5, 0, 0.5]]),
        (ag.max, ([1, NAN],), NAN, [[0, 1]]),
        (ag.min, ([NAN, 1, NAN],), NAN, [[0.5, 0, 0.5]]),
        (lambda x: ag.amax(x, (0, 1)), ([[1, 3], [3, 0]],), 3, [[[0, 0.5], [0.5, 0]]]),
        (lambda x: ag.max(x, 0).values, (3.0,), 3, [1]),
        (lambda x: cummax(x, 0)[0], ([1, 1, 2],), [1, 1, 2], [[1, 1, 1]]),
        (lambda x: cummax(x, 0)[0], ([1, NAN, 2],), [1, NAN, NAN], [[1, 2, 0]]),
        (lambda x: cummin(x, 0)[0], ([1, 1, 0, 2, 0],), [1, 1, 0, 0, 0], [[1, 1, 2, 0, 1]]),
        (lambda x: cummax(x, 0)[0], (3.0,), 3, [1]),
        # NaN left out
        (nansum, ([1, NAN, 2],), 3, [[1, 0, 1]]),
        (nanmean, ([1, NAN, 2],), 1.5, [[0.5, 0, 0.5]]),
        (nanmean, ([NAN, NAN],), NAN, [[0, 0]]),
        # no overflow
        (lambda x: logcumsumexp(x, 0)[1], ([1000, 1000],), 1000.6931471805599, [[0.5, 0.5]]),
        (lambda x: logcumsumexp(x, 0), (3.0,), 3, [1]),
    ],
)
def test_values_and_gradients(function, operands, value, gradients):
    check(at(function, *operands), value, gradients)


@pytest.mark.parametrize(
    ("function", "point", "expected"),
    [
        (prod, [0.0, 2.0, 3.0], [5, 3, 2]),
        (norm, [0.0, 0.0], [NAN, NAN]),
        (lambda x: cumprod(x, 0), [0.0, 2.0, 3.0], [6, 4, 2]),
    ],
)
def test_second_derivatives_at_zeros(function, point, expected):
    x = ag.tensor(point, requires_grad=True)
    (first,) = ag.grad(function(x).sum(), x, create_graph=True)
    (second,) = ag.grad(first.sum(), x)
    np.testing.assert_allclose(second.data, expected)


@pytest.mark.parametrize("operation", [ag.amax, ag.max, ag.argmax, argmin, aminmax])
def test_no_elements_have_no_extreme(operation):
    with pytest.raises(ag.ShapeError, match="no elements"):
        operation(ag.tensor(np.ones(0)))


def test_indices_are_those_of_pytorch():
    assert ag.argmax(ag.tensor([1.0, 3, 3])).item() == 1
    assert argmin(ag.tensor([[2.0, 1, 1]]), 1, True).tolist() == [[1]]
    assert argmin(ag.tensor(2.0), 0).item() == 0
    assert cummax(ag.tensor([1.0, 1, 2, 0]), 0)[1].tolist() == [0, 1, 2, 2]
    assert cummin(ag.tensor([1.0, NAN, 0]), 0)[1].tolist() == [0, 1, 1]
    assert median(ag.tensor([3.0, NAN, 1, NAN]), 0).indices.item() == 1
    assert kthvalue(ag.tensor([[4.0], [2.0], [3.0]]), 2, 0, True)[1].tolist() == [[2]]
    assert aminmax(ag.tensor([[1.0, 2], [0, 5]]), dim=0).max.tolist() == [1, 5]


B, I8, I32, I64 = np.bool_, np.uint8, np.int32, np.int64
F16, F32, F64 = np.float16, np.float32, np.float64


@pytest.mark.parametrize(
    ("function", "given", "expected"),
    [
        (ag.sum, B, I64),
        (ag.sum, I32, I64),
        (ag.sum, F16, F16),
        (lambda x: ag.sum(x, dtype=F32), I64, F32),
        (lambda x: ag.mean(x, dtype=F32), I64, F32),
        (prod, B, I64),
        (prod, I8, I64),
        (prod, F32, F32),
        (lambda x: prod(x, 0, dtype=F64), F32, F64),
        (lambda x: cumsum(x, 0), I32, I64),
        (lambda x: cumsum(x, 0), F16, F16),
        (lambda x: cumsum(x, 0, dtype=F32), F64, F32),
        (lambda x: cumprod(x, 0), B, I64),
        (count_nonzero, F32, I64),
        (ag.argmax, F32, I64),
        (argmin, F32, I64),
        (median, I32, I32),
        (ag.amax, I8, I8),
        (lambda x: cummax(x, 0)[0], I32, I32),
        (nansum, I32, I64),
        (nanmean, F32, F32),
        (var, F16, F16),
        (std, F32, F32),
        (lambda x: quantile(x, 0.5), F32, F32),
        (lambda x: quantile(x, [0.1, 0.9]), F32, F32),
        (vector_norm, F16, F16),
        (lambda x: vector_norm(x, dtype=F64), F32, F64),
        (lambda x: norm(x, 3), F32, F32),
        (lambda x: ag.logsumexp(x, 0), F32, F32),
        (lambda x: logcumsumexp(x, 0), F32, F32),
    ],
)
def test_dtypes(function, given, expected):
    assert function(ag.tensor(np.array([1, 0, 1], dtype=given))).dtype == expected
    assert np.asarray(function(np.array([1, 0, 1], dtype=given))).dtype == expected


@pytest.mark.parametrize("operation", [ag.mean, var, std, lambda x: quantile(x, 0.5)])
def test_integers_have_no_mean_and_no_spread(operation):
    with pytest.raises(ag.DTypeError, match="convert first"):
        operation(ag.tensor([1, 2]))


# --- accuracy --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "dim"),
    [
        ((1_000_000, 4), 0),
        ((1_000_000, 4), (0, 1)),
        ((300_000, 4), 1),
        ((100_000, 1), 0),
        ((20_000, 200), 0),
        ((2_000, 30, 20), (0, 1)),
        ((2_000, 30, 20), (0, 2)),
        ((3, 70_000, 5), 1),
        ((50_000,), None),
        ((5, 70_000), -1),
    ],
)
@pytest.mark.parametrize("layout", ["rows", "columns", "every other"])
def test_long_sums_of_float32_are_accurate(shape, dim, layout):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    x = np.asfortranarray(x) if layout == "columns" else x
    x = x[..., ::2] if layout == "every other" else x
    exact = x.sum(axis=dim, dtype=np.float64)
    for keepdim in (False, True):
        out = total(x, dim, keepdim)
        assert out.dtype == np.float32
        assert out.shape == x.sum(axis=dim, keepdims=keepdim).shape
        np.testing.assert_allclose(np.ravel(out), np.ravel(exact), rtol=1e-6)


def test_a_sum_of_equal_numbers_does_not_drift():
    """A million times 0.1, which NumPy adds up to 0.96 % too much along the first axis."""
    x = ag.tensor(np.full((1_000_000, 4), 0.1, np.float32))
    np.testing.assert_allclose(x.sum(0).data, 1e5, rtol=1e-6)
    np.testing.assert_allclose(x.mean(0).data, 0.1, rtol=1e-6)
    np.testing.assert_allclose(cumsum(x, 0).data[-1], 1e5, rtol=1e-6)
    np.testing.assert_allclose(var(x, 0).data, 0, atol=1e-12)


def test_float16_is_added_up_in_float32():
    x = ag.tensor(np.ones((4_000, 3), np.float16))
    assert x.sum(0).tolist() == [4000] * 3
    assert ag.mean(ag.tensor(np.full(100_000, 2, np.float16))).item() == 2
    assert norm(ag.tensor(np.full(4, 20_000, np.float16))).item() == 40_000


def test_sums_of_other_kinds_are_numpys():
    x = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(total(x, (0, -1), True), x.sum((0, -1), keepdims=True))
    assert total(np.ones((70, 70)), ()).shape == (70, 70)
    with pytest.raises(ag.GlassError, match="out of bounds"):
        ag.sum(np.ones((100, 100)), 2)
    with pytest.raises(ag.GlassError, match="twice"):
        ag.sum(np.ones((100, 100)), (0, -2))


# --- the same by other means -----------------------------------------------------------


def test_the_recurrence_is_the_loop_that_it_replaces():
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 7, 8, 13):
        a, b = rng.normal(size=(2, 3, n))
        h, expected = np.zeros(3), []
        for k in range(n):
            h = a[:, k] * h + b[:, k]
            expected.append(h)
        np.testing.assert_allclose(linear_recurrence(a, b, 1), np.stack(expected, 1))
    assert linear_recurrence(np.ones((0, 2)), np.ones((0, 2)), 0).shape == (0, 2)


def test_running_log_sum_exp_is_that_of_each_beginning():
    x = np.random.default_rng(0).normal(size=(2, 5)) * 300
    expected = [ag.logsumexp(x[:, : k + 1], 1) for k in range(5)]
    np.testing.assert_allclose(logcumsumexp(x, 1), np.stack(expected, 1))


@pytest.mark.parametrize("dim", [None, 0, 1, (0, 2)])
@pytest.mark.parametrize("correction", [0, 1, 2])
def test_variance_is_the_mean_square_of_the_deviations(dim, correction):
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    expected = np.var(x, axis=dim, ddof=correction)
    np.testing.assert_allclose(var(x, dim, correction=correction), expected)
    np.testing.assert_allclose(std(x, dim, correction=correction) ** 2, expected)


def test_spread_understands_all_of_pytorchs_signatures():
    x = ag.tensor(np.arange(6.0).reshape(2, 3) ** 2)
    biased, unbiased = np.std(x.data, axis=0), np.std(x.data, axis=0, ddof=1)
    for found in (x.std(0), x.std(dim=0), x.std(0, True), x.std(axis=0), x.std([0])):
        np.testing.assert_allclose(found.data, unbiased)
    for found in (x.std(0, False), x.std(0, unbiased=False), x.std(0, correction=0)):
        np.testing.assert_allclose(found.data, biased)
    assert x.std(0, keepdim=True).shape == x.std(0, False, True).shape == (1, 3)
    np.testing.assert_allclose(x.var(False).item(), np.var(x.data))
    for pair, single in ((var_mean, var), (std_mean, std)):
        spread, middle = pair(x, 1, correction=0, keepdim=True)
        np.testing.assert_allclose(spread.data, single(x, 1, False, True).data)
        np.testing.assert_allclose(middle.data, x.mean(1, True).data)


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("q", [0.0, 0.3, 0.5, 0.9, 1.0, [0.2, 0.7]])
def test_quantiles_are_numpys(method, q):
    x = np.random.default_rng(0).normal(size=(4, 7))
    for dim in (None, 0, 1):
        expected = np.quantile(x, q, axis=dim, method=method)
        np.testing.assert_allclose(quantile(x, q, dim, interpolation=method), expected)
    kept = quantile(ag.tensor(x), ag.tensor(q), 1, True, interpolation=method)
    assert kept.shape == (*np.shape(q), 4, 1)
    x[0, 2:5] = x[3, 0] = NAN
    expected = np.nanquantile(x, q, axis=1, method=method)
    np.testing.assert_allclose(nanquantile(x, q, 1, interpolation=method), expected)


def test_no_gradient_goes_to_the_position_of_a_quantile():
    with pytest.raises(ag.GradientError, match="detach"):
        quantile(ag.tensor([1.0, 2]), ag.tensor(0.5, requires_grad=True))


@pytest.mark.parametrize("ord", [0, 0.5, 1, 1.5, 2, 3, INF, -INF, -1])
@pytest.mark.parametrize("dim", [0, 1])
def test_norms_are_numpys(ord, dim):
    x = np.random.default_rng(0).normal(size=(3, 4))
    expected = np.linalg.norm(x, ord, axis=dim)
    np.testing.assert_allclose(vector_norm(x, ord, dim), expected)
    np.testing.assert_allclose(norm(x, ord, dim), expected)
    apart = vector_norm(x[:, None] - x[:2] + 1, ord, -1)
    np.testing.assert_allclose(cdist(x + 1, x[:2], ord), apart)
    np.testing.assert_allclose(dist(x, x[0] + 1, ord), vector_norm(x - x[0] - 1, ord))


@pytest.mark.parametrize("ord", ["fro", "nuc", 1, -1, 2, -2, INF, -INF])
def test_matrix_norms_are_numpys(ord):
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    expected = np.linalg.norm(x, ord, axis=(2, 0), keepdims=True)
    np.testing.assert_allclose(matrix_norm(x, ord, (2, 0), True), expected)
    np.testing.assert_allclose(matrix_norm(x, ord), np.linalg.norm(x, ord, axis=(1, 2)))


def test_differences_and_areas_are_numpys():
    y, x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for n, dim in ((0, 0), (1, 0), (2, 1), (5, 1)):
        np.testing.assert_allclose(diff(y, n, dim), np.diff(y, n, dim))
    joined = diff(y, 1, 0, x[:1], x[:2])
    np.testing.assert_allclose(joined, np.diff(y, 1, 0, x[:1], x[:2]))
    assert diff(np.array([True, False, False])).tolist() == [True, False]
    np.testing.assert_allclose(trapezoid(y, x), np.trapezoid(y, x))
    np.testing.assert_allclose(trapezoid(y, x[:, 0], dim=0), np.trapezoid(y, x[:, 0], axis=0))
    np.testing.assert_allclose(trapezoid(y, dx=0.5), np.trapezoid(y, dx=0.5))
    np.testing.assert_allclose(cumulative_trapezoid(y, x)[:, -1], np.trapezoid(y, x))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sum(x, axis=(0, 1)),
        lambda x: np.mean(x, axis=0, keepdims=True),
        lambda x: np.prod(x, axis=1),
        lambda x: np.max(x),
        lambda x: np.min(x, axis=0),
        lambda x: np.argmin(x, axis=0),
        lambda x: np.argmax(x),
        lambda x: np.var(x),
        lambda x: np.var(x, axis=1, ddof=1, keepdims=True),
        lambda x: np.std(x, 0),
        lambda x: np.median(x, axis=1),
        lambda x: np.nanmedian(x),
        lambda x: np.quantile(x, 0.3, axis=0),
        lambda x: np.nanquantile(x, [0.3, 0.4], axis=0, method="lower"),
        lambda x: np.percentile(x, [30, 60]),
        lambda x: np.cumsum(x),
        lambda x: np.cumsum(x, axis=1),
        lambda x: np.cumprod(x),
        lambda x: np.cumprod(x, 0),
        lambda x: np.nansum(x, axis=0),
        lambda x: np.nanmean(x),
        lambda x: np.count_nonzero(x, axis=1),
        lambda x: np.diff(x, axis=0),
        lambda x: np.trapezoid(x, dx=2.0, axis=0),
        lambda x: np.linalg.norm(x),
        lambda x: np.linalg.norm(x, axis=0),
        lambda x: np.linalg.norm(x, 1, axis=1),
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.linalg.norm(x, 2, keepdims=True),
        lambda x: np.linalg.norm(x, INF, axis=(1, 0)),
        lambda x: np.linalg.vector_norm(x, ord=3, axis=1),
        lambda x: np.linalg.matrix_norm(x, ord="nuc"),
    ],
)
def test_numpys_functions_mean_what_they_mean_in_numpy(function):
    x = np.random.default_rng(0).normal(size=(3, 4))
    found = function(ag.tensor(x, requires_grad=True))
    assert isinstance(found, ag.Tensor)
    assert found.requires_grad == (found.dtype.kind == "f")
    assert found.shape == np.shape(function(x))
    np.testing.assert_allclose(found.data, function(x), rtol=1e-12)


def test_methods_are_those_of_pytorch():
    names = (
        "sum mean prod max min amax amin argmax argmin aminmax var std norm dist cumsum cumprod "
        "cummax cummin logsumexp logcumsumexp nansum nanmean median nanmedian quantile "
        "nanquantile kthvalue count_nonzero diff mm bmm mv dot vdot outer ger addmm addbmm "
        "baddbmm addmv addr kron inner cross trace matmul inverse pinverse det slogdet logdet "
        "cholesky cholesky_solve matrix_power"
    )
    assert [name for name in names.split() if not hasattr(ag.Tensor, name)] == []


def test_fields_have_pytorchs_names():
    x = np.array([[1.0, 5], [4, 2]])
    assert ag.max(ag.tensor(x), 1).indices.tolist() == [1, 0]
    assert median(ag.tensor(x), 0).values.tolist() == [1, 2]
    assert cummax(x, 1).values.tolist() == [[1, 5], [4, 4]]
    assert kthvalue(x, 1).indices.tolist() == [0, 1]


def test_long_products_do_not_mix_their_rows():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for dim in ((0, 2), (-1, 1), (1,)):
        t = ag.tensor(x, requires_grad=True)
        prod(t, dim).sum().backward()
        expected = prod(x, dim, True) / x
        np.testing.assert_allclose(t.grad.data, expected)
    assert tensordot(x, x, 3).shape == ()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("dim", [0, 1, (0, 2, 3), (1, 3), (0, 1, 2)])
def test_sums_do_not_depend_on_the_order_in_memory(order, dim):
    x = np.random.default_rng(0).random((6, 9, 11, 13), np.float32)
    lies = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    for values in (lies, lies[::-1, :, ::2]):
        exact = values.sum(dim, np.float64)
        np.testing.assert_allclose(total(values, dim), exact, rtol=1e-6)
        assert total(values, dim, keepdim=True).shape == values.sum(dim, keepdims=True).shape
