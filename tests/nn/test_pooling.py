"""Pooling: worked examples, places, words, and naive loops beside the layers."""

from itertools import product

import numpy as np
import pytest
from families import examples
from hypothesis import assume, given, strategies as st

import autograd as ag
import nn

IMAGE = [[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- lectures A and D3 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.MaxPool2d(2), [[6, 8], [3, 4]]),
        (nn.AvgPool2d(2), [[3.25, 5.25], [2, 2]]),
        (nn.SumPool2d(2), [[13, 21], [8, 8]]),
        (nn.MaxPool2d(2, stride=1), [[6, 7, 8], [6, 7, 8], [3, 3, 4]]),
    ],
)
def test_lecture_a_three_ways_to_pool(layer, expected):
    assert layer(ag.tensor([IMAGE])).tolist() == [expected]


def test_d3_each_channel_is_pooled_by_itself():
    x = draw(3, 4, 6)
    y = nn.MaxPool2d(2)(ag.tensor(x))
    assert y.shape == (3, 2, 3)
    for channel in range(3):
        alone = nn.MaxPool2d(2)(ag.tensor(x[channel : channel + 1]))
        assert alone.tolist() == y.tolist()[channel : channel + 1]


def test_unpooling_puts_maxima_back_to_their_places():
    pooled, places = nn.MaxPool2d(2, return_indices=True)(ag.tensor([IMAGE]))
    back = nn.MaxUnpool2d(2)(pooled, places)
    assert back.tolist() == [[[0, 0, 0, 0], [0, 6, 0, 8], [3, 0, 0, 0], [0, 0, 0, 4]]]
    assert nn.MaxPool2d(2)(back).tolist() == pooled.tolist()


def test_the_first_of_equals_gets_the_gradient():
    x = ag.ones(1, 2, 2).requires_grad_()
    nn.MaxPool2d(2)(x).sum().backward()
    assert x.grad.tolist() == [[[1, 0], [0, 0]]]


def test_the_end_counts_what_is_left_of_a_window():
    x = ag.ones(1, 4)
    assert nn.AvgPool1d(3, 2, 1, ceil_mode=True)(x).tolist() == [[2 / 3, 1, 0.5]]
    assert nn.AvgPool1d(3, 2, 1, count_include_pad=False)(x).tolist() == [[1, 1]]


def test_nan_is_not_hidden():
    assert np.isnan(nn.MaxPool1d(2)(ag.tensor([[np.nan, 1.0, 2.0, 3.0]])).tolist()[0][0])


def test_norms_of_windows():
    x = ag.tensor([[3.0, 4.0, 6.0, 8.0]])
    assert nn.LPPool1d(2, 2)(x).tolist() == [[5, 10]]
    assert nn.LPPool1d(1, 2)(x).tolist() == [[7, 14]]


POOLS = [
    nn.MaxPool1d(2),
    nn.AvgPool1d(2),
    nn.LPPool1d(2, 2),
    nn.AdaptiveAvgPool1d(2),
    nn.AdaptiveMaxPool1d(2),
    nn.MaxPool2d(2),
    nn.AvgPool2d(2),
    nn.SumPool2d(2),
    nn.LPPool2d(2, 2),
    nn.AdaptiveAvgPool2d(2),
    nn.AdaptiveMaxPool2d(2),
]


@pytest.mark.parametrize("layer", POOLS, ids=str)
def test_empty_batches_and_single_examples(layer):
    dims = int(type(layer).__name__[-2])
    size, half = (4,) * dims, (2,) * dims
    assert layer(ag.ones(0, 3, *size)).shape == (0, 3, *half)
    assert layer(ag.ones(3, *size)).shape == (3, *half)


@pytest.mark.parametrize("layer", POOLS, ids=str)
def test_other_dimensions_are_refused(layer):
    with pytest.raises(ag.ShapeError, match="dimension"):
        layer(ag.ones(4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.MaxPool2d(2, padding=2)(ag.ones(1, 4, 4)), "at most half"),
        (lambda: nn.AvgPool1d(5)(ag.ones(1, 4)), "can't be greater"),
        (lambda: nn.AdaptiveAvgPool1d(0)(ag.ones(1, 4)), "at least 1"),
        (lambda: nn.LPPool1d(0, 2), "power other than 0"),
        (lambda: nn.MaxUnpool1d(2)(ag.ones(1, 1, 2), ag.tensor([[[0]]])), "one index"),
        (lambda: nn.MaxUnpool1d(2)(ag.ones(1, 1, 1), ag.tensor([[[9]]])), "outside"),
        (lambda: nn.AvgPool1d((2, 2)), "tuple of 1"),
    ],
)
def test_what_cannot_be(make, words):
    with pytest.raises(ag.GlassError, match=words):
        make()


@pytest.mark.parametrize(
    ("layer", "label"),
    [
        (nn.MaxPool2d(2), "MaxPool2d(2×2)"),
        (nn.MaxPool2d((3, 2), 2), "MaxPool2d(3×2, stride 2)"),
        (nn.AvgPool1d(3), "AvgPool1d(3)"),
        (nn.AdaptiveAvgPool2d((1, None)), "AdaptiveAvgPool2d(output_size=(1, None))"),
    ],
)
def test_labels(layer, label):
    assert layer.describe() == label


# --- the families beside naive loops ----------------------------------------------------------


