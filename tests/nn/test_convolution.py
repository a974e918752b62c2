"""Convolutions: the lectures' examples, first values, words, and naive loops beside them."""

from itertools import product

import numpy as np
import pytest
from families import examples
from hypothesis import assume, given, strategies as st

import autograd as ag
import nn


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- lectures D1, D2, D3 ----------------------------------------------------------------------

X1 = [[1, -2, 0, 5], [7, 0, 1, -3], [2, -2, 2, -2], [-5, -4, 3, 1]]
X2 = [[0, -1, 2, 0], [-4, 9, 6, 5], [3, 2, 1, 0], [0, 1, 3, -3]]


def with_weight(layer, weight):
    layer.load_state_dict({"weight": np.array(weight, float)}, strict=False)
    return layer


def test_d1_two_channels():
    layer = with_weight(nn.Conv2d(2, 1, 2, bias=False), [[[[1, -2], [3, 1]]] * 2])
    y = layer(ag.tensor(np.array([X1, X2], float)))
    assert y.tolist() == [[[25, 27, 15], [0, -2, 10], [-13, -9, 23]]]


FIELD = [
    [0, 0, 0, 0, 0, 0, 30],
    [0, 0, 0, 0, 50, 50, 50],
    [0, 0, 0, 20, 50, 0, 0],
    *[[0, 0, 0, 50, 50, 0, 0]] * 4,
]
CURVE = [[0, 0, 0, 0, 0, 30, 0], [0, 0, 0, 0, 30, 0, 0], *[[0, 0, 0, 30, 0, 0, 0]] * 4, [0] * 7]
ELSEWHERE = [
    [0] * 7,
    [0, 40, 0, 0, 0, 0, 0],
    [40, 0, 40, 0, 0, 0, 0],
    [40, 20, 0, 0, 0, 0, 0],
    [0, 50, 0, 0, 0, 0, 0],
    [0, 0, 50, 0, 0, 0, 0],
    [25, 25, 0, 50, 0, 0, 0],
]


@pytest.mark.parametrize(("field", "response"), [(FIELD, 6600), (ELSEWHERE, 0)])
def test_d2_curve_filter(field, response):
    layer = with_weight(nn.Conv2d(1, 1, 7, bias=False), [[CURVE]])
    assert layer(ag.tensor(np.array([field], float))).tolist() == [[[response]]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [((7, 3), 5), (((9, 6), (3, 2)), (7, 5)), ((7, 3, 1, 1), 7), ((7, 5, 1, 2), 7), ((7, 3, 2), 3)],
)
def test_d3_sizes(arguments, expected):
    assert nn.output_size(*arguments, exact=True) == expected


def test_d3_six_filters_over_a_colour_image():
    layer = nn.Conv2d(3, 6, 5)
    assert layer(ag.ones(3, 32, 32)).shape == (6, 28, 28)


def test_d3_a_layer_of_ten_filters_has_750_weights_and_10_biases():
    layer = nn.Conv2d(3, 10, 5)
    assert (layer.weight.numel(), layer.bias.numel()) == (750, 10)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((8, 3, 2), r"kernel of 3 with stride 2 leaves row\(s\) 7 of 8 over\."),
        ((10, 3, 4), r"row\(s\) 7, 8, 9 of 10 over\."),
        (((7, 8), 3, 2), r"row\(s\) 7 of 8 over in dimension 1"),
        ((7, 3, 4, 1), r"row\(s\) 6 of 7 and 1 of padding over"),
        ((6, 3, 2, 1), r"no row of its own and 1 of padding over"),
    ],
)
def test_d3_rows_that_are_left_over_are_named(arguments, words):
    with pytest.raises(ag.ShapeError, match=words):
        nn.output_size(*arguments, exact=True)
    assert nn.output_size(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((2, 3), ag.ShapeError, "spans 3 does not fit into 2 rows"),
        (((9, 2), 3), ag.ShapeError, "in dimension 1"),
        ((5, 3, 0), ag.RangeError, "at least 1"),
        (((5, 5), (3, 3, 3)), ag.ArgumentError, "tuple of 2"),
        (((5, 5), 3, 1.5), ag.ArgumentError, "whole number"),
    ],
)
def test_sizes_that_cannot_be(arguments, error, words):
    with pytest.raises(error, match=words):
        nn.output_size(*arguments)


def test_lengths_that_the_layer_has_are_those_of_output_size():
    layer = nn.Conv1d(1, 1, 3, 2, 2, 2)
    assert layer(ag.ones(1, 11)).shape == (1, nn.output_size(11, 3, 2, 2, 2))


