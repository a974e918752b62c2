"""Elementwise operations: values and gradients at awkward points, dtypes, names and errors.

Values and gradients in the tables are PyTorch 2.13's, measured, but where a line says why not.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

import autograd as ag

INF, NAN = math.inf, math.nan


def at(function, *operands):
    """Value and gradients of the summed result, NumPy's warnings aside."""
    tensors = [ag.tensor(o, requires_grad=True) for o in operands]
    with np.errstate(all="ignore"):
        out = function(*tensors)
        out.sum().backward()
    return out.tolist(), [t.grad.tolist() for t in tensors]


def floor_divide(x, y):
    return ag.div(x, y, rounding_mode="floor")


def trunc_divide(x, y):
    return ag.div(x, y, rounding_mode="trunc")


POINTS = {
    "x**0 beyond all numbers": (
        lambda x: x**0,
        ([INF, NAN, 0.0, -2.0],),
        [1.0, 1.0, 1.0, 1.0],
        [[0.0, 0.0, 0.0, 0.0]],
    ),
    "rsqrt at 0": (ag.rsqrt, ([0.0, 4.0],), [INF, 0.5], [[-INF, -0.0625]]),
    "reciprocal at 0": (ag.reciprocal, ([0.0, 2.0],), [INF, 0.5], [[-INF, -0.25]]),
    "log1p at -1": (ag.log1p, ([-1.0],), [-INF], [[INF]]),
    "log2 at 0": (ag.log2, ([0.0],), [-INF], [[INF]]),
    "acos at 1": (ag.acos, ([1.0],), [0], [[-INF]]),
    "atanh at 1": (ag.atanh, ([1.0, -1.0],), [INF, -INF], [[INF, INF]]),
    "acosh": (ag.acosh, ([1.0, 0.5],), [0, NAN], [[INF, NAN]]),
    "sign": (ag.sign, ([0.0, -3.0, -0.0],), [0, -1, 0], [[0, 0, 0]]),
    "floor": (ag.floor, ([1.5, -1.5],), [1, -2], [[0, 0]]),
    "ceil": (ag.ceil, ([1.5, -1.5],), [2, -1], [[0, 0]]),
    "trunc": (ag.trunc, ([1.5, -1.5],), [1, -1], [[0, 0]]),
    "frac": (ag.frac, ([1.5, -1.5],), [0.5, -0.5], [[1, 1]]),
    "round halves to even": (ag.round, ([0.5, 1.5, 2.5],), [0, 2, 2], [[0, 0, 0]]),
    "round to tens": (lambda x: x.round(decimals=-1), ([25.0, 35.0],), [20, 40], [[0, 0]]),
    "maximum of NaN": (ag.maximum, ([NAN, 1.0], [1.0, NAN]), [NAN, NAN], [[1, 1], [1, 1]]),
    "minimum of NaN": (ag.minimum, ([NAN, 1.0], [1.0, NAN]), [NAN, NAN], [[1, 1], [1, 1]]),
    "fmax tie": (ag.fmax, ([1.0, 2.0], [1.0, 1.0]), [1, 2], [[1, 1], [0, 0]]),
    "fmax of NaN": (ag.fmax, ([NAN, 1.0], [1.0, NAN]), [1, 1], [[0, 1], [1, 0]]),
    "fmin of NaN": (ag.fmin, ([NAN, 1.0], [1.0, NAN]), [1, 1], [[0, 1], [1, 0]]),
    "clamp at its bounds": (
        lambda x: ag.clamp(x, -1, 1),
        ([-1.0, 1.0, 2.0],),
        [-1, 1, 1],
        [[1, 1, 0]],
    ),
    "clamp by tensors": (
        lambda x, m: x.clamp(min=m),
        ([1.0, 2.0], [1.0, 3.0]),
        [1, 3],
        [[1, 0], [0, 1]],
    ),
    "clamp by two tensors": (
        ag.clamp,
        (
            [-1.0, 0.0, 5.0, 3.0, 0.5, 2.0],
            [0.0, 0.0, 0.0, 4.0, 1.0, 4.0],
            [3.0, 3.0, 3.0, 1.0, 1.0, 2.0],
        ),
        [0, 0, 3, 1, 1, 2],
        [[0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 1, 1, 0, 1]],
    ),
    "clamp, bounds crossed": (lambda x: ag.clamp(x, 2, 1), ([0.0, 1.5],), [1, 1], [[0, 0]]),
    "clamp NaN": (lambda x: ag.clamp(x, -1, 1), ([NAN, INF],), [NAN, 1], [[0, 0]]),
    "nan_to_num": (
        lambda x: x.nan_to_num(posinf=9.0, neginf=-9.0),
        ([NAN, INF, -INF, 1.0],),
        [0, 9, -9, 1],
        [[0, 0, 0, 1]],
    ),
    "copysign": (
        ag.copysign,
        ([0.0, -2.0, 3.0], [-1.0, 3.0, -0.0]),
        [0, 2, -3],
        [[0, -1, -1], [0, 0, 0]],
    ),
    "fmod": (ag.fmod, ([-5.0, 5.0], [3.0, -3.0]), [-2, 2], [[1, 1], [1, 1]]),
    "remainder": (ag.remainder, ([-5.0, 5.0], [3.0, -3.0]), [1, -1], [[1, 1], [2, 2]]),
    "remainder of infinities": (
        ag.remainder,
        ([1.0, -1.0], [0.0, INF]),
        [NAN, INF],
        [[1, 1], [-INF, 1]],
    ),
    "div rounded down": (
        floor_divide,
        ([5.0, -5.0, 1.0, INF], [3.0, 3.0, 0.0, 1.0]),
        [1, -2, INF, NAN],
        [[0] * 4] * 2,
    ),
    "div truncated": (
        trunc_divide,
        ([5.0, -5.0, 1.0, INF], [3.0, 3.0, 0.0, 1.0]),
        [1, -1, INF, INF],
        [[0] * 4] * 2,
    ),
    # PyTorch raises in the backward pass of //; a gradient of zero is the deliberate difference.
    "floor_divide": (lambda x, y: x // y, ([7.0, -7.0], [2.0, 2.0]), [3, -4], [[0, 0], [0, 0]]),
    "pow of a negative number": (lambda x: (-2.0) ** x, ([2.0],), [4], [[NAN]]),
    "pow, negative base": (lambda x: x**3, ([-2.0],), [-8], [[12]]),
    "pow, fraction of a negative": (lambda x, y: x**y, ([-2.0], [0.5]), [NAN], [[NAN], [NAN]]),
    "where, both branches": (
        lambda x: ag.where(x > 0, ag.log(x), x),
        ([-1.0, 0.0, 4.0],),
        [-1, 0, math.log(4)],
        [[1, NAN, 0.25]],
    ),
    "where, twice": (
        lambda x: ag.where(x > 0, ag.sqrt(ag.where(x > 0, x, 1.0)), x),
        ([-1.0, 4.0],),
        [-1, 2],
        [[1, 0.25]],
    ),
    "xlogy": (ag.xlogy, ([0.0, 0.0, 0.0], [0.0, 1.0, -1.0]), [0, 0, 0], [[0, 0, 0], [NAN, 0, 0]]),
    "xlogy of NaN": (ag.xlogy, ([0.0], [NAN]), [NAN], [[NAN], [NAN]]),
    "xlog1py": (ag.xlog1py, ([0.0, 0.0], [-1.0, -2.0]), [0, 0], [[0, 0], [NAN, 0]]),
    "entr": (ag.entr, ([0.0, -1.0],), [0, -INF], [[INF, NAN]]),
    "atan2 at the origin": (ag.atan2, ([0.0], [0.0]), [0], [[0], [0]]),
    # PyTorch gives NaN; the subgradient of least norm is the deliberate difference.
    "hypot at the origin": (ag.hypot, ([0.0, 3.0], [0.0, 4.0]), [0, 5], [[0, 0.6], [0, 0.8]]),
    "sinc at 0": (ag.sinc, ([0.0],), [1], [[0]]),
    "logaddexp of -inf": (ag.logaddexp, ([-INF], [-INF]), [-INF], [[NAN], [NAN]]),
    "logaddexp of inf": (ag.logaddexp, ([INF, -INF], [0.0, 0.0]), [INF, 0], [[1, 0], [0, 1]]),
    "logaddexp2 of -inf": (ag.logaddexp2, ([-INF], [-INF]), [-INF], [[NAN], [NAN]]),
    "logit at its ends": (
        ag.logit,
        ([0.0, 0.5, 1.0, 1.5],),
        [-INF, 0, INF, NAN],
        [[INF, 4, INF, NAN]],
    ),
    "erf at infinity": (ag.erf, ([INF, -INF],), [1, -1], [[0, 0]]),
    "erfinv at 1": (
        ag.erfinv,
        ([0.0, 1.0, 2.0],),
        [0, INF, NAN],
        [[math.sqrt(math.pi) / 2, INF, NAN]],
    ),
    "lgamma at 0": (ag.lgamma, ([0.0, 1.0],), [INF, 0], [[-INF, -0.5772156649015329]]),
    "lerp": (
        ag.lerp,
        ([0.0, 1.0], [2.0, 3.0], [0.25, 0.75]),
        [0.5, 2.5],
        [[0.75, 0.25], [0.25, 0.75], [2, 2]],
    ),
    "addcmul": (
        lambda x, y, z: ag.addcmul(x, y, z, value=0.5),
        ([1.0], [2.0], [4.0]),
        [5],
        [[1], [2], [1]],
    ),
    "addcdiv": (
        lambda x, y, z: ag.addcdiv(x, y, z, value=0.5),
        ([1.0], [2.0], [4.0]),
        [1.25],
        [[1], [0.125], [-0.0625]],
    ),
    "add with alpha": (lambda x, y: ag.add(x, y, alpha=3), ([1.0], [2.0]), [7], [[1], [3]]),
    "sub with alpha": (lambda x, y: x.sub(y, alpha=3), ([1.0], [2.0]), [-5], [[1], [-3]]),
    "broadcast to no elements": (ag.mul, ([2.0], []), [], [[0], []]),
}


@pytest.mark.parametrize(
    ("function", "operands", "value", "gradients"), POINTS.values(), ids=POINTS
)
def test_values_and_gradients(function, operands, value, gradients):
    found, found_gradients = at(function, *operands)
    np.testing.assert_allclose(found, value, rtol=1e-15)
    for ours, theirs in zip(found_gradients, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)


def test_logit_within_eps():
    value, (gradient,) = at(lambda x: x.logit(0.1), [0.0, 0.1, 0.5, 1.0])
    by_name = ag.logit(ag.tensor([0.0, 0.1, 0.5, 1.0], requires_grad=True), eps=0.1)
    assert by_name.tolist() == value
    np.testing.assert_allclose(value, [-math.log(9), -math.log(9), 0, math.log(9)])
    np.testing.assert_allclose(gradient, [0, 1 / 0.09, 4, 0])


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (ag.abs, 0.0, 0),
        (ag.hypot, 3.0, 16 / 125),
        (ag.sinc, 0.0, -(math.pi**2) / 3),
        (ag.square, 3.0, 2),
    ],
)
def test_second_derivatives(function, x, expected):
    x = ag.tensor(x, requires_grad=True)
    out = function(x, 4.0) if function is ag.hypot else function(x)
    (first,) = ag.grad(out, x, create_graph=True)
    second = ag.grad(first, x, allow_unused=True)[0]
    assert (0 if second is None else second.item()) == pytest.approx(expected)


