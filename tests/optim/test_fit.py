"""`optim.fit`: the loop written by hand, and everything around it."""

from __future__ import annotations

import builtins
import math
import os
import signal
import sys
import threading
import tracemalloc

import numpy as np
import pytest

import autograd as ag
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


# --- early stopping and resuming --------------------------------------------------------


class Scripted(nn.Module):
    """A parameter that grows by 1 an epoch, so that each epoch is recognised by its weight."""

    def __init__(self):
        self.weight = nn.Parameter(ag.tensor(0.0))

    def forward(self, x):
        return self.weight + 0 * x


def scripted(losses, **options):
    """Train `Scripted` while the validation loss follows a script; the weight is the epoch."""
    model, script = Scripted(), iter(losses)

    def loss(output, target):
        return -output.mean() if model.training else 0 * output.mean() + next(script)

    history = optim.fit(
        model,
        loss,
        [(np.ones(1), np.ones(1))],
        validation=[(np.ones(1), np.ones(1))],
        epochs=len(losses),
        optimizer=lambda p: optim.SGD(p, lr=1.0),
        progress=False,
        **options,
    )
    return model.weight.item(), history


def test_it_stops_after_so_many_epochs_without_improvement_and_restores_the_best():
    weight, history = scripted([5, 3, 4, 3, 9, 1], early_stopping=3)
    assert weight == 2
    assert len(history) == 5
    assert history.best() == 2
    assert history.stopped == "no better validation_loss in 3 epochs (best: 3 in epoch 2)"


def test_the_best_weights_come_back_at_the_end_too():
    keep = optim.EarlyStopping(None)
    weight, history = scripted([5, 3, 4, 3.5, 9], early_stopping=keep)
    assert (weight, len(history), keep.best, keep.best_epoch) == (2, 5, 3, 2)
    weight, _ = scripted([5, 3, 4], early_stopping=optim.EarlyStopping(None, restore_best=False))
    assert weight == 3


def test_an_accuracy_should_rise_and_small_gains_do_not_count():
    watch = optim.EarlyStopping(2, mode="max", min_delta=0.5)
    weight, history = scripted([1, 2, 2.4, 2.3, 9], early_stopping=watch)
    assert (weight, len(history)) == (2, 4)


def test_a_nan_in_the_validation_is_no_improvement():
    weight, history = scripted([5, math.nan, math.nan], early_stopping=2)
    assert (weight, len(history)) == (1, 3)


def test_one_early_stopping_serves_two_trainings():
    watch = optim.EarlyStopping(2)
    first, second = (scripted([5, 4, 6, 7, 8], early_stopping=watch)[0] for _ in range(2))
    assert (first, second) == (2, 2)


def test_early_stopping_without_validation_is_refused():
    with pytest.raises(ag.ArgumentError, match=r"give fit\(…, validation=…\)"):
        train(classifier(), early_stopping=3)
    history = train(classifier(), early_stopping=optim.EarlyStopping(2, monitor="loss"), epochs=2)
    assert len(history) == 2
    with pytest.raises(ag.RangeError, match="has no 'accuracy'; it has loss"):
        train(classifier(), early_stopping=optim.EarlyStopping(monitor="accuracy"))
    with pytest.raises(ag.RangeError, match="patience is at least 1"):
        train(classifier(), early_stopping=0)
    with pytest.raises(ag.RangeError, match="'min' or 'max', got 'least'"):
        optim.EarlyStopping(mode="least")


def parts(seed):
    """Everything that a training with dropout, shuffling, Adam and a schedule depends on."""
    rng = np.random.default_rng(seed)
    model = nn.Sequential(
        nn.Linear(4, 8, rng=rng),
        nn.BatchNorm1d(8),
        nn.Dropout(0.2, rng=rng),
        nn.Linear(8, 3, rng=rng),
    )
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    return {
        "model": model,
        "optimizer": optimizer,
        "schedule": optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=6),
        "early_stopping": optim.EarlyStopping(4),
        "history": optim.History(),
        "rng": rng,
    }


def run_parts(p, epochs, callbacks=()):
    others = {name: p[name] for name in ("optimizer", "schedule", "early_stopping", "history")}
    loader = nn.data.DataLoader(TRAIN, 8, shuffle=True, rng=p["rng"])
    return optim.fit(
        p["model"],
        nn.CrossEntropyLoss(),
        loader,
        validation=HELD_OUT,
        epochs=epochs,
        callbacks=callbacks,
        progress=False,
        **others,
    )


