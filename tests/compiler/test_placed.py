"""What fills an array of zeros is used in its place."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes.placed import use_what_fills

RNG = np.random.default_rng(8)


def t(*shape):
    return ag.tensor(RNG.standard_normal(shape), requires_grad=True)


def gradient(pick):
    def f(x):
        y = ag.tanh(x)
        return ag.grad((pick(y) * 3.0).square().sum(), y)[0] + 1.0

    return f


def names(program):
    return [line.name or line.kind for line in program.instructions]


def test_before_and_after():
    before = capture(gradient(lambda x: x[:, 0]), (t(5, 1),), {}).program
    after = use_what_fills(before)
    assert "setitem" in names(before)
    assert "setitem" not in names(after)
    assert len(names(after)) == len(names(before)) - 1
    assert after.remarks[-1] == "placed: 1 arrays are what fills them"


@pytest.mark.parametrize(
    ("pick", "shape"),
    [
        (lambda x: x[:, 0], (5, 1)),
        (lambda x: x[:, -1], (5, 1)),
        (lambda x: x[0], (1, 7)),
        (lambda x: x[0:1], (1, 7)),
        (lambda x: x[:, 0, :], (3, 1, 4)),
        (lambda x: x[0:5], (5, 3)),
    ],
)
def test_what_covers_an_array(pick, shape):
    f, x = gradient(pick), t(*shape)
    compiled = ag.compile(f)
    for _ in range(2):
        np.testing.assert_array_equal(compiled(x).data, f(x).data)
    assert "placed: 1 arrays" in compiled.explain()


@pytest.mark.parametrize(
    ("pick", "shape"),
    [
        (lambda x: x[:, 0], (5, 2)),
        (lambda x: x[1:], (5, 2)),
        (lambda x: x[::-1], (5, 2)),
        (lambda x: x[[0, 1, 2]], (3, 2)),
        (lambda x: x[np.array([True, False, True])], (3, 2)),
        (lambda x: x[..., 0], (3, 1)),  # could be
    ],
)
def test_what_does_not(pick, shape):
    f, x = gradient(pick), t(*shape)
    compiled = ag.compile(f)
    np.testing.assert_array_equal(compiled(x).data, f(x).data)
    assert "placed: 1" not in compiled.explain()


def test_what_is_used_afterwards_is_copied():
    def f(x, v):
        z = ag.zeros_like(v[:, None])
        z[:, 0] = v
        v.mul_(2.0)
        return z + 1.0, v + 0.0

    compiled = ag.compile(f)
    for _ in range(2):
        one, two = t(4).detach(), t(4).detach()
        other = two.clone()
        for a, b in zip(compiled(one, two), f(one, other), strict=True):
            np.testing.assert_array_equal(a.data, b.data)
    assert "placed: 1" not in compiled.explain()


def test_what_a_caller_receives_is_an_array_of_its_own():
    def f(x):
        y = ag.exp(x)
        z = ag.zeros_like(y[:, None])
        z[:, 0] = y
        return z, y

    compiled, x = ag.compile(f), t(4).detach()
    z, y = compiled(x)
    assert not np.shares_memory(z.data, y.data)
    np.testing.assert_array_equal(z.data[:, 0], y.data)
