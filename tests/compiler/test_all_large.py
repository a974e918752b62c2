"""What is done to large arrays alone, done to arrays of every size: programs give the same."""

from __future__ import annotations

import copy
import inspect

import numpy as np
import programs_of_trainings
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler.passes import late, portions, tiles, upright
from autograd.compiler.program import Value
from autograd.core import blas

PROGRAMS = [f for f in vars(programs_of_trainings).values() if inspect.isgeneratorfunction(f)]


def _any_tile(left, right, *layouts):
    """Two or three rows and columns, if they are so many times two or three."""
    sizes = [next((n for n in (2, 3) if size % n == 0), 1) for size in (left[0], right[1])]
    return tuple(sizes) if left[1] else None


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    for module, name, size in [
        (late, "LARGE", 8),
        (late, "LEAST", 1),
        (late, "NARROWEST", 1),
        (portions, "LARGE", 8),
        (portions, "PORTION", 64),
        (portions, "LONGEST", 1),
        (upright, "LARGE", 1),
    ]:
        monkeypatch.setattr(module, name, size)
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: True)
    monkeypatch.setattr(blas, "cut", _any_tile)
    monkeypatch.setattr(
        tiles, "is_matrix", lambda v, dtype: isinstance(v, Value) and len(v.shape) == 2
    )


def flat(item):
    """The numbers in a structure."""
    if isinstance(item, ag.Tensor):
        return [np.array(item.detach().numpy())]
    if isinstance(item, (list, tuple)):
        return [leaf for part in item for leaf in flat(part)]
    if isinstance(item, dict):
        return flat(list(item.values()))
    return [np.array(item)] if isinstance(item, (np.ndarray, np.generic, float)) else []


def told(program, wrap):
    ag.manual_seed(3)
    return [copy.deepcopy(flat(item)) for item in program(wrap)]


@pytest.mark.filterwarnings("ignore:.*was compiled for more")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_trainings(program):
    ours, theirs = told(program, ag.compile), told(program, lambda function: function)
    for mine, plain in zip(ours, theirs, strict=True):
        for x, y in zip(mine, plain, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_layers(kind):
    text = np.random.default_rng(0).integers(0, 9, (7, 4))
    found = []
    for wrap in (ag.compile, lambda function: function):
        ag.manual_seed(0)
        table, layer = nn.Embedding(9, 6), kind(6, 8, num_layers=2)
        head = nn.Linear(8, 9)
        parameters = [p for module in (table, layer, head) for p in module.parameters()]
        optimizer, entropy = optim.Adam(parameters, lr=1e-2), nn.CrossEntropyLoss()

        def step(text, parts=(table, layer, head), optimizer=optimizer, entropy=entropy):
            table, layer, head = parts
            optimizer.zero_grad()
            loss = entropy(head(layer(table(text))[0].reshape(-1, 8))[:-4], text.reshape(-1)[4:])
            loss.backward()
            optimizer.step()
            return loss

        run = wrap(step)
        losses = [run(ag.tensor((text + n) % 9)).item() for n in range(5)]
        found.append([losses, *[p.detach().numpy() for p in parameters]])
        if wrap is ag.compile:
            said = run.explain()
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)
    assert "tiles: 0" not in said
