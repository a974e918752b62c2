"""What an operation tells when it runs again: whether its operands changed, and its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.apply import apply
from autograd.core.mode import no_grad
from autograd.core.node import Handle, Node, Output, wrap
from autograd.core.rule import Rule
from autograd.core.spec import Spec
from autograd.draw.trace import Numbers, numbers


def repeats(node: Node) -> bool:
    """Whether an operation gives the same result again; True where values were not kept."""
    places = [x for x in node.operands if isinstance(x, (Node, Output, Handle))]
    values = {id(x): x.value for x in places}
    if any(isinstance(v, Spec) for v in (*values.values(), *_values(node))):
        return True
    kind = next(type(x) for x in places if isinstance(x, Handle))
    operands = [wrap(kind, values[id(x)]) if id(x) in values else x for x in node.operands]
    with no_grad(), np.errstate(all="ignore"):
        again = apply(node.op, tuple(operands), node.params)
    parts = again if isinstance(again, tuple) else (again,)
    pairs = zip(parts, _values(node), strict=True)
    return all(np.array_equal(a.data, b, equal_nan=b.dtype.kind == "f") for a, b in pairs)


def local_numbers(node: Node, rule: Rule) -> Numbers | None:
    """The local derivative of an elementwise operation, in numbers."""
    if any(isinstance(v, Spec) for v in _values(node)):
        return None
    known = {**node.params, **dict(zip(node.plan.save, node.saved, strict=True)), "g": 1.0}
    given = [known[name] for name in rule.names]
    with np.errstate(all="ignore"):
        try:
            return numbers(rule.arrays(*given))
        except ArithmeticError:  # plain numbers raise where arrays give an infinity: 1 / 0.0
            floats = [np.float64(x) if isinstance(x, (int, float)) else x for x in given]
            return numbers(rule.arrays(*floats))


def _values(node: Node) -> tuple[Any, ...]:
    return node.value if isinstance(node.value, tuple) else (node.value,)
