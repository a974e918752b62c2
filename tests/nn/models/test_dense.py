"""The multilayer perceptron and the highway network."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from nn.models import MLP, HighwayNetwork


def test_an_mlp_is_layers_with_a_nonlinearity_between():
    model = MLP([3, 5, 4, 2], nn.Tanh, rng=0)
    assert [type(layer).__name__ for layer in model] == ["Linear", "Tanh"] * 2 + ["Linear"]
    x = np.random.default_rng(0).normal(size=(6, 3))
    h = x
    for layer in (model[0], model[2]):
        h = np.tanh(h @ layer.weight.data.T + layer.bias.data)
    np.testing.assert_allclose(model(x).data, h @ model[4].weight.data.T + model[4].bias.data)


def test_dropout_lies_between_the_layers():
    model = MLP([3, 5, 5, 2], dropout=0.3, rng=0)
    names = [type(layer).__name__ for layer in model]
    assert names == ["Linear", "ReLU", "Dropout"] * 2 + ["Linear"]
    x = ag.ones(4, 3)
    assert (model(x).data != model(x).data).any()
    np.testing.assert_array_equal(model.eval()(x).data, model(x).data)


def test_a_part_of_an_mlp():
    model = MLP([3, 5, 2], rng=0)
    assert model[:2](ag.ones(4, 3)).shape == (4, 5)
    assert MLP([3, 2], rng=0)(ag.ones(3)).shape == (2,)


def test_gradients(check_gradients):
    x = ag.tensor(np.random.default_rng(0).normal(size=(2, 3)), requires_grad=True)
    check_gradients(MLP([3, 4, 2], nn.Tanh, rng=0), x)
    check_gradients(HighwayNetwork(3, 4, 2, 2, ag.tanh, rng=0), x)


def test_a_deep_highway_starts_by_handing_through():
    model = HighwayNetwork(4, 6, 3, depth=8, gate_bias=-30.0, rng=0)
    x = np.random.default_rng(0).normal(size=(5, 4))
    entered = np.maximum(x @ model.enter.weight.data.T + model.enter.bias.data, 0)
    expected = entered @ model.leave.weight.data.T + model.leave.bias.data
    np.testing.assert_allclose(model(x).data, expected, rtol=1e-8)


def test_thirty_layers_learn_where_plain_ones_do_not():
    """The claim of Srivastava et al. 2015, in miniature."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(64, 2))
    y = ag.tensor((x[:, 0] * x[:, 1] > 0).astype(int))

    def last(model):
        adam = optim.Adam(model.parameters(), lr=0.01)
        for _ in range(60):
            adam.zero_grad()
            loss = ag.cross_entropy(model(x), y)
            loss.backward()
            adam.step()
        return loss.item()

    assert last(HighwayNetwork(2, 10, 2, depth=30, activation=ag.tanh, rng=0)) < 0.3
    assert last(MLP([2, *[10] * 31, 2], nn.Tanh, rng=0)) > 0.5


@pytest.mark.parametrize("sizes", [[3], [], [3, 0, 2]])
def test_sizes_that_make_no_mlp(sizes):
    with pytest.raises(ag.RangeError, match=r"MLP\(\[64, 32, 10\]\)"):
        MLP(sizes)


def test_a_highway_without_layers():
    with pytest.raises(ag.RangeError, match="depth=0"):
        HighwayNetwork(2, 2, 2, depth=0)
