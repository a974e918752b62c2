"""An exponential in place of two: what is inside a sigmoid."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.exponentials import share_exponentials


def traced(function, *args):
    return remove_dead_code(capture(function, args, {}).program)


def calls(program):
    return [line.name or line.kind for line in program.instructions]


def shared(program):
    return remove_dead_code(share_exponentials(program))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sigmoid_has_one_exponential_and_the_same_bits(dtype):
    odd = [0.0, -0.0, np.inf, -np.inf, np.nan, -1e3, 1e3, 1e-310, -88.8, -104.0, -745.0]
    x = ag.tensor(np.concatenate([odd, np.linspace(-120, 120, 5000)]).astype(dtype))
    before = traced(lambda x: ag.sigmoid(x) * 2.0, x)
    assert calls(before).count("np.exp") == 2
    after = calls(shared(before))
    assert after.count("np.exp") == 1
    assert "np.minimum" not in after
    np.testing.assert_array_equal(ag.compile(ag.sigmoid)(x).data, ag.sigmoid(x).data)


def test_small_ones_and_what_the_caller_gets_stay():
    few = traced(lambda x: ag.sigmoid(x) * 2.0, ag.tensor(np.ones(100)))
    assert calls(shared(few)) == calls(few)

    def f(x):
        half = ag.exp(ag.minimum(x, 0.0))
        return half, half / (1 + ag.exp(-ag.abs(x)))

    received = traced(f, ag.tensor(np.ones(5000)))
    assert calls(shared(received)) == calls(received)


def test_what_is_read_before_the_other_is_there_stays():
    def f(x):
        half = ag.exp(ag.minimum(x, 0))
        return ag.sum(half) + ag.sum(half / (1 + ag.exp(-ag.abs(x))))

    def g(x):
        half = ag.exp(ag.minimum(x, 0))
        other = ag.exp(-ag.abs(x))
        return ag.sum(half) + ag.sum(half / (1 + other))

    x = ag.tensor(np.random.default_rng(0).standard_normal(5000))
    for function, count in ((f, 2), (g, 1)):
        assert calls(shared(traced(function, x))).count("np.exp") == count
        np.testing.assert_array_equal(ag.compile(function)(x).data, function(x).data)


def test_other_bounds_and_other_operands_stay():
    def f(x, y):
        return ag.sum(ag.exp(ag.minimum(x, 1)) * ag.exp(-ag.abs(x))) + ag.sum(
            ag.exp(ag.minimum(x, 0)) * ag.exp(-ag.abs(y))
        )

    x, y = (ag.tensor(np.random.default_rng(i).standard_normal(5000)) for i in range(2))
    before = traced(f, x, y)
    assert calls(shared(before)).count("np.exp") == 4
    np.testing.assert_array_equal(ag.compile(f)(x, y).data, f(x, y).data)


def test_an_operand_that_is_changed_in_between():
    def f(x):
        with ag.no_grad():
            x = x.clone()
            half = ag.exp(ag.minimum(x, 0))
            x += 1.0
            return ag.sum(half / (1 + ag.exp(-ag.abs(x))))

    x = ag.tensor(np.random.default_rng(0).standard_normal(5000))
    np.testing.assert_array_equal(ag.compile(f)(x).data, f(x).data)
