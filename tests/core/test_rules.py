"""A user's own rules: mistakes in them are found, and named."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.core.rule import called
from autograd.core.where import resolve

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


@pytest.mark.parametrize("on_the_way", [False, True])
def test_the_wrong_shape_of_a_gradient_is_told_with_the_operation(total_of, on_the_way):
    """At a leaf, and on the way to one, where it could go on unnoticed."""
    x, y = (ag.tensor([[1.0, 2.0, 3.0]] * 2, requires_grad=True) for _ in range(2))
    operation = total_of(lambda g: (g[:1], g))
    out = operation(x * 2 if on_the_way else x, y).sum()
    words = r"rules of total_of .* a gradient of shape \(1, 3\) for an operand of shape \(2, 3\)"
    with pytest.raises(ag.GradientError, match=words):
        out.backward()
    with pytest.raises(ag.GradientError, match=words):
        ag.grad(out, x, create_graph=True)


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


def own(name, forward, **rules):
    common = {"symbol": "u", "formula": "u", "lesson": "A test.", "samples": lambda draw: []}
    made = ag.primitive(name=name, **common, **rules)(forward)
    ag.unregister(name)
    return made


def test_a_forward_function_cannot_change_a_number_for_everybody():
    def doubling(x, y):
        y *= 2
        return x * y

    x = ag.tensor([1.0, 2.0], requires_grad=True)
    double = own("doubling", doubling, d=("2 * y", "2 * x"))
    assert double(x, 3.0).tolist() == double(x, 3.0).tolist() == [6.0, 12.0]
    assert (x * 3.0).tolist() == [3.0, 6.0]


def test_a_derivative_given_as_a_function_is_brought_to_the_operands_dtype():
    x = ag.tensor(np.float32(1.0), requires_grad=True)
    own("twice", lambda x: x * 2, d=(lambda x: np.float64(2.0),))(x).backward()
    assert x.grad.dtype == np.float32


def test_a_rule_given_as_a_function_gets_arrays_of_shape_empty_too():
    def clipped(g, x):
        g = g.copy()
        g[g > 1] = 1
        return g

    x = ag.tensor(3.0, requires_grad=True)
    own("clipped", lambda x: x * 2, vjp=(clipped,))(x).backward(ag.tensor(2.0))
    assert x.grad.item() == 1.0


@pytest.mark.parametrize("result", [None, [1.0], "a"])
def test_a_forward_function_that_returns_no_array_is_named(result):
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.raises(ag.DTypeError, match="its forward function returned"):
        own("returns", lambda x: result, d=("1",))(x)


def test_formulas_are_no_users_line():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    (g,) = ag.grad((x * x).sum(), x, create_graph=True)
    assert resolve(g.node.operands[0].where).file.endswith("test_rules.py")


@pytest.mark.parametrize(
    ("text", "in_place", "calls"),
    [
        ("g * y", False, "np_multiply(g, y)"),
        ("g / x**2", False, "np_divide(g, np_square(x))"),
        ("g * (3.14 / 180)", True, "np_multiply(g, 3.14 / 180)"),
        ("g * x**3", True, "np_multiply(g, x ** 3)"),
        ("g * exp(-x + y)", True, "np_multiply(g, exp(-x + y))"),
        ("-(g * x)", True, "np_negative((made1 := np_multiply(g, x)), made1)"),
    ],
)
def test_operators_in_rules_are_called_as_functions(text, in_place, calls):
    known = {}
    assert called(text, known, ("g", "x", "y"), in_place) == calls
    g, x, y = np.arange(1.0, 4), np.arange(2.0, 5), np.arange(3.0, 6)
    scope = {**known, "g": g, "x": x, "y": y, "exp": np.exp}
    assert np.array_equal(eval(calls, scope), eval(text, scope))


def test_numbers_in_rules_have_the_dtype_of_the_gradient():
    known = {}
    text = called("g * (1 - x**2)", known, ("g", "x"), in_place=True)
    for dtype in ("float16", "float32", "float64", "longdouble"):
        g, x = np.arange(1, 4, dtype=dtype), np.arange(2, 5, dtype=dtype)
        found = eval(text, {**known, "g": g, "x": x})
        assert found.dtype == dtype
        assert np.array_equal(found, g * (1 - x**2))
        assert g.tolist() == [1, 2, 3]
        assert x.tolist() == [2, 3, 4]


def test_rules_may_name_shapes_and_edges():
    """Elementwise, any number of operands, and three of them."""

    @ag.primitive(**RECORD, d=("len(x_shape) + 0 * y", "x * len(y_shape)"))
    def stretched(x, y):
        return x + y

    @ag.primitive(**RECORD, vjp=("(g * len(xs_shape),) * len(shapes)",))
    def gathered(*xs):
        return sum(xs[1:], xs[0])

    @ag.primitive(**RECORD, vjp=("g * len(z_shape)", "g * len(x_edge.value.shape)", "g + z"))
    def joined(x, y, z):
        return x + y + z

    leaves = [ag.tensor(np.full((2, 3), n), requires_grad=True) for n in (1.0, 2.0, 3.0)]
    try:
        (stretched(*leaves[:2]) + gathered(*leaves) + joined(*leaves)).backward(np.ones((2, 3)))
    finally:
        for name in ("stretched", "gathered", "joined"):
            ag.unregister(name)
    assert [leaf.grad[0, 0].item() for leaf in leaves] == [2 + 2 + 2, 2 + 2 + 2, 2 + 4]
