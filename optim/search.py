"""Hyperparameters: every point of a grid, points at random, and restarts from new weights."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd as ag
from optim.progress import progress_bar


@dataclass(frozen=True)
class LogUniform:
    """Numbers whose logarithm is uniform: as many between 0.001 and 0.01 as between 0.1 and 1.

    Raises:
        RangeError: limits that are not 0 < low < high.

    >>> draw = LogUniform(1e-4, 1e-1).draw
    >>> 1e-4 < draw(np.random.default_rng(0)) < 1e-1
    True
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high:
            raise ag.RangeError(f"LogUniform: 0 < low < high, got {self.low} and {self.high}.")

    def draw(self, rng: np.random.Generator) -> float:
        """One number."""
        return float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))


@dataclass(frozen=True)
class Uniform:
    """Numbers between two limits, all alike likely.

    Raises:
        RangeError: limits that are not low < high.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ag.RangeError(f"Uniform: low < high, got {self.low} and {self.high}.")

    def draw(self, rng: np.random.Generator) -> float:
        """One number."""
        return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class Trial:
    """One try.

    Attributes:
        number: its place in the order of trying, from 0.
        parameters: the hyperparameters by name.
        seed: ``np.random.default_rng(seed)`` is the generator that it was given.
        score: what is compared; NaN where it failed.
        result: what else the objective returned, a model for example.
        seconds: how long it took.
        error: why it failed, or nothing.
    """

    number: int
    parameters: dict[str, Any]
    seed: int
    score: float
    result: Any = None
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Search:
    """All trials, the best first; those that failed come last."""

    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The trial with the best score.

        Raises:
            StateError: every trial failed.
        """
        if math.isnan(self.trials[0].score):
            raise ag.StateError(f"Every trial failed, the first with: {self.trials[0].error}")
        return self.trials[0]

    def __len__(self) -> int:
        return len(self.trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.trials)

    def __str__(self) -> str:
        names = list(self.trials[0].parameters)
        head = ["trial", *names, "score", "seconds", "seed"]
        rows = [head, *(_row(trial, names) for trial in self.trials)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in rows
        )


Objective = Callable[..., Any]


def grid_search(
    objective: Objective,
    grid: Mapping[str, Iterable[Any]],
    *,
    maximize: bool = False,
    n_jobs: int | None = 1,
    rng: Any = None,
    progress: bool = True,
) -> Search:
    """Try every combination of the given values.

    Args:
        objective: called as ``objective(rng=…, name=value, …)``; returns a score, or a score
            and something to keep with it. Divergence (`AnomalyError`) counts as a failed trial.
        grid: the values of each hyperparameter.
        maximize: whether a larger score is better.
        n_jobs: trials at a time, by joblib: −1 for all processors, None for what
            ``joblib.parallel_config`` says, a cluster's back end for example; 1 needs no joblib.
        rng: a generator or a seed; each trial gets a generator of its own, whatever `n_jobs`
            is, and what draws without one is seeded for it, too (only threads of one process
            share that). The generator of `autograd.manual_seed` otherwise.
        progress: whether a progress bar is shown.

    Returns:
        The trials, best first; printed, a table.

    Raises:
        ArgumentError: a grid that is no dict of lists.
        RangeError: an empty one.
        MissingPackageError: joblib or tqdm is needed and not installed.

    >>> def parabola(x, y, rng):
    ...     return (x - 2) ** 2 + y
    >>> search = grid_search(parabola, {"x": [0, 1, 2], "y": [0, 1]}, rng=0, progress=False)
    >>> search.best.parameters, len(search)
    ({'x': 2, 'y': 0}, 6)
    """
    values = {name: _listed(name, choices) for name, choices in _named(grid).items()}
    points = [
        dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())
    ]
    return _search("grid search", objective, points, maximize, n_jobs, rng, progress)


def random_search(
    objective: Objective,
    space: Mapping[str, Any],
    trials: int = 20,
    *,
    maximize: bool = False,
    n_jobs: int | None = 1,
    rng: Any = None,
    progress: bool = True,
) -> Search:
    """Try points drawn at random, which finds more than a grid where few dimensions matter.

    Args:
        space: for each hyperparameter a list to choose from, `Uniform`, `LogUniform`, a
            distribution of ``scipy.stats``, or a function of a generator.
        trials: how many.
        objective, maximize, n_jobs, rng, progress: as for `grid_search`. More trials begin with
            the same points.

    Returns:
        The trials, best first; printed, a table.

    Raises:
        ArgumentError, RangeError, MissingPackageError: as for `grid_search`.

    Source: Bergstra and Bengio 2012, "Random search for hyper-parameter optimization"; lecture A.

    >>> search = random_search(
    ...     lambda lr, rng: abs(np.log10(lr) + 2), {"lr": LogUniform(1e-4, 1)}, 50, rng=0,
    ...     progress=False,
    ... )
    >>> 0.005 < search.best.parameters["lr"] < 0.02
    True
    """
    if trials < 1:
        raise ag.RangeError(f"random_search: at least 1 trial, got {trials}.")
    generator = ag.generator(rng)
    drawers = {name: _drawer(name, choices) for name, choices in _named(space).items()}
    own = np.random.default_rng(generator.integers(2**63))
    points = [{name: draw(own) for name, draw in drawers.items()} for _ in range(trials)]
    return _search("random search", objective, points, maximize, n_jobs, generator, progress)


