"""Elementwise operations: dtypes, NumPy's functions and PyTorch's other names."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag

FLOATING = [
    "rsqrt",
    "reciprocal",
    "exp2",
    "expm1",
    "log2",
    "log10",
    "log1p",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "asinh",
    "atanh",
    "deg2rad",
    "rad2deg",
    "erf",
    "erfc",
    "erfinv",
    "ndtr",
    "lgamma",
    "digamma",
    "sinc",
    "entr",
]


@pytest.mark.parametrize("name", FLOATING)
def test_integers_become_the_default_float_and_narrow_floats_stay(name):
    function = getattr(ag, name)
    with np.errstate(all="ignore"):
        assert function(ag.tensor([0, 1])).dtype == np.float64
        for dtype in (np.float16, np.float32):
            x = ag.tensor(np.array([0.25, 0.5], dtype), requires_grad=True)
            out = function(x)
            out.sum().backward()
            assert out.dtype == x.grad.dtype == dtype


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round", "square", "sign", "abs"])
def test_integers_stay_integers(name):
    x = ag.tensor([5, -5])
    assert getattr(x, name)().dtype == np.int64
    assert getattr(x, name)().tolist() == getattr(np, name)(np.array([5, -5])).tolist()


@pytest.mark.parametrize(
    ("make", "value", "dtype"),
    [
        (lambda i, f: i // 2, [2, -3, 3], np.int64),
        (lambda i, f: i % 3, [2, 1, 1], np.int64),
        (lambda i, f: ag.fmod(i, 3), [2, -2, 1], np.int64),
        (lambda i, f: i.div(2, rounding_mode="trunc"), [2, -2, 3], np.int64),
        (lambda i, f: i.div(2, rounding_mode="floor"), [2, -3, 3], np.int64),
        (lambda i, f: i.div(2.0, rounding_mode="trunc"), [2, -2, 3], np.float64),
        (lambda i, f: i.div(2), [2.5, -2.5, 3.5], np.float64),
        (lambda i, f: i.add(i, alpha=2), [15, -15, 21], np.int64),
        (lambda i, f: i.add(2, alpha=3), [11, 1, 13], np.int64),
        (lambda i, f: 2 - i, [-3, 7, -5], np.int64),
        (lambda i, f: 7 // i, [1, -2, 1], np.int64),
        (lambda i, f: 7 % i, [2, -3, 0], np.int64),
        (lambda i, f: i.clamp(0, 6), [5, 0, 6], np.int64),
        (lambda i, f: i.clamp(min=0.5), [5, 0.5, 7], np.float64),
        (lambda i, f: f.clamp(np.float64(0), ag.tensor(2.0)), [1, 1, 1], np.float32),
        (lambda i, f: f + np.float64(1), [2, 2, 2], np.float32),
        (lambda i, f: ag.fmax(i, f), [5, 1, 7], np.float32),
        (lambda i, f: ag.lerp(f, f, 0.5), [1, 1, 1], np.float32),
        (lambda i, f: ag.atan2(f, 1.0), [math.pi / 4] * 3, np.float32),
        (lambda i, f: ag.xlogy(f, 1.0), [0, 0, 0], np.float32),
        (lambda i, f: ag.copysign(i, -1), [-5, -5, -7], np.float64),
        (lambda i, f: +i, [5, -5, 7], np.int64),
    ],
)
def test_dtypes_and_values_with_integers(make, value, dtype):
    found = make(ag.tensor([5, -5, 7]), ag.tensor(np.ones(3, np.float32)))
    assert found.dtype == dtype
    np.testing.assert_allclose(found.data, value, rtol=1e-6)


# --- NumPy's functions and PyTorch's names ------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.clip(x, -0.5, 0.5),
        lambda x: np.clip(x, None, 0.5),
        lambda x: np.clip(x, a_min=-0.5, a_max=None),
        lambda x: np.round(x, 1),
        lambda x: np.around(x, decimals=1),
        lambda x: np.rint(x),
        lambda x: np.nan_to_num(x, nan=1.0),
        lambda x: np.square(x),
        lambda x: np.reciprocal(x),
        lambda x: np.floor_divide(x, 0.3),
        lambda x: np.ones(3) // x,
        lambda x: np.mod(x, 0.3),
        lambda x: np.ones(3) % x,
        lambda x: np.fmod(x, 0.3),
        lambda x: np.hypot(x, 2.0),
        lambda x: np.arctan2(x, 2.0),
        lambda x: np.arcsinh(x),
        lambda x: np.expm1(x),
        lambda x: np.logaddexp(x, 1.0),
        lambda x: np.sinc(x),
        lambda x: np.degrees(np.radians(x)),
        lambda x: np.positive(x),
        lambda x: np.fabs(x),
        lambda x: np.isfinite(x),
        lambda x: np.all(x, axis=0),
        lambda x: np.any(x, axis=0, keepdims=True),
        lambda x: np.isclose(x, 0.25),
        lambda x: np.logical_xor(x, x),
        lambda x: np.array([True, True, False]) & (x > 0),
    ],
)
def test_numpys_functions_mean_our_operations(call):
    array = np.array([0.25, -1.75, 2.5])
    tensor = ag.tensor(array, requires_grad=True)
    result = call(tensor)
    assert isinstance(result, ag.Tensor)
    np.testing.assert_allclose(result.data, call(array), rtol=1e-15)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("arcsin", "asin"),
        ("arccos", "acos"),
        ("arctan", "atan"),
        ("arcsinh", "asinh"),
        ("arccosh", "acosh"),
        ("arctanh", "atanh"),
        ("arctan2", "atan2"),
        ("clip", "clamp"),
        ("fix", "trunc"),
        ("sgn", "sign"),
        ("absolute", "abs"),
        ("negative", "neg"),
        ("subtract", "sub"),
        ("multiply", "mul"),
        ("divide", "div"),
        ("less_equal", "le"),
    ],
)
def test_other_names_of_pytorch(alias, name):
    assert getattr(ag, alias) is getattr(ag, name)
    assert callable(getattr(ag.Tensor, alias))