def test_a_resumed_training_equals_the_uninterrupted_one_bit_for_bit():
    saved = {}

    def save(run):
        if run.epoch == 3:
            states = {n: whole[n].state_dict() for n in whole if n != "rng"}
            saved.update(copied(states) | {"rng": whole["rng"].bit_generator.state})

    whole, resumed = parts(0), parts(99)
    history = run_parts(whole, 6, callbacks=save)
    for name in resumed.keys() - {"rng"}:
        resumed[name].load_state_dict(saved[name])
    resumed["rng"].bit_generator.state = saved["rng"]
    assert len(resumed["history"]) == 3
    again = run_parts(resumed, 6)
    assert curves(again) == curves(history)
    assert again.batch_losses == history.batch_losses
    assert again.stopped == history.stopped
    assert_same(weights(resumed["model"]), weights(whole["model"]))
    assert resumed["early_stopping"].best_epoch == whole["early_stopping"].best_epoch


def copied(item):
    if isinstance(item, dict):
        return {key: copied(part) for key, part in item.items()}
    if isinstance(item, list):
        return [copied(part) for part in item]
    return (
        item.data.copy()
        if isinstance(item, ag.Tensor)
        else (item.copy() if isinstance(item, np.ndarray) else item)
    )


def test_a_finished_history_trains_no_further():
    model = classifier()
    history = train(model)
    before = weights(model)
    assert train(model, history=history) is history
    assert_same(weights(model), before)
    train(model, history=history, epochs=5)
    assert len(history) == 5


# --- Ctrl-C -----------------------------------------------------------------------------


def test_ctrl_c_leaves_a_usable_model_and_history():
    model, batches = classifier(), []

    class Interrupt(optim.Callback):
        def on_batch_end(self, run):
            batches.append(run.batch)
            if run.epoch == 1 and run.batch == 3:
                os.kill(os.getpid(), signal.SIGINT)

    history = train(model, validation=HELD_OUT, callbacks=[Interrupt()], epochs=50)
    assert history.stopped == "interrupted by Ctrl-C in epoch 2"
    assert len(history) == 1
    assert len(history.batch_losses) == len(batches) == 9
    assert not model.training
    assert np.isfinite(model(ag.tensor(X)).data).all()
    assert all(p.grad is None for p in model.parameters())
    train(model, history=history, epochs=2)  # and it goes on
    assert (len(history), history.stopped) == (2, "all 2 epochs are done")


def test_ctrl_c_never_leaves_an_update_half_done():
    model, counts = classifier(), []

    class Careless(optim.SGD):
        def step(self, closure=None):
            params = [p for group in self.param_groups for p in group["params"]]
            with ag.no_grad():
                for number, param in enumerate(params):
                    param.fill_(float(len(counts)))
                    if len(counts) == 4 and number == 1:
                        os.kill(os.getpid(), signal.SIGINT)
            counts.append(1)

    handler = signal.getsignal(signal.SIGINT)
    history = train(model, optimizer=Careless, clip_norm=None)
    assert signal.getsignal(signal.SIGINT) is handler
    assert "Ctrl-C" in history.stopped
    assert len(counts) == 5
    assert {float(v) for p in model.parameters() for v in p.data.ravel()} == {4.0}


def test_best_weights_are_restored_after_ctrl_c_too():
    def interrupt(run):
        if run.epoch == 4:
            raise KeyboardInterrupt

    weight, history = scripted([5, 3, 4, 6, 9], early_stopping=9, callbacks=interrupt)
    assert (weight, len(history)) == (2, 4)


def test_in_another_thread_it_trains_as_well():
    found = []
    thread = threading.Thread(target=lambda: found.append(train(classifier())))
    thread.start()
    thread.join()
    assert found[0]["loss"] == train(classifier())["loss"]


# --- NaN and infinity -------------------------------------------------------------------


class Root(nn.Module):
    """√(w·x), which has no value for a negative x, and no slope at 0."""

    def __init__(self):
        self.weight = nn.Parameter(ag.tensor(1.0))

    def forward(self, x):
        return (self.weight * x).sqrt()  # the line that the message names


@pytest.fixture
def no_warnings():
    with np.errstate(all="ignore"):
        yield


def test_a_nan_loss_stops_it_and_names_the_operation_and_its_line(no_warnings):
    batches = [(np.ones(2), np.ones(2)), (np.array([4.0, -1.0]), np.ones(2))]
    history = optim.History()
    with pytest.raises(ag.AnomalyError) as caught:
        optim.fit(Root(), nn.MSELoss(), batches, history=history, progress=False)
    message = str(caught.value)
    assert message.startswith("The loss is nan in epoch 1, batch 2.")
    assert "sqrt made nan at index 1 of finite operands" in message
    assert "test_fit.py" in message
    assert "the line that the message names" in message
    assert len(history.batch_losses) == 1


