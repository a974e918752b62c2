"""The backward pass: one stream of steps that everything else consumes.

A sweep runs nodes by falling serial, the reverse of the order of execution, each after
all of its consumers. It keeps its gradients to itself, writes nothing, leaves the graph
standing, and twice gives the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

from autograd.core.contributions import run_rules
from autograd.core.errors import GradientError
from autograd.core.graph import Entry, reaching
from autograd.core.hooks import hooked
from autograd.core.leaves import as_it_is_now, check_addable
from autograd.core.mode import current
from autograd.core.node import Array, Handle, Node, array_of, as_array, changed, wrap
from autograd.core.products import computed


class NodeStep(NamedTuple):
    """One node has run its rules.

    Attributes:
        node: the node.
        gradient: the complete gradient of its output; a tuple for several outputs.
        contributions: one entry per operand, None where no gradient goes.
    """

    node: Node
    gradient: Any
    contributions: list[Any]


class LeafStep(NamedTuple):
    """The gradient of a leaf (or of a result that retains it) is complete.

    Attributes:
        leaf: the tensor.
        gradient: its whole gradient in this sweep.
        owned: whether nobody else holds this array.
    """

    leaf: Handle
    gradient: Any
    owned: bool


Step = NodeStep | LeafStep

Found = tuple[Any, Any]
"""The edge of an operand, and its contribution."""


def sweep(
    roots: Iterable[tuple[Entry, Any]],
    *,
    kind: type[Any] | None = None,
    inputs: Iterable[Entry] | None = None,
    towards: Towards | None = None,
    leaves_only: bool = False,
) -> Iterator[Step]:
    """Yield the steps of a backward pass, nodes by falling serial and then the leaves.

    Args:
        roots: where to start, each with the gradient to start with.
        kind: the tensor class, for a backward pass that is itself recorded; None for
            a pass on plain arrays.
        inputs: differentiate only towards these; None for all leaves.
        towards: the same, prepared for many sweeps.
        leaves_only: leave out the steps of nodes.

    Raises:
        InPlaceError: a saved value was changed in place since.
    """
    roots = list(roots)
    if inputs is not None:
        towards = Towards([place for place, _ in roots], inputs)
    plain = kind is None and not current().anomaly
    sums = _Sums(roots, in_place=kind is None)
    heap, nodes, values = sums.heap, sums.nodes, sums.values
    leaves, owned = sums.leaves, sums.owned
    ahead: Node | None = None  # younger than all in the heap: goes next, without a detour
    held: Any = None  # its gradient
    while heap or ahead is not None:
        if ahead is not None:
            node, gradient, ahead = ahead, held, None
        else:
            serial = -heappop(heap)
            node, gradient = nodes.pop(serial), values.pop(serial)
            if gradient.__class__ is list:
                gradient = _complete(node, gradient)
        if node.notes:
            gradient = _noted(node, gradient)
            yield from _retained(node, gradient)
        plan = node.plan
        slots = plan.slots if towards is None else towards.ways.get(node)
        if slots is None:
            continue
        runner = plan.runner if towards is None else plan.runners.get(slots)
        try:
            found = runner(node, gradient) if plain and runner else None
        except Exception:
            found = None  # run_rules explains why
        if found is None:
            found = _by_rules(node, gradient, slots, kind)
        if not leaves_only:
            found = [(place, computed(part)) for place, part in found]
            yield NodeStep(node, gradient, _by_slot(node, slots, found))
        for place, contribution in found:
            if place.__class__ is Node:
                serial = place.serial
                if ahead is None:
                    if not heap or serial > -heap[0]:
                        ahead, held = place, contribution
                        continue
                elif serial > ahead.serial:
                    sums.wait(ahead, held)
                    ahead, held = place, contribution
                    continue
                elif place is ahead:
                    sums.wait(ahead, held)
                    ahead = None
                if serial not in values:
                    sums.wait(place, contribution)
                    continue
            elif place in owned:
                total = leaves[place]
                total += contribution
                leaves[place] = total
                continue
            elif ahead is not None:
                sums.wait(ahead, held)  # this may be an output of a younger one
                ahead = None
            sums.add(place, contribution)
    yield from _leaf_steps(sums)


def _leaf_steps(sums: _Sums) -> Iterator[LeafStep]:
    """A step for each leaf, its gradient as its hooks leave it."""
    for leaf, gradient in sums.leaves.items():
        whole = computed(gradient)
        if whole.shape != leaf.value.shape or whole.dtype is not leaf.value.dtype:
            whole = as_it_is_now(leaf, whole)
        seen = hooked(leaf.notes, whole)
        yield LeafStep(leaf, seen, seen is gradient and leaf in sums.owned)


def _noted(node: Node, gradient: Any) -> Any:
    """The gradient of a node's outputs after their hooks."""
    if not isinstance(gradient, tuple):
        return hooked(node.note(0), gradient)
    return tuple(hooked(node.note(i), part) for i, part in enumerate(gradient))


