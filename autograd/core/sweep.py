"""The backward pass: one stream of steps that everything else consumes.

A sweep runs nodes by falling serial, the reverse of the order of execution, each after
all of its consumers. It keeps its gradients to itself, writes nothing, leaves the graph
standing, and twice gives the same answer.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.core.errors import GradientError
from autograd.core.graph import Entry, reaching
from autograd.core.node import Array, Handle, Node, Output, as_array, wrap
from autograd.core.rules import run_rules


@dataclass(slots=True)
class NodeStep:
    """One node has run its rules.

    Attributes:
        node: the node.
        gradient: the complete gradient of its output; a tuple for several outputs.
        contributions: one entry per operand, None where no gradient goes.
    """

    node: Node
    gradient: Any
    contributions: list[Any]


@dataclass(slots=True)
class LeafStep:
    """The gradient of a leaf is complete.

    Attributes:
        leaf: the tensor.
        gradient: its whole gradient in this sweep.
        owned: whether nobody else holds this array.
    """

    leaf: Handle
    gradient: Any
    owned: bool


Step = NodeStep | LeafStep


def sweep(
    roots: Iterable[tuple[Entry, Any]],
    *,
    kind: type[Any] | None = None,
    inputs: Iterable[Entry] | None = None,
) -> Iterator[Step]:
    """Yield the steps of a backward pass, nodes by falling serial and then the leaves.

    Args:
        roots: where to start, each with the gradient to start with.
        kind: the tensor class, for a backward pass that is itself recorded; None for
            a pass on plain arrays.
        inputs: differentiate only towards these; None for all leaves.

    Raises:
        InPlaceError: a saved value was changed in place since.
    """
    roots = list(roots)
    inputs = None if inputs is None else list(inputs)
    wanted = None if inputs is None else reaching((e for e, _ in roots), inputs)
    targets = None if inputs is None else {e for e in inputs if isinstance(e, Handle)}
    sums = _Sums(in_place=kind is None)
    for entry, seed in roots:
        sums.add(entry, seed)
    while sums.heap:
        node, gradient = sums.pop()
        if wanted is not None and node not in wanted:
            continue
        slots = [s for s in node.plan.slots if _is_wanted(node.operands[s], wanted, targets)]
        contributions = run_rules(node, gradient, slots, kind)
        yield NodeStep(node, gradient, contributions)
        for operand, contribution in zip(node.operands, contributions, strict=True):
            if contribution is not None:
                sums.add(operand, contribution)
    for leaf, (gradient, owned) in sums.leaves.items():
        yield LeafStep(leaf, gradient, owned)


class _Sums:
    """Gradients on their way: one running sum for each value, each owned by the sweep.

    The first contribution is borrowed, the second allocates, later ones add in place.
    """

    def __init__(self, in_place: bool) -> None:
        self.in_place = in_place
        self.heap: list[tuple[int, Node]] = []
        self.nodes: dict[Node | Output, tuple[Any, bool]] = {}
        self.leaves: dict[Handle, tuple[Any, bool]] = {}
        self._queued: set[Node] = set()

    def add(self, entry: Entry, contribution: Any) -> None:
        """Add one contribution to the gradient of a value."""
        if isinstance(entry, Handle):
            self.leaves[entry] = self._sum(self.leaves.get(entry), contribution)
            return
        self.nodes[entry] = self._sum(self.nodes.get(entry), contribution)
        node = entry.node
        if node not in self._queued:
            self._queued.add(node)
            heapq.heappush(self.heap, (-node.serial, node))

    def _sum(self, before: tuple[Any, bool] | None, contribution: Any) -> tuple[Any, bool]:
        if before is None:
            return contribution, False
        total, owned = before
        if owned and self.in_place:
            total += contribution
            return total, True
        return total + contribution, True

    def pop(self) -> tuple[Node, Any]:
        """The youngest node, with the gradient of its output or outputs."""
        node = heapq.heappop(self.heap)[1]
        self._queued.discard(node)
        if not isinstance(node.value, tuple):
            return node, self.nodes.pop(node)[0]
        found = [self.nodes.pop(Output(node, i), (None,))[0] for i in range(len(node.value))]
        return node, tuple(map(_or_zeros, found, node.value))


def _or_zeros(gradient: Any, value: Any) -> Any:
    """An output that nobody used has gradient zero; an integer output has none."""
    if gradient is not None or value.dtype.kind != "f":
        return gradient
    return np.zeros(value.shape, value.dtype)


def _is_wanted(operand: Any, wanted: set[Any] | None, targets: set[Any] | None) -> bool:
    if wanted is None or targets is None:
        return True
    return operand in targets if isinstance(operand, Handle) else operand.node in wanted


# --- the seed at the root, and delivery at the leaves ----------------------------------


def seed(root: Handle, gradient: Any, call: str) -> Array:
    """The gradient to start with, checked against the root.

    Raises:
        GradientError: the root has no history, is no scalar (and no gradient is
            given), or the gradient has another shape.
    """
    if not root.requires_grad:
        raise GradientError(
            f"{call}: this tensor does not depend on any tensor with requires_grad=True, so "
            "there is nothing to differentiate. Make a leaf with "
            "tensor(…, requires_grad=True), and compute outside no_grad()."
        )
    shape = tuple(root.data.shape)
    if gradient is None:
        if root.data.size != 1:
            raise GradientError(
                f"{call}: the result has shape {shape}, and only a single number has one "
                "obvious gradient to start from. Reduce it first (.sum() or .mean()), or "
                f"give the gradient to start with, of shape {shape}."
            )
        return np.ones_like(root.data)
    array = gradient.data if isinstance(gradient, Handle) else np.asarray(gradient)
    if tuple(array.shape) != shape:
        raise GradientError(
            f"{call}: the gradient has shape {tuple(array.shape)} and the result has shape "
            f"{shape}; they must be the same."
        )
    return array if array.dtype == root.data.dtype else array.astype(root.data.dtype)


def backward(roots: Iterable[tuple[Entry, Any]], inputs: Iterable[Entry] | None = None) -> None:
    """Sweep to the end, then add each leaf's gradient to its ``.grad``.

    Nothing is written before the whole sweep has succeeded. NumPy's floating-point
    warnings are silenced; a NaN or an infinity is the answer, not an accident.
    """
    with np.errstate(all="ignore"):
        arrived = [step for step in sweep(roots, inputs=inputs) if isinstance(step, LeafStep)]
    for step in arrived:
        _deliver(step)


def _deliver(step: LeafStep) -> None:
    """Add a leaf's gradient to its ``.grad``, which shares memory with nothing else."""
    leaf = step.leaf
    if leaf.grad is None:
        array = step.gradient if step.owned else step.gradient.copy()
        leaf.grad = wrap(type(leaf), as_array(array))
    else:
        leaf.grad.data += step.gradient
        leaf.grad.version[0] += 1
