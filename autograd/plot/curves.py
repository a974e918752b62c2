"""How a training went: curves over the epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.core.errors import ArgumentError, RangeError, StateError
from autograd.plot.style import PANEL, Look, plain

Columns = Mapping[str, Sequence[float]]

CALL = "loss_curves()"
HIDDEN = ("lr", "seconds")


def loss_curves(
    history: Any,
    names: Iterable[str] | None = None,
    *,
    yscale: str = "linear",
    theme: str = "light",
) -> Any:
    """Curves over the epochs: a panel for the loss and for each metric.

    Args:
        history: what `optim.fit` returns; or a mapping from names such as ``"loss"`` and
            ``"validation_loss"`` to a number per epoch; or several histories by label,
            which are compared in the same panels.
        names: what to plot, without ``"validation_"``, which comes along; by default
            everything but ``"lr"`` and ``"seconds"``.
        yscale: ``"linear"`` or ``"log"``.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: `history` is none of these.
        RangeError: it has no such name; an unknown scale or theme.
        StateError: no epoch has been completed.
        MissingPackageError: matplotlib is not installed.

    >>> loss_curves({"loss": [0.7, 0.4], "validation_loss": [0.8, 0.6]}).axes[0].get_ylabel()
    'loss'
    """
    look, runs = Look(theme), _runs(history)
    panels = _panels(runs) if names is None else list(names)
    _check(runs, panels, yscale)
    figure = look.figure(PANEL[0] * len(panels), PANEL[1])
    for axes, name in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        axes.set_yscale(yscale)
        _panel(axes, look, runs, name)
    return figure


def _runs(history: Any) -> dict[str, Columns]:
    """The columns of each history, by label; the label of a single one is empty."""
    columns = _columns(history)
    if columns is not None:
        return {"": columns}
    if isinstance(history, Mapping) and history:
        runs = {str(label): _columns(run) for label, run in history.items()}
        found = {label: columns for label, columns in runs.items() if columns is not None}
        if len(found) == len(runs):
            return found
    raise ArgumentError(
        f"{CALL} takes a history, several by label ({{'SGD': history, …}}), or numbers by name "
        f"({{'loss': [0.7, 0.4]}}); got {type(history).__name__}."
    )


def _columns(history: Any) -> Columns | None:
    """The numbers of one history, by name; None if it is none."""
    if hasattr(history, "epochs"):
        epochs: Columns = history.epochs
        return epochs
    if not isinstance(history, Mapping) or not history:
        return None
    try:
        return {str(name): [float(v) for v in column] for name, column in history.items()}
    except (TypeError, ValueError):  # no numbers
        return None


def _panels(runs: dict[str, Columns]) -> list[str]:
    found = dict.fromkeys(name for columns in runs.values() for name in columns)
    return [n for n in found if n not in HIDDEN and not n.startswith("validation_")]


def _check(runs: dict[str, Columns], panels: list[str], yscale: str) -> None:
    if not any(len(column) for columns in runs.values() for column in columns.values()):
        raise StateError("No epoch has been completed, so there is nothing to plot.")
    if yscale not in ("linear", "log"):
        raise RangeError(f"yscale={yscale!r}: choose 'linear' or 'log'.")
    known = dict.fromkeys(name for columns in runs.values() for name in columns)
    for name in panels or [""]:
        if name not in known:
            raise RangeError(f"The history has no {name!r}; it has {', '.join(known)}.")


def _panel(axes: Any, look: Look, runs: dict[str, Columns], name: str) -> None:
    """One quantity: a curve for each run, and one for its validation."""
    place = 0
    for label, columns in runs.items():
        for key, kind in ((name, "training"), (f"validation_{name}", "validation")):
            if key in columns:
                epochs = range(1, len(columns[key]) + 1)
                words = plain(f"{label}, {kind}" if label else kind)
                axes.plot(epochs, columns[key], label=words, **look.line(place, len(epochs)))
            place += key in columns
    first = next(iter(runs.values()))
    if len(runs) == 1 and f"validation_{name}" in first:
        _best(axes, look, first)
    title = plain(f"{name[:1].upper()}{name[1:]}") + " over the epochs"
    look.dress(axes, title, x="epoch", y=plain(name))
    axes.xaxis.get_major_locator().set_params(integer=True)
    look.legend(axes)


def _best(axes: Any, look: Look, columns: Columns) -> None:
    """A line at the epoch with the lowest loss, of the validation where there is one."""
    column = columns["validation_loss"] if "validation_loss" in columns else columns.get("loss", ())
    finite = [epoch for epoch, value in enumerate(column) if not math.isnan(value)]
    if finite:
        best = 1 + min(finite, key=column.__getitem__)
        axes.axvline(best, color=look["line"], linestyle=":", label="best epoch")
