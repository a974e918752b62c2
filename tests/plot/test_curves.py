"""Loss curves of one history, of several, and of plain numbers."""

from __future__ import annotations

import math

import pytest
from plotted import curves

import autograd as ag
import optim


def course(*losses):
    history = optim.History()
    for loss in losses:
        history.append({"loss": loss, "lr": 0.1, "seconds": 1.0, "validation_loss": loss + 1})
    return history


def test_numbers_by_name():
    figure = ag.plot.loss_curves(
        {"loss": [3, 1, 2], "validation_loss": [4, math.nan, 3], "accuracy": [0, 0.5, 1]}
    )
    loss, accuracy = figure.axes
    assert list(curves(loss)["training"].get_ydata()) == [3, 1, 2]
    assert list(curves(loss)["training"].get_xdata()) == [1, 2, 3]
    assert curves(loss)["best epoch"].get_xdata()[0] == 3
    assert list(curves(accuracy)) == ["training"]
    assert accuracy.get_legend() is None


def test_a_history_plots_itself_in_the_same_way():
    history = course(3, 1, 2)
    shown = ag.plot.loss_curves(history, theme="dark")
    assert history.plot(theme="dark")._repr_html_() == shown._repr_html_()
    assert [axes.get_ylabel() for axes in shown.axes] == ["loss"]


def test_several_histories_share_a_panel():
    figure = ag.plot.loss_curves({"SGD": course(3, 2), "Adam": course(3, 1, 0.5)}, yscale="log")
    (axes,) = figure.axes
    assert {label: list(line.get_ydata()) for label, line in curves(axes).items()} == {
        "SGD, training": [3, 2],
        "SGD, validation": [4, 3],
        "Adam, training": [3, 1, 0.5],
        "Adam, validation": [4, 2, 1.5],
    }
    assert axes.get_yscale() == "log"


def test_several_mappings_share_a_panel_too():
    (axes,) = ag.plot.loss_curves({"SGD": {"loss": [3, 2]}, "Adam": course(3, 1)}).axes
    assert list(curves(axes)["SGD, training"].get_ydata()) == [3, 2]
    assert list(curves(axes)["Adam, training"].get_ydata()) == [3, 1]


def test_a_course_without_any_best_epoch():
    nowhere = {"loss": [1.0], "validation_loss": [math.nan]}
    assert "best epoch" not in curves(ag.plot.loss_curves(nowhere).axes[0])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([1, 2],), ag.ArgumentError, "got list"),
        (({},), ag.ArgumentError, "got dict"),
        (({"loss": 1.0},), ag.ArgumentError, "numbers by name"),
        (({"SGD": {"loss": "low"}},), ag.ArgumentError, "several by label"),
        (({"loss": []},), ag.StateError, "No epoch"),
        ((optim.History(),), ag.StateError, "No epoch"),
        (({"loss": [1]}, ["accuracy"]), ag.RangeError, "no 'accuracy'; it has loss"),
        (({"loss": [1]}, []), ag.RangeError, "it has loss"),
    ],
)
def test_loss_curves_refuse(arguments, error, words):
    with pytest.raises(error, match=words):
        ag.plot.loss_curves(*arguments)


def test_an_unknown_scale():
    with pytest.raises(ag.RangeError, match="'linear' or 'log'"):
        ag.plot.loss_curves({"loss": [1]}, yscale="cubic")
