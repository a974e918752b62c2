"""Searches: every point tried, seeds that repeat, failures that do not stop it, other processes."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from optim import LogUniform, Uniform


def parabola(x, y, rng):
    return (x - 2) ** 2 + y


def noise(rng, scale=1.0):
    """A score that depends on the trial's own generator and on the shared one."""
    return scale * rng.random() + 1e-3 * ag.rand(1).item()


def trained(hidden, lr, rng):
    """A small network's validation loss."""
    train, held_out = nn.data.random_split(nn.data.moons(80, rng=0), [60, 20], rng=0)
    model = nn.Sequential(nn.Linear(2, hidden, rng=rng), nn.Tanh(), nn.Linear(hidden, 2, rng=rng))
    history = optim.fit(
        model,
        nn.CrossEntropyLoss(),
        train,
        validation=held_out,
        epochs=3,
        rng=rng,
        optimizer=lambda p: optim.SGD(p, lr=lr),
        progress=False,
    )
    return history["validation_loss"][-1], model


QUIET = {"progress": False, "rng": 0}


def test_a_grid_is_tried_completely_and_sorted():
    search = optim.grid_search(parabola, {"x": [0, 1, 2, 3], "y": (1, 0)}, **QUIET)
    assert len(search) == 8
    assert {(t.parameters["x"], t.parameters["y"]) for t in search} == {
        (x, y) for x in range(4) for y in range(2)
    }
    scores = [trial.score for trial in search]
    assert scores == sorted(scores)
    assert search.best.parameters == {"x": 2, "y": 0}
    assert [t.number for t in optim.grid_search(parabola, {"x": [2, 0], "y": [0]}, **QUIET)] == [
        0,
        1,
    ]


def test_maximize_turns_the_order():
    search = optim.grid_search(parabola, {"x": [0, 1, 2], "y": [0]}, maximize=True, **QUIET)
    assert search.best.parameters["x"] == 0


def test_random_points_lie_where_they_should_and_follow_the_seed():
    scipy_stats = pytest.importorskip("scipy.stats")
    space = {
        "lr": LogUniform(1e-4, 1e-1),
        "width": [8, 16, 32],
        "slope": Uniform(-1, 1),
        "normal": scipy_stats.norm(100, 1),
        "own": lambda rng: int(rng.integers(5)) * 2,
    }

    def objective(rng, **parameters):
        return rng.random()

    one = optim.random_search(objective, space, 40, **QUIET)
    two = optim.random_search(objective, space, 40, **QUIET)
    points = [t.parameters for t in one]
    assert points == [t.parameters for t in two]
    assert [t.seed for t in one] == [t.seed for t in two]
    assert all(1e-4 <= p["lr"] <= 1e-1 and -1 <= p["slope"] <= 1 for p in points)
    assert 10 < sum(p["lr"] < 10**-2.5 for p in points) < 30  # the logarithm is uniform
    assert {p["width"] for p in points} == {8, 16, 32}
    assert all(90 < p["normal"] < 110 and p["own"] in (0, 2, 4, 6, 8) for p in points)
    other = optim.random_search(objective, space, 40, rng=1, progress=False)
    assert points != [t.parameters for t in other]


def test_more_trials_begin_with_the_same_ones():
    def by_number(trials):
        found = optim.random_search(noise, {"scale": Uniform(1, 2)}, trials, **QUIET)
        return {t.number: (t.parameters, t.seed, t.score) for t in found}

    few, many = by_number(3), by_number(6)
    assert few == {number: many[number] for number in range(3)}


def test_a_trial_can_be_repeated_from_its_seed():
    def objective(x, rng):
        return x * rng.random()

    for trial in optim.grid_search(objective, {"x": [1, 2, 3]}, **QUIET):
        assert objective(**trial.parameters, rng=np.random.default_rng(trial.seed)) == trial.score


def test_random_restarts_keep_the_best_model():
    def objective(rng):
        weight = rng.standard_normal()
        return weight**2, weight

    search = optim.random_restarts(objective, 20, **QUIET)
    assert search.best.score == min(t.score for t in search)
    assert search.best.result**2 == search.best.score
    assert len({t.score for t in search}) == 20


def test_the_shared_generator_is_seeded_for_a_trial_and_put_back_after_it():
    ag.manual_seed(5)
    expected = ag.rand(3).tolist()
    ag.manual_seed(5)
    one = optim.random_restarts(noise, 3, **QUIET)
    assert ag.rand(3).tolist() == expected
    ag.rand(7)
    two = optim.random_restarts(noise, 3, **QUIET)
    assert [t.score for t in one] == [t.score for t in two]


