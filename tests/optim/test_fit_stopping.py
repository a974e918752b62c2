"""How a training ends, and goes on: early stopping, checkpoints, Ctrl-C."""

from __future__ import annotations

import math
import os
import signal
import threading

import numpy as np
import pytest
from trainings import HELD_OUT, TRAIN, X, assert_same, classifier, curves, train, weights

import autograd as ag
import nn
import optim

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
    assert scripted([5, 4, 6, 7, 8], early_stopping=watch)[0] == 2
    assert scripted([9, 8, 7, 7, 7], early_stopping=watch)[0] == 3
    assert watch.best == 7


def test_it_counts_from_where_it_began_to_watch():
    model = classifier()
    history = train(model, epochs=6)
    watch = optim.EarlyStopping(2, monitor="loss")
    train(model, epochs=8, history=history, early_stopping=watch)
    assert len(history) == 8
    assert watch.best_epoch > 6


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


def test_a_training_goes_on_from_a_checkpoint_file(tmp_path):
    def save(run):
        nn.save_checkpoint(
            tmp_path / f"{run.epoch}.npz",
            model=run.model,
            optimizer=run.optimizer,
            schedule=run.schedule,
            rng=whole["rng"],
            history=run.history.state_dict(),
            early_stopping=whole["early_stopping"].state_dict(),
        )

    whole, resumed = parts(0), parts(99)
    history = run_parts(whole, 6, callbacks=save)
    objects = {name: resumed[name] for name in ("model", "optimizer", "schedule", "rng")}
    extra = nn.load_checkpoint(tmp_path / "2.npz", **objects)
    resumed["history"].load_state_dict(extra["history"])
    resumed["early_stopping"].load_state_dict(extra["early_stopping"])
    again = run_parts(resumed, 6)
    assert curves(again) == curves(history)
    assert_same(weights(resumed["model"]), weights(whole["model"]))


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
