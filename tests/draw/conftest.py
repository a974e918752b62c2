"""Graphs that many tests draw."""

import pytest

import autograd as ag


@pytest.fixture
def circuit():
    """Lecture A1: f = (x + y) · z at x = −2, y = 5, z = −4, after its backward pass."""
    x = ag.tensor(-2.0, requires_grad=True, name="x")
    y = ag.tensor(5.0, requires_grad=True, name="y")
    z = ag.tensor(-4.0, requires_grad=True, name="z")
    q = x + y
    f = q * z
    f.backward()
    return f


@pytest.fixture
def square():
    x = ag.tensor(3.0, requires_grad=True, name="x")
    f = x * x
    f.backward()
    return f


@pytest.fixture
def unrolled():
    """A recurrence by hand over three time steps, with two shared weights."""

    def make(steps=3):
        w = ag.tensor(0.5, requires_grad=True, name="w")
        u = ag.tensor(-1.0, requires_grad=True, name="u")
        h = ag.tensor(0.1, name="h0")
        for t in range(1, steps + 1):
            with ag.scope("t", step=t):
                h = ag.tanh(w * h + u * ag.tensor(float(t), name=f"x{t}"))
        h.backward()
        return h

    return make
