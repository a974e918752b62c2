"""Activations: values and gradients at corners, bounds and infinities (PyTorch 2.13, measured)."""

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


E1 = math.exp(-1)
SELU = 1.7580993408473766

POINTS = {
    "relu": (ag.relu, ([0.0, -0.0, 1.0],), [0, 0, 1], [[0, 0, 1]]),
    "relu6 bounds": (ag.relu6, ([0.0, 6.0, 3.0],), [0, 6, 3], [[0, 0, 1]]),
    "hardtanh bounds": (ag.hardtanh, ([-1.0, 1.0, 0.0],), [-1, 1, 0], [[0, 0, 1]]),
    "hardtanh, own bounds": (
        lambda x: ag.hardtanh(x, -2, 3),
        ([-2.0, 3.0, 5.0],),
        [-2, 3, 3],
        [[0, 0, 0]],
    ),
    "hardsigmoid bounds": (ag.hardsigmoid, ([-3.0, 3.0, 0.0],), [0, 1, 0.5], [[0, 0, 1 / 6]]),
    "hardswish bounds": (
        ag.hardswish,
        ([-3.0, 3.0, 0.0, 4.0, 1.5],),
        [0, 3, 0, 4, 1.125],
        [[0, 1, 0.5, 1, 1]],
    ),
    "leaky_relu at 0": (ag.leaky_relu, ([0.0, -1.0, INF],), [0, -0.01, INF], [[0.01, 0.01, 1]]),
    "leaky_relu 0.1": (lambda x: ag.leaky_relu(x, 0.1), ([-1.0, 2.0],), [-0.1, 2], [[0.1, 1]]),
    "leaky_relu 0": (lambda x: ag.leaky_relu(x, 0), ([-1.0, INF],), [0, INF], [[0, 1]]),
    "leaky_relu 3": (lambda x: ag.leaky_relu(x, 3), ([-1.0, 2.0],), [-3, 2], [[3, 1]]),
    "prelu at 0": (ag.prelu, ([0.0, -1.0], [0.25]), [0, -0.25], [[0.25, 0.25], [-1]]),
    "prelu by channel": (
        ag.prelu,
        ([[0.0, -1.0, 2.0]], [0.25, 0.5, 0.75]),
        [[0, -0.5, 2]],
        [[[0.25, 0.5, 1]], [0, -1, 0]],
    ),
    "prelu in 3-d": (
        ag.prelu,
        ([[[-1.0, -2.0], [-3.0, 4.0]]], [0.5, 0.25]),
        [[[-0.5, -1], [-0.75, 4]]],
        [[[[0.5, 0.5], [0.25, 1]]], [-3, -3]],
    ),
    "prelu of a number": (ag.prelu, (-1.0, [0.25]), -0.25, [0.25, [-1]]),
    "elu at 0": (ag.elu, ([0.0, -1.0, 1.0],), [0, E1 - 1, 1], [[1, E1, 1]]),
    "elu 2 at 0": (lambda x: ag.elu(x, 2.0), ([0.0, -1.0],), [0, 2 * E1 - 2], [[2, 2 * E1]]),
    "celu at 0": (ag.celu, ([0.0, 1.0],), [0, 1], [[1, 1]]),
    "celu 2": (lambda x: ag.celu(x, 2.0), ([-1.0],), [-0.7869386805747332], [[0.6065306597126334]]),
    "selu at 0": (ag.selu, ([0.0, 1.0],), [0, 1.0507009873554805], [[SELU, 1.0507009873554805]]),
    "selu of inf": (ag.selu, ([INF, -INF],), [INF, -SELU], [[1.0507009873554805, 0]]),
    "hardshrink bounds": (
        ag.hardshrink,
        ([0.5, -0.5, 0.6, NAN],),
        [0, 0, 0.6, NAN],
        [[0, 0, 1, 1]],
    ),
    "softshrink bounds": (
        ag.softshrink,
        ([-0.5, 0.5, 0.0, 1.5, INF],),
        [0, 0, 0, 1, INF],
        [[0, 0, 0, 1, 1]],
    ),
    "threshold at": (lambda x: ag.threshold(x, 1, 0), ([1.0, 2.0],), [0, 2], [[0, 1]]),
    "softsign at 0": (ag.softsign, ([0.0, -1.0],), [0, -0.5], [[1, 0.25]]),
    "tanhshrink": (ag.tanhshrink, ([0.0, INF],), [0, INF], [[0, 1]]),
    "softplus above 20": (
        ag.softplus,
        ([1000.0, -1000.0, 20.0, 21.0],),
        [1000, 0, 20.000000002061153, 21],
        [[1, 0, 0.9999999979388464, 1]],
    ),
    "softplus 2, 3": (
        lambda x: ag.softplus(x, 2.0, 3.0),
        ([1.0, 1.5, 2.0],),
        [1.0634640055214863, 1.524293675786871, 2],
        [[0.8807970779778824, 0.9525741268224333, 1]],
    ),
    "logsigmoid": (ag.logsigmoid, ([1000.0, -1000.0],), [0, -1000], [[0, 1]]),
    "sigmoid": (ag.sigmoid, ([1000.0, -1000.0, 0.0],), [1, 0, 0.5], [[0, 0, 0.25]]),
    "gelu": (
        ag.gelu,
        ([1.0, -1.0],),
        [0.841344746068543, -0.15865525393145702],
        [[1.0833154705876864, -0.08331547058768635]],
    ),
    "gelu tanh": (
        lambda x: ag.gelu(x, "tanh"),
        ([1.0],),
        [0.8411919906082768],
        [[1.0829640838457826]],
    ),
    "silu": (ag.silu, ([0.0, -1000.0, INF],), [0, 0, INF], [[0.5, 0, NAN]]),
    "mish": (ag.mish, ([0.0, 1000.0, -1000.0],), [0, 1000, 0], [[0.6, 1, 0]]),
    "glu": (
        ag.glu,
        ([1.0, 2.0, 3.0, 4.0],),
        [0.9525741268224334, 1.964027580075817],
        [[0.9525741268224334, 0.9820137900379085, 0.045176659730912, 0.035325412426582214]],
    ),
    "softmin": (lambda x: ag.softmin(x, 0)[0], ([1.0, 1.0],), 0.5, [[-0.25, 0.25]]),
    "softmax of a number": (lambda x: ag.softmax(x, 0), (3.0,), 1, [0]),
    "softmax of -inf": (lambda x: ag.softmax(x, 0), ([-INF, -INF],), [NAN, NAN], [[NAN, NAN]]),
}


