"""Attention, affine maps and images of another size (PyTorch 2.13, measured)."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag

RNG = np.random.default_rng(0)
Q = np.arange(6.0).reshape(3, 2) / 3


def draw(*shape):
    return RNG.normal(size=shape)


def by_hand(q, k, v, mask=None, scale=None):
    scores = q @ np.swapaxes(k, -1, -2) * (scale or 1 / math.sqrt(q.shape[-1]))
    scores = scores if mask is None else np.where(mask, scores, -1e300)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_attention_is_its_formula(lead):
    q, k, v = draw(*lead, 3, 4), draw(*lead, 5, 4), draw(*lead, 5, 2)
    np.testing.assert_allclose(ag.scaled_dot_product_attention(q, k, v), by_hand(q, k, v))
    causal = ag.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3)
    mask = np.tril(np.ones((3, 5), bool))
    np.testing.assert_allclose(causal, by_hand(q, k, v, mask, 0.3))


def test_masks():
    """A query that may look nowhere gets zeros, and no NaN in any gradient."""
    mask = np.array([[True, False, True], [False] * 3, [True] * 3])
    q = ag.tensor(Q, requires_grad=True)
    out = ag.scaled_dot_product_attention(q, q, q, mask)
    expected = [[0.7706, 1.1039], [0, 0], [1.1484, 1.4817]]
    np.testing.assert_allclose(out.data, expected, atol=5e-5)
    out.sum().backward()
    assert np.isfinite(q.grad.data).all()
    numbers = np.where(mask, 0.0, -math.inf)
    added = ag.scaled_dot_product_attention(Q, Q, Q, numbers)
    np.testing.assert_allclose(added, out.data)
    bias = ag.tensor(draw(3, 3), requires_grad=True)
    ag.scaled_dot_product_attention(Q, Q, Q, bias).sum().backward()
    np.testing.assert_allclose(bias.grad.data.sum(-1), 0, atol=1e-12)


def test_a_mask_of_numbers_has_a_gradient_where_a_query_may_look():
    q, bars = ag.tensor(draw(3, 2)), np.array([[0.0, -math.inf], [0.5, 1.0], [-math.inf, 0.0]])
    mask = ag.tensor(bars, requires_grad=True)
    k, v = draw(2, 2), draw(2, 2)
    ag.scaled_dot_product_attention(q, k, v, mask)[:, 0].sum().backward()
    weights = ag.softmax(q @ k.T / math.sqrt(2) + bars, -1).data
    by_weight = weights * (v[:, 0] - weights @ v[:, :1])
    np.testing.assert_allclose(mask.grad.data, by_weight, atol=1e-12)
    assert mask.grad.data[[0, 2], [1, 0]].tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_causal_mask_keeps_the_dtype_and_bars_what_comes_later(dtype):
    q = ag.tensor(draw(4, 2).astype(dtype), requires_grad=True)
    value = ag.tensor(draw(4, 2).astype(dtype), requires_grad=True)
    out = ag.scaled_dot_product_attention(q, q.detach(), value, is_causal=True)
    out[1].sum().backward()
    assert out.dtype == q.grad.dtype == dtype
    assert not value.grad.data[2:].any()
    assert value.grad.data[:2].all()


def test_grouped_queries_share_heads():
    q, k, v = draw(1, 4, 3, 2), draw(1, 2, 3, 2), draw(1, 2, 3, 2)
    shared = ag.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    twice = [np.repeat(x, 2, axis=1) for x in (k, v)]
    np.testing.assert_allclose(shared, ag.scaled_dot_product_attention(q, *twice))
    with pytest.raises(ag.ShapeError, match="multiple"):
        ag.scaled_dot_product_attention(q[:, :3], k, v, enable_gqa=True)


def test_dropout_of_weights():
    out = ag.scaled_dot_product_attention(Q, Q, np.ones((3, 1)), dropout_p=0.5, rng=0)
    assert out.shape == (3, 1)
    assert (out != 1).any()


def test_linear():
    x, w, b = draw(2, 3), draw(4, 3), draw(4)
    np.testing.assert_allclose(ag.linear(x, w, b), x @ w.T + b)
    np.testing.assert_allclose(ag.linear(x[0], w), w @ x[0])
    np.testing.assert_allclose(ag.linear(x, w[0]), x @ w[0])


def test_bilinear():
    x, z, w, b = draw(5, 3), draw(5, 2), draw(4, 3, 2), draw(4)
    np.testing.assert_allclose(ag.bilinear(x, z, w, b), np.einsum("ni,kij,nj->nk", x, w, z) + b)


RAMP = np.arange(4.0).reshape(1, 1, 4)
SQUARE = np.arange(4.0).reshape(1, 1, 2, 2)


@pytest.mark.parametrize(
    ("image", "args", "options", "expected"),
    [
        (RAMP, (6,), {}, [0, 0, 1, 2, 2, 3]),
        (RAMP, (6,), {"mode": "nearest-exact"}, [0, 1, 1, 2, 3, 3]),
        (RAMP, (None, 2), {}, [0, 0, 1, 1, 2, 2, 3, 3]),
        (RAMP, (4,), {}, [0, 1, 2, 3]),
        (RAMP, (None, 2.3), {}, [0, 0, 0, 1, 1, 2, 2, 3, 3]),
        (RAMP, (None, 1.2), {}, [0, 1, 2, 3]),
        (RAMP, (3,), {"mode": "linear"}, [1 / 6, 1.5, 17 / 6]),
        (RAMP, (1,), {"mode": "linear", "align_corners": True}, [0]),
        (RAMP, (2,), {"mode": "area"}, [0.5, 2.5]),
        (
            SQUARE,
            (None, 2),
            {"mode": "bilinear"},
            [0, 0.25, 0.75, 1, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3],
        ),
        (
            SQUARE,
            ((3, 3),),
            {"mode": "bilinear", "align_corners": True},
            [0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3],
        ),
        (
            np.arange(16.0).reshape(1, 1, 4, 4),
            ((2, 3),),
            {"mode": "bicubic"},
            [1.7512, 3.125, 4.4988, 10.5012, 11.875, 13.2488],
        ),
    ],
)
def test_interpolate(image, args, options, expected):
    out = ag.interpolate(image, *args, **options)
    np.testing.assert_allclose(out.reshape(-1), expected, atol=5e-5)


def test_interpolation_keeps_an_infinity_local_and_float32_small():
    image = np.array([[[math.inf, 1, 2, 3]]], np.float32)
    out = ag.interpolate(image, 8)
    assert out.dtype == np.float32
    assert np.isfinite(out[0, 0, 2:]).all()
    assert ag.interpolate(image, scale_factor=1.5, mode="linear").dtype == np.float32


def test_pixels_are_shuffled_and_back():
    x = draw(2, 8, 3, 2)
    out = ag.pixel_shuffle(x, 2)
    assert out.shape == (2, 2, 6, 4)
    np.testing.assert_array_equal(out[0, 0, :2, :2].reshape(-1), x[0, :4, 0, 0])
    np.testing.assert_array_equal(ag.pixel_unshuffle(out, 2), x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.linear(np.ones((2, 3)), np.ones((3, 4))), "in_features"),
        (lambda: ag.interpolate(SQUARE, (1, 2, 3)), "one for each"),
        (lambda: ag.interpolate(SQUARE, 0), "at least 1"),
        (lambda: ag.interpolate(SQUARE, 2, mode="linear"), "takes an input of 1 spatial"),
        (lambda: ag.interpolate(SQUARE[0, 0], 2), "1 to 3 spatial"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ag.GlassError, match=words):
        call()
