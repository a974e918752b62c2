"""Arrays that are put together: once instead of twice, and computed in their place."""

from __future__ import annotations

import numpy as np
import pytest
from traces import calls, t, traced

import autograd as ag
from autograd.compiler.passes.buffers import plan_buffers
from autograd.compiler.passes.common import merge_common
from autograd.compiler.passes.joins import stacks_as_joins
from autograd.compiler.passes.parts import place_parts


def same(function, *args):
    """Compiled and uncompiled agree, twice (buffers are met as the first call left them)."""
    expected = function(*args)
    compiled = ag.compile(function)
    for _ in range(2):
        np.testing.assert_array_equal(compiled(*args).data, expected.data)
    return compiled


# --- stacks -----------------------------------------------------------------------------


def test_a_stack_along_an_axis_of_its_parts_is_a_join():
    after = stacks_as_joins(traced(lambda x, y: ag.stack([x, y], 1) + 1.0, t(3, 4), t(3, 4)))
    assert calls(after) == ["np.concatenate", "np.reshape", "np.add"]
    assert after.instructions[0].outs[0].shape == (3, 8)
    assert after.instructions[1].outs[0].shape == (3, 2, 4)


def test_what_is_stacked_and_joined_is_put_together_once():
    def f(x, y):
        return ag.sum(ag.stack([x, y], 1)) + ag.sum(ag.cat([x, y], 1) ** 2)

    before = traced(f, t(3, 4), t(3, 4, seed=1))
    after = merge_common(stacks_as_joins(before))
    assert calls(before).count("np.concatenate") == calls(after).count("np.concatenate") == 1
    assert "np.stack" not in calls(after)
    same(f, t(3, 4), t(3, 4, seed=1))


def test_a_stack_that_the_caller_gets_and_one_along_a_new_last_axis_stay():
    received = traced(lambda x, y: ag.stack([x, y]), t(3), t(3))
    assert calls(stacks_as_joins(received)) == ["np.stack"]
    last = traced(lambda x, y: ag.stack([x, y], 1) + 1.0, t(3), t(3))
    assert calls(stacks_as_joins(last))[0] == "np.stack"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_rows_stacked_along_any_axis(axis):
    same(lambda x: ag.stack([x[0], x[1], x[2]], axis) * 2.0, t(3, 4, 1))


# --- parts ------------------------------------------------------------------------------


def test_parts_are_computed_where_they_belong():
    def f(x, y):
        return ag.sum(ag.cat([ag.exp(x), ag.tanh(y)]) ** 2)

    args = t(20, 32), t(30, 32)
    before = traced(f, *args)
    assert calls(before)[:3] == ["np.exp", "np.tanh", "np.concatenate"]
    after = place_parts(before)
    assert calls(after)[:5] == ["np.empty", "getitem", "np.exp", "getitem", "np.tanh"]
    assert "np.concatenate" not in calls(after)
    whole, *_, tanh = after.instructions[:5]
    assert tanh.kwargs["out"].memory == whole.outs[0].memory
    assert tanh.writes == (whole.outs[0].memory,)
    same(f, *args)


def test_scattered_parts_that_others_read_are_copied_at_once():
    def f(x, y):
        a = ag.exp(x)
        b = ag.tanh(y)
        return ag.sum(ag.cat([a, b], 1) ** 2) + ag.sum(a * b)

    args = t(128, 32), t(128, 32, seed=1)
    after = calls(place_parts(traced(f, *args)))
    assert after[after.index("np.exp") :][:5] == [
        "np.exp",
        "getitem",
        "np.copyto",
        "np.tanh",
        "getitem",
    ]
    same(f, *args)


def test_small_parts_and_what_the_caller_gets_are_joined_as_before():
    small = traced(lambda x, y: ag.sum(ag.cat([ag.exp(x), ag.tanh(y)])), t(3, 4), t(3, 4))
    assert calls(place_parts(small)) == calls(small)
    received = traced(lambda x, y: ag.cat([ag.exp(x), ag.tanh(y)]), t(20, 32), t(20, 32))
    assert calls(place_parts(received)) == calls(received)


def test_parts_of_parts_lie_in_the_outermost_array():
    def f(x, y, z):
        inner = ag.cat([ag.exp(x), ag.tanh(y)])
        return ag.sum(ag.cat([inner, ag.sin(z)]) ** 2)

    args = t(20, 32), t(30, 32), t(25, 32)
    after = place_parts(traced(f, *args))
    assert calls(after).count("np.empty") == 1
    assert after.instructions[0].outs[0].shape == (75, 32)
    same(f, *args)


def test_a_part_twice_in_an_array_and_one_in_two_arrays():
    def f(x, y):
        a, b = ag.exp(x), ag.tanh(y)
        return ag.sum(ag.cat([a, b, a]) ** 2) + ag.sum(ag.cat([b, a]) * ag.cat([a, b]))

    same(f, t(128, 32), t(128, 32, seed=1))


def test_a_part_that_is_changed_before_it_is_joined():
    def f(x, y):
        with ag.no_grad():
            a, b = ag.exp(x), ag.tanh(y)
            a += b
            c = ag.cat([a, b], 1)
            a += 1.0
            return ag.sum(c * 2.0) + ag.sum(a)

    same(f, t(128, 64), t(128, 64, seed=1))


def test_arguments_are_joined_with_results():
    def f(x, y):
        return ag.sum(ag.cat([x, ag.tanh(y)], 1) ** 2)

    after = place_parts(traced(f, t(128, 64), t(128, 64)))
    assert calls(after)[:5] == ["np.empty", "getitem", "np.tanh", "getitem", "np.copyto"]
    same(f, t(128, 64), t(128, 64, seed=1))


def test_an_array_that_grows_by_joining_is_filled_in_its_place():
    def f(x):
        grown = ag.exp(x)
        for number in range(2, 40):
            grown = ag.cat([grown, ag.tanh(x * number)])
        return ag.sum(grown**2)

    after = place_parts(traced(f, t(16, 32)))
    assert calls(after).count("np.empty") == 1
    assert "np.concatenate" not in calls(after)
    same(f, t(16, 32))


# --- their memory -----------------------------------------------------------------------


def test_parts_of_buffers_have_names_of_their_own():
    def f(x, y):
        return ag.sum(ag.cat([ag.exp(x), ag.tanh(y)]) ** 2)

    args = t(20, 32), t(30, 32)
    after = plan_buffers(place_parts(traced(f, *args)))
    homes = dict(after.buffers)
    places = [line for line in after.instructions if line.kind == "place"]
    assert [line.args[0].name for line in places] == list(homes) + list(after.views)
    assert [home for home, _ in after.views.values()] == list(homes) * 2
    source = same(f, *args).source
    assert "\nexp = b0[0:20, 0:32]\n" in source  # above the function
    assert "    np.exp(x, out=exp)  #" in source
    assert "    exp = " not in source


def test_variants_with_parts_share_memory():
    @ag.compile
    def f(x, y, power):
        return ag.sum(ag.cat([ag.exp(x), ag.tanh(y)]) ** power)

    x, y = t(20, 32), t(30, 32)
    expected = [np.sum(np.concatenate([np.exp(x.data), np.tanh(y.data)]) ** p) for p in (2, 3, 2)]
    np.testing.assert_allclose([f(x, y, p).item() for p in (2, 3, 2)], expected, rtol=1e-12)
    one, two = (variant.run.__globals__ for _, variant in f.variants)
    assert np.shares_memory(one["b0"], two["b0"])
    assert np.shares_memory(one["exp"], two["b0"])
