"""What a node hands its operands in the backward pass, and the values that rules are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.core.errors import GlassError, GradientError, InPlaceError
from autograd.core.mode import current, switch
from autograd.core.node import Handle, Node, Output, as_array, operand_shape, shapes_of, wrap
from autograd.core.rule import on_arrays
from autograd.core.summation import total
from autograd.core.watch import check_contribution
from autograd.core.where import resolve

Runner = Callable[[Node, Any], Sequence[Any]]


def run_rules(
    node: Node, gradient: Any, slots: tuple[int, ...], kind: type[Any] | None
) -> list[Any]:
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
    """
    try:
        found = _found(node, gradient, slots, kind)
        operands = node.operands
        fitted = [fit(c, operands[slot]) for slot, c in zip(slots, found, strict=True)]
    except (GlassError, MemoryError):
        raise
    except Exception as error:
        raise GradientError(_wrong_rule(node, error)) from error
    if current().anomaly:
        for slot, contribution in zip(slots, fitted, strict=True):
            given = _arrays(gradient)
            check_contribution(node, slot, given, _arrays(contribution))
    return fitted


def _found(
    node: Node, gradient: Any, slots: tuple[int, ...], kind: type[Any] | None
) -> Sequence[Any]:
    """What the rules return, on arrays or recorded."""
    if kind is not None:
        with switch(scope=node.scope):
            return _by_name(node, gradient, slots, kind)
    runner = node.plan.runners.get(slots) or _make_runner(node, slots)
    check_versions(node)
    return runner(node, gradient)


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
    return value.data if isinstance(value, Handle) else as_array(value)


def _by_name(
    node: Node, gradient: Any, slots: tuple[int, ...], kind: type[Any] | None
) -> Sequence[Any]:
    """The rules run one by one, each given its names: the reference for `_make_runner`."""
    known = environment(node, kind)
    known["g"] = gradient
    rules = [node.op.rule(slot) for slot in slots[:1] if node.op.variadic] or [
        node.op.rule(slot) for slot in slots
    ]
    found = []
    for rule in rules:
        assert rule is not None, "a plan holds slots with a rule only"
        function = rule.arrays if kind is None else rule.tensors
        found.append(function(*(known[name] for name in rule.names)))
    return _picked(node, found[0], slots) if node.op.variadic else found


def _picked(node: Node, everything: Any, slots: tuple[int, ...]) -> list[Any]:
    """What the one rule of a variadic operation gives some operands.

    Raises:
        GradientError: it does not give one gradient for each operand.
    """
    count = len(everything) if isinstance(everything, (tuple, list)) else None
    if count != len(node.operands):
        given = type(everything).__name__ if count is None else f"{count} gradient(s)"
        raise GradientError(
            f"The rule of {node.op.name} returned {given} for {len(node.operands)} operand(s); "
            "the rule of an operation on any number of operands returns a tuple with one "
            "gradient for each."
        )
    return [everything[slot] for slot in slots]


def _make_runner(node: Node, slots: tuple[int, ...]) -> Runner:
    """The same as one function of NumPy calls, written from the rules' texts."""
    op, save = node.op, node.plan.save
    rules = [op.rule(slot) for slot in (slots[:1] if op.variadic else slots)]
    functions = {f"rule{i}": r.arrays for i, r in enumerate(rules) if r is not None}
    terms, used = [], set()
    for i, rule in enumerate(rules):
        assert rule is not None, "a plan holds slots with a rule only"
        used |= set(rule.names)
        terms.append(f"rule{i}({', '.join(rule.names)})" if rule.words else f"({rule.text})")
    lines = [f"{', '.join(save)}, = node.saved"] if save else []
    lines += [f"{name} = node.params[{name!r}]" for name in op.params if name in used]
    lines += [
        f"{name}_shape = operand_shape(node.operands[{slot}])"
        for slot, name in enumerate(op.operands)
        if f"{name}_shape" in used
    ]
    lines += ["shapes = shapes_of(node.operands)"] if "shapes" in used else []
    result = f"{terms[0]}" if op.variadic else f"({', '.join(terms)},)"
    lines += [f"return picked(node, {result}, {slots})" if op.variadic else f"return {result}"]
    body = "\n        ".join(lines)
    helpers = {
        "operand_shape": operand_shape,
        "shapes_of": shapes_of,
        "picked": _picked,
        **functions,
    }
    source = (
        f"def make({', '.join(helpers)}):\n    def run(node, g):\n        {body}\n    return run"
    )
    scope: dict[str, Any] = {}
    exec(compile(source, f"<rules of {op.name}>", "exec"), on_arrays, scope)
    runner: Runner = scope["make"](**helpers)
    node.plan.runners[slots] = runner
    return runner


def environment(node: Node, kind: type[Any] | None) -> dict[str, Any]:
    """The values of all names that rules may use, but for the gradient.

    Raises:
        InPlaceError: a saved value was changed in place since.
    """
    check_versions(node)
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


def fit(contribution: Any, operand: Any) -> Any:
    """Bring a gradient to the shape and dtype of its operand, undoing broadcasting.

    Sums over the dimensions that broadcasting added, and over those that it stretched
    from 1. Works on arrays and on tensors alike.
    """
    target = operand.value
    if contribution.shape != target.shape:
        contribution = unbroadcast(contribution, tuple(target.shape))
    if contribution.dtype is not target.dtype and contribution.dtype != target.dtype:
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
        recorded = isinstance(gradient, Handle)
        gradient = gradient.sum(axes, True) if recorded else total(gradient, axes, True)
    return gradient.reshape(shape)


def check_versions(node: Node) -> None:
    """Refuse to use a saved value that was overwritten.

    Raises:
        InPlaceError: it names the operation, what it needs, and the user's line.
    """
    changes = -node.stamp
    for cell in node.cells:
        changes += cell[0]
    if not changes:
        return
    line = resolve(node.where)
    raise InPlaceError(
        f"{node.op.name} needs {' and '.join(node.plan.save)} for its gradient, but "
        f"{'it was' if len(node.plan.save) == 1 else 'one of them was'} changed in place "
        f"{changes} time(s) after the operation ran"
        + (f" ({line}: {line.text.strip()})" if line else "")
        + ". Compute a new tensor instead (x = x + 1), or change x.clone()."
    )
