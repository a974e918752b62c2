"""Sorting, searching and counting (PyTorch 2.13, measured)."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

NAN, INF = float("nan"), float("inf")


def test_sorting_hands_gradients_back():
    x = ag.tensor([2.0, 3.0, 0.0], requires_grad=True)
    values, indices = x.sort()
    assert (values.tolist(), indices.tolist()) == ([0, 2, 3], [2, 0, 1])
    values.backward(np.array([1.0, 2, 3]))
    assert x.grad.tolist() == [2, 3, 1]
    assert indices.dtype == np.int64
    assert not indices.requires_grad


@pytest.mark.parametrize(
    ("function", "data", "values", "indices"),
    [
        (lambda x: x.sort(), [1, 0, 1, 0], [0, 0, 1, 1], [1, 3, 0, 2]),
        (lambda x: x.sort(descending=True), [1, 0, 1, 0], [1, 1, 0, 0], [0, 2, 1, 3]),
        (lambda x: x.sort(), [1, NAN, INF, 0], [0, 1, INF, NAN], [3, 0, 2, 1]),
        (lambda x: ag.sort(x, 0, True, stable=True), [1, NAN, 0, 1], [NAN, 1, 1, 0], [1, 0, 3, 2]),
        (lambda x: x.sort(), 1.0, 1, 0),
        (lambda x: x.sort(-1), [], [], []),
        (lambda x: x.sort(axis=0), [[2, 1], [1, 2]], [[1, 1], [2, 2]], [[1, 0], [0, 1]]),
        (lambda x: x.sort(), [True, False], [False, True], [1, 0]),
        (lambda x: x.topk(1), [2, 2, 1], [2], [0]),
        (lambda x: x.topk(3, largest=False), [1, 0, 0, 2], [0, 0, 1], [1, 2, 0]),
        (lambda x: x.topk(1), [1, NAN, 0], [NAN], [1]),
        (lambda x: x.topk(1), 1.0, 1, 0),
        (lambda x: x.topk(0), [1.0], [], []),
        (lambda x: ag.topk(x, k=1, dim=0), [[2, 1], [1, 2]], [[2, 2]], [[0, 1]]),
    ],
)
def test_order_is_pytorchs(function, data, values, indices):
    found = function(ag.tensor(data))
    np.testing.assert_array_equal(found.values.data, values)
    np.testing.assert_array_equal(found.indices.data, indices)


def test_numpys_functions_give_values_alone():
    array = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    x = ag.tensor(array, requires_grad=True)
    for function in (
        np.sort,
        lambda a: np.sort(a, axis=0),
        lambda a: np.sort(a, axis=None),
        np.argsort,
        lambda a: np.argsort(a, axis=0, kind="stable"),
        lambda a: np.argsort(a, axis=None),
        lambda a: np.unique(a, return_counts=True)[1],
        lambda a: np.searchsorted(np.arange(6.0), a, side="right"),
        lambda a: np.nonzero(a)[1],
        np.argwhere,
    ):
        found = function(x)
        assert isinstance(found, ag.Tensor)
        np.testing.assert_array_equal(found.data, function(array))
    np.sort(x).backward(array)
    assert x.grad.tolist() == [[2, 3, 1], [0, 4, 5]]
    assert ag.msort(x).tolist() == [[0, 1, 2], [3, 5, 4]]
    assert np.bincount(ag.tensor([0, 2, 2])).tolist() == [1, 0, 2]


@pytest.mark.parametrize("right", [False, True])
def test_searching_rows_equals_searching_each_row(right):
    rng = np.random.default_rng(0)
    edges = np.sort(rng.integers(0, 5, (3, 2, 6)) * 1.0, axis=-1)
    values = rng.integers(-1, 6, (3, 2, 4)) * 1.0
    values[0, 0, 0], edges[1, 1, -1] = INF, INF
    found = ag.searchsorted(ag.tensor(edges), ag.tensor(values), right=right)
    side = "right" if right else "left"
    for row in np.ndindex(3, 2):
        wanted = np.searchsorted(edges[row], values[row], side=side)
        np.testing.assert_array_equal(found[row].data, wanted)


def test_searching_takes_a_number_a_sorter_and_a_dtype():
    edges = ag.tensor([3.0, 1.0, 2.0])
    assert ag.searchsorted(edges, 2.0, sorter=edges.argsort()).item() == 1
    assert ag.searchsorted(edges.sort()[0], ag.tensor([NAN]), out_int32=True).dtype == np.int32
    assert ag.bucketize(ag.tensor([[1, 2], [5, 0]]), ag.tensor([1, 2, 3]), right=True).tolist() == [
        [1, 2],
        [3, 0],
    ]
    assert ag.bucketize(2, ag.tensor([1, 2, 3])).item() == 1


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            lambda: ag.unique(ag.tensor([3, 1, 3]), return_inverse=True, return_counts=True),
            ([1, 3], [1, 0, 1], [1, 2]),
        ),
        (
            lambda: ag.unique(ag.tensor([[3, 1], [3, 1], [0, 1]]), dim=0, return_counts=True),
            ([[0, 1], [3, 1]], [1, 2]),
        ),
        (
            lambda: ag.unique(ag.tensor([[1, 0], [0, 1]]), return_inverse=True),
            ([0, 1], [[1, 0], [0, 1]]),
        ),
        (lambda: ag.tensor([[0, 1], [1, 0]]).nonzero(as_tuple=True), ([0, 1], [1, 0])),
        (lambda: ag.nonzero(ag.tensor(1.0), as_tuple=True), ([0],)),
    ],
)
def test_several_results(found, expected):
    results = found()
    assert tuple(result.tolist() for result in results) == expected


def test_counting():
    assert ag.unique(ag.tensor([NAN, 1.0, NAN])).numel() == 3
    assert ag.nonzero(ag.tensor(1.0)).shape == (1, 0)
    assert ag.nonzero(ag.tensor(0.0)).shape == (0, 0)
    assert ag.tensor([[0, 1], [1, 0]]).argwhere().tolist() == [[0, 1], [1, 0]]
    counts = ag.bincount(ag.tensor([0, 2, 2]), ag.tensor([1, 2, 3], dtype=np.float32), 5)
    assert counts.tolist() == [1, 0, 5, 0, 0]
    assert counts.dtype == np.float32
    assert ag.bincount(ag.tensor([], dtype=int)).tolist() == []


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda x: x.sort(1), IndexError, "dimensions go from"),
        (lambda x: x.topk(4), ValueError, "k=4 of the 3"),
        (lambda x: x.topk(-1), ValueError, "k=-1"),
        (lambda x: x.argsort(0, foo=1), TypeError, "do not fit"),
        (lambda x: ag.bincount(x), TypeError, "from 0 on"),
        (lambda x: ag.bincount(ag.tensor([-1])), ValueError, "from 0 on"),
        (lambda x: ag.bincount(ag.tensor([1]), x), ValueError, "as many numbers"),
        (lambda x: ag.searchsorted(x, x, side="middle"), TypeError, "'left'"),
        (lambda x: ag.searchsorted(x.sum(), x), ValueError, "a vector"),
        (lambda x: ag.bucketize(x, x[None]), ValueError, "a vector"),
        (lambda x: x.unique(dim=1), IndexError, "dimensions go from"),
    ],
)
def test_errors_teach_and_are_the_builtin_one(use, error, words):
    with pytest.raises(error, match=words) as caught:
        use(ag.tensor([3.0, 1.0, 2.0]))
    assert isinstance(caught.value, ag.GlassError)
