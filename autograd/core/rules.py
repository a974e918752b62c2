"""What a node hands its operands in the backward pass, and the values that rules are given."""

from __future__ import annotations

from typing import Any

from autograd.core.errors import InPlaceError
from autograd.core.mode import switch
from autograd.core.node import Node, Output, operand_shape, shapes_of, wrap
from autograd.core.where import resolve


def run_rules(node: Node, gradient: Any, slots: list[int], kind: type[Any] | None) -> list[Any]:
    """What each operand receives, in its own shape and dtype; None where nothing goes.

    Args:
        node: the node.
        gradient: the gradient of its output; a tuple for several outputs.
        slots: the operands to run rules for.
        kind: the tensor class, where the rules shall be recorded.

    Raises:
        InPlaceError: a saved value was changed in place since.
    """
    contributions: list[Any] = [None] * len(node.operands)
    if not slots:
        return contributions
    known = environment(node, kind)
    known["g"] = gradient
    if kind is None:
        _fill(node, slots, known, contributions, recorded=False)
    else:
        with switch(scope=node.scope):
            _fill(node, slots, known, contributions, recorded=True)
    return contributions


def environment(node: Node, kind: type[Any] | None) -> dict[str, Any]:
    """The values of all names that rules may use, but for the gradient.

    Raises:
        InPlaceError: a saved value was changed in place since.
    """
    _check_versions(node)
    known: dict[str, Any] = {**node.params, "shapes": shapes_of(node.operands)}
    for name, operand in zip(node.op.operands, node.operands, strict=False):
        known[f"{name}_shape"] = operand_shape(operand)
    for name, array in zip(node.plan.save, node.saved, strict=True):
        known[name] = array if kind is None else _as_tensor(node, name, array, kind)
    return known


def _as_tensor(node: Node, name: str, array: Any, kind: type[Any]) -> Any:
    """A saved array as the tensor that it was, with its place in the graph."""
    if name == "out":
        if isinstance(array, tuple):
            outputs = enumerate(array)
            return tuple(wrap(kind, a, a.dtype.kind == "f", Output(node, i)) for i, a in outputs)
        return wrap(kind, array, True, node)
    operand = node.operands[node.op.operands.index(name)]
    if isinstance(operand, (Node, Output)):
        needed = bool(operand.node.plan.slots) and array.dtype.kind == "f"
        return wrap(kind, array, needed, operand)
    return operand


def _fill(
    node: Node,
    slots: list[int],
    known: dict[str, Any],
    contributions: list[Any],
    recorded: bool,
) -> None:
    if node.op.variadic:
        everything = _call(node, 0, known, recorded)
        for slot in slots:
            contributions[slot] = fit(everything[slot], node.operands[slot])
        return
    for slot in slots:
        contributions[slot] = fit(_call(node, slot, known, recorded), node.operands[slot])


def _call(node: Node, slot: int, known: dict[str, Any], recorded: bool) -> Any:
    rule = node.op.rule(slot)
    assert rule is not None, "a plan holds slots with a rule only"
    function = rule.tensors if recorded else rule.arrays
    return function(*(known[name] for name in rule.names))


def fit(contribution: Any, operand: Any) -> Any:
    """Bring a gradient to the shape and dtype of its operand, undoing broadcasting.

    Sums over the dimensions that broadcasting added, and over those that it stretched
    from 1. Works on arrays and on tensors alike.
    """
    target = operand.value
    shape = tuple(target.shape)
    if contribution.shape != shape:
        contribution = unbroadcast(contribution, shape)
    if contribution.dtype != target.dtype:
        contribution = contribution.astype(target.dtype)
    return contribution


def unbroadcast(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the dimensions that broadcasting added or stretched."""
    added = gradient.ndim - len(shape)
    stretched = (
        axis + added
        for axis, size in enumerate(shape)
        if size == 1 and gradient.shape[axis + added] != 1
    )
    axes = (*range(added), *stretched)
    if axes:
        gradient = gradient.sum(axis=axes, keepdims=True)
    return gradient.reshape(shape)


def _check_versions(node: Node) -> None:
    if sum(cell[0] for cell in node.cells) == node.stamp:
        return
    changes = sum(cell[0] for cell in node.cells) - node.stamp
    line = resolve(node.where)
    raise InPlaceError(
        f"{node.op.name} needs {' and '.join(node.plan.save)} for its gradient, but "
        f"{'it was' if len(node.plan.save) == 1 else 'one of them was'} changed in place "
        f"{changes} time(s) after the operation ran"
        + (f" ({line}: {line.text.strip()})" if line else "")
        + ". Compute a new tensor instead (x = x + 1), or change x.clone()."
    )
