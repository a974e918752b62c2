"""Large products in tiles."""

from __future__ import annotations

import re

import numpy as np
import pytest
import traces
from traces import calls, single as t

import autograd as ag
import nn
import optim
from autograd.compiler.passes.buffers import plan_buffers
from autograd.compiler.passes.tiles import multiply_in_tiles
from autograd.compiler.passes.transposes import cancel_transposes
from autograd.core import blas


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """As on one thread with AVX-512, wherever the tests run."""
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: True)


def traced(function, *args):
    return traces.traced(function, *args, passes=(cancel_transposes,))


def tiled(program):
    """The shapes of factors and result of each product."""
    lines = [line for line in program.instructions if line.name == "np.matmul"]
    return [tuple(value.shape for value in line.inputs) for line in lines]


PRODUCTS = {
    "a @ b": (
        lambda a, b: a @ b,
        (256, 128),
        (128, 192),
        ((4, 1, 64, 128), (3, 128, 64), (4, 3, 64, 64)),
    ),
    "a @ b.T": (
        lambda a, b: a @ b.T,
        (128, 784),
        (256, 784),
        ((2, 1, 64, 784), (16, 784, 16), (2, 16, 64, 16)),
    ),
    "a.T @ b": (
        lambda a, b: a.T @ b,
        (128, 256),
        (128, 784),
        ((4, 1, 64, 128), (49, 128, 16), (4, 49, 64, 16)),
    ),
    "a.T @ b.T": (
        lambda a, b: a.T @ b.T,
        (320, 128),
        (64, 320),
        ((2, 1, 64, 320), (2, 320, 32), (2, 2, 64, 32)),
    ),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_is_cut_into_tiles_that_suit_its_factors(name):
    product, *shapes, expected = PRODUCTS[name]
    args = [t(*shape, seed=seed) for seed, shape in enumerate(shapes)]
    before = traced(lambda a, b: ag.tanh(product(a, b)), *args)
    (found,) = tiled(multiply_in_tiles(before))
    assert found == expected
    compiled = ag.compile(lambda a, b: ag.tanh(product(a, b) / 100))
    for _ in range(2):
        exact = np.tanh(product(args[0].data, args[1].data) / 100)
        np.testing.assert_allclose(compiled(*args).data, exact, rtol=1e-4, atol=1e-5)
    assert "tiles: 1 products" in compiled.explain()


@pytest.mark.parametrize(
    "args",
    [
        (t(100, 100), t(100, 100)),  # small enough as it is
        (t(251, 128), t(128, 251)),  # no tiles of one size
        (t(128, 4096), t(4096, 64)),  # sums of too many products
        (t(1024, 320, dtype=np.float64), t(320, 256, dtype=np.float64)),  # too large
        (t(2, 256, 128), t(128, 192)),  # a stack already
        (t(64, 64), t(64, 32)),  # small enough as it is
        (t(512, 256), t(256, 1)),  # a column
        (t(512, 256), t(256, 200)),  # many columns
        (t(509, 256), t(256, 32)),  # no bands of one height
        (t(64, 8192), t(8192, 64)),  # bands would be too low
    ],
)
def test_other_products_stay(args):
    before = traced(lambda a, b: ag.tanh(a @ b), *args)
    assert calls(multiply_in_tiles(before)) == calls(before)


def test_what_does_not_lie_in_order_stays():
    before = traced(lambda a, b: ag.tanh(a[:, ::2] @ b), t(256, 256), t(128, 192))
    assert calls(multiply_in_tiles(before)) == calls(before)


CUT = pytest.mark.parametrize(
    "args", [(t(256, 128), t(128, 192)), (t(512, 256), t(256, 32))], ids=["tiles", "bands"]
)


@CUT
def test_what_the_caller_gets_stays(args):
    before = traced(lambda a, b: a @ b, *args)
    assert calls(multiply_in_tiles(before)) == ["np.matmul"]


@CUT
def test_several_threads_share_whole_products(args, monkeypatch):
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: False)
    before = traced(lambda a, b: ag.tanh(a @ b), *args)
    assert calls(multiply_in_tiles(before)) == calls(before)


def test_one_matrix_in_two_products_is_cut_once():
    def f(a, b, c):
        return ag.sum(ag.tanh(a @ b) * ag.tanh(a @ c))

    before = traced(f, t(256, 128), t(128, 192), t(128, 192, seed=1))
    assert len(tiled(multiply_in_tiles(before))) == 2
    names = calls(multiply_in_tiles(before))
    assert names.count("np.reshape") == 5  # a; b and c; two results


def test_a_matrix_that_changes_within():
    def f(a, b):
        y = ag.tanh(a @ b / 64)
        with ag.no_grad():
            a *= 0.5
        return ag.sum(y * ag.tanh(a @ b / 64))

    compiled, a, same, b = ag.compile(f), t(256, 128), t(256, 128), t(128, 192, seed=1)
    for _ in range(3):
        np.testing.assert_allclose(compiled(a, b).item(), f(same, b).item(), rtol=1e-4)


