"""Views of views, and joins that are read turned."""

from __future__ import annotations

import numpy as np
import pytest
from traces import calls, t, traced

import autograd as ag
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.upright import join_upright
from autograd.compiler.passes.views import shorten_views


def same(function, *args):
    """Two compiled calls give what the function gives."""
    expected, compiled = function(*args), ag.compile(function)
    for _ in range(2):
        np.testing.assert_allclose(compiled(*args).data, expected.data, rtol=1e-12)


VIEWS = {
    "itself": lambda y: y.reshape(3, 2, 4).reshape(6, 4),
    "turned twice": lambda y: y.permute(1, 0).permute(1, 0),
    "all of its rows": lambda y: y.reshape(3, 8)[:].reshape(6, 4),
}


@pytest.mark.parametrize("name", VIEWS)
def test_what_is_seen_as_it_lies_is_the_array(name):
    def f(x):
        y = ag.tanh(x)
        return VIEWS[name](y) * y

    after = remove_dead_code(shorten_views(traced(f, t(6, 4))))
    assert calls(after) == ["np.tanh", "np.multiply"]
    assert after.instructions[1].args[0] is after.instructions[1].args[1]
    same(f, t(6, 4))


def test_what_is_seen_turned_is_the_transpose():
    def f(x):
        return ag.tanh(x).reshape(4, 3, 2).permute(1, 2, 0).reshape(6, 4) * 2.0

    after = remove_dead_code(shorten_views(traced(f, t(4, 6))))
    assert calls(after) == ["np.tanh", "T", "np.multiply"]
    same(f, t(4, 6))


def test_two_ways_to_the_same_part_are_one():
    def f(x):
        y = ag.tanh(x)
        return y[2:][1] * y.reshape(3, 2, 4)[1, 1]

    after = remove_dead_code(shorten_views(traced(f, t(6, 4))))
    assert calls(after)[-1] == "np.multiply"
    assert after.instructions[-1].args[0] is after.instructions[-1].args[1]
    same(f, t(6, 4))


def test_other_views_copies_and_what_the_caller_gets_stay():
    def f(x):
        y = ag.tanh(x)
        flat = y.permute(1, 0).reshape(24)  # a copy
        return ag.sum(flat * y.reshape(24)) + ag.sum(y.reshape(2, 3, 4).permute(2, 0, 1) ** 2)

    before = traced(f, t(6, 4))
    assert calls(shorten_views(before)) == calls(before)
    same(f, t(6, 4))

    before = traced(lambda x: (x * 2.0).reshape(3, 8).reshape(6, 4), t(6, 4))
    assert calls(shorten_views(before)) == calls(before)


def test_a_view_of_what_changes_later_is_still_a_view():
    def f(x):
        y = x * 2.0
        with ag.no_grad():
            z = y.reshape(3, 8).reshape(6, 4)
            y += 1.0
            return z * 3.0

    same(f, t(6, 4))


# --- joins --------------------------------------------------------------------------------

SIZE = (64, 64)


def states(x, count=4):
    made = [x]
    for _ in range(count):
        made.append(ag.tanh(made[-1]))
    return made


def joins(program):
    """The axis of each join, and whether its parts are transposes."""
    turned = {line.outs[0].number for line in program.instructions if line.name == "T"}
    lines = [line for line in program.instructions if line.name == "np.concatenate"]
    return [(x.kwargs["axis"], x.args[0][0].number in turned) for x in lines]


def rows(x):
    return ag.sum(ag.tanh(ag.cat(states(x)[1:], 1).T @ x))


def test_what_is_read_by_row_is_joined_by_row():
    before = traced(rows, t(*SIZE))
    assert joins(before) == [(1, False)]
    after = join_upright(before)
    assert joins(after) == [(0, True)]
    (join,) = [line for line in after.instructions if line.name == "np.concatenate"]
    assert join.outs[0].shape == (256, 64)
    assert join.outs[0].contiguous
    same(rows, t(*SIZE))


def test_each_part_is_turned_as_soon_as_it_is_there():
    names = calls(join_upright(traced(rows, t(*SIZE))))
    assert names[:8] == ["np.tanh", "T"] * 4


def by_column(x):
    joined = ag.cat(states(x)[1:], 1)
    return ag.sum(joined.T @ x) + ag.sum(joined * 2.0)


def shared_with_columns(x):
    h = states(x)
    return ag.sum(ag.cat(h[1:], 1).T @ x) + ag.sum(ag.cat(h[:-1], 1) * 2.0)


@pytest.mark.parametrize("function", [by_column, shared_with_columns])
def test_what_is_read_by_column_too_stays(function):
    before = traced(function, t(*SIZE))
    assert joins(join_upright(before)) == joins(before)
    same(function, t(*SIZE))


def test_two_arrays_with_the_same_parts_are_turned_together():
    def f(x):
        h = states(x)
        return ag.sum(ag.tanh(ag.cat(h[1:], 1).T @ x)) + ag.sum(ag.cat(h[:-1], 1).T @ x)

    before = traced(f, t(*SIZE))
    after = join_upright(before)
    assert joins(after) == [(0, False), (0, True)] or joins(after) == [(0, True), (0, True)]
    assert calls(after).count("T") == 5  # each part once
    same(f, t(*SIZE))


def test_small_parts_and_what_changes_later_stay():
    before = traced(rows, t(4, 4))
    assert joins(join_upright(before)) == joins(before)

    def changed(x):
        joined = ag.cat(states(x)[1:], 1)
        with ag.no_grad():
            y = joined.T
            joined += 1.0
        return ag.sum(y @ x)

    before = traced(changed, t(*SIZE))
    assert joins(join_upright(before)) == joins(before)
    same(changed, t(*SIZE))


def test_parts_that_change_after_they_were_joined():
    def f(x):
        h = states(x)
        with ag.no_grad():
            joined = ag.cat(h[1:], 1)
            h[2] += 1.0
        return ag.sum(joined.T @ x) + ag.sum(h[2])

    same(f, t(*SIZE))


def _changed_through(x):
    y = x * 1
    element = y[0]
    element *= 5
    return y


def _seen_through(x):
    y = x * 1
    element = y[0]
    y[0] = 7.0
    return element * y


@pytest.mark.parametrize("function", [_changed_through, _seen_through])
@pytest.mark.parametrize("graded", [False, True])
def test_a_single_element_looks_into_the_memory_that_it_was_taken_from(function, graded):
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=graded)
    np.testing.assert_array_equal(ag.compile(function)(x).data, function(x).data)


def test_single_elements_of_what_is_not_changed_are_numbers():
    compiled = ag.compile(lambda x: x[0] * x[1])
    compiled(ag.tensor([1.0, 2.0]))
    assert "x[0]" in compiled.source
    assert "..." not in compiled.source