def test_a_gradient_that_is_not_finite_stops_it_before_the_update(no_warnings):
    model = Root()
    before = model.weight.item()
    with pytest.raises(ag.AnomalyError) as caught:
        optim.fit(model, nn.MSELoss(), [(np.zeros(2), np.ones(2))], progress=False)
    message = str(caught.value)
    assert message.startswith("A gradient is not finite in epoch 1, batch 1.")
    assert "The gradient of sqrt for operand" in message
    assert model.weight.item() == before


def test_bad_data_are_named(no_warnings):
    inputs = X.copy()
    inputs[50, 2] = np.nan
    batches = [(inputs[:30], Y[:30]), (inputs[30:], Y[30:])]
    with pytest.raises(ag.AnomalyError, match=r"batch 2\. It came with the data: the batch\[0\]"):
        train(classifier(), batches)
    with pytest.raises(ag.AnomalyError, match=r"the batch\['x'\] has NaN"):
        train(
            classifier(),
            [{"x": inputs, "y": Y}],
            forward=lambda model, batch: (model(ag.tensor(batch["x"])), batch["y"]),
        )


def test_divergence_says_what_to_do(no_warnings):
    line = nn.Linear(4, 1, rng=0)
    with pytest.raises(ag.AnomalyError, match=r"batch \d+\. Run again under watch: \w+ made inf"):
        optim.fit(
            line,
            nn.MSELoss(),
            (X, X.sum(1, keepdims=True)),
            epochs=500,
            progress=False,
            optimizer=lambda p: optim.SGD(p, lr=10.0),
        )
    line = nn.Linear(4, 3, rng=0)
    line.weight.data[0, 0] = np.inf
    with pytest.raises(ag.AnomalyError, match=r"weight was no longer finite.*clip_norm=1\.0"):
        train(line)


def test_a_nan_that_comes_from_nowhere_is_admitted():
    class Loss:
        calls = 0

        def __call__(self, output, target):
            self.calls += 1
            return output.mean() * (np.nan if self.calls == 1 else 1.0)

    with pytest.raises(ag.AnomalyError, match="drawn at random"):
        optim.fit(classifier(), Loss(), TRAIN, progress=False)


# --- callbacks and the progress bar -----------------------------------------------------


def test_callbacks_see_everything_in_order():
    told = []

    class Diary(optim.Callback):
        def on_fit_start(self, run):
            told.append(("start", run.epoch, run.epochs, run.validated))

        def on_epoch_start(self, run):
            told.append(("epoch", run.epoch, run.model.training))

        def on_batch_end(self, run):
            told.append(("batch", run.batch, run.loss == run.history.batch_losses[-1]))

        def on_epoch_end(self, run):
            told.append(("done", run.epoch, len(run.history)))

        def on_fit_end(self, run):
            told.append(("end", run.history.stopped))

    train(classifier(), epochs=2, batch_size=30, callbacks=[Diary(), lambda run: told.append("f")])
    epoch = [("batch", 1, True), ("batch", 2, True)]
    assert told == [
        ("start", 0, 2, False),
        ("epoch", 0, True), *epoch, ("done", 1, 1), "f",
        ("epoch", 1, True), *epoch, ("done", 2, 2), "f",
        ("end", "all 2 epochs are done"),
    ]  # fmt: skip


def test_callbacks_stop_it():
    history = train(classifier(), epochs=9, callbacks=lambda run: run.epoch == 2 and run.stop())
    assert (len(history), history.stopped) == (2, "stopped by a callback")

    class Soon(optim.Callback):
        def on_batch_end(self, run):
            run.stop("enough")

    history = train(classifier(), callbacks=Soon())
    assert (len(history), len(history.batch_losses), history.stopped) == (0, 1, "enough")


def test_the_progress_bar_shows_epoch_and_losses(capsys):
    train(classifier(), progress=True, validation=HELD_OUT)
    shown = capsys.readouterr().err
    assert "training" in shown
    assert "18/18" in shown
    assert "validation_loss=" in shown
    assert "epoch=3/3" in shown
    train(classifier(), progress=False)
    assert capsys.readouterr().err == ""


def test_a_missing_tqdm_is_named(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("tqdm"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    from optim import optional

    monkeypatch.setattr(optional, "import_module", refuse)
    with pytest.raises(ag.MissingPackageError, match=r"needs tqdm.*glassgrad\[train\].*progress=F"):
        train(classifier(), progress=True)
    assert len(train(classifier(), progress=False)) == 3


# --- mistakes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ((X[:0], Y[:0]), ag.RangeError, "train gave no batch"),
        ([], ag.RangeError, "train gave no batch"),
        ((X, Y[:-1]), ag.ShapeError, r"\(60, 4\), \(59,\)"),
        (((row, 1) for row in X), ag.ArgumentError, "generator, which is used up after one epoch"),
        (X, ag.ArgumentError, "pair of arrays"),
        (3, ag.ArgumentError, "got int"),
        ([X, Y], ag.ArgumentError, r"got ndarray of shape \(60, 4\).*forward=f"),
        ([(X,)], ag.ArgumentError, "got tuple"),
    ],
)
def test_data_that_cannot_be_trained_on(data, error, words):
    with pytest.raises(error, match=words):
        train(classifier(), data)


