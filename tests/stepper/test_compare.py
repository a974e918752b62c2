"""What `ag.compare` finds: one difference at a time, several, none, and on any kind of graph."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pytest
from compared import LESSONS, kinds, texts
from hypothesis import given, settings, strategies as st

import autograd as ag
import nn
import optim

ROOT = Path(ag.__file__).resolve().parent.parent

OWN = {"symbol": "~", "lesson": "Ours.", "samples": lambda draw: [ag.call(draw(2))]}
"""What an operation of one's own has to say besides its formula and its rule."""


@pytest.fixture
def lessons(program):
    return program(LESSONS, "lessons.py")


# --- one difference at a time -------------------------------------------------------------


def test_two_runs_that_agree_say_so(lessons):
    same = ag.compare(lessons["circuit"](), lessons["circuit"]())
    assert isinstance(same, ag.Comparison)
    assert not same
    assert str(same) == same.text == repr(same)
    assert same.text == (
        "A and B agree: the same 2 operations, 5 values and 4 gradient contributions."
    )
    assert same.differences == same.consequences == []


def test_another_operation(lessons):
    found = ag.compare(lessons["circuit"](), lessons["circuit"]("product"))
    assert found
    assert kinds(found) == ["operation"]
    assert found.text.splitlines() == [
        "A and B differ in 1 place.",
        "1. q = x + y in A, q = x · y in B (line 11 in A, line 13 in B).",
        "What follows:",
        "- f is -12.0 in A, 40.0 in B.",
        "- ∂f/∂x is -4.0 in A, -20.0 in B.",
        "- ∂f/∂y is -4.0 in A, 8.0 in B.",
        "- ∂f/∂z is 3.0 in A, -10.0 in B.",
    ]


def test_another_value(lessons):
    found = ag.compare(lessons["circuit"](), lessons["circuit"](x=-2.5), names=("old", "new"))
    assert [(d.kind, d.text) for d in found.differences] == [
        ("value", "x is -2.0 in old, -2.5 in new.")
    ]
    assert texts(found.consequences) == [
        "f is -12.0 in old, -10.0 in new.",
        "∂f/∂z is 3.0 in old, 2.5 in new.",
    ]


def test_other_operands_and_another_order(lessons):
    other = ag.compare(lessons["circuit"](), lessons["circuit"]("other"))
    assert kinds(other) == ["operands"]
    assert "q = x + y in A, q = x + z in B" in other.differences[0].text
    assert "∂f/∂z is 3.0 in A, -10.0 in B: it reaches z once in A, twice in B." in texts(
        other.consequences
    )
    order = ag.compare(lessons["circuit"](), lessons["circuit"]("swapped"))
    assert kinds(order) == ["order"]
    assert order.consequences == []


def test_a_detached_state_cuts_off_the_steps_before(lessons):
    found = ag.compare(lessons["loop"](), lessons["loop"](detach=1))
    assert texts(found.differences) == [
        "h is detached in B, where line 30 takes it: no gradient goes further back. The 4 "
        "operations that made it (line 30) are only in A."
    ]
    assert "it reaches W 3 times in A, twice in B." in found.text
    assert any(
        "∂loss/∂h" in text and "none comes there in B" in text for text in texts(found.consequences)
    )
    back = ag.compare(lessons["loop"](detach=1), lessons["loop"]())
    assert "h is detached in A" in back.text
    assert len(back.differences[0].b.ops) == 4
    assert back.differences[0].a.values


def test_one_use_of_a_value_is_detached(lessons):
    found = ag.compare(lessons["twice"](False), lessons["twice"](True))
    assert kinds(found) == ["detached"]
    assert "∂L/∂h reaches h twice in A, once in B." in found.differences[0].text
    assert "no gradient goes back along this way" in found.differences[0].text


