"""Values and gradients at ties, zeros, bounds and infinities (PyTorch 2.13, measured)."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

INF, NAN = float("inf"), float("nan")


def at(function, *operands):
    """Value and gradients of the summed result, NumPy's warnings aside."""
    tensors = [ag.tensor(o, requires_grad=True) for o in operands]
    with np.errstate(all="ignore"):
        out = function(*tensors)
        out.sum().backward()
    return out.tolist(), [t.grad.tolist() for t in tensors]


@pytest.mark.parametrize(
    ("function", "operands", "value", "gradients"),
    [
        (ag.sqrt, ([0.0, 4.0],), [0, 2], [[INF, 0.25]]),
        (ag.abs, ([0.0, -2.0],), [0, 2], [[0, -1]]),
        (ag.relu, ([0.0, -0.0, 1.0],), [0, 0, 1], [[0, 0, 1]]),
        (ag.sign, ([0.0, -3.0],), [0, -1], [[0, 0]]),
        (ag.maximum, ([1.0, 2.0], [1.0, 1.0]), [1, 2], [[0.5, 1], [0.5, 0]]),
        (ag.amax, ([1.0, 3.0, 3.0],), 3, [[0, 0.5, 0.5]]),
        (ag.max, ([1.0, 3.0, 3.0],), 3, [[0, 0.5, 0.5]]),
        (lambda x: ag.max(x, 0).values, ([1.0, 3.0, 3.0],), 3, [[0, 1, 0]]),
        (lambda x: ag.min(x, 0)[0], ([1.0, 3.0, 1.0],), 1, [[1, 0, 0]]),
        (lambda x: x**0.0, ([0.0, 1.0],), [1, 1], [[0, 0]]),
        (
            lambda x, y: x**y,
            ([0.0] * 4, [0.0, 1.0, 2.0, 0.5]),
            [1, 0, 0, 0],
            [[0, 1, 0, INF], [0, 0, 0, 0]],
        ),
        (lambda x, y: x**y, ([0.0], [-1.0]), [INF], [[-INF], [-INF]]),
        (
            lambda x, y: x**y,
            ([-2.0, -2.0], [3.0, -3.0]),
            [-8, -0.125],
            [[12, -0.1875], [NAN, NAN]],
        ),
        (lambda x: 0.0**x, ([0.0, 2.0],), [1, 0], [[0, 0]]),
        (lambda x, y: x / y, ([0.0, 1.0], [0.0, 0.0]), [NAN, INF], [[INF, INF], [NAN, -INF]]),
        (ag.log, ([0.0],), [-INF], [[INF]]),
        (lambda x: ag.where(x > 0, x.sqrt(), x), ([-1.0, 4.0],), [-1, 2], [[NAN, 0.25]]),
        (lambda x: ag.logsumexp(x, 0), ([-INF, -INF],), -INF, [[NAN, NAN]]),
        (lambda x: ag.logsumexp(x, 0), ([INF, 0.0],), INF, [[NAN, 0]]),
        (lambda x: ag.softmax(x, 0), ([-INF, -INF],), [NAN, NAN], [[NAN, NAN]]),
        (lambda x: ag.log_softmax(x, 0)[0], ([1000.0, 0.0],), 0, [[0, 0]]),
        (ag.sigmoid, ([1000.0, -1000.0],), [1, 0], [[0, 0]]),
        (lambda x: (x * x).sum().sqrt(), ([0.0, 0.0],), 0, [[NAN, NAN]]),
        (lambda x: x.sum(), ([],), 0, [[]]),
        (lambda x: x.mean(), ([],), NAN, [[]]),
        (lambda x: x[np.array([0, 0, 1])], ([1.0, 2.0],), [1, 1, 2], [[2, 1]]),
        (lambda x: x[::-2], ([1.0, 2.0, 3.0],), [3, 1], [[1, 0, 1]]),
        (ag.add, ([1.0], []), [], [[0], []]),
    ],
)
def test_values_and_gradients(function, operands, value, gradients):
    found, found_gradients = at(function, *operands)
    np.testing.assert_array_equal(found, value)
    for ours, theirs in zip(found_gradients, gradients, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_logsumexp_does_not_overflow():
    value, ((a, b),) = at(lambda x: ag.logsumexp(x, 0), [1000.0, 1000.0])
    assert value == pytest.approx(1000.6931471805599)
    assert a == pytest.approx(0.5)
    assert b == pytest.approx(0.5)


def test_logsumexp_of_no_elements():
    x = ag.zeros(0, 3, requires_grad=True)
    with np.errstate(divide="ignore"):
        out = ag.logsumexp(x, 0)
    assert out.tolist() == [-INF] * 3
    assert ag.grad(out.sum(), x)[0].shape == (0, 3)


def test_integers_that_do_not_fit_are_refused():
    x = ag.tensor([1, 2], dtype=np.int8)
    for call in (
        lambda: x * -300,
        lambda: x.add_(300),
        lambda: x.fill_(300),
        lambda: x.__setitem__(0, 300),
        lambda: x.clamp(0, 300),
    ):
        with pytest.raises(ag.RangeError, match="300 out of bounds for int8"):
            call()
    assert x.tolist() == [1, 2]


def test_booleans_under_functions_of_numbers():
    x = ag.tensor([True, False])
    assert ag.sign(x).dtype == bool
    assert ag.square(x).dtype == np.int64


def test_maximum_of_no_elements_is_refused():
    with pytest.raises(ag.ShapeError, match="no elements"):
        ag.tensor(np.ones(0)).max()


def test_the_forward_pass_warns_as_numpy_does_and_the_sweep_does_not():
    x = ag.tensor([0.0], requires_grad=True)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        y = ag.log(x)
    y.backward(np.ones(1))
    assert x.grad.tolist() == [INF]


@pytest.mark.parametrize(
    ("function", "at_zero", "expected"),
    [
        (ag.abs, 0.0, 0),
        (ag.relu, 0.0, 0),
        (lambda x: x**2, 0.0, 2),
        (lambda x: x**1, 0.0, 0),
        (lambda x: ag.hypot(x, 0.0), 0.0, NAN),  # a tip has none
    ],
)
def test_second_derivatives_at_zero(function, at_zero, expected):
    x = ag.tensor(at_zero, requires_grad=True)
    (first,) = ag.grad(function(x), x, create_graph=True)
    second = ag.grad(first, x, allow_unused=True)[0] if first.requires_grad else None
    np.testing.assert_allclose(0 if second is None else second.item(), expected)


@pytest.mark.parametrize("cut", [ag.relu, lambda x: x.clamp(min=0.0), lambda x: ag.maximum(x, 0.0)])
def test_an_infinite_gradient_stops_where_the_derivative_is_zero(cut):
    _, (gradient,) = at(lambda x: ag.sqrt(cut(x)), [-1.0, 4.0])
    assert gradient == [0, 0.25]


def test_an_infinite_gradient_stops_at_a_step():
    _, (gradient,) = at(lambda x: ag.sqrt(ag.floor(x)), [0.5, 4.5])
    assert gradient == [0, 0]
