"""Worked examples of the lectures that need no layers: A1, A2, A3, A6, B1, B2, E1."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(value, name=None):
    return ag.tensor(value, requires_grad=True, name=name)


def test_a1_circuit():
    x, y, z = leaf(-2.0), leaf(5.0), leaf(-4.0)
    q = x + y
    f = q * z
    f.backward()
    assert (q.item(), f.item()) == (3, -12)
    assert ag.grad(f, q)[0].item() == -4
    assert (x.grad.item(), y.grad.item(), z.grad.item()) == (-4, -4, 3)


CAT, CAR, FROG = 0, 1, 2
SCORES = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]


def hinge(scores, label):
    margins = ag.maximum(scores - scores[label] + 1.0, 0.0)
    return margins.sum() - 1.0


def test_a2_hinge():
    losses = [hinge(leaf(s), label) for s, label in zip(SCORES, (CAT, CAR, FROG), strict=True)]
    assert [round(loss.item(), 1) for loss in losses] == [2.9, 0.0, 12.9]
    assert ag.stack(losses).mean().item() == pytest.approx(15.8 / 3)


def test_a3_softmax():
    scores = leaf(SCORES[CAT])
    assert [float(f"{v:.3g}") for v in scores.exp().tolist()] == [24.5, 164.0, 0.183]
    assert [round(p, 2) for p in scores.softmax(0).tolist()] == [0.13, 0.87, 0.0]
    loss = -scores.log_softmax(0)[CAT]
    assert round(loss.item(), 2) == 2.04
    loss.backward()
    np.testing.assert_allclose(scores.grad.data, scores.softmax(0).data - [1, 0, 0], atol=1e-12)


def test_a6_linear_classifier():
    x = leaf([56.0, 231.0, 24.0, 2.0])
    w = leaf([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]])
    b = leaf([1.1, 3.2, -1.2])
    scores = w @ x + b
    assert scores.tolist() == pytest.approx([-96.8, 437.9, 60.75])
    scores.sum().backward()
    np.testing.assert_allclose(w.grad.data, np.tile(x.data, (3, 1)))
    image, big = leaf(np.zeros((32, 32, 3))), leaf(np.zeros((10, 3072)))
    assert (big @ image.reshape(-1)).shape == (10,)


def test_b1_chain_rule():
    x = leaf(0.3)
    ag.sin(5 * x).backward()
    assert x.grad.item() == pytest.approx(5 * np.cos(1.5), rel=1e-15)


@pytest.mark.parametrize(
    ("g", "slope"), [(ag.tanh, lambda y: 1 - y**2), (ag.sigmoid, lambda y: y * (1 - y))]
)
def test_b2_neuron(g, slope):
    o = np.array([0.5, -1.0, 2.0])
    w, b, target = leaf([0.1, 0.2, 0.3]), leaf(0.05), 0.7
    y = g((w * o).sum() + b)
    (0.5 * (y - target) ** 2).backward()
    delta = (y.item() - target) * slope(y.item())
    np.testing.assert_allclose(w.grad.data, delta * o, rtol=1e-14)
    assert b.grad.item() == pytest.approx(delta, rel=1e-14)
    alpha = 0.1
    with ag.no_grad():
        w -= alpha * w.grad
    np.testing.assert_allclose(w.data, [0.1, 0.2, 0.3] - alpha * delta * o, rtol=1e-14)


def test_e1_vanilla_rnn_step():
    rng = np.random.default_rng(0)
    w_hh, w_xh, w_hy = (leaf(rng.normal(size=s)) for s in ((3, 3), (3, 4), (4, 3)))
    h, x = rng.normal(size=3), np.eye(4)[1]
    new = ag.tanh(w_hh @ h + w_xh @ x)
    y = w_hy @ new
    expected = np.tanh(w_hh.data @ h + w_xh.data @ x)
    np.testing.assert_allclose(new.data, expected)
    np.testing.assert_allclose(y.data, w_hy.data @ expected)
    y.sum().backward()
    inner = (1 - expected**2) * w_hy.data.sum(0)
    np.testing.assert_allclose(w_hh.grad.data, np.outer(inner, h))
    np.testing.assert_allclose(w_xh.grad.data, np.outer(inner, x))
