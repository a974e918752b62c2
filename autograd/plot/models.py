"""What a plot takes from a model: anything that lists its parameters or its modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, RangeError
from autograd.core.tensor import Tensor, tensor

KINDS = {"named_parameters": "parameters", "named_modules": "modules"}


def listed(model: Any, method: str, call: str) -> list[tuple[str, Any]]:
    """The parameters or modules of a model with their paths.

    Raises:
        ArgumentError: it has none to list.
    """
    if not callable(getattr(model, method, None)):
        raise ArgumentError(
            f"{call} takes a model with {method}(), such as nn.Sequential(…); "
            f"got {type(model).__name__}."
        )
    found = list(getattr(model, method)())
    if not found:
        raise ArgumentError(f"{call}: {type(model).__name__} has no {KINDS[method]}.")
    return found


def leaves(model: Any, call: str) -> dict[str, Any]:
    """The modules that are not made of others, by path; the model alone where it is one."""
    modules = listed(model, "named_modules", call)
    return {
        path or type(module).__name__: module
        for path, module in modules
        if not any(True for _ in module.children())
    }


def titled(path: str, module: Any) -> str:
    """A layer as a title shows it, such as ``0: Conv2d``."""
    kind = type(module).__name__
    return path if path == kind else f"{path}: {kind}"


def chosen(known: dict[str, Any], wanted: str, call: str) -> Any:
    """The one under a path.

    Raises:
        RangeError: there is none; the message lists those that there are.
    """
    if wanted not in known:
        names = ", ".join(map(repr, known)) or "none"
        raise RangeError(f"{call}: the model has no layer {wanted!r} to show; it has {names}.")
    return known[wanted]


def as_input(model: Any, x: Any) -> Tensor:
    """What a model is given: an array of floats takes the model's dtype."""
    if isinstance(x, Tensor):
        return x
    array = np.asarray(x)
    parameters = getattr(model, "parameters", None)
    first = next(iter(parameters()), None) if callable(parameters) else None
    floats = array.dtype.kind == "f" and first is not None
    return tensor(array.astype(first.dtype) if floats and first is not None else array)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Looking changes nothing: evaluation mode inside, and each module's own mode after it."""
    named = getattr(model, "named_modules", None)
    modules = [module for _, module in named()] if callable(named) else []
    before = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        yield
    finally:
        for module, training in zip(modules, before, strict=True):
            module.training = training


def outputs_of(
    model: Callable[..., Any], modules: dict[str, Any], x: Any
) -> tuple[dict[str, list[Tensor]], Any]:
    """What each module gives while the model runs on `x`, call by call, and the model's output."""
    seen: dict[str, list[Tensor]] = {path: [] for path in modules}

    def keep(path: str) -> Callable[..., None]:
        def hook(module: Any, args: Any, output: Any) -> None:
            seen[path] += _tensors(output)[:1]

        return hook

    with evaluating(model), ExitStack() as hooks:
        for path, module in modules.items():
            handle = module.register_forward_hook(keep(path))
            hooks.callback(handle.remove)
        output = model(as_input(model, x))
    return {path: outputs for path, outputs in seen.items() if outputs}, output


def _tensors(value: Any) -> Sequence[Tensor]:
    """The tensors in an output, which may be a tuple such as (output, state)."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [found for item in value for found in _tensors(item)]
    return []
