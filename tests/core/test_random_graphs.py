"""Random programs of 5 to 60 operations: values and derivatives as an independent evaluation has
them, of first and second order, backward and forward, accumulated, and in two threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from programs import along, gradients, programs, result, run

import autograd as ag

MANY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # to shrink a program takes minutes; short ones come anyway
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
FEWER = settings(MANY, max_examples=60)


def leaves_of(program):
    return [ag.tensor(x, requires_grad=True) for x in program.leaves]


def close(ours, theirs, rtol=1e-9):
    """Equal up to rounding, measured by the largest element."""
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * (1 + np.abs(b).max(initial=0.0)))


def graded(root, leaves):
    """Gradients as arrays, zeros where a leaf is not used."""
    if not root.requires_grad:
        return [np.zeros(x.shape) for x in leaves]
    found = ag.grad(root, leaves, allow_unused=True)
    return [np.zeros(x.shape) if g is None else g.data for g, x in zip(found, leaves, strict=True)]


@MANY
@given(programs())
def test_values_and_gradients(program):
    leaves = leaves_of(program)
    close(
        [v.data for v in run(program, leaves, ours=True)],
        [v.real for v in run(program, program.leaves, ours=False)],
    )
    close(graded(result(program, leaves), leaves), gradients(program, program.leaves))
    for leaf, before in zip(leaves, program.leaves, strict=True):
        np.testing.assert_array_equal(leaf.data, before)


@FEWER
@given(programs())
def test_backward_accumulates_what_grad_returns_and_twice_gives_twice(program):
    leaves = leaves_of(program)
    values = run(program, leaves, ours=True)
    root = sum(
        (v * w).sum() for v, w in zip(values[-len(program.weights) :], program.weights, strict=True)
    )
    expected = graded(root, leaves)
    if not root.requires_grad:
        return
    for times in (1, 2):
        root.backward()
        grads = [np.zeros(x.shape) if x.grad is None else x.grad.data for x in leaves]
        close(grads, [times * g for g in expected], rtol=1e-12)
    assert all(v.grad is None for v in values if v.edge is not None)


@MANY
@given(programs(high=30, anything=True))
def test_a_change_in_place_of_any_result_is_right_or_refused(program):
    leaves = leaves_of(program)
    root = result(program, leaves)
    values = run(program, leaves, ours=True)
    close([v.data for v in values], [v.real for v in run(program, program.leaves, ours=False)])
    with suppress(ag.InPlaceError):
        close(graded(root, leaves), gradients(program, program.leaves))


@FEWER
@given(programs(), st.integers(0, 99))
def test_forward_mode_is_backward_mode_transposed(program, seed):
    rng = np.random.default_rng(seed)
    directions = [rng.normal(size=x.shape) for x in program.leaves]
    leaves = tuple(leaves_of(program))
    _, slope = ag.jvp(
        lambda *xs: result(program, xs), leaves, tuple(ag.tensor(v) for v in directions)
    )
    assert slope.item() == pytest.approx(along(program, program.leaves, directions), 1e-9, 1e-9)


@FEWER
@given(programs(high=30, constants=False), st.integers(0, 99))
def test_second_derivatives_equal_differences_of_the_first(program, seed):
    """H·v by differentiating ⟨∇f, v⟩, against (∇f(x + εv) − ∇f(x − εv)) / 2ε by complex steps."""
    eps = 1e-5
    rng = np.random.default_rng(seed)
    directions = [rng.uniform(-1, 1, size=x.shape) for x in program.leaves]
    leaves = leaves_of(program)
    root = result(program, leaves)
    found = [np.zeros(x.shape) for x in leaves]
    if root.requires_grad:
        first = ag.grad(root, leaves, create_graph=True, allow_unused=True)
        terms = [(g * v).sum() for g, v in zip(first, directions, strict=True) if g is not None]
        found = graded(sum(terms, ag.tensor(0.0)), leaves)
    both = [
        gradients(
            program, [x + sign * eps * v for x, v in zip(program.leaves, directions, strict=True)]
        )
        for sign in (1, -1)
    ]
    numeric = [(up - down) / (2 * eps) for up, down in zip(*both, strict=True)]
    close(found, numeric, rtol=1e-5)


@FEWER
@given(programs(), programs())
def test_two_threads_with_different_modes_do_not_meet(first, second):
    """Programs differentiated at once, one of them recorded whole, give the same bits as alone."""

    def differentiate(program, mode, barrier=None):
        with mode():
            if barrier is not None:
                barrier.wait()
            leaves = leaves_of(program)
            root = result(program, leaves)
            return root.data, [ag.is_grad_enabled(), *graded(root, leaves)]

    jobs = [(first, ag.record), (second, ag.no_grad), (second, lambda: ag.capture_source(False))]
    alone = [differentiate(*job) for job in jobs]
    barrier = Barrier(len(jobs))
    with ThreadPoolExecutor(len(jobs)) as pool:
        together = list(pool.map(lambda job: differentiate(*job, barrier), jobs))
    for (value, found), (same_value, same) in zip(together, alone, strict=True):
        np.testing.assert_array_equal(value, same_value)
        for a, b in zip(found, same, strict=True):
            np.testing.assert_array_equal(a, b)
