"""Calls that are alike as one, sums as one reduction, rows put together: before and after."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes import PASSES, improve
from autograd.compiler.passes.algebra import simplify
from autograd.compiler.passes.alike import free_of_each_other, needs, same_role
from autograd.compiler.passes.common import merge_common
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.folding import fold_constants
from autograd.compiler.passes.rows import rejoin_rows
from autograd.compiler.passes.stacking import stack_alike
from autograd.compiler.passes.sums import merge_sums

RNG = np.random.default_rng(0)


def t(*shape, grad=False):
    return ag.tensor(RNG.standard_normal(shape), requires_grad=grad)


def traced(function, *args):
    return capture(function, args, {}).program


def calls(program):
    return [line.name or line.kind for line in program.instructions]


def same(function, make, rtol=1e-12):
    """Compiled twice, on other numbers the second time, and uncompiled; the compiled function."""
    compiled = ag.compile(function)
    for _ in range(2):
        args = make()
        copies = [ag.tensor(a.data.copy(), requires_grad=a.requires_grad) for a in args]
        ours, theirs = compiled(*args), function(*copies)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=rtol, atol=1e-13)
        for a, b in zip(args, copies, strict=True):
            assert (a.grad is None) == (b.grad is None)
            if a.grad is not None:
                np.testing.assert_allclose(a.grad.data, b.grad.data, rtol=rtol, atol=1e-13)
    assert compiled.fallbacks == 0
    return compiled


# --- stacking -----------------------------------------------------------------------------


def test_rows_that_a_caller_receives_stay_as_they_are():
    compiled = same(lambda x: (x * 2.0).unbind(0), lambda: [t(6, 3)])
    assert compiled.source.count("x * 2.0") == 1
    assert re.search(r"without effect here: .*\balike\b", compiled.explain(), re.S)


def test_what_is_done_to_every_row_is_done_to_all_at_once():
    rows = lambda x: ag.stack([ag.tanh(x[i] * 2.0) for i in range(6)])
    before = traced(rows, t(6, 3))
    assert calls(before).count("np.tanh") == calls(before).count("np.multiply") == 6
    after = remove_dead_code(rejoin_rows(stack_alike(before)))
    assert calls(after) == ["np.multiply", "np.tanh"]
    assert after.outputs[0].shape == (6, 3)


def test_steps_that_need_each_other_stay_steps():
    def chain(x):
        for _ in range(8):
            x = ag.tanh(x)
        return x

    program = traced(chain, t(3))
    assert free_of_each_other(same_role(program), needs(program)) == []
    assert calls(stack_alike(program)) == calls(program)


def test_of_a_recurrence_only_the_recurrence_is_left():
    def unrolled(w, u, v, h, xs):
        scores = []
        for i in range(8):
            h = ag.tanh(w @ h + u @ xs[i])
            scores.append(v @ h)
        return ag.stack(scores)

    args = t(5, 5), t(5, 4), t(3, 5), t(5), t(8, 4)
    before = traced(unrolled, *args)
    assert calls(before).count("np.matmul") == 24
    assert calls(stack_alike(before)).count("np.matmul") == 8 + 1 + 1
    same(lambda *args: (unrolled(*args),), lambda: args)


def test_results_of_a_caller_share_no_memory():
    compiled = ag.compile(lambda x: tuple(x[i] * 2.0 for i in range(6)))
    results = compiled(t(6, 3))
    bases = {id(r.data.base if r.data.base is not None else r.data) for r in results}
    assert len(bases) == 6


def test_what_is_written_in_between_is_not_moved_over():
    def step(x, y):
        found = []
        for i in range(6):
            found.append(ag.exp(y * 1.5))
            with ag.no_grad():
                y += x[i]
        return (ag.stack(found),)

    same(step, lambda: (t(6, 3), t(3)))


def test_large_arrays_are_left_as_they_are():
    rows = lambda x: ag.stack([ag.tanh(x[i]) for i in range(5)])
    assert calls(stack_alike(traced(rows, t(5, 5000)))).count("np.tanh") == 5


def test_draws_stay_in_order():
    def step(x):
        return (ag.stack([x[i] * ag.rand(3) for i in range(6)]),)

    compiled = ag.compile(step)
    x = t(6, 3)
    ag.manual_seed(1)
    ours = compiled(x)[0].data
    ag.manual_seed(1)
    np.testing.assert_array_equal(ours, step(x)[0].data)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (3, 4), (1, 4)])
def test_products_of_every_form(shape):
    w = t(4, 4)
    left = len(shape) == 1 or shape[1] == 1

    def step(x):
        parts = [x[i] for i in range(6)]
        made = [w @ p if left else p @ w for p in parts]
        total = ag.stack([ag.tanh(m) for m in made])
        total.sum().backward()
        return (total,)

    same(step, lambda: (t(6, *shape, grad=True),))


def test_both_factors_may_differ():
    step = lambda x, y: (ag.stack([(x[i] @ y[i]).sum(0) for i in range(6)]),)
    compiled = same(step, lambda: (t(6, 2, 3), t(6, 3, 4)))
    code = [line.split("#")[0] for line in compiled.source.splitlines()]
    assert sum("np.matmul(" in line or " @ " in line for line in code) <= 2


def test_operands_in_another_order_and_of_every_second_call():
    def step(x):
        made = [ag.exp(x[i]) for i in range(12)]
        back = [ag.tanh(m) * 3.0 for m in reversed(made)]
        some = [ag.sin(m) for m in made[::2]]
        return ag.stack(back), ag.stack(some)

    same(step, lambda: (t(12, 3),))


def test_broadcast_operands_meet_the_right_axis():
    def step(x, y):
        return (ag.stack([x[i] + y for i in range(6)]), ag.stack([x[i] * y for i in range(6)]))

    same(step, lambda: (t(6, 4), t(3, 4)))
    same(step, lambda: (t(6), t(3)))


@pytest.mark.parametrize("seed", range(12))
def test_random_loops(seed):
    """Random work on each step, with what went before mixed in at random."""
    rng = np.random.default_rng(seed)
    unary = [ag.tanh, ag.sin, ag.exp, lambda x: x**2, lambda x: x[..., 1:3]]
    unary.append(lambda x: x - x.sum(-1, keepdim=True))
    binary = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - 2 * b]
    plan = [(rng.integers(2), rng.integers(6), rng.integers(3)) for _ in range(5)]
    carry = bool(rng.integers(2))

    def step(x, w):
        state, found = x[0], []
        for i in range(6):
            h = state if carry and i % 2 else x[i]
            for one, u, b in plan:
                made = unary[u](h * 0.3) if one else binary[b](h, w.sum())
                h = made
            if carry:
                state = ag.tanh(x[i] @ w) * 0.5 + state
            found.append(h.sum())
        total = ag.stack(found)
        total.sum().backward()
        return (total,)

    same(step, lambda: (t(6, 4, grad=True), t(4, 4, grad=True)), rtol=1e-9)


# --- hessians -----------------------------------------------------------------------------


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def test_a_hessian_is_one_sweep_for_all_rows():
    point = t(20)
    compiled = ag.compile(lambda: ag.hessian(rosenbrock, point))
    for _ in range(2):
        np.testing.assert_array_equal(compiled().data, ag.hessian(rosenbrock, point).data)
        point.data[...] = RNG.standard_normal(20)
    assert len(compiled.program.instructions) < 60


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ag.sin(x).prod(),
        lambda x: (x.reshape(2, 4) @ x.reshape(4, 2)).sum(),
        lambda x: ag.logsumexp(x, 0),
        lambda x: (x[:, None] * x).tanh().sum(),
        lambda x: x.norm() ** 3,
    ],
)
def test_hessians_of_other_functions(function):
    same(lambda x: (ag.hessian(function, x),), lambda: (t(8),), rtol=1e-10)


def test_a_jacobian_of_a_matrix():
    f = lambda x: ag.tanh(x @ x)
    same(lambda x: (ag.jacobian(f, x),), lambda: (t(3, 3),), rtol=1e-10)


# --- rows, sums, algebra ------------------------------------------------------------------


def test_rows_that_are_joined_again_are_the_array():
    f = lambda x: ag.stack([ag.exp(x)[i] for i in range(4)])
    program = merge_common(traced(f, t(4, 2)))
    assert calls(program).count("np.stack") == 1
    assert calls(remove_dead_code(rejoin_rows(program))).count("np.stack") == 0


def test_a_copy_of_the_callers_array_stays_a_copy():
    x = t(4, 2)
    compiled = ag.compile(lambda x: ag.stack([x[i] for i in range(4)]))
    assert not np.may_share_memory(compiled(x).data, x.data)


def test_rows_in_another_order_are_joined_anew():
    f = lambda x: ag.stack([ag.exp(x)[i] for i in (1, 0, 2, 3)])
    assert calls(rejoin_rows(merge_common(traced(f, t(4, 2))))).count("np.stack") == 1


def test_a_sum_of_many_is_one_reduction():
    def f(b, xs):
        (sum(ag.tanh(xs[i] + b).sum() for i in range(8))).backward()

    before = traced(f, t(3, grad=True), t(8, 3))
    after = merge_sums(before)
    assert calls(before).count("np.add") - calls(after).count("np.add") >= 7
    assert calls(after).count("np.concatenate") == 1
    same(lambda b, xs: (f(b, xs), xs * 1.0)[1:], lambda: (t(3, grad=True), t(8, 3)))


def test_a_sum_that_is_looked_at_stays():
    def f(x):
        with ag.no_grad():
            total, seen = x[0] + x[1], []
            for i in range(2, 10):
                total += x[i]
                seen.append(total * 1.0)
            return (ag.stack(seen),)

    same(f, lambda: (t(10, 3),))


def test_first_powers_and_products_with_one_are_left_out():
    f = lambda x: (ag.exp(x) ** 1.0) * 1.0 + ag.sin(x) ** 2
    before = traced(f, t(3))
    after = remove_dead_code(simplify(before))
    assert calls(before).count("np.power") == 2
    assert calls(after) == ["np.exp", "np.sin", "np.square", "np.add"]


def test_zeroth_powers_are_one_even_of_nan():
    f = ag.compile(lambda x: ag.exp(x) ** 0.0 + x)
    assert f(ag.tensor([np.nan, 1.0])).tolist()[1] == 2.0
    assert "**" not in f.source


def test_a_product_with_one_that_changes_the_dtype_stays():
    x = ag.tensor(np.array([1, 2, 3]))
    f = ag.compile(lambda x: (x + x) * np.ones(3))
    assert f(x).data.dtype == np.float64


def test_a_result_that_is_the_callers_array_times_one_is_an_array_of_its_own():
    x = t(3)
    y = ag.compile(lambda x: x * 1.0)(x)
    assert not np.may_share_memory(y.data, x.data)


def test_what_the_passes_did_is_said():
    program = improve(traced(lambda x: ag.hessian(rosenbrock, x), t(8)), PASSES)
    said = "\n".join(program.remarks)
    for word in ("alike: ", "sums: ", "rows: ", "algebra: "):
        assert word in said
    assert len(fold_constants(program).instructions) <= len(program.instructions)
