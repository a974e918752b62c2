"""Derivatives as functions, and the checker that guards all others."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(value):
    return ag.tensor(value, requires_grad=True)


def test_any_order():
    x = leaf(2.0)
    y = x**5
    for expected in (80.0, 160.0, 240.0, 240.0, 120.0, 0.0):
        (y,) = ag.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(expected)


def test_grad_touches_no_grad_and_takes_results_on_the_way():
    x = leaf(3.0)
    inner = x * x
    f = inner * x + inner
    by_inner, by_x = ag.grad(f, [inner, x])
    assert by_inner.item() == 4
    assert by_x.item() == 27 + 6
    assert x.grad is None


def test_grad_of_the_output_itself_and_of_pieces():
    x = leaf([1.0, 2.0, 3.0])
    a, b, c = ag.unbind(x * 1.0)
    f = a * b * c
    assert [g.item() for g in ag.grad(f, [f, b])] == [1, 3]


def test_several_outputs_add_up():
    x = leaf(2.0)
    (g,) = ag.grad([x * 3, x * x], x)
    assert g.item() == 7
    (g,) = ag.grad([x * 3, x * x], x, [2.0, ag.tensor(1.0)])
    assert g.item() == 10


def test_the_seed_gradient_may_have_a_history():
    x, v = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (g,) = ag.grad(x * x, x, v, create_graph=True)
    (by_v,) = ag.grad(g.sum(), v)
    assert by_v.tolist() == [2, 4]


def test_rules_off_the_way_to_the_inputs_do_not_run():
    x, w = leaf(2.0), leaf(3.0)
    y = ag.tanh(x) * w
    with ag.no_grad():
        x += 1  # nothing that ∂y/∂w needs
    assert ag.grad(y, w)[0].item() == np.tanh(2.0)


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda x, y: ag.grad(x * 2, y), "was not used"),
        (lambda x, y: ag.grad(x * 2, ag.tensor(1.0)), "does not require a gradient"),
        (lambda x, y: ag.grad(x * np.ones(2), x), "Reduce it first"),
        (lambda x, y: ag.grad(ag.tensor(1.0), x), "nothing to differentiate"),
        (lambda x, y: ag.grad(x * 2, x, [1.0, 1.0]), "give one for each"),
    ],
)
def test_what_grad_refuses(use, words):
    with pytest.raises(ag.GradientError, match=words):
        use(leaf(1.0), leaf(1.0))


def test_allow_unused():
    x, y = leaf(1.0), leaf(1.0)
    assert ag.grad(x * 2, [x, y], allow_unused=True)[1] is None
    assert ag.grad(x * 2, [x, y], materialize_grads=True)[1].tolist() == 0


def test_gradients_through_a_gradient_inside_no_grad():
    x = leaf(2.0)
    y = x**3
    with ag.no_grad():
        (g,) = ag.grad(y, x, create_graph=True)
    assert ag.grad(g, x)[0].item() == 12


# --- the checker ---------------------------------------------------------------------------


@pytest.fixture
def wrong_rule():
    """A primitive whose rule is wrong by 0.05 %."""

    @ag.primitive(
        symbol="≈",
        formula="2 * x",
        d=("2.001",),
        lesson="It is wrong on purpose.",
        samples=lambda draw: [ag.call(draw(2))],
    )
    def nearly_twice(x):
        return 2 * x

    yield nearly_twice
    ag.unregister("nearly_twice")


def test_a_rule_wrong_by_a_twentieth_of_a_percent_is_caught(wrong_rule):
    with pytest.raises(ag.GradientCheckError, match=r"operand w .*first at \[0\]: analytic"):
        ag.gradcheck(wrong_rule, ag.tensor([1.0, 2.0], requires_grad=True, name="w"))


def test_a_second_derivative_that_is_wrong_is_caught(wrong_rule):
    with pytest.raises(ag.GradientCheckError):
        ag.gradgradcheck(lambda x: wrong_rule(x) * wrong_rule(x), leaf([1.0, 2.0]))


def test_right_rules_pass():
    assert ag.gradcheck(lambda x, y: (x @ y).tanh(), [leaf(np.ones((2, 2))), leaf(np.ones(2))])
    assert ag.gradgradcheck(lambda x: x.exp().sum(), leaf([0.1, 0.2]))
    assert ag.gradgradcheck(lambda x: x * 3, leaf([0.1]))


def test_what_the_checker_refuses():
    with pytest.raises(ag.ArgumentError, match="nothing is checked"):
        ag.gradcheck(ag.exp, ag.tensor(1.0))
    with pytest.raises(ag.ArgumentError, match="float64"):
        ag.gradcheck(ag.exp, ag.tensor(np.float32(1), requires_grad=True))


@pytest.mark.parametrize("check", [ag.gradcheck, ag.gradgradcheck])
@pytest.mark.parametrize("function", [lambda x: None, lambda x: "a", lambda x: [], lambda x: 3.0])
def test_a_function_that_returns_nothing_to_check_does_not_pass(check, function):
    with pytest.raises(ag.ArgumentError, match="returns no tensor of a floating type"):
        check(function, leaf([1.0, 2.0]))


@pytest.mark.parametrize("check", [ag.gradcheck, ag.gradgradcheck])
def test_what_is_no_function_or_no_input(check):
    with pytest.raises(ag.ArgumentError, match="the first argument is a function, not 3"):
        check(3, leaf([1.0]))
    for inputs in (3, None, "a"):
        with pytest.raises(ag.ArgumentError, match="a tensor, or several in a tuple"):
            check(lambda x: x, inputs)


@pytest.mark.parametrize("start", ["a", object(), {}, 1j, np.array(1j)])
def test_a_gradient_to_start_with_that_is_no_number(start):
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    with pytest.raises(ag.GradientError, match="no real numbers"):
        y.backward(start)
    with pytest.raises(ag.GradientError, match="no real numbers"):
        ag.grad(y, x, start)
    assert x.grad is None
