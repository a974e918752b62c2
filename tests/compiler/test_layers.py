"""Layers and losses of every family: ten compiled steps equal ten uncompiled ones."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

IMAGES, ROWS, SEQUENCES = (4, 2, 8, 8), (4, 6), (3, 5, 6)

LAYERS = {
    "conv": (IMAGES, lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]),
    "stride": (IMAGES, lambda: [nn.Conv2d(2, 4, 3, stride=2, groups=2), nn.AvgPool2d(2)]),
    "transposed": (IMAGES, lambda: [nn.ConvTranspose2d(2, 3, 3, stride=2)]),
    "batch norm": (IMAGES, lambda: [nn.BatchNorm2d(2), nn.LeakyReLU()]),
    "mean over all batches": (
        IMAGES,
        lambda: [nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2, momentum=None)],
    ),
    "group norm": (IMAGES, lambda: [nn.GroupNorm(1, 2), nn.SiLU()]),
    "adaptive": (IMAGES, lambda: [nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(18, 2)]),
    "layer norm": (ROWS, lambda: [nn.Linear(6, 5), nn.LayerNorm(5), nn.GELU()]),
    "dropout": (ROWS, lambda: [nn.Linear(6, 5), nn.Dropout(0.4), nn.ELU()]),
    "softmax": (ROWS, lambda: [nn.Linear(6, 5), nn.Softmax(1)]),
    "prelu": (ROWS, lambda: [nn.PReLU(), nn.Linear(6, 3), nn.Softplus()]),
}
RECURRENT = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def compare(make, shape, dtype=np.float64, steps=10, rtol=1e-9):
    """Train twice from the same values; losses, parameters and buffers are the same."""
    found = []
    for wrap in (ag.compile, lambda f: f):
        ag.manual_seed(0)
        model, loss_of = make()
        optimizer = optim.Adam(model.parameters(), lr=1e-2)

        def step(x, model=model, loss_of=loss_of, optimizer=optimizer):
            optimizer.zero_grad()
            loss = loss_of(model(x))
            loss.backward()
            optimizer.step()
            return loss

        run = wrap(step)
        rng = np.random.default_rng(1)
        losses = [
            run(ag.tensor(rng.standard_normal(shape).astype(dtype))).item() for _ in range(steps)
        ]
        found.append((losses, {n: np.array(p.data) for n, p in model.state_dict().items()}))
        if wrap is ag.compile:
            assert run.fallbacks == 0
            assert len(run.variants) <= 2
    (ours, state), (theirs, other) = found
    np.testing.assert_allclose(ours, theirs, rtol=rtol)
    for name, array in state.items():
        np.testing.assert_allclose(array, other[name], rtol=1e-7, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    shape, make = LAYERS[name]
    compare(lambda: (nn.Sequential(*make()), lambda y: (y * y).mean()), shape)


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers(name):
    def make():
        model = RECURRENT[name](6, 4, num_layers=2, batch_first=True)
        return model, lambda out: (out[0] * out[0]).mean()

    compare(make, SEQUENCES)


def test_sequences_of_different_lengths_in_both_directions():
    """Steps have batches of different sizes, so that products of many widths are merged."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(6, 4, bidirectional=True)

        def forward(self, x):
            packed, _ = self.rnn(pack_padded_sequence(x, [5, 3, 2]))
            return pad_packed_sequence(packed)[0]

    compare(lambda: (Net(), lambda y: (y * y).mean()), (5, 3, 6), steps=4)


LOSSES = {
    "mse": lambda y: nn.MSELoss()(y, np.zeros((4, 3))),
    "l1": lambda y: nn.L1Loss()(y, np.full((4, 3), 0.2)),
    "huber": lambda y: nn.HuberLoss()(y, np.full((4, 3), 0.2)),
    "cross entropy": lambda y: nn.CrossEntropyLoss()(y, np.array([0, 2, 1, 1])),
    "smoothed": lambda y: nn.CrossEntropyLoss(label_smoothing=0.1)(y, np.array([0, 2, 1, 1])),
    "bce": lambda y: nn.BCEWithLogitsLoss()(y, np.eye(4, 3)),
    "kl": lambda y: nn.KLDivLoss(reduction="batchmean")(
        ag.log_softmax(y, 1), np.full((4, 3), 1 / 3)
    ),
    "weighted bce": lambda y: nn.BCEWithLogitsLoss(pos_weight=np.array([1.0, 2.0, 3.0]))(
        y, ag.tensor(np.eye(4, 3))
    ),
    "hinge": lambda y: nn.MultiMarginLoss()(y, np.array([0, 2, 1, 1])),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    compare(lambda: (nn.Linear(6, 3), LOSSES[name]), ROWS)


def test_an_embedding():
    ag.manual_seed(0)
    table, labels = nn.Embedding(7, 3), ag.tensor(np.array([1, 1, 6, 0]))

    def step(ids):
        table.weight.grad = None
        (table(ids) ** 2).sum().backward()
        return table.weight.grad

    np.testing.assert_allclose(ag.compile(step)(labels).data, step(labels).data, rtol=1e-12)


INDEXED = {
    "embedding": lambda w, i: ag.embedding(i, w),
    "gather": lambda w, i: ag.gather(w, 0, i.reshape(1, -1)),
    "index_select": lambda w, i: ag.index_select(w, 0, i),
    "scatter_add": lambda w, i: ag.scatter_add(w, 0, i.reshape(1, -1), w[:1] * 2),
    "one_hot": lambda w, i: ag.one_hot(i, 5).to(w.dtype) @ w,
    "cross_entropy": lambda w, i: ag.cross_entropy(w[:3], i),
}


@pytest.mark.parametrize("name", INDEXED)
def test_indices_with_other_extremes_run_compiled(name):
    """That all are inside is taken for granted, not which is the smallest."""
    w = ag.tensor(np.arange(15.0).reshape(5, 3) ** 1.5, requires_grad=True)

    def step(i):
        w.grad = None
        (INDEXED[name](w, i) ** 2).sum().backward()
        return w.grad

    compiled = ag.compile(step)
    for numbers in ([1, 1, 2], [0, 2, 2], [2, 0, 1], [1, 1, 1]):
        index = ag.tensor(np.array(numbers))
        np.testing.assert_allclose(compiled(index).data, step(index).data, rtol=1e-12)
    assert compiled.fallbacks == 0
    with pytest.raises((ag.IndexingError, ag.RangeError)):
        compiled(ag.tensor(np.array([0, 7, 1])))


def test_clipping_by_value():
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    def step(x):
        w.grad = None
        (w * x).sum().backward()
        optim.clip_grad_value_([w], 5.0)

    ag.compile(step)(ag.tensor([3.0, -30.0]))
    np.testing.assert_array_equal(w.grad.data, [3.0, -5.0])


def test_clipping_by_norm_cuts_what_is_too_long_and_leaves_the_rest():
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    def step(x):
        w.grad = None
        (w * x).sum().backward()
        return optim.clip_grad_norm_([w], 5.0)

    compiled = ag.compile(step)
    assert compiled(ag.tensor([6.0, 8.0])).item() == 10.0
    np.testing.assert_allclose(w.grad.data, [3.0, 4.0], rtol=1e-6)
    assert compiled(ag.tensor([0.6, -0.8])).item() == pytest.approx(1.0)
    np.testing.assert_array_equal(w.grad.data, [0.6, -0.8])
