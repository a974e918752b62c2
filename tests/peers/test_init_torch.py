"""First values against PyTorch's: gains, constants, and the spread of each draw."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")

SHAPE = (60, 40, 3)


def both(name, *args, shape=SHAPE, **options):
    """Ours and theirs as arrays."""
    ours = getattr(nn.init, name)(ag.tensor(np.zeros(shape)), *args, rng=0, **options)
    torch.manual_seed(0)
    theirs = getattr(torch.nn.init, name)(
        torch.zeros(*shape, dtype=torch.float64), *args, **options
    )
    return ours.data, theirs.numpy()


@pytest.mark.parametrize(
    "name",
    ["linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"],
)
def test_gains(name):
    assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    if name == "leaky_relu":
        assert nn.init.calculate_gain(name, 0.3) == torch.nn.init.calculate_gain(name, 0.3)


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("uniform_", (-0.3, 0.8), {}),
        ("normal_", (0.5, 0.2), {}),
        ("trunc_normal_", (0.5, 1.0, -0.5, 2.0), {}),
        ("xavier_uniform_", (1.5,), {}),
        ("xavier_normal_", (1.5,), {}),
        ("kaiming_uniform_", (), {"a": 0.5}),
        ("kaiming_uniform_", (), {"mode": "fan_out", "nonlinearity": "tanh"}),
        ("kaiming_normal_", (), {"mode": "fan_out", "nonlinearity": "selu"}),
        ("orthogonal_", (2.0,), {}),
    ],
)
def test_quantiles_of_draws(name, args, options):
    ours, theirs = both(name, *args, **options)
    levels = np.linspace(0.02, 0.98, 9)
    spread = theirs.std()
    np.testing.assert_allclose(
        np.quantile(ours, levels), np.quantile(theirs, levels), atol=0.08 * spread
    )


def test_sparse_zeros():
    ours, theirs = both("sparse_", 0.13, 2.0, shape=(50, 30))
    np.testing.assert_array_equal((ours == 0).sum(0), (theirs == 0).sum(0))
    assert ours.std() == pytest.approx(theirs.std(), rel=0.1)


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("shape", [(6, 2, 3), (6, 5, 4, 2), (6, 3, 1, 2, 3)])
def test_dirac(shape, groups):
    ours = nn.init.dirac_(ag.tensor(np.ones(shape)), groups).data
    theirs = torch.nn.init.dirac_(torch.ones(*shape), groups).numpy()
    np.testing.assert_array_equal(ours, theirs)