def random_restarts(
    objective: Objective,
    restarts: int = 10,
    *,
    maximize: bool = False,
    n_jobs: int | None = 1,
    rng: Any = None,
    progress: bool = True,
) -> Search:
    """Train again and again from new random weights: local minima differ (lecture A).

    Args:
        objective: called as ``objective(rng=…)``; returns a score, or a score and the model.
        restarts: how often.
        maximize, n_jobs, rng, progress: as for `grid_search`.

    Returns:
        The trials, best first; ``search.best.result`` is the best model, where the objective
        returned it.

    Raises:
        RangeError, MissingPackageError: as for `grid_search`.
    """
    if restarts < 1:
        raise ag.RangeError(f"random_restarts: at least 1 restart, got {restarts}.")
    points: list[dict[str, Any]] = [{} for _ in range(restarts)]
    return _search("random restarts", objective, points, maximize, n_jobs, rng, progress)


# --- running the trials -------------------------------------------------------------------


def _search(
    title: str,
    objective: Objective,
    points: Sequence[dict[str, Any]],
    maximize: bool,
    n_jobs: int | None,
    rng: Any,
    progress: bool,
) -> Search:
    seeds = ag.generator(rng).integers(2**63, size=len(points)).tolist()
    jobs = [(objective, *job) for job in zip(itertools.count(), points, seeds)]
    trials = []
    with progress_bar(title, len(jobs), progress) as bar:
        for trial in _run(jobs, n_jobs):
            trials.append(trial)
            bar.update()
    sign = -1 if maximize else 1
    return Search(tuple(sorted(trials, key=lambda t: (math.isnan(t.score), sign * t.score))))


def _run(jobs: Sequence[tuple[Any, ...]], n_jobs: int | None) -> Iterable[Trial]:
    """The trials in the order of their numbers, here or by joblib elsewhere."""
    dtype = ag.get_default_dtype().name
    if n_jobs == 1:
        return (_try(dtype, *job) for job in jobs)
    joblib = ag.need_package(
        "joblib", "joblib", "train", "Several trials at a time", "One at a time: n_jobs=1."
    )
    found: Iterable[Trial] = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
        joblib.delayed(_try)(dtype, *job) for job in jobs
    )
    return found


def _try(
    dtype: str, objective: Objective, number: int, parameters: dict[str, Any], seed: int
) -> Trial:
    """One trial, in a process of its own perhaps, which does not know the default dtype yet."""
    ag.set_default_dtype(dtype)
    start = time.perf_counter()
    try:
        with _seeded(seed):
            returned, error = objective(**parameters, rng=np.random.default_rng(seed)), ""
    except ag.AnomalyError as failure:
        returned, error = math.nan, str(failure)
    score, result = returned if isinstance(returned, tuple) else (returned, None)
    if not hasattr(score, "__float__"):
        raise ag.ArgumentError(
            "The objective returns a number, or a number and something to keep: "
            f"got {type(score).__name__}."
        )
    seconds = time.perf_counter() - start
    return Trial(number, parameters, seed, float(score), result, seconds, error)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """The shared generator, too, depends on the trial's seed alone, and is put back after it."""
    shared = ag.generator().bit_generator
    before = shared.state
    shared.state = np.random.default_rng([seed, 1]).bit_generator.state
    try:
        yield
    finally:
        shared.state = before


# --- what was given -----------------------------------------------------------------------


def _named(space: Any) -> Mapping[str, Any]:
    if not isinstance(space, Mapping):
        raise ag.ArgumentError(
            'The hyperparameters are a dict by name, such as {"lr": [0.1, 0.01]}, got '
            f"{type(space).__name__}."
        )
    if not space or "rng" in space:
        raise ag.RangeError("Name at least one hyperparameter; rng is given to each trial anyway.")
    return space


def _listed(name: str, choices: Any) -> list[Any]:
    if isinstance(choices, str) or not isinstance(choices, Iterable):
        raise ag.ArgumentError(
            f"The values of {name!r} are a list, got {choices!r:.40}; for one value write a list "
            "of one."
        )
    listed = list(choices)
    if not listed:
        raise ag.RangeError(f"The list of values of {name!r} is empty.")
    return listed


def _drawer(name: str, choices: Any) -> Callable[[np.random.Generator], Any]:
    """What draws a value of a hyperparameter."""
    if hasattr(choices, "draw"):
        draw: Callable[[np.random.Generator], Any] = choices.draw
        return draw
    if hasattr(choices, "rvs"):
        return lambda rng: choices.rvs(random_state=rng)
    if callable(choices):
        return lambda rng: choices(rng)
    listed = _listed(name, choices)
    return lambda rng: listed[rng.integers(len(listed))]


def _row(trial: Trial, names: list[str]) -> list[str]:
    values = [_cell(trial.parameters[name]) for name in names]
    score = "failed" if math.isnan(trial.score) else _cell(trial.score)
    return [str(trial.number), *values, score, f"{trial.seconds:.1f}", str(trial.seed)]


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
