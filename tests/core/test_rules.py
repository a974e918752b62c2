"""A user's own rules: mistakes in them are found, and named."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

RECORD = {
    "symbol": "·",
    "formula": "x",
    "lesson": "A rule with a mistake.",
    "samples": lambda draw: [ag.call(draw(2), draw(2))],
}


@pytest.fixture
def total_of():
    """Defines an operation on any number of operands with a given rule, for one test."""

    def define(rule):
        @ag.primitive(**RECORD, vjp=(rule,))
        def total_of(*xs):
            return sum(xs[1:], xs[0])

        return total_of

    yield define
    ag.unregister("total_of")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda g: (g,), r"rule of total_of returned 1 gradient\(s\) for 2 operand"),
        (lambda g: (g, g, g), r"rule of total_of returned 3 gradient\(s\) for 2 operand"),
        (lambda g: g, "rule of total_of returned ndarray for 2 operand"),
        ("(g,)", r"returned 1 gradient\(s\)"),
    ],
)
def test_the_wrong_number_of_gradients_is_counted(total_of, rule, words):
    x, y = (ag.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    out = total_of(rule)(x, y)
    with pytest.raises(ag.GradientError, match=words):
        out.backward(np.ones(2))
    with pytest.raises(ag.GradientError, match=words.replace("ndarray", "Tensor")):
        ag.grad(out, [x], np.ones(2), create_graph=True)
    assert x.grad is None


def test_the_right_number_of_gradients_as_a_list_or_tuple(total_of):
    x, y = (ag.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    total_of(lambda g: [g, 2 * g])(x, y).backward(np.ones(2))
    assert (x.grad.tolist(), y.grad.tolist()) == ([1, 1], [2, 2])


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"d": ("2 * z",)}, "names z, which is not known; it may name g, x, out, x_shape"),
        ({"vjp": ("g * sinus(x) + w",)}, "names sinus and w, which"),
        ({"vjp": (lambda g, upstream: g,)}, "names upstream"),
        ({"vjp": ("g",), "jvp": ("t + g",)}, "names g, which is not known; it may name t, x"),
        ({"d": ("2 *",)}, "a derivative is no expression"),
    ],
)
def test_unknown_names_are_refused_at_definition(rules, words):
    with pytest.raises(ag.ArgumentError, match=f"^mistaken: .*{words}"):

        @ag.primitive(**RECORD, **rules)
        def mistaken(x):
            return x

    assert "mistaken" not in {op.name for op in ag.operations()}
    assert not hasattr(ag.Tensor, "mistaken")


def test_names_of_operations_parameters_and_comprehensions_are_known():
    @ag.primitive(**RECORD, vjp=("g * exp(x) * scale + sum([part for part in (g, g)][0]) * 0",))
    def scaled(x, *, scale=1.0):
        return scale * np.exp(x)

    try:
        x = ag.tensor(1.0, requires_grad=True)
        scaled(x, scale=2.0).backward()
        assert x.grad.item() == pytest.approx(2 * np.e)
    finally:
        ag.unregister("scaled")


def test_every_rule_of_the_engine_names_what_there_is():
    for operation in ag.operations():
        for rule in (*getattr(operation, "rules", ()), *getattr(operation, "jvps", ())):
            assert rule is None or not rule.unknown(), operation.name
