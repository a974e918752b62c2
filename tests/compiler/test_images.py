"""The functions that compiled steps carry, against the primitives that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.compiler import images
from autograd.ops.convolution import convolution, convolution_transpose, convolution_weight
from autograd.ops.maxpool import max_pool, max_pool_indices
from autograd.ops.pooling import spread_pool, sum_pool

N, C, KERNELS = 4, 3, 5
GEOMETRY = [
    ((9,), (3,), (1,), (0,), (1,)),
    ((9,), (3,), (2,), (1,), (2,)),
    ((9, 8), (3, 2), (2, 1), (1, 0), (1, 2)),
    ((9, 8), (5, 5), (1, 1), (2, 2), (1, 1)),
    ((9, 8), (1, 1), (1, 1), (0, 0), (1, 1)),
    ((9, 8), (2, 2), (3, 3), (0, 0), (1, 1)),
    ((6, 7, 5), (2, 3, 2), (2, 1, 2), (1, 1, 0), (1, 2, 1)),
]
"""Size, kernel, stride, padding and dilation."""


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def last(x):
    return np.ascontiguousarray(np.moveaxis(x, 0, -1))


def space(size=10**6):
    return np.full(size, np.nan)


@pytest.mark.parametrize("many", [1, 2, 64])
@pytest.mark.parametrize("wide", [float, np.float32])
def test_the_batch_comes_last(many, wide):
    x = numbers(many, 2, 5, 3).astype(wide)
    np.testing.assert_array_equal(images.batch_last(x), last(x))


@pytest.mark.parametrize("rows", [1, None])
@pytest.mark.parametrize(("size", "kernel", "stride", "padding", "dilation"), GEOMETRY)
def test_convolution_and_both_gradients(size, kernel, stride, padding, dilation, rows):
    x, w = numbers(N, C, *size), numbers(KERNELS, C, *kernel, seed=1)
    y = convolution(x, w, stride, padding, dilation)
    g = numbers(*y.shape, seed=2)
    _, _, *counts = y.shape
    around = tuple(n + 2 * p for n, p in zip(size, padding, strict=True))
    image = images.padded(images.batch_last(x), padding, around)
    how = {"stride": stride, "dilation": dilation, "rows": rows or counts[0], "width": N}
    found = images.correlate(w, image, counts, space=space(), **how)
    np.testing.assert_allclose(found, last(y), rtol=1e-12, atol=1e-14)
    found = images.weight_gradient(image, last(g), kernel, space=space(), **how)
    expected = convolution_weight(x, g, kernel, stride, padding, dilation)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    how["rows"] = how["rows"] if len(size) > 1 else counts[0]
    inside = tuple(slice(p, p + n) for p, n in zip(padding, size, strict=True))
    expected = last(convolution_transpose(g, w, size, stride, padding, dilation))
    for gradient in (images.input_gradient, images.spread_gradient):
        found = gradient(w, last(g), around, space=space(), **how)
        np.testing.assert_allclose(found[(slice(None), *inside)], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("what", ["any", "ties", "nan"])
@pytest.mark.parametrize(("size", "kernel", "stride", "_", "dilation"), GEOMETRY)
def test_the_largest_pixel_and_where_it_is(size, kernel, stride, _, dilation, what):
    x = numbers(N, C, *size)
    x = np.round(x) if what == "ties" else x
    if what == "nan":
        x[numbers(*x.shape, seed=3) > 1] = np.nan
    top = max_pool(x, kernel, stride, 0, dilation)
    image, counts = images.batch_last(x), top.shape[2:]
    found = images.largest(image, kernel, counts, stride, dilation)
    np.testing.assert_array_equal(found, last(top))
    places = images.place_of(image, found, kernel, stride, dilation)
    back = images.put_back(np.ones(found.shape), places, size, kernel, stride, dilation)
    indices = max_pool_indices(x, kernel, stride, 0, dilation).reshape(N, C, -1)
    expected = np.zeros((N, C, int(np.prod(size))))
    for n, c in np.ndindex(N, C):
        np.add.at(expected[n, c], indices[n, c], 1.0)
    np.testing.assert_array_equal(back, last(expected.reshape(x.shape)))


@pytest.mark.parametrize(("size", "kernel", "stride", "_", "__"), GEOMETRY)
def test_sums_of_windows_and_what_is_handed_out(size, kernel, stride, _, __):
    x, near = numbers(N, C, *size), (1,) * len(size)
    sums = sum_pool(x, kernel, stride)
    found = images.added(images.batch_last(x), kernel, sums.shape[2:], stride, near)
    np.testing.assert_allclose(found, last(sums), rtol=1e-12, atol=1e-14)
    found = images.handed_out(last(sums), size, kernel, stride, near)
    np.testing.assert_allclose(found, last(spread_pool(sums, size, kernel, stride)), rtol=1e-12)
