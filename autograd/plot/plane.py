"""Which class a model gives to each point of a plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, RangeError, ShapeError
from autograd.core.mode import no_grad
from autograd.core.tensor import Tensor
from autograd.plot.models import as_input, evaluating
from autograd.plot.style import MARKERS, Look, rgb

CALL = "decision_boundary()"


def decision_boundary(
    model: Callable[[Any], Any],
    X: Any,
    y: Any = None,
    *,
    threshold: float = 0.0,
    resolution: int = 200,
    theme: str = "light",
) -> Any:
    """The regions of a classifier of points in a plane, its boundaries, and the points.

    With one score a point is positive above `threshold`; with several it belongs to the class
    with the largest. The model is run in evaluation mode and is left as it was.

    Args:
        model: a function of points (N, 2) that gives scores (N, classes), (N, 1) or (N,).
        X: points, shape (N, 2); they also say which part of the plane is shown.
        y: the true classes, whole numbers from 0; or -1 and 1 (0 and 1) for a single score.
            Points on the wrong side are ringed, and the title counts them.
        threshold: 0 for scores (logits), 0.5 for probabilities.
        resolution: how many points of the plane to ask, along each axis.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: the model is no function, or `y` no whole numbers.
        ShapeError: sizes that do not fit.
        RangeError: a class that the model does not have; too low a resolution; an unknown theme.
        MissingPackageError: matplotlib is not installed.
    """
    look = Look(theme)
    if not callable(model):
        raise ArgumentError(f"{CALL} takes a model to call, got {type(model).__name__}.")
    if not isinstance(resolution, int) or resolution < 2:
        raise RangeError(f"resolution={resolution!r}: at least 2 points along each axis.")
    points = _points(X)
    across, up = (_range(points[:, i], resolution) for i in (0, 1))
    grid = np.stack([part.ravel() for part in np.meshgrid(across, up)], axis=1)
    margins = _margins(model, grid, threshold).reshape(-1, resolution, resolution)
    figure = look.figure(5.2, 4.2)
    axes = figure.subplots()
    _regions(axes, look, across, up, margins)
    title = f"Regions of {len(margins)} classes"
    if y is not None:
        truth = _classes(y, points, len(margins))
        wrong = _margins(model, points, threshold).argmax(axis=0) != truth
        _scatter(axes, look, points, truth, wrong)
        title += f", {len(truth) - int(wrong.sum())} of {len(truth)} points right"
    look.dress(axes, title, x="x₁", y="x₂")
    return figure


def _points(X: Any) -> Any:
    points = np.asarray(X.data if isinstance(X, Tensor) else X, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(f"{CALL} shows points in a plane, X of shape (N, 2), got {points.shape}.")
    return points


def _range(values: Any, count: int) -> Any:
    """From a little below the lowest to a little above the highest."""
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or 1.0
    return np.linspace(low - room, high + room, count)


def _margins(model: Any, points: Any, threshold: float) -> Any:
    """How far each class is ahead of the best other one, (classes, N): largest where it wins."""
    with no_grad(), evaluating(model):
        given = model(as_input(model, points))
    scores = np.asarray(given.data if isinstance(given, Tensor) else given, dtype=np.float64)
    if scores.shape in ((len(points),), (len(points), 1)):
        above = scores.reshape(-1) - threshold
        return np.stack([-above, above])
    if scores.ndim != 2 or len(scores) != len(points):
        raise ShapeError(
            f"{CALL}: for {len(points)} points the model gave shape {scores.shape}; "
            f"scores are ({len(points)}, classes), ({len(points)}, 1) or ({len(points)},)."
        )
    others = [np.delete(scores, i, axis=1).max(axis=1) for i in range(scores.shape[1])]
    return scores.T - np.stack(others)


def _classes(y: Any, points: Any, count: int) -> Any:
    """The true classes, from 0."""
    truth = np.asarray(y.data if isinstance(y, Tensor) else y)
    if truth.shape not in ((len(points),), (len(points), 1)):
        raise ShapeError(f"{CALL}: X has {len(points)} points, but y has shape {truth.shape}.")
    truth = truth.reshape(-1)
    if not np.array_equal(truth, np.round(truth.astype(np.float64))):
        raise ArgumentError(f"{CALL}: y holds classes, whole numbers; got {truth.dtype} values.")
    whole = truth.astype(np.int64)
    if count == 2 and whole.min() == -1 and not (whole == 0).any():
        whole = (whole + 1) // 2
    if whole.min() < 0 or whole.max() >= count:
        raise RangeError(
            f"{CALL}: y has classes from {whole.min()} to {whole.max()}, "
            f"but the model tells {count} apart, 0 … {count - 1}."
        )
    return whole


def _regions(axes: Any, look: Look, across: Any, up: Any, margins: Any) -> None:
    """Each class's region in its own pale colour, with a line around it."""
    for place, margin in enumerate(margins):
        if (margin > 0).any():
            tint = _tint(look, place, len(margins))
            axes.contourf(across, up, margin, levels=[0.0, np.inf], colors=[tint])
    for margin in margins[1:] if len(margins) == 2 else margins:
        if (margin > 0).any() and (margin < 0).any():
            axes.contour(across, up, margin, levels=[0.0], colors=[look["fg"]], linewidths=1.2)


def _tint(look: Look, place: int, count: int) -> tuple[float, ...]:
    """The colour of a class, pale; greys in print."""
    if look.theme == "print":
        return (1.0 - 0.4 * place / max(1, count - 1),) * 3
    ground, colour = rgb(look["bg"]), rgb(look.colour(place))
    return tuple(0.75 * g + 0.25 * c for g, c in zip(ground, colour, strict=True))


def _scatter(axes: Any, look: Look, points: Any, truth: Any, wrong: Any) -> None:
    """The points, a marker for each class; the wrong ones in a ring."""
    for place in np.unique(truth):
        own = points[truth == place]
        axes.scatter(
            own[:, 0],
            own[:, 1],
            s=26,
            marker=MARKERS[place % len(MARKERS)],
            color=look.colour(place),
            edgecolors=look["bg"],
            linewidths=0.6,
            label=f"class {place}",
        )
    if wrong.any():
        ringed = points[wrong]
        ring = {"facecolors": "none", "edgecolors": look["fg"], "linewidths": 1.2}
        axes.scatter(ringed[:, 0], ringed[:, 1], s=110, marker="o", label="wrong side", **ring)
    look.legend(axes, beside=True)