def windows(size, kernel, stride, padding, dilation, ceil_mode):
    """The places of each window along one dimension; those outside the input are None.

    A last, partial window is allowed with `ceil_mode` where it begins before the end.
    """
    found, start = [], -padding
    while True:
        places = [start + i * dilation for i in range(kernel)]
        whole = places[-1] < size + padding
        begins = ceil_mode and start < size
        if not whole and not (begins and found and places[-1] - stride < size + padding - 1):
            return found
        found.append([p if 0 <= p < size else None for p in places if p < size + padding])
        start += stride


def pooled(x, along, reduce):
    """One number for each window of the last dimensions; a window holds elements and Nones."""
    dims = len(along)
    y = np.zeros((*x.shape[:-dims], *map(len, along)))
    for lead in product(*map(range, x.shape[:-dims])):
        for at in product(*(range(len(w)) for w in along)):
            places = product(*(w[i] for w, i in zip(along, at, strict=True)))
            values = [None if None in p else x[(*lead, *p)] for p in places]
            y[(*lead, *at)] = reduce(values)
    return y


def largest(values):
    return max(v for v in values if v is not None)


def average(count_include_pad):
    def reduce(values):
        inside = [v for v in values if v is not None]
        return sum(inside) / (len(values) if count_include_pad else len(inside))

    return reduce


@st.composite
def pools(draw):
    dims = draw(st.integers(1, 2))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    kernel = each(1, 3)
    return {
        "image": each(1, 8 if dims == 1 else 5),
        "kernel": kernel,
        "stride": each(1, 3),
        "padding": tuple(draw(st.integers(0, k // 2)) for k in kernel),
        "dilation": each(1, 2),
        "ceil_mode": draw(st.booleans()),
        "lead": draw(st.sampled_from([(1,), (2, 1), (0, 2)])),
        "seed": draw(st.integers(0, 2**32 - 1)),
    }


def along_of(p, dilation):
    fits = zip(p["image"], p["kernel"], p["padding"], dilation, strict=True)
    assume(all(n + 2 * pad > d * (k - 1) for n, k, pad, d in fits))
    each = zip(p["image"], p["kernel"], p["stride"], p["padding"], dilation, strict=True)
    return [windows(*sizes, p["ceil_mode"]) for sizes in each]


def same_changes(layer, naive, x, seed, step=1.0):
    """Values; and gradients, as what a change of x in their direction does to ⟨g, y⟩."""
    leaf = ag.tensor(x, requires_grad=True)
    y = layer(leaf)
    np.testing.assert_allclose(y.detach().numpy(), naive(x), 1e-9, 1e-11)
    g, moved = draw(*y.shape, seed=seed), draw(*x.shape, seed=seed + 1)
    (gradient,) = ag.grad((y * g).sum(), [leaf])
    change = (g * (naive(x + step * moved) - naive(x))).sum() / step
    np.testing.assert_allclose((gradient.numpy() * moved).sum(), change, 1e-4, 1e-7)


@examples(150)
@given(pools())
def test_family_of_max_pools(p):
    along = along_of(p, p["dilation"])
    name = f"MaxPool{len(along)}d"
    arguments = (p["kernel"], p["stride"], p["padding"], p["dilation"])
    layer = getattr(nn, name)(*arguments, ceil_mode=p["ceil_mode"])
    assume(all(any(q is not None for q in w) for dim in along for w in dim))
    x = draw(*p["lead"], *p["image"], seed=p["seed"])
    same_changes(layer, lambda x: pooled(x, along, largest), x, p["seed"], step=1e-8)
    values, places = getattr(nn, name)(*arguments, True, p["ceil_mode"])(ag.tensor(x))
    flat = x.reshape(*p["lead"], np.prod(p["image"]))
    rows = places.numpy().reshape(*p["lead"], np.prod(places.shape[-len(along) :]))
    np.testing.assert_array_equal(
        np.take_along_axis(flat, rows, -1).ravel(), values.numpy().ravel()
    )


@examples(150)
@given(pools(), st.booleans())
def test_family_of_mean_and_sum_pools(p, count_include_pad):
    along = along_of(p, (1,) * len(p["image"]))
    arguments = (p["kernel"], p["stride"], p["padding"], p["ceil_mode"])
    x = draw(*p["lead"], *p["image"], seed=p["seed"])
    layer = getattr(nn, f"AvgPool{len(along)}d")(*arguments, count_include_pad)
    same_changes(layer, lambda x: pooled(x, along, average(count_include_pad)), x, p["seed"])
    if len(along) == 2:
        total = lambda values: sum(v for v in values if v is not None)
        same_changes(nn.SumPool2d(*arguments), lambda x: pooled(x, along, total), x, p["seed"])


@examples(120)
@given(pools(), st.data())
def test_family_of_adaptive_pools(p, data):
    bins = [data.draw(st.integers(1, 6)) for _ in p["image"]]
    along = [
        [list(range(i * n // m, -(-(i + 1) * n // m))) for i in range(m)]
        for n, m in zip(p["image"], bins, strict=True)
    ]
    x = draw(*p["lead"], *p["image"], seed=p["seed"])
    mean = getattr(nn, f"AdaptiveAvgPool{len(bins)}d")(tuple(bins))
    same_changes(mean, lambda x: pooled(x, along, average(True)), x, p["seed"])
    most = getattr(nn, f"AdaptiveMaxPool{len(bins)}d")(tuple(bins))
    same_changes(most, lambda x: pooled(x, along, largest), x, p["seed"], step=1e-8)
