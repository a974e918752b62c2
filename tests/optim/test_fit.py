"""`optim.fit`: the loop written by hand, validation, schedules, clipping."""

from __future__ import annotations

import math
import sys
import tracemalloc

import numpy as np
import pytest
from trainings import HELD_OUT, TRAIN, X, Y, assert_same, classifier, curves, train, weights

import autograd as ag
import nn
import optim

# --- the loop ---------------------------------------------------------------------------


def test_it_does_what_the_loop_written_by_hand_does():
    model, hand = classifier(), classifier()
    history = train(model, epochs=2)
    optimizer, criterion = optim.SGD(hand.parameters(), lr=0.1, momentum=0.9), nn.CrossEntropyLoss()
    rng, losses = np.random.default_rng(1), []
    for _ in range(2):
        order = rng.permutation(45)
        for start in range(0, 45, 8):
            rows = order[start : start + 8]
            optimizer.zero_grad()
            loss = criterion(hand(ag.tensor(TRAIN[0][rows])), ag.tensor(TRAIN[1][rows]))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert_same(weights(model), weights(hand))
    assert list(history.batch_losses) == losses
    sizes = [8, 8, 8, 8, 8, 5]
    means = [np.average(losses[:6], weights=sizes), np.average(losses[6:], weights=sizes)]
    np.testing.assert_allclose(history["loss"], means, rtol=1e-14)


def test_the_same_seeds_give_the_same_bits():
    one, two, other = classifier(), classifier(), classifier()
    first, second = train(one, validation=HELD_OUT), train(two, validation=HELD_OUT)
    assert_same(weights(one), weights(two))
    assert curves(first) == curves(second)
    train(other, rng=2)
    assert not np.array_equal(weights(one)["0.weight"], weights(other)["0.weight"])


def test_without_rng_manual_seed_decides():
    def once():
        ag.manual_seed(3)
        return list(train(classifier(), rng=None).batch_losses)

    assert once() == once()


@pytest.mark.parametrize("kind", ["arrays", "tensors", "loader", "list"])
def test_data_come_as_arrays_loaders_or_lists_of_batches(kind):
    batches = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 45, 8)]
    batches[-1] = (X[40:45], Y[40:45])
    data = {
        "arrays": TRAIN,
        "tensors": (ag.tensor(TRAIN[0]), ag.tensor(TRAIN[1])),
        "loader": nn.data.DataLoader(TRAIN, 8, shuffle=True, rng=1),
        "list": batches,
    }[kind]
    history = train(classifier(), data, epochs=4)
    assert len(history) == 4
    assert len(history.batch_losses) == 24
    assert history["loss"][-1] < history["loss"][0]
    if kind != "list":  # the same order from the same seed, whoever cuts the batches
        assert history["loss"] == train(classifier(), epochs=4)["loss"]


def test_batches_may_come_without_a_count(capsys):
    class Stream(nn.data.IterableDataset):
        def __iter__(self):
            return iter(zip(*TRAIN, strict=True))

    history = train(classifier(), nn.data.DataLoader(Stream(), 8), epochs=2, progress=True)
    assert len(history.batch_losses) == 12
    assert "12it" in capsys.readouterr().err


def test_learning_something_real():
    train_part, test_part = nn.data.random_split(
        nn.data.digits(flat=True), [2 / 3, 1 / 3], stratify=True, rng=0
    )
    model = nn.Sequential(nn.Linear(64, 32, rng=0), nn.ReLU(), nn.Linear(32, 10, rng=1))
    history = train(
        model, train_part, validation=test_part, epochs=8, batch_size=32, metrics=optim.accuracy
    )
    assert history["validation_accuracy"][-1] > 0.93


def test_the_default_optimizer_is_adam():
    model, other = classifier(), classifier()
    train(model, optimizer=None)
    train(other, optimizer=optim.Adam)
    assert_same(weights(model), weights(other))


