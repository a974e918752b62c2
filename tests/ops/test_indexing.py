"""Indexing, gathering, scattering, masks and diagonals (PyTorch 2.13, measured)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd as ag
from autograd.ops.indexing import FEW

INF = float("inf")


def ramp(*shape):
    """1, 2, 3, … row by row."""
    return np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)


def gradients(function, *operands):
    """Value and gradients, each element of the result weighted by its number."""
    tensors = [ag.tensor(o, dtype=float, requires_grad=True) for o in operands]
    out = function(*tensors)
    out.backward(ramp(*out.shape))
    return out.tolist(), [None if t.grad is None else t.grad.tolist() for t in tensors]


def written(index):
    return " ".join(str(index).split())


INDICES = [
    1,
    -1,
    np.int64(1),
    np.array(1),
    slice(1, None),
    slice(None, None, -2),
    slice(2, 0, -1),
    slice(3, 1),
    None,
    Ellipsis,
    (),
    (0, 1, 2),
    (Ellipsis, 0),
    (None, 1, Ellipsis, None),
    (slice(None), slice(1, 3), -1),
    [2, 0, 2],
    [],
    [True, False, True],
    True,
    False,
    np.array(True),
    np.array([0, 0, 2]),
    np.array([[0, 1], [2, 2]]),
    np.array([-1, -3]),
    np.array([1, 2], dtype=np.int8),
    np.array([True, False, True]),
    np.arange(12).reshape(3, 4) % 2 == 0,
    np.arange(60).reshape(3, 4, 5) > 50,
    (slice(None), np.array([0, 3])),
    (slice(None), np.array([0, 3]), slice(1, 4)),
    (np.array([0, 1]), slice(None), np.array([1, 1])),
    (np.array([0, 2]), np.array([1, 1])),
    (np.array([[0], [2]]), np.array([1, 3])),
    (slice(None), 1, np.array([1, 2])),
    (np.array([0, 1]), slice(None), 0),
    (Ellipsis, np.array([0, 0]), None),
    (None, np.array([0, 0])),
    (np.array([True, False, True]), 1),
    (slice(None), np.array([True, False, False, True])),
    (np.array([True, False, True]), np.array([0, 1])),
    (slice(None), np.arange(20).reshape(4, 5) % 3 == 0),
    ([0, 1], [1, 2]),
]


@pytest.mark.parametrize("index", INDICES, ids=written)
def test_indexing_is_numpys(index):
    array = ramp(3, 4, 5)
    x = ag.tensor(array, requires_grad=True)
    found, expected = x[index], array[index]
    np.testing.assert_array_equal(found.data, expected)
    upstream = np.asarray(ramp(*expected.shape))
    found.backward(upstream)
    wanted = np.zeros_like(array)
    np.add.at(wanted, index, upstream)
    np.testing.assert_array_equal(x.grad.data, wanted)


@pytest.mark.parametrize(
    "index",
    [
        i
        for i in INDICES
        if isinstance(i, (np.ndarray, list, tuple)) and not ag.ops.indexing.is_basic(i)
    ],
    ids=written,
)
def test_tensors_are_indices_as_arrays_are(index):
    def as_tensors(part):
        return ag.tensor(part) if isinstance(part, np.ndarray) else part

    wanted = ramp(3, 4, 5)[index]
    parts = tuple(map(as_tensors, index)) if isinstance(index, tuple) else as_tensors(index)
    np.testing.assert_array_equal(ag.tensor(ramp(3, 4, 5))[parts].data, wanted)


@pytest.mark.parametrize(
    ("index", "one_by_one"),
    [
        ((0, slice(None), np.array([0, 1])), lambda x: x[0][:, np.array([0, 1])]),
        (
            (slice(None), 0, slice(None), np.array([0, 1])),
            lambda x: x[:, 0][:, :, np.array([0, 1])],
        ),
        ((0, Ellipsis, np.array([0, 1])), lambda x: x[0][..., np.array([0, 1])]),
        ((1, None, np.array([0, 1])), lambda x: x[1][None, np.array([0, 1])]),
        ((0, slice(None), np.eye(2) > 0), lambda x: x[0][:, np.eye(2) > 0]),
    ],
)
def test_integers_are_read_before_arrays_as_pytorch_does(index, one_by_one):
    array = ramp(2, 2, 2, 2)
    first, second = (ag.tensor(array, requires_grad=True) for _ in range(2))
    found, expected = first[index], one_by_one(second)
    np.testing.assert_array_equal(found.data, expected.data)
    for out in (found, expected):
        out.backward(ramp(*out.shape))
    np.testing.assert_array_equal(first.grad.data, second.grad.data)
    put = ag.index_put(ag.tensor(array), index, -expected.detach())
    np.testing.assert_array_equal(put[index].data, -expected.data)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (3, "index 3 is out of bounds for dimension 0, which has size 3: indices go from -3 to 2"),
        ((0, np.array([1, -5])), "index -5 is out of bounds for dimension 1"),
        ((Ellipsis, 9), "out of bounds for dimension 1, which has size 4"),
        ((0, 0, 0), "too many indices: shape .3, 4. has 2"),
        (np.ones(4, bool), "a mask of shape .4,. does not fit over .3,."),
        (1.5, "got float"),
        ("a", "got str"),
        (np.ones(2), "got dtype float64"),
        (([0, 1], [0, 1, 2]), "could not be broadcast"),
        ([[0], [0, 1]], "rows differ in length"),
    ],
)
def test_a_wrong_index_is_explained(index, words):
    with pytest.raises(IndexError, match=words) as caught:
        ag.tensor(ramp(3, 4))[index]
    assert isinstance(caught.value, ag.GlassError)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "axis", "picked"),
    [((50,), 0, (FEW + 1,)), ((20, 30), 0, (40,)), ((20, 30), 1, (5, 7)), ((3, 40, 5), 1, (99,))],
)
def test_placing_many_elements_by_counting_equals_adding_one_by_one(shape, axis, picked, dtype):
    rng = np.random.default_rng(0)
    index = rng.integers(-shape[axis], shape[axis], picked)
    x = rng.integers(-4, 5, (*shape[:axis], *picked, *shape[axis + 1 :])).astype(dtype)
    wanted = np.zeros(shape, dtype)
    where = (*(slice(None),) * axis, index)
    np.add.at(wanted, where, x)
    found = ag.place(x, where, shape)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, wanted)
    with pytest.raises(ag.IndexingError, match="out of bounds"):
        ag.place(x, (*(slice(None),) * axis, index + 99), shape)


def test_float32_sums_of_many_elements_stay_exact():
    index = np.zeros(100_000, int)
    found = ag.place(np.full(100_000, 0.1, np.float32), index, (1,))
    assert found.item() == pytest.approx(10_000, rel=1e-6)


@pytest.mark.parametrize(
    ("function", "operands", "value", "grads"),
    [
        (lambda x: x.gather(1, [[0, 0]]), [[[2, 5], [1, 3]]], [[2, 2]], [[[3, 0], [0, 0]]]),
        (lambda x: x.gather(0, ag.tensor(0)), [3], 3, [1]),
        (lambda x: x.select(1, -1), [[[2, 5], [1, 3]]], [5, 3], [[[0, 1], [0, 2]]]),
        (lambda x: x.narrow(0, -2, 2), [[1, 2, 3]], [2, 3], [[0, 1, 2]]),
        (lambda x: x.index_select(0, [2, 0, 2]), [[1, 2, 3]], [3, 1, 3], [[2, 0, 4]]),
        (lambda x: x.index_select(0, 1), [[1, 2, 3]], [2], [[0, 1, 0]]),
        (lambda x: x.index_select(0, [0]), [3], 3, [1]),
        (lambda x: x.take([-1, 0]), [[[1, 2], [3, 4]]], [4, 1], [[[2, 0], [0, 1]]]),
        (
            lambda x: ag.take_along_dim(x, [[-1]], 1),
            [[[1, 2], [3, 4]]],
            [[2], [4]],
            [[[0, 1], [0, 2]]],
        ),
        (lambda x, s: x.scatter(0, [1, 0], s), [[2, 5], [7, 8]], [8, 7], [[0, 0], [2, 1]]),
        (lambda x, s: x.scatter(0, [0], s), [[2, 5], [7, 8]], [7, 5], [[0, 2], [1, 0]]),
        (lambda x: x.scatter(0, [0, 0], 3), [[2, 5]], [3, 5], [[0, 2]]),
        (lambda x: x.scatter(0, [0], value=3), [[2, 5]], [3, 5], [[0, 2]]),
        (lambda x, s: x.scatter(0, [0, 1], s), [[2, 5], 4], [4, 4], [[0, 0], 3]),
        (
            lambda x, s: x.scatter_add(0, [1, 1], s),
            [[2, 5], [7, 8, 9]],
            [2, 20],
            [[1, 2], [2, 2, 0]],
        ),
        (
            lambda x, s: x.index_add(0, [0, 0], s, alpha=2),
            [[2, 5], [7, 8]],
            [32, 5],
            [[1, 2], [2, 2]],
        ),
        (lambda x, v: x.index_fill(0, [0, 0], v), [[2, 5], 3], [3, 5], [[0, 2], 1]),
        (lambda x: x.index_fill(0, [-1], 3), [[2, 5]], [2, 3], [[1, 0]]),
        (lambda x, s: x.index_copy(0, [1], s), [[2, 5], [7]], [2, 7], [[1, 0], [2]]),
        (
            lambda x, s: x.index_put(([0, 1],), s),
            [[[2, 5], [1, 2]], [7, 8]],
            [[7, 8], [7, 8]],
            [[[0, 0], [0, 0]], [4, 6]],
        ),
        (lambda x, s: x.index_put((None, [0]), s), [[[2, 5]], [7]], [[7, 5]], [[[0, 2]], [1]]),
        (
            lambda x, s: x.index_put(([1, 1],), s, accumulate=True),
            [[2, 5], [7, 8]],
            [2, 20],
            [[1, 2], [2, 2]],
        ),
        (lambda x, v: x.masked_fill(x < 3, v), [[1, 2, 3], 9], [9, 9, 3], [[0, 0, 3], 3]),
        (lambda x: x.masked_fill(x < 3, -INF), [[1, 3]], [-INF, 3], [[0, 2]]),
        (lambda x: x.masked_select(x > 1), [[1, 2, 3]], [2, 3], [[0, 1, 2]]),
        (
            lambda x: x.masked_select(ag.tensor([[True], [True]])),
            [[1, 2]],
            [1, 2, 1, 2],
            [[1 + 3, 2 + 4]],
        ),
        (
            lambda x, s: x.masked_scatter(ag.tensor([True, False, True]), s),
            [[2, 5, 1], [7, 8, 9]],
            [7, 5, 8],
            [[0, 2, 0], [1, 3, 0]],
        ),
        (lambda x: x.diagonal(5), [[[1, 2], [3, 4]]], [], [[[0, 0], [0, 0]]]),
        (lambda x: x.diagonal(-1), [[[1, 2], [3, 4]]], [3], [[[0, 0], [1, 0]]]),
        (lambda x: x.diag_embed(1), [[1, 2]], [[0, 1, 0], [0, 0, 2], [0, 0, 0]], [[2, 6]]),
        (lambda x: x.triu(1), [[[1, 2], [3, 4]]], [[0, 2], [0, 0]], [[[0, 2], [0, 0]]]),
        (lambda x: x.repeat_interleave(ag.tensor([2, 0]), 0), [[1, 2]], [1, 1], [[3, 0]]),
    ],
)
def test_values_and_gradients(function, operands, value, grads):
    found, found_gradients = gradients(function, *operands)
    assert found == value
    for ours, theirs in zip(found_gradients, grads, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "write",
    [
        lambda x, s: x.scatter(0, [0, 0], s),
        lambda x, s: x.index_copy(0, [0, 0], s),
        lambda x, s: x.index_put(([0, 0],), s),
        lambda x, s: x.index_put((ag.tensor([0, -2]),), s),
    ],
)
def test_of_two_values_written_to_one_place_the_last_one_stays_and_gets_the_gradient(write):
    value, (x, s) = gradients(write, [2, 5], [7, 8])
    assert (value, x, s) == ([8, 5], [0, 2], [0, 1])


@pytest.mark.parametrize(
    ("reduce", "include", "operands", "index", "value", "grads"),
    [
        ("sum", True, ([2, 5], [2, 4]), [0, 0], [8, 5], [[1, 1], [1, 1]]),
        ("sum", False, ([2, 5], [2, 4]), [0, 0], [6, 5], [[0, 1], [1, 1]]),
        ("mean", True, ([2, 5], [2, 4]), [0, 0], [8 / 3, 5], [[1 / 3, 1], [1 / 3, 1 / 3]]),
        ("mean", False, ([2, 5], [2, 4]), [0, 0], [3, 5], [[0, 1], [0.5, 0.5]]),
        ("prod", True, ([2, 5], [0, 4, 3]), [0, 0, 1], [0, 15], [[0, 3], [8, 0, 5]]),
        ("prod", True, ([2, 5], [0, 0, 3]), [0, 0, 1], [0, 15], [[0, 3], [0, 0, 5]]),
        ("prod", True, ([0, 5], [2, 3, 3]), [0, 0, 1], [0, 15], [[6, 3], [0, 0, 5]]),
        ("prod", True, ([0, 5], [2, 0, 3]), [0, 0, 1], [0, 15], [[0, 3], [0, 0, 5]]),
        ("prod", False, ([0, 5], [2, 0, 3]), [0, 0, 1], [0, 3], [[0, 0], [0, 2, 1]]),
        ("amax", True, ([2, 5], [2, 2, 1]), [0, 0, 1], [2, 5], [[1 / 3, 1], [1 / 3, 1 / 3, 0]]),
        ("amax", False, ([9, 5], [2, 2, 1]), [0, 0, 1], [2, 1], [[0, 0], [0.5, 0.5, 1]]),
        ("amin", True, ([2, 5], [2, 3, 1]), [0, 0, 1], [2, 1], [[0.5, 0], [0.5, 0, 1]]),
    ],
)
def test_scatter_reduce(reduce, include, operands, index, value, grads):
    x, s = (ag.tensor(o, dtype=float, requires_grad=True) for o in operands)
    out = x.scatter_reduce(0, ag.tensor(index), s, reduce, include_self=include)
    out.sum().backward()
    np.testing.assert_allclose(out.data, value)
    np.testing.assert_allclose(x.grad.data, grads[0])
    np.testing.assert_allclose(s.grad.data, grads[1])


def test_scatter_reduce_of_integers():
    x, s = ag.tensor([-1, 2]), ag.tensor([-2, -2])
    assert x.scatter_reduce(0, ag.tensor([0, 0]), s, "mean").tolist() == [-2, 2]
    assert (
        x.scatter_reduce(0, ag.tensor([0, 1]), s, "amax", include_self=False).tolist() == [-2] * 2
    )
    assert (
        x.scatter_reduce(0, ag.tensor([0, 1]), s, "amin", include_self=False).tolist() == [-2] * 2
    )


def test_a_second_derivative_of_products_with_several_zeros_is_refused():
    x, s = ag.tensor([2.0], requires_grad=True), ag.tensor([0.0, 0.0], requires_grad=True)
    out = x.scatter_reduce(0, ag.tensor([0, 0]), s, "prod")
    assert ag.grad(out, s)[0].tolist() == [0, 0]
    with pytest.raises(ag.GradientError, match="several factors are zero"):
        ag.grad(out, s, create_graph=True)


def test_gather_and_scatter_add_read_as_their_formulas():
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(2, 3, 4)), rng.integers(0, 3, (2, 5, 4))
    src, gathered = rng.normal(size=(2, 5, 4)), ag.gather(x, 1, index)
    added, written = ag.scatter_add(x, 1, index, src), ag.scatter(x, 1, index, src)
    sums, last = x.copy(), x.copy()
    for i, j, k in itertools.product(*map(range, index.shape)):
        assert gathered[i, j, k] == x[i, index[i, j, k], k]
        sums[i, index[i, j, k], k] += src[i, j, k]
        last[i, index[i, j, k], k] = src[i, j, k]
    np.testing.assert_allclose(added, sums)
    np.testing.assert_array_equal(written, last)


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda x: x.gather(1, [[3]]), IndexError, "index 3 is out of bounds for dimension 1"),
        (lambda x: x.gather(1, [[-1]]), IndexError, "indices go from 0 to 2"),
        (lambda x: x.gather(1, [0]), ValueError, "it has 2 dimension.s. too, not 1"),
        (lambda x: x.gather(1, [[0.5]]), TypeError, "made of integers"),
        (lambda x: x.gather(2, [[0]]), IndexError, "dimensions go from"),
        (lambda x: x.gather(0, [[0, 1, 1, 1]]), ValueError, "larger than"),
        (lambda x: x.scatter(1, [[0], [0]], ag.ones(1, 1)), ValueError, "larger than"),
        (lambda x: x.scatter(1, [[0]], ag.ones(1, 1, dtype=np.float32)), TypeError, "convert one"),
        (lambda x: x.scatter(1, [[0]]), TypeError, "takes a source"),
        (lambda x: x.index_select(1, [-1]), IndexError, "indices go from 0 to 2"),
        (lambda x: x.index_select(1, [[0]]), IndexError, "is a vector"),
        (lambda x: x.index_add(1, [0, 1], ag.ones(2, 1)), ValueError, "source has shape .2, 2."),
        (lambda x: x.index_fill(1, [0], ag.ones(1)), RuntimeError, "one number"),
        (lambda x: x.index_put(ag.tensor([0]), ag.ones(3)), TypeError, "for rows write"),
        (lambda x: x.index_put(([0],), ag.ones(2)), ValueError, "do not fit into"),
        (lambda x: x.take([6]), IndexError, "out of bounds"),
        (lambda x: x.take_along_dim(ag.tensor([[3]]), 1), IndexError, "out of bounds"),
        (lambda x: x.take_along_dim(ag.tensor([3]), 1), ValueError, "x has shape"),
        (lambda x: x.masked_fill(x, 0.0), TypeError, "write a comparison"),
        (lambda x: x.masked_fill(x > 0, ag.ones(3)), RuntimeError, "where.mask, value, x."),
        (
            lambda x: x.masked_select(ag.tensor([True])[None, None, :].repeat(1, 3, 2)),
            ValueError,
            "not",
        ),
        (lambda x: x.masked_scatter(x > 0, ag.ones(2)), ValueError, "too few"),
        (lambda x: x.select(0, 2), IndexError, "out of bounds"),
        (lambda x: x.narrow(1, 2, 2), RuntimeError, "reaches beyond the size 3"),
        (lambda x: x.narrow(1, 4, 0), IndexError, "out of bounds"),
        (lambda x: x.scatter_reduce(1, [[0]], x, "max"), ValueError, "one of sum"),
        (lambda x: x.diagonal(0, 0, 2), IndexError, "dimensions go from"),
        (lambda x: x[0].diagonal(), IndexError, "takes matrices"),
    ],
)
def test_errors_teach_and_are_the_builtin_one(use, error, words):
    with pytest.raises(error, match=words) as caught:
        use(ag.tensor(ramp(2, 3)))
    assert isinstance(caught.value, ag.GlassError)


def test_the_diagonal_is_written_through_its_view():
    x = ag.tensor(np.ones((2, 2)), requires_grad=True)
    y = x * 1
    y.diagonal().zero_()
    assert y.tolist() == [[0, 1], [1, 0]]
    y.sum().backward()
    assert x.grad.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "use",
    [
        lambda x, i: x.gather(0, i),
        lambda x, i: x.index_select(0, i),
        lambda x, i: x.scatter_add(0, i, x[:2]),
        lambda x, i: x.index_add(0, i, x[:2]),
        lambda x, i: x.scatter(0, i, 0.0),
        lambda x, i: x.masked_fill(ag.tensor([True, False, True]), 0.0),
    ],
)
def test_indices_are_operands_that_pictures_show(use):
    x, i = ag.tensor(ramp(3), requires_grad=True), ag.tensor([0, 2])
    assert len(use(x, i).node.operands) >= 2
