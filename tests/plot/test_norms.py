"""Gradient norms through layers and time, and Jacobians of states, against other ways to them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plotted import curves, net, recurrence

import autograd as ag
import nn


def norm(array):
    return math.sqrt(sum(float(v) ** 2 for v in np.asarray(array).ravel()))


def trained():
    """A model with gradients, and the loss that they are of."""
    model = net(4, 5, 5, 2)
    loss = (model(ag.tensor(np.random.default_rng(3).normal(size=(6, 4)))) ** 2).sum()
    loss.backward()
    return model, loss


def test_layers_of_a_model():
    model, _ = trained()
    (axes,) = ag.plot.gradient_norms(model).axes
    for kind in ("weight", "bias"):
        expected = [norm(getattr(layer, kind).grad.data) for layer in list(model)[::2]]
        assert curves(axes)[kind].get_xdata() == pytest.approx(expected)
        assert list(curves(axes)[kind].get_ydata()) == [0, 1, 2]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["0", "2", "4"]
    assert axes.get_xscale() == "log"


def test_layers_of_a_loss_leave_the_gradients_alone():
    model, loss = trained()
    expected = {n: p.grad.data.copy() for n, p in model.named_parameters()}
    for given in (loss, loss.graph().trace):
        (axes,) = ag.plot.gradient_norms(given).axes
        found = curves(axes)["weight"].get_xdata()
        assert found == pytest.approx([norm(expected[f"{i}.weight"]) for i in (0, 2, 4)])
    assert all(np.array_equal(p.grad.data, expected[n]) for n, p in model.named_parameters())


def test_vanished_gradients_are_counted_and_not_drawn():
    model, _ = trained()
    model[0].weight.grad.zero_()
    (axes,) = ag.plot.gradient_norms(model).axes
    assert math.isnan(curves(axes)["weight"].get_xdata()[0])
    assert axes.get_title(loc="left").endswith("(1\N{NO-BREAK SPACE}zero)")
    for parameter in model.parameters():
        parameter.grad.zero_()
    figure = ag.plot.gradient_norms(model)
    figure.draw_without_rendering()
    assert figure.axes[0].get_xscale() == "linear"
    assert list(curves(figure.axes[0])["weight"].get_xdata()) == [0, 0, 0]


def test_norms_of_one_size_stand_on_a_whole_decade():
    model = nn.Linear(1, 1, rng=0)
    (3 * model(ag.ones(2, 1))).sum().backward()  # both gradients are 6
    (axes,) = ag.plot.gradient_norms(model).axes
    assert axes.get_xlim() == (1, 10)
    assert not any(t.get_text() for t in axes.get_xticklabels(minor=True))


def test_time_of_a_loop_of_ones_own():
    states, _ = recurrence(steps=7)
    loss = (states[-1] ** 2).sum()
    expected = [norm(g.data) for g in ag.grad(loss, states[1:])]
    (axes,) = ag.plot.gradient_norms(loss).axes
    (line,) = axes.get_lines()
    assert list(line.get_xdata()) == [1, 2, 3, 4, 5, 6, 7]
    assert line.get_ydata() == pytest.approx(expected)
    assert axes.get_legend() is None


def test_time_of_a_layer_equals_backpropagation_by_hand():  # D4
    layer = nn.RNN(2, 4, rng=0)
    x = np.random.default_rng(1).normal(size=(9, 2))
    outputs, _ = layer(ag.tensor(x))
    loss = (outputs**2).sum()
    h, w = outputs.data, layer.weight_hh_l0.data
    delta, expected = np.zeros(4), []
    for t in reversed(range(9)):
        delta = 2 * h[t] + delta
        expected.append(norm(delta))
        delta = w.T @ (delta * (1 - h[t] ** 2))
    (line,) = ag.plot.gradient_norms(loss).axes[0].get_lines()
    assert line.get_ydata() == pytest.approx(expected[::-1])


def test_an_lstm_has_two_states_and_two_directions():
    layer = nn.LSTM(2, 3, bidirectional=True, rng=0)
    outputs, _ = layer(ag.tensor(np.random.default_rng(1).normal(size=(5, 2))))
    (axes,) = ag.plot.gradient_norms((outputs**2).sum()).axes
    assert list(curves(axes)) == [
        "layer 0, state 1",
        "layer 0, state 2",
        "layer 0, reverse, state 1",
        "layer 0, reverse, state 2",
    ]
    for line in axes.get_lines():
        assert list(line.get_xdata()) == [1, 2, 3, 4, 5]
        assert np.all(np.isfinite(line.get_ydata()))


def test_names_of_ones_own_are_shown():
    a = b = ag.tensor(0.5, requires_grad=True)
    for t in range(3):
        with ag.scope("t", step=t):
            a, b = ag.tanh(a + b), ag.sin(b)
            a.name, b.name = "fast", "slow"
    (axes,) = ag.plot.gradient_norms(a * b).axes
    assert list(curves(axes)) == ["fast", "slow"]


def test_two_recurrences_one_after_the_other():
    first, _ = recurrence(steps=4)
    h = first[-1]
    for t in range(4):
        with ag.scope("t", step=t + 1):
            h = ag.sin(h)
    (axes,) = ag.plot.gradient_norms(h.sum()).axes
    assert [list(line.get_xdata()) for line in axes.get_lines()] == [[1, 2, 3, 4]] * 2


def test_layers_instead_of_time():
    layer = nn.RNN(2, 3, rng=0)
    loss = layer(ag.ones(4, 2))[0].sum()
    (axes,) = ag.plot.gradient_norms(loss, through="layers").axes
    assert len(axes.get_yticklabels()) == 4


@pytest.mark.parametrize(
    ("given", "through", "error", "words"),
    [
        (lambda: net(2, 2), None, ag.GradientError, "backward"),
        (lambda: net(2, 2), "time", ag.ArgumentError, "give the loss"),
        (lambda: 3, None, ag.ArgumentError, "named_parameters.*got int"),
        (lambda: nn.Tanh(), None, ag.ArgumentError, "Tanh has no parameters"),
        (lambda: net(2, 2), "space", ag.RangeError, "'layers' or 'time'"),
        (lambda: trained()[1], "time", ag.RangeError, r"ag\.scope"),
        (lambda: ag.tensor(1.0), None, ag.GradientError, "requires"),
        (
            lambda: (ag.tensor(1.0, requires_grad=True) * 2).graph().trace,
            None,
            ag.GradientError,
            "no gradient of a parameter",
        ),
    ],
)
def test_gradient_norms_refuse(given, through, error, words):
    with pytest.raises(error, match=words):
        ag.plot.gradient_norms(given(), through=through)


# --- Jacobians of states, E3 -----------------------------------------------------------------


@pytest.mark.parametrize(("phi", "gamma"), [(ag.tanh, 1.0), (ag.sigmoid, 0.25)])
def test_jacobians_equal_the_product_of_the_steps(phi, gamma):
    states, weight = recurrence(steps=6, phi=phi)
    slope = {1.0: lambda h: 1 - h**2, 0.25: lambda h: h * (1 - h)}[gamma]
    product, expected = np.eye(3), [1.0]
    for h in reversed(states[1:]):
        product = product @ (slope(h.data)[:, None] * weight)
        expected.append(np.linalg.svd(product)[1][0])
    (axes,) = ag.plot.jacobian_norms(states, gamma * 0.8).axes
    measured, bound = curves(axes)["measured"], curves(axes)["measured, bound"]
    assert measured.get_ydata() == pytest.approx(expected)
    assert bound.get_ydata() == pytest.approx([(gamma * 0.8) ** n for n in range(7)])
    assert np.all(measured.get_ydata() <= bound.get_ydata() * (1 + 1e-12))
    assert list(measured.get_xdata()) == list(range(7))


def test_a_large_weight_explodes_within_its_bound():
    states, weight = recurrence(steps=6, scale=3.0, phi=lambda a: a)
    (axes,) = ag.plot.jacobian_norms(states, 3.0).axes
    powers = [np.linalg.norm(np.linalg.matrix_power(weight, n), 2) for n in range(7)]
    assert curves(axes)["measured"].get_ydata() == pytest.approx(powers)


def remembering(bias):
    """The cell states of an LSTM, its forget gates moved by a bias."""
    cell, draw = nn.LSTMCell(2, 3, rng=0), np.random.default_rng(5)
    with ag.no_grad():
        cell.bias_ih[3:6] = bias
    state = (ag.zeros(3, requires_grad=True), ag.zeros(3, requires_grad=True))
    states = [state[1]]
    for x in draw.normal(size=(12, 2)):
        state = cell(ag.tensor(x), state)
        states.append(state[1])
    return states


def test_an_lstm_keeps_what_its_forget_gate_lets_through():
    figure = ag.plot.jacobian_norms({"open": remembering(6.0), "usual": remembering(0.0)})
    lines = curves(figure.axes[0])
    assert lines["open"].get_ydata()[-1] > 0.5 > 0.05 > lines["usual"].get_ydata()[-1]


def test_a_batch_is_averaged():
    one, two = (ag.tensor(v, requires_grad=True) for v in ([[0.1, 0.2]], [[0.5, -0.4]]))
    both = ag.tensor([[0.1, 0.2], [0.5, -0.4]], requires_grad=True)
    last = [
        ag.plot.jacobian_norms([h, ag.tanh(h * ag.tensor([2.0, 3.0]))]).axes[0].get_lines()[0]
        for h in (one, two, both)
    ]
    a, b, mean = (line.get_ydata()[1] for line in last)
    assert mean == pytest.approx((a + b) / 2)


def test_a_cut_recurrence_depends_on_nothing_before():
    h = ag.tensor([1.0, 2.0], requires_grad=True)
    cut = ag.tensor(ag.tanh(h).data, requires_grad=True)
    (axes,) = ag.plot.jacobian_norms([h, cut, ag.tanh(cut)]).axes
    assert math.isnan(axes.get_lines()[0].get_ydata()[2])
    assert axes.get_title(loc="left").endswith("(1\N{NO-BREAK SPACE}zero)")


@pytest.mark.parametrize(
    ("states", "bounds", "error", "words"),
    [
        (lambda: ag.ones(3, 2), None, ag.ArgumentError, "in a list"),
        (lambda: [1, 2], None, ag.ArgumentError, "got int"),
        (lambda: [(ag.ones(2), ag.ones(2))], None, ag.ArgumentError, "choose one"),
        (lambda: [ag.ones(2), ag.ones(2)], None, ag.RangeError, "0 of 2 states.*no_grad"),
        (lambda: recurrence()[0], -1.0, ag.RangeError, "product of norms"),
        (lambda: recurrence()[0], float("nan"), ag.RangeError, "product of norms"),
        (lambda: {"a": recurrence()[0]}, {"b": 1.0}, ag.RangeError, "has 'b', but the runs are a"),
    ],
)
def test_jacobian_norms_refuse(states, bounds, error, words):
    with pytest.raises(error, match=words):
        ag.plot.jacobian_norms(states(), bounds)
