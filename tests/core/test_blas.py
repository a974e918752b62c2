"""Matrix products by the shortest way: the same numbers, whichever way it is."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.core import blas

RNG = np.random.default_rng(0)

# (1024, 256) @ (256, 32): the left factor is cut; turned round, the right one
SHAPES = [
    (256, 300, 32),
    (32, 300, 256),
    (128, 128, 128),
    (250, 257, 20),
    (256, 40, 128),
    (192, 200, 192),
]


def matrix(shape, order="C", dtype=np.float32):
    return np.asarray(RNG.standard_normal(shape), dtype, order=order)


@pytest.fixture(autouse=True)
def cutting(monkeypatch):
    """As if NumPy had OpenBLAS on one thread, wherever the tests run."""
    monkeypatch.setattr(blas, "multiplies_small_ones_at_once", lambda: True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("orders", ["CC", "CF", "FC", "FF"])
@pytest.mark.parametrize(("m", "k", "n"), SHAPES)
def test_large_products_are_right(m, k, n, orders, dtype):
    x, y = matrix((m, k), orders[0], dtype), matrix((k, n), orders[1], dtype)
    out, exact = blas.product(x, y), x.astype(np.float64) @ y.astype(np.float64)
    assert (out.dtype, out.flags.c_contiguous) == (np.dtype(dtype), True)
    np.testing.assert_allclose(out, exact, atol=1e-4 if dtype is np.float32 else 1e-11)


def layout(x, y):
    return [flag for a in (x, y) for flag in (a.flags.c_contiguous, a.flags.f_contiguous)]


def tile(x, y):
    return blas.cut(x.shape, y.shape, x.itemsize, *layout(x, y))


def test_the_larger_factor_is_cut_where_the_other_is_small():
    assert tile(matrix((1024, 256)), matrix((256, 32))) == (64, 32)
    assert tile(matrix((256, 1024), "F"), matrix((1024, 32))) == (16, 32)
    assert tile(matrix((32, 256)), matrix((256, 1024))) == (32, 64)
    assert tile(matrix((1600, 256), "F"), matrix((256, 65), "F")) == (32, 65)


def test_both_are_cut_where_both_are_large():
    assert tile(matrix((1024, 320)), matrix((320, 256))) == (32, 64)
    assert tile(matrix((128, 784)), matrix((784, 256), "F")) == (64, 16)
    assert tile(matrix((1600, 1024), "F"), matrix((1024, 64))) == (16, 32)
    assert tile(matrix((128, 784), "F"), matrix((784, 256), "F")) == (64, 16)
    assert tile(matrix((256, 128), "F"), matrix((128, 784))) == (64, 16)  # 32 do not divide it


def test_a_row_of_a_tile_has_as_many_bytes_of_doubles():
    x, y = matrix((512, 256), dtype=np.float64), matrix((256, 192), dtype=np.float64)
    assert tile(x, y) == (64, 32)
    assert tile(x, matrix((256, 192), "F", np.float64)) == (64, 16)
    assert tile(matrix((1024, 320), dtype=np.float64), matrix((320, 256), dtype=np.float64)) is None


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (matrix((512, 509)), matrix((509, 509))),  # nothing divides it
        (matrix((1021, 256)), matrix((256, 32))),  # a prime number of rows
        (matrix((1024, 512))[:, ::2], matrix((256, 32))),  # neither along rows nor columns
        (matrix((256, 8192), "F"), matrix((8192, 8))),  # far apart in memory
        (matrix((1024, 2048)), matrix((2048, 2))),  # so few gain nothing
        (matrix((640, 100)), matrix((100, 640), "F")),  # short sums
        (matrix((512, 2048)), matrix((2048, 512))),  # long ones
    ],
)
def test_what_stays_whole(x, y):
    assert tile(x, y) is None
    np.testing.assert_allclose(blas.product(x, y), x @ y, atol=1e-3)


@pytest.mark.parametrize(
    ("x", "y"), [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4))]
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, bool])
def test_small_products_are_those_of_numpy(x, y, dtype):
    x, y = (matrix(shape, dtype=dtype) for shape in (x, y))
    found, expected = blas.product(x, y), np.matmul(x, y)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 5, 4), (0, 3, 4), (2, 0, 4), (40, 30, 4)])
def test_a_stack_times_a_matrix_is_one_product(shape):
    stack, weight = matrix(shape), matrix((5, 4))
    for x in (stack, np.swapaxes(matrix((*shape[:-2], 4, shape[-2])), -1, -2)):
        np.testing.assert_allclose(blas.product(x, weight.T), x @ weight.T, atol=1e-5)
    assert (
        blas.product(np.ones((2, 3, 0)), np.ones((0, 4))).tolist() == np.zeros((2, 3, 4)).tolist()
    )
    with pytest.raises(ag.ShapeError, match="must equal"):
        ag.tensor(stack, requires_grad=True) @ ag.tensor(weight)


def test_gradients_of_a_stack_times_a_matrix():
    x, left, right = (matrix(s, dtype=float) for s in ((2, 3, 4), (4, 5), (5, 4)))
    leaves = [ag.tensor(a, requires_grad=True) for a in (x, left, right)]
    assert ag.gradcheck(lambda x, w, v: x @ w + x @ v.T, leaves)
    assert ag.gradgradcheck(lambda x, w, v: x @ w + x @ v.T, leaves)
    (leaves[0] @ leaves[1]).sum().backward()
    np.testing.assert_allclose(leaves[1].grad.data, x.reshape(6, 4).T @ np.ones((6, 5)))


def test_stacks_and_numbers_are_left_to_numpy():
    x, y = matrix((2, 3, 4)), matrix((2, 4, 5))
    np.testing.assert_array_equal(blas.product(x, y), x @ y)
    with pytest.raises(ValueError, match="matmul"):
        blas.product(np.array(2.0), y)


def test_misfits_are_refused_whatever_the_size():
    x, y = (ag.tensor(matrix(s), requires_grad=True) for s in ((1024, 256), (255, 32)))
    with pytest.raises(ag.ShapeError, match="must equal"):
        x @ y


def test_numpys_warnings_are_those_of_the_user():
    x, y = matrix((256, 300)), matrix((300, 32))
    x[0, 0], y[0] = np.inf, 0
    for left, right in ((x, y), (x[:3, :3], y[:3, :3])):
        with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
            blas.product(left, right)


@pytest.mark.parametrize(
    ("told", "uses"),
    [(None, True), ("", True), ("SkylakeX", True), ("Haswell", False), ("ZEN", False)],
)
def test_products_stay_whole_where_openblas_may_not_use_avx512(monkeypatch, told, uses):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    if told is not None:
        monkeypatch.setenv("OPENBLAS_CORETYPE", told)
    assert blas._uses_it() == uses


@pytest.mark.parametrize(
    ("given", "threads"),
    [
        ({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "4"}, 1),
        ({"OMP_NUM_THREADS": "4"}, 4),
        ({"OPENBLAS_NUM_THREADS": "many", "OMP_NUM_THREADS": "0"}, 7),
    ],
)
def test_how_many_threads_there_are(monkeypatch, given, threads):
    for name in ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(7)), raising=False)
    assert blas._threads() == threads
