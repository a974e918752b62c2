"""Rules carried out in place: the same bits as on plain arrays, over memory that is at hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd as ag
import optim
from optim import in_place
from optim.in_place import read


def executed(rule, options, arrays, numbers=None):
    """What `run` leaves in the arrays."""
    state = {n: a for n, a in arrays.items() if n not in ("param", "grad")} | (numbers or {})
    program = read(rule, options, state)
    held = {name: array.copy() for name, array in arrays.items()}
    program.run(held)
    return held, program


# --- random programs --------------------------------------------------------------------------

OPERATIONS = [np.add, np.subtract, np.multiply, np.maximum, np.minimum]


@st.composite
def programs(draw):
    """Lines that combine earlier values and constants, and which of them are the results."""
    values = ["param", "grad", "a", "b"]
    lines = []
    for number in range(draw(st.integers(1, 12))):
        pick = st.sampled_from([*values, 0.5, -2.0])
        left, right = draw(st.sampled_from(values)), draw(pick)
        if draw(st.booleans()):
            left, right = right, left
        lines.append((draw(st.sampled_from(OPERATIONS)), left, right))
        values.append(number)
    ends = {name: draw(st.sampled_from(values)) for name in ("param", "a", "b", "c")}
    return lines, ends


def as_rule(lines, ends):
    def rule(param, grad, state):
        values = {"param": param, "grad": grad, **state}
        for number, (operation, left, right) in enumerate(lines):
            values[number] = operation(
                *[x if isinstance(x, float) else values[x] for x in (left, right)]
            )
        new = {name: values[end] for name, end in ends.items()}
        return new.pop("param"), new

    return rule


@given(programs())
@settings(max_examples=300, deadline=None)
def test_any_program_gives_the_same_bits(program):
    rule = as_rule(*program)
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=5) for name in ("param", "grad", "a", "b")}
    with np.errstate(all="ignore"):
        value, new = rule(arrays["param"], arrays["grad"], {n: arrays[n] for n in "ab"})
        found, _ = executed(rule, {}, arrays)
    for name, expected in {"param": value, **new}.items():
        assert found[name].tobytes() == expected.tobytes(), name
    assert found["grad"].tobytes() == arrays["grad"].tobytes()


def test_results_share_no_memory():
    """Two names for one value, and a state that is the gradient, are copies."""
    arrays = {"param": np.ones(3), "grad": np.full(3, 2.0)}
    found, _ = executed(lambda p, g, s: (p - g, {"last": g, "twin": g}), {}, arrays)
    assert found["last"].tolist() == found["twin"].tolist() == [2.0, 2.0, 2.0]
    views = [found[name] for name in ("param", "grad", "last", "twin")]
    assert not any(np.shares_memory(a, b) for a in views for b in views if a is not b)


def test_swapped_states_are_swapped():
    arrays = {"param": np.zeros(2), "grad": np.zeros(2), "a": np.ones(2), "b": np.full(2, 2.0)}
    found, _ = executed(lambda p, g, s: (p, {"a": s["b"], "b": s["a"]}), {}, arrays)
    assert (found["a"].tolist(), found["b"].tolist()) == ([2.0, 2.0], [1.0, 1.0])


# --- economy ----------------------------------------------------------------------------------


def test_adam_needs_one_scratch_array_and_no_copies():
    state = {"step": 3, "exp_avg": np.ones(2), "exp_avg_sq": np.ones(2)}
    plan = read(optim.adam_update, {"lr": 0.1}, state).plan
    assert plan.scratch == 1
    assert np.positive not in [operation for operation, _, _ in plan.lines]


def test_a_plan_is_made_once_for_all_steps():
    in_place.plan.cache_clear()
    for step in range(5):
        state = {"step": step + 1, "exp_avg": np.ones(2), "exp_avg_sq": np.ones(2)}
        read(optim.adam_update, {"lr": 0.1 / (step + 1)}, state)
    assert in_place.plan.cache_info().misses == 1


@pytest.mark.parametrize("shape", [(1000,), (10, 70), (3, 2, 50), (1, 400)])
def test_parts_make_no_difference(shape, monkeypatch):
    rng = np.random.default_rng(0)
    names = ("param", "grad", "exp_avg", "exp_avg_sq")
    arrays = {name: np.abs(rng.normal(size=shape)) for name in names}
    whole, _ = executed(optim.adam_update, {"lr": 0.1}, arrays, {"step": 3})
    monkeypatch.setattr(in_place, "PART", 64)
    assert len(list(in_place.parts_of(arrays["param"]))) > 1 or shape[0] == 1
    pieces, _ = executed(optim.adam_update, {"lr": 0.1}, arrays, {"step": 3})
    for name in names:
        assert whole[name].tobytes() == pieces[name].tobytes()


# --- in the optimizer -------------------------------------------------------------------------


def stepped(data, grad, cls=optim.Adam, steps=3, **options):
    param = ag.tensor([0.0], requires_grad=True)
    param.data = data
    optimizer = cls([param], **options)
    for _ in range(steps):
        param.grad = ag.tensor(grad)
        optimizer.step()
    return param


@pytest.mark.parametrize("layout", ["transposed", "strided", "backwards"])
def test_memory_of_any_layout_is_written_where_it_lies(layout):
    rng = np.random.default_rng(0)
    base, grad = rng.normal(size=(6, 8)), rng.normal(size=(4, 6))
    look = {
        "transposed": lambda a: a.T[:4],
        "strided": lambda a: a.T[::2],
        "backwards": lambda a: a.T[::-2],
    }[layout]
    expected = stepped(look(base).copy(), grad).data
    memory = base.copy()
    param = stepped(look(memory), grad)
    assert np.shares_memory(param.data, memory)
    np.testing.assert_array_equal(look(memory), expected)
    assert (memory != base).sum() == grad.size


def test_memory_that_cannot_be_written_is_refused_and_stays():
    data = np.ones(3)
    data.flags.writeable = False
    with pytest.raises(ag.InPlaceError, match="memory cannot be written"):
        stepped(data, np.ones(3))
    assert data.tolist() == [1.0, 1.0, 1.0]


def test_a_gradient_of_another_shape_is_refused():
    param = ag.tensor([1.0, 2.0], requires_grad=True)
    for cls in (optim.Adam, optim.Rprop):
        optimizer = cls([param])
        param.grad = ag.tensor([1.0, 2.0])
        param.grad.data = np.ones((3, 2))
        with pytest.raises(ag.ShapeError, match=r"shape \(2,\) has a gradient of shape \(3, 2\)"):
            optimizer.step()
    assert param.tolist() == [1.0, 2.0]


def test_a_scalar_parameter_stays_one():
    param = stepped(np.array(1.0), np.array(0.5), lr=0.1)
    assert param.shape == ()
    np.testing.assert_allclose(param.item(), 0.7)


def test_an_empty_parameter_is_no_trouble():
    assert stepped(np.ones((0, 3)), np.ones((0, 3))).shape == (0, 3)


def test_a_step_makes_older_graphs_stale():
    x = ag.tensor([1.0, -2.0], requires_grad=True)
    optimizer = optim.Adam([x])
    y = (x * x).sum()
    y.backward()
    optimizer.step()
    with pytest.raises(ag.InPlaceError, match="changed in place"):
        y.backward()


def test_parameters_that_joined_later_have_a_count_of_their_own():
    early, late = (ag.tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([early, late], lr=0.1)
    for step in range(4):
        early.grad = ag.tensor([1.0])
        late.grad = ag.tensor([1.0]) if step >= 2 else None
        optimizer.step()
    assert [optimizer.state[p]["step"] for p in (early, late)] == [4, 2]
    np.testing.assert_allclose([early.item(), late.item()], [0.6, 0.8], rtol=1e-6)


def test_a_rule_of_ones_own_in_place():
    def signed(param, grad, state, *, lr):
        return param - lr * ag.sign(grad), {"step": state.get("step", 0) + 1}

    class Signed(optim.Optimizer):
        update = staticmethod(signed)
        elementwise = True

    x = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = Signed([x], {"lr": 0.25})
    (x * [3.0, -3.0]).sum().backward()
    optimizer.step()
    assert x.tolist() == [0.75, 2.25]
    assert optimizer.state[x] == {"step": 1}


def test_a_rule_that_looks_at_elements_is_told_so():
    def hasty(param, grad, state, *, lr):
        return (param - lr if grad > 0 else param), state

    with pytest.raises(ag.ArgumentError, match="elementwise = False"):
        read(hasty, {"lr": 0.1}, {})


def test_what_is_no_elementwise_operation_is_refused():
    with pytest.raises(TypeError):
        read(lambda p, g, s: (p - np.add.reduce(g), s), {}, {})


def test_a_transposed_gradient_makes_no_difference():
    """Of a size at which its layout is brought to that of the parameter."""
    rng = np.random.default_rng(0)
    data, grad = rng.normal(size=(40, 50)), rng.normal(size=(40, 50))
    param = ag.tensor(data, requires_grad=True)
    param.grad = ag.tensor(grad)
    param.grad.data = turned = np.asfortranarray(grad)
    optimizer = optim.Adam([param])
    for _ in range(3):
        optimizer.step()
    assert param.data.tobytes() == stepped(data.copy(), grad).data.tobytes()
    assert turned.tobytes() == np.asfortranarray(grad).tobytes()
    assert optimizer.state[param]["exp_avg"].flags.c_contiguous
