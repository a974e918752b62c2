"""From the standing graph behind a tensor to a `Trace`: forward, names, groups, backward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.core import sweep
from autograd.core.errors import ArgumentError
from autograd.core.graph import ancestors, entry
from autograd.core.mode import Scope
from autograd.core.node import Handle, Node, Output, Where, cell_of
from autograd.core.rule import Rule
from autograd.core.where import resolve, source_of
from autograd.draw.cutting import cut
from autograd.draw.naming import Expression, is_direct, results_of_calls
from autograd.draw.origins import origin, origins
from autograd.draw.owners import Owners
from autograd.draw.repeating import local_numbers, repeats
from autograd.draw.trace import (
    Event,
    Formula,
    Group,
    Local,
    Numbers,
    Operation,
    SourceLine,
    Trace,
    Value,
    numbers,
)
from autograd.draw.wording import clean

Arrived = dict[int, tuple[Any, Numbers]]
"""The gradients that are on their way, by value: the array, and its numbers."""


def trace(root: Handle, gradient: Any = None, backward: bool | None = None) -> Trace:
    """The trace of everything that `root` depends on.

    Args:
        root: the result to explain; a leaf gives a trace of one value.
        gradient: what to start the backward pass from; 1 for a scalar.
        backward: include the backward pass; by default where the root requires a
            gradient and is a scalar or a `gradient` is given.

    Raises:
        ArgumentError: `root` is no tensor.
        GradientError: a backward pass was asked for and there is none.
    """
    return make_trace(root, gradient, backward, "trace()")


def make_trace(root: Handle, gradient: Any, backward: bool | None, call: str) -> Trace:
    """The same, for a `call` that errors name."""
    return built(root, start_of(root, gradient, backward, call))


def start_of(root: Handle, gradient: Any, backward: bool | None, call: str) -> Any:
    """The gradient that the backward pass starts from, None where there is to be none."""
    if not isinstance(root, Handle):
        raise ArgumentError(
            f"{call} explains a tensor, the result of a computation; got {type(root).__name__}."
        )
    if backward is None:
        backward = root.needs_grad and (gradient is not None or root.value.size == 1)
    return sweep.seed(root, gradient, call) if backward else None


def built(root: Handle, start: Any, since: Sequence[Handle] = ()) -> Trace:
    """The trace of `root`, with a backward pass where there is a gradient to start from.

    Raises:
        RangeError: `root` does not depend on a tensor of `since`.
    """
    maker = _Maker()
    maker.forward([root])
    if start is not None:
        maker.backward(root, start)
    return cut(maker.trace, [maker.place(x) for x in since]) if since else maker.trace


class _Maker:
    """Builds a trace; places in the graph (edges, leaves) are looked up by identity."""

    def __init__(self) -> None:
        self.trace = Trace()
        self._values: dict[Any, int] = {}
        self._ops: dict[Node, int] = {}
        self._groups: dict[int, int] = {}
        self._steps: dict[tuple[str, int | None, int | None], int] = {}
        self._lost: set[int | None] = set()  # groups of modules that no longer exist
        self._owners = Owners()
        self._scopes: list[Scope] = []  # keeps scopes alive while their ids are keys
        self._said: dict[Node, Expression] = {}
        self._lines: dict[Where, SourceLine | None] = {}

    def place(self, tensor: Handle) -> int | None:
        """The value of a tensor, None where it is not part of the run."""
        return self._values.get(entry(tensor))

    # --- forward ----------------------------------------------------------------------

    def forward(self, roots: Sequence[Handle]) -> None:
        """Record values and operations in order of execution."""
        nodes = ancestors(entry(root) for root in roots)
        self._said = results_of_calls(nodes)
        for node in nodes:
            self._operation(node)
        for root in roots:
            place = self._value_of(entry(root), None)
            self.trace.roots.append(place)
            value = self.trace.values[place]
            if value.op is not None and value.requires_grad and value.numbers.shape == ():
                value.role = "loss"
        self.trace.detached = origins(self._values)

    def _operation(self, node: Node) -> None:
        op = node.op
        said = self._said.get(node)
        scope = self._group(node.scope)
        spoken = said.operands(len(node.operands)) if said and is_direct(node, said) else ()
        padded = (*spoken, *(None,) * len(node.operands))
        inputs = [
            self._value_of(x, name, scope) for x, name in zip(node.operands, padded, strict=False)
        ]
        self._ops[node] = place = len(self.trace.ops)
        names = self._names(node, inputs)
        self.trace.ops.append(
            Operation(
                place,
                op.name,
                op.symbol,
                Formula(op.formula, names, simplify=False),
                op.lesson,
                inputs,
                [],
                {name: _short(value) for name, value in node.params.items()},
                [],
                self._line(node.where),
                scope,
                op.elementwise,
            )
        )
        self._outputs(node, said, place)
        self._notice_changes(node, inputs)
        self._locals(node, place, names)

    def _notice_changes(self, node: Node, inputs: list[int]) -> None:
        """Leaves that no longer hold what the operation was given, found by repeating it."""
        suspects = [
            place
            for place, x in zip(inputs, node.operands, strict=True)
            if isinstance(x, Handle) and cell_of(x)[0] and place not in self.trace.changed
        ]
        if suspects and not repeats(node):
            self.trace.changed += suspects

    def _names(self, node: Node, inputs: list[int]) -> dict[str, str | float]:
        """What formulas write for operands and parameters."""
        op = node.op
        names: dict[str, str | float] = {n: _short(v) for n, v in node.params.items()}
        for name, operand in zip(op.operands, node.operands, strict=False):
            known = isinstance(operand, (int, float)) and not isinstance(operand, bool)
            value = self.trace.values[inputs[op.operands.index(name)]]
            names[name] = float(operand) if known else clean(value.name)
        if op.variadic:
            names[op.operands[0]] = ", ".join(clean(self.trace.values[i].name) for i in inputs)
        return names

    def _outputs(self, node: Node, said: Expression | None, place: int) -> None:
        operation = self.trace.ops[place]
        target = said.target if said else None
        edges = node.outputs()
        for edge in edges:
            name = edge.name or target
            own = _piece(node, operation, edge.index) if len(edges) > 1 else ""
            made = self._add_value(
                edge,
                name or self._unnamed(own or operation.text),
                named=name is not None,
                role="result",
                numbers=numbers(edge.value),
                dtype=str(edge.value.dtype),
                requires_grad=bool(node.plan.slots) and edge.value.dtype.kind == "f",
                scope=operation.scope,
                written=own,
            )
            self.trace.values[made].op = place
            operation.outputs.append(made)

    def _unnamed(self, formula: str) -> str:
        """A short formula names its value; a long one gives way to a number."""
        return formula if len(formula) <= 14 else f"v{len(self.trace.values)}"

    def _locals(self, node: Node, place: int, names: dict[str, str | float]) -> None:
        operation = self.trace.ops[place]
        out = clean(self.trace.values[operation.outputs[0]].name)
        shapes = {f"{name}_shape": f"shape of {names.get(name, name)}" for name in node.op.operands}
        written = {**names, **shapes, "out": out}
        for slot in range(len(node.operands)):
            rule = node.op.rule(slot) if slot in node.plan.slots else None
            operation.locals.append(None if rule is None else self._local(node, rule, written))

    def _local(self, node: Node, rule: Rule, names: dict[str, str | float]) -> Local:
        if rule.words:
            return Local(Formula(rule.shown, None), False)
        elementwise = rule.local is not None
        found = local_numbers(node, rule) if elementwise else None
        return Local(Formula(rule.shown, names), elementwise, found)

    def _line(self, where: Where) -> SourceLine | None:
        if where not in self._lines:
            line = resolve(where)
            if line is not None and line.file not in self.trace.files:
                self.trace.files[line.file] = list(source_of(where))
            self._lines[where] = line and SourceLine(*line[:5])
        return self._lines[where]

    # --- values -----------------------------------------------------------------------

    def _value_of(self, place: Any, spoken: str | None, scope: int | None = None) -> int:
        """The value of an operand, a new one where it has not been met before."""
        if isinstance(place, (Node, Output)):
            return self._values[place]
        if not isinstance(place, Handle):
            return self._constant(place, scope)
        if place in self._values:
            return self._values[place]
        path = self._owners.parameters.get(id(place))
        name = path or place.label or spoken
        learned = path or (place.needs_grad and scope in self._lost)
        role = "parameter" if learned else "input" if name or place.needs_grad else "constant"
        self.trace.lost |= bool(learned) and not path
        return self._add_value(
            place,
            name or self._unnamed_leaf(place),
            named=name is not None,
            role=role,
            numbers=numbers(place.value),
            dtype=str(place.value.dtype),
            requires_grad=place.needs_grad,
            scope=scope,
        )

    def _unnamed_leaf(self, leaf: Handle) -> str:
        """A constant that is one number is called by its number, a detached one by its origin."""
        source = origin(self._values, leaf)
        if source is not None:
            return f"{self.trace.values[source].name}.detach()"
        single = leaf.value.ndim == 0 and not leaf.needs_grad
        return f"{leaf.value.item():g}" if single else f"v{len(self.trace.values)}"

    def _constant(self, value: Any, scope: int | None) -> int:
        shown = numbers(value)
        single = shown.data is not None and shown.shape == ()
        name = f"{shown.data:g}" if single else f"array {shown.shape}"
        dtype = str(getattr(value, "dtype", type(value).__name__))
        return self._add_value(
            None,
            name,
            named=False,
            role="constant",
            numbers=shown,
            dtype=dtype,
            requires_grad=False,
            scope=scope,
        )

    def _add_value(self, place: Any, name: str, **rest: Any) -> int:
        made = len(self.trace.values)
        self.trace.values.append(Value(made, name, **rest))
        if place is not None:
            self._values[place] = made
        return made

    # --- groups -----------------------------------------------------------------------

    def _group(self, scope: Scope | None) -> int | None:
        if scope is None:
            return None
        if id(scope) in self._groups:
            return self._groups[id(scope)]
        parent = self._group(scope.parent)
        path, label, kind = self._owners.describe(scope)
        made = self._same_group(path, kind, scope.step, parent)
        if made is None:
            made = len(self.trace.groups)
            self.trace.groups.append(Group(made, path, label, kind, scope.step, parent))
            self._steps[path, scope.step, parent] = made
        self._groups[id(scope)] = made
        self._scopes.append(scope)
        if parent in self._lost or (scope.owner is not None and scope.owner() is None):
            self._lost.add(made)
        return made

    def _same_group(self, path: str, kind: str, step: int | None, parent: int | None) -> int | None:
        """A step that is entered again under the same parent continues; a module opens anew."""
        return self._steps.get((path, step, parent)) if kind == "step" else None

    # --- backward ---------------------------------------------------------------------

    def backward(self, root: Handle, seed: Any) -> None:
        """Record one event for each gradient that travels over an edge."""
        place, given = self._values[entry(root)], numbers(seed)
        arrived: Arrived = {place: (seed, given)}
        self.trace.values[place].gradient = given
        with np.errstate(all="ignore"):
            for step in sweep.sweep([(entry(root), seed)]):
                if isinstance(step, sweep.NodeStep):
                    self._events(step, arrived)

    def _events(self, step: sweep.NodeStep, arrived: Arrived) -> None:
        operation = self.trace.ops[self._ops[step.node]]
        gradient = step.gradient[0] if isinstance(step.gradient, tuple) else step.gradient
        upstream = _upstream(step, gradient, [arrived.pop(i, None) for i in operation.outputs])
        for slot, contribution in enumerate(step.contributions):
            if contribution is None:
                continue
            target = operation.inputs[slot]
            before = arrived.get(target)
            passed = upstream if contribution is gradient else numbers(contribution)
            total = contribution if before is None else before[0] + contribution
            after = passed if before is None else numbers(total)
            arrived[target] = total, after
            self.trace.values[target].gradient = after
            self.trace.events.append(
                Event(
                    len(self.trace.events),
                    operation.id,
                    slot,
                    operation.outputs[0],
                    target,
                    upstream,
                    passed,
                    before[1] if before else None,
                    after,
                )
            )


def _upstream(step: sweep.NodeStep, gradient: Any, waiting: Sequence[Any]) -> Numbers:
    """The numbers of the gradient that a node was given, mostly those that had arrived."""
    if waiting[0] is None or waiting[0][0] is not gradient or step.node.notes:
        return numbers(gradient)
    known: Numbers = waiting[0][1]
    return known


def _piece(node: Node, operation: Operation, index: int) -> str:
    """The formula of one of several results."""
    if not node.op.pieces:
        return f"{operation.text}[{index}]"
    return replace(operation.formula, source=node.op.pieces[index]).text


def _short(value: Any) -> str:
    """A parameter in a few characters."""
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, np.ndarray):
        return f"array {value.shape}" if value.size > 4 else str(value.tolist())
    if isinstance(value, slice):
        parts = [value.start, value.stop] + ([value.step] if value.step is not None else [])
        return ":".join("" if part is None else str(part) for part in parts)
    if isinstance(value, tuple) and any(isinstance(part, (slice, np.ndarray)) for part in value):
        return ", ".join(_short(part) for part in value)
    return "…" if value is Ellipsis else repr(value)
