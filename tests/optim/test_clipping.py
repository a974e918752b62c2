"""Clipping: the norm that was, and what is left of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd as ag
import nn
import optim


def with_gradients(*grads, dtype=np.float64):
    params = []
    for grad in grads:
        param = ag.tensor(np.zeros(np.shape(grad)), dtype=dtype, requires_grad=True)
        param.grad = ag.tensor(grad, dtype=dtype)
        params.append(param)
    return params


def test_the_norm_is_that_of_all_gradients_together():
    params = with_gradients([3.0, 0.0], [[0.0], [4.0]])
    held = params[0].grad
    assert optim.clip_grad_norm_(params, 1.0).item() == 5.0
    np.testing.assert_allclose(params[0].grad.data, [0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(params[1].grad.data, [[0.0], [0.8]], rtol=1e-6)
    assert params[0].grad is held


def test_a_small_norm_stays_to_the_bit():
    params = with_gradients([0.3, 0.1])
    optim.clip_grad_norm_(params, 1.0)
    assert params[0].grad.tolist() == [0.3, 0.1]


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=6),
    st.floats(0.01, 50),
    st.sampled_from([1.0, 2.0, 3.0, math.inf]),
)
@settings(max_examples=100, deadline=None)
def test_no_norm_is_larger_afterwards(values, bound, p):
    params = with_gradients(values[:2], values[2:]) if len(values) > 2 else with_gradients(values)
    norm = optim.clip_grad_norm_(params, bound, norm_type=p).item()
    assert norm == pytest.approx(np.linalg.norm(values, p), rel=1e-9)
    after = np.concatenate([param.grad.data for param in params])
    assert np.linalg.norm(after, p) <= max(bound, 0.0) * (1 + 1e-9)
    if norm > 1e-3:
        scale = min(1.0, bound / (norm + 1e-6))
        np.testing.assert_allclose(after, np.array(values) * scale, rtol=1e-9, atol=1e-300)


def test_infinite_norms_as_pytorch_has_them():
    params = with_gradients([math.inf, 1.0])
    with np.errstate(invalid="ignore"):
        assert optim.clip_grad_norm_(params, 1.0).item() == math.inf
    np.testing.assert_array_equal(params[0].grad.data, [math.nan, 0.0])


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_infinite_norms_are_told_if_wanted(bad):
    params = with_gradients([bad, 1.0])
    with pytest.raises(RuntimeError, match=r"total norm of order 2.0 .* non-finite"):
        optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(params[0].grad.data, [bad, 1.0])


def test_values_are_cut_at_five_as_in_the_lecture():
    """Lecture C: gradients clipped to ±5."""
    params = with_gradients([30.0, -7.0, 2.0], dtype=np.float32)
    optim.clip_grad_value_(params, 5)
    assert params[0].grad.tolist() == [5.0, -5.0, 2.0]
    assert params[0].grad.dtype == np.float32


def test_a_negative_bound_is_refused():
    with pytest.raises(ag.RangeError, match="largest magnitude allowed, and not -1"):
        optim.clip_grad_value_(with_gradients([1.0]), -1)


def test_what_can_be_clipped():
    model = nn.Linear(2, 1, rng=0)
    model(ag.tensor([30.0, 40.0])).sum().backward()
    assert optim.clip_grad_norm_(model, 1.0).item() == pytest.approx(math.sqrt(2501))
    alone, without = with_gradients([2.0])[0], ag.tensor([1.0], requires_grad=True)
    assert optim.clip_grad_norm_(alone, 1.0).item() == 2.0
    assert optim.clip_grad_norm_([without], 1.0).item() == 0.0
    assert optim.clip_grad_norm_(iter([alone, without]), 9.0).item() == pytest.approx(1.0, rel=1e-5)


def test_float32_stays_float32():
    params = with_gradients([30.0, 40.0], dtype=np.float32)
    assert optim.clip_grad_norm_(params, 1.0).dtype == np.float32
    assert params[0].grad.dtype == np.float32
