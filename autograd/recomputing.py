"""Less memory for more time: a part of the computation that is run again when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.apply import apply
from autograd.core.errors import ArgumentError, InPlaceError
from autograd.core.graph import ancestors, entry
from autograd.core.mode import current, enable_grad, no_grad
from autograd.core.node import Handle, Node, Output, cell_of, next_serial, wrap
from autograd.core.primitive import Primitive
from autograd.core.sweep import Towards
from autograd.core.tensor import Tensor
from autograd.functional import collect


def recompute(function: Callable[..., Any], *operands: Any) -> Any:
    """The value of ``function(*operands)``, of which nothing but the operands is kept.

    The backward pass runs the function a second time and differentiates that run
    (activation checkpointing: Griewank & Walther 2000, Chen et al. 2016). Parameters that
    the function reaches by itself, such as a layer's, receive their gradients too. The
    function must compute the same both times: give what draws random numbers a mask.

    Args:
        function: takes tensors, returns one tensor.
        operands: its arguments; all that are tensors may require a gradient.

    Raises:
        ArgumentError: the function returns something else than one tensor.
    """
    if not current().recording:
        return function(*operands)
    start = next_serial()
    value = _one_tensor(function(*operands))
    reached = _reached(value, start)
    if not reached:
        return value
    run = _Run(function, operands, reached, value.value)
    return apply(_RECOMPUTE, tuple(reached), {"run": run})


def _reached(value: Tensor, start: int) -> list[Tensor]:
    """The tensors from before that a value depends on: operands, parameters, results."""
    found: dict[Any, Tensor] = {}
    for node in ancestors([entry(value)]):
        for operand in node.operands if node.serial > start else ():
            tensor = _from_outside(operand, start)
            if tensor is not None:
                found.setdefault(operand, tensor)
    return list(found.values())


def _from_outside(operand: Any, start: int) -> Tensor | None:
    if isinstance(operand, Tensor):
        return operand if operand.requires_grad else None
    if isinstance(operand, (Node, Output)) and operand.node.serial < start:
        made: Tensor = wrap(Tensor, operand.value, bool(operand.node.plan.slots), operand)
        return made if made.requires_grad else None
    return None


def _one_tensor(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise ArgumentError(
            f"recompute(function, …): the function returns one tensor, not {type(value).__name__}."
        )
    return value


class _Run:
    """One run of a function, which can be repeated.

    Attributes:
        result: what it computed, until the graph has taken it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        operands: tuple[Any, ...],
        reached: list[Tensor],
        result: Any,
    ) -> None:
        self.function, self.operands, self.reached = function, operands, reached
        self.result = [result]
        self._watched = [t for t in (*operands, *reached) if isinstance(t, Handle)]
        self._stamps = [cell_of(t)[0] for t in self._watched]

    def __repr__(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def value(self) -> Any:
        """What it computed; a second run says so once the graph has taken it."""
        if self.result:
            return self.result.pop()
        with no_grad():
            return self.function(*self.operands).value

    def gradients(self, g: Any) -> list[Any]:
        """What a second run hands to everything that the first one reached.

        Raises:
            InPlaceError: it would compute something else.
        """
        if self._stamps != [cell_of(t)[0] for t in self._watched]:
            raise InPlaceError(
                f"recompute: an operand or parameter of {self} was changed in place after the "
                "first run, so a second run would compute something else."
            )
        with enable_grad():
            second = self.function(*self.operands)
        places = [entry(t) for t in self.reached]
        kind = type(second) if isinstance(g, Handle) else None
        towards = Towards([entry(second)], places, partial=True)
        found = collect([(entry(second), g)], places, kind, towards)
        return [
            found[place] if place in found else np.zeros_like(tensor.value)
            for place, tensor in zip(places, self.reached, strict=True)
        ]


def _again(g: Any, run: _Run) -> list[Any]:
    """the gradient of a second run of the function"""
    return run.gradients(g)


_RECOMPUTE = Primitive(
    name="recompute",
    symbol="↻",
    formula="recompute(xs)",
    lesson="Its inside was not kept: it is computed again when the gradient arrives.",
    samples=lambda draw: [],
    forward=lambda *_, run: run.value(),
    formulas=(_again,),
    operands=("xs",),
    params=("run",),
    variadic=True,
)
"""On everything that a function reaches; `run` is its first run."""