def _retained(node: Node, gradient: Any) -> Iterator[LeafStep]:
    """A step for each output whose tensor keeps its gradient."""
    for index, notes in (node.notes or {}).items():
        tensor = notes.retainer() if notes.retainer is not None else None
        if tensor is not None:
            yield LeafStep(
                tensor, gradient[index] if isinstance(gradient, tuple) else gradient, False
            )


def _by_rules(
    node: Node, gradient: Any, slots: tuple[int, ...], kind: type[Any] | None
) -> list[Found]:
    """The rules run the readable way: each operand's edge with its contribution."""
    operands = node.operands
    found = run_rules(node, gradient, slots, kind) if slots else ()
    return [(operands[slot], part) for slot, part in zip(slots, found, strict=True)]


def _by_slot(node: Node, slots: Sequence[int], found: Sequence[Found]) -> list[Any]:
    """One entry per operand, None where no gradient goes."""
    entries: list[Any] = [None] * len(node.operands)
    for slot, (_, contribution) in zip(slots, found, strict=True):
        entries[slot] = contribution
    return entries


class _Sums:
    """Gradients on their way: one running sum for each value, each owned by the sweep.

    The first contribution is borrowed, the second allocates, later ones add in place.

    Attributes:
        heap: the serials of the nodes that wait, negative: the youngest comes first.
        nodes: these nodes, by serial.
        values: the gradients of their outputs; a list of them for several outputs.
        leaves: the gradients of leaves.
        owned: the sums that nobody else holds, by leaf, or by serial and number of output.
    """

    __slots__ = ("heap", "in_place", "leaves", "nodes", "owned", "values")

    def __init__(self, roots: Iterable[tuple[Entry, Any]], in_place: bool) -> None:
        self.in_place = in_place
        self.heap: list[int] = []
        self.nodes: dict[int, Node] = {}
        self.values: dict[int, Any] = {}
        self.leaves: dict[Handle, Any] = {}
        self.owned: set[Any] = set()
        for place, gradient in roots:
            if in_place and gradient.__class__ is np.ndarray and not gradient.ndim:
                gradient = gradient[()]  # NumPy's scalars are many times faster than 0-d arrays
            self.add(place, gradient)

    def wait(self, node: Node, gradient: Any) -> None:
        """Let a node with one output wait that nothing has reached so far."""
        serial = node.serial
        self.nodes[serial], self.values[serial] = node, gradient
        heappush(self.heap, -serial)

    def add(self, place: Entry, contribution: Any) -> None:
        """Add one contribution to the gradient of a value."""
        if isinstance(place, Handle):
            if place in self.leaves:
                contribution = self._sum(self.leaves[place], contribution, place)
            self.leaves[place] = contribution
            return
        node = place.node
        serial, several = node.serial, isinstance(node.value, tuple)
        if serial not in self.nodes:
            self.nodes[serial] = node
            self.values[serial] = [None] * len(node.value) if several else None
            heappush(self.heap, -serial)
        sums, index = (self.values[serial], place.index) if several else (self.values, serial)
        if sums[index] is not None:
            contribution = self._sum(sums[index], contribution, (serial, place.index))
        sums[index] = contribution

    def _sum(self, before: Any, contribution: Any, name: Any) -> Any:
        """The sum of two gradients, in the memory of the first where the sweep owns it."""
        if name in self.owned:
            before += contribution
            return before
        if self.in_place:
            self.owned.add(name)
        return before + contribution


def _complete(node: Node, parts: list[Any]) -> tuple[Any, ...]:
    """The gradients of several outputs, zeros for those that nobody used."""
    like = next(as_array(array_of(part)) for part in parts if part is not None)
    return tuple(_or_zeros(part, spec, like) for part, spec in zip(parts, node.value, strict=True))


def _or_zeros(gradient: Any, value: Any, like: Any) -> Any:
    """An output that nobody used has gradient zero; an integer output has none."""
    if gradient is not None or value.dtype.kind != "f":
        return gradient
    return np.zeros(value.shape, value.dtype, like=like)


class Towards:
    """Keeps a sweep on the ways from some roots that lead to some inputs.

    Args:
        roots: where the sweep starts.
        inputs: where it shall arrive.
        partial: hold the inputs constant for one another: stop at each.

    Attributes:
        ways: for each node on a way its operands on one, by slot.
    """

    def __init__(
        self, roots: Iterable[Entry], inputs: Iterable[Entry], partial: bool = False
    ) -> None:
        inputs = list(inputs)
        nodes, leaves = reaching(roots, inputs), {e for e in inputs if isinstance(e, Handle)}
        self.ways: dict[Node, tuple[int, ...]] = {}
        for node in nodes:
            edges = ((s, node.operands[s]) for s in node.plan.slots)
            self.ways[node] = tuple(
                s for s, e in edges if (e in leaves if isinstance(e, Handle) else e.node in nodes)
            )
        for end in inputs if partial else ():
            if not isinstance(end, Handle):
                self.ways[end.node] = ()


