"""Arrays joined from nearly the same parts are parts of one."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.windows import share_windows

SIZE = (64, 64)


def t(*shape, seed=0):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape))


def traced(function, *args):
    return remove_dead_code(capture(function, args, {}).program)


def joins(program):
    """How many parts each join has."""
    lines = [line for line in program.instructions if line.name == "np.concatenate"]
    return [len(line.args[0]) for line in lines]


def same(function, *args):
    expected = function(*args)
    compiled = ag.compile(function)
    for _ in range(2):
        np.testing.assert_allclose(compiled(*args).data, expected.data, rtol=1e-12)


def states(x, count=6):
    made = [x]
    for _ in range(count):
        made.append(ag.tanh(made[-1]))
    return made


@pytest.mark.parametrize("axis", [0, 1])
def test_states_before_and_after_each_step(axis):
    def f(x):
        h = states(x)
        after = ag.cat(h[1:], axis) * 2.0
        return ag.sum(after * ag.cat(h[:-1], axis))

    before = traced(f, t(*SIZE))
    assert joins(before) == [6, 6]
    after = share_windows(before)
    assert joins(after) == [7]
    views = [line for line in after.instructions if line.kind == "getitem"]
    starts = [line.args[1][axis].start for line in views]
    assert starts == [64, 0]
    same(f, t(*SIZE))


def test_what_is_joined_from_other_parts_or_in_another_order_stays():
    def f(x):
        h = states(x)
        a, b = ag.cat(h[:3]), ag.cat(h[3:6])
        return ag.sum(a * b) + ag.sum(a * ag.cat(h[2::-1]))

    before = traced(f, t(*SIZE))
    assert joins(share_windows(before)) == joins(before) == [3, 3, 3]
    same(f, t(*SIZE))


def test_parts_that_come_later_or_are_changed_stay():
    def later(x):
        h = states(x)
        a = ag.cat(h[:4]) * 2.0
        return ag.sum(a * ag.cat([*h[1:4], ag.exp(a[:64])]))

    def changed(x):
        with ag.no_grad():
            h = states(x)
            a = ag.cat(h[:4]) * 1.0
            h[1] += 1.0
            return ag.sum(a * ag.cat(h[1:5]))

    for function in (later, changed):
        before = traced(function, t(*SIZE))
        assert joins(share_windows(before)) == [4, 4]
        same(function, t(*SIZE))


def test_what_the_caller_gets_and_small_parts_stay():
    def received(x):
        h = states(x)
        return ag.cat(h[1:]), ag.sum(ag.cat(h[:-1]) ** 2)

    assert joins(share_windows(traced(received, t(*SIZE)))) == [6, 6]

    def f(x):
        h = states(x)
        return ag.sum(ag.cat(h[1:]) * ag.cat(h[:-1]))

    assert joins(share_windows(traced(f, t(4, 4)))) == [6, 6]
    same(f, t(4, 4))


def test_a_recurrence_keeps_its_states_once():
    import nn

    ag.manual_seed(0)
    lstm = nn.LSTM(8, 64)
    x = t(10, 64, 8)

    def step():
        lstm.zero_grad()
        loss = ag.mean(lstm(x)[0] ** 2)
        loss.backward()
        return loss, lstm.weight_hh_l0.grad.data.copy()

    expected, compiled = step(), ag.compile(step)
    for _ in range(2):
        for ours, theirs in zip(compiled(), expected, strict=True):
            np.testing.assert_allclose(
                getattr(ours, "data", ours), getattr(theirs, "data", theirs), rtol=1e-9, atol=1e-15
            )
    assert "windows: 1 pairs" in compiled.explain()
