"""Forward mode: tangents pushed through the recorded graph, in the order of execution.

Every operation maps the tangents of its operands to the tangent of its result, by one of
four ways: its own rule (an elementwise operation has one in its local derivatives), the
operation itself where it is linear, one operand after the other where it is multilinear,
and else by transposing its backward rule, which is linear in the gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.core.apply import apply
from autograd.core.contributions import value_of, values_for
from autograd.core.graph import Entry, ancestors
from autograd.core.mode import switch
from autograd.core.node import Handle, Node, Output, wrap
from autograd.core.sweep import LeafStep, sweep
from autograd.core.versions import check_versions


def push(
    outputs: Iterable[Entry],
    tangents: Mapping[Entry, Any],
    kind: type[Any],
    recorded: bool = False,
) -> list[Any]:
    """The tangents of outputs, given those of some leaves or results they depend on.

    Args:
        outputs: the places whose tangents are wanted.
        tangents: arrays by place (tensors, where they shall be recorded).
        kind: the tensor class.
        recorded: run the rules on tensors, so that the tangents have a history.

    Returns:
        One tangent per output, None where it depends on none of the given places.
    """
    outputs = list(outputs)
    known: dict[Any, Any] = dict(tangents)
    for node in ancestors(outputs):
        given = [
            known.get(x) if isinstance(x, (Node, Output, Handle)) else None for x in node.operands
        ]
        slots = [slot for slot in node.plan.slots if given[slot] is not None]
        if slots:
            if recorded or _is_transposed(node):  # rules run on tensors
                with switch(scope=node.scope, recording=True):
                    results = _through(node, given, slots, kind, recorded)
            else:
                results = _through(node, given, slots, kind, recorded)
            for place, tangent in zip(node.outputs(), results, strict=True):
                known.setdefault(place, tangent)
    return [known.get(output) for output in outputs]


def _through(
    node: Node, given: list[Any], slots: list[int], kind: type[Any], recorded: bool
) -> list[Any]:
    """The tangents of a node's outputs."""
    check_versions(node)
    op, known = node.op, kind if recorded else None
    if op.tangents:
        terms = [_by_rule(node, slot, given[slot], known) for slot in slots]
    elif op.linear:
        terms = [_by_itself(node, given, slots, known, fill=True)]
    elif op.multilinear:
        terms = [_by_itself(node, given, [slot], known, fill=False) for slot in slots]
    else:
        terms = [_by_transposing(node, given, slots, kind, recorded)]
    if not isinstance(node.value, tuple):
        return [_total([t[0] if isinstance(t, tuple) else t for t in terms], node.value)]
    listed = [term if isinstance(term, (tuple, list)) else (term,) for term in terms]
    columns = zip(*listed, strict=True)
    return [
        _total(column, edge.value) for column, edge in zip(columns, node.outputs(), strict=True)
    ]


def _is_transposed(node: Node) -> bool:
    """Whether no other way than transposing its backward rule is known."""
    op = node.op
    return not (op.tangents or op.linear or op.multilinear)


def _by_rule(node: Node, slot: int, tangent: Any, kind: type[Any] | None) -> Any:
    rule = node.op.jvps[slot]
    assert rule is not None, "an operand with a backward rule has a forward one"
    function = rule.arrays if kind is None else rule.tensors
    return function(*values_for(rule, node, kind, {"t": tangent}))


def _by_itself(
    node: Node, given: list[Any], slots: list[int], kind: type[Any] | None, fill: bool
) -> Any:
    """The operation applied to tangents, with zeros (`fill`) or values for all other operands."""
    op = node.op
    if len(given) == 1:
        return apply(op, (given[0],), node.params)
    operands = []
    for slot, operand in enumerate(node.operands):
        if slot in slots:
            operands.append(given[slot])
        elif fill and (op.rule(slot) or op.operands[slot] not in node.plan.save):
            operands.append(_zeros(operand))
        else:
            operands.append(value_of(op.operands[slot], node, kind))
    return apply(op, tuple(operands), node.params)


def _zeros(operand: Any) -> Any:
    value = operand.value if isinstance(operand, (Node, Output, Handle)) else np.asarray(operand)
    return np.zeros(value.shape, value.dtype)


def _by_transposing(
    node: Node,
    given: list[Any],
    slots: list[int],
    kind: type[Any],
    recorded: bool,
) -> Any:
    """J·t as the derivative of ⟨Jᵀu, t⟩ by u, which is the same for every u: taken at 0."""
    several = isinstance(node.value, tuple)
    us = [wrap(kind, _zeros(edge), edge.value.dtype.kind == "f") for edge in node.outputs()]
    known, upstream = kind if recorded else None, {"g": tuple(us) if several else us[0]}
    total: Any = 0.0
    for slot in slots:
        rule = node.op.rule(slot)
        assert rule is not None, "a plan holds slots with a rule only"
        result = rule.tensors(*values_for(rule, node, known, upstream))
        total = total + ((result[slot] if node.op.variadic else result) * given[slot]).sum()
    found = {step.leaf: step.gradient for step in _leaf_steps(total, us, kind, recorded)}
    return tuple(found.get(u) for u in us)


def _leaf_steps(total: Any, us: list[Any], kind: type[Any], recorded: bool) -> list[LeafStep]:
    if not getattr(total, "requires_grad", False):
        return []
    one = np.ones_like(total.value)
    seed = wrap(kind, one) if recorded else one
    steps = sweep([(total.edge, seed)], kind=kind if recorded else None, inputs=us)
    return [step for step in steps if isinstance(step, LeafStep)]


def _total(terms: Sequence[Any], value: Any) -> Any:
    """The sum of what the operands bring, in the shape and dtype of the result."""
    found = [term for term in terms if term is not None]
    if not found or value.dtype.kind != "f":
        return None
    total = found[0]
    for term in found[1:]:
        total = total + term
    if total.shape != value.shape:
        total = total + np.zeros(value.shape, value.dtype)
    return total if total.dtype == value.dtype else total.astype(value.dtype)
