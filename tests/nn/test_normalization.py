"""Norms: lecture E4, running statistics, words, and the formulas written out beside them."""

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st

import autograd as ag
import nn


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- lecture E4 -------------------------------------------------------------------------------


def test_e4_features_of_a_batch():
    x, layer = draw(5, 3), nn.BatchNorm1d(3)
    layer.load_state_dict({"weight": draw(3, seed=1), "bias": draw(3, seed=2)}, strict=False)
    mean = x.sum(0) / 5
    variance = ((x - mean) ** 2).sum(0) / 5
    hat = (x - mean) / np.sqrt(variance + 1e-5)
    expected = layer.weight.data * hat + layer.bias.data
    np.testing.assert_allclose(layer(ag.tensor(x)).tolist(), expected.tolist(), rtol=1e-10)


def test_e4_channels_of_images():
    x, layer = draw(2, 3, 4, 5), nn.BatchNorm2d(3)
    y = layer(ag.tensor(x)).detach().numpy()
    for c in range(3):
        expected = (x[:, c] - x[:, c].mean()) / np.sqrt(x[:, c].var() + 1e-5)
        np.testing.assert_allclose(y[:, c], expected, rtol=1e-10)


def test_e4_evaluation_uses_the_running_statistics():
    layer = nn.BatchNorm1d(2)
    batches = [draw(4, 2, seed=i) for i in range(3)]
    mean, variance = np.zeros(2), np.ones(2)
    for x in batches:
        layer(ag.tensor(x))
        mean = 0.9 * mean + 0.1 * x.mean(0)
        variance = 0.9 * variance + 0.1 * x.var(0, ddof=1)
    np.testing.assert_allclose(layer.running_mean.tolist(), mean)
    np.testing.assert_allclose(layer.running_var.tolist(), variance)
    layer.eval()
    expected = (batches[0] - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(layer(ag.tensor(batches[0])).tolist(), expected.tolist())
    np.testing.assert_allclose(layer.running_mean.tolist(), mean)
    assert layer.num_batches_tracked.item() == 3


def test_e4_gamma_and_beta_are_learned():
    layer = nn.BatchNorm1d(2)
    y = layer(ag.tensor(draw(6, 2)))
    (y * ag.tensor(draw(6, 2, seed=1))).sum().backward()
    hat, g = y.detach().numpy(), draw(6, 2, seed=1)
    np.testing.assert_allclose(layer.bias.grad.tolist(), g.sum(0))
    np.testing.assert_allclose(layer.weight.grad.tolist(), (g * hat).sum(0))


# --- statistics -------------------------------------------------------------------------------


def test_without_momentum_the_statistics_are_the_mean_over_all_batches():
    layer = nn.BatchNorm2d(1, momentum=None)
    batches = [draw(2, 1, 3, 3, seed=i) for i in range(4)]
    for x in batches:
        layer(ag.tensor(x))
    means = [x.mean() for x in batches]
    variances = [x.var(ddof=1) for x in batches]
    np.testing.assert_allclose(layer.running_mean.tolist(), [np.mean(means)])
    np.testing.assert_allclose(layer.running_var.tolist(), [np.mean(variances)])


def test_statistics_belong_to_the_state_in_pytorchs_order_and_dtype():
    layer = nn.BatchNorm1d(2, dtype=np.float32)
    assert {name: (t.shape, str(t.dtype)) for name, t in layer.state_dict().items()} == {
        "weight": ((2,), "float32"),
        "bias": ((2,), "float32"),
        "running_mean": ((2,), "float32"),
        "running_var": ((2,), "float32"),
        "num_batches_tracked": ((), "int64"),
    }
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert list(nn.BatchNorm1d(2, track_running_stats=False, affine=False).state_dict()) == []
    assert list(nn.InstanceNorm1d(2).state_dict()) == []


def test_statistics_can_be_forgotten():
    layer = nn.BatchNorm1d(2)
    layer(ag.tensor(draw(3, 2)))
    mean = layer.running_mean
    layer.reset_running_stats()
    assert layer.running_mean is mean
    assert mean.tolist() == [0, 0]
    assert layer.running_var.tolist() == [1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_without_statistics_evaluation_normalises_by_the_batch():
    layer = nn.BatchNorm1d(2, track_running_stats=False)
    x = ag.tensor(draw(3, 2))
    assert layer(x).tolist() == layer.eval()(x).tolist()


def test_statistics_that_move_on_do_not_change_an_older_graph():
    layer = nn.BatchNorm1d(2).eval()
    x = ag.tensor(draw(3, 2), requires_grad=True)
    y = (layer(x) ** 2).sum()
    (before,) = ag.grad(y, [x])
    layer.train()(x)
    assert ag.grad(y, [x])[0].tolist() == before.tolist()


@pytest.mark.parametrize(
    "layer", [nn.BatchNorm1d(2), nn.InstanceNorm1d(2, track_running_stats=True)], ids=str
)
def test_an_empty_batch_teaches_nothing(layer):
    layer(ag.ones(0, 2, 3))
    assert layer.running_mean.tolist() == [0, 0]
    assert layer.running_var.tolist() == [1, 1]


def test_instances_remember_their_mean():
    layer = nn.InstanceNorm1d(2, track_running_stats=True)
    x = draw(3, 2, 5)
    layer(ag.tensor(x))
    np.testing.assert_allclose(layer.running_mean.tolist(), 0.1 * x.mean((0, 2)))
    expected = 0.9 + 0.1 * x.var(2, ddof=1).mean(0)
    np.testing.assert_allclose(layer.running_var.tolist(), expected)


def test_float32_statistics_stay_float32_and_accurate():
    layer = nn.BatchNorm1d(1, dtype=np.float32)
    x = ag.tensor(1000 + draw(4096, 1), dtype=np.float32)
    y = layer(x)
    assert y.dtype == layer.running_var.dtype == np.float32
    assert abs(float(y.detach().numpy().mean())) < 1e-4
    np.testing.assert_allclose(y.detach().numpy().std(), 1, rtol=1e-3)


# --- empty, single, wrong ---------------------------------------------------------------------

NORMS = [
    (nn.BatchNorm1d(4), (4,)),
    (nn.BatchNorm1d(4), (4, 3)),
    (nn.BatchNorm2d(4), (4, 3, 2)),
    (nn.InstanceNorm1d(4), (4, 3)),
    (nn.InstanceNorm2d(4), (4, 3, 2)),
    (nn.LayerNorm(3), (4, 3)),
    (nn.GroupNorm(2, 4), (4, 3)),
    (nn.RMSNorm(3), (4, 3)),
    (nn.LocalResponseNorm(2), (4, 3)),
]


@pytest.mark.parametrize(("layer", "shape"), NORMS, ids=str)
def test_empty_batches(layer, shape):
    x = ag.tensor(np.ones((0, *shape)), requires_grad=True)
    y = layer(x)
    assert y.shape == (0, *shape)
    y.sum().backward()
    assert x.grad.shape == (0, *shape)


@pytest.mark.parametrize("dims", [1, 2])
def test_a_single_example_of_instance_norm(dims):
    layer = getattr(nn, f"InstanceNorm{dims}d")(3, affine=True)
    x = draw(3, *(4, 2)[:dims])
    np.testing.assert_allclose(layer(ag.tensor(x)).tolist(), layer(ag.tensor(x[None])).tolist()[0])


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.BatchNorm1d(3), (1, 3), "more than 1 value per channel"),
        (nn.BatchNorm1d(3), (3,), r"BatchNorm1d\(3\) takes an input \(N, 3\) or \(N, 3, L\), got"),
        (nn.BatchNorm1d(3), (2, 4), r"got shape \(2, 4\)"),
        (nn.BatchNorm2d(3), (2, 3, 4), r"takes an input \(N, 3, H, W\), got shape \(2, 3, 4\)"),
        (nn.InstanceNorm1d(3), (3,), r"takes an input \(3, L\) or \(N, 3, L\)"),
        (nn.InstanceNorm1d(3, affine=True), (2, 4, 5), r"takes an input \(3, L\)"),
        (nn.InstanceNorm2d(3), (2, 3, 1, 1), "more than 1 spatial element"),
        (nn.LayerNorm((2, 3)), (3, 2), "must end in"),
        (nn.RMSNorm(3), (3, 2), "must end in"),
        (nn.GroupNorm(2, 4), (1, 6), "should contain 6"),
        (nn.LocalResponseNorm(2), (2, 3), "at least 3 dimensions"),
    ],
)
def test_a_wrong_shape_is_explained(layer, shape, words):
    with pytest.raises(ag.ShapeError, match=words):
        layer(ag.ones(*shape))


