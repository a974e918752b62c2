"""First values: distributions by the papers, dtypes, memory, generators, words."""

import inspect
import math
import sys

import numpy as np
import pytest
from facts.reference import measured

import autograd as ag
import nn
from nn import init

DRAWS = {
    "uniform_": init.uniform_,
    "normal_": init.normal_,
    "trunc_normal_": init.trunc_normal_,
    "xavier_uniform_": init.xavier_uniform_,
    "xavier_normal_": init.xavier_normal_,
    "kaiming_uniform_": init.kaiming_uniform_,
    "kaiming_normal_": init.kaiming_normal_,
    "orthogonal_": init.orthogonal_,
    "sparse_": lambda tensor, rng=None: init.sparse_(tensor, 0.25, rng=rng),
}
CONSTANTS = {
    "constant_": lambda tensor: init.constant_(tensor, 0.5),
    "zeros_": init.zeros_,
    "ones_": init.ones_,
    "eye_": init.eye_,
}


def weight(*shape, dtype=np.float64):
    return nn.Parameter(np.full(shape, np.nan), dtype=dtype)


def same_distribution(values, quantile):
    """The largest distance between sample and distribution is that of chance (Kolmogorov)."""
    values, count = np.sort(values.ravel()), values.size
    shares = (np.arange(count) + 0.5) / count
    expected = quantile(values)
    assert np.abs(expected - shares).max() < 1.95 / math.sqrt(count)  # exceeded once in 1000


def uniform_below(bound):
    return lambda x: np.clip((x + bound) / (2 * bound), 0, 1)


def normal_below(std, mean=0.0):
    return np.vectorize(lambda x: 0.5 * (1 + math.erf((x - mean) / std / math.sqrt(2))))


def test_the_names_are_pytorchs():
    public = {name for name, f in vars(init).items() if inspect.isfunction(f) and name[0] != "_"}
    assert public == {*measured("init fns"), "calculate_gain"}
    assert public == {*DRAWS, *CONSTANTS, "dirac_", "calculate_gain"}


# --- distributions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fill", "below"),
    [
        (lambda w: init.uniform_(w, -0.5, 0.5, rng=0), uniform_below(0.5)),
        (lambda w: init.normal_(w, 1.0, 0.2, rng=0), normal_below(0.2, 1.0)),
        (
            lambda w: init.xavier_uniform_(w, 2.0, rng=0),
            uniform_below(2 * math.sqrt(6 / ((30 + 20) * 9))),
        ),
        (lambda w: init.xavier_normal_(w, rng=0), normal_below(math.sqrt(2 / ((30 + 20) * 9)))),
        (lambda w: init.kaiming_uniform_(w, rng=0), uniform_below(math.sqrt(6 / (20 * 9)))),
        (
            lambda w: init.kaiming_uniform_(w, a=math.sqrt(5), rng=0),
            uniform_below(1 / math.sqrt(20 * 9)),
        ),
        (
            lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu", rng=0),
            normal_below(math.sqrt(2 / (30 * 9))),
        ),
    ],
)
def test_draws_have_their_papers_distribution(fill, below):
    same_distribution(fill(weight(30, 20, 3, 3)).data, below)


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [(0, 1, -2, 2), (1, 2, 0.5, 0.75), (0, 1, 9, 30), (0, 1, -30, -9), (3, 0.5, -9, 9)],
)
def test_a_cut_normal_stays_in_its_bounds_and_keeps_its_shape(mean, std, a, b):
    values = init.trunc_normal_(weight(5000), mean, std, a, b, rng=0).data
    assert values.min() >= a
    assert values.max() <= b
    upper = np.vectorize(lambda x: math.erfc((x - mean) / std / math.sqrt(2)) / 2)
    lower = np.vectorize(lambda x: math.erfc((mean - x) / std / math.sqrt(2)) / 2)
    tail = lower if b <= mean else lambda x: -upper(x)  # no digits are lost in the exact tail
    same_distribution(values, lambda x: (tail(x) - tail(a)) / (tail(b) - tail(a)))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (4, 2, 3), (6, 1)])
def test_orthogonal_rows_or_columns(shape):
    w = init.orthogonal_(weight(*shape), 2.0, rng=0).data.reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_matrices_are_uniform_so_that_signs_are_fair():
    corner = [init.orthogonal_(weight(2, 2), rng=seed).data[0, 0] for seed in range(400)]
    same_distribution(np.array(corner), lambda x: 1 - np.arccos(np.clip(x, -1, 1)) / np.pi)


def test_sparse_columns_have_their_share_of_zeros_in_changing_places():
    w = init.sparse_(weight(10, 200), 0.25, std=0.5, rng=0).data
    assert set((w == 0).sum(0)) == {3}  # a quarter of 10, rounded up
    assert (w == 0).any(1).all()
    same_distribution(w[w != 0], normal_below(0.5))


# --- constants --------------------------------------------------------------------------------


def test_constants():
    for name, expected in (("constant_", 0.5), ("zeros_", 0), ("ones_", 1)):
        assert (CONSTANTS[name](weight(2, 3)).data == expected).all()
    np.testing.assert_array_equal(init.eye_(weight(2, 3)).data, np.eye(2, 3))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("kernel", [(3,), (3, 5), (3, 1, 3)])
