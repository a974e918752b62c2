"""Averages of models, and running statistics for them."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim


class Scale:
    """A model that is no module: what is needed is parameters() and being callable."""

    def __init__(self, value):
        self.weight = ag.tensor([value], requires_grad=True)
        self.count = ag.tensor([0.0])

    def parameters(self):
        return [self.weight]

    def buffers(self):
        return [self.count]

    def __call__(self, x):
        return self.weight * x


def set_to(model, value, count=0.0):
    with ag.no_grad():
        model.weight.fill_(value)
        model.count.fill_(count)


def test_the_mean_over_training():
    model = Scale(9.0)
    averaged = optim.AveragedModel(model)
    for value in (1.0, 2.0, 6.0):
        set_to(model, value, count=value)
        averaged.update_parameters(model)
    assert averaged.module.weight.tolist() == [3.0]
    assert averaged(ag.tensor([2.0])).tolist() == [6.0]
    assert averaged.module.count.tolist() == [6.0]  # buffers are copied
    assert averaged.n_averaged == 3
    assert model.weight.tolist() == [6.0]


def test_the_exponential_average():
    model = Scale(1.0)
    averaged = optim.AveragedModel(model, avg_fn=optim.get_ema_avg_fn(0.75), use_buffers=True)
    for value in (1.0, 2.0, 0.0):
        set_to(model, value, count=4 * value)
        averaged.update_parameters(model)
    assert averaged.module.weight.tolist() == [0.75 * 1.25]
    assert averaged.module.count.tolist() == [4 * 0.75 * 1.25]


def test_averages_are_differentiable_rules():
    a, x = (ag.tensor([v], requires_grad=True) for v in (1.0, 3.0))
    assert ag.gradcheck(lambda a, x: optim.ema_update(a, x, 0.9), [a, x])
    assert ag.gradcheck(lambda a, x: optim.mean_update(a, x, 2), [a, x])


def test_another_model_is_refused():
    averaged = optim.AveragedModel(nn.Linear(2, 1))
    with pytest.raises(ag.StateError, match="other parameters than the one that was copied"):
        averaged.update_parameters(nn.Linear(3, 1))
    assert averaged.n_averaged == 0


def test_an_average_survives_saving():
    model = nn.Linear(2, 1, rng=0)
    averaged = optim.AveragedModel(model)
    averaged.update_parameters(model)
    other = optim.AveragedModel(nn.Linear(2, 1, rng=1))
    other.load_state_dict(averaged.state_dict())
    assert other.n_averaged == 1
    assert other.module.weight.tolist() == model.weight.tolist()
    assert next(averaged.parameters()) is averaged.module.weight


def test_an_average_is_better_than_the_noisy_last_point():
    """Noisy descent on a bowl with a large step: the mean lies nearer to the bottom."""
    rng = np.random.default_rng(0)
    model = Scale(0.0)
    optimizer = optim.SGD(model, lr=0.5)
    averaged = optim.AveragedModel(model)
    last = []
    for _ in range(200):
        model.weight.grad = ag.tensor(model.weight.data - 3 + rng.normal(size=1))
        optimizer.step()
        averaged.update_parameters(model)
        last.append(abs(model.weight.item() - 3))
    assert abs(averaged.module.weight.item() - 3) < 0.2 * np.mean(last)


def test_running_statistics_are_computed_anew():
    rng = np.random.default_rng(0)
    data = rng.normal(2.0, 3.0, size=(40, 2))
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(3))
    averaged = optim.AveragedModel(model)
    averaged.update_parameters(model)
    averaged.module.eval()
    optim.update_bn([(data[i : i + 10], None) for i in range(0, 40, 10)], averaged)
    layer = averaged.module[1]
    hidden = data @ model[0].weight.data.T + model[0].bias.data
    np.testing.assert_allclose(layer.running_mean.data, hidden.mean(0))
    batches = [hidden[i : i + 10].var(0, ddof=1) for i in range(0, 40, 10)]
    np.testing.assert_allclose(layer.running_var.data, np.mean(batches, axis=0))
    assert layer.momentum == 0.1
    assert not averaged.module.training


def test_a_model_without_statistics_is_left_alone():
    optim.update_bn(iter(()), nn.Linear(2, 1))
