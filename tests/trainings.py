"""A small classification problem, and how the tests of `optim.fit` train on it."""

from __future__ import annotations

import numpy as np

import nn
import optim

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 4))
Y = (X @ RNG.standard_normal((4, 3))).argmax(axis=1)
TRAIN, HELD_OUT = (X[:45], Y[:45]), (X[45:], Y[45:])


def classifier(seed=0, dropout=0.0):
    layers = [nn.Linear(4, 8, rng=seed), nn.Tanh(), nn.Linear(8, 3, rng=seed + 1)]
    return (
        nn.Sequential(*layers[:2], nn.Dropout(dropout), layers[2])
        if dropout
        else (nn.Sequential(*layers))
    )


def train(model, data=TRAIN, **options):
    options = {
        "epochs": 3,
        "optimizer": lambda parameters: optim.SGD(parameters, lr=0.1, momentum=0.9),
        "batch_size": 8,
        "rng": 1,
        "progress": False,
        **options,
    }
    return optim.fit(model, nn.CrossEntropyLoss(), data, **options)


def weights(model):
    return {name: tensor.data.copy() for name, tensor in model.state_dict().items()}


def assert_same(one, two):
    assert one.keys() == two.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name, strict=True)


def curves(history):
    return {name: column for name, column in history.epochs.items() if name != "seconds"}