# --- independent formulas ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ag.expm1, np.expm1),
        (ag.log1p, np.log1p),
        (ag.sinc, np.sinc),
        (ag.cbrt, np.cbrt),
        (lambda x: ag.lerp(x, 2 * x, 0.3), lambda x: 1.3 * x),
        (lambda x: ag.lerp(x, 2 * x, 0.7), lambda x: 1.7 * x),
        (lambda x: ag.rad2deg(ag.deg2rad(x)), lambda x: x),
        (lambda x: x - x // 0.3 * 0.3, lambda x: np.mod(x, 0.3)),
        (lambda x: ag.xlogy(x, 2.0), lambda x: special.xlogy(x, 2)),
        (lambda x: ag.xlog1py(x, 2.0), lambda x: special.xlog1py(x, 2)),
        (ag.entr, special.entr),
        (ag.logit, special.logit),
    ],
)
def test_values_are_those_of_numpy_and_scipy(ours, theirs):
    x = np.linspace(0.05, 0.95, 8)
    np.testing.assert_allclose(ours(ag.tensor(x)).data, theirs(x), rtol=1e-13)


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda x: x // 0, ValueError, "divided by 0"),
        (lambda x: 7 % (x - 1), ValueError, "divided by 0"),
        (lambda x: x.div(x, rounding_mode="ceil"), ValueError, "rounding_mode='ceil'"),
        (lambda x: x.clamp(), TypeError, "at least one bound"),
        (lambda x: x.add(x, alpha=0.5), TypeError, "alpha=0.5"),
        (lambda x: ag.add(x, x, beta=2), TypeError, "do not fit"),
        (lambda x: x.round(decimals=0.5), TypeError, "whole number"),
        (lambda x: ag.polygamma(1.5, x), ValueError, "the order n"),
        (lambda x: x.all(3), IndexError, "out of bounds"),
    ],
)
def test_refusals_say_what_to_write(call, kind, words):
    with pytest.raises(kind, match=words) as caught:
        call(ag.tensor([1, 2]))
    assert isinstance(caught.value, ag.GlassError)


