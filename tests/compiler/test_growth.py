"""The first call takes time in proportion to the program: calls are counted, not seconds."""

import cProfile

import numpy as np
import pytest

import autograd as ag
import nn
import optim

SHORT, MORE = 8, 32


def calls_of(step, *args):
    """How many functions and steps of generators a call runs."""
    profile = cProfile.Profile()
    profile.runcall(step, *args)
    return sum(entry.callcount for entry in profile.getstats())


def recurrence(length):
    layer = nn.LSTM(2, 2)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    text = ag.tensor(np.ones((length, 1, 2)))

    def step():
        optimizer.zero_grad()
        loss = layer(text)[0].sum()
        loss.backward()
        optimizer.step()
        return loss

    return step, ()


def arguments(length):
    def step(*parts):
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    return step, [ag.tensor(np.ones(2)) for _ in range(length)]


def updates(length):
    x = ag.tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.9)

    def step():
        for _ in range(length):
            optimizer.zero_grad()
            (x * x).sum().backward()
            optimizer.step()

    return step, ()


def layers(length):
    model = nn.Sequential(*(nn.Linear(2, 2) for _ in range(length)))
    optimizer = optim.Adam(model.parameters())
    x = ag.tensor(np.ones((3, 2)))

    def step():
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    return step, ()


def states(length):
    w = ag.tensor(0.5 * np.eye(2), requires_grad=True)

    def step():
        kept = [w[0]]
        for _ in range(length):
            kept.append(ag.tanh(w @ kept[-1]))
        return ag.grad(ag.stack(kept).sum() + ag.cat(kept).sum(), [w])[0]

    return step, ()


def numbers(length):
    weights = [ag.tensor(0.1, requires_grad=True) for _ in range(length)]

    def step():
        total = 1.0
        for weight in weights:
            total = ag.tanh(total * weight + weight)
        return ag.grad(total, weights)

    return step, ()


@pytest.mark.parametrize(
    ("make", "length"),
    [
        (recurrence, SHORT),
        (layers, SHORT),
        (states, SHORT),
        (arguments, MORE),
        (updates, MORE),
        (numbers, MORE),
    ],
)
def test_four_times_the_program_takes_four_times_the_calls(make, length):
    counts = []
    for size in (2, length, 4 * length):  # the first one fills caches
        step, args = make(size)
        counts.append(calls_of(ag.compile(step), *args))
    assert counts[2] < 4.08 * counts[1]