def test_gradients_that_lie_side_by_side_are_computed_there_in_tiles():
    def trained():
        ag.manual_seed(0)
        layers = [nn.Linear(128, 256, dtype=np.float32), nn.Linear(256, 64, dtype=np.float32)]
        model = nn.Sequential(layers[0], nn.Tanh(), layers[1])
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x):
            optimizer.zero_grad()
            loss = ag.mean(model(x) ** 2)
            loss.backward()
            optimizer.step()
            return loss

        return step

    x, compiled, plain = t(256, 128), ag.compile(trained()), trained()
    for _ in range(4):
        np.testing.assert_allclose(compiled(x).item(), plain(x).item(), rtol=1e-4)
    assert "side by side" in compiled.explain()
    given = re.findall(r"= d_model_\d_weight\.reshape", compiled.source)
    assert len(given) == 2


def test_a_gradient_is_computed_in_the_memory_of_the_last_one_in_tiles():
    weight, x = t(512, 512).requires_grad_(), t(128, 512, seed=1)

    def step(x):
        weight.grad = None
        ag.sum(ag.tanh(x @ weight / 64)).backward()

    step(x)
    expected, compiled = weight.grad.data.copy(), ag.compile(step)
    compiled(x)
    first = weight.grad.data
    address = first.__array_interface__["data"][0]
    del first
    for _ in range(2):
        compiled(x)
        assert weight.grad.data.__array_interface__["data"][0] == address
        np.testing.assert_allclose(weight.grad.data, expected, rtol=1e-3, atol=1e-4)
    kept = weight.grad  # somebody holds it now
    compiled(x)
    assert weight.grad.data is not kept.data
    np.testing.assert_allclose(weight.grad.data, kept.data, rtol=1e-6)
    assert "lent((512, 512), np.float32, out=spare_0)" in compiled.source


# --- few columns: bands -----------------------------------------------------------------


def few_columns(w, x):
    return ag.tanh(w @ x)


def turned(w, x):
    return ag.tanh(w.T @ x)


def test_a_product_with_few_columns_is_cut():
    before = traced(few_columns, t(512, 256), t(256, 32))
    after = multiply_in_tiles(before)
    assert calls(after) == ["np.reshape", "np.empty", "np.reshape", "np.matmul", "np.tanh"]
    line = after.instructions[3]
    assert [value.shape for value in line.inputs] == [(8, 64, 256), (256, 32), (8, 64, 32)]
    assert line.writes == (line.kwargs["out"].memory,)


def test_a_transposed_matrix_is_cut_into_its_columns():
    after = multiply_in_tiles(traced(turned, t(1024, 256), t(1024, 32)))
    assert calls(after)[-6:-2] == ["np.reshape", "np.transpose", "np.empty", "np.reshape"]
    line = after.instructions[-2]
    assert [value.shape for value in line.inputs] == [(16, 16, 1024), (1024, 32), (16, 16, 32)]


@pytest.mark.parametrize("function", [few_columns, turned])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cut_products_are_the_same(function, dtype):
    args = t(512, 512, dtype=dtype), t(512, 24, seed=1, dtype=dtype)
    compiled, rtol = ag.compile(function), 1e-4 if dtype == np.float32 else 1e-12
    for _ in range(2):
        ours = compiled(*args).data
        np.testing.assert_allclose(ours, function(*args).data, rtol=rtol, atol=rtol)
    assert "tiles: 1 products" in compiled.explain()


def test_bands_are_cut_once_and_lie_in_buffers_by_name():
    def f(w, x):
        for _ in range(3):
            x = ag.tanh(w @ x)
        return ag.sum(x)

    args = t(256, 256), t(256, 64)
    program = multiply_in_tiles(traced(f, *args))
    assert [line.outs[0].shape for line in program.instructions[:1]] == [(8, 32, 256)]
    assert calls(program).count("np.reshape") == 4
    planned = plan_buffers(program)
    assert calls(planned).count("np.reshape") == 1
    assert calls(planned).count("np.empty") == 0
    compiled = ag.compile(f)
    compiled(*args)
    assert ".reshape((8, 32, 64))" in compiled.source


def test_bands_of_a_matrix_that_changes_between_calls_and_within():
    def f(w, x):
        y = ag.tanh(w @ x)
        with ag.no_grad():
            w += 0.25
        return ag.sum(y) + ag.sum(ag.tanh(w @ x))

    compiled, w, v, x = ag.compile(f), t(512, 256), t(512, 256), t(256, 32, seed=1)
    for _ in range(3):
        np.testing.assert_allclose(compiled(w, x).item(), f(v, x).item(), rtol=1e-4)


def test_a_product_into_an_array_that_a_person_gives():
    m, x = nn.Conv2d(2, 4, 3, groups=2, rng=0), np.random.default_rng(0).normal(size=(2, 2, 6, 6))

    def f(x):
        y = m(x.requires_grad_())
        (g,) = ag.grad((y**2).mean(), [x], create_graph=True)
        return (g**2).sum().detach()

    assert ag.compile(f)(ag.tensor(x)).item() == pytest.approx(f(ag.tensor(x)).item())

    def into(a, b):
        z = a * 0
        np.matmul(a.data, b.data, out=z.data)
        return z + 1

    a, b = t(256, 256), t(256, 256, seed=1)
    np.testing.assert_allclose(ag.compile(into)(a, b).data, into(a, b).data, rtol=1e-4, atol=1e-4)
