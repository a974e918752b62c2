"""Pooling at padding, ceilings, ties and NaN (PyTorch 2.13, measured)."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd.ops.maxpool import place_pool

INF, NAN = math.inf, math.nan


def at(function, x, *args, **options):
    """Value, and gradient of the sum."""
    tensor = ag.tensor(x, requires_grad=True)
    out = function(tensor, *args, **options)
    out.sum().backward()
    return out.tolist(), tensor.grad.tolist()


@pytest.mark.parametrize(
    ("x", "args", "value", "gradient"),
    [
        ([[[1.0, 1, 0, 2]]], (2,), [[[1, 2]]], [[[1, 0, 0, 1]]]),
        ([[[-1.0, -2]]], (3, 1, 1), [[[-1, -1]]], [[[2, 0]]]),
        ([[[-INF, -INF]]], (3, 2, 1), [[[-INF]]], [[[1, 0]]]),
        ([[[INF, INF, 0]]], (2, 1, 1), [[[INF, INF, INF, 0]]], [[[2, 1, 1]]]),
        ([[[NAN, 1.0, 2, 3]]], (2,), [[[NAN, 3]]], [[[1, 0, 0, 1]]]),
        ([[[NAN, NAN, 2, 3]]], (4,), [[[NAN]]], [[[0, 1, 0, 0]]]),
        ([[[1.0, 5, 2, 4]]], (2, 1, 0, 2), [[[2, 5]]], [[[0, 1, 1, 0]]]),
    ],
)
def test_max_pool1d(x, args, value, gradient):
    found, found_gradient = at(ag.max_pool1d, x, *args)
    np.testing.assert_array_equal(found, value)
    np.testing.assert_array_equal(found_gradient, gradient)


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "padding", "ceil", "count"),
    [
        (5, 2, 2, 0, False, 2),
        (4, 2, 2, 0, True, 2),
        (5, 2, 2, 0, True, 3),
        (2, 2, 2, 1, True, 2),
        (3, 2, 3, 1, True, 2),
        (2, 3, 3, 1, True, 1),
        (2, 3, 2, 0, True, 1),
    ],
)
@pytest.mark.parametrize("pool", [ag.max_pool1d, ag.avg_pool1d])
def test_a_last_window_must_start_inside(pool, n, kernel, stride, padding, ceil, count):
    out = pool(np.zeros((1, 1, n)), kernel, stride, padding, ceil_mode=ceil)
    assert out.shape == (1, 1, count)


@pytest.mark.parametrize(
    ("n", "args", "options", "value"),
    [
        (2, (2, 2, 1), {}, [0.5, 0.5]),
        (2, (2, 2, 1), {"count_include_pad": False}, [1, 1]),
        (3, (2,), {"ceil_mode": True}, [1, 1]),
        (4, (3, 2, 1), {"ceil_mode": True}, [2 / 3, 1, 0.5]),
        (4, (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, [1, 1, 1]),
    ],
)
def test_avg_pool_counts(n, args, options, value):
    assert ag.avg_pool1d(np.ones((1, 1, n)), *args, **options)[0, 0].tolist() == value


def test_avg_pool_divisor_override_and_sum_pool():
    x = np.arange(16.0).reshape(1, 4, 4)
    sums = ag.sum_pool2d(x, 2)
    assert sums.tolist() == [[[10, 18], [42, 50]]]
    np.testing.assert_array_equal(ag.avg_pool2d(x, 2) * 4, sums)
    np.testing.assert_array_equal(ag.avg_pool2d(x, 2, divisor_override=5) * 5, sums)
    with pytest.raises(ag.RangeError, match="zero"):
        ag.avg_pool2d(x, 2, divisor_override=0)


@pytest.mark.parametrize(
    ("size", "value"), [(3, [0.5, 2, 3.5]), (1, [2]), (5, [0, 1, 2, 3, 4]), (None, [0, 1, 2, 3, 4])]
)
def test_adaptive_avg_pool(size, value):
    assert ag.adaptive_avg_pool1d(np.arange(5.0).reshape(1, 1, 5), size)[0, 0].tolist() == value


def test_adaptive_max_pool_with_overlapping_bins():
    x = np.array([[[0.0, 1, 9, 3, 2]]])
    values, indices = ag.adaptive_max_pool1d(x, 3, return_indices=True)
    assert values.tolist() == [[[1, 9, 3]]]
    assert indices.tolist() == [[[1, 2, 3]]]
    assert at(ag.adaptive_max_pool1d, [[[0.0, 9, 1]]], 2) == ([[[9, 9]]], [[[0, 2, 0]]])


def test_indices_and_unpooling():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    values, indices = ag.max_pool2d(x, 2, return_indices=True)
    assert values.tolist() == indices.tolist() == [[[[5, 7], [13, 15]]]]
    back = ag.max_unpool2d(values, indices, 2)
    np.testing.assert_array_equal(back, np.where(np.isin(x, values), x, 0))
    padded, places = ag.max_pool2d(x, 3, 2, 1, return_indices=True)
    assert places.tolist() == padded.tolist() == [[[[5, 7], [13, 15]]]]
    with pytest.raises(IndexError, match="outside"):
        ag.max_unpool1d(np.ones((1, 1, 1)), np.array([[[7]]]), 2)


@pytest.mark.parametrize("kernel", [(2, 2), (3, 1), (2, 3)])
@pytest.mark.parametrize("stride", [1, 2])
def test_pools_equal_the_unfolded_windows(kernel, stride):
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 5))
    columns = ag.unfold(x, kernel, stride=stride)
    windows = columns.reshape(2, 3, math.prod(kernel), -1)
    for pool, reduce in [
        (ag.max_pool2d, np.max),
        (ag.avg_pool2d, np.mean),
        (ag.sum_pool2d, np.sum),
    ]:
        out = pool(x, kernel, stride)
        np.testing.assert_allclose(out.reshape(2, 3, -1), reduce(windows, axis=2))


def test_pools_keep_float32_and_take_integers():
    x = np.arange(8, dtype=np.float32).reshape(1, 2, 4)
    for pool in (ag.max_pool1d, ag.avg_pool1d):
        assert pool(x, 3, 2, 1, ceil_mode=True).dtype == np.float32
    assert ag.adaptive_avg_pool1d(x, 3).dtype == np.float32
    assert ag.max_pool1d(x.astype(int), 2).tolist() == [[[1, 3], [5, 7]]]
    assert ag.avg_pool1d(x.astype(int), 2).tolist() == [[[0.5, 2.5], [4.5, 6.5]]]


def test_second_derivative_of_a_pooled_square():
    x = ag.tensor([[[1.0, 3, 2, 2]]], requires_grad=True)
    (first,) = ag.grad((ag.max_pool1d(x, 2) ** 3).sum(), x, create_graph=True)
    (second,) = ag.grad(first.sum(), x)
    assert first.tolist() == [[[0, 27, 12, 0]]]
    assert second.tolist() == [[[0, 18, 12, 0]]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ag.max_pool1d(x, 2, padding=2), "padding should be at most half of kernel size"),
        (lambda x: ag.max_pool1d(x, 5), "can't be greater"),
        (lambda x: ag.max_pool2d(x[0, 0], 2), "dimensions"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(RuntimeError, match=words) as caught:
        call(np.ones((1, 1, 4)))
    assert isinstance(caught.value, ag.GlassError)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "counts"),
    [((2,), (2,), (3,), 1, 1), ((4,), (2,), (3,), 0, 2), ((4, 6), (2, 3), None, 0, (2, 2))],
)
def test_elements_in_no_window_get_zero(monkeypatch, size, kernel, stride, padding, counts):
    """The windows have as many elements as the image, even where some lie outside of it."""
    monkeypatch.setattr(np, "empty_like", lambda x, shape: np.full(shape, np.nan, x.dtype))
    counts = counts if isinstance(counts, tuple) else (counts,)
    offsets = np.zeros((1, *counts), np.int64) + (1 if padding else 0)
    found = np.array(place_pool(np.ones((1, *counts)), offsets, size, kernel, stride, padding))
    assert found.sum() == np.prod(counts)
    assert set(found.flat) == {0.0, 1.0}


def test_the_gradient_of_max_pooling_lies_in_memory_as_the_image_did():
    image = np.moveaxis(np.random.default_rng(0).normal(size=(3, 4, 6, 5)), -1, 0)  # batch last
    x = ag.tensor(np.zeros_like(image), requires_grad=True)
    x.data = image
    (ag.max_pool2d(x, 2) * ag.ones(5, 3, 2, 3)).sum().backward()
    first = ag.tensor(np.ascontiguousarray(image), requires_grad=True)
    (ag.max_pool2d(first, 2) * ag.ones(5, 3, 2, 3)).sum().backward()
    np.testing.assert_array_equal(x.grad.data, first.grad.data)
    upstream, places = np.ones((5, 3, 2, 3)), np.moveaxis(np.zeros((3, 2, 3, 5), int), -1, 0)
    placed = place_pool(upstream, places, (4, 6), 2)
    assert np.moveaxis(placed, 0, -1).flags.c_contiguous
    assert placed.sum() == upstream.sum()