def test_a_missing_operation_and_an_added_one(lessons):
    missing = ag.compare(lessons["net"]("relu"), lessons["net"](""))
    assert texts(missing.differences) == [
        "z = relu(z) is only in A (line 51). In B, z @ V (line 52) takes z directly."
    ]
    added = ag.compare(lessons["net"](""), lessons["net"]("relu"))
    assert texts(added.differences) == [
        "z = relu(z) is only in B (line 51). In A, z @ V (line 52) takes z directly."
    ]


def test_equals_for_plus_equals_in_a_loop(lessons):
    found = ag.compare(lessons["total"](True), lessons["total"](False))
    (difference,) = found.differences
    assert difference.kind == "only"
    assert difference.text.endswith("Was = written for +=?")
    assert "The result of B is l = " in difference.text
    assert "reaches w twice in A, once in B" in found.text


def test_more_steps_are_added_at_the_end(lessons):
    found = ag.compare(lessons["loop"](), lessons["loop"](steps=5))
    (difference,) = found.differences
    assert difference.a.edges, "the arrow that goes past the added steps is marked"
    assert len(difference.b.ops) == 8
    assert "are only in B (line 30). In A, h − 1 (line 31) takes h directly." in difference.text


def test_a_loop_says_the_same_only_once(lessons):
    found = ag.compare(lessons["loop"](steps=6), lessons["loop"](steps=6, act=ag.sigmoid))
    (difference,) = found.differences
    assert difference.text.endswith("(line 30). The same 5 more times.")
    assert len(difference.a.ops) == len(difference.b.ops) == 6


def test_settings_dtypes_shapes_and_wanted_gradients():
    x = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="x")
    found = ag.compare(x.sum(0).sum(), x.sum(1).sum())
    assert kinds(found) == ["settings"]
    assert "dim is 0 in A, 1 in B" in found.differences[0].text

    def net(dtype=ag.float64, shape=(2,), wanted=True):
        w = ag.tensor(np.ones(shape), dtype=dtype, requires_grad=True, name="w")
        v = ag.tensor(2.0, requires_grad=wanted, name="v")
        return (w * v).sum()

    assert "w is float64 in A, float32 in B." in texts(
        ag.compare(net(), net(ag.float32)).differences
    )
    assert "w is of shape (2,) in A, (3,) in B." in texts(
        ag.compare(net(), net(shape=(3,))).differences
    )
    asked = ag.compare(net(), net(wanted=False))
    assert "A gradient of v is asked for in A, and not in B." in texts(asked.differences)
    assert "∂L/∂v is 2.0 in A, and none comes there in B." in texts(asked.consequences)


def test_a_leaf_in_place_of_a_result():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    made, given = ag.tanh(x), ag.tensor(0.5, requires_grad=True)
    found = ag.compare(made * x, given * x)
    assert kinds(found) == ["given"]
    assert "made by no operation" in found.text


def test_the_same_numbers_and_another_result():
    x = ag.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True, name="x")

    @ag.primitive(**OWN, formula="x", vjp=("g * 2",))
    def noisy(x):
        """Something with chance in it."""
        return x * next(factors)

    factors = iter([2.0, 3.0])
    try:
        found = ag.compare(noisy(x).sum(), noisy(x).sum())
    finally:
        ag.unregister("noisy")
    assert kinds(found) == ["result"]
    assert "chance, as in dropout" in found.text


def test_a_wrong_rule_of_ones_own():
    def run(formula):
        x = ag.tensor(3.0, requires_grad=True, name="x")

        @ag.primitive(**OWN, formula="x**2", d=(formula,))
        def own_square(x):
            """x²."""
            return x * x

        try:
            f = own_square(x)
            f.backward()
            return f.graph()
        finally:
            ag.unregister("own_square")

    found = ag.compare(run("2 * x"), run("x"))
    assert kinds(found) == ["rule"]
    assert "hands x 6.0 in A, 3.0 in B: another rule" in found.text


# --- modules and time steps -----------------------------------------------------------------


