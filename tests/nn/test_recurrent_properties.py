"""Recurrent layers of any size beside plain NumPy; memory, precision and randomness of training."""

import gc
import sys

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd as ag
import nn
import optim

SIZES = {"RNN": 1, "LSTM": 4, "GRU": 3}
KIND = pytest.mark.parametrize("kind", SIZES)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- one sequence, one step after the other, in NumPy -----------------------------------------


def step(kind, w, x, h, c):
    """The next h and c of one sequence; c is used by the LSTM only."""
    a = w["weight_ih"] @ x + w.get("bias_ih", 0)
    b = w["weight_hh"] @ h + w.get("bias_hh", 0)
    if kind == "RNN":
        return np.tanh(a + b), c
    if kind == "GRU":
        (ar, az, an), (br, bz, bn) = np.split(a, 3), np.split(b, 3)
        z = sigmoid(az + bz)
        return (1 - z) * np.tanh(an + sigmoid(ar + br) * bn) + z * h, c
    i, f, g, o = np.split(a + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (w["weight_hr"] @ h if "weight_hr" in w else h), c


def one_direction(kind, w, xs, backwards):
    h, c = np.zeros(w["weight_hh"].shape[1]), np.zeros(w["weight_hh"].shape[0] // SIZES[kind])
    outputs = []
    for x in xs[::-1] if backwards else xs:
        h, c = step(kind, w, x, h, c)
        outputs.append(h)
    return outputs[::-1] if backwards else outputs, h


def by_numpy(layer, xs):
    """The outputs of all steps and the last h of every layer and direction."""
    kind, last = type(layer).__name__, []
    state = {name: tensor.numpy() for name, tensor in layer.state_dict().items()}
    for depth in range(layer.num_layers):
        found = []
        for ending in [f"_l{depth}", f"_l{depth}_reverse"][: 1 + layer.bidirectional]:
            w = {n.removesuffix(ending): v for n, v in state.items() if n.endswith(ending)}
            outputs, h = one_direction(kind, w, xs, "reverse" in ending)
            found.append(outputs)
            last.append(h)
        xs = np.concatenate(found, axis=1)
    return xs, np.stack(last)


@KIND
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_layers_of_any_size_are_the_loop_over_each_sequence(kind, data):
    few = st.integers(1, 4)
    steps, batch, size, hidden, depth = (data.draw(few) for _ in range(5))
    flags = {name: data.draw(st.booleans()) for name in ("bias", "batch_first", "bidirectional")}
    if kind == "LSTM":
        flags["proj_size"] = data.draw(st.integers(0, hidden - 1))
    layer = getattr(nn, kind)(size, hidden, depth, rng=0, **flags)
    lengths = data.draw(st.lists(st.integers(1, steps), min_size=batch, max_size=batch))
    x = draw(steps, batch, size, seed=1)
    given_ = x.swapaxes(0, 1) if layer.batch_first else x
    outputs, last = layer(ag.tensor(given_), lengths=lengths)
    h = last[0] if kind == "LSTM" else last
    found = outputs.data.swapaxes(0, 1) if layer.batch_first else outputs.data
    for i, length in enumerate(lengths):
        wanted, ends = by_numpy(layer, x[:length, i])
        np.testing.assert_allclose(found[:length, i], wanted, 1e-10, 1e-12)
        np.testing.assert_allclose(h.data[:, i], ends, 1e-10, 1e-12)
        assert not found[length:, i].any()


# --- training ---------------------------------------------------------------------------------


@KIND
def test_single_precision_stays(kind):
    options = {"proj_size": 2} if kind == "LSTM" else {}
    layer = getattr(nn, kind)(2, 3, 2, bidirectional=True, dtype=np.float32, rng=0, **options)
    x = ag.tensor(draw(4, 3, 2).astype(np.float32), requires_grad=True)
    for lengths in (None, [4, 1, 2]):
        outputs, state = layer(x, lengths=lengths)
        outputs.sum().backward()
        parts = state if isinstance(state, tuple) else (state,)
        assert {t.dtype for t in (outputs, x.grad, *parts)} == {np.dtype(np.float32)}
        assert {p.grad.dtype for p in layer.parameters()} == {np.dtype(np.float32)}


@KIND
def test_an_empty_batch_has_outputs_of_its_shape_and_gradients_of_zero(kind):
    layer = getattr(nn, kind)(2, 3, 2, bidirectional=True, rng=0)
    outputs, state = layer(ag.zeros(4, 0, 2))
    h = state[0] if kind == "LSTM" else state
    assert (outputs.shape, h.shape) == ((4, 0, 6), (4, 0, 3))
    outputs.sum().backward()
    assert not any(p.grad.data.any() for p in layer.parameters())


@KIND
def test_dropout_draws_from_its_own_seed(kind):
    def run(seed, **other):
        layer = getattr(nn, kind)(2, 8, 2, dropout=0.5, rng=seed, **other)
        return [layer(ag.tensor(draw(5, 2)))[0].tolist() for _ in range(2)]

    assert run(3) == run(3)
    assert run(3) != run(4)
    first, second = run(3)
    assert first != second


def test_dropout_without_a_seed_follows_the_global_one():
    layer, x = nn.LSTM(2, 8, 2, dropout=0.5), ag.tensor(draw(5, 2))
    found = []
    for _ in range(2):
        ag.manual_seed(7)
        found.append(layer(x)[0].tolist())
    assert found[0] == found[1]


def test_memory_does_not_grow_over_two_thousand_steps_of_training():
    layer = nn.LSTM(1, 2, rng=0, dtype=np.float32)
    optimizer = optim.Adam(layer.parameters())
    x = ag.tensor(draw(2, 1).astype(np.float32))

    def train(count):
        for _ in range(count):
            optimizer.zero_grad()
            layer(x)[0].sum().backward()
            optimizer.step()

    gc.disable()
    try:
        train(50)
        gc.collect()  # which empties the interpreter's own reserves, too
        before = sys.getallocatedblocks()
        train(2000)
        assert gc.collect() == 0, "something waited for the collector of cycles"
        assert sys.getallocatedblocks() - before < 200
    finally:
        gc.enable()
