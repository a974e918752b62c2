"""Products with few columns, in bands of rows."""

from __future__ import annotations

import numpy as np
import pytest
import traces
from traces import calls, single as t

import autograd as ag
from autograd.compiler.passes import bands
from autograd.compiler.passes.bands import multiply_in_bands
from autograd.compiler.passes.buffers import plan_buffers
from autograd.compiler.passes.transposes import cancel_transposes


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """As on one thread with AVX-512, wherever the tests run."""
    monkeypatch.setattr(bands, "multiplies_small_ones_at_once", lambda: True)


def traced(function, *args):
    return traces.traced(function, *args, passes=(cancel_transposes,))


def product(w, x):
    return ag.tanh(w @ x)


def turned(w, x):
    return ag.tanh(w.T @ x)


def test_a_product_with_few_columns_is_cut():
    before = traced(product, t(512, 256), t(256, 32))
    after = multiply_in_bands(before)
    assert calls(after) == ["np.reshape", "np.empty", "np.reshape", "np.matmul", "np.tanh"]
    line = after.instructions[3]
    assert [value.shape for value in line.inputs] == [(8, 64, 256), (256, 32), (8, 64, 32)]
    assert line.writes == (line.kwargs["out"].memory,)


def test_a_transposed_matrix_is_cut_into_its_columns():
    after = multiply_in_bands(traced(turned, t(1024, 256), t(1024, 32)))
    assert calls(after)[-6:-2] == ["np.reshape", "np.transpose", "np.empty", "np.reshape"]
    line = after.instructions[-2]
    assert [value.shape for value in line.inputs] == [(16, 16, 1024), (1024, 32), (16, 16, 32)]


@pytest.mark.parametrize("function", [product, turned])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cut_products_are_the_same(function, dtype):
    args = t(512, 512, dtype=dtype), t(512, 24, seed=1, dtype=dtype)
    compiled, rtol = ag.compile(function), 1e-4 if dtype == np.float32 else 1e-12
    for _ in range(2):
        ours = compiled(*args).data
        np.testing.assert_allclose(ours, function(*args).data, rtol=rtol, atol=rtol)
    assert "bands: 1 products" in compiled.explain()


@pytest.mark.parametrize(
    "args",
    [
        (t(64, 64), t(64, 32)),  # small enough as it is
        (t(512, 256), t(256, 1)),  # a column
        (t(512, 256), t(256, 200)),  # many columns
        (t(509, 256), t(256, 32)),  # no bands of one height
        (t(64, 8192), t(8192, 64)),  # bands would be too low
    ],
)
def test_other_products_stay(args):
    before = traced(product, *args)
    assert calls(multiply_in_bands(before)) == calls(before)


def test_what_is_slower_in_bands_stays():
    many = traced(turned, t(1024, 256), t(1024, 96))
    assert calls(multiply_in_bands(many)) == calls(many)
    assert calls(multiply_in_bands(traced(product, t(256, 1024), t(1024, 96)))).count("np.empty")
    right = traced(lambda w, x: ag.tanh(w @ x.T), t(1024, 256), t(32, 256))
    assert calls(multiply_in_bands(right)) == calls(right)


def test_what_the_caller_gets_stays():
    before = traced(lambda w, x: w @ x, t(512, 256), t(256, 32))
    assert calls(multiply_in_bands(before)) == ["np.matmul"]


def test_several_threads_share_whole_products(monkeypatch):
    monkeypatch.setattr(bands, "multiplies_small_ones_at_once", lambda: False)
    before = traced(product, t(512, 256), t(256, 32))
    assert calls(multiply_in_bands(before)) == calls(before)


def test_bands_are_cut_once_and_lie_in_buffers_by_name():
    def f(w, x):
        for _ in range(3):
            x = ag.tanh(w @ x)
        return ag.sum(x)

    args = t(256, 256), t(256, 64)
    program = multiply_in_bands(traced(f, *args))
    assert [line.outs[0].shape for line in program.instructions[:1]] == [(8, 32, 256)]
    assert calls(program).count("np.reshape") == 4
    planned = plan_buffers(program)
    assert calls(planned).count("np.reshape") == 1
    assert calls(planned).count("np.empty") == 0
    compiled = ag.compile(f)
    compiled(*args)
    assert ".reshape((8, 32, 64))" in compiled.source


def test_a_matrix_that_changes_between_calls_and_within():
    def f(w, x):
        y = ag.tanh(w @ x)
        with ag.no_grad():
            w += 0.25
        return ag.sum(y) + ag.sum(ag.tanh(w @ x))

    compiled, w, v, x = ag.compile(f), t(512, 256), t(512, 256), t(256, 32, seed=1)
    for _ in range(3):
        np.testing.assert_allclose(compiled(w, x).item(), f(v, x).item(), rtol=1e-4)