@pytest.mark.parametrize(
    ("function", "operands", "value", "gradients"), POINTS.values(), ids=POINTS
)
def test_values_and_gradients(function, operands, value, gradients):
    found, found_gradients = at(function, *operands)
    np.testing.assert_allclose(found, value, rtol=1e-12)
    for ours, theirs in zip(found_gradients, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (ag.softplus, [0.0, 1000.0], [0.25, 0]),
        (ag.gelu, [0.0], [0.7978845608028654]),
        (ag.elu, [0.0, -1.0], [0, E1]),
        (ag.softsign, [0.0, 1.0], [0, -0.25]),
    ],
)
def test_second_derivatives(function, x, expected):
    x = ag.tensor(x, requires_grad=True)
    (first,) = ag.grad(function(x).sum(), x, create_graph=True)
    (second,) = ag.grad(first.sum(), x)
    np.testing.assert_allclose(second.data, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ag.sigmoid, special.expit),
        (ag.logsigmoid, special.log_expit),
        (ag.silu, lambda x: x * special.expit(x)),
        (ag.gelu, lambda x: x * special.ndtr(x)),
        (ag.mish, lambda x: x * np.tanh(np.logaddexp(0, x))),
        (ag.softplus, lambda x: np.logaddexp(0, x)),
        (ag.tanhshrink, lambda x: x - np.tanh(x)),
        (lambda x: ag.softmax(x, 0), lambda x: special.softmax(x, 0)),
        (lambda x: ag.log_softmax(x, 0), lambda x: special.log_softmax(x, 0)),
        (lambda x: ag.softmin(x, 0), lambda x: special.softmax(-x, 0)),
    ],
)
def test_values_are_those_of_scipy(ours, theirs):
    x = np.linspace(-8, 8, 33)
    np.testing.assert_allclose(ours(ag.tensor(x)).data, theirs(x), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sigmoid_is_accurate_where_it_is_small(dtype):
    odd = [0.0, -0.0, np.inf, -np.inf, np.nan, -1e3, 1e3, 1e-310, -88.8, -104.0, -745.0]
    x = np.concatenate([odd, np.linspace(-120, 120, 5000)]).astype(dtype)
    tiny = np.finfo(dtype).tiny
    wanted = np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
    np.testing.assert_allclose(ag.sigmoid(x), wanted, rtol=4 * np.finfo(dtype).eps, atol=tiny)
    usual = slice(len(odd), None)
    expected = special.expit(x[usual].astype(np.float64))
    normal = expected > np.finfo(dtype).tiny
    np.testing.assert_allclose(
        ag.sigmoid(x)[usual][normal], expected[normal], rtol=4 * np.finfo(dtype).eps
    )


def test_gelu_by_tanh_is_near_the_exact_one():
    x = ag.tensor(np.linspace(-4, 4, 41))
    assert np.abs(ag.gelu(x, "tanh").data - ag.gelu(x).data).max() < 1e-3


@pytest.mark.parametrize(
    "name",
    [
        "sigmoid",
        "logsigmoid",
        "relu",
        "softmax",
        "log_softmax",
        "softmin",
        "silu",
        "gelu",
        "mish",
        "softplus",
        "softsign",
        "tanhshrink",
        "elu",
        "selu",
        "celu",
        "leaky_relu",
        "relu6",
        "hardtanh",
        "hardsigmoid",
        "hardswish",
        "hardshrink",
        "softshrink",
        "glu",
    ],
)
def test_narrow_floats_and_empty_operands_keep_dtype_and_shape(name):
    function = getattr(ag, name)
    for dtype in (np.float16, np.float32):
        x = ag.tensor(np.array([-9.0, -0.5, 0.3, 11.0], dtype), requires_grad=True)
        out = function(x)
        out.sum().backward()
        assert out.dtype == x.grad.dtype == dtype
        assert np.isfinite(out.data).all()
    along = (-1,) if "softm" in name else ()
    assert function(ag.tensor(np.zeros((2, 0))), *along).shape == (2, 0)


@pytest.mark.parametrize("name", ["sigmoid", "logsigmoid", "softplus", "elu", "selu", "mish"])
def test_large_operands_do_not_warn(name):
    x = ag.tensor([-1000.0, 1000.0], requires_grad=True)
    assert np.isfinite(getattr(ag, name)(x).data).all()


def test_integers_of_piecewise_activations():
    x = ag.tensor([5, -5, 7])
    assert ag.relu(x).tolist() == [5, 0, 7]
    assert ag.relu6(x).tolist() == [5, 0, 6]
    assert ag.threshold(x, 5, 1).tolist() == [1, 1, 7]
    assert ag.relu6(x).dtype == ag.threshold(x, 5, 1).dtype == np.int64
    assert ag.leaky_relu(x).dtype == np.float64


def test_softmax_converts_to_a_dtype_first():
    x = ag.tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    for function in (ag.softmax, ag.log_softmax):
        out = function(x, 0, dtype=np.float64)
        assert out.dtype == np.float64
        (gradient,) = ag.grad(out[0], x)
        assert gradient.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ag.gelu(x, "fast"), "approximate='fast'"),
        (lambda x: ag.glu(x), "must be even"),
        (lambda x: ag.glu(x, 4), "out of bounds"),
        (lambda x: ag.glu(x[0]), "out of bounds"),
        (lambda x: ag.prelu(x, np.ones(2)), "1 channel"),
        (lambda x: ag.hardtanh(x, 2.0, 1.0), "greater than"),
        (lambda x: ag.softshrink(x, -1.0), "negative"),
        (lambda x: ag.celu(x, 0), "divide by zero"),
        (lambda x: ag.softmax(x, 1), "out of bounds"),
    ],
)
def test_refusals_say_what_to_write(call, words):
    with pytest.raises(ag.GlassError, match=words) as caught:
        call(ag.tensor([1.0, 2.0, 3.0]))
    assert isinstance(caught.value, (ValueError, IndexError))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(), (5,), (1024,), (40, 50), (3, 40, 50), (800, 700)])
def test_relu_of_any_size_is_the_maximum_with_zero(dtype, shape):
    """Whether NumPy compares with a number or clips; of zeros any sign will do, as in PyTorch."""
    x = np.array(np.random.default_rng(0).normal(size=shape) * 9, dtype)
    if x.size > 8 and dtype is not np.int64:
        x.flat[:6] = [-0.0, 0.0, np.nan, -np.nan, np.inf, -np.inf]
    for values in (x, x.T, x[::2] if x.ndim else x):
        found, expected = ag.relu(ag.tensor(values)).data, np.maximum(values, 0)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
