"""Activations: formulas and bounds, what is learned or random, words."""

import math

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st

import autograd as ag
import nn


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
FORMULAS = {
    nn.ReLU(): lambda x: max(x, 0),
    nn.ReLU6(): lambda x: min(max(x, 0), 6),
    nn.LeakyReLU(0.1): lambda x: max(0.1 * x, x),
    nn.PReLU(init=0.3): lambda x: x if x > 0 else 0.3 * x,
    nn.RReLU(0.2, 0.4).eval(): lambda x: x if x > 0 else 0.3 * x,
    nn.ELU(0.5): lambda x: x if x > 0 else 0.5 * (math.exp(x) - 1),
    nn.CELU(0.5): lambda x: x if x > 0 else 0.5 * (math.exp(x / 0.5) - 1),
    nn.SELU(): lambda x: SCALE * (x if x > 0 else ALPHA * (math.exp(x) - 1)),
    nn.GELU(): lambda x: x * (1 + math.erf(x / 2**0.5)) / 2,
    nn.GELU("tanh"): lambda x: (
        x * (1 + math.tanh((2 / math.pi) ** 0.5 * (x + 0.044715 * x**3))) / 2
    ),
    nn.SiLU(): lambda x: x * sigmoid(x),
    nn.Mish(): lambda x: x * math.tanh(math.log(1 + math.exp(x))),
    nn.Hardtanh(-0.5, 2.0): lambda x: min(max(x, -0.5), 2.0),
    nn.Hardsigmoid(): lambda x: min(max(x + 3, 0), 6) / 6,
    nn.Hardswish(): lambda x: x * min(max(x + 3, 0), 6) / 6,
    nn.Softplus(2.0): lambda x: math.log(1 + math.exp(2 * x)) / 2,
    nn.Softsign(): lambda x: x / (1 + abs(x)),
    nn.Softshrink(0.3): lambda x: math.copysign(max(abs(x) - 0.3, 0), x),
    nn.Hardshrink(0.3): lambda x: x if abs(x) > 0.3 else 0,
    nn.Tanhshrink(): lambda x: x - math.tanh(x),
    nn.LogSigmoid(): lambda x: math.log(sigmoid(x)),
    nn.Threshold(0.5, -7.0): lambda x: x if x > 0.5 else -7.0,
    nn.Tanh(): math.tanh,
    nn.Sigmoid(): sigmoid,
}
ELEMENTWISE = pytest.mark.parametrize(
    ("layer", "formula"),
    FORMULAS.items(),
    ids=lambda p: repr(p) if isinstance(p, nn.Module) else "",
)


@examples(40)
@given(st.lists(st.integers(-9000, 9000), max_size=6))
def test_family_of_activations(thousandths):
    values = [n / 1000 for n in thousandths]
    for layer, formula in FORMULAS.items():
        x = ag.tensor(np.array(values, float), requires_grad=True)
        y = layer(x)
        expected = [formula(v) for v in values]
        np.testing.assert_allclose(y.tolist(), expected, 1e-9, 1e-12, err_msg=repr(layer))
        smooth = [i for i, v in enumerate(values) if all(abs(v - k) > 1e-3 for k in CORNERS)]
        (gradient,) = ag.grad(y.sum(), [x])
        for i in smooth:
            slope = (formula(values[i] + 1e-6) - formula(values[i] - 1e-6)) / 2e-6
            np.testing.assert_allclose(gradient.tolist()[i], slope, 1e-4, 1e-6, err_msg=repr(layer))


CORNERS = (-3, -0.5, -0.3, 0, 0.3, 0.5, 2, 3, 6)


@ELEMENTWISE
def test_shapes_dtypes_and_nothing(layer, formula):
    for shape in ((), (3,), (0, 2), (2, 1, 3)):
        x = ag.tensor(draw(*shape).astype(np.float32))
        if shape or not isinstance(layer, nn.PReLU):
            assert layer.float()(x).shape == shape
            assert layer(x).dtype == np.float32
    layer.double()