def test_an_empty_validation_or_test_set_is_refused():
    with pytest.raises(ag.RangeError, match="validation gave no batch"):
        train(classifier(), validation=(X[:0], Y[:0]))
    with pytest.raises(ag.RangeError, match="data gave no batch"):
        optim.evaluate(classifier(), nn.CrossEntropyLoss(), [])
    loader = nn.data.DataLoader(TRAIN, batch_size=64, drop_last=True)
    with pytest.raises(ag.RangeError, match="fewer than one batch with drop_last"):
        train(classifier(), loader)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"epochs": 0}, ag.RangeError, "epochs is at least 1, got 0"),
        ({"epochs": 2.5}, ag.ArgumentError, "epochs is a whole number, got 2.5"),
        ({"accumulate": 0}, ag.RangeError, "accumulate is at least 1"),
        ({"batch_size": True}, ag.ArgumentError, "batch_size is a whole number"),
        ({"optimizer": 0.1}, ag.ArgumentError, r"optim\.SGD\(parameters, lr=0\.1\); got 0\.1"),
        ({"schedule": 0.1}, ag.ArgumentError, "schedule=lambda optimizer"),
        ({"schedule_every": "step"}, ag.RangeError, "'epoch' or 'batch', got 'step'"),
        ({"early_stopping": "soon"}, ag.ArgumentError, "got 'soon'"),
        ({"callbacks": [3]}, ag.ArgumentError, "got 3"),
        ({"callbacks": optim.Callback}, ag.ArgumentError, "A callback is an object"),
        ({"metrics": ["accuracy"]}, ag.ArgumentError, r"such as optim\.accuracy; got 'accuracy'"),
        ({"metrics": {"loss": optim.accuracy}}, ag.ArgumentError, "has 'loss' already"),
    ],
)
def test_arguments_that_make_no_sense(options, error, words):
    with pytest.raises(error, match=words):
        train(classifier(), **options)


def test_schedules_that_do_not_fit():
    other = optim.SGD(classifier().parameters(), lr=0.1)
    with pytest.raises(ag.ArgumentError, match="belongs to another optimizer"):
        train(classifier(), schedule=optim.lr_scheduler.StepLR(other, 1))
    plateau = optim.lr_scheduler.ReduceLROnPlateau
    with pytest.raises(ag.ArgumentError, match="is given the loss of each epoch"):
        train(classifier(), schedule=plateau, schedule_every="batch")
    with pytest.raises(ag.ArgumentError, match="mode='min'"):
        train(classifier(), schedule=lambda optimizer: plateau(optimizer, "max"))


def test_a_loss_that_is_no_single_number():
    with pytest.raises(ag.ShapeError, match=r"a tensor of shape \(8,\): take its mean"):
        optim.fit(
            classifier(), nn.CrossEntropyLoss(reduction="none"), TRAIN, batch_size=8, progress=False
        )
    with pytest.raises(ag.ShapeError, match="it is float"):
        optim.fit(classifier(), lambda output, target: 1.0, TRAIN, progress=False)


def test_a_model_without_parameters_is_explained():
    with pytest.raises(ag.ArgumentError, match=r"function has no parameters\(\)"):
        optim.fit(lambda x: x, ag.mse_loss, TRAIN, progress=False)


# --- memory -----------------------------------------------------------------------------


def test_two_thousand_steps_leave_nothing_behind():
    """Blocks of memory over 1,800 steps, and bytes over the last 200."""
    blocks, traced = {}, []

    class Scale(optim.Callback):
        def on_epoch_end(self, run):
            blocks[run.epoch] = sys.getallocatedblocks()
            if run.epoch == 90:
                tracemalloc.start()
            if run.epoch == 100:
                traced.append(tracemalloc.get_traced_memory()[0])

    batches = [(X[i : i + 3], Y[i : i + 3]) for i in range(0, 60, 3)]
    try:
        history = train(
            classifier(), batches, epochs=100, callbacks=Scale(), metrics=optim.accuracy
        )
    finally:
        tracemalloc.stop()
    assert len(history.batch_losses) == 2000
    assert blocks[90] - blocks[10] < 1000  # 4 curves of 80 numbers, and no block a step
    assert traced[0] - sys.getsizeof(history.batch_losses) < 200 * 75  # no array is as small
