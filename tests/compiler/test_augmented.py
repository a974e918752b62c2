"""Calls that compute over an operand are written as `x += y`; small results have room, too."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd as ag
import optim

RNG = np.random.default_rng(4)


def t(*shape, dtype=np.float64):
    return ag.tensor(RNG.standard_normal(shape).astype(dtype))


def check(f, *args, calls=3):
    """The compiled function, which computes what the function does, bit for bit."""
    compiled = ag.compile(f)
    for _ in range(calls):
        np.testing.assert_array_equal(compiled(*args).data, f(*args).data)
    return compiled


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x, y: (ag.exp(x) + y).sum(), "exp += y"),
        (lambda x, y: (y + ag.exp(x)).sum(), "exp += y"),
        (lambda x, y: (ag.exp(x) - y).sum(), "exp -= y"),
        (lambda x, y: (y * ag.exp(x)).sum(), "exp *= y"),
        (lambda x, y: (ag.exp(x) / y).sum(), "exp /= y"),
    ],
)
def test_what_is_computed_over_an_operand_is_a_sign(f, text):
    assert f"    {text}  #" in check(f, t(10, 10), t(10, 10)).source


def test_what_is_taken_from_is_not_the_one_written_over():
    compiled = check(lambda x, y: (y - ag.exp(x)).sum(), t(10, 10), t(10, 10))
    assert "np.subtract(y, exp, out=b0)" in compiled.source
    compiled = check(lambda x, y: (y / ag.exp(x)).sum(), t(10, 10), t(10, 10))
    assert "np.divide(y, exp, out=b0)" in compiled.source


def test_the_name_of_a_person_s_variable_keeps_its_meaning():
    def f(x, y):
        grown = ag.exp(x)
        return ag.tanh(grown + y).sum()

    source = check(f, t(10, 10), t(10, 10)).source
    assert "grown = np.exp(x, out=b0)" in source
    assert "grown +=" not in source
    assert "add = np.add(grown, y, out=b0)" in source


def test_what_waits_for_a_named_gradient_has_its_name():
    w = ag.tensor(RNG.standard_normal((10, 10)), requires_grad=True)
    x = t(10, 10)

    def step():
        w.grad = None
        h = ag.tanh(x @ w)
        h = ag.tanh(h @ w)
        (ag.tanh(h @ w) + h).sum().backward()
        return w.grad

    compiled = ag.compile(step)
    np.testing.assert_allclose(compiled().data, step().data, rtol=1e-12, atol=1e-12)
    assert re.search(r"(d_h\w*) = .*\.dot\(.*, out=b\d\).*\n +\1 \+= ", compiled.source)


def test_wider_results_are_not_written_over_narrow_operands():
    compiled = check(lambda x, y: (ag.exp(x) + y).sum(), t(10, dtype="f"), t(20, 10, dtype="f"))
    assert "+=" not in compiled.source
    compiled = check(lambda x, y: (ag.exp(x) + y).sum(), t(20, 10, dtype="f"), t(20, 10))
    assert "+=" not in compiled.source


def test_an_update_reads_as_it_is_written():
    w = ag.tensor(RNG.standard_normal((10, 10)), requires_grad=True)
    x, optimizer = t(10, 10), optim.SGD([w], lr=0.1)

    @ag.compile
    def step():
        optimizer.zero_grad()
        (x @ w).square().sum().backward()
        optimizer.step()

    step()
    assert re.search(r"\n    w -= \w+  #", step.source)


def test_small_results_have_room_and_smaller_ones_are_numpy_s():
    f = lambda w, x: ag.exp(w @ ag.tanh(x)).sum()
    compiled = check(f, t(64, 64), t(64, 1))
    assert "tanh = np.tanh(x, out=b0)" in compiled.source
    assert "w.dot(tanh, out=b1)" in compiled.source
    compiled = check(f, t(8, 8), t(8, 1))
    assert "out=" not in compiled.source


def test_a_picture_shows_each_content():
    compiled = check(lambda x, y: (ag.exp(x) + y).sum(), t(10, 10), t(10, 10))
    text = str(compiled.graph())
    assert "exp + y" in text
