"""What is shown is what is executed, and it is the derivative that sympy finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

import autograd as ag
from autograd.core.primitive import Draw, Primitive
from autograd.core.rule import names_in


def flat(name, function):
    """A sympy function with a value and derivative zero."""
    members = {
        "fdiff": lambda self, index=1: sympy.Integer(0),
        "_eval_evalf": lambda self, precision: sympy.Float(function(float(self.args[0].evalf()))),
        "_eval_is_real": lambda self: True,
    }
    return type(name, (sympy.Function,), members)


FLOOR, CEIL, TRUNC, ROUND, SIGN = (
    flat(name, function)
    for name, function in [
        ("floor_", math.floor),
        ("ceil_", math.ceil),
        ("trunc_", math.trunc),
        ("round_", round),
        ("sign_", lambda x: math.copysign(1, x) if x else 0),
    ]
)

SYMPY = {
    **{
        name: getattr(sympy, name)
        for name in (
            *("exp", "sqrt", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos"),
            *("atan", "asinh", "acosh", "atanh", "atan2", "erf", "erfinv", "digamma", "polygamma"),
        )
    },
    "abs": sympy.Abs,
    "floor": FLOOR,
    "ceil": CEIL,
    "trunc": TRUNC,
    "round": ROUND,
    "sign": SIGN,
    "maximum": sympy.Max,
    "minimum": sympy.Min,
    "where": lambda c, a, b: sympy.Piecewise((a, c), (b, True)),
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "relu": lambda x: sympy.Max(0, x),
    "log2": lambda x: sympy.log(x) / sympy.log(2),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "cbrt": lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3),
    "lgamma": sympy.loggamma,
    "ndtr": lambda x: (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    "remainder": lambda x, y: x - y * FLOOR(x / y),
    "fmod": lambda x, y: x - y * TRUNC(x / y),
    "copysign": lambda x, y: sympy.Abs(x) * SIGN(y),
    "nan_to_num": lambda x: x,
    "nextafter": lambda x, y: x,
    "i0": lambda x: sympy.besseli(0, x),
    "i1": lambda x: sympy.besseli(1, x),
    "π": sympy.pi,
    "pi": sympy.pi,
}


def first(operand):
    """The first element of an operand of a sample."""
    return float(np.ravel(operand)[0])


def points():
    """For each local derivative of each elementwise operation, the samples' first elements."""
    for op in ag.operations():
        if not isinstance(op, Primitive) or not any(r and r.local for r in op.rules):
            continue
        for i, call in enumerate(op.samples(Draw())):
            yield pytest.param(op, call, id=f"{op.name}-{i}")


@pytest.mark.parametrize(("op", "call"), list(points()))
def test_shown_local_derivatives_are_sympys(op, call):
    with ag.record():
        tensors = [ag.tensor(a) if isinstance(a, np.ndarray) else a for a in call.args]
        out = op.function(*tensors, **call.kwargs)
    node = out.node
    values = [first(getattr(x, "value", x)) for x in node.operands]
    symbols = sympy.symbols([f"operand_{name}" for name in op.operands], real=True)
    names = {**SYMPY, **node.params, **dict(zip(op.operands, symbols, strict=True))}
    formula = sympy.sympify(eval(op.formula, names))
    at = dict(zip(symbols, values, strict=True))
    value = float(formula.subs(at).evalf())
    if set(op.params) <= set(names_in(op.formula)):
        assert first(out.data) == pytest.approx(value, rel=1e-9, abs=1e-12)
    for symbol, rule in zip(symbols, op.rules, strict=True):
        if rule is None:
            continue
        exact = complex(sympy.diff(formula, symbol).subs(at).doit().evalf())
        expected = exact.real if exact.imag == 0 else math.nan
        known = {**dict(zip(op.operands, map(np.float64, values), strict=True)), **node.params}
        known |= {"out": np.float64(value), "g": np.float64(1)}
        with np.errstate(invalid="ignore"):
            shown = float(rule.arrays(*(known[name] for name in rule.names)))
        assert shown == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)
