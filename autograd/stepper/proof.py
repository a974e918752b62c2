"""A second opinion on each gradient: the run is repeated with one number moved a little.

The graph stands, so it can be run again from any value on. What is found this way uses no
derivative, and is shown beside the gradient that the backward pass found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.core.apply import apply
from autograd.core.graph import ancestors, entry
from autograd.core.mode import no_grad
from autograd.core.node import Handle, Node, Output, wrap
from autograd.core.spec import Spec
from autograd.draw.trace import Trace
from autograd.draw.wording import clean
from autograd.stepper.figures import figure
from autograd.stepper.scene import root_letter

BUDGET = 4000
"""So many operations are repeated at most: leaves come first, results while it lasts."""

_CLOSE = 50


@dataclass(frozen=True)
class Proof:
    """A central difference beside a gradient.

    Attributes:
        root: the name of the result.
        place: the name of what was moved, such as ``w[0, 1]``: the element of the largest
            gradient.
        step: how far it was moved, up and down.
        difference: (f(x + h) − f(x − h)) / 2h, the central difference.
        gradient: what the backward pass found.
        agrees: whether both are the same, as far as a difference can tell.
    """

    root: str
    place: str
    step: float
    difference: float
    gradient: float
    agrees: bool

    def __str__(self) -> str:
        said = (
            f"Proof: {self.place} ± h, h = {self.step:.0e}, moves {self.root} by "
            f"{figure(self.difference)} · 2h"
        )
        if self.agrees:
            return f"{said}."
        return (
            f"{said}, and the gradient says {figure(self.gradient)}: there is a kink here, or "
            "the gradient is another one on purpose, or a rule is wrong."
        )


def proofs(root: Handle, trace: Trace, start: Any) -> dict[int, Proof]:
    """A proof for each value with a gradient whose numbers are known, by the value's id.

    Args:
        root: the result that `trace` was made of.
        trace: the run.
        start: the gradient that the backward pass started from.

    Nothing is said where the run, repeated, does not give its result again: a leaf was
    changed in place, or values are too large to be kept.
    """
    run = _Again(root, trace)
    asked = [v for v in trace.values if v.gradient is not None and v.gradient.data is not None]
    found: dict[int, Proof] = {}
    with no_grad(), np.errstate(all="ignore"):
        if start is None or not run.repeats():
            return {}
        for value in sorted(asked, key=lambda value: value.op is not None):
            if value.id == trace.roots[0]:
                continue
            if not run.affords(value.id):
                break
            proof = _proof(run, value.id, np.asarray(start))
            if proof is not None:
                found[value.id] = proof
    return found


def _proof(run: _Again, value: int, start: Any) -> Proof | None:
    shown = run.trace.values[value]
    assert shown.gradient is not None, "only such values are asked for"
    gradients, array = np.asarray(shown.gradient.data, dtype=float), run.arrays[value]
    if array.dtype.kind != "f" or gradients.shape != array.shape or not array.size:
        return None
    index = np.unravel_index(int(np.argmax(np.abs(gradients))), array.shape)
    h = float(np.cbrt(np.finfo(array.dtype).eps) * max(1.0, abs(float(array[index]))))
    up, down = (run.moved(value, index, by) for by in (h, -h))
    difference = float(np.sum(start * (up - down)) / (2 * h))
    gradient = float(gradients[index])
    agrees = abs(difference - gradient) <= _slack(array.dtype, h, gradient, start * up)
    place = ", ".join(map(str, index))
    name = clean(shown.name) + (f"[{place}]" if place else "")
    return Proof(root_letter(run.trace), name, h, difference, gradient, bool(agrees))


def _slack(dtype: Any, h: float, gradient: float, result: Any) -> float:
    """What rounding and the curve of f leave between a difference and a derivative."""
    rounding = float(np.finfo(dtype).eps) * float(np.sum(np.abs(result))) / h
    return float(_CLOSE * (rounding + h * h * max(1.0, abs(gradient))) + 1e-3 * abs(gradient))


class _Again:
    """The run, repeated from a value on; values are known by their ids in the trace."""

    def __init__(self, root: Handle, trace: Trace) -> None:
        self.trace = trace
        self.nodes: Sequence[Node] = ancestors([entry(root)])
        self.kind = type(root)
        self.result: Any = root.value
        self.spent = 0
        self.arrays: dict[int, Any] = {}
        self.plain: dict[int, Any] = {}
        self.users: dict[int, list[int]] = {}
        for op in trace.ops:
            for place in op.inputs:
                self.users.setdefault(place, []).append(op.id)
        for node, op in zip(self.nodes, trace.ops, strict=True):
            for operand, place in zip(node.operands, op.inputs, strict=True):
                if isinstance(operand, Handle):
                    self.arrays[place] = operand.value
                elif not isinstance(operand, (Node, Output)):
                    self.plain[place] = operand

    def repeats(self) -> bool:
        """Run everything once; whether that gives the result that was recorded."""
        known = [value for node in self.nodes for value in _outputs(node)]
        if any(isinstance(value, Spec) for value in known) or len(self.nodes) > BUDGET:
            return False
        self.arrays |= self._run({})
        same = self.arrays.get(self.trace.roots[0], self.result)
        return bool(np.array_equal(same, self.result, equal_nan=True))

    def affords(self, value: int) -> bool:
        """Whether the budget allows to repeat all that follows from a value, twice."""
        self.spent += 2 * len(self._after(value))
        return self.spent <= BUDGET

    def moved(self, value: int, index: Any, by: float) -> Any:
        """The result when one element of a value is moved."""
        array = self.arrays[value].copy()
        array[index] += by
        changed = self._run({value: array}, self._after(value))
        return changed.get(self.trace.roots[0], self.result)

    def _after(self, value: int) -> list[int]:
        """The operations that follow from a value, in order of execution."""
        found: set[int] = set()
        ways = [value]
        while ways:
            new = [op for op in self.users.get(ways.pop(), ()) if op not in found]
            found.update(new)
            ways += (output for op in new for output in self.trace.ops[op].outputs)
        return sorted(found)

    def _run(self, changed: dict[int, Any], ops: Sequence[int] | None = None) -> dict[int, Any]:
        """The values that some operations make; `changed` stands for what they were given."""
        for place in range(len(self.trace.ops)) if ops is None else ops:
            op, node = self.trace.ops[place], self.nodes[place]
            operands = tuple(self._operand(i, changed) for i in op.inputs)
            made = apply(node.op, operands, node.params)
            parts = made if isinstance(made, tuple) else (made,)
            changed |= zip(op.outputs, (part.data for part in parts), strict=True)
        return changed

    def _operand(self, place: int, changed: dict[int, Any]) -> Any:
        if place in self.plain:
            return self.plain[place]
        array = changed[place] if place in changed else self.arrays[place]
        return wrap(self.kind, array)


def _outputs(node: Node) -> tuple[Any, ...]:
    return node.value if isinstance(node.value, tuple) else (node.value,)