def test_several_inputs_and_other_forms_of_batches():
    class Sum(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(4, 3, rng=0)

        def forward(self, a, b):
            return self.linear(a + b)

    model, other = Sum(), Sum()
    train(model, (X, -X / 2, Y))
    dicts = [
        {"a": X[i : i + 8], "b": -X[i : i + 8] / 2, "y": Y[i : i + 8]} for i in range(0, 60, 8)
    ]
    history = train(
        other, dicts, forward=lambda model, batch: (model(batch["a"], batch["b"]), batch["y"])
    )
    assert len(history.batch_losses) == 24
    assert history["loss"][-1] < history["loss"][0]


def test_a_state_can_be_carried_from_batch_to_batch():
    text = "hello world, " * 40
    vocabulary = nn.data.Vocabulary(text)
    batches = nn.data.SequenceBatches(vocabulary.encode(text), batch_size=4, length=10)

    class Reader(nn.Module):
        def __init__(self):
            self.cell, self.out = (
                nn.RNNCell(len(vocabulary), 24, rng=0),
                nn.Linear(24, len(vocabulary), rng=1),
            )
            self.state = None

    def forward(model, batch):
        letters = ag.one_hot(batch[0], len(vocabulary)).to(np.float64)
        states = []
        state = ag.zeros(4, 24) if model.state is None else model.state
        for letter in ag.unbind(letters, dim=1):
            state = model.cell(letter, state)
            states.append(state)
        model.state = state.detach()
        return model.out(ag.stack(states, dim=1)).transpose(1, 2), batch[1]

    history = optim.fit(
        Reader(),
        nn.CrossEntropyLoss(),
        batches,
        forward=forward,
        epochs=6,
        clip_value=5,
        optimizer=lambda p: optim.Adam(p, lr=0.02),
        metrics=optim.accuracy,
        progress=False,
    )
    assert history["accuracy"][-1] > 0.9 > history["accuracy"][0]


# --- validation and metrics -------------------------------------------------------------


def test_validation_is_in_evaluation_mode_and_records_nothing():
    seen = []

    class Spy(nn.Module):
        def __init__(self):
            self.inner = classifier(dropout=0.5)

        def forward(self, x):
            out = self.inner(x)
            seen.append((self.training, ag.is_grad_enabled(), out.requires_grad, len(x)))
            return out

    model = Spy()
    train(model, validation=HELD_OUT, epochs=2)
    for was_training, recording, requires_grad, _ in seen:
        assert was_training == recording == requires_grad
    assert [s[3] for s in seen if not s[0]] == [8, 7] * 2
    assert not model.training


def test_validation_draws_nothing_and_changes_nothing():
    ag.manual_seed(0)
    model, other = classifier(dropout=0.5), classifier(dropout=0.5)
    train(model)
    ag.manual_seed(0)
    train(other, validation=HELD_OUT)
    assert_same(weights(model), weights(other))


def test_metrics_are_means_over_all_examples():
    model = classifier()
    history = train(
        model,
        validation=HELD_OUT,
        metrics={"right": optim.accuracy, "rows": lambda output, target: len(target)},
    )
    found = optim.evaluate(model, nn.CrossEntropyLoss(), HELD_OUT, metrics=[optim.accuracy])
    scores = model(ag.tensor(HELD_OUT[0])).data
    assert found["accuracy"] == pytest.approx((scores.argmax(1) == HELD_OUT[1]).mean())
    assert history["validation_right"][-1] == found["accuracy"]
    assert history["validation_loss"][-1] == pytest.approx(found["loss"])
    assert history["rows"][0] == pytest.approx((5 * 8 * 8 + 5 * 5) / 45)


def test_evaluate_puts_the_mode_back():
    model = classifier(dropout=0.5)
    one = optim.evaluate(model, nn.CrossEntropyLoss(), HELD_OUT)
    assert model.training
    assert optim.evaluate(model, nn.CrossEntropyLoss(), HELD_OUT, batch_size=4)[
        "loss"
    ] == pytest.approx(one["loss"])


def test_accuracy_of_maps_and_of_probabilities():
    scores = np.zeros((2, 3, 4))
    scores[:, 1] = 1
    assert optim.accuracy(scores, np.ones((2, 4), int)) == 1.0
    assert optim.accuracy(ag.tensor(scores), np.array([[1, 1, 1, 1], [0, 0, 0, 0]])) == 0.5
    assert optim.accuracy(np.eye(3), np.eye(3)[[0, 1, 1]]) == pytest.approx(2 / 3)
    assert math.isnan(optim.accuracy(np.zeros((0, 3)), np.zeros(0, int)))
    with pytest.raises(ag.ShapeError, match=r"got \(4,\) and \(4,\)"):
        optim.accuracy(np.ones(4), np.ones(4))


# --- schedules, clipping, accumulation --------------------------------------------------


def test_a_schedule_goes_on_once_an_epoch():
    history = train(
        classifier(), epochs=4, schedule=lambda optimizer: optim.lr_scheduler.StepLR(optimizer, 2)
    )
    np.testing.assert_allclose(history["lr"], [0.1, 0.1, 0.01, 0.01])


def test_or_once_a_batch():
    rates = []

    class Watch(optim.Callback):
        def on_batch_end(self, run):
            rates.append(run.optimizer.param_groups[0]["lr"])

    halve = {"schedule": lambda o: optim.lr_scheduler.ExponentialLR(o, 0.5), "epochs": 2}
    train(classifier(), schedule_every="batch", callbacks=Watch(), **halve)
    np.testing.assert_allclose(rates, 0.1 * 0.5 ** np.arange(1, 13))


def test_one_cycle_counts_batches_by_itself():
    optimizer = optim.SGD(classifier().parameters(), lr=0.1)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=13)
    train(classifier(), optimizer=optimizer, schedule=schedule, epochs=2)
    assert schedule.last_epoch == 12