# --- first values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (nn.Conv1d(40, 60, 5, rng=0), 40 * 5),
        (nn.Conv2d(16, 64, 3, groups=4, rng=0), 4 * 9),
        (nn.ConvTranspose1d(64, 40, 5, rng=0), 40 * 5),
        (nn.ConvTranspose2d(64, 16, 3, groups=2, rng=0), 8 * 9),
    ],
)
def test_layers_start_as_pytorchs(layer, fan_in):
    bound = 1 / np.sqrt(fan_in)
    weight, bias = layer.weight.data, layer.bias.data
    assert 0.98 * bound < abs(weight).max() <= bound
    assert 0.8 * bound < abs(bias).max() <= bound
    np.testing.assert_allclose(weight.std(), bound / np.sqrt(3), rtol=0.05)


def test_randomness_and_dtype_are_given():
    first, second = nn.Conv2d(1, 2, 3, rng=5, dtype=np.float32), nn.Conv2d(1, 2, 3, rng=5)
    assert first.weight.dtype == first.bias.dtype == np.float32
    np.testing.assert_allclose(first.weight.tolist(), second.weight.tolist(), rtol=1e-6)


def test_nothing_is_recorded_that_is_not_needed():
    y = nn.Conv2d(1, 2, 3, bias=False)(ag.ones(1, 1, 5, 5))
    assert y.node.op.name == "convolution"
    assert y.node.operands[1].name == "weight"


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (
            nn.Conv2d(1, 8, 5),
            (3, 7, 7),
            r"Conv2d\(1→8, 5×5\) takes .* \(1, H, W\) or \(N, 1, H, W\)",
        ),
        (nn.Conv2d(1, 8, 5), (1, 4, 7), r"got \(1, 4, 7\): .*can't be greater"),
        (nn.Conv1d(2, 3, 3), (2,), r"takes an input of shape \(2, L\) or \(N, 2, L\), got \(2,\)"),
        (nn.Conv2d(1, 1, 3, padding=3, padding_mode="reflect"), (1, 3, 3), "at most 2"),
        (nn.ConvTranspose2d(2, 3, 3), (3, 2, 2), r"takes .* \(2, H, W\)"),
    ],
)
def test_a_wrong_input_is_explained(layer, shape, words):
    with pytest.raises(ag.ShapeError, match=words):
        layer(ag.ones(*shape))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "divisible by groups"),
        (lambda: nn.Conv2d(2, 3, 3, groups=2), "divisible by groups"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"), "zeros, reflect, replicate, circular"),
        (lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same"), "stride of"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), "'same', 'valid'"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "tuple of 2"),
        (lambda: nn.Conv1d(1, 1, 0), "at least 1"),
        (lambda: nn.Conv1d(1, 1, 2.0), "whole number"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, padding="same"), "in numbers"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, padding_mode="reflect"), "'zeros'"),
    ],
)
def test_what_cannot_be_made(make, words):
    with pytest.raises((ag.RangeError, ag.ArgumentError), match=words):
        make()


def test_sizes_that_a_transposed_layer_can_have():
    layer = nn.ConvTranspose1d(1, 1, 3, stride=3)
    x = ag.ones(1, 2)
    assert [layer(x, output_size=n).shape[-1] for n in (6, 7, 8)] == [6, 7, 8]
    with pytest.raises(ag.ShapeError, match=r"the sizes go from \(6,\) to \(8,\)"):
        layer(x, output_size=9)
    with pytest.raises(ag.ShapeError, match="smaller than either"):
        nn.ConvTranspose1d(1, 1, 3, output_padding=1)(x)


def test_labels():
    assert nn.Conv2d(1, 8, 5).describe() == "Conv2d(1→8, 5×5)"
    assert nn.Conv1d(1, 8, 5, stride=2).describe() == "Conv1d(1→8, 5, stride 2)"


# --- the families beside naive loops ----------------------------------------------------------


def slid(x, w, b, stride, dilation, groups):
    """y[n, o, i…] = Σ w[o, c, k…]·x[n, c, stride·i + dilation·k …] + b[o], one by one."""
    kernel = w.shape[2:]
    counts = [
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)
    ]
    y = np.zeros((x.shape[0], w.shape[0], *counts))
    for n, o in product(range(x.shape[0]), range(w.shape[0])):
        first = o // (w.shape[0] // groups) * w.shape[1]
        for i in product(*map(range, counts)):
            for c, *k in product(range(w.shape[1]), *map(range, kernel)):
                at = [p * s + q * d for p, s, q, d in zip(i, stride, k, dilation, strict=True)]
                y[(n, o, *i)] += w[(o, c, *k)] * x[(n, first + c, *at)]
            y[(n, o, *i)] += b[o]
    return y


def spread(x, w, b, stride, padding, dilation, extra, groups):
    """Each element of x times w, added to the window that it stands for."""
    kernel, each = w.shape[2:], w.shape[1]
    size = [
        (n - 1) * s + d * (k - 1) + 1 + e
        for n, k, s, d, e in zip(x.shape[2:], kernel, stride, dilation, extra, strict=True)
    ]
    y = np.zeros((x.shape[0], each * groups, *size))
    for n, c, *i in product(*map(range, x.shape)):
        for o, *k in product(range(each), *map(range, kernel)):
            at = [p * s + q * d for p, s, q, d in zip(i, stride, k, dilation, strict=True)]
            channel = c // (x.shape[1] // groups) * each + o
            y[(n, channel, *at)] += x[(n, c, *i)] * w[(c, o, *k)]
    inner = [slice(p, n - p) for p, n in zip(padding, size, strict=True)]
    return y[(..., *inner)] + b.reshape(-1, *(1 for _ in size))


