"""Names: a person's own never mean anything else in the code that is written."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn

RNG = np.random.default_rng(9)


def t(*shape):
    return ag.tensor(RNG.standard_normal(shape))


def test_arguments_and_variables_that_are_called_as_constants_are():
    def f(c0):
        c1 = ag.exp(c0)
        table = ag.tensor(np.arange(9.0).reshape(3, 3))
        return (c1 + table * 3.0).sum(0) * ag.tensor([1.0, 2.0, 3.0])

    compiled, x = ag.compile(f), t(3, 3)
    for _ in range(2):
        np.testing.assert_array_equal(compiled(x).data, f(x).data)
    assert "c1 = np.exp(c0)" in compiled.source


def test_states_of_an_lstm_by_their_usual_names():
    layer = nn.LSTM(3, 4)

    def f(x, h0, c0):
        y, (h1, c1) = layer(x, (h0, c0))
        place = ag.tensor(np.arange(4.0))
        return (y * place).sum() + (h1 * c1).sum()

    compiled, args = ag.compile(f), (t(5, 2, 3), t(1, 2, 4), t(1, 2, 4))
    assert compiled(*args).item() == pytest.approx(f(*args).item(), rel=1e-12)


@pytest.mark.parametrize("name", ["b0", "given_0", "flat_0", "range", "np", "Changed", "c0"])
def test_names_that_the_code_needs_itself(name):
    space = {"ag": ag, "fixed": np.arange(10_000.0).reshape(100, 100)}
    text = f"""
def f({name}, other):
    y = ag.exp({name}) * 2.0 + ag.tensor(fixed[:3, :3])
    picked = ag.gather(y, 0, ag.tensor([[0, 1, 1]]))
    return (y + other).sum(0) + ag.tensor(fixed).sum() * 0.0 + picked
"""
    exec(compile(text, "<a person's>", "exec"), space)
    compiled, args = ag.compile(space["f"]), (t(3, 3), t(3, 3))
    np.testing.assert_allclose(compiled(*args).data, space["f"](*args).data, rtol=1e-14)


def _rows(x, y):
    return ag.sum(ag.cat([ag.exp(x), ag.tanh(y)]) ** 2)


def test_parts_of_buffers_are_called_as_what_lies_there():
    compiled, args = ag.compile(_rows), (t(20, 32), t(30, 32))
    for _ in range(2):
        assert compiled(*args).item() == pytest.approx(_rows(*args).item(), rel=1e-13)
    above, below = compiled.source.split("\ndef _rows(")
    assert "\nexp = b0[0:20, 0:32]\n" in above
    assert "    np.exp(x, out=exp)" in below
    assert "exp: f64[20,32] = b0[0:20, 0:32]" in str(compiled.graph())


def test_a_function_that_is_called_as_what_it_computes():
    def exp(x, y):
        return _rows(x, y)

    compiled, args = ag.compile(exp), (t(20, 32), t(30, 32))
    assert compiled(*args).item() == pytest.approx(_rows(*args).item(), rel=1e-13)
    assert "    exp = b0_0" in compiled.source


def test_parts_that_are_written_over():
    def f(x, v):
        h = ag.exp(x)
        h[2:4].mul_(2.0)
        h[5] += v
        row = h[1]
        row.add_(v)
        row /= 3.0
        return (h * 2.0).sum(0) + row

    compiled, args = ag.compile(f), (t(10, 40), t(40))
    for _ in range(2):
        np.testing.assert_allclose(compiled(*args).data, f(*args).data, rtol=1e-13)