def test_a_dirac_convolution_hands_its_channels_on(kernel, groups):
    w = init.dirac_(weight(4, 3, *kernel), groups).data
    middle = w[(..., *(size // 2 for size in kernel))]
    assert w.sum() == middle.sum()
    np.testing.assert_array_equal(middle, np.tile(np.eye(4 // groups, 3), (groups, 1)))


def test_a_dirac_kernel_changes_no_image():
    image = np.random.default_rng(0).normal(size=(1, 3, 6, 5))
    kernel = init.dirac_(weight(3, 3, 3, 3))
    np.testing.assert_array_equal(ag.conv2d(image, kernel, padding=1).data, image)


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv2d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)),
        ("leaky_relu", 3, math.sqrt(0.2)),
        ("selu", None, 0.75),
    ],
)
def test_gains(name, param, gain):
    assert init.calculate_gain(name, param) == pytest.approx(gain)


def test_kaiming_keeps_the_variance_through_many_layers():
    x = np.random.default_rng(0).normal(size=(200, 100))
    for seed in range(20):
        w = init.kaiming_normal_(weight(100, 100), nonlinearity="relu", rng=seed).data
        x = np.maximum(x @ w.T, 0)
    assert 0.3 < (x**2).mean() < 3


# --- in place ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", [*DRAWS, *CONSTANTS])
def test_values_go_into_the_tensor_itself(name, dtype):
    w = weight(8, 6, dtype=dtype)
    data, version = w.data, w._version
    assert {**DRAWS, **CONSTANTS}[name](w) is w
    assert w.data is data
    assert w.dtype == dtype
    assert np.isfinite(data).all()
    assert w._version > version
    assert w.is_leaf
    assert w.requires_grad


@pytest.mark.parametrize("name", DRAWS)
def test_same_seed_same_bits(name):
    def drawn(rng):
        return DRAWS[name](weight(8, 6), rng=rng).tolist()

    assert drawn(3) == drawn(np.random.default_rng(3)) != drawn(4)
    ag.manual_seed(7)
    first, second = drawn(None), drawn(None)
    ag.manual_seed(7)
    assert first == drawn(None) != second


def test_part_of_a_parameter_can_be_filled():
    w = init.zeros_(weight(4, 3))
    with ag.no_grad():
        init.eye_(w[1:3])
    np.testing.assert_array_equal(w.data, [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_layers_without_inputs_have_nothing_to_fill():
    for fill in (init.xavier_uniform_, init.kaiming_normal_):
        assert fill(weight(3, 0)).shape == (3, 0)


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DRAWS, *CONSTANTS])
@pytest.mark.parametrize("wrong", [np.ones((2, 2)), ag.tensor([[1, 2]]), nn.Tanh()])
def test_only_floating_tensors_can_be_filled(name, wrong):
    with pytest.raises(ag.ArgumentError, match=f"{name}.. fills a tensor of floating type"):
        {**DRAWS, **CONSTANTS}[name](wrong)


@pytest.mark.parametrize(
    ("fill", "error", "words"),
    [
        (lambda w: init.uniform_(w, 1, 0), ag.RangeError, "a=1 is above b=0"),
        (lambda w: init.normal_(w, 0, -1), ag.RangeError, "not negative, got -1"),
        (lambda w: init.trunc_normal_(w, 0, 0), ag.RangeError, "is positive, got 0"),
        (lambda w: init.trunc_normal_(w, a=1, b=1), ag.RangeError, "a=1 is not below b=1"),
        (lambda w: init.kaiming_normal_(w, mode="fan"), ag.RangeError, "'fan_in' or 'fan_out'"),
        (
            lambda w: init.kaiming_uniform_(w, nonlinearity="gelu"),
            ag.RangeError,
            "no gain is known for 'gelu'; write one of leaky_relu, linear",
        ),
        (lambda w: init.sparse_(w, 1.5), ag.RangeError, "between 0 and 1, got 1.5"),
        (lambda w: init.sparse_(w, 0.5, -1), ag.RangeError, "not negative"),
        (lambda w: init.dirac_(w), ag.ShapeError, r"3 to 5 dimensions; got shape \(2, 3\)"),
        (lambda w: init.dirac_(weight(3, 1, 1), 2), ag.ShapeError, "2 groups do not divide 3"),
        (lambda w: init.eye_(weight(3)), ag.ShapeError, r"takes a matrix, got shape \(3,\)"),
        (lambda w: init.sparse_(weight(3), 0.1), ag.ShapeError, "takes a matrix"),
        (lambda w: init.orthogonal_(weight(3)), ag.ShapeError, "at least 2 dimensions"),
        (lambda w: init.xavier_normal_(weight(3)), ag.ShapeError, "fewer than 2 dimensions"),
        (lambda w: init.kaiming_uniform_(weight(3)), ag.ShapeError, "A bias starts at zeros_"),
    ],
)
def test_what_makes_no_sense_is_explained(fill, error, words):
    with pytest.raises(error, match=words):
        fill(weight(2, 3))


def test_a_slope_is_a_number():
    for wrong in (True, "steep"):
        with pytest.raises(ag.ArgumentError, match="the slope is a number"):
            init.calculate_gain("leaky_relu", wrong)


def test_without_scipy_the_cut_normal_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ag.MissingPackageError, match=r"glassgrad\[scipy\]"):
        init.trunc_normal_(weight(2))
