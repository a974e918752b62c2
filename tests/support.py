"""What several tests share: samples of operations as tensors, and a naive differentiator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autograd as ag
from autograd.core.node import Handle, Node
from autograd.core.primitive import Call, Draw, Operation


def is_operand(argument: Any) -> bool:
    return isinstance(argument, np.ndarray) and argument.dtype.kind == "f"


def arrays_of(call: Call) -> list[np.ndarray]:
    """The floating-point arrays among the arguments of a call, lists of arrays included."""
    found: list[np.ndarray] = []
    for argument in call.args:
        parts = argument if isinstance(argument, (list, tuple)) else [argument]
        found += [part for part in parts if is_operand(part)]
    return found


def with_tensors(call: Call, tensors: list[Any]) -> Call:
    """The same call with its arrays replaced by these tensors, in order."""
    supply = iter(tensors)

    def replaced(argument: Any) -> Any:
        if isinstance(argument, list):
            return [replaced(part) for part in argument]
        return next(supply) if is_operand(argument) else argument

    return Call(tuple(replaced(a) for a in call.args), call.kwargs)


def function_of(op: Operation, call: Call) -> Callable[..., Any]:
    """The operation as a function of the arrays of a sample."""

    def function(*tensors: Any) -> Any:
        made = with_tensors(call, list(tensors))
        return op.function(*made.args, **made.kwargs)

    return function


def samples() -> Iterator[tuple[Operation, Call]]:
    """Every sample of every registered operation."""
    for op in ag.operations():
        for call in op.samples(Draw()):
            yield op, call


def leaves(call: Call, dtype: Any = np.float64) -> list[ag.Tensor]:
    """A leaf that requires a gradient for each array of a sample."""
    return [ag.tensor(a, dtype=dtype, requires_grad=True) for a in arrays_of(call)]


def sum_over_paths(root: ag.Tensor, leaf: ag.Tensor) -> float:
    """∂root/∂leaf for scalars, as the sum over all paths of the product of local derivatives.

    Knows nothing of the sweep: each local derivative is a central difference of the
    operation's forward function, each path is walked on its own.
    """
    return _paths(root.edge if root.edge is not None else root, leaf)


def _paths(place: Any, leaf: Handle) -> float:
    if place is leaf:
        return 1.0
    if not isinstance(place, Node):
        return 0.0
    return sum(
        _local(place, slot) * _paths(operand, leaf)
        for slot, operand in enumerate(place.operands)
        if isinstance(operand, (Node, Handle))
    )


def _local(node: Node, slot: int, eps: float = 1e-6) -> float:
    values = [float(x.value) if isinstance(x, (Node, Handle)) else x for x in node.operands]
    up, down = list(values), list(values)
    up[slot] += eps
    down[slot] -= eps
    forward = node.op.forward
    return (float(forward(*up, **node.params)) - float(forward(*down, **node.params))) / (2 * eps)
