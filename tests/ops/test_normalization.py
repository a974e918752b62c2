"""Batch, layer, group and instance norm against their formulas and PyTorch's conventions."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

RNG = np.random.default_rng(0)
EPS = 1e-5


def draw(*shape):
    return RNG.normal(size=shape)


def standardized(x, axes, eps=EPS):
    """The formula of lecture E4, with the biased variance."""
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(var + eps)


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2), (2, 3, 4, 2)])
def test_e4_batch_norm_in_training(shape):
    x, gamma, beta = draw(*shape), draw(3), draw(3)
    axes, per_channel = (0, *range(2, len(shape))), (3, *(1,) * (len(shape) - 2))
    out = ag.batch_norm(x, None, None, gamma, beta, training=True)
    expected = standardized(x, axes) * gamma.reshape(per_channel) + beta.reshape(per_channel)
    np.testing.assert_allclose(out, expected, rtol=1e-10)


def test_e4_gamma_and_beta_are_learned():
    x, gamma, beta = draw(4, 3), ag.tensor(draw(3), requires_grad=True), ag.tensor(np.zeros(3))
    beta.requires_grad_()
    weights = draw(4, 3)
    (ag.batch_norm(x, None, None, gamma, beta, training=True) * weights).sum().backward()
    np.testing.assert_allclose(gamma.grad.data, (weights * standardized(x, 0)).sum(0))
    np.testing.assert_allclose(beta.grad.data, weights.sum(0))


def test_running_statistics_move_with_the_unbiased_variance():
    """PyTorch 2.13, measured: mean 0.2333, variance 0.9 + 0.1 · 2.3333."""
    x = ag.tensor([[1.0], [2.0], [4.0]], requires_grad=True)
    mean, var = ag.tensor([0.0]), ag.tensor([1.0])
    out = ag.batch_norm(x, mean, var, training=True)
    assert mean.tolist() == pytest.approx([0.23333333333])
    assert var.tolist() == pytest.approx([1.13333333333])
    assert (mean._version, var._version) == (1, 1)
    assert not mean.requires_grad
    out.sum().backward()
    array = np.zeros(1)
    ag.batch_norm(x, array, None, training=True, momentum=0.5)
    assert array.tolist() == pytest.approx([7 / 6])


def test_evaluation_uses_running_statistics_and_leaves_them():
    x, mean, var = draw(2, 3, 2), draw(3), RNG.uniform(0.5, 2, 3)
    before = mean.copy(), var.copy()
    out = ag.batch_norm(ag.tensor(x), mean, var)
    np.testing.assert_allclose(
        out.data, (x - mean[:, None]) / np.sqrt(var[:, None] + EPS), rtol=1e-12
    )
    np.testing.assert_array_equal((mean, var), before)
    assert ag.batch_norm(ag.tensor(x.astype(np.float32)), mean, var).dtype == np.float32


def test_momentum_none_leaves_running_statistics_alone():
    mean, var = np.zeros(2), np.ones(2)
    ag.batch_norm(draw(4, 2), mean, var, training=True, momentum=None)
    ag.instance_norm(draw(2, 2, 3), mean, var, momentum=None)
    assert (mean.tolist(), var.tolist()) == ([0, 0], [1, 1])


def test_one_value_per_channel_is_refused_in_training():
    with pytest.raises(ValueError, match="more than 1 value per channel when training") as caught:
        ag.batch_norm(np.ones((1, 1)), None, None, training=True)
    assert isinstance(caught.value, ag.GlassError)
    assert ag.batch_norm(np.zeros((1, 1)), np.zeros(1), np.ones(1)).tolist() == [[0]]


def test_an_empty_batch():
    assert ag.batch_norm(np.ones((0, 2)), None, None, training=True).shape == (0, 2)


def test_long_float32_columns_add_up():
    """Sums run in float64: NumPy's own column sums in float32 are off by a percent here."""
    x = np.full((200_000, 2), 0.1, np.float32) + np.array([0, 1], np.float32)
    _, mean, variance = ag.standardize(x, 0)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, [[0.1, 1.1]], rtol=1e-6)
    np.testing.assert_allclose(variance, 0, atol=1e-12)


def test_layer_norm():
    x, gamma, beta = draw(2, 3, 4), draw(3, 4), draw(3, 4)
    out = ag.layer_norm(x, (3, 4), gamma, beta)
    np.testing.assert_allclose(out, standardized(x, (1, 2)) * gamma + beta, rtol=1e-10)
    np.testing.assert_allclose(ag.layer_norm(x, 4), standardized(x, (2,)), rtol=1e-10)


def test_group_and_instance_norm():
    x, gamma, beta = draw(2, 4, 3), draw(4), draw(4)
    grouped = standardized(x.reshape(2, 2, 6), 2).reshape(2, 4, 3)
    out = ag.group_norm(x, 2, gamma, beta)
    np.testing.assert_allclose(out, grouped * gamma[:, None] + beta[:, None], rtol=1e-10)
    np.testing.assert_allclose(ag.instance_norm(x), standardized(x, 2), rtol=1e-10)
    mean, var = np.zeros(4), np.ones(4)
    ag.instance_norm(x, mean, var)
    np.testing.assert_allclose(mean, 0.1 * x.mean((0, 2)))
    np.testing.assert_allclose(var, 0.9 + 0.1 * x.var(2, ddof=1).mean(0))
    fixed = ag.instance_norm(x, mean, var, use_input_stats=False)
    np.testing.assert_allclose(fixed, ag.batch_norm(x, mean, var))


def test_rms_norm_and_local_response_norm():
    x = draw(2, 4)
    rms = np.sqrt((x * x).mean(1, keepdims=True) + np.finfo(float).eps)
    np.testing.assert_allclose(ag.rms_norm(x, 4, np.full(4, 2.0)), 2 * x / rms)
    lrn = ag.local_response_norm(np.arange(4.0).reshape(1, 4, 1), 3, alpha=1.0)
    np.testing.assert_allclose(lrn.reshape(-1), [0, 0.4792, 0.5445, 0.8548], atol=5e-5)


def test_constant_input_has_gradient_zero():
    x = ag.tensor(np.ones((3, 2)), requires_grad=True)
    (ag.layer_norm(x, 2) * draw(3, 2)).sum().backward()
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ag.batch_norm(x, np.ones(3), np.ones(2)), "running_mean should contain 2"),
        (lambda x: ag.batch_norm(x, None, None), "pass running_mean"),
        (lambda x: ag.batch_norm(x[0], None, None), r"\(N, C, …\)"),
        (lambda x: ag.layer_norm(x, 3), "end in"),
        (lambda x: ag.group_norm(x, 4), "divisible"),
        (lambda x: ag.local_response_norm(x[..., None], 0), "at least 1"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ag.GlassError, match=words):
        call(np.ones((3, 2)))