def test_a_wrong_number_of_channels_that_does_no_harm_is_a_warning():
    with pytest.warns(UserWarning, match=r"InstanceNorm1d\(3\) got 4 channels"):
        nn.InstanceNorm1d(3)(ag.tensor(draw(2, 4, 5)))


def test_groups_that_cannot_be():
    with pytest.raises(ag.RangeError, match="divisible by num_groups=3"):
        nn.GroupNorm(3, 4)


@pytest.mark.parametrize(
    ("layer", "label"),
    [
        (nn.BatchNorm2d(8), "BatchNorm2d(8)"),
        (nn.LayerNorm((2, 3)), "LayerNorm(2, 3)"),
        (nn.GroupNorm(2, 8), "GroupNorm(2 groups of 4)"),
        (nn.RMSNorm(4), "RMSNorm(4)"),
    ],
)
def test_labels(layer, label):
    assert layer.describe() == label


# --- the family beside its formula ------------------------------------------------------------


def normal(x, axes, eps):
    mean = x.mean(axes, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + eps)


def directional(layer, naive, x, seed):
    """Values, and the change of ⟨g, y⟩ along a direction against central differences."""
    leaf = ag.tensor(x, requires_grad=True)
    y = layer(leaf)
    np.testing.assert_allclose(y.detach().numpy(), naive(x), 1e-8, 1e-10)
    g, moved = draw(*x.shape, seed=seed), draw(*x.shape, seed=seed + 1)
    (gradient,) = ag.grad((y * g).sum(), [leaf])
    change = (g * (naive(x + 1e-5 * moved) - naive(x - 1e-5 * moved))).sum() / 2e-5
    np.testing.assert_allclose((gradient.numpy() * moved).sum(), change, 1e-4, 1e-5)


