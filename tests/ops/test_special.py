"""The error function, right to a few units of the last place, Φ, and what SciPy computes."""

from __future__ import annotations

import math
import sys

import mpmath
import numpy as np
import pytest
from scipy import special

import autograd as ag

INF, NAN = math.inf, math.nan


def ulps(found, exact):
    """The largest error in units of the last place."""
    errors = [
        abs(mpmath.mpf(float(a)) - b) / mpmath.mpf(float(np.spacing(abs(float(b)))))
        for a, b in zip(found, exact, strict=True)
    ]
    return float(max(errors))


@pytest.mark.parametrize(
    ("ours", "theirs", "low"), [(ag.erf, mpmath.erf, -6.5), (ag.erfc, mpmath.erfc, -6.5)]
)
def test_the_error_function_is_right_to_a_few_units_of_the_last_place(ours, theirs, low):
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(low, 25, 200), rng.uniform(-0.6, 0.6, 100), [1e-300, 0.46875, 4.0]]
    )
    with mpmath.workdps(40):
        exact = [theirs(mpmath.mpf(float(v))) for v in x]
        assert ulps(ours(x), exact) < 5


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_error_function_in_narrow_floats(dtype):
    x = np.linspace(-9, 9, 1001).astype(dtype)
    for ours, theirs in ((ag.erf, special.erf), (ag.erfc, special.erfc)):
        found = ours(x)
        assert found.dtype == dtype
        exact = theirs(x.astype(np.float64))
        smallest = float(np.finfo(dtype).smallest_normal)
        np.testing.assert_allclose(
            found, exact, rtol=10 * float(np.finfo(dtype).eps), atol=smallest
        )


def test_the_error_function_of_special_values():
    x = np.array([0.0, -0.0, INF, -INF, NAN, 30.0, -30.0])
    np.testing.assert_array_equal(ag.erf(x), [0, -0.0, 1, -1, NAN, 1, -1])
    np.testing.assert_array_equal(ag.erfc(x), [1, 1, 0, 2, NAN, 0, 2])
    assert np.signbit(ag.erf(x))[1]
    assert ag.erf(0.5) == pytest.approx(math.erf(0.5), rel=1e-15)
    assert ag.erf(np.ones((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("dtype", "low", "rtol"), [("e", -4, 1e-2), ("f", -12, 5e-6), ("d", -37, 3e-13)]
)
def test_the_normal_distribution_is_right_where_it_is_tiny(dtype, low, rtol):
    x = np.linspace(low, 12, 2001).astype(dtype)
    found = ag.ndtr(x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, special.ndtr(x.astype(np.float64)), rtol)
    middle = np.linspace(-1, 1, 201).astype(dtype)
    exact = special.ndtr(middle.astype(np.float64))
    np.testing.assert_allclose(ag.ndtr(middle), exact, 4 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", ["f", "d"])
def test_the_normal_distribution_of_special_values(dtype):
    x = np.array([-INF, INF, NAN, 0.0, -0.0, 1e38, -1e38], dtype)
    np.testing.assert_array_equal(ag.ndtr(x), [0, 1, NAN, 0.5, 0.5, 1, 0])


def test_gelu_keeps_its_digits_far_below_zero():
    x = np.linspace(-10, -1, 500, dtype=np.float32)
    exact = x * special.ndtr(x.astype(np.float64))
    np.testing.assert_allclose(ag.gelu(x), exact, rtol=5e-6)


def test_a_compiled_gelu_computes_the_distribution_once_for_both_passes():
    x = ag.tensor(np.linspace(-3, 3, 50, dtype=np.float32), requires_grad=True)
    step = ag.compile(lambda: ag.gelu(x).sum().backward())
    step()
    assert step.source.count("np.exp(") == 2  # in Φ, and in its slope
    exact = special.ndtr(x.data) + x.data * np.exp(-(x.data**2) / 2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(x.grad.data, exact, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_scipys_functions_keep_the_dtype(dtype):
    x = np.array([0.3, 0.7], dtype)
    for name in ("erfinv", "lgamma", "digamma"):
        assert getattr(ag, name)(ag.tensor(x)).dtype == dtype
    for n in range(4):
        found = ag.polygamma(n, ag.tensor(x))
        assert found.dtype == dtype
        np.testing.assert_allclose(found.data, special.polygamma(n, x), rtol=2e-3)


def test_lgamma_at_infinity_is_that_of_c():
    assert ag.lgamma(ag.tensor([-np.inf, np.inf])).tolist() == [np.inf, np.inf]


def test_polygamma_as_a_method_has_its_operand_first():
    x = ag.tensor([0.5, 2.0])
    assert x.polygamma(1).tolist() == ag.polygamma(1, x).tolist()
    with pytest.raises(ag.RangeError, match="the order n"):
        x.polygamma(-1)


def test_a_missing_scipy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ag.MissingPackageError, match=r'pip install "glassgrad\[scipy\]"'):
        ag.tensor([0.5]).erfinv()
    assert ag.erf(ag.tensor(0.0)).item() == 0
