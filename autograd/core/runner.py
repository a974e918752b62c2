"""The rules of a node as one function of NumPy calls, written from their texts.

This is what a backward pass on plain arrays runs; the same rules one by one, on tensors,
are in `contributions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd.core.errors import GradientError
from autograd.core.node import Handle, Node, latest, operand_shape, shapes_of
from autograd.core.primitive import BackwardPlan, Primitive, Runner
from autograd.core.rule import Rule, called, on_arrays, ready
from autograd.core.summation import total
from autograd.core.versions import check_versions


def make_runner(node: Node, slots: tuple[int, ...]) -> Runner:
    """The rules of some operands as one function of NumPy calls, written from their texts.

    It takes a node and a gradient, checks the versions of what was saved, and returns the
    edge of each operand with the contribution that fits it.
    """
    plan, rules = node.plan, rules_to_run(node, slots)
    functions = {f"rule{i}": rule.arrays for i, rule in enumerate(rules)}
    terms = [
        f"rule{i}({', '.join(rule.names)})" if rule.words else f"({rule.text})"
        for i, rule in enumerate(rules)
    ]
    body = [*_reading(node, {name for rule in rules for name in rule.names})]
    if any(rule.words for rule in rules):
        body.append("if isinstance(g, generic): g = asarray(g)")  # functions are given arrays
    if plan.even:
        body += _even(plan, slots, rules, terms, functions)
    elif node.op.variadic:
        body += [f"found = one_each(node, {terms[0]})", _each_fitted(slots)]
    else:
        body += _fitted(slots, terms)
    runner = _compiled(node.op.name, body, functions)
    plan.runners[slots] = runner
    if slots == plan.slots:
        plan.runner = runner
    return runner


def rules_to_run(node: Node, slots: tuple[int, ...]) -> list[Rule]:
    """The rules for some operands of a node; the only one of a variadic operation."""
    rules = [node.op.rule(slot) for slot in (slots[:1] if node.op.variadic else slots)]
    return [rule for rule in rules if rule is not None]  # a plan holds slots with a rule only


def _reading(node: Node, used: set[str]) -> Iterator[str]:
    """Statements that give the names in the rules their values."""
    save, op = node.plan.save, node.op
    if save:
        yield "if latest[0] > node.serial: check_versions(node)"
        yield _kept(save)
    yield from (f"{name} = node.params[{name!r}]" for name in op.params if name in used)
    about = {
        f"{name}_{what}": text.format(f"edge{slot}")
        for slot, name in enumerate(op.operands)
        for what, text in (("shape", "operand_shape({})"), ("edge", "{}"))
    }
    asked = [name for name in about if name in used]
    if asked or not (node.plan.even or op.variadic):
        yield _edges(op)
    yield from (f"{name} = {about[name]}" for name in asked)
    if "shapes" in used:
        yield "shapes = shapes_of(node.operands)"


def _kept(save: tuple[str, ...]) -> str:
    """What gives the arrays that a node saved their names."""
    names = ", ".join(save)
    return f"{names} = node.kept{', node.also_kept' if len(save) == 2 else ''}"


def _edges(op: Primitive) -> str:
    """What gives the edges of all operands their names."""
    count = len(op.operands)
    if count > 2 or op.variadic:
        return f"{''.join(f'edge{slot}, ' for slot in range(count))}*_ = node.operands"
    return "edge0 = node.first" if count == 1 else "edge0, edge1 = node.first, node.second"


def _fitted(slots: tuple[int, ...], terms: list[str]) -> Iterator[str]:
    """Each contribution brought to the shape and dtype of its operand, which most have anyway."""
    for slot, term in zip(slots, terms, strict=True):
        yield f"to{slot}, like = {term}, edge{slot}.value"
        yield f"if to{slot}.shape != like.shape or to{slot}.dtype is not like.dtype:"
        yield f"    to{slot} = fit(to{slot}, edge{slot})"
    yield f"return ({''.join(f'(edge{slot}, to{slot}), ' for slot in slots)})"


def _each_fitted(slots: tuple[int, ...]) -> str:
    """The same for any number of operands."""
    parts = (f"(edges[{slot}], fit(found[{slot}], edges[{slot}]))" for slot in slots)
    return f"edges = node.operands; return ({', '.join(parts)},)"


def one_each(node: Node, found: Any) -> Any:
    """What the one rule of a variadic operation returned, if it is what it must be.

    Raises:
        GradientError: it does not give one gradient for each operand.
    """
    count = len(found) if isinstance(found, (tuple, list)) else None
    if count != len(node.operands):
        given = type(found).__name__ if count is None else f"{count} gradient(s)"
        raise GradientError(
            f"The rule of {node.op.name} returned {given} for {len(node.operands)} operand(s); "
            "the rule of an operation on any number of operands returns a tuple with one "
            "gradient for each."
        )
    return found


def _even(
    plan: BackwardPlan,
    slots: tuple[int, ...],
    rules: list[Rule],
    terms: list[str],
    known: dict[str, Any],
) -> Iterator[str]:
    """Local derivatives where all is of one dtype: only broadcasting needs a look.

    Of shape () the gradient is a NumPy scalar, and so shall be what it is multiplied by:
    NumPy's scalars are many times faster than its 0-d arrays. Elsewhere NumPy's functions
    are called as directly as it goes (see `called`).
    """
    one, arrays = len(plan.op.operands) == 1, ("g", "out", *plan.op.operands)
    quick = [called(term, known, arrays, in_place=one) for term in terms]
    yield "first = node.first" if one else "first, second = node.first, node.second"
    yield "if g.__class__ is ndarray:"
    for slot, plain, fast in zip(slots, terms, quick, strict=True):
        if ":=" not in fast:
            yield f"    to{slot} = {fast}"
        else:  # shape () has no array to write into
            yield f"    try: to{slot} = {fast}"
            yield f"    except TypeError: to{slot} = {plain}"
    yield "else:"
    yield from (f"    if {n}.__class__ is ndarray: {n} = {n}[()]" for n in plan.save)
    yield from (f"    to{s} = {t}" for s, t in zip(slots, terms, strict=True))
    yield from _even_result(plan, slots, rules)


def _even_result(plan: BackwardPlan, slots: tuple[int, ...], rules: list[Rule]) -> Iterator[str]:
    """Statements that return local derivatives, fitted where operands may have been broadcast."""
    places = [("first", "second")[slot] for slot in slots]
    found = "".join(f"({place}, to{s}), " for s, place in zip(slots, places, strict=True))
    fitted = "".join(f"({p}, fit(to{s}, {p})), " for s, p in zip(slots, places, strict=True))
    other = "first" if slots == (1,) else "second"
    number = f"({other}.__class__ is float or {other}.__class__ is int)"
    same = "first.value.shape == second.value.shape"
    if plan.alike or len(plan.op.operands) == 1:
        yield f"return ({found})"
        return
    if len(slots) == 2:
        yield f"if {same}: return ({found})"
    elif any("(" in str(rule.local) for rule in rules):  # log(0.5) has a dtype of its own
        yield f"if not {number} and {same}: return ({found})"
    else:
        yield f"if {number} or {same}: return ({found})"
    yield f"return ({fitted})"


def _compiled(name: str, body: list[str], functions: dict[str, Any]) -> Runner:
    helpers = {
        "asarray": np.asarray,
        "check_versions": check_versions,
        "fit": fit,
        "generic": np.generic,
        "latest": latest,
        "ndarray": np.ndarray,
        "one_each": one_each,
        "operand_shape": operand_shape,
        "shapes_of": shapes_of,
        **functions,
    }
    lines = "\n        ".join(body)
    source = (
        f"def make({', '.join(helpers)}):\n    def run(node, g):\n        {lines}\n    return run"
    )
    scope: dict[str, Any] = {}
    exec(ready(source, f"<rules of {name}>", "exec"), on_arrays, scope)
    runner: Runner = scope["make"](**helpers)
    return runner


def fit(contribution: Any, operand: Any) -> Any:
    """Bring a gradient to the shape and dtype of its operand, undoing broadcasting.

    Sums over the dimensions that broadcasting added, and over those that it stretched
    from 1. Works on arrays and on tensors alike.
    """
    target = operand.value
    if contribution.shape != target.shape:
        given, shape = tuple(contribution.shape), tuple(target.shape)
        contribution = unbroadcast(contribution, shape)
        if contribution.shape != shape:
            raise ValueError(
                f"a gradient of shape {given} for an operand of shape {shape} (which it may have "
                "got since, by x.data = … or in place)"
            )
    if contribution.dtype is not target.dtype and contribution.dtype != target.dtype:
        contribution = contribution.astype(target.dtype)
    return contribution


def unbroadcast(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the dimensions that broadcasting added or stretched."""
    added = gradient.ndim - len(shape)
    if added < 0:  # what is written into a place may have more dimensions of size 1 than this
        return unbroadcast(gradient, shape[-added:]).reshape(shape)
    stretched = [
        axis + added
        for axis, size in enumerate(shape)
        if size == 1 and gradient.shape[axis + added] != 1
    ]
    axes, keep = (*range(added), *stretched), bool(stretched)
    if axes:
        recorded = isinstance(gradient, Handle)
        gradient = gradient.sum(axes, keep) if recorded else total(gradient, axes, keep)
    return gradient.reshape(shape) if added and keep else gradient