@examples(60)
@given(
    st.integers(1, 3),
    st.sampled_from([1, 2, 4]),
    st.lists(st.integers(1, 3), min_size=0, max_size=2),
    st.floats(0.1, 1),
    st.integers(0, 2**32 - 1),
)
def test_family_of_norms(batch, channels, image, eps, seed):
    shape = (batch, channels, *image)
    x, rank = draw(*shape, seed=seed), len(shape)
    spatial = tuple(range(2, rank))
    weight, bias = draw(channels, seed=seed + 2), draw(channels, seed=seed + 3)
    each = (-1, *(1 for _ in image))

    def learned(layer):
        layer.load_state_dict({"weight": weight, "bias": bias}, strict=False)
        return layer

    def scaled(values):
        return values * weight.reshape(each) + bias.reshape(each)

    if x.size > channels:
        kind = nn.BatchNorm2d if rank == 4 else nn.BatchNorm1d
        layer = learned(kind(channels, eps))
        directional(layer, lambda x: scaled(normal(x, (0, *spatial), eps)), x, seed)
    if image and np.prod(image) > 1:
        kind = nn.InstanceNorm2d if rank == 4 else nn.InstanceNorm1d
        layer = learned(kind(channels, eps, affine=True))
        directional(layer, lambda x: scaled(normal(x, spatial, eps)), x, seed)
    for groups in [g for g in (1, 2, 4) if channels % g == 0]:

        def by_groups(x, groups=groups):
            parts = x.reshape(batch, groups, -1)
            return scaled(normal(parts, (2,), eps).reshape(shape))

        directional(learned(nn.GroupNorm(groups, channels, eps)), by_groups, x, seed)
    last = tuple(range(1, rank))
    directional(nn.LayerNorm(shape[1:], eps), lambda x: normal(x, last, eps), x, seed)
    root = lambda x: x / np.sqrt((x**2).mean(last, keepdims=True) + eps)
    directional(nn.RMSNorm(shape[1:], eps), root, x, seed)