def test_a_plateau_is_told_the_validation_loss():
    told = []

    class Plateau(optim.lr_scheduler.ReduceLROnPlateau):
        def step(self, metrics):
            told.append(metrics)
            super().step(metrics)

    history = train(classifier(), validation=HELD_OUT, schedule=Plateau)
    assert told == history["validation_loss"]
    told.clear()
    history = train(classifier(), schedule=Plateau)
    assert told == history["loss"]


def test_gradients_are_clipped_by_norm_and_by_value():
    norms, largest = [], []

    class SGD(optim.SGD):
        def step(self, closure=None):
            grads = [p.grad.data.ravel() for g in self.param_groups for p in g["params"]]
            norms.append(np.linalg.norm(np.concatenate(grads)))
            largest.append(np.abs(np.concatenate(grads)).max())
            return super().step(closure)

    train(classifier(), optimizer=SGD, clip_norm=0.01)
    assert max(norms) <= 0.01
    train(classifier(), optimizer=SGD, clip_value=0.002)
    assert max(largest[-18:]) == 0.002


def test_accumulated_batches_are_one_large_batch():
    model, other = classifier(), classifier()
    batches = [(X[a:b], Y[a:b]) for a, b in [(0, 10), (10, 15), (15, 40), (40, 45)]]
    whole = [(X[:15], Y[:15]), (X[15:45], Y[15:45])]
    history = train(model, batches, accumulate=2)
    train(other, whole)
    for name, array in weights(model).items():
        np.testing.assert_allclose(array, weights(other)[name], rtol=1e-12)
    assert len(history.batch_losses) == 12


def test_lbfgs_and_newton_get_their_closure():
    target = (X @ np.arange(1.0, 5.0) + 2)[:, None]
    for make in (
        lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe"),
        lambda p: optim.Newton(p),
    ):
        line = nn.Linear(4, 1, rng=0)
        history = optim.fit(
            line, nn.MSELoss(), [(X, target)], epochs=3, optimizer=make, progress=False
        )
        np.testing.assert_allclose(line.weight.data, [[1, 2, 3, 4]], atol=1e-4)
        assert len(history.batch_losses) == 3
        assert history["loss"][0] > 1 > history["loss"][1]


# --- memory -----------------------------------------------------------------------------


def test_two_thousand_steps_leave_nothing_behind():
    """Blocks of memory over 1,600 steps, and bytes over the last 200; the history's own aside."""
    blocks, traced = {}, {}

    class Scale(optim.Callback):
        def on_epoch_end(self, run):
            blocks[run.epoch] = sys.getallocatedblocks()
            if run.epoch == 80:
                tracemalloc.start()
            if run.epoch in (90, 100):
                own = sys.getsizeof(run.history.batch_losses)
                traced[run.epoch] = tracemalloc.get_traced_memory()[0] - own

    batches = [(X[i : i + 3], Y[i : i + 3]) for i in range(0, 60, 3)]
    try:
        history = train(
            classifier(), batches, epochs=100, callbacks=Scale(), metrics=optim.accuracy
        )
    finally:
        tracemalloc.stop()
    assert len(history.batch_losses) == 2000
    assert blocks[80] - blocks[10] < 1000  # 4 curves of 70 numbers, and no block a step
    assert traced[100] - traced[90] < 200 * 50  # no array is as small
