"""Derivatives as functions: they return gradients and write to no tensor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from autograd.core import sweep
from autograd.core.errors import GradientError
from autograd.core.graph import Entry, entry
from autograd.core.mode import enable_grad
from autograd.core.node import Handle, Node, Output, as_array, wrap
from autograd.core.tensor import Tensor

Tensors = Tensor | Sequence[Tensor]


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    *,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """∂outputs/∂inputs, without touching any ``.grad``.

    Args:
        outputs: a tensor, or several whose gradients are summed.
        inputs: the tensors to differentiate by: leaves or results on the way.
        grad_outputs: the gradient to start from, one per output; 1 for scalars.
        retain_graph: accepted for PyTorch's sake; the graph is always retained.
        create_graph: record the backward pass, so that the gradients have a history and
            can be differentiated and drawn themselves.
        allow_unused: give None for an input that the outputs do not depend on.
        materialize_grads: give zeros for it.

    Returns:
        One gradient per input, of its shape and dtype.

    Raises:
        GradientError: an input is not used, requires no gradient, or an output has no
            history or is no scalar and has no `grad_outputs`.

    >>> import autograd as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> (slope,) = grad(x**3, x, create_graph=True)
    >>> slope, grad(slope, x)
    (tensor(12., op=mul), (tensor(12.),))
    """
    roots, wanted = _listed(outputs), _listed(inputs)
    _check_inputs(wanted)
    entries = [entry(tensor) for tensor in wanted]
    starts = _seeds(roots, grad_outputs, create_graph)
    found = collect(starts, entries, type(roots[0]) if create_graph else None)
    results = [
        _result(found.get(e), t, i, allow_unused or materialize_grads)
        for i, (e, t) in enumerate(zip(entries, wanted, strict=True))
    ]
    if materialize_grads:
        pairs = zip(results, wanted, strict=True)
        results = [wrap(type(t), np.zeros_like(t.data)) if g is None else g for g, t in pairs]
    return tuple(results)


def _listed(tensors: Tensors) -> list[Tensor]:
    listed: list[Any] = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    for tensor in listed:
        if not isinstance(tensor, Handle):
            raise GradientError(
                f"grad() takes tensors, or lists of tensors, and got {type(tensor).__name__}."
            )
    return listed


def _check_inputs(inputs: Sequence[Tensor]) -> None:
    for index, tensor in enumerate(inputs):
        if not tensor.requires_grad:
            raise GradientError(
                f"grad(): input {index} does not require a gradient; make it with "
                "tensor(…, requires_grad=True) before the computation."
            )


def _seeds(roots: list[Tensor], gradients: Any, create_graph: bool) -> list[tuple[Entry, Any]]:
    given = [None] * len(roots) if gradients is None else gradients
    if not isinstance(given, (list, tuple)):
        given = [given]
    if len(given) != len(roots):
        raise GradientError(
            f"grad(): {len(roots)} output(s) and {len(given)} grad_outputs; give one for each "
            "(None for a scalar)."
        )
    starts = []
    for root, gradient in zip(roots, given, strict=True):
        start: Any = sweep.seed(root, gradient, "grad()")
        if create_graph:
            start = gradient if isinstance(gradient, Handle) else wrap(type(root), start)
        starts.append((entry(root), start))
    return starts


def collect(
    starts: list[tuple[Entry, Any]],
    entries: list[Entry],
    kind: type[Tensor] | None,
    towards: sweep.Towards | None = None,
) -> dict[Entry, Any]:
    """The gradients that a sweep from `starts` brings to the places `entries`.

    With `kind` they are recorded tensors of that class, else arrays. Many sweeps from the
    same roots to the same places share `towards`.
    """
    found: dict[Entry, Any] = {}
    wanted = {place for place in entries if not isinstance(place, Handle)}
    towards = towards or sweep.Towards([place for place, _ in starts], entries)
    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        if kind is not None:
            stack.enter_context(enable_grad())
        for step in sweep.sweep(starts, kind=kind, towards=towards, leaves_only=not wanted):
            if isinstance(step, sweep.LeafStep):
                found[step.leaf] = _own(step.gradient, step.owned)
                continue
            for place in step.node.outputs():
                if place in wanted:
                    found[place] = _own(_gradient_of(step.gradient, place), False)
    return found


def _gradient_of(gradient: Any, place: Node | Output) -> Any:
    return gradient[place.index] if isinstance(gradient, tuple) else gradient


def _own(gradient: Any, owned: bool) -> Any:
    """A gradient that shares memory with nothing else (one with history stays as it is)."""
    return gradient if owned or isinstance(gradient, Handle) else gradient.copy()


def _result(gradient: Any, tensor: Tensor, index: int, allow_unused: bool) -> Tensor | None:
    if gradient is None:
        if allow_unused:
            return None
        raise GradientError(
            f"grad(): input {index} was not used to compute the outputs, so there is no "
            "derivative. Pass allow_unused=True to get None for it."
        )
    if isinstance(gradient, Tensor):
        return gradient
    made: Tensor = wrap(type(tensor), as_array(gradient))
    return made
