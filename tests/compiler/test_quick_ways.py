"""Shorter ways to the same result: direct calls, and products with the matrix on the left."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.quick import call_directly
from autograd.compiler.passes.transposes import cancel_transposes
from autograd.compiler.passes.wide import turn_wide_products
from autograd.core import blas

RNG = np.random.default_rng(0)


def t(*shape, dtype=np.float64):
    return ag.tensor(RNG.standard_normal(shape).astype(dtype))


def traced(function, *args):
    return remove_dead_code(cancel_transposes(capture(function, args, {}).program))


def calls(program):
    return [line.name or line.kind for line in program.instructions]


def layer(x, w, b):
    return (x @ w.T + b) * 2.0


def test_few_rows_times_a_large_matrix_is_turned(monkeypatch):
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: False)  # else it is cut
    args = t(32, 256, dtype=np.float32), t(128, 256, dtype=np.float32), t(128, dtype=np.float32)
    after = turn_wide_products(traced(layer, *args))
    assert calls(remove_dead_code(after)) == ["T", "np.matmul", "T", "np.add", "np.multiply"]
    product = after.instructions[calls(after).index("np.matmul")]
    assert product.args[0] is after.inputs[1]
    ours = ag.compile(layer)(*args).data
    np.testing.assert_allclose(ours, layer(*args).data, rtol=1e-5, atol=1e-4)  # sums of 256
    assert ours.flags.c_contiguous


@pytest.mark.parametrize(
    "args",
    [
        (t(32, 256), t(128, 256), t(128)),  # float64
        (t(128, 256, dtype="f"), t(128, 256, dtype="f"), t(128, dtype="f")),  # many rows
        (t(32, 16, dtype="f"), t(8, 16, dtype="f"), t(8, dtype="f")),  # a small matrix
    ],
)
def test_other_products_stay(args):
    before = traced(layer, *args)
    assert calls(turn_wide_products(before)) == calls(before)


@pytest.mark.parametrize("cut", [True, False])
def test_a_product_that_will_be_cut_into_tiles_stays(cut, monkeypatch):
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: cut)
    args = t(32, 784, dtype="f"), t(256, 784, dtype="f"), t(256, dtype="f")
    before = traced(layer, *args)
    assert (calls(turn_wide_products(before)) == calls(before)) == cut


def test_a_product_that_the_caller_receives_stays():
    before = traced(lambda x, w: x @ w.T, t(32, 256, dtype="f"), t(128, 256, dtype="f"))
    assert calls(turn_wide_products(before)) == calls(before)


def test_a_product_of_which_a_matrix_is_made_stays():
    f = lambda x, w, v: (x @ w.T) @ v
    before = traced(f, t(32, 256, dtype="f"), t(128, 256, dtype="f"), t(128, 4, dtype="f"))
    assert calls(turn_wide_products(before)) == calls(before)


def test_small_sums_and_products_are_methods():
    f = lambda w, x: ((w @ x) * ag.logsumexp(x, 0)).sum()
    args = t(5, 4), t(4)
    before = traced(f, *args)
    after = calls(call_directly(before))
    assert "np.matmul" in calls(before)
    assert "np.sum" in calls(before)
    assert {"dot", "sum", "max"} <= set(after)
    assert not {"np.matmul", "np.sum", "np.amax"} & set(after)
    np.testing.assert_allclose(ag.compile(f)(*args).item(), f(*args).item(), rtol=1e-14)


def test_a_sum_along_one_axis_of_a_matrix_is_a_product_with_ones():
    x = t(32, 20)
    for dim in (0, 1):
        for keepdim in (False, True):
            f = ag.compile(lambda x, d=dim, k=keepdim: (x * 2.0).sum(d, keepdim=k))
            np.testing.assert_allclose(f(x).data, (x.data * 2).sum(dim, keepdims=keepdim), 1e-12)
            assert "dot(" in f.source


def test_sums_of_large_matrices_are_products_too_but_long_sums_are_not():
    def f(x):
        return ag.log_softmax(x, 1)

    x, long = t(1600, 65, dtype=np.float32), t(5000, 65, dtype=np.float32)
    assert calls(call_directly(traced(f, x))).count("np.sum") == 0
    assert calls(call_directly(traced(f, long))).count("np.sum") == 1
    np.testing.assert_allclose(ag.compile(f)(x).data, f(x).data, atol=1e-6)


def test_numbers_are_put_together_as_an_array():
    def f(x, y):
        return np.stack([np.linalg.norm(x.data), np.linalg.norm(y.data)])

    args = t(3), t(4)
    assert calls(call_directly(traced(f, *args)))[-1] == "np.array"
    compiled = ag.compile(f)
    for _ in range(2):
        np.testing.assert_allclose(compiled(*args), f(*args), rtol=1e-14)
    assert compiled(*args).dtype == np.float64


def test_a_number_that_made_a_choice_wider_is_narrow_from_the_start():
    def f(x):
        g = ag.grad(ag.relu(x).sum(), x, create_graph=True)[0]
        return ag.relu(x) * g

    x = ag.tensor(RNG.standard_normal(600).astype("f"), requires_grad=True)
    compiled = ag.compile(lambda x: ag.grad(f(x).sum(), x)[0])
    np.testing.assert_array_equal(compiled(x).data, ag.grad(f(x).sum(), x)[0].data)
    assert "astype" not in compiled.source


def test_whole_numbers_are_multiplied_as_before():
    x = ag.tensor(np.arange(6).reshape(2, 3))
    f = ag.compile(lambda x: x @ x.T)
    assert f(x).tolist() == [[5, 14], [14, 50]]
    assert ".dot(" not in f.source


def test_ranges_in_indices_become_arrays():
    f = lambda x, at: x[range(4), at]
    x, at = t(4, 3), ag.tensor(np.array([0, 2, 1, 1]))
    compiled = ag.compile(f)
    np.testing.assert_array_equal(compiled(x, at).data, f(x, at).data)
    assert "[range(" not in compiled.source
    assert "np.arange(4)" in compiled.source


def test_the_variant_that_ran_last_is_asked_first():
    f = ag.compile(lambda x: x * 2.0)
    f(t(2)), f(t(3)), f(t(4))
    f(t(2))
    shapes = [v.program.inputs[0].shape for _, v in f.variants]
    assert shapes == [(3,), (4,), (2,)]


def test_buffers_begin_with_a_line_of_the_cache():
    f = ag.compile(lambda x: ag.tanh(x * 2.0) @ ag.sin(x))
    for size in (40, 33, 129):
        f(t(size, size))
        space = f.latest.run.__globals__
        found = [space[name] for name, _ in f.latest.program.buffers]
        assert found
        assert all(array.__array_interface__["data"][0] % 64 == 0 for array in found)


def _curvature(x):
    g = ag.grad((ag.relu(x) ** 3).sum(), x, create_graph=True)[0]
    return ag.grad((g * x).sum(), x)[0]


def test_a_choice_by_the_mask_of_a_relu_is_a_product():
    x = ag.tensor(RNG.standard_normal((40, 40)), requires_grad=True)
    compiled = ag.compile(_curvature)
    np.testing.assert_array_equal(compiled(x).data, _curvature(x).data)
    assert "np.where" not in compiled.source
    assert compiled.fallbacks == 0


def test_where_something_is_infinite_the_choice_is_made():
    values = RNG.standard_normal((40, 40))
    values[0, 0] = np.inf
    compiled = ag.compile(_curvature)
    compiled(ag.tensor(RNG.standard_normal((40, 40)), requires_grad=True))
    x = ag.tensor(values, requires_grad=True)
    np.testing.assert_array_equal(compiled(x).data, _curvature(x).data)
    assert compiled.fallbacks == 1


def test_other_choices_stay():
    f = lambda x, y: ag.where(y > 0, x, 0.0)
    x, y = t(40, 40), t(40, 40)
    x.data[0] = np.inf
    compiled = ag.compile(f)
    np.testing.assert_array_equal(compiled(x, y).data, f(x, y).data)
    assert "np.where" in compiled.source


def test_new_shapes_and_cuts_are_methods():
    def f(x):
        y = x * 2.0
        np.clip(y, -1.0, 1.0, out=y)
        return np.swapaxes(np.reshape(y, (2, 10)), 0, 1) + 1.0

    x = RNG.standard_normal((4, 5))
    before = traced(f, x)
    after = calls(call_directly(before))
    assert {"np.clip", "np.reshape", "np.swapaxes"} <= set(calls(before))
    assert {"clip", "reshape", "swapaxes"} <= set(after)
    np.testing.assert_array_equal(ag.compile(f)(x), f(x))


def test_sums_and_products_into_an_array_are_methods_too():
    out, rows = np.empty(70), np.empty((70, 1))

    def f(x, y, out, rows):
        np.sum(x, axis=0, out=out)
        np.sum(y, axis=1, keepdims=True, out=rows)

    x, y = RNG.standard_normal((4, 70)), RNG.standard_normal((70, 4))
    before = traced(f, x, y, out, rows)
    after = call_directly(before)
    assert calls(before) == ["np.sum", "np.sum"]
    assert calls(after) == ["np.dot", "dot"]
    assert [line.kwargs.keys() for line in after.instructions] == [{"out"}, {"out"}]
    ag.compile(f)(x, y, out, rows)
    np.testing.assert_allclose(out, x.sum(0), rtol=1e-13)
    np.testing.assert_allclose(rows[:, 0], y.sum(1), rtol=1e-13)


def test_a_sum_into_an_array_of_another_dtype_stays_a_sum():
    x, out = RNG.standard_normal((4, 70)).astype("f"), np.empty(70)

    def f(x, out):
        np.sum(x, axis=0, out=out)

    assert calls(call_directly(traced(f, x, out))) == ["sum"]
    ag.compile(f)(x, out)
    np.testing.assert_array_equal(out, np.sum(x, axis=0, out=np.empty(70)))


@pytest.mark.parametrize(("x", "name"), [(t(64, 64), "clip"), (t(64, 63), "np.maximum")])
def test_many_floats_are_clipped_at_a_number(x, name):
    after = call_directly(traced(lambda x: ag.maximum(x, 0.5), x))
    assert calls(after) == [name]
    compiled = ag.compile(lambda x: ag.maximum(x, 0.5))
    np.testing.assert_array_equal(compiled(x).data, np.maximum(x.data, 0.5))