def test_a_missing_layer_in_a_model_whose_parameters_then_have_other_names():
    kept = []  # a model that is gone cannot tell the paths of its parameters

    def run(*middle):
        ag.manual_seed(0)
        kept.append(nn.Sequential(nn.Linear(3, 4), *middle, nn.Linear(4, 2)))
        return kept[-1](ag.tensor([[1.0, -1.0, 0.5]])).sum()

    found = ag.compare(run(nn.Tanh()), run())
    (difference,) = found.differences
    assert difference.kind == "only"
    assert "is only in A (1: Tanh, line " in difference.text
    assert "(1: Linear(4→2), line " in difference.text


def test_two_states_detached_at_different_steps():
    kept = []

    def run(cut):
        ag.manual_seed(1)
        kept.append(nn.LSTMCell(2, 3))
        h, c, loss = ag.zeros(3), ag.zeros(3), 0
        for t in range(4):
            with ag.scope("t", step=t):
                h, c = kept[-1](ag.tensor([0.1 * t, 1.0]), (h, c))
                if t == cut:
                    h, c = h.detach(), c.detach()
                loss = loss + (h**2).sum()
        return loss

    found = ag.compare(run(1), run(2))
    assert kinds(found) == ["detached", "detached"]
    assert {d.text.count(" detached in A") for d in found.differences} == {0, 1}
    assert {len(d.a.ops) for d in found.differences} == {0, 16}
    assert len(ag.compare(run(None), run(1)).differences) == 1


def test_a_result_without_a_name_is_called_as_in_the_other_run():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    f = x * 3
    assert texts(ag.compare(f, x * 4).consequences) == [
        "f is 6.0 in A, 8.0 in B.",
        "∂f/∂x is 3.0 in A, 4.0 in B.",
    ]


# --- what .grad holds ---------------------------------------------------------------------


def test_a_forgotten_zero_grad(lessons):
    found = ag.compare(lessons["circuit"](passes=1), lessons["circuit"](passes=2))
    (difference,) = found.differences
    assert difference.kind == "kept"
    assert difference.text == (
        ".grad of x, y and z in B is twice what one backward pass gives: was zero_grad() forgotten?"
    )
    assert difference.b.values
    assert not difference.a
    assert "3 times what" in ag.compare(lessons["circuit"](passes=3), lessons["circuit"]()).text


def test_a_forgotten_zero_grad_in_a_training():
    def train(clears):
        ag.manual_seed(0)
        model = nn.Linear(2, 1)
        rule = optim.SGD(model.parameters(), lr=0.1)
        for _ in range(2):
            if clears:
                rule.zero_grad()
            loss = (model(ag.tensor([[1.0, 2.0]])) ** 2).sum()
            loss.backward()
            graph = loss
            if _ == 0:
                rule.step()
        return graph, model

    (a, kept), (b, other) = train(True), train(False)
    found = ag.compare(a, b)
    assert kinds(found) == ["kept"]
    assert "in B is not what one backward pass gives: it holds what was there before" in found.text
    assert kept is not other


def test_two_runs_on_the_same_leaves():
    w = ag.tensor(1.5, requires_grad=True, name="w")
    a, b = w * 2, w * 3
    a.backward()
    b.backward()
    found = ag.compare(a, b)
    assert ".grad of w in A and B is the sum of both runs (5.0)" in found.text
    w.grad = None
    b.backward()
    assert "kept" not in kinds(ag.compare(a, b)), "it holds the gradient of one of them"


def test_equals_for_plus_equals_in_a_gradient_of_ones_own():
    def run(by_hand):
        x = ag.tensor(3.0, requires_grad=True, name="x")
        f = x * x + x
        f.backward()
        if by_hand:
            x.grad = ag.tensor(3.0)  # the last of 1 + 3 + 3
        return f

    found = ag.compare(run(False), run(True))
    assert kinds(found) == ["kept"]
    assert "only the last of 3 contributions (3.0 instead of 7.0): was = written" in found.text


# --- trainings ----------------------------------------------------------------------------


