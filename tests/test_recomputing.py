"""Activation checkpointing: the same gradients, with less kept."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd.core.graph import ancestors, entry


def leaf(value):
    return ag.tensor(value, requires_grad=True)


def test_operands_parameters_and_results_on_the_way_get_the_same_gradients():
    rng = np.random.default_rng(0)
    x, w, scale = leaf(rng.normal(size=(2, 3))), leaf(rng.normal(size=(3, 3))), leaf(2.0)
    inner = scale * scale

    def layer(h):
        return ag.tanh(h @ w) * inner

    plain = layer(layer(x)).sum()
    again = ag.recompute(layer, ag.recompute(layer, x)).sum()
    assert again.item() == plain.item()
    for ours, theirs in zip(
        ag.grad(again, [x, w, scale]), ag.grad(plain, [x, w, scale]), strict=True
    ):
        np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-14)


def test_the_inside_is_not_kept():
    x = leaf(np.ones(4))

    def long(h):
        for _ in range(50):
            h = ag.sin(h)
        return h

    assert len(ancestors([entry(ag.recompute(long, x))])) == 1
    assert len(ancestors([entry(long(x))])) == 50


def test_nothing_is_left_for_the_cycle_collector():
    x = leaf(np.ones(4))
    gc.collect()
    gc.disable()
    try:
        y = ag.recompute(ag.sin, x * 2.0)
        result, node = weakref.ref(y), weakref.ref(y.node)
        y.sum().backward()
        del y
        assert result() is node() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_it_is_seen_and_stepped_through_by_the_functions_name():
    def layer(h):
        return ag.tanh(h * 2.0)

    x = leaf(np.arange(3.0))
    x.name = "x"
    y = ag.recompute(layer, x)
    assert repr(y.node.params) == "{'run': layer}"
    assert "f64[3]" in y.graph().to_text()
    assert len(list(ag.steps(y.sum()))) > 0


def test_second_derivatives():
    x = leaf(0.7)
    y = ag.recompute(lambda t: ag.sin(t) * t, x)
    (first,) = ag.grad(y, x, create_graph=True)
    (second,) = ag.grad(first, x)
    assert second.item() == pytest.approx(2 * np.cos(0.7) - 0.7 * np.sin(0.7))


def test_what_cannot_be_computed_again_is_refused():
    x, w = leaf(1.0), leaf(2.0)
    y = ag.recompute(lambda t: t * w, x)
    with ag.no_grad():
        w += 1
    with pytest.raises(ag.InPlaceError, match="second run"):
        y.backward()
    with pytest.raises(ag.ArgumentError, match="one tensor"):
        ag.recompute(lambda t: (t, t), x)


def test_without_recording_or_gradients_it_is_a_plain_call():
    with ag.no_grad():
        assert not ag.recompute(ag.sin, leaf(1.0)).requires_grad
    assert not ag.recompute(ag.sin, ag.tensor(1.0)).requires_grad
