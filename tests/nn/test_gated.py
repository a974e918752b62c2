"""Maxout, highway, bilinear layers; padding, resampling and rearranging layers."""

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st

import autograd as ag
import nn


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- maxout -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (0,)])
def test_maxout_is_the_largest_of_its_maps(lead):
    layer, x = nn.Maxout(3, 2, pieces=3, rng=0), draw(*lead, 3)
    weight, bias = layer.weight.data.reshape(2, 3, 3), layer.bias.data.reshape(2, 3)
    expected = (np.einsum("...i,opi->...op", x, weight) + bias).max(-1)
    np.testing.assert_allclose(layer(ag.tensor(x)).tolist(), expected.tolist())


def test_relu_is_the_maxout_with_one_map_of_zeros():
    layer = nn.Maxout(1, 1, rng=0)
    layer.load_state_dict({"weight": [[0.0], [1.0]], "bias": [0.0, 0.0]})
    x = ag.tensor([[-2.0], [3.0]])
    assert layer(x).tolist() == nn.ReLU()(x).tolist()


def test_maxout_starts_like_a_linear_layer_and_says_what_it_takes():
    layer = nn.Maxout(100, 50, 4, dtype=np.float32, rng=0)
    assert layer.weight.shape == (200, 100)
    assert 0.098 < abs(layer.weight.data).max() <= 0.1
    assert layer.bias.dtype == np.float32
    assert repr(nn.Maxout(2, 4)) == "Maxout(in_features=2, out_features=4, pieces=2, bias=True)"
    assert nn.Maxout(2, 4).describe() == "Maxout(2→4, 2 pieces)"
    with pytest.raises(ag.ShapeError, match=r"last dimension is 2, got shape \(3,\)"):
        nn.Maxout(2, 4)(ag.ones(3))
    with pytest.raises(ag.RangeError, match="at least one piece"):
        nn.Maxout(2, 4, 0)


# --- highway ----------------------------------------------------------------------------------


def test_highway_is_the_formula():
    layer, x = nn.Highway(3, activation=ag.tanh, rng=0), draw(4, 3)
    state = {name: t.numpy() for name, t in layer.state_dict().items()}
    assert list(state) == ["transform.weight", "transform.bias", "gate.weight", "gate.bias"]
    h = np.tanh(x @ state["transform.weight"].T + state["transform.bias"])
    t = 1 / (1 + np.exp(-(x @ state["gate.weight"].T + state["gate.bias"])))
    np.testing.assert_allclose(layer(ag.tensor(x)).tolist(), (h * t + x * (1 - t)).tolist())


def test_highway_carries_its_input_through_at_first():
    x = ag.tensor(draw(100, 8))
    stack = nn.Sequential(*(nn.Highway(8, gate_bias=-6.0, rng=i) for i in range(20)))
    assert np.corrcoef(stack(x).detach().numpy().ravel(), x.numpy().ravel())[0, 1] > 0.99
    assert nn.Highway(8).gate.bias.tolist() == [-2.0] * 8
    assert nn.Highway(8).describe() == "Highway(8)"


def test_highway_takes_a_module_for_its_activation():
    layer = nn.Highway(2, activation=nn.PReLU())
    assert "activation.weight" in layer.state_dict()
    with pytest.raises(ag.ShapeError, match="last dimension is 2"):
        layer(ag.ones(3))


# --- bilinear ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (0,)])
def test_bilinear_is_the_formula(lead):
    layer = nn.Bilinear(2, 3, 4, rng=0)
    x, z = draw(*lead, 2), draw(*lead, 3, seed=1)
    expected = np.einsum("...i,kij,...j->...k", x, layer.weight.data, z) + layer.bias.data
    found = layer(ag.tensor(x), ag.tensor(z))
    np.testing.assert_allclose(found.tolist(), expected.tolist(), rtol=1e-10)


def test_bilinear_starts_as_pytorchs():
    layer = nn.Bilinear(100, 3, 40, rng=0, dtype=np.float32)
    assert all(0.09 < abs(p.data).max() <= 0.1 for p in layer.parameters())
    assert layer.weight.dtype == np.float32
    assert layer.describe() == "Bilinear(100×3→40)"
    with pytest.raises(ag.ShapeError, match=r"\(out, in1, in2\)"):
        nn.Bilinear(2, 3, 4)(ag.ones(5, 2), ag.ones(5, 2))
    with pytest.raises(ag.RangeError, match="at least 1"):
        nn.Bilinear(0, 3, 4)


# --- shapes -----------------------------------------------------------------------------------


