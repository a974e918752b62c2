"""Convolution and pooling in compiled code: with the batch last, and the same numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler.capture import capture
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.layout import lay_images
from autograd.compiler.passes.pooled import relu_after_pool
from autograd.ops.columns import SMALL, piece


def leaf(*shape, seed=0):
    array = np.random.default_rng(seed).standard_normal(shape)
    return ag.tensor(array, requires_grad=True)


def traced(function, *args):
    return capture(function, args, {}).program


def calls(program):
    """The last parts of the names of the calls, in order."""
    return [(line.name or line.kind).rsplit(".", 1)[-1] for line in program.instructions]


def net(x, w, v):
    h = ag.max_pool2d(ag.relu(ag.conv2d(x, w, padding=1)), 2)
    return ag.conv2d(h, v)


LAYERS = leaf(5, 2, 6, 6), leaf(3, 2, 3, 3, seed=1), leaf(4, 3, 2, 2, seed=2)


def test_a_chain_is_rearranged_once_on_its_way_in():
    before = traced(net, *LAYERS)
    assert calls(before) == ["convolution", "maximum", "max_pool", "convolution"]
    after = remove_dead_code(lay_images(before))
    assert calls(after) == [
        "batch_last",
        "padded",
        "correlate",
        "maximum",
        "largest",
        "correlate",
        "transpose",
    ]
    (out,) = after.outputs
    assert (out.shape, out.contiguous) == ((5, 4, 2, 2), False)


def test_each_result_is_a_view_of_an_image_with_the_batch_last():
    after = lay_images(traced(net, *LAYERS))
    shapes = {line.name: line.outs[0].shape for line in after.instructions}
    assert shapes["padded"] == (2, 8, 8, 5)
    assert shapes["correlate"] == (4, 2, 2, 5)
    views = [line for line in after.instructions if line.name == "np.transpose"]
    assert all(line.outs[0].memory == line.args[0].memory for line in views)


def test_one_space_serves_all_columns():
    def step(x, w, v):
        (net(x, w, v) ** 2).sum().backward()

    compiled = ag.compile(step)
    compiled(*LAYERS)
    names = calls(compiled.program)
    assert (names.count("correlate"), names.count("weight_gradient")) == (2, 2)
    spaces = [value.size for name, value in compiled.program.buffers if name == "space_float64"]
    assert spaces == [(3 * 3 + 3 * 2) * 6 * 8 * 5]  # for the image of the first layer: the most
    assert names.count("batch_last") == 1  # the image: padded once, too
    assert names.count("padded") == 1


def test_columns_that_do_not_fit_the_cache_come_some_rows_at_a_time():
    x, w = leaf(16, 4, 28, 28), leaf(8, 4, 5, 5, seed=1)
    compiled = agree(learns(lambda x, w: ag.conv2d(x, w)), x, w)
    ((_, space),) = (b for b in compiled.program.buffers if b[0] == "space_float64")
    row = 4 * 5 * 5 * 24 * 16
    assert space.size >= 3 * row  # of 24; four would be more than a megabyte
    (line,) = (line for line in compiled.program.instructions if line.name == "correlate")
    assert line.kwargs["rows"] == 3


def test_programs_without_images_stay_as_they_are():
    before = traced(lambda x: ag.exp(x) * 2.0, leaf(3))
    after = lay_images(before)
    assert after.instructions == before.instructions
    assert after.remarks[-1] == "layout: no images"


def test_what_may_be_changed_in_place_keeps_its_layout():
    def step(x, w):
        with ag.no_grad():
            y = ag.conv2d(x, w)
            z = y.reshape(5, -1)
            z += 1.0
            return ag.relu(y), z

    agree(step, leaf(5, 2, 6, 6), leaf(3, 2, 3, 3))


def clipped(x):
    (ag.max_pool2d(ag.relu(x), 2) ** 2).sum().backward()


def test_relu_moves_behind_pooling_and_before_it_on_the_way_back():
    before = remove_dead_code(traced(clipped, leaf(2, 1, 4, 4)))
    assert calls(before)[:2] == ["maximum", "max_pool"]
    back = [name for name in calls(before) if name in ("_offsets", "place_pool", "greater")]
    assert back == ["_offsets", "place_pool", "greater"]
    after = remove_dead_code(relu_after_pool(before))
    assert calls(after)[:2] == ["max_pool", "maximum"]
    back = [name for name in calls(after) if name in ("_offsets", "place_pool", "greater")]
    assert back == ["_offsets", "greater", "place_pool"]
    sizes = [line.outs[0].size for line in after.instructions if line.name == "np.greater"]
    assert sizes == [2 * 1 * 2 * 2]
    assert len(after.instructions) == len(before.instructions)
    assert after.remarks[-2] == "pooling: 1 ReLU done after it, not before"


def test_relu_stays_where_its_result_is_needed_otherwise():
    def step(x):
        h = ag.relu(x)
        return ag.max_pool2d(h, 2), h.sum()

    before = traced(step, leaf(2, 1, 4, 4))
    assert relu_after_pool(before).instructions == before.instructions


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 1), (3, 2)])
def test_relu_behind_pooling_gives_the_same_numbers_bit_by_bit(kernel, stride):
    x = ag.tensor(np.round(leaf(3, 2, 7, 7).data), requires_grad=True)  # many ties and zeros

    def step(x):
        weighed(ag.max_pool2d(ag.relu(x), kernel, stride)).backward()

    compiled = ag.compile(step)
    compiled(x)
    found, x.grad = x.grad.data, None
    step(x)
    np.testing.assert_array_equal(found, x.grad.data)
    assert "1 ReLU" in compiled.explain()


def test_explain_says_what_was_laid_out():
    compiled = ag.compile(net)
    compiled(*LAYERS)
    assert "layout: 3 convolutions, poolings and sums with the batch last" in compiled.explain()


def test_derive_shows_convolutions_as_formulas():
    def step(x, w, v):
        (net(x, w, v) ** 2).sum().backward()

    source = ag.derive(step, *LAYERS)
    assert source.count("def convolve(") == 1
    for formula in ("y = Σ w · x", "∂L/∂w = Σ ∂L/∂y · x", "∂L/∂x = Σ w · ∂L/∂y"):
        assert f"# {formula}" in source


def test_the_source_carries_what_it_calls_and_needs_numpy_alone():
    compiled = ag.compile(net)
    expected = compiled(*LAYERS).data
    source = compiled.source
    assert "autograd" not in source
    assert source.count("def bands(seen, dims, rows, space):") == 1
    space = {}
    exec(source, space)
    (out,) = space["net"](*(x.data for x in LAYERS))
    np.testing.assert_array_equal(out, expected)


def test_a_variable_may_be_called_like_a_helper():
    def step(bands, weight):
        pieces = ag.conv2d(bands, weight)
        return pieces + 1.0

    agree(step, leaf(5, 2, 6, 6), leaf(3, 2, 3, 3))


@pytest.mark.parametrize(
    ("rows", "inner", "columns", "width"),
    [(8, 25, 50176, 3584), (16, 200, 6400, 256), (3, 5, 17, 17), (512, 4608, 640, 640)],
)
def test_pieces_are_as_wide_as_blas_takes_them(rows, inner, columns, width):
    assert piece(rows, inner, columns) == width
    assert columns % width == 0
    assert width == columns or rows * inner * width <= SMALL


# --- the same numbers ------------------------------------------------------------------------


def gradients(function, args):
    """What a function returns and the gradients that it gives, for fresh leaves."""
    leaves = [ag.tensor(x.data.copy(), requires_grad=True) for x in args]
    made = function(*leaves)
    made = made if isinstance(made, tuple) else (made,)
    return [x.data for x in made] + [x.grad.data for x in leaves if x.grad is not None]


def agree(function, *args):
    """Run a function compiled (twice) and uncompiled."""
    compiled = ag.compile(function)
    expected = gradients(function, args)
    for _ in range(2):
        found = gradients(compiled, args)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
    assert compiled.fallbacks == 0
    return compiled


def weighed(y):
    """A sum in which every element counts differently."""
    factors = np.random.default_rng(9).standard_normal(y.shape)
    return (y * ag.tensor(factors, dtype=y.dtype)).sum()


def learns(make):
    def step(*leaves):
        y = make(*leaves)
        weighed(y * y).backward()
        return y

    return step


@pytest.mark.parametrize("stride", [1, 2, (2, 1)])
@pytest.mark.parametrize("padding", [0, (1, 2)])
@pytest.mark.parametrize("dilation", [1, (2, 1)])
@pytest.mark.parametrize("groups", [1, 2])
def test_conv2d(stride, padding, dilation, groups):
    x, w, b = leaf(3, 4, 9, 8), leaf(6, 4 // groups, 3, 2, seed=1), leaf(6, seed=2)
    agree(learns(lambda x, w, b: ag.conv2d(x, w, b, stride, padding, dilation, groups)), x, w, b)


@pytest.mark.parametrize("dims", [1, 3])
def test_signals_and_volumes(dims):
    conv, pool = (ag.conv1d, ag.max_pool1d) if dims == 1 else (ag.conv3d, ag.max_pool3d)
    x, w = leaf(2, 3, *(7, 6, 5)[:dims]), leaf(4, 3, *(2, 3, 2)[:dims], seed=1)
    agree(learns(lambda x, w: pool(ag.relu(conv(x, w, padding=1)), 2)), x, w)


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 1), (2, 3)])
@pytest.mark.parametrize("ties", [False, True])
def test_max_pool(kernel, stride, ties):
    x, w = leaf(3, 2, 8, 7), leaf(4, 2, 3, 3, seed=1)
    if ties:
        x = ag.tensor(np.sign(x.data), requires_grad=True)
        w = ag.tensor(np.sign(w.data), requires_grad=True)
    agree(learns(lambda x, w: ag.max_pool2d(ag.conv2d(x, w), kernel, stride)), x, w)


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: ag.max_pool2d(x, 3, 2, 1),
        lambda x: ag.max_pool2d(x, 3, 2, ceil_mode=True),
        lambda x: ag.max_pool2d(x, 2, dilation=2),
        lambda x: ag.avg_pool2d(x, 2),
        lambda x: ag.avg_pool2d(x, 3, 2, 1),
        lambda x: ag.adaptive_avg_pool2d(x, 1),
        lambda x: ag.max_pool2d(x[0], 2),
    ],
)
def test_other_pooling_between_convolutions(pool):
    x, w = leaf(3, 2, 9, 9), leaf(4, 2, 3, 3, seed=1)
    agree(learns(lambda x, w: pool(ag.relu(ag.conv2d(x, w, padding=1)))), x, w)


def test_average_pooling_keeps_the_batch_last():
    x, w = leaf(3, 2, 9, 9), leaf(4, 2, 2, 2, seed=1)
    compiled = agree(learns(lambda x, w: ag.avg_pool2d(ag.conv2d(x, w), 3, 2)), x, w)
    names = calls(compiled.program)
    assert (names.count("added"), names.count("handed_out")) == (1, 1)
    assert names.count("batch_last") == 1


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_transposed_convolution(stride, padding):
    x, w = leaf(3, 4, 5, 4), leaf(4, 2, 3, 3, seed=1)
    agree(learns(lambda x, w: ag.conv_transpose2d(x, w, None, stride, padding)), x, w)


def test_nan_is_the_largest_of_its_window():
    x = leaf(3, 2, 8, 8)
    x.data[0, 1, 2:4, 2] = np.nan
    agree(learns(lambda x: ag.max_pool2d(x * 1.0, 2)), x)


def test_what_lies_between_convolutions():
    x, w, v, s = leaf(3, 2, 8, 8), leaf(2, 2, 3, 3, seed=1), leaf(2, 2, 3, 3, seed=2), leaf(2, 1, 1)

    def block(x, w, v, s):
        h = ag.tanh(ag.conv2d(x, w, padding=1) * s + 0.5)
        h = ag.where(h > 0.1, h, x)  # one of both kinds
        h = ag.conv2d(h, v, padding=1) + x
        return ag.clip(h, -1.0, 1.0) / (1.0 + h.sum((2, 3), keepdim=True) ** 2)

    agree(learns(block), x, w, v, s)


def test_single_images_and_single_channels():
    agree(learns(lambda x, w: ag.conv2d(x, w)), leaf(1, 2, 5, 5), leaf(3, 2, 2, 2))
    agree(learns(lambda x, w: ag.conv2d(x, w)), leaf(4, 1, 5, 5), leaf(1, 1, 1, 1))
    agree(learns(lambda x, w: ag.conv2d(x, w)), leaf(2, 5, 5), leaf(3, 2, 2, 2))


def test_second_derivatives():
    def step(x, w):
        y = (ag.conv2d(x, w, padding=1) ** 3).sum()
        (g,) = ag.grad(y, [w], create_graph=True)
        (g * g).sum().backward()
        return y

    agree(step, leaf(2, 2, 5, 5), leaf(3, 2, 3, 3, seed=1))


# --- training --------------------------------------------------------------------------------


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 3, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4, 10),
    )


def mixed():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.GELU(),
        nn.Dropout(0.2),
        nn.Conv2d(4, 4, 3, groups=2),
        nn.GroupNorm(2, 4),
        nn.LeakyReLU(0.1),
        nn.AvgPool2d(2),
        nn.Conv2d(4, 3, 1),
        nn.MaxPool2d(2, 1),
        nn.Flatten(),
        nn.Linear(3, 10),
    )


def losses(make, count, compiling):
    ag.manual_seed(0)
    rng = np.random.default_rng(0)
    model, entropy = make(), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    def step(x, labels):
        optimizer.zero_grad()
        loss = entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    run = ag.compile(step) if compiling else step
    found = []
    for _ in range(count):
        x, labels = rng.standard_normal((6, 1, 16, 16)), rng.integers(0, 10, 6)
        found.append(run(ag.tensor(x[:, :, 2:14, 2:14]), ag.tensor(labels)).item())
    state = [x.data for x in itertools.chain(model.parameters(), model.buffers())]
    return found, state


@pytest.mark.parametrize("make", [lenet, mixed])
def test_a_hundred_steps(make):
    (ours, one), (theirs, two) = (losses(make, 100, compiling) for compiling in (True, False))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