@pytest.mark.parametrize("n_jobs", [2, None])
def test_several_processes_find_what_one_finds(n_jobs):
    grid = {"hidden": [2, 4], "lr": [0.1, 0.5]}
    alone = optim.grid_search(trained, grid, **QUIET)
    together = optim.grid_search(trained, grid, n_jobs=n_jobs, **QUIET)
    for one, two in zip(alone, together, strict=True):
        assert (one.number, one.parameters, one.seed) == (two.number, two.parameters, two.seed)
        assert one.score == two.score
        np.testing.assert_array_equal(
            one.result.state_dict()["0.weight"].data, two.result.state_dict()["0.weight"].data
        )


def test_joblibs_back_end_and_the_default_dtype_are_respected():
    joblib = pytest.importorskip("joblib")

    def dtype(rng):
        return float(ag.get_default_dtype().itemsize)

    ag.set_default_dtype("float32")
    try:
        elsewhere = optim.random_restarts(dtype, 3, n_jobs=2, **QUIET)
        with joblib.parallel_config(backend="threading", n_jobs=2):
            threads = optim.random_restarts(
                lambda rng: threading.get_ident(), 3, n_jobs=None, **QUIET
            )
    finally:
        ag.set_default_dtype("float64")
    assert [t.score for t in elsewhere] == [4.0] * 3
    assert threading.get_ident() not in [t.score for t in threads]


def test_divergence_is_a_failed_trial_and_other_errors_are_errors():
    def objective(lr, rng):
        if lr > 1:
            raise ag.AnomalyError("The loss is nan")
        return lr

    search = optim.grid_search(objective, {"lr": [9, 0.5, 8, 0.1]}, **QUIET)
    assert [t.parameters["lr"] for t in search] == [0.1, 0.5, 9, 8]
    assert search.trials[2].error == "The loss is nan"
    assert "failed" in str(search)
    with pytest.raises(ag.StateError, match="Every trial failed, the first with: The loss is nan"):
        _ = optim.grid_search(objective, {"lr": [2]}, **QUIET).best
    with pytest.raises(ZeroDivisionError):
        optim.grid_search(lambda x, rng: 1 / x, {"x": [0]}, **QUIET)
    assert math.isnan(
        optim.grid_search(lambda x, rng: x, {"x": [math.nan, 1]}, **QUIET).trials[1].score
    )


def test_the_table_is_sorted_and_aligned():
    table = str(optim.grid_search(parabola, {"x": [0, 2], "y": [0.125]}, **QUIET)).splitlines()
    assert table[0].split() == ["trial", "x", "y", "score", "seconds", "seed"]
    assert table[1].split()[:4] == ["1", "2", "0.125", "0.125"]
    assert len({len(line) for line in table}) == 1


def test_the_progress_bar(capsys):
    optim.random_restarts(noise, 4, rng=0)
    assert "random restarts: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("search", "error", "words"),
    [
        (lambda: optim.grid_search(parabola, [1], **QUIET), ag.ArgumentError, "a dict by name"),
        (lambda: optim.grid_search(parabola, {}, **QUIET), ag.RangeError, "at least one"),
        (lambda: optim.grid_search(parabola, {"x": []}, **QUIET), ag.RangeError, "'x' is empty"),
        (lambda: optim.grid_search(parabola, {"x": 3}, **QUIET), ag.ArgumentError, "are a list"),
        (lambda: optim.grid_search(parabola, {"rng": [3]}, **QUIET), ag.RangeError, "rng is given"),
        (lambda: optim.random_search(noise, {"scale": [1]}, 0), ag.RangeError, "at least 1 trial"),
        (lambda: optim.random_restarts(noise, 0), ag.RangeError, "at least 1 restart"),
        (lambda: optim.random_restarts(lambda rng: "low", 1, **QUIET), ag.ArgumentError, "got str"),
        (lambda: LogUniform(0, 1), ag.RangeError, "0 < low < high"),
        (lambda: Uniform(1, 1), ag.RangeError, "low < high"),
    ],
)
def test_mistakes_are_explained(search, error, words):
    with pytest.raises(error, match=words):
        search()


def test_a_missing_joblib_is_named(monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr("autograd.core.packages.import_module", refuse)
    with pytest.raises(ag.MissingPackageError, match=r"needs joblib.*n_jobs=1"):
        optim.random_restarts(noise, 2, n_jobs=2, **QUIET)
    assert len(optim.random_restarts(noise, 2, **QUIET)) == 2
