"""Each pass alone, before and after, on the program of a small function."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes.buffers import plan_buffers
from autograd.compiler.passes.common import merge_common
from autograd.compiler.passes.copies import drop_copies
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.elements import take_single_elements
from autograd.compiler.passes.folding import fold_constants
from autograd.compiler.passes.gradients import reuse_gradients
from autograd.compiler.passes.landing import land_results
from autograd.compiler.passes.masks import multiply_masks
from autograd.compiler.passes.numbers_first import numbers_first
from autograd.compiler.passes.recurrences import merge_products
from autograd.compiler.passes.scalars import use_floats
from autograd.compiler.passes.transposes import cancel_transposes, turn_products


def leaf(*shape):
    size = int(np.prod(shape))
    return ag.tensor(np.linspace(0.1, 1.0, size).reshape(shape), requires_grad=True)


def traced(function, *args):
    return capture(function, args, {}).program


def calls(program):
    """The names of the calls, in order."""
    return [line.name or line.kind for line in program.instructions]


def test_dead_code_goes_and_what_it_alone_needed():
    def f(x):
        np.tanh(x * 3.0)
        return x + 1.0

    before = traced(f, ag.tensor([1.0]))
    assert calls(before) == ["np.multiply", "np.tanh", "np.add"]
    assert calls(remove_dead_code(before)) == ["np.add"]


def test_a_write_that_nobody_sees_is_dead_and_one_to_an_input_is_not():
    def f(x, y):
        with ag.no_grad():
            z = x.clone()
            z += 1.0
            y += x
        return x * 2.0

    after = remove_dead_code(traced(f, ag.tensor([1.0]), ag.tensor([2.0])))
    assert calls(after).count("setitem") == 1


def test_draws_stay_though_nobody_reads_them():
    def f(x):
        ag.rand(2)
        return x + 1.0

    after = remove_dead_code(traced(f, ag.tensor([1.0])))
    assert [line.kind for line in after.instructions] == ["draw", "call"]


def test_equal_calls_are_merged():
    before = traced(lambda x: ag.exp(x) * ag.exp(x), ag.tensor([1.0]))
    assert calls(before) == ["np.exp", "np.exp", "np.multiply"]
    after = merge_common(before)
    assert calls(after) == ["np.exp", "np.multiply"]
    assert after.instructions[1].args[0] is after.instructions[1].args[1]


def test_calls_on_memory_that_was_changed_in_between_stay_apart():
    def f(x):
        with ag.no_grad():
            a = ag.exp(x)
            x += 1.0
            return a, ag.exp(x)

    assert calls(merge_common(traced(f, ag.tensor([1.0])))).count("np.exp") == 2


def test_results_of_a_caller_are_not_merged_into_one_array():
    after = merge_common(traced(lambda x: (ag.exp(x), ag.exp(x)), ag.tensor([1.0])))
    assert calls(after) == ["np.exp", "np.exp"]


def test_the_seed_of_a_backward_pass_is_a_constant():
    before = traced(lambda x: x.mean().backward(), leaf(3))
    assert "np.ones_like" in calls(before)
    after = remove_dead_code(fold_constants(before))
    assert calls(after) == ["copy"]
    np.testing.assert_array_equal(after.instructions[0].args[0], np.full(3, 1 / 3))


def test_a_transposed_transpose_is_the_matrix():
    before = traced(lambda x, y: x @ y.T.T, leaf(2, 3), leaf(3, 2))
    after = remove_dead_code(cancel_transposes(before))
    assert calls(before).count("np.swapaxes") == 2
    assert calls(after) == ["np.matmul"]


def test_a_transposed_product_is_turned():
    before = traced(lambda x, y: (x @ y).T, leaf(2, 3), leaf(3, 4))
    after = remove_dead_code(turn_products(before))
    assert calls(after) == ["T", "T", "np.matmul"]
    assert after.outputs[0].contiguous
    assert after.outputs[0].shape == (4, 2)


def test_a_copy_of_what_ends_is_not_made():
    before = remove_dead_code(fold_constants(traced(lambda x: ag.exp(x).sum().backward(), leaf(3))))
    assert calls(before)[-1] == "copy"
    assert "copy" not in calls(drop_copies(before))


def test_a_copy_of_an_input_is_made():
    after = drop_copies(traced(lambda x: x.clone(), ag.tensor([1.0])))
    assert calls(after) == ["np.copy"]


def test_an_update_is_computed_in_the_parameter():
    def step(w, g):
        with ag.no_grad():
            w -= g * 0.1

    before = drop_copies(remove_dead_code(traced(step, ag.tensor([1.0]), ag.tensor([2.0]))))
    assert calls(before)[-1] == "setitem"
    after = land_results(before)
    last = after.instructions[-1]
    assert (last.name, last.kwargs["out"].name) == ("np.subtract", "w")


def test_an_old_value_that_is_still_needed_is_not_overwritten():
    def swap(a, b):
        with ag.no_grad():
            first, second = a + 1.0, b + 1.0
            a.copy_(second)
            b.copy_(first * a)

    captured = ag.compile(swap)
    a, b = ag.tensor([1.0]), ag.tensor([10.0])
    captured(a, b)
    assert (a.item(), b.item()) == (11.0, 22.0)


def test_large_results_share_buffers_by_turns():
    x = leaf(64, 64)
    f = lambda x: ag.exp(ag.tanh(ag.exp(x) * 2.0) + x) * 1.0
    after = plan_buffers(traced(f, x))
    placed = [line.kwargs["out"].name for line in after.instructions if "out" in line.kwargs]
    assert placed == ["b0"] * 5
    assert len(after.buffers) == 1
    assert "out" not in after.instructions[-1].kwargs  # the caller's own


def test_small_results_are_left_to_numpy():
    after = plan_buffers(traced(lambda x: ag.exp(x) * 2.0, leaf(3)))
    assert after.buffers == []


def test_weight_gradients_of_a_recurrence_become_one_product():
    w, xs = leaf(3, 3), [ag.tensor(np.full((2, 3), 0.1 * t)) for t in range(5)]

    def unrolled(h):
        for x in xs:
            h = ag.tanh(h @ w + x)
        h.sum().backward()

    before = traced(unrolled, ag.tensor(np.ones((2, 3))))
    after = remove_dead_code(merge_products(before))
    assert calls(before).count("np.matmul") - calls(after).count("np.matmul") == 4
    assert calls(after).count("np.concatenate") == 2


def test_numbers_come_first():
    import optim

    w = leaf(2)
    w.grad = ag.tensor([1.0, 1.0])
    optimizer = optim.Adam([w], lr=0.1)
    before = traced(optimizer.step)
    after = numbers_first(before)
    numbers = [line.note.phase == "options" for line in after.instructions]
    assert any(numbers)
    assert numbers == sorted(numbers, reverse=True)


def _scalars(x, y):
    z = ag.relu(x * y + 2.0) ** 2 - ag.tanh(x) / y
    z.backward()
    return z


def test_single_numbers_become_python_floats():
    x, y = leaf(), leaf()
    after = remove_dead_code(use_floats(traced(_scalars, x, y)))
    made = [out for line in after.instructions for out in line.outs]
    assert {out.dtype for out in made if out.shape == ()} <= {None, np.dtype(np.float64)}
    assert "math.tanh" in calls(after)
    assert not any(name.startswith("np.tanh") for name in calls(after))


@pytest.mark.parametrize("pair", [(0.3, 0.7), (-3.0, 2.0), (1.5, -0.25)])
def test_float_code_gives_the_same_numbers(pair):
    ours, theirs = [], []
    for function, found in ((ag.compile(_scalars), ours), (_scalars, theirs)):
        x, y = (ag.tensor(v, requires_grad=True) for v in pair)
        found += [function(x, y).item(), x.grad.item(), y.grad.item()]
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


def test_what_is_put_into_an_array_stays_a_float():
    def step(x):
        return ag.grad((1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, x)[0]

    x = leaf(2)
    compiled = ag.compile(step)
    np.testing.assert_array_equal(compiled(x).data, step(x).data)
    assert ".item()" in compiled.source
    assert "np.full" not in compiled.source


def looks(program):
    """What stands in the brackets of the calls that look into arrays."""
    return [line.args[1] for line in program.instructions if line.kind == "getitem"]


def test_a_single_element_is_taken_as_a_number():
    before = remove_dead_code(traced(lambda x: x[1] * 2.0, ag.tensor([1.0, 2.0])))
    after = take_single_elements(before)
    assert looks(before) == [(1, Ellipsis)]
    assert looks(after) == [1]
    assert after.instructions[0].outs[0].is_scalar


def test_a_single_element_of_memory_that_is_changed_stays_a_view():
    def f(x):
        with ag.no_grad():
            first = x[0]
            x += 1.0
            return first

    before = remove_dead_code(traced(f, ag.tensor([1.0, 2.0])))
    assert looks(take_single_elements(before)) == looks(before) == [(0, Ellipsis)]


def test_a_choice_by_the_mask_of_a_relu_is_a_product_and_an_assumption():
    before = traced(lambda x, y: np.where(np.maximum(x, 0) > 0, y, 0.0), *np.ones((2, 32, 32)))
    after = multiply_masks(before)
    assert calls(before) == ["np.maximum", "np.greater", "np.where"]
    assert calls(after)[:3] == ["np.maximum", "np.greater", "np.multiply"]
    assert [line.kind for line in after.instructions].count("guard") == 1


def test_a_large_gradient_is_computed_in_an_array_of_the_caller():
    x, w = leaf(64, 32), leaf(32, 16)
    traces = traced(lambda: (x @ w).sum().backward())
    before = drop_copies(remove_dead_code(fold_constants(traces)))
    after = reuse_gradients(before)
    assert before.spares == {}
    made = {line.outs[0].number: line for line in after.instructions if line.outs}
    for name, at in after.spares.items():
        assert made[after.outputs[at].number].kwargs["out"].name == name
    assert list(after.spares) == ["spare_0", "spare_1"]


def test_what_floats_refuse_is_done_by_numpy():
    f = ag.compile(lambda x: 1.0 / (x - 1.0))
    assert f(ag.tensor(3.0)).item() == 0.5
    with np.errstate(divide="ignore"):
        assert f(ag.tensor(1.0)).item() == np.inf
    assert f.fallbacks == 1


def test_derive_shows_every_formula():
    w, x = leaf(2, 3), ag.tensor([1.0, 2.0, 3.0])

    def loss():
        h = ag.tanh(w @ x)
        h.sum().backward()

    source = ag.derive(loss)
    for part in ("h = np.tanh(w @ x)", "∂L/∂h · (1 − h²)", "# forward", "# backward", "d_h", "d_w"):
        assert part in source
    assert w.grad is None
