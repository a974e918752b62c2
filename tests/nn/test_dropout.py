"""Dropout: what becomes zero, what is scaled, whose randomness, and when nothing happens."""

import copy

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st

import autograd as ag
import nn

KINDS = [
    (nn.Dropout, (50, 40)),
    (nn.Dropout1d, (50, 40, 3)),
    (nn.Dropout2d, (50, 40, 2, 2)),
    (nn.AlphaDropout, (50, 40)),
]
ALL = pytest.mark.parametrize(("kind", "shape"), KINDS)
ZEROING = pytest.mark.parametrize(("kind", "shape"), KINDS[:3])


@ZEROING
def test_values_are_zero_or_scaled_and_the_gradient_has_the_same_mask(kind, shape):
    x = ag.ones(*shape).requires_grad_()
    y = kind(0.25, rng=0)(x)
    assert set(y.detach().numpy().ravel().tolist()) == {0.0, 4 / 3}
    assert 0.7 < (y.detach().numpy() > 0).mean() < 0.8
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


@pytest.mark.parametrize(("kind", "shape"), KINDS[1:3])
def test_whole_channels_are_zero(kind, shape):
    for lead in (shape, shape[1:]):
        y = kind(0.5, rng=0)(ag.ones(*lead)).numpy()
        channels = y.reshape(*lead[: len(lead) - len(shape) + 2], -1)
        assert (channels.min(-1) == channels.max(-1)).all()
        assert 0 < (channels > 0).mean() < 1


@ALL
def test_in_evaluation_and_without_probability_nothing_happens(kind, shape):
    x = ag.ones(*shape)
    assert kind(0.5).eval()(x) is x
    assert kind(0.0)(x) is x


@ALL
def test_of_certainty_only_zeros_are_left(kind, shape):
    x = ag.ones(*shape).requires_grad_()
    y = kind(1.0)(x)
    y.sum().backward()
    assert not y.detach().numpy().any()
    assert not x.grad.numpy().any()


@ALL
def test_each_call_draws_anew_and_seeds_repeat(kind, shape):
    x = ag.ones(*shape)
    layer, twin = kind(0.5, rng=7), kind(0.5, rng=7)
    first, second = layer(x).tolist(), layer(x).tolist()
    assert first != second
    assert [twin(x).tolist(), twin(x).tolist()] == [first, second]
    ag.manual_seed(3)
    seeded = kind(0.5)(x).tolist()
    ag.manual_seed(3)
    assert kind(0.5)(x).tolist() == seeded
    assert copy.deepcopy(layer)(x).tolist() == layer(x).tolist()


@ALL
@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_a_probability_that_is_none(kind, shape, p):
    with pytest.raises(ag.RangeError, match=r"Dropout\w*\(p=.*between 0 and 1"):
        kind(p)


@ALL
def test_float32_and_empty_batches(kind, shape):
    layer = kind(0.5, rng=0)
    assert layer(ag.ones(*shape, dtype=np.float32)).dtype == np.float32
    assert layer(ag.ones(0, *shape[1:])).shape == (0, *shape[1:])


def test_alpha_dropout_keeps_mean_and_variance():
    x = ag.tensor(np.random.default_rng(0).normal(size=200_000))
    y = nn.AlphaDropout(0.3, rng=1)(x).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1) < 0.02


def test_channels_need_dimensions():
    with pytest.raises(ag.ShapeError, match="dropout2d: expected 4 dimensions"):
        nn.Dropout2d()(ag.ones(2, 2))


def test_switching_a_model_switches_its_dropout():
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)).eval()
    x = ag.ones(4, 3)
    assert model(x).tolist() == model[0](x).tolist()


@examples(200)
@given(st.integers(0, 3), st.integers(1, 4), st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
def test_family_of_dropouts(batch, channels, p, seed):
    values = np.random.default_rng(seed).normal(size=(batch, channels, 2, 2))
    for kind, lead in ((nn.Dropout, 4), (nn.Dropout2d, 2)):
        kept = np.random.default_rng(seed).random(values.shape[:lead]) >= p
        kept = kept.reshape(*kept.shape, *(1,) * (4 - lead))
        x = ag.tensor(values, requires_grad=True)
        y = kind(p, rng=seed)(x)
        np.testing.assert_allclose(y.detach().numpy(), values * kept / (1 - p))
        (gradient,) = ag.grad(y.sum(), [x])
        np.testing.assert_allclose(gradient.numpy(), np.ones_like(values) * kept / (1 - p))
