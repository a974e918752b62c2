"""The engine: accumulation, order, depth, memory, errors; raced against a naive one."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from support import sum_over_paths

import autograd as ag
from autograd.core.graph import ancestors, entry
from autograd.core.sweep import LeafStep, NodeStep, sweep


def leaf(value, name=None):
    return ag.tensor(float(value), requires_grad=True, name=name)


# --- against the sum over all paths -------------------------------------------------------

UNARY = ["tanh", "sin", "cos", "sigmoid", "neg", "exp"]
BINARY = ["add", "sub", "mul", "maximum"]
STEP = st.tuples(st.sampled_from(UNARY + BINARY), st.integers(0, 30), st.integers(0, 30))


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=9))
def test_random_graphs_equal_the_sum_over_paths(steps):
    leaves = [leaf(v) for v in (0.3, -0.7, 1.1)]
    values = list(leaves)
    for name, i, j in steps:
        operands = [values[i % len(values)], values[j % len(values)]]
        result = getattr(ag, name)(*operands[: 1 if name in UNARY else 2])
        values.append(ag.tanh(result) if abs(result.item()) > 3 else result)
    root = values[-1]
    root.backward()
    for x in leaves:
        ours = 0.0 if x.grad is None else x.grad.item()
        assert ours == pytest.approx(sum_over_paths(root, x), rel=1e-5, abs=1e-6)


def test_diamond_and_fan_out():
    x = leaf(3)
    a, b = x * 2, x * x
    (a * b + a + b).backward()
    # f = 2x³ + 2x + x²
    assert x.grad.item() == 6 * 9 + 2 + 2 * 3


def test_the_same_tensor_twice_is_two_edges():
    x = leaf(3)
    y = x * x
    assert y.node.operands == (x, x)
    y.backward()
    assert x.grad.item() == 6


def test_unused_branch_runs_no_rule():
    x = leaf(2)
    used, _ = x * 3, x / 0.0000001
    used.backward()
    assert x.grad.item() == 3


def test_backward_twice_accumulates_and_leaves_the_graph_standing():
    x = leaf(3)
    inner = x * x
    f = inner * x
    f.backward()
    first = x.grad
    f.backward()
    assert x.grad.item() == 54
    assert x.grad is first
    assert inner.grad is None


def test_sixty_doublings_take_no_exponential_time():
    x = leaf(1)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


def test_a_sweep_goes_by_falling_serial_and_ends_with_the_leaves():
    x, w = leaf(2), leaf(3)
    f = ag.tanh(x * w) + x
    steps = list(sweep([(entry(f), np.ones(()))]))
    kinds = [type(step) for step in steps]
    assert kinds == [NodeStep] * 3 + [LeafStep] * 2
    serials = [step.node.serial for step in steps if isinstance(step, NodeStep)]
    assert serials == sorted(serials, reverse=True)


# --- depth and memory ---------------------------------------------------------------------


def test_a_chain_of_a_million_nodes():
    x = leaf(1)
    with ag.capture_source(False):
        y = x
        for _ in range(1_000_000):
            y = y + 1.0
    y.backward()
    assert x.grad.item() == 1
    assert y.item() == 1_000_001
    del y


def test_the_graph_is_freed_at_once_without_the_cycle_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(2)
        f = ag.tanh(x * x).sum()
        f.backward()
        (slope,) = ag.grad(f, x, create_graph=True)
        ag.grad(slope, x)
        nodes = [weakref.ref(node) for node in ancestors([entry(f), entry(slope)])]
        f.name = "f"
        del f, slope
        assert all(node() is None for node in nodes)
        assert x.grad is not None
        del x
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_only_what_a_rule_names_is_saved():
    x, y = leaf(2), ag.tensor(5.0)
    assert (x + y).node.saved == ()
    assert len((x * y).node.saved) == 1, "y alone: x * y needs x for ∂/∂y only"
    out = ag.tanh(x)
    assert out.node.saved[0] is out.data


def test_large_values_are_not_kept_on_the_node_unless_recording_for_pictures():
    x = ag.tensor(np.ones(1000), requires_grad=True)
    y = x + 1.0
    assert not isinstance(y.node.value, np.ndarray)
    assert y.node.value.shape == (1000,)
    with ag.record():
        z = x + 1.0
    assert z.node.value is z.data


# --- aliasing -----------------------------------------------------------------------------


def shares(*tensors):
    arrays = [t.data if isinstance(t, ag.Tensor) else t for t in tensors]
    return any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[i + 1 :])


def test_gradients_alias_nothing():
    a = ag.tensor(np.ones(3), requires_grad=True)
    b = ag.tensor(np.ones(3), requires_grad=True)
    g = np.array([1.0, 2.0, 3.0])
    (a + b).backward(g)
    assert not shares(a.grad, b.grad, g)
    c = ag.tensor(np.ones(3), requires_grad=True)
    c.backward(g)
    assert c.grad.tolist() == [1, 2, 3]
    assert not shares(c.grad, g)
    (d,) = ag.grad(a * 1.0 + 0.0, a, g)
    assert not shares(d, g)


def test_gradient_of_a_sum_is_a_writable_array_of_its_own():
    x = ag.tensor(np.ones(3), requires_grad=True)
    x.sum().backward()
    assert x.grad.data.strides == (8,)
    x.grad.data *= 2
    assert x.grad.tolist() == [2, 2, 2]


def test_accumulation_is_in_place():
    x = ag.tensor(np.ones(2), requires_grad=True)
    (x * 2).sum().backward()
    held = x.grad
    (x * 2).sum().backward()
    assert x.grad is held
    assert held.tolist() == [4, 4]


# --- unbroadcasting -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (3,)), ((2, 1), (1, 3)), ((), (4,)), ((1,), (0,)), ((3, 1), (2, 3, 4))]
)
def test_broadcast_gradients_are_summed_back(a, b):
    x = ag.tensor(np.ones(a), requires_grad=True)
    y = ag.tensor(np.ones(b), requires_grad=True)
    out = x + y
    out.backward(np.ones(out.shape))
    assert x.grad.shape == a
    assert y.grad.shape == b
    assert (x.grad.data == out.data.size / max(x.data.size, 1)).all()


# --- what backward refuses ----------------------------------------------------------------


def test_a_vector_needs_a_gradient_to_start_from():
    y = ag.tensor([1.0, 2.0], requires_grad=True) * 2
    with pytest.raises(ag.GradientError, match=r"Reduce it first.*shape \(2,\)"):
        y.backward()
    with pytest.raises(ag.GradientError, match="must be the same"):
        y.backward(np.ones(1))


def test_a_tensor_without_history_has_nothing_to_differentiate():
    with pytest.raises(ag.GradientError, match="nothing to differentiate"):
        ag.tensor(1.0).backward()
    with ag.no_grad():
        y = leaf(1) * 2
    with pytest.raises(RuntimeError, match="no_grad"):
        y.backward()


def test_create_graph_in_backward_names_grad():
    with pytest.raises(ag.GradientError, match=r"autograd\.grad"):
        (leaf(1) * 2).backward(create_graph=True)


def test_a_failing_sweep_writes_no_gradient():
    x, w = leaf(2), leaf(3)
    y = x * w
    z = ag.tanh(y) + x
    with ag.no_grad():
        w += 1
    with pytest.raises(ag.InPlaceError, match=r"mul needs .*changed in place"):
        z.backward()
    assert x.grad is None
    assert w.grad is None


def test_an_output_that_was_saved_and_overwritten_raises():
    x = ag.tensor([1.0, -1.0], requires_grad=True)
    y = x.relu()
    y.detach().copy_(np.zeros(2))
    with pytest.raises(ag.InPlaceError, match="relu needs out"):
        y.backward(np.ones(2))


def test_a_value_that_no_rule_needs_may_be_overwritten():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x + 1.0
    y.detach().copy_(np.zeros(2))
    y.backward(np.ones(2))
    assert x.grad.tolist() == [1, 1]


def test_inputs_restrict_what_backward_fills():
    x, w = leaf(2), leaf(3)
    (x * w).backward(inputs=w)
    assert x.grad is None
    assert w.grad.item() == 2
    with pytest.raises(ag.GradientError, match="result of an operation"):
        (x * w).backward(inputs=[x * 1])
    with pytest.raises(ag.GradientError, match="at least one leaf"):
        (x * w).backward(inputs=[])


# --- several outputs ----------------------------------------------------------------------


def test_outputs_that_nobody_used_have_gradient_zero():
    x = ag.tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    _, middle, _ = ag.unbind(x)
    (middle * middle).sum().backward()
    assert x.grad.tolist() == [[0, 0], [4, 6], [0, 0]]


def test_values_and_indices_of_max():
    x = ag.tensor([[1.0, 3.0, 3.0]], requires_grad=True)
    values, indices = x.max(1)
    assert indices.tolist() == [1]
    assert not indices.requires_grad
    values.sum().backward()
    assert x.grad.tolist() == [[0, 1, 0]]


def test_names_stay_with_their_values():
    x = leaf(2, "x")
    first, second = ag.unbind(ag.stack([x, x * 2]))
    first.name, second.name = "a", "b"
    assert (x.name, first.name, second.name) == ("x", "a", "b")
    with pytest.raises(ag.ArgumentError):
        x.name = 3


def test_a_gradient_that_a_rule_keeps_is_copied():
    kept = []

    def keep(g):
        """A rule that remembers what it returned."""
        kept.append(g * 2.0)
        return kept[-1]

    @ag.primitive(
        symbol="k", formula="x", lesson="Kept.", samples=lambda draw: [], vjp=(keep,), linear=True
    )
    def keeping(x):
        return x * 2.0

    try:
        x = ag.tensor([1.0, 2.0], requires_grad=True)
        keeping(x).sum().backward()
        x.grad.zero_()
        assert kept[0].tolist() == [2.0, 2.0]
    finally:
        ag.unregister("keeping")


def test_a_view_of_a_seed_is_copied():
    x = ag.tensor(np.zeros((2, 3)), requires_grad=True)
    seed = np.ones((3, 2))
    x.t().backward(seed)
    x.grad.zero_()
    assert seed.sum() == 6
