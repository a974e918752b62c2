"""How large gradients are, layer by layer and step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, GradientError, RangeError
from autograd.core.tensor import Tensor
from autograd.draw.trace import Trace
from autograd.draw.tracing import trace
from autograd.functional import grad
from autograd.plot.models import listed
from autograd.plot.style import MARKERS, PANEL, Look, logarithmic, plain, positive, strange
from autograd.plot.time import Course, courses

THROUGH = ("layers", "time")


def gradient_norms(of: Any, *, through: str | None = None, theme: str = "light") -> Any:
    """How large the gradients are, through the layers or through time, on a logarithmic scale.

    Through layers: ‖∂L/∂W‖₂ of every parameter, a row for each layer. Through time:
    ‖∂L/∂h_t‖₂ of every state that one step hands to the next, which shows gradients that
    vanish or explode on their way back (lecture E3; Bengio et al. 1994).

    Args:
        of: a model after ``backward()`` (its ``.grad`` are read), a loss (a backward pass is
            traced, no ``.grad`` changes) or a trace of one.
        through: ``"layers"`` or ``"time"``; by default time where a loss has time steps
            (`nn.RNN`, `nn.unroll` or ``with ag.scope("t", step=t)``), else layers.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: `of` is none of these.
        GradientError: there are no gradients yet, or a loss that has none.
        RangeError: `through` or the theme is unknown, or there are no time steps.
        MissingPackageError: matplotlib is not installed.
    """
    if through is not None and through not in THROUGH:
        raise RangeError(f"through={through!r}: choose 'layers' or 'time'.")
    look = Look(theme)
    if isinstance(of, Tensor):
        of = trace(of, backward=True)
    if not isinstance(of, Trace):
        if through == "time":
            raise ArgumentError(
                "gradient_norms(model, through='time'): a model does not remember its steps; "
                "give the loss that it led to instead."
            )
        return _layers(look, _of_model(of))
    through = through or ("time" if any(g.kind == "step" for g in of.groups) else "layers")
    return _layers(look, _of_trace(of)) if through == "layers" else _time(look, courses(of))


def _of_model(model: Any) -> dict[str, float]:
    """The norm of each parameter's gradient, by path."""
    named = listed(model, "named_parameters", "gradient_norms()")
    found = {path: _norm(p.grad.data) for path, p in named if p.grad is not None}
    if not found:
        raise GradientError(
            "gradient_norms(model): no parameter has a gradient yet. Call loss.backward() first, "
            "and zero_grad() only afterwards."
        )
    return found


def _of_trace(traced: Trace) -> dict[str, float]:
    found: dict[str, float] = {}
    for value in traced.values:
        if value.role == "parameter" and value.gradient and value.gradient.norm is not None:
            name = f"{value.name} ({value.id})" if value.name in found else value.name
            found[name] = value.gradient.norm
    if not found:
        raise GradientError("gradient_norms(): the trace has no gradient of a parameter.")
    return found


def _norm(array: Any) -> float:
    return float(np.sqrt(np.sum(np.square(np.asarray(array, dtype=np.float64)))))


def _layers(look: Look, norms: dict[str, float]) -> Any:
    """A row for each layer, a mark for each kind of parameter."""
    split = [(*_split(path), norm) for path, norm in norms.items()]
    rows = list(dict.fromkeys(layer for layer, _, _ in split))
    kinds = list(dict.fromkeys(kind for _, kind, _ in split))
    figure = look.figure(PANEL[0], max(PANEL[1], 1.4 + 0.24 * len(rows)))
    axes = figure.subplots()
    for place, kind in enumerate(kinds):
        marks = [(n, rows.index(layer)) for layer, name, n in split if name == kind]
        hollow = place % 2
        axes.plot(
            positive([norm for norm, _ in marks]),
            [row for _, row in marks],
            label=plain(kind),
            linestyle="" if len(rows) > 1 and len(marks) == 1 else (0, (5, 3)),
            linewidth=1.2,
            color=look["bwd"],
            marker=MARKERS[place % len(MARKERS)],
            markersize=6,
            markerfacecolor=look["bg"] if hollow else look["bwd"],
        )
    axes.set_yticks(range(len(rows)), [plain(row) for row in rows])
    axes.invert_yaxis()
    logarithmic(axes, list(norms.values()), "x")
    axes.grid(axis="y", color=look["cluster"], linewidth=0.4, alpha=0.6)
    title = "Gradient norm by layer, input first" + strange(list(norms.values()))
    look.dress(axes, title, x="‖∂L/∂parameter‖", y="layer")
    look.legend(axes)
    return figure


def _split(path: str) -> tuple[str, str]:
    """The layer and the kind of a parameter: ``0.weight`` and ``weight_ih_l0`` alike."""
    layer, _, name = path.rpartition(".")
    return (layer, name) if layer else (path, "parameter")


def _time(look: Look, found: list[Course]) -> Any:
    """A curve for each state that is handed on."""
    if not found:
        raise RangeError(
            "gradient_norms(through='time'): no state is handed from one time step to the next. "
            "nn.RNN and nn.unroll make steps; in a loop of your own write "
            'with ag.scope("t", step=t): around each.'
        )
    beside = len(found) > 2
    figure = look.figure(PANEL[0] + 2.2 * beside)
    axes = figure.subplots()
    for place, course in enumerate(found):
        style = look.line(place, len(course.steps))
        if len(found) == 1:
            style |= {"color": look["bwd"], "linestyle": (0, (5, 3))}
        label = plain(course.label) if len(found) > 1 else "_state"
        axes.plot(course.steps, positive(course.norms), label=label, **style)
    norms = [norm for course in found for norm in course.norms]
    logarithmic(axes, norms)
    look.dress(
        axes, "Gradient norm through time" + strange(norms), x="time step t", y="‖∂L/∂state$_t$‖"
    )
    axes.xaxis.get_major_locator().set_params(integer=True)
    look.legend(axes, beside)
    return figure


