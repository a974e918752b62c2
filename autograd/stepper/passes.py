"""One backward pass of a training, traced while it runs: later its leaves hold other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.core.graph import ancestors, entry
from autograd.core.node import Handle, Node, Where, next_serial
from autograd.core.sweep import NodeStep
from autograd.draw.trace import Event, Numbers, Trace, numbers
from autograd.draw.tracing import built
from autograd.stepper.proof import Proof, proofs


class Pass:
    """What led to a result, and the gradients that a call of ``backward()`` sent back.

    Attributes:
        serial: the place of the call in the order in which operations ran.
        serials: those of the operations.
        trace: the run; the gradient of a leaf is its ``.grad`` afterwards.
        where: the user's line.
        leaves: the values of leaf tensors.
        made: the values that each node made, by its serial.
        fresh: the operations that no earlier pass has shown.
        left: gradients that were in ``.grad`` before, by value.
        proofs: central differences, by value.
    """

    def __init__(self, root: Handle, start: Any, seen: set[int], where: Where) -> None:
        self.serial = next_serial()
        self.where = where
        self.trace = built(root, None)
        self._root, self._start = root, start
        nodes = ancestors([entry(root)])
        self.serials = [node.serial for node in nodes]
        self._ops = {node: place for place, node in enumerate(nodes)}
        self.fresh = frozenset(self._ops[node] for node in nodes if node.serial not in seen)
        self.leaves = _leaves(root, nodes, self.trace)
        self.made = {node.serial: self.trace.ops[at].outputs for node, at in self._ops.items()}
        held = {at: x.accumulated for x, at in self.leaves.items() if x.accumulated is not None}
        self._left = {at: gradient.data.copy() for at, gradient in held.items()}
        self.left = {at: numbers(gradient) for at, gradient in self._left.items()}
        self._sums: dict[int, Any] = {self.trace.roots[0]: start}
        self.proofs: Mapping[int, Proof] = {}
        self.trace.values[self.trace.roots[0]].gradient = numbers(start)

    def watch(self, step: NodeStep) -> None:
        """Note what one node hands to its operands."""
        trace = self.trace
        operation = trace.ops[self._ops[step.node]]
        several = isinstance(step.gradient, tuple)
        upstream = numbers(step.gradient[0] if several else step.gradient)
        for slot, contribution in enumerate(step.contributions):
            if contribution is None:
                continue
            target = operation.inputs[slot]
            before = self._total(target)
            known = self._sums.get(target)
            self._sums[target] = contribution if known is None else known + contribution
            trace.values[target].gradient = numbers(self._sums[target])
            event = Event(
                len(trace.events),
                operation.id,
                slot,
                operation.outputs[0],
                target,
                upstream,
                numbers(contribution),
                None if before is None else numbers(before),
                numbers(self._total(target)),
            )
            trace.events.append(event)

    def finish(self) -> None:
        """Look for proofs while the leaves stand; then what matters is what ``.grad`` holds."""
        self.proofs = proofs(self._root, self.trace, self._start)
        for place in self._left:
            self.trace.values[place].gradient = numbers(self._total(place))
        del self._root, self._start, self._ops, self._sums, self._left

    def gradient(self, leaf: Handle) -> Numbers | None:
        """What ``.grad`` of a leaf is to be when the pass has delivered."""
        total = self._total(self.leaves[leaf])
        return None if total is None else numbers(total)

    def _total(self, target: int) -> Any:
        """A gradient so far, on top of what was left in ``.grad``."""
        left, known = self._left.get(target), self._sums.get(target)
        return known if left is None else left if known is None else left + known


def _leaves(root: Handle, nodes: list[Node], trace: Trace) -> dict[Handle, int]:
    found: dict[Handle, int] = {} if root.edge is not None else {root: trace.roots[0]}
    for node, op in zip(nodes, trace.ops, strict=True):
        for operand, place in zip(node.operands, op.inputs, strict=True):
            if isinstance(operand, Handle):
                found[operand] = place
    return found
