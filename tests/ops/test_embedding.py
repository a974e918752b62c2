"""Tables of vectors, one-hot vectors and dropout (PyTorch 2.13, measured)."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def table(rows, size=2):
    return ag.tensor(np.arange(rows * size, dtype=float).reshape(rows, size), requires_grad=True)


def test_rows_add_up_and_the_padding_row_gets_none():
    weight = table(3)
    ag.embedding(ag.tensor([0, 1, 1]), weight, padding_idx=0).sum().backward()
    assert weight.grad.tolist() == [[0, 0], [2, 2], [0, 0]]
    weight = table(3)
    ag.embedding(np.array([2, 1, 1]), weight, padding_idx=-1).sum().backward()
    assert weight.grad.tolist() == [[0, 0], [2, 2], [0, 0]]


def test_gradients_by_frequency():
    weight = table(3)
    out = ag.embedding(np.array([[0, 1], [1, 1]]), weight, scale_grad_by_freq=True)
    (out * np.array([[[3.0], [1]], [[2.0], [6]]])).sum().backward()
    assert weight.grad.tolist() == [[3, 3], [3, 3], [0, 0]]


@pytest.mark.parametrize("index", [3, -1])
def test_indices_outside_the_table(index):
    with pytest.raises(IndexError, match="index out of range in self") as caught:
        ag.embedding(np.array([0, index]), table(3))
    assert isinstance(caught.value, ag.GlassError)


def test_an_embedding_is_a_product_with_one_hot_vectors():
    index, weight = np.array([[2, 0], [1, 2]]), table(3)
    hot = ag.one_hot(index)
    assert hot.dtype == np.int64
    np.testing.assert_array_equal(ag.embedding(index, weight).data, hot @ weight.data)
    assert ag.one_hot(np.array([0, 1]), 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert ag.one_hot(np.zeros(0, int), 2).shape == (0, 2)


def test_no_indices():
    weight = table(3)
    out = ag.embedding(np.zeros((0, 2), int), weight)
    assert out.shape == (0, 2, 2)
    out.sum().backward()
    assert weight.grad.tolist() == [[0, 0]] * 3


@pytest.mark.parametrize(
    ("mode", "value"),
    [
        ("sum", [[2, 4], [0, 0], [4, 5]]),
        ("mean", [[1, 2], [0, 0], [4, 5]]),
        ("max", [[2, 3], [0, 0], [4, 5]]),
    ],
)
def test_bags(mode, value):
    out = ag.embedding_bag(np.array([0, 1, 2]), table(3), np.array([0, 2, 2]), mode)
    assert out.tolist() == value
    with_padding = ag.embedding_bag(np.array([[0, 1], [2, 2]]), table(3), mode=mode, padding_idx=2)
    assert with_padding.tolist()[1] == [0, 0]


def test_weights_in_a_bag():
    out = ag.embedding_bag(
        np.array([[0, 1]]), table(2), mode="sum", per_sample_weights=np.array([[2.0, 10]])
    )
    assert out.tolist() == [[20, 32]]
    with pytest.raises(ag.ArgumentError, match="mode='sum'"):
        ag.embedding_bag(np.array([[0]]), table(2), per_sample_weights=np.ones((1, 1)))


# --- dropout --------------------------------------------------------------------------------


def test_dropout_scales_and_masks_the_gradient_alike():
    x = ag.tensor(np.ones(1000), requires_grad=True)
    out = ag.dropout(x, 0.25, rng=0)
    out.sum().backward()
    assert set(out.tolist()) == {0.0, 1 / 0.75}
    assert x.grad.tolist() == out.tolist()
    assert 0.2 < np.mean(out.data == 0) < 0.3


def test_dropout_of_everything_and_of_nothing():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = ag.dropout(x, 1.0)
    assert out.tolist() == [0, 0, 0]
    out.sum().backward()
    assert x.grad.tolist() == [0, 0, 0]
    assert ag.dropout(x, 0.5, training=False) is x
    assert ag.dropout(x, 0.0) is x


def test_dropout_refuses_what_is_no_probability():
    for p in (1.5, -0.1):
        with pytest.raises(ValueError, match="has to be between 0 and 1, but got"):
            ag.dropout(np.ones(3), p)


def test_the_same_seed_drops_the_same():
    ag.manual_seed(1)
    first = ag.dropout(np.ones(50))
    ag.manual_seed(1)
    np.testing.assert_array_equal(ag.dropout(np.ones(50)), first)


def test_whole_channels_are_dropped():
    out = ag.dropout2d(np.ones((8, 8, 3, 2)), 0.5, rng=0)
    assert ((out == 0).all((2, 3)) | (out == 2).all((2, 3))).all()
    assert ag.dropout2d(np.ones((4, 3, 2)), 0.5, rng=0).shape == (4, 3, 2)
    assert ag.dropout(np.ones(3, np.float32), rng=0).dtype == np.float32


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=100_000)
    out = ag.alpha_dropout(x, 0.3, training=True, rng=1)
    assert abs(out.mean()) < 0.02
    assert out.var() == pytest.approx(1, abs=0.02)
    assert ag.alpha_dropout(x, 1.0, training=True).any() == np.False_
