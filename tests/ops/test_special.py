"""The error function, right to a few units of the last place, and what SciPy computes."""

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