def taped(clears=True, passes=2, lr=0.1):
    w = ag.tensor(0.5, requires_grad=True, name="w")
    rule = optim.SGD([w], lr=lr)
    with ag.record() as tape:
        for _ in range(passes):
            if clears:
                rule.zero_grad()
            loss = (w * 2 - 1.5) ** 2
            loss.backward()
            rule.step()
    return tape


def test_two_trainings_of_which_one_forgets_zero_grad():
    found = ag.compare(taped(), taped(clears=False))
    assert found.summary.endswith("in iteration 2.")
    assert kinds(found) == ["update", "kept", "update"]
    first, second, third = texts(found.differences)
    assert first.startswith("Only in A in iteration 1 (line ")
    assert first.endswith("the gradients are set to zero, ∂loss/∂w ← 0.")
    assert second == (
        ".grad of w in B still held -2.0 when this backward pass began: was zero_grad() forgotten?"
    )
    assert "= 0.74 in A" in third
    assert "= 0.94 in B" in third
    assert texts(found.consequences) == ["∂loss/∂w is -0.4 in A, -2.4 in B."]
    assert "2 zero_grad?" in found.to_svg()


def test_trainings_that_agree_or_differ_in_length_or_rate():
    same = ag.compare(taped(passes=3), taped(passes=3).step_through())
    assert not same
    assert same.text.startswith("A and B agree in all 3 iterations; the last one: the same")
    longer = ag.compare(taped(passes=1), taped(passes=2))
    assert texts(longer.differences)[-1:] == ["A has 1 iteration, B has 2."]
    rate = ag.compare(taped(passes=1), taped(passes=1, lr=0.2))
    assert kinds(rate) == ["update"]
    assert "0.5 − 0.1 × -2.0 = 0.7 in A" in rate.text
    with pytest.raises(ag.ArgumentError, match="one of the two is a training"):
        ag.compare(taped(), (ag.tensor(2.0, requires_grad=True) * 2))


# --- what can be given --------------------------------------------------------------------


def test_pictures_steppers_and_traces(lessons):
    a, b = lessons["circuit"](), lessons["circuit"]("product")
    said = ag.compare(a, b).text
    assert ag.compare(a.graph(gradients=True), b.step_through()).text == said
    assert ag.compare(a.step_through().trace, b).text == said


def test_results_that_are_no_single_numbers():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    assert "[2.0, 4.0] in A, [1.0, 4.0] in B" in ag.compare(x * 2, x * x).text
    assert "agree" in ag.compare(x * 2, x * 2).text


def test_what_cannot_be_compared():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    f = x * x
    with pytest.raises(ag.ArgumentError, match="the same run, and it agrees with itself"):
        ag.compare(f, f)
    for wrong in (3.0, None, "f", [f]):
        with pytest.raises(ag.ArgumentError, match="compares two runs"):
            ag.compare(f, wrong)
    with ag.no_grad():
        g = x * x
    for leaf in (x, f.detach(), g):
        with pytest.raises(ag.ArgumentError, match="made by no recorded operation"):
            ag.compare(leaf, f)
    for names in ("AB", ("A",), ("A", "A"), ("", "B"), ("a", "b", "c")):
        with pytest.raises(ag.RangeError, match="two different names"):
            ag.compare(f, x * 2, names=names)
    for wrong in (-1, "1", float("nan")):
        with pytest.raises(ag.RangeError, match="rtol"):
            ag.compare(f, x * 2, rtol=wrong)
    for option in ({"theme": "blue"}, {"direction": "up"}, {"height": 3}, {"depth": -1}):
        with pytest.raises(ag.RangeError):
            ag.compare(f, x * 2, **option)


def test_a_run_whose_leaves_were_changed_since():
    def run(by):
        x = ag.tensor(2.0, requires_grad=True, name="x")
        f = x * 3
        with ag.no_grad():
            x += by
        return f

    found = ag.compare(run(1.0), run(2.0))
    assert texts(found.differences) == [
        "x is 3.0 in A, 4.0 in B now; it was changed in place after the run."
    ]
    x = ag.tensor(2.0, requires_grad=True, name="x")
    f, g = x * x, x * 3
    with ag.no_grad():
        x += 1
    with pytest.raises(ag.InPlaceError, match=r"changed in place.*compare before optimizer.step"):
        ag.compare(f, g)


