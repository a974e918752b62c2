"""Walks over the graph: iterative, and in the order of execution whatever the route."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.core.node import Edge, Handle, Node, Output

Entry = Edge | Handle
"""Where a walk may start or end: an edge, or a leaf tensor."""


def entry(tensor: Handle) -> Entry:
    """The place of a tensor in the graph: its edge, or itself when it is a leaf."""
    return tensor.edge or tensor


def ancestors(entries: Iterable[Entry]) -> list[Node]:
    """Every node that the entries depend on (their own included), in order of execution."""
    stack = [e.node for e in entries if not isinstance(e, Handle)]
    seen = set(stack)
    while stack:
        for operand in stack.pop().operands:
            if isinstance(operand, (Node, Output)) and operand.node not in seen:
                seen.add(operand.node)
                stack.append(operand.node)
    return sorted(seen, key=lambda node: node.serial)


def reaching(roots: Iterable[Entry], inputs: Iterable[Entry]) -> set[Any]:
    """The nodes on a way from the roots down to any of the inputs."""
    targets = set(inputs)
    wanted: set[Any] = {target.node for target in targets if not isinstance(target, Handle)}
    for node in ancestors(roots):
        if node not in wanted and any(
            _leads(node.operands[s], wanted, targets) for s in node.plan.slots
        ):
            wanted.add(node)
    return wanted


def _leads(operand: Any, wanted: set[Any], targets: set[Any]) -> bool:
    if isinstance(operand, (Node, Output)):
        return operand.node in wanted
    return isinstance(operand, Handle) and operand in targets