# --- the seed at the root, and delivery at the leaves ----------------------------------


def seed(root: Handle, gradient: Any, call: str) -> Array:
    """The gradient to start with, checked against the root.

    Raises:
        GradientError: the root has no history, is no scalar (and no gradient is
            given), or the gradient has another shape or holds no real numbers.
    """
    if not root.needs_grad:
        raise GradientError(
            f"{call}: this tensor does not depend on any tensor with requires_grad=True, so "
            "there is nothing to differentiate. Make a leaf with "
            "tensor(…, requires_grad=True), and compute outside no_grad(). A gradient that is "
            "to be differentiated again comes from grad(…, create_graph=True); backward() of a "
            "compiled function's result belongs inside the function."
        )
    shape = tuple(root.value.shape)
    if gradient is None:
        if root.value.size != 1:
            raise GradientError(
                f"{call}: the result has shape {shape}, and only a single number has one "
                "obvious gradient to start from. Reduce it first (.sum() or .mean()), or "
                f"give the gradient to start with, of shape {shape}."
            )
        return np.ones_like(root.value)
    array = gradient.value if isinstance(gradient, Handle) else gradient
    array = array if type(array) is type(root.value) else np.asarray(array, like=root.value)
    if tuple(array.shape) != shape:
        raise GradientError(
            f"{call}: the gradient has shape {tuple(array.shape)} and the result has shape "
            f"{shape}; they must be the same."
        )
    if array.dtype.kind not in "biuf":
        raise GradientError(f"{call}: the gradient given is {gradient!r:.60}, no real numbers.")
    return array if array.dtype == root.value.dtype else array.astype(root.value.dtype)


def backward(
    roots: Iterable[tuple[Entry, Any]],
    inputs: Iterable[Entry] | None = None,
    watch: Callable[[NodeStep], None] | None = None,
) -> None:
    """Sweep to the end, then add each leaf's gradient to its ``.grad``.

    Nothing is written before the whole sweep has succeeded. NumPy's floating-point
    warnings are silenced; a NaN or an infinity is the answer, not an accident.

    Args:
        roots: where to start, each with the gradient to start with.
        inputs: deliver to these leaves only.
        watch: called with the step of each node.
    """
    with np.errstate(all="ignore"):
        if watch is None:
            steps = sweep(roots, inputs=inputs, leaves_only=True)
        else:
            steps = _watched(sweep(roots, inputs=inputs), watch)
        arrived = [step for step in steps if isinstance(step, LeafStep)]
    for step in arrived:
        check_addable(step.leaf, step.gradient)
    for step in arrived:
        _deliver(step)


def _watched(steps: Iterable[Step], watch: Callable[[NodeStep], None]) -> Iterator[Step]:
    """The steps of leaves; those of nodes are shown to `watch`."""
    for step in steps:
        if isinstance(step, NodeStep):
            watch(step)
        else:
            yield step


def _deliver(step: LeafStep) -> None:
    """Add a leaf's gradient to its ``.grad``, which shares memory with nothing else."""
    leaf, before = step.leaf, step.leaf.accumulated
    if before is None:
        array = step.gradient if step.owned or _alone(step) else step.gradient.copy()
        leaf.accumulated = wrap(type(leaf), as_array(array))
    elif before.value.dtype != step.gradient.dtype:  # from before x.data = … of another one
        total = before.value.astype(step.gradient.dtype) + step.gradient
        leaf.accumulated = wrap(type(leaf), as_array(total))
    else:
        leaf.accumulated.value += step.gradient
        changed(leaf.accumulated)
    if leaf.notes is not None and leaf.notes.after:
        for hook in tuple(leaf.notes.after.values()):
            hook(leaf)


def _alone(step: LeafStep) -> bool:
    """Whether only this step holds the memory of its gradient, so that it needs no copy.

    Python knows: it counts who holds an object. A rule may also return its gradient as it
    came, a view of it, or something that it keeps, and these are held elsewhere.
    """
    if not isinstance(step.gradient, np.ndarray) or getrefcount(step.gradient) > _ONE:
        return False
    base = step.gradient.base
    if base is None:
        return True
    plain = isinstance(base, np.ndarray) and base.base is None
    return plain and step.gradient.flags.writeable and getrefcount(base) <= _ONE + 1


_probe = LeafStep(Handle(), np.empty(0), False)
_ONE = getrefcount(_probe.gradient)
"""What Python counts for an array that only a step holds."""
