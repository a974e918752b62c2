"""Large arrays that are computed, or joined and multiplied, a part at a time."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.compiler.capture import capture
from autograd.compiler.passes import late, portions, upright
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.late import compute_late
from autograd.compiler.passes.portions import multiply_in_portions
from autograd.compiler.passes.transposes import cancel_transposes
from autograd.core import blas

WIDE, LONG = 64, 512


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    """Arrays of a few thousand elements count as large, wherever the tests run."""
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: True)
    monkeypatch.setattr(late, "LARGE", WIDE * LONG * 8)
    monkeypatch.setattr(portions, "LARGE", WIDE * LONG * 8)
    monkeypatch.setattr(portions, "PORTION", WIDE * 128 * 8)


def t(*shape, seed=0, dtype=np.float64):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def traced(function, *args):
    return remove_dead_code(cancel_transposes(capture(function, args, {}).program))


def shapes(program, name):
    """The shape of what each call of a name gives."""
    return [line.outs[0].shape for line in program.instructions if line.name == name]


def same(function, *args, rtol=1e-12):
    """Three compiled calls give what the function gives."""
    expected, compiled = function(*args), ag.compile(function)
    for _ in range(3):
        np.testing.assert_allclose(compiled(*args).data, expected.data, rtol=rtol)
    return compiled


# --- computed late ------------------------------------------------------------------------


def by_row(a, b):
    y = a @ b
    return ag.sum(ag.tanh(y[:64]) * ag.sin(y[64:128]))


def by_column(a, b):
    y = b.T @ a.T
    return ag.sum(ag.tanh(y[:, :64]) * ag.sin(y[:, 256:320]))


def turned(a, b):
    steps = (a @ b).reshape(8, 64, WIDE).permute(0, 2, 1)
    return ag.sum(ag.tanh(steps[3]) * ag.sin(steps[0]))


@pytest.mark.parametrize(
    ("function", "shape"),
    [(by_row, (64, WIDE)), (by_column, (WIDE, 64)), (turned, (WIDE, 64))],
)
def test_a_product_is_computed_where_its_rows_are_used(function, shape):
    args = t(LONG, 40), t(40, WIDE, seed=1)
    before = traced(function, *args)
    assert len(shapes(before, "np.matmul")) == 1
    after = remove_dead_code(compute_late(before))
    assert shapes(after, "np.matmul") == [shape, shape]
    names = [line.name for line in after.instructions]
    assert names.index("np.tanh") < len(names) - 1 - names[::-1].index("np.matmul")
    same(function, *args)


def test_on_several_threads_a_product_stays_whole(monkeypatch):
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: False)
    before = traced(by_row, t(LONG, 40), t(40, WIDE, seed=1))
    assert shapes(compute_late(before), "np.matmul") == [(LONG, WIDE)]


def test_one_band_that_is_used_twice_is_computed_once():
    def f(a, b):
        y = a @ b
        z = ag.tanh(y[:64]) * ag.sin(y[64:128])
        return ag.sum(z * y[:64])

    args = t(LONG, 40), t(40, WIDE, seed=1)
    assert len(shapes(compute_late(traced(f, *args)), "np.matmul")) == 2
    same(f, *args)


def whole(a, b):
    y = a @ b
    return ag.sum(ag.tanh(y[:64]) * y[64:128]) + ag.sum(y)


def overlapping(a, b):
    y = a @ b
    return ag.sum(ag.tanh(y[:64]) * ag.sin(y[32:96]))


def narrow(a, b):
    y = a @ b
    return ag.sum(ag.tanh(y[:8]) * ag.sin(y[8:16]))


def of_long_sums(a, b):
    y = ag.cat([a, a], 1) @ ag.cat([b, b], 0)
    return ag.sum(ag.tanh(y[:64]) * ag.sin(y[64:128]))


def blocks(a, b):
    y = a @ b
    return ag.sum(ag.tanh(y[:256, :32]) * ag.sin(y[256:, 32:]))


def every_other(a, b):
    y = a @ b
    return ag.sum(ag.tanh(y[:256:2]) * ag.sin(y[256::2]))


def changed(a, b):
    y = a @ b
    with ag.no_grad():
        first = ag.tanh(y[:64])
        a *= 2.0
        z = ag.sum(first * ag.sin(y[64:128]))
        a *= 0.5
        return z


@pytest.mark.parametrize(
    "f", [whole, overlapping, narrow, of_long_sums, blocks, every_other, changed]
)
def test_products_that_are_needed_otherwise_stay(f):
    args = t(LONG, 40), t(40, WIDE, seed=1)
    before = traced(f, *args)
    assert shapes(compute_late(before), "np.matmul") == shapes(before, "np.matmul")
    same(f, *args)


def test_a_product_of_some_rows_of_another_product():
    def f(a, b):
        y = a @ b  # (512, 64)
        z = y.T[:, :64] @ ag.cat([b[:, :64]] * 8, 1)[:16].reshape(64, 128)[:, :64].tile(1, 8)
        return ag.sum(ag.tanh(z[:, :64]) * ag.sin(z[:, 64:128])) + ag.sum(ag.tanh(y[64:128]))

    args = t(LONG, 40), t(40, WIDE, seed=1)
    assert "late: 2 arrays computed in 4 bands" in same(f, *args, rtol=1e-9).explain()


def test_what_is_looked_up_for_all_steps_is_looked_up_step_by_step():
    ag.manual_seed(0)
    table = nn.Embedding(20, 32, dtype=np.float64)
    cell = nn.LSTM(32, WIDE, dtype=np.float64)
    text = ag.tensor(np.random.default_rng(0).integers(0, 20, (8, 64)))

    def f(text):
        return ag.mean(cell(table(text))[0] ** 2)

    compiled = same(f, text)
    assert "late: 1 arrays computed in 8 bands" in compiled.explain()
    again = ag.tensor(np.random.default_rng(1).integers(0, 20, (8, 64)))
    np.testing.assert_allclose(compiled(again).data, f(again).data, rtol=1e-12)


# --- in portions --------------------------------------------------------------------------


def parts(x, count=8):
    made = [x]
    for _ in range(count - 1):
        made.append(ag.tanh(made[-1]))
    return made


def joined(x, b):
    return ag.sum(ag.tanh(ag.cat(parts(x), 1) @ b))


def test_a_joined_array_is_multiplied_in_portions():
    args = t(WIDE, 64), t(LONG, 30, seed=1)
    before = traced(joined, *args)
    assert shapes(before, "np.concatenate") == [(WIDE, LONG)]
    after = multiply_in_portions(before)
    assert shapes(after, "np.concatenate") == [(WIDE, 128)] * 4
    assert shapes(after, "np.matmul") == [(WIDE, 30)] * 4
    added = [line for line in after.instructions if line.name == "np.add"]
    assert len(added) == 3
    assert len({line.kwargs["out"].number for line in added}) == 1  # into the first product
    same(joined, *args, rtol=1e-10)


def test_each_portion_is_multiplied_as_soon_as_it_is_there():
    after = multiply_in_portions(traced(joined, t(WIDE, 64), t(LONG, 30, seed=1)))
    names = [line.name for line in after.instructions if line.name.startswith("np.")]
    portion = ["np.concatenate", "np.matmul"]
    assert names[:3] == ["np.tanh", *portion]  # x is there from the beginning
    assert names[3:7] == ["np.tanh", "np.tanh", *portion]


def test_several_products_and_factors_that_were_made_later():
    def f(x, b):
        z = ag.cat(parts(x), 1)
        late = ag.sin(b) + 1.0
        return ag.sum(ag.tanh(z @ b)) + ag.sum(ag.tanh(z @ late))

    args = t(WIDE, 64), t(LONG, 30, seed=1)
    after = multiply_in_portions(traced(f, *args))
    assert shapes(after, "np.concatenate") == [(WIDE, 128)] * 4
    assert len(shapes(after, "np.matmul")) == 8
    same(f, *args, rtol=1e-10)


def test_a_total_that_the_caller_gets_and_one_that_is_changed():
    def f(x, b):
        total = ag.cat(parts(x), 1) @ b
        with ag.no_grad():
            total *= 2.0
        return total

    args = t(WIDE, 64), t(LONG, 30, seed=1)
    expected, compiled = f(*args).data, ag.compile(f)
    first, second = compiled(*args), compiled(*args)
    np.testing.assert_allclose(first.data, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(second.data, expected, rtol=1e-10, atol=1e-12)
    assert not np.shares_memory(first.data, second.data)
    assert "portions: 1 arrays joined in 4" in compiled.explain()


def test_sums_of_rows_and_rows_of_the_transpose_come_from_the_portions():
    def f(x, b):
        z = ag.cat(parts(x), 1)
        rows = ag.tanh(z.T @ b[:WIDE] / 64)
        return ag.sum(ag.tanh(z @ b / 512)) * ag.sum(rows) + ag.sum(ag.sum(z, 1) ** 2)

    args = t(WIDE, 64), t(LONG, 30, seed=1)
    after = multiply_in_portions(traced(f, *args))
    joined = shapes(after, "np.concatenate")
    assert joined == [(WIDE, 128)] * 4 + [(LONG, 30)]
    *_, last = [line for line in after.instructions if line.name == "np.concatenate"]
    assert [part.shape for part in last.args[0]] == [(128, 30)] * 4
    assert len(shapes(after, "np.matmul")) == 8
    added = [line for line in after.instructions if "out" in line.kwargs]
    assert len(added) == 6  # three to the product, three to the sum
    same(f, *args, rtol=1e-9)


def test_two_arrays_with_the_same_parts_and_one_that_needs_the_other():
    def same_parts(x, b):
        z = parts(x)
        return ag.sum(ag.tanh(ag.cat(z, 1) @ b)) + ag.sum(ag.tanh(ag.cat(z, 1) @ ag.sin(b)))

    def needed(x, b):
        z = ag.cat(parts(x), 1)
        first = ag.tanh(z @ b / 64)
        weights = ag.cat([first.T @ x] * 18, 0)[:LONG]
        return ag.sum(ag.tanh(ag.cat(parts(ag.sin(x)), 1) @ weights / 64)) + ag.sum(first)

    args = t(WIDE, 64), t(LONG, 30, seed=1)
    for f in (same_parts, needed):
        same(f, *args, rtol=1e-9)


def test_weights_that_are_changed_afterwards(monkeypatch):
    monkeypatch.setattr(upright, "LARGE", 1 << 20)

    def f(x, b):
        total = ag.sum(ag.tanh(ag.cat(parts(x), 1).T @ b[:WIDE] / 64))
        with ag.no_grad():
            b *= 0.5
        return total

    x, b, same_b = t(WIDE, 64), t(LONG, 30, seed=1), t(LONG, 30, seed=1)
    compiled = ag.compile(f)
    for _ in range(3):
        np.testing.assert_allclose(compiled(x, b).item(), f(x, same_b).item(), rtol=1e-9)
    assert "portions: 1 arrays joined in 4" in compiled.explain()


def read(x, b):
    z = ag.cat(parts(x), 1)
    return ag.sum(z @ b) + ag.sum(z)


def on_the_right(x, b):
    return ag.sum(ag.tanh(b.T[:, :WIDE] @ ag.cat(parts(x), 1)))


def of_itself(x, b):
    z = ag.cat(parts(x), 1)
    return ag.sum(ag.tanh(z @ b)) + ag.sum(z.T @ z)


def written(x, b):
    z = parts(x)
    with ag.no_grad():
        y = ag.cat(z, 1)
        z[3] += 1.0
        return ag.sum(ag.tanh(y @ b)) + ag.sum(z[3])


def too_few(x, b):
    return ag.sum(ag.tanh(ag.cat([x, ag.tanh(x)], 1) @ b[:128]))


@pytest.mark.parametrize("f", [read, on_the_right, of_itself, written, too_few])
def test_other_joined_arrays_stay(f):
    args = t(WIDE, 64), t(LONG, 30, seed=1)
    before = traced(f, *args)
    after = multiply_in_portions(before)
    assert shapes(after, "np.concatenate") == shapes(before, "np.concatenate")
    same(f, *args, rtol=1e-10)


def test_a_factor_that_waits_for_the_whole_array_keeps_it_whole():
    def f(x, b):
        z = parts(x)
        later = ag.tanh(z[-1] @ b[:64])
        return ag.sum(ag.tanh(ag.cat(z, 1) @ ag.cat([later] * 8, 0)))

    args = t(WIDE, 64), t(LONG, 30, seed=1)
    before = traced(f, *args)
    after = multiply_in_portions(before)
    assert shapes(after, "np.concatenate") == shapes(before, "np.concatenate")
    same(f, *args, rtol=1e-10)