@st.composite
def layouts(draw):
    """Sizes for one or two dimensions, small enough for loops."""
    dims = draw(st.integers(1, 2))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    groups = draw(st.sampled_from([1, 1, 2, 3]))
    return {
        "dims": dims,
        "groups": groups,
        "channels": tuple(groups * draw(st.integers(1, 2)) for _ in range(2)),
        "batch": draw(st.sampled_from([None, 0, 1, 2])),
        "image": each(1, 6 if dims == 1 else 4),
        "kernel": each(1, 3),
        "stride": each(1, 3),
        "dilation": each(1, 2),
        "seed": draw(st.integers(0, 2**32 - 1)),
    }


def prepared(kind, layout, **options):
    layer = getattr(nn, f"{kind}{layout['dims']}d")(
        *layout["channels"],
        layout["kernel"],
        layout["stride"],
        dilation=layout["dilation"],
        groups=layout["groups"],
        rng=layout["seed"],
        **options,
    )
    lead = () if layout["batch"] is None else (layout["batch"],)
    shape = (*lead, layout["channels"][0], *layout["image"])
    return layer, draw(*shape, seed=layout["seed"] + 1)


def same_as(function, layer, x, seed):
    """Values, and gradients too: what is linear in x changes by ⟨dx, ∂⟩, however large dx is."""
    single = x.ndim == len(layer.kernel_size) + 1
    leaf = ag.tensor(x, requires_grad=True)
    y = layer(leaf)

    def naive(x, w, b):
        found = function(x[None] if single else x, w, b)
        return found[0] if single else found

    w, b = layer.weight.data, layer.bias.data
    np.testing.assert_allclose(y.detach().numpy(), naive(x, w, b), 1e-9, 1e-11)
    assert y.shape == naive(x, w, b).shape
    g = draw(*y.shape, seed=seed)
    gradients = ag.grad((y * g).sum(), [leaf, layer.weight, layer.bias])
    moved = [draw(*t.shape, seed=seed + 1 + i) for i, t in enumerate((x, w, b))]
    for i, gradient in enumerate(gradients):
        operands = [x, w, b]
        operands[i] = operands[i] + moved[i]
        change = (g * (naive(*operands) - naive(x, w, b))).sum()
        np.testing.assert_allclose((gradient.numpy() * moved[i]).sum(), change, 1e-7, 1e-9)


MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@examples(150)
@given(layouts(), st.sampled_from(list(MODES)), st.sampled_from([0, 1, 2, "same", "valid"]))
def test_family_of_convolutions(layout, mode, padding):
    if padding == "same":
        layout["stride"] = (1,) * layout["dims"]
    layer, x = prepared("Conv", layout, padding=padding, padding_mode=mode)
    reach = [d * (k - 1) for k, d in zip(layer.kernel_size, layer.dilation, strict=True)]
    sides = [(r // 2, r - r // 2) for r in reach]
    if padding != "same":
        sides = [(0 if padding == "valid" else padding,) * 2 for _ in reach]
    widest = {"zeros": 99, "reflect": -1, "replicate": 99, "circular": 0}[mode]
    for n, r, pair in zip(layout["image"], reach, sides, strict=True):
        assume(max(pair) <= n + widest)
        assume(n + sum(pair) > r)

    def function(x, w, b):
        widths = [(0, 0), (0, 0), *sides]
        framed = (
            np.pad(x, widths, MODES[mode])
            if x.size
            else np.zeros([n + sum(pair) for n, pair in zip(x.shape, widths, strict=True)])
        )
        return slid(framed, w, b, layer.stride, layer.dilation, layer.groups)

    same_as(function, layer, x, layout["seed"])


@examples(150)
@given(layouts(), st.integers(0, 2), st.integers(0, 2))
def test_family_of_transposed_convolutions(layout, padding, extra):
    steps = zip(layout["stride"], layout["dilation"], strict=True)
    assume(extra < min(max(pair) for pair in steps))
    layer, x = prepared("ConvTranspose", layout, padding=padding, output_padding=extra)
    options = (layer.stride, layer.padding, layer.dilation, layer.output_padding, layer.groups)
    size = spread(
        np.zeros((1, *x.shape[-layout["dims"] - 1 :])),
        layer.weight.data,
        np.zeros(layer.out_channels),
        *options,
    ).shape
    assume(min(size) > 0)
    same_as(lambda x, w, b: spread(x, w, b, *options), layer, x, layout["seed"])
