"""What a node hands its operands in the backward pass, and the values that rules are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.core.errors import GlassError, GradientError
from autograd.core.mode import current, switch
from autograd.core.node import (
    Cell,
    Edge,
    Handle,
    Node,
    Output,
    as_array,
    operand_shape,
    shapes_of,
    wrap,
)
from autograd.core.primitive import REGISTRY
from autograd.core.products import computed
from autograd.core.rule import Rule
from autograd.core.runner import fit, make_runner, one_each
from autograd.core.versions import check_versions
from autograd.core.watch import check_contribution


def run_rules(
    node: Node, gradient: Any, slots: tuple[int, ...], kind: type[Any] | None
) -> Sequence[Any]:
    """What each of some operands receives, in its own shape and dtype.

    Args:
        node: the node.
        gradient: the gradient of its output; a tuple for several outputs.
        slots: the operands to run rules for.
        kind: the tensor class, where the rules shall be recorded.

    Returns:
        One contribution per slot.

    Raises:
        InPlaceError: a saved value was changed in place since.
        GradientError: a rule failed, or does not give what its operand needs.
    """
    try:
        found = _recorded(node, gradient, slots, kind) if kind else _plain(node, gradient, slots)
    except (GlassError, MemoryError):
        raise
    except Exception as error:
        raise GradientError(_wrong_rule(node, error)) from error
    if current().anomaly:
        for slot, contribution in zip(slots, found, strict=True):
            given = _arrays(gradient)
            check_contribution(node, slot, given, _arrays(contribution))
    return found


def _plain(node: Node, gradient: Any, slots: tuple[int, ...]) -> Sequence[Any]:
    runner = node.plan.runners.get(slots) or make_runner(node, slots)
    return [computed(part) for _, part in runner(node, gradient)]


def _recorded(node: Node, gradient: Any, slots: tuple[int, ...], kind: type[Any]) -> Sequence[Any]:
    if current().scope is not node.scope:
        with switch(scope=node.scope):
            return _recorded(node, gradient, slots, kind)
    found = _by_name(node, gradient, slots, kind)
    return [fit(c, node.operands[slot]) for slot, c in zip(slots, found, strict=True)]


def _wrong_rule(node: Node, error: Exception) -> str:
    """What to look for when a rule fails: its names, its shapes, its number of gradients."""
    op = node.op
    texts = ", ".join(repr(rule.text) for rule in op.rules if rule is not None)
    shapes = ", ".join(map(str, shapes_of(node.operands)))
    return (
        f"The rules of {op.name} ({texts}) do not give one gradient of the right shape for each "
        f"operand (shapes {shapes}): {error}. A rule may name g, out, operands "
        f"({', '.join(op.operands)}), their shapes (x_shape), parameters and operations."
    )


def _arrays(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_arrays, value))
    return value.value if isinstance(value, Handle) else as_array(value)


def _by_name(node: Node, gradient: Any, slots: tuple[int, ...], kind: type[Any]) -> Sequence[Any]:
    """The rules run one by one on tensors, each given its names."""
    check_versions(node)
    op = node.op
    if not op.variadic:
        return [_on_tensors(op.rules[slot], node, gradient, kind) for slot in slots]
    everything = one_each(node, _on_tensors(op.rules[0], node, gradient, kind))
    return [everything[slot] for slot in slots]


def _on_tensors(rule: Rule | None, node: Node, gradient: Any, kind: type[Any]) -> Any:
    assert rule is not None, "a plan holds slots with a rule only"
    return rule.tensors(*values_for(rule, node, kind, {"g": gradient}))


def values_for(rule: Rule, node: Node, kind: type[Any] | None, given: dict[str, Any]) -> list[Any]:
    """What a rule asks for, in order: what is given here, and else what the node has.

    With `kind`, arrays that were saved come as the tensors that they were.
    """
    return [given[name] if name in given else value_of(name, node, kind) for name in rule.names]


def value_of(name: str, node: Node, kind: type[Any] | None) -> Any:
    """The value of a name that a rule may use, but for the gradient and the tangent."""
    plan = node.plan
    if name in plan.save:
        array = node.saved[plan.save.index(name)]
        return array if kind is None else _as_tensor(node, name, array, kind)
    if name in node.params:
        return node.params[name]
    if name == "shapes":
        return shapes_of(node.operands)
    operand, _, what = name.rpartition("_")
    edge = node.operands[plan.op.operands.index(operand)]
    return operand_shape(edge) if what == "shape" else edge


def _as_tensor(node: Node, name: str, array: Any, kind: type[Any]) -> Any:
    """A saved array as the tensor that it was, with its place in the graph."""
    cells = [cell for known, cell in node.cells or () if known == name] or [None]
    if name == "out":
        if isinstance(array, tuple):
            return tuple(
                _again(kind, part, Output(node, index), cell)
                for index, (part, cell) in enumerate(zip(array, cells, strict=True))
            )
        return _again(kind, array, node, cells[0])
    operand = node.operands[node.op.operands.index(name)]
    if isinstance(operand, Handle):
        return operand if operand.value is array else _as_it_was(operand, array)
    if not isinstance(operand, (Node, Output)):
        return array
    dtype = operand.value.dtype
    if array.dtype == dtype:
        return _again(kind, array, operand, cells[0])
    found = _again(kind, array.astype(dtype), operand, cells[0])
    return REGISTRY["to"].function(found, array.dtype)


def _as_it_was(leaf: Handle, array: Any) -> Any:
    """A leaf in the dtype in which operands met, or before it was given another array."""
    tensor = REGISTRY["to"].function(leaf, array.dtype)
    tensor.value = array
    return tensor


def _again(kind: type[Any], array: Any, edge: Edge, cell: Cell | None) -> Any:
    """A tensor around a saved array, which counts changes together with the one that it was."""
    needed = bool(edge.node.plan.slots) and array.dtype.kind == "f"
    tensor = wrap(kind, array, needed, edge)
    tensor.version = cell if cell is not None else edge.version
    return tensor
