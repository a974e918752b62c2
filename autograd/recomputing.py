"""Less memory for more time: a part of the computation that is run again when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.apply import apply
from autograd.core.errors import ArgumentError, InPlaceError
from autograd.core.graph import ancestors, entry
from autograd.core.mode import current, enable_grad
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
    return apply(_operation(function, operands, reached, value.data), tuple(reached), {})


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


def _operation(
    function: Callable[..., Any], operands: tuple[Any, ...], reached: list[Tensor], value: Any
) -> Primitive:
    """The function as an operation of its own, on everything that it reaches."""
    watched = [t for t in (*operands, *reached) if isinstance(t, Handle)]
    stamps = [cell_of(t)[0] for t in watched]

    def again(g: Any) -> Any:
        """the gradient of a second run of the function"""
        if stamps != [cell_of(t)[0] for t in watched]:
            raise InPlaceError(
                f"recompute: an operand or parameter of {name} was changed in place after the "
                "first run, so a second run would compute something else."
            )
        recorded = isinstance(g, Handle)
        with enable_grad():
            second = function(*operands)
        places = [entry(t) for t in reached]
        kind = type(second) if recorded else None
        towards = Towards([entry(second)], places, partial=True)
        found = collect([(entry(second), g)], places, kind, towards)
        return [
            found.get(place, np.zeros_like(t.data))
            for place, t in zip(places, reached, strict=True)
        ]

    name = getattr(function, "__name__", type(function).__name__)
    op = Primitive(
        name=f"recompute {name}",
        symbol="↻",
        formula=f"recompute({name})",
        lesson="Its inside was not kept: it is computed again when the gradient arrives.",
        samples=lambda draw: [],
        forward=lambda *_: value,
        formulas=(again,),
        operands=("xs",),
        variadic=True,
    )
    op.function = function
    return op
