"""Histograms count what is there, layer by layer."""

from __future__ import annotations

import numpy as np
import pytest
from plotted import net

import autograd as ag
import nn


def panels(figure):
    """The counts and the borders of each visible panel, by the first line of its title."""
    return {
        axes.get_title(loc="left").split("\n")[0]: axes.patches[0].get_data()
        for axes in figure.axes
        if axes.get_visible()
    }


def batch(rows=30, columns=4):
    return np.random.default_rng(3).normal(size=(rows, columns))


def test_weights_are_counted_over_one_range():
    model = net(4, 6, 2)
    found = panels(ag.plot.histograms(model, bins=7))
    values = {path: p.data.ravel() for path, p in model.named_parameters()}
    low, high = (f([f(v) for v in values.values()]) for f in (min, max))
    assert list(found) == list(values)
    for path, data in found.items():
        counts, borders = np.histogram(values[path], bins=7, range=(low, high))
        assert list(data.values) == list(counts)
        assert data.edges == pytest.approx(borders)


def test_each_may_have_a_range_of_its_own():
    model = net(4, 6, 2)
    found = panels(ag.plot.histograms(model, sharex=False, bins=5))
    for path, parameter in model.named_parameters():
        counts, borders = np.histogram(parameter.data, bins=5)
        assert list(found[path].values) == list(counts)
        assert found[path].edges == pytest.approx(borders)


def test_gradients_are_those_of_backward():
    model = net(4, 3, 1)
    with pytest.raises(ag.GradientError, match="backward"):
        ag.plot.histograms(model, of="gradients")
    model(ag.tensor(batch())).sum().backward()
    found = panels(ag.plot.histograms(model, of="gradients", layers=["0.weight"]))
    counts, _ = np.histogram(model[0].weight.grad.data, bins=40)
    assert list(found) == ["0.weight"]
    assert list(found["0.weight"].values) == list(counts)


def test_activations_are_what_each_layer_gives():
    model, x = net(4, 6, 2), batch()
    figure = ag.plot.histograms(model, x, sharex=False)
    hidden = np.tanh(x @ model[0].weight.data.T + model[0].bias.data)
    found = panels(figure)
    assert list(found) == ["0: Linear", "1: Tanh", "2: Linear"]
    counts, borders = np.histogram(hidden, bins=40)
    assert list(found["1: Tanh"].values) == list(counts)
    assert found["1: Tanh"].edges == pytest.approx(borders)
    assert f"std {hidden.std():.2g}" in figure.axes[1].get_title(loc="left")


def test_gradients_of_activations_equal_backpropagation_by_hand():  # A4
    model, x = net(4, 6, 2), batch()
    figure = ag.plot.histograms(
        model, x, loss=lambda y: (y * y).sum() / 2, sharex=False, layers=["1", "2"]
    )
    hidden = np.tanh(x @ model[0].weight.data.T + model[0].bias.data)
    output = hidden @ model[2].weight.data.T + model[2].bias.data
    found = panels(figure)
    for path, expected in {"1: Tanh": output @ model[2].weight.data, "2: Linear": output}.items():
        assert found[path].edges[[0, -1]] == pytest.approx([expected.min(), expected.max()])
        assert found[path].values == pytest.approx(np.histogram(expected, bins=40)[0])


def test_looking_changes_nothing():
    norm = nn.BatchNorm1d(4)
    model = nn.Sequential(norm, nn.Dropout(0.5), nn.Linear(4, 2, rng=0))
    model[2].eval()
    before = {n: t.data.copy() for n, t in model.state_dict().items()}
    for loss in (None, lambda y: y.sum()):
        ag.plot.histograms(model, batch(), loss=loss)
    assert [m.training for m in model.modules()] == [True, True, True, False]
    assert all(np.array_equal(t.data, before[n]) for n, t in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert not any(hooks.after for hooks in map(type(model)._hooked, model.modules()))


def test_hooks_and_modes_are_given_back_when_the_model_fails():
    model = net(4, 6, 2)
    with pytest.raises(ag.ShapeError):
        ag.plot.histograms(model, np.ones((3, 5)))
    assert model.training
    assert not model[0]._hooked().after


def test_what_is_not_finite_is_said():
    layer = nn.Linear(3, 2, rng=0)
    layer.weight.data[0] = np.nan
    title = ag.plot.histograms(layer, layers=["weight"]).axes[0].get_title(loc="left")
    assert "3 not finite" in title
    layer.weight.data[:] = np.inf
    title = ag.plot.histograms(layer, layers=["weight"]).axes[0].get_title(loc="left")
    assert "none, 6 not finite" in title


def test_a_layer_that_gives_several_outputs_or_runs_twice():
    tanh = nn.Tanh()
    model = nn.Sequential(nn.Linear(4, 4, rng=0), tanh, nn.Linear(4, 4, rng=1), tanh)
    assert panels(ag.plot.histograms(model, batch()))["1: Tanh"].values.sum() == 2 * 30 * 4
    found = panels(ag.plot.histograms(nn.RNN(4, 5, rng=0), batch()))
    assert found["RNN"].values.sum() == 30 * 5


def test_an_array_takes_the_dtype_of_the_model():
    model = nn.Linear(4, 2, dtype="float32", rng=0)
    assert panels(ag.plot.histograms(model, batch()))["Linear"].values.sum() == 60


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"model": 3}, ag.ArgumentError, "named_parameters.*got int"),
        ({"model": 3, "x": batch()}, ag.ArgumentError, "named_modules.*got int"),
        ({"of": "activations"}, ag.ArgumentError, "give a batch x"),
        ({"loss": sum}, ag.ArgumentError, "give a batch x"),
        ({"of": "gradients", "x": batch()}, ag.ArgumentError, "Give loss"),
        ({"of": "weights", "x": batch()}, ag.ArgumentError, "does not run the model"),
        ({"of": "weights", "loss": sum}, ag.ArgumentError, "loss goes with"),
        ({"of": "biases"}, ag.RangeError, "'weights', 'gradients', 'activations'"),
        ({"bins": 0}, ag.RangeError, "at least one"),
        ({"layers": ["7"]}, ag.RangeError, "'7'.*it has '0.weight', '0.bias'"),
        ({"layers": []}, ag.RangeError, "nothing to show"),
        ({"x": batch(), "loss": lambda y: y}, ag.ArgumentError, "gives one number"),
    ],
)
def test_histograms_refuse(arguments, error, words):
    with pytest.raises(error, match=words):
        ag.plot.histograms(**{"model": net(4, 2), **arguments})


def test_frozen_models_have_no_gradients_of_activations():
    with pytest.raises(ag.GradientError, match="frozen"):
        ag.plot.histograms(net(4, 2).requires_grad_(False), batch(), loss=lambda y: y.sum())