def test_rounding_is_no_difference():
    x = ag.tensor(0.1, requires_grad=True, name="x")
    y = ag.tensor(0.1 + 1e-15, requires_grad=True, name="x")
    assert not ag.compare(x * 3, y * 3)
    strict = ag.compare(x * 3, y * 3, rtol=0, atol=0)
    assert "0.1 in A, 0.100000000000001 in B" in strict.text
    nan = [ag.tensor(float("nan"), requires_grad=True, name="x") * 2 for _ in range(2)]
    assert not ag.compare(*nan)


def test_large_arrays_are_compared_by_what_a_trace_keeps():
    def run(scale):
        x = ag.tensor(np.linspace(0, scale, 1000), requires_grad=True, name="x")
        return (x * x).sum()

    assert not ag.compare(run(1.0), run(1.0))
    assert "x is of norm 18.2" in ag.compare(run(1.0), run(1.1)).text


# --- any graph ------------------------------------------------------------------------------


def random_run(seed, count, change=None):
    """A random scalar program; `change` replaces or wraps the operation of one step."""
    draw = random.Random(seed)
    values = [ag.tensor(draw.uniform(0.5, 1.5), requires_grad=True, name=f"x{i}") for i in range(3)]
    for place in range(count):
        a, b = draw.choice(values[-5:]), draw.choice(values[-5:])
        kind = draw.randrange(3)
        made = [lambda a=a, b=b: a + b, lambda a=a, b=b: a * b, lambda a=a: ag.sin(a)][kind]()
        if change and change[0] == place:
            made = ag.exp(-made) if change[1] == "wrap" else a - b
        values.append(made)
    return sum(values[4:], values[3])


@given(st.integers(0, 10**6), st.integers(1, 25))
@settings(max_examples=25, deadline=None)
def test_a_run_agrees_with_itself(seed, count):
    assert not ag.compare(random_run(seed, count), random_run(seed, count))


def test_one_change_is_one_difference():
    """Nearly always the smallest answer; where a run does the same twice, it may be another."""
    found = []
    for seed in range(60):
        draw = random.Random(seed)
        count = draw.randint(2, 25)
        place, how = draw.randrange(count), draw.choice(["wrap", "replace"])
        a, b = random_run(seed, count), random_run(seed, count, (place, how))
        comparison = ag.compare(a, b)
        found.append(len(comparison.differences))
        assert comparison.differences, "there is a difference"
        if how == "wrap" and found[-1] == 1:
            (one,) = comparison.differences
            assert (one.kind, one.a.ops, len(one.b.ops)) == ("only", (), 2)
    assert found.count(1) >= 58, found
    assert max(found) <= 4


def test_the_two_runs_may_change_places(lessons):
    runs = [lessons["circuit"](), lessons["circuit"]("product"), lessons["circuit"](x=1.0)]
    for a in runs:
        for b in runs:
            if a is b:
                continue
            forth, back = ag.compare(a, b).differences, ag.compare(b, a).differences
            assert [(d.kind, d.a, d.b) for d in forth] == [(d.kind, d.b, d.a) for d in back]


def test_a_chain_of_hundreds_and_two_runs_that_have_nothing_in_common():
    def chain(count, op):
        x = ag.tensor(0.5, requires_grad=True, name="x")
        for _ in range(count):
            x = op(x)
        return x

    start = time.perf_counter()
    longer = ag.compare(chain(800, ag.sin), chain(801, ag.sin))
    assert len(longer.differences) == 1
    nothing = ag.compare(chain(700, ag.sin), chain(700, ag.tanh))
    assert nothing.differences
    assert time.perf_counter() - start < 60
