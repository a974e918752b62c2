"""NaN and infinity named, mistakes explained, callbacks told."""

from __future__ import annotations

import numpy as np
import pytest
from trainings import HELD_OUT, TRAIN, X, Y, classifier, train

import autograd as ag
import nn
import optim

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
    assert "test_fit_faults.py" in message
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


def test_optimizers_that_take_a_closure_stop_as_well(no_warnings):
    batches = [(np.array([4.0, -1.0]), np.ones(2))]
    with pytest.raises(ag.AnomalyError, match=r"^The loss is nan in epoch 1, batch 1\..*sqrt made"):
        optim.fit(Root(), nn.MSELoss(), batches, optimizer=optim.LBFGS, progress=False)


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
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr("autograd.core.packages.import_module", refuse)
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
