"""The ways that optimizers take over a surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, RangeError, ShapeError
from autograd.core.mode import no_grad
from autograd.core.tensor import Tensor, tensor
from autograd.plot.style import Look, plain

CALL = "paths()"


def paths(
    f: Callable[[Any, Any], Any],
    paths: Any,
    *,
    minimum: Any = None,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    levels: int = 18,
    theme: str = "light",
) -> Any:
    """The ways that optimizers took over a surface f(x, y), on its contour lines.

    Lines lie close where f is steep near its lowest value: their heights above it grow by a
    constant factor.

    Args:
        f: a function of x and y that computes elementwise.
        paths: the points (x, y) in order, shape (steps, 2); or several such paths by label.
        minimum: a point (x, y) to mark with a cross.
        xlim, ylim: what part of the plane to show; by default what the paths need. A path
            that leaves it is cut there.
        levels: how many contour lines.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: f is no function.
        ShapeError: a path that is no list of points, or an f that does not compute elementwise.
        RangeError: nothing finite to show; fewer than 2 levels; an unknown theme.
        MissingPackageError: matplotlib is not installed.

    >>> figure = paths(lambda x, y: x**2 + 4 * y**2, {"SGD": [(1, 1), (0.5, 0.2), (0.2, 0)]})
    >>> figure.axes[0].get_legend_handles_labels()[1]
    ['SGD, 2 steps', 'start']
    """
    look = Look(theme)
    if not callable(f):
        raise ArgumentError(f"{CALL} takes a function f(x, y) first, got {type(f).__name__}.")
    if not isinstance(levels, int) or levels < 2:
        raise RangeError(f"levels={levels!r}: at least 2 contour lines.")
    ways = {str(k): _way(v, str(k)) for k, v in _by_label(paths).items()}
    marked = [] if minimum is None else [_way([minimum], "minimum")]
    across, up = _ranges([*ways.values(), *marked], xlim, ylim)
    figure = look.figure(5.2, 4.2)
    axes = figure.subplots()
    _contours(axes, look, across, up, _heights(f, across, up), levels)
    for place, (label, way) in enumerate(ways.items()):
        style = {**look.line(place, len(way)), "markersize": 3.5, "zorder": 3}
        steps = f"{len(way) - 1} step{'s' * (len(way) != 2)}"
        axes.plot(
            way[:, 0], way[:, 1], label=plain(f"{label}, {steps}" if label else steps), **style
        )
    _marks(axes, look, ways, marked)
    axes.set(xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))
    look.dress(axes, "Paths over the contour lines of f", x="x", y="y")
    look.legend(axes, beside=True)
    return figure


def _by_label(paths: Any) -> Mapping[Any, Any]:
    if isinstance(paths, Mapping):
        if not paths:
            raise RangeError(f"{CALL}: there is no path to show.")
        return paths
    return {"": paths}


def _way(points: Any, label: str) -> Any:
    """A path as an array (steps, 2).

    Raises:
        ShapeError: it is none.
    """
    plain = points if isinstance(points, (Tensor, np.ndarray)) else list(points)
    rows = [plain] if isinstance(plain, (Tensor, np.ndarray)) else plain
    arrays = [np.asarray(getattr(row, "data", row), dtype=np.float64) for row in rows]
    if any(a.shape != arrays[0].shape for a in arrays) or not arrays:
        shapes = sorted({a.shape for a in arrays})
        raise ShapeError(f"{CALL}: the points of path {label!r} have different shapes, {shapes}.")
    way = arrays[0] if rows is not plain else np.stack(arrays)
    if way.ndim != 2 or way.shape[1] != 2 or not len(way):
        raise ShapeError(f"{CALL}: path {label!r} is a list of points (x, y), got {way.shape}.")
    return way


def _ranges(ways: list[Any], xlim: Any, ylim: Any) -> tuple[Any, Any]:
    """The part of the plane that is shown, 160 points along each axis."""
    every = np.concatenate(ways)
    finite = every[np.isfinite(every).all(axis=1)]
    if not len(finite) and (xlim is None or ylim is None):
        raise RangeError(f"{CALL}: no point of the paths is finite; give xlim and ylim.")
    return _range(finite[:, 0], xlim, "xlim"), _range(finite[:, 1], ylim, "ylim")


def _range(values: Any, limits: Any, name: str) -> Any:
    if limits is None:
        low, high = float(values.min()), float(values.max())
        room = 0.15 * (high - low) or 1.0
        return np.linspace(low - room, high + room, 160)
    low, high = map(float, limits)
    if not low < high:
        raise RangeError(f"{CALL}: {name}=({low:g}, {high:g}) goes from low to high.")
    return np.linspace(low, high, 160)


def _heights(f: Any, across: Any, up: Any) -> Any:
    """f on the grid, at one go."""
    with no_grad(), np.errstate(all="ignore"):
        given = f(*map(tensor, np.meshgrid(across, up)))
    heights = np.asarray(getattr(given, "data", given), dtype=np.float64)
    if heights.shape != (len(up), len(across)):
        raise ShapeError(
            f"{CALL}: f(x, y) computes elementwise; for x and y of shape "
            f"{(len(up), len(across))} it gave {heights.shape}. A function of one point p is "
            "written as lambda x, y: … of its two coordinates."
        )
    return heights


def _contours(axes: Any, look: Look, across: Any, up: Any, heights: Any, levels: int) -> None:
    """Lines at heights above the lowest that grow by a constant factor, and shades between."""
    finite = heights[np.isfinite(heights)]
    if not finite.size:
        raise RangeError(f"{CALL}: f is nowhere finite in this part of the plane.")
    low, high = float(finite.min()), float(finite.max())
    if high > low:
        above = np.geomspace(1e-4, 1.0, levels) * (high - low)
        axes.contour(
            across,
            up,
            np.ma.masked_invalid(heights),
            levels=low + above,
            colors=[look["cluster"]],
            linewidths=0.7,
        )


def _marks(axes: Any, look: Look, ways: dict[str, Any], marked: list[Any]) -> None:
    """Where the paths begin, and the minimum."""
    starts = np.unique([way[0] for way in ways.values()], axis=0)
    style = {"linestyle": "", "color": look["fg"], "zorder": 4}
    axes.plot(*starts.T, marker="o", markersize=9, markerfacecolor="none", label="start", **style)
    for point in marked:
        axes.plot(*point.T, marker="+", markersize=12, markeredgewidth=2, label="minimum", **style)
