"""Convolutions: lecture values, PyTorch's edges, one definition for every order of derivative."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.ops import spreading
from autograd.ops.columns import BLOCK, adds_first
from autograd.ops.convnd import convolution_by_unfold

RNG = np.random.default_rng(0)


def draw(*shape):
    return RNG.normal(size=shape)


def ones(*shape):
    return np.ones(shape)


def test_d1_two_channel_convolution():
    x1 = [[1, -2, 0, 5], [7, 0, 1, -3], [2, -2, 2, -2], [-5, -4, 3, 1]]
    x2 = [[0, -1, 2, 0], [-4, 9, 6, 5], [3, 2, 1, 0], [0, 1, 3, -3]]
    w = [[1, -2], [3, 1]]
    x, weight = ag.tensor([[x1, x2]], dtype=float), ag.tensor([[w, w]], dtype=float)
    assert ag.conv2d(x, weight).tolist() == [[[[25, 27, 15], [0, -2, 10], [-13, -9, 23]]]]


FILTER = [[0] * 5 + [30, 0], [0] * 4 + [30, 0, 0], *[[0, 0, 0, 30, 0, 0, 0]] * 4, [0] * 7]
CURVE = [
    [0] * 6 + [30],
    [0] * 4 + [50] * 3,
    [0, 0, 0, 20, 50, 0, 0],
    *[[0, 0, 0, 50, 50, 0, 0]] * 4,
]
MOUSE = [
    [0] * 7,
    [0, 40, 0, 0, 0, 0, 0],
    [40, 0, 40, 0, 0, 0, 0],
    [40, 20, 0, 0, 0, 0, 0],
    [0, 50, 0, 0, 0, 0, 0],
    [0, 0, 50, 0, 0, 0, 0],
    [25, 25, 0, 50, 0, 0, 0],
]


@pytest.mark.parametrize(("field", "response"), [(CURVE, 6600), (MOUSE, 0)])
def test_d2_curve_filter(field, response):
    assert ag.conv2d(np.array([field]), np.array([[FILTER]])).item() == response


@pytest.mark.parametrize(
    ("image", "kernel", "options", "size"),
    [
        ((1, 7, 7), (1, 1, 3, 3), {}, (1, 5, 5)),
        ((1, 6, 9), (1, 1, 2, 4), {}, (1, 5, 6)),
        ((1, 7, 7), (1, 1, 3, 3), {"padding": 1}, (1, 7, 7)),
        ((1, 7, 7), (1, 1, 3, 3), {"stride": 2}, (1, 3, 3)),
        ((1, 7, 7), (1, 1, 3, 3), {"stride": 3}, (1, 2, 2)),
        ((3, 32, 32), (6, 3, 5, 5), {}, (6, 28, 28)),
        ((3, 9, 9), (10, 3, 5, 5), {"padding": "valid"}, (10, 5, 5)),
        ((1, 8, 8), (1, 1, 3, 3), {"dilation": 2, "padding": "same"}, (1, 8, 8)),
    ],
)
def test_d3_sizes(image, kernel, options, size):
    assert ag.conv2d(ones(*image), ones(*kernel), **options).shape == size


@pytest.mark.parametrize(
    ("function", "operands", "options", "expected"),
    [
        (ag.conv1d, ([[[1.0, 2, 3]]], [[[1.0, 1]]]), {"padding": "same"}, [[[3, 5, 3]]]),
        (ag.conv1d, ([[[1.0, 2, 3]]], [[[1.0, 10]]]), {"stride": 2}, [[[21]]]),
        (ag.conv1d, ([[1.0, 2, 3]], [[[1.0, 10]], [[0.0, 1]]], [1.0, 0]), {}, [[22, 33], [2, 3]]),
        (
            ag.conv_transpose1d,
            ([[[1.0, 2, 3]]], [[[1.0, 10]]]),
            {"stride": 2, "output_padding": 1},
            [[[1, 10, 2, 20, 3, 30, 0]]],
        ),
        (
            ag.conv_transpose1d,
            ([[[1.0, 2]]], [[[1.0, 1, 1]]]),
            {"padding": 1, "dilation": 2, "output_padding": 1},
            [[[2, 1, 2, 1, 2]]],
        ),
        (
            ag.conv_transpose1d,
            ([[[1.0, 2]]], [[[1.0, 1]]]),
            {"dilation": 2, "output_padding": 1},
            [[[1, 2, 1, 2, 0]]],
        ),
    ],
)
def test_values(function, operands, options, expected):
    """PyTorch 2.13, measured; ``same`` with an even kernel pads at the end."""
    assert function(*map(np.array, operands), **options).tolist() == expected


@pytest.mark.parametrize(
    ("function", "shapes", "size"),
    [
        (ag.conv1d, ((0, 1, 3), (2, 1, 2)), (0, 2, 2)),
        (ag.conv2d, ((1, 3, 3), (2, 1, 2, 2)), (2, 2, 2)),
        (ag.conv3d, ((2, 3, 3, 3), (4, 2, 1, 2, 3)), (4, 3, 2, 1)),
        (ag.conv_transpose2d, ((0, 1, 3, 3), (1, 2, 2, 2)), (0, 2, 4, 4)),
        (ag.conv_transpose3d, ((2, 3, 3, 3), (2, 4, 1, 2, 3)), (4, 3, 4, 5)),
    ],
)
def test_empty_batches_and_single_images(function, shapes, size):
    x, w = (ag.tensor(ones(*shape), requires_grad=True) for shape in shapes)
    out = function(x, w)
    assert out.shape == size
    out.sum().backward()
    assert (x.grad.shape, w.grad.shape) == shapes
    assert size[0] or not w.grad.data.any()


def test_rows_that_the_stride_leaves_over_get_no_gradient():
    x = ag.tensor(ones(1, 1, 6), requires_grad=True)
    ag.conv1d(x, ones(1, 1, 2), stride=3).sum().backward()
    assert x.grad.tolist() == [[[1, 1, 0, 1, 1, 0]]]


CASES = [
    ((2, 2, 5, 4), (3, 2, 2, 3), {}),
    ((2, 4, 5, 5), (6, 2, 3, 2), {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "groups": 2}),
    ((1, 3, 6, 6), (3, 1, 2, 2), {"dilation": (2, 3), "groups": 3, "padding": 1}),
    ((3, 2, 7), (2, 2, 3), {"stride": 2, "padding": 2, "dilation": 2}),
    ((1, 1, 3, 3, 3), (2, 1, 2, 2, 2), {"stride": 2, "padding": 1}),
]


@pytest.mark.parametrize(("image", "kernel", "options"), CASES)
def test_the_primitive_equals_its_definition_at_every_order(image, kernel, options):
    arrays, found = (draw(*image), draw(*kernel)), []
    for function in (ag.convolution, convolution_by_unfold):
        x, w = (ag.tensor(a, requires_grad=True) for a in arrays)
        out = function(x, w, **options)
        first = ag.grad((out * out).sum(), (x, w), create_graph=True)
        second = ag.grad(sum((g * g).sum() for g in first), (x, w), create_graph=True)
        third = ag.grad(sum((g * g).sum() for g in second), (x, w))
        found.append([out, *first, *second, *third])
    for ours, defined in zip(*found, strict=True):
        np.testing.assert_allclose(ours.data, defined.data, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(("image", "kernel", "options"), CASES)
def test_gradients_return_to_images_in_either_way(monkeypatch, image, kernel, options, first):
    monkeypatch.setattr(spreading, "adds_first", lambda *sizes: first)
    x, w, found = ag.tensor(draw(*image), requires_grad=True), draw(*kernel), []
    for function in (ag.convolution, convolution_by_unfold):
        out = function(x, w, **options)
        (gradient,) = ag.grad((out * out).sum(), x)
        found.append(gradient.data)
    np.testing.assert_allclose(*found, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("weight", "made", "width", "first"),
    [
        ((16, 8, 5, 5), 10, 14, True),
        ((16, 8, 5, 5), 6, 15, False),  # in steps of 2: half of the line would be zeros
        ((120, 16, 5, 5), 1, 5, False),  # the kernel is as large as the image
        ((16, 3, 3, 3), 32, 34, False),  # less to add than to copy
    ],
)
def test_which_way_is_taken(weight, made, width, first):
    assert adds_first(weight, made, width) is first


def test_large_images_go_block_by_block():
    """The columns of this image fill several blocks; float32 stays float32."""
    x = draw(4, 8, 40, 40).astype(np.float32)
    w = draw(8, 8, 3, 3).astype(np.float32)
    assert BLOCK < 4 * 8 * 9 * 38 * 38 * 4
    out = ag.conv2d(x, w)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, convolution_by_unfold(x, w), rtol=1e-4, atol=1e-4)


def test_a_batch_of_non_contiguous_images():
    x = draw(5, 4, 3, 2).T
    w = draw(2, 3, 2, 2)
    np.testing.assert_array_equal(ag.conv2d(x, w), ag.conv2d(np.ascontiguousarray(x), w))


def test_transposed_is_the_adjoint():
    x, w, y = draw(2, 4, 6, 5), draw(6, 2, 3, 2), draw(2, 6, 3, 4)
    steps = {"stride": (2, 1), "padding": ((1, 1), (0, 0)), "groups": 2}
    forth = ag.convolution(x, w, **steps)
    back = ag.convolution_transpose(y, w, x.shape[2:], **steps)
    assert (forth * y).sum() == pytest.approx((x * back).sum())
    by_weight = ag.convolution_weight(x, y, w.shape[2:], **steps)
    assert (forth * y).sum() == pytest.approx((w * by_weight).sum())


def test_unfold_and_fold():
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert ag.unfold(x, 2).tolist() == [[[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]]
    counts = ag.fold(ag.unfold(np.ones((1, 1, 3, 3)), 2), (3, 3), 2)
    assert counts.tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
    assert ag.im2col is ag.unfold
    assert ag.col2im is ag.fold


@pytest.mark.parametrize(
    ("call", "kinds", "words"),
    [
        (
            lambda: ag.conv1d(ones(1, 1, 4), ones(1, 1, 2), stride=2, padding="same"),
            (ValueError, RuntimeError),
            "padding='same' is not supported for strided convolutions",
        ),
        (lambda: ag.conv1d(ones(1, 1, 2), ones(1, 1, 3)), (RuntimeError,), "can't be greater"),
        (
            lambda: ag.conv1d(ones(1, 3, 4), ones(4, 1, 1), groups=2),
            (RuntimeError,),
            r"expected input\[1, 3, 4\] to have 2 channels, but got 3 channels instead",
        ),
        (
            lambda: ag.conv_transpose2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2), output_padding=(0, 1)),
            (RuntimeError,),
            "output padding must be smaller than either stride or dilation",
        ),
        (lambda: ag.conv2d(ones(4), ones(1, 1, 1, 1)), (RuntimeError,), "unbatched"),
        (lambda: ag.conv2d(ones(1, 4, 4), ones(1, 1, 2, 2), stride=0), (ValueError,), "at least 1"),
        (lambda: ag.conv2d(ones(1, 4, 4), ones(1, 1, 2, 2), padding=-1), (ValueError,), "negative"),
        (lambda: ag.conv2d(ones(1, 4, 4), ones(1, 1, 2, 2), dilation=(1, 2, 3)), (), "tuple of 2"),
        (
            lambda: ag.conv1d(ones(1, 1, 4), ones(1, 1, 2).astype(np.float32)),
            (TypeError, RuntimeError),
            "one dtype",
        ),
        (lambda: ag.conv_transpose1d(ones(1, 1, 1), ones(1, 1, 2), padding=3), (), "less padding"),
    ],
)
def test_refusals(call, kinds, words):
    with pytest.raises(ag.GlassError, match=words) as caught:
        call()
    assert all(isinstance(caught.value, kind) for kind in kinds)
