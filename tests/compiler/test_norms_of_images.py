"""Norms of single images between convolutions, compiled: the batch stays last."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.layout import lay_images


def leaf(*shape, seed=0):
    array = np.random.default_rng(seed).standard_normal(shape)
    return ag.tensor(array, requires_grad=True)


LAYERS = leaf(5, 2, 6, 6), leaf(3, 2, 3, 3, seed=1)


NORMS = {
    "groups": lambda h: ag.group_norm(h, 2),
    "groups of one": lambda h: ag.group_norm(h, 4),
    "instances": ag.instance_norm,
    "layers": lambda h: ag.layer_norm(h, h.shape[1:]),
}


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
@pytest.mark.parametrize("sizes", [(6, 6), (9,), (13, 11)])
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_norms_of_single_images_leave_the_batch_last(norm, sizes, dtype):
    conv = {1: ag.conv1d, 2: ag.conv2d}[len(sizes)]

    def step(x, w, v):
        return (conv(ag.silu(norm(conv(x, w, padding=1))), v) ** 2).sum()

    def gradients(x, w, v):
        return ag.grad(step(x, w, v), (w, v))

    kernel = (3,) * len(sizes)
    leaves = leaf(5, 2, *sizes), leaf(4, 2, *kernel, seed=1), leaf(3, 4, *kernel, seed=2)
    given = [ag.tensor(x.data.astype(dtype), requires_grad=True) for x in leaves]
    compiled = ag.compile(gradients)
    tolerance = {"rtol": 2e-4, "atol": 2e-4} if dtype == "f" else {"rtol": 1e-9, "atol": 1e-10}
    for found, right in zip(compiled(*given), gradients(*given), strict=True):
        assert found.dtype == right.dtype
        np.testing.assert_allclose(found.data, right.data, **tolerance)
    forward = remove_dead_code(lay_images(capture(step, tuple(given), {}).program))
    assert [line.name for line in forward.instructions].count("batch_last") == 1


def test_counts_of_pixels_stay_whole_numbers():
    def count(x, w):
        above = ag.conv2d(x, w) > 0
        return np.sum(above.data, axis=(1, 2, 3), keepdims=True), above.sum((2, 3), keepdim=True)

    found, right = ag.compile(count)(*LAYERS), count(*LAYERS)
    for one, other in zip(found, right, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_reshapes_that_mix_pixels_are_carried_out():
    def patches(x, w):
        h = ag.relu(ag.conv2d(x, w))  # (5, 3, 4, 4)
        parts = h.reshape(5, 3, 2, 8) * 2, h.reshape(5, 6, 2, 4) + 1, h.reshape(5, 12, 4) * 3
        return *parts, h.reshape(15, 4, 4) - 1, h.reshape(5, 3, 1, 4, 4) / 2

    found, right = ag.compile(patches)(*LAYERS), patches(*LAYERS)
    for one, other in zip(found, right, strict=True):
        np.testing.assert_array_equal(one.data, other.data)