@pytest.mark.parametrize(
    ("layer", "at", "slope"),
    [
        (nn.ReLU(), 0.0, 0),
        (nn.LeakyReLU(0.1), 0.0, 0.1),
        (nn.ELU(2.0), 0.0, 2.0),
        (nn.CELU(2.0), 0.0, 1),
        (nn.ReLU6(), 6.0, 0),
        (nn.Hardtanh(), 1.0, 0),
        (nn.Hardsigmoid(), 3.0, 0),
        (nn.Hardswish(), 3.0, 1),
        (nn.Hardswish(), -3.0, 0),
    ],
    ids=str,
)
def test_gradients_at_corners_are_pytorchs(layer, at, slope):
    x = ag.tensor([at], requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [slope]


def test_large_values_overflow_nowhere():
    x = ag.tensor([-1000.0, 1000.0], requires_grad=True)
    for layer in (nn.Sigmoid(), nn.LogSigmoid(), nn.Softplus(), nn.SiLU(), nn.Mish(), nn.Softmax()):
        y = layer(x)
        (g,) = ag.grad(y.sum(), [x])
        assert np.isfinite(y.tolist() + g.tolist()).all(), layer


def test_the_lectures_leaky_slope():
    assert nn.LeakyReLU(0.1)(ag.tensor([-10.0, 10.0])).tolist() == [-1, 10]
    assert nn.LeakyReLU()(ag.tensor([-10.0])).tolist() == [-0.1]


def test_prelu_learns_a_slope_for_each_channel():
    layer = nn.PReLU(2, init=0.5)
    x = ag.tensor(-np.ones((3, 2, 4)))
    layer(x).sum().backward()
    assert layer.weight.grad.tolist() == [-12, -12]
    assert nn.PReLU(dtype=np.float32).weight.dtype == np.float32
    with pytest.raises(ag.ShapeError, match="one slope for each channel"):
        layer(ag.ones(3, 5))


def test_rrelu_draws_slopes_in_training():
    layer, x = nn.RReLU(rng=0), ag.tensor(-np.ones(1000), requires_grad=True)
    y = layer(x)
    slopes = -y.detach().numpy()
    assert 1 / 8 <= slopes.min() < 0.13
    assert 0.32 < slopes.max() <= 1 / 3
    y.sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), slopes)
    assert layer(x).tolist() != y.tolist()
    assert nn.RReLU(rng=0)(x).tolist() == y.tolist()
    assert layer(ag.ones(3)).tolist() == [1, 1, 1]
    assert layer(ag.tensor(-np.ones(2, np.float32))).dtype == np.float32


def test_glu_halves():
    x = draw(3, 4)
    expected = x[:, :2] / (1 + np.exp(-x[:, 2:]))
    np.testing.assert_allclose(nn.GLU()(ag.tensor(x)).tolist(), expected.tolist())
    assert nn.GLU(0)(ag.ones(4, 3)).shape == (2, 3)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 4, 5)])
def test_softmax_over_the_channels_of_each_pixel(shape):
    y = nn.Softmax2d()(ag.tensor(draw(*shape))).numpy()
    np.testing.assert_allclose(y.sum(-3), 1)
    assert y.shape == shape


def test_softmin_is_the_softmax_of_the_opposite():
    x = ag.tensor(draw(2, 3))
    np.testing.assert_allclose(nn.Softmin(1)(x).tolist(), nn.Softmax(1)(-x).tolist())


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda: nn.GELU("fast"), "'none' or 'tanh'"),
        (lambda: nn.Hardtanh(1.0, 1.0), "below max_val"),
        (lambda: nn.RReLU(0.5, 0.1), "above upper"),
        (lambda: nn.Softshrink(-0.1), "0 or more"),
        (lambda: nn.CELU(0.0)(ag.ones(1)), "divide by zero"),
        (lambda: nn.GLU()(ag.ones(3)), "even"),
        (lambda: nn.Softmax2d()(ag.ones(2, 2)), r"got \(2, 2\)"),
    ],
)
def test_what_cannot_be(use, words):
    with pytest.raises(ag.GlassError, match=words):
        use()


def test_shrinking_by_nothing_is_allowed():
    assert nn.Softshrink(0)(ag.tensor([-1.0, 0.5])).tolist() == [-1, 0.5]


def test_in_place_is_accepted_and_leaves_the_input_alone():
    x = ag.tensor([-1.0, 1.0])
    assert nn.ReLU(inplace=True)(x).tolist() == [0, 1]
    assert x.tolist() == [-1, 1]
