"""The history: what it holds, how it is saved, and how it draws itself."""

from __future__ import annotations

import json
import math

import pytest

import autograd as ag
from optim import History


def course():
    history = History()
    for epoch, value in enumerate([3.0, 1.0, 2.0]):
        history.append(
            {
                "loss": 1 / (epoch + 1),
                "accuracy": epoch / 3,
                "validation_loss": value,
                "validation_accuracy": epoch / 4,
                "lr": 0.1,
                "seconds": 1.0,
            }
        )
    return history


def test_columns_by_name():
    history = course()
    assert len(history) == 3
    assert history["validation_loss"] == [3, 1, 2]
    assert "accuracy" in history
    assert "precision" not in history
    assert list(history)[:2] == ["loss", "accuracy"]
    with pytest.raises(ag.RangeError, match="has no 'acc'; it has loss, accuracy"):
        history["acc"]
    with pytest.raises(ag.RangeError, match="it has nothing yet"):
        History()["loss"]


def test_an_empty_history_is_still_one():
    assert History()
    assert len(History()) == 0
    assert repr(History()) == "History(0 epochs)"


def test_the_best_epoch():
    history = course()
    assert history.best() == 2
    assert history.best("accuracy", "max") == 3
    history.append({"validation_loss": math.nan})
    assert history.best() == 2
    empty = History()
    empty.append({"loss": math.nan})
    assert empty.best() == 0


def test_what_an_epoch_does_not_have_is_nan():
    history = History()
    history.append({"loss": 1.0})
    history.append({"loss": 0.5, "validation_loss": 2.0})
    history.append({"validation_loss": 1.0})
    assert math.isnan(history["validation_loss"][0])
    assert math.isnan(history["loss"][2])
    assert [len(column) for column in history.epochs.values()] == [3, 3]


def test_json_carries_it():
    history = course()
    history.batch_losses.extend([0.5, 0.25])
    history.stopped = "all 3 epochs are done"
    other = History()
    other.load_state_dict(json.loads(json.dumps(history.state_dict())))
    assert other.epochs == history.epochs
    assert other.batch_losses == history.batch_losses
    assert repr(other) == repr(history)
    other.append({"loss": 0.0})
    assert len(history) == 3


def test_the_figure_shows_what_happened(tmp_path):
    figure = course().plot()
    loss, accuracy = figure.axes
    assert [loss.get_ylabel(), accuracy.get_ylabel()] == ["loss", "accuracy"]
    curves = {line.get_label(): line for line in loss.get_lines()}
    assert list(curves["training"].get_ydata()) == [1, 1 / 2, 1 / 3]
    assert list(curves["validation"].get_ydata()) == [3, 1, 2]
    assert list(curves["validation"].get_xdata()) == [1, 2, 3]
    assert next(iter(curves["best epoch"].get_xdata())) == 2
    figure.savefig(tmp_path / "course.png")
    assert (tmp_path / "course.png").stat().st_size > 1000


def test_chosen_panels_and_histories_without_validation():
    assert [axes.get_ylabel() for axes in course().plot(["accuracy", "lr"]).axes] == [
        "accuracy",
        "lr",
    ]
    history = History()
    history.append({"loss": 1.0})
    (axes,) = history.plot().axes
    assert len(axes.get_lines()) == 1
    with pytest.raises(ag.RangeError, match="has no 'precision'"):
        history.plot(["precision"])


def test_a_notebook_shows_the_curves():
    assert 'alt="Plot: Loss over the epochs (loss against epoch)' in course()._repr_html_()
    assert "data:image/svg+xml;base64," in course()._repr_html_()
    assert course().plot()._repr_html_() == course()._repr_html_()  # the same bytes
    assert History()._repr_html_() is None


def test_nothing_to_plot_and_nothing_to_plot_with(monkeypatch):
    with pytest.raises(ag.StateError, match="No epoch has been completed"):
        History().plot()

    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr("autograd.core.packages.import_module", refuse)
    with pytest.raises(ag.MissingPackageError, match=r"needs matplotlib.*glassgrad\[train\]"):
        course().plot()
    assert course()._repr_html_() is None


def test_repr_tells_the_story():
    history = course()
    history.stopped = "interrupted by Ctrl-C in epoch 4"
    assert repr(history) == (
        "History(3 epochs: loss 1 → 0.3333, accuracy 0 → 0.6667, validation_loss 3 → 2, "
        "validation_accuracy 0 → 0.5; interrupted by Ctrl-C in epoch 4)"
    )
