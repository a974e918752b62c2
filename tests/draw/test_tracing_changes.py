"""A picture says so when a leaf no longer holds what the run was given."""

from __future__ import annotations

import autograd as ag


def test_a_leaf_that_was_changed_after_the_run_is_named():
    w = ag.tensor(0.5, requires_grad=True, name="w")
    y = w + 1.0
    before = y.graph(gradients=False)
    assert not before.trace.changed
    with ag.no_grad():
        w += 10
    picture = y.graph(gradients=False)
    assert [picture.trace.values[i].name for i in picture.trace.changed] == ["w"]
    assert "Changed in place after the run" in picture.to_svg()


def test_a_change_before_the_run_is_none():
    w = ag.tensor(0.5, requires_grad=True, name="w")
    with ag.no_grad():
        w += 10
    assert not (w * 2).graph().trace.changed


def test_of_a_large_leaf_nothing_is_said_because_its_values_were_not_kept():
    w = ag.tensor([0.5] * 300, requires_grad=True, name="w")
    y = w.tanh()
    with ag.no_grad():
        w += 10
    assert not y.graph().trace.changed