def test_floats_divided_by_zero_follow_numpys_errstate():
    x = ag.tensor([1.0], requires_grad=True)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert (x // 0).tolist() == [INF]
    with np.errstate(all="ignore"):
        assert math.isnan((x % 0).item())


def test_harmless_zeros_do_not_warn():
    zero = ag.tensor([0.0], requires_grad=True)
    assert ag.xlogy(zero, zero).tolist() == ag.entr(zero).tolist() == [0]
    assert ag.sinc(zero).tolist() == [1]
    assert ag.erf(ag.tensor([1e4, -1e4])).tolist() == [1, -1]


def test_plus_is_the_operand_itself():
    x = ag.tensor([1.0], requires_grad=True)
    assert +x is x


@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize("n", [-3, -2, -1, 0, 1, 2, 3, 4, 5, 3.0, 10, 63])
def test_whole_powers_of_many_numbers_are_numpys(n, dtype):
    numbers = [-INF, -2.5, -1.0, -1e-3, -0.0, 0.0, 1e-3, 1.0, 2.5, INF, math.nan]
    values = np.array(numbers * 5, dtype)
    x = ag.tensor(values, requires_grad=True)
    with np.errstate(all="ignore"):
        out = x**n
        exact, slope = values**n, n * values ** (n - 1) if n else 0 * values
        out.backward(ag.ones_like(out))
        assert out.dtype == x.grad.dtype == dtype
        tolerance = 4 * float(np.finfo(dtype).eps)
        np.testing.assert_allclose(out.data, exact, rtol=tolerance)
        np.testing.assert_array_equal(np.signbit(out.data), np.signbit(exact))
        known = np.isfinite(values)
        np.testing.assert_allclose(x.grad.data[known], slope[known], rtol=tolerance)


def test_powers_of_many_integers_and_halves_stay_numpys():
    whole = np.arange(-20, 20)
    assert (ag.tensor(whole) ** 3).tolist() == (whole**3).tolist()
    halves = np.linspace(-2, 2, 40, dtype=np.float16)
    np.testing.assert_array_equal((ag.tensor(halves) ** 3).data, halves**3)
    ones = ag.tensor(np.full(40, 2.0, np.float32))
    assert (ones ** ag.tensor(0.5)).dtype == np.float32
    np.testing.assert_allclose((ones**1.5).data, 2**1.5, rtol=1e-6)


@pytest.mark.parametrize("exponent", [2, 3, -1, 0.5])
def test_the_exponent_of_a_slope_takes_on_the_dtype_of_its_operand(exponent):
    x = ag.tensor(np.array([1.5, 2.0], np.float32), requires_grad=True)
    lines = ag.derive(lambda: (x**exponent).sum().backward())
    assert "astype" not in lines
    assert "int64" not in lines