def jacobian_norms(
    states: Any, bounds: Mapping[str, float] | float | None = None, *, theme: str = "light"
) -> Any:
    """How much the last state still depends on earlier ones: ‖∂h_t/∂h_k‖₂ against t − k.

    The spectral norm of the whole Jacobian, measured by one backward pass per unit, beside
    the bound (γ_θ γ_φ)^(t−k) with γ_θ = ‖W_hh‖₂ and γ_φ = max|φ′|, 1 for tanh and ¼ for the
    sigmoid (lecture E3; Pascanu et al. 2013).

    Args:
        states: the states h_0 … h_t of a run in order, each of shape (H,) or (N, H), as a cell
            returned them; or several such runs by label. For a batch, the mean over it.
        bounds: γ_θ γ_φ; by label for several runs.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: not sequences of tensors.
        RangeError: fewer than two states with a gradient, a negative bound, a bound
            without a run, or an unknown theme.
        MissingPackageError: matplotlib is not installed.
    """
    look = Look(theme)
    runs = states if isinstance(states, Mapping) else {"measured": states}
    limits = _limits(runs, bounds)
    measured = {str(label): _jacobians(_states(run)) for label, run in runs.items()}
    beside = len(measured) + len(limits) > 2
    figure = look.figure(PANEL[0] + 1.8 * beside)
    axes = figure.subplots()
    for place, (label, norms) in enumerate(measured.items()):
        style = look.line(place, len(norms))
        axes.plot(range(len(norms)), positive(norms), label=plain(label), **style)
        if label in limits:
            bound = np.power(limits[label], np.arange(len(norms)))
            thin = {**style, "linewidth": 0.9, "marker": "", "linestyle": (0, (1, 1.5))}
            axes.plot(range(len(norms)), positive(bound), label=plain(f"{label}, bound"), **thin)
    every = [norm for norms in measured.values() for norm in norms]
    logarithmic(axes, every)
    title = "Dependence of a state on earlier ones" + strange(every)
    look.dress(axes, title, x="steps between, t − k", y="‖∂h$_t$/∂h$_k$‖")
    axes.xaxis.get_major_locator().set_params(integer=True)
    look.legend(axes, beside)
    return figure


def _limits(runs: Mapping[str, Any], bounds: Any) -> dict[str, float]:
    """The bound of each run that has one."""
    if bounds is None:
        return {}
    given = bounds if isinstance(bounds, Mapping) else dict.fromkeys(runs, bounds)
    for label, bound in given.items():
        if label not in runs:
            raise RangeError(f"bounds has {label!r}, but the runs are {', '.join(map(str, runs))}.")
        if not float(bound) >= 0:
            raise RangeError(f"bounds: γ_θ γ_φ is a product of norms, so {bound} cannot be one.")
    return {str(label): float(bound) for label, bound in given.items()}


def _states(run: Any) -> list[Tensor]:
    """The states of a run that a gradient reaches.

    Raises:
        ArgumentError, RangeError: not states, or fewer than two.
    """
    if isinstance(run, Tensor) or not isinstance(run, Sequence):
        raise ArgumentError(
            "jacobian_norms() takes the states of a run in a list, [h_0, h_1, …], each as its "
            f"cell returned it; got {type(run).__name__}."
        )
    for state in run:
        if not isinstance(state, Tensor) or state.ndim not in (1, 2):
            shown = state.shape if isinstance(state, Tensor) else type(state).__name__
            raise ArgumentError(
                f"jacobian_norms(): every state is a tensor of shape (H,) or (N, H), got {shown}; "
                "of a pair (h, c), choose one."
            )
    able = [state for state in run if state.requires_grad]
    if len(able) < 2:
        raise RangeError(
            f"jacobian_norms(): {len(able)} of {len(run)} states require a gradient, and two are "
            "needed. Were they computed under no_grad(), or detached?"
        )
    return able


def _jacobians(states: list[Tensor]) -> list[float]:
    """‖∂h_t/∂h_k‖₂ for k = t, t − 1, …, averaged over the batch."""
    rows = list(_rows(states))
    found = [1.0]
    for k in range(len(states) - 2, -1, -1):
        whole = np.stack([row[k] for row in rows], axis=-2)  # (…, H of t, H of k)
        found.append(float(np.mean(np.linalg.norm(whole, ord=2, axis=(-2, -1)))))
    return found


def _rows(states: list[Tensor]) -> Iterator[list[Any]]:
    """∂h_t[…, i]/∂h_k for every k, one unit i after the other; zeros where nothing leads back."""
    *earlier, last = states
    for unit in range(last.shape[-1]):
        start = np.zeros_like(last.data)
        start[..., unit] = 1
        found = grad(last, earlier, grad_outputs=start, allow_unused=True)
        yield [
            np.zeros(h.shape) if g is None else np.asarray(g.data, dtype=np.float64)
            for h, g in zip(earlier, found, strict=True)
        ]
