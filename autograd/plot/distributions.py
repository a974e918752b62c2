"""How numbers are spread in each layer: weights, gradients, activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, GradientError, RangeError
from autograd.core.mode import enable_grad, no_grad
from autograd.core.tensor import Tensor
from autograd.functional import grad
from autograd.plot.models import chosen, leaves, listed, outputs_of, titled
from autograd.plot.style import Look, plain

OF = ("weights", "gradients", "activations")
CALL = "histograms()"
WORDS = {
    "weights": "parameter",
    "gradients": "∂L/∂parameter",
    "activations": "activation",
    "errors": "∂L/∂activation",
}


def histograms(
    model: Any,
    x: Any = None,
    *,
    of: str | None = None,
    loss: Callable[[Any], Any] | None = None,
    layers: Sequence[str] | None = None,
    bins: int = 40,
    sharex: bool = True,
    theme: str = "light",
) -> Any:
    """A histogram for each layer, with mean and standard deviation.

    Without `x`, of the parameters or their gradients. With `x`, of what each layer gives for
    it, or, with `loss` too, of the gradients that come back to there: both stay of one size
    through the layers where first values are chosen well (Glorot & Bengio 2010). The model is
    run in evaluation mode and is left as it was.

    Args:
        model: what has ``named_parameters()`` and, for activations, ``named_modules()``.
        x: a batch to run the model on.
        of: ``"weights"``, ``"gradients"`` or ``"activations"``; by default activations where
            there is an `x`, gradients where there is a `loss`, else weights.
        loss: a function of the model's output, such as ``lambda y: criterion(y, target)``.
        layers: paths of the parameters or modules to show; all of them by default.
        bins: how many bars a histogram has.
        sharex: all over one axis, which shows sizes; False gives each its own, which shows
            shapes.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: no model, or arguments that do not go together.
        RangeError: an unknown layer, theme or `of`; fewer than one bar.
        GradientError: gradients were asked for and there are none.
        MissingPackageError: matplotlib is not installed.
    """
    look = Look(theme)
    kind = _kind(x, of, loss)
    if not isinstance(bins, int) or bins < 1:
        raise RangeError(f"bins={bins!r}: a histogram has at least one bar.")
    numbers = _numbers(model, x, kind, loss)
    if layers is not None:
        numbers = {path: chosen(numbers, path, CALL) for path in layers}
    if not numbers:
        raise RangeError(f"{CALL}: layers=[] leaves nothing to show.")
    if kind in ("activations", "errors"):
        modules = leaves(model, CALL)
        numbers = {titled(path, modules[path]): values for path, values in numbers.items()}
    return _drawn(look, numbers, kind, bins, sharex)


def _kind(x: Any, of: str | None, loss: Any) -> str:
    """What is to be shown; ``errors`` are the gradients of activations.

    Raises:
        ArgumentError, RangeError: arguments that do not go together, or an unknown `of`.
    """
    if of is None:
        of = "gradients" if loss is not None else "weights" if x is None else "activations"
    if of not in OF:
        raise RangeError(f"of={of!r}: choose one of {', '.join(map(repr, OF))}.")
    needs = (of == "activations", of == "gradients" and loss is not None)
    if x is None and any(needs):
        raise ArgumentError(f"{CALL}: {of} come of running the model; give a batch x.")
    if x is not None and not any(needs):
        hint = " Give loss=… too." if of == "gradients" else ""
        raise ArgumentError(f"{CALL}: of={of!r} does not run the model on x.{hint}")
    if loss is not None and of != "gradients":
        raise ArgumentError(f"{CALL}: loss goes with of='gradients', not with of={of!r}.")
    return "errors" if needs[1] else of


def _numbers(model: Any, x: Any, kind: str, loss: Any) -> dict[str, Any]:
    """What there is to count in each layer, as flat arrays."""
    if kind in ("activations", "errors"):
        return _of_run(model, x, loss)
    named = listed(model, "named_parameters", CALL)
    if kind == "weights":
        return {path: _flat([p]) for path, p in named}
    found = {path: _flat([p.grad]) for path, p in named if p.grad is not None}
    if not found:
        raise GradientError(
            f"{CALL}: no parameter has a gradient yet. Call loss.backward() first, "
            "and zero_grad() only afterwards."
        )
    return found


def _of_run(model: Any, x: Any, loss: Any) -> dict[str, Any]:
    """Activations of each layer, or the gradients of a loss by them."""
    modules = leaves(model, CALL)
    if loss is None:
        with no_grad():
            seen, _ = outputs_of(model, modules, x)
        return {path: _flat(outputs) for path, outputs in seen.items()}
    with enable_grad():
        seen, output = outputs_of(model, modules, x)
        value = loss(output)
    if not isinstance(value, Tensor) or value.data.size != 1:
        raise ArgumentError(f"{CALL}: loss is a function of the output that gives one number.")
    tracked = {path: [y for y in outputs if y.requires_grad] for path, outputs in seen.items()}
    wanted = [y for outputs in tracked.values() for y in outputs]
    if not wanted:
        raise GradientError(f"{CALL}: no layer's output requires a gradient; is all frozen?")
    gradients = iter(grad(value, wanted, allow_unused=True))
    found = {path: [next(gradients) for _ in outputs] for path, outputs in tracked.items()}
    reached = {path: [g for g in gs if g is not None] for path, gs in found.items()}
    return {path: _flat(gs) for path, gs in reached.items() if gs}


def _flat(tensors: Sequence[Any]) -> Any:
    return np.concatenate([np.asarray(t.data, dtype=np.float64).ravel() for t in tensors])


def _drawn(look: Look, numbers: dict[str, Any], kind: str, bins: int, shared: bool) -> Any:
    """The panels, three to a row."""
    columns = min(3, len(numbers))
    rows = math.ceil(len(numbers) / columns)
    figure = look.figure(3.1 * columns if columns > 1 else 4.5, 0.5 + 2.3 * rows)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=shared)
    every = np.concatenate(list(numbers.values()))
    colour = look["bwd" if kind in ("gradients", "errors") else "fwd"]
    for axes, (path, values) in zip(grid.flat, numbers.items(), strict=False):
        _panel(axes, look, path, values, _edges(every if shared else values, bins), colour)
    for axes in grid.flat[len(numbers) :]:
        axes.set_visible(False)
    for place in range(columns):  # the lowest panel of each column, where the axis is written
        lowest = grid.flat[max(i for i in range(len(numbers)) if i % columns == place)]
        lowest.set_xlabel(WORDS[kind], color=look["fg"])
        lowest.tick_params(labelbottom=True)
    return figure


def _edges(values: Any, bins: int) -> Any:
    """The borders of bars over everything that is finite."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    return np.histogram_bin_edges([], bins=bins, range=(float(low), float(high)))


def _panel(axes: Any, look: Look, path: str, values: Any, edges: Any, colour: str) -> None:
    finite = values[np.isfinite(values)]
    counts, _ = np.histogram(finite, bins=edges)
    axes.stairs(counts, edges, fill=True, color=colour, alpha=0.35)
    axes.stairs(counts, edges, color=colour, linewidth=1.2)
    lost = f", {values.size - finite.size} not finite" if finite.size < values.size else ""
    spread = f"mean {finite.mean():+.2g}, std {finite.std():.2g}" if finite.size else "none"
    look.dress(axes, f"{plain(path)}\n{spread.replace('-', '−')}{lost}", y="count")