def test_unflatten_undoes_flatten():
    x = ag.tensor(draw(2, 3, 4))
    assert nn.Unflatten(1, (3, 4))(nn.Flatten()(x)).tolist() == x.tolist()
    assert nn.Unflatten(-1, [2, -1])(x).shape == (2, 3, 2, 2)
    with pytest.raises(ag.ShapeError):
        nn.Unflatten(1, (2, 2))(x)
    with pytest.raises(IndexError):
        nn.Unflatten(5, (2, 2))(x)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.ReflectionPad1d(2), (1, 2), "at most 1"),
        (nn.ReflectionPad2d(1), (3, 3), r"takes 3 dimensions \(C, …\) or 4"),
        (nn.CircularPad1d(3), (1, 2), "at most 2"),
        (nn.PixelShuffle(2), (3, 2, 2), "divisible by 4"),
        (nn.PixelUnshuffle(2), (1, 3, 2), "divisible by 2"),
        (nn.Upsample(), (1, 1, 2), "either size or scale_factor"),
        (nn.Upsample(scale_factor=2, mode="cubist"), (1, 1, 2), "cubist"),
        (nn.Unfold(4), (1, 3, 3), "can't be greater"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_explained(layer, shape, words):
    with pytest.raises(ag.GlassError, match=words):
        layer(ag.ones(*shape))


@pytest.mark.parametrize(
    "make",
    [lambda: nn.ZeroPad2d((1, 2)), lambda: nn.ReflectionPad1d(-1), lambda: nn.ZeroPad1d(1.5)],
)
def test_borders_that_cannot_be(make):
    with pytest.raises(ag.GlassError, match="padding="):
        make()


def test_pixel_shuffle_and_back():
    x = ag.tensor(draw(1, 8, 2, 3))
    up = nn.PixelShuffle(2)(x)
    assert up.shape == (1, 2, 4, 6)
    assert nn.PixelUnshuffle(2)(up).tolist() == x.tolist()


def test_fold_adds_up_where_windows_overlap():
    x = ag.ones(1, 1, 3, 3)
    counted = nn.Fold((3, 3), 2)(nn.Unfold(2)(x))
    assert counted.tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.ZeroPad2d(1), (0, 1, 2, 2), (0, 1, 4, 4)),
        (nn.CircularPad2d(1), (0, 1, 2, 2), (0, 1, 4, 4)),
        (nn.Upsample(scale_factor=2), (0, 1, 2, 2), (0, 1, 4, 4)),
        (nn.PixelShuffle(2), (0, 4, 2, 2), (0, 1, 4, 4)),
        (nn.Unfold(2), (0, 1, 3, 3), (0, 4, 4)),
        (nn.Fold((3, 3), 2), (0, 4, 4), (0, 1, 3, 3)),
    ],
    ids=str,
)
def test_empty_batches(layer, shape, expected):
    assert layer(ag.ones(*shape)).shape == expected


# --- the families beside loops and NumPy ------------------------------------------------------


def changes(layer, naive, inputs, seed):
    """Values, and what a small step along each input does to ⟨g, y⟩."""
    leaves = [ag.tensor(x, requires_grad=True) for x in inputs]
    y = layer(*leaves)
    np.testing.assert_allclose(y.detach().numpy(), naive(*inputs), 1e-9, 1e-11)
    g = draw(*y.shape, seed=seed)
    gradients = ag.grad((y * g).sum(), leaves)
    for i, gradient in enumerate(gradients):
        step = 1e-7 * draw(*inputs[i].shape, seed=seed + i + 1)
        up, down = list(inputs), list(inputs)
        up[i], down[i] = inputs[i] + step, inputs[i] - step
        change = (g * (naive(*up) - naive(*down))).sum() / 2
        np.testing.assert_allclose((gradient.numpy() * step).sum(), change, 1e-4, 1e-13)


def one_by_one(layer, pieces=1):
    """W·x + b of each vector, output by output, of which the largest of some pieces stay."""

    def found(x):
        y = np.zeros((*x.shape[:-1], layer.out_features))
        for lead in np.ndindex(x.shape[:-1]):
            for o in range(layer.out_features):
                rows = range(o * pieces, (o + 1) * pieces)
                y[(*lead, o)] = max(
                    sum(layer.weight.data[r, i] * x[(*lead, i)] for i in range(x.shape[-1]))
                    + (0 if layer.bias is None else layer.bias.data[r])
                    for r in rows
                )
        return y

    return found


@examples(60)
@given(
    st.lists(st.integers(0, 3), max_size=2),
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3)),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_family_of_linear_layers(lead, sizes, bias, seed):
    before, after, pieces = sizes
    x, z = draw(*lead, before, seed=seed), draw(*lead, pieces, seed=seed + 7)
    linear = nn.Linear(before, after, bias, rng=seed)
    changes(linear, one_by_one(linear), [x], seed)
    maxout = nn.Maxout(before, after, pieces, bias, rng=seed)
    changes(maxout, one_by_one(maxout, pieces), [x], seed)
    bilinear = nn.Bilinear(before, pieces, after, bias, rng=seed)

    def meeting(x, z):
        y = np.zeros((*x.shape[:-1], after))
        for (k, i, j), w in np.ndenumerate(bilinear.weight.data):
            y[..., k] += w * x[..., i] * z[..., j]
        return y + (bilinear.bias.data if bias else 0)

    changes(bilinear, meeting, [x, z], seed)
    if lead:
        changes(nn.Flatten(0), lambda x: x.reshape(-1), [x], seed)
    changes(nn.Unflatten(-1, (before, 1)), lambda x: x[..., None], [x], seed)


BORDERS = {
    "ConstantPad": "constant",
    "ZeroPad": "constant",
    "ReflectionPad": "reflect",
    "ReplicationPad": "edge",
    "CircularPad": "wrap",
}


@examples(60)
@given(
    st.sampled_from(list(BORDERS)),
    st.lists(st.integers(3, 5), min_size=1, max_size=2),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_family_of_borders(name, image, widths, seed):
    dims = len(image)
    flat = tuple(widths[: 2 * dims])
    pairs = [(0, 0), *[flat[2 * i : 2 * i + 2] for i in reversed(range(dims))]]
    value = {"constant_values": 1.5} if name == "ConstantPad" else {}
    layer = getattr(nn, f"{name}{dims}d")(flat, *value.values())
    x = draw(2, *image, seed=seed)
    changes(layer, lambda x: np.pad(x, pairs, BORDERS[name], **value), [x], seed)
    changes(nn.Upsample(scale_factor=2), lambda x: _twice(x, dims), [x[None]], seed)


def _twice(x, dims):
    for axis in range(-dims, 0):
        x = np.repeat(x, 2, axis=axis)
    return x
