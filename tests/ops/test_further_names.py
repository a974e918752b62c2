"""The less frequent names of tier T1, beside values and gradients measured with PyTorch 2.13."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import autograd as ag

MEASURED = json.loads((Path(__file__).parent / "further_names.json").read_text())
M = np.array([[0.3, -1.2, 0.7], [0.1, 0.9, -0.4], [1.5, 0.2, -0.8]])


def constant(*values):
    return ag.tensor(np.array(values))


CASES = {
    "mode": lambda x: ag.mode(x, 1).values,
    "mode0": lambda x: ag.mode(x, 0, True).values,
    "matrix_exp": ag.matrix_exp,
    "renorm": lambda x: x.renorm(2, 0, 1.0),
    "renorm1": lambda x: x.renorm(1, 1, 0.5),
    "pdist": ag.pdist,
    "pdist1": lambda x: ag.pdist(x, 1.0),
    "float_power": lambda x: (x * x).float_power(1.5),
    "nextafter": lambda x: x.nextafter(ag.tensor(0.0)),
    "i0": lambda x: (3 * x).i0(),
    "rrelu": ag.rrelu,
    "as_strided": lambda x: x.as_strided((2, 3), (1, 2), 1),
    "sws": lambda x: ag.split_with_sizes(x, [1, 2], 1)[1],
    "ds": lambda x: x.diagonal_scatter(2 * x[0, :2], 1),
    "ds-1": lambda x: x.diagonal_scatter(2 * x[0, :2], -1),
    "ss": lambda x: x.select_scatter(x[1] * 3, 0, 2),
    "sl": lambda x: x.slice_scatter(x[:2] * 3, 0, 0, 3, 2),
    "put": lambda x: x.put(ag.tensor([0, 8, 4]), x[1]),
    "putacc": lambda x: x.put(ag.tensor([0, 8, 0, -1]), x.flatten()[:4], True),
    "comb": lambda x: ag.combinations(x[0]),
    "comb3": lambda x: ag.combinations(x[0], 2, True),
    "cart": lambda x: ag.cartesian_prod(x[0], x[1, :2]),
    "cov": ag.cov,
    "cov0": lambda x: x.cov(correction=0),
    "covw": lambda x: x.cov(fweights=ag.tensor([1, 2, 1]), aweights=constant(0.5, 1.0, 2.0)),
    "cov1d": lambda x: ag.cov(x[0]),
    "corr": ag.corrcoef,
    "tensorinv": lambda x: ag.tensorinv(x.matrix_exp().reshape(3, 3, 1), 1),
    "tensorsolve": lambda x: ag.tensorsolve(x.matrix_exp().reshape(3, 1, 3), x[0].reshape(3, 1)),
    "histc": lambda x: ag.histc(x.detach(), 4) + 0 * x.sum(),
    "histc2": lambda x: x.detach().histc(3, -1, 1) + 0 * x.sum(),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_pytorchs(name):
    value, gradient = MEASURED[name]
    x = ag.tensor(M, requires_grad=True)
    out = CASES[name](x)
    weights = np.linspace(0.5, 2, 400)[: out.numel()].reshape(out.shape)
    (out * weights).sum().backward()
    np.testing.assert_allclose(out.data, value, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(x.grad.data, gradient, rtol=1e-9, atol=1e-11)


def test_the_exponential_of_a_large_matrix_is_scaled_and_squared():
    x = ag.tensor([[3.0, -7.0], [11.0, 2.0]], requires_grad=True)
    out = x.matrix_exp()
    out.sum().backward()
    np.testing.assert_allclose(out.data, MEASURED["expbig"][0], rtol=1e-9)
    np.testing.assert_allclose(x.grad.data, MEASURED["expbig"][1], rtol=1e-9)
    assert ag.matrix_exp(ag.zeros(0, 2, 2)).shape == (0, 2, 2)
    assert ag.matrix_exp(ag.zeros(2, 2, dtype=np.float32)).dtype == np.float32


def test_the_mode_is_the_smallest_most_frequent_and_its_last_place():
    x = ag.tensor([[1.0, 2.0, 2.0, 1.0], [3.0, 3.0, 1.0, 0.0]], requires_grad=True)
    values, indices = x.mode(1)
    values.sum().backward()
    assert (values.tolist(), indices.tolist()) == ([1, 3], [3, 1])
    assert x.grad.tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]
    assert ag.tensor([3, 1, 3, 1, 2]).mode().values.item() == 1


def test_distances_between_equal_points_have_gradient_zero():
    x = ag.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]], requires_grad=True)
    out = ag.pdist(x)
    out.sum().backward()
    assert out.tolist() == [5, 0, 5]
    np.testing.assert_allclose(x.grad.data, [[-0.6, -0.8], [1.2, 1.6], [-0.6, -0.8]])


def test_steps_and_counts():
    x = ag.tensor([-1.0, 0.0, 2.0, np.nan])
    assert x.heaviside(ag.tensor(0.5)).tolist() == [0, 0.5, 1, 0]
    assert ag.histc(ag.tensor([2.0, 2.0]), 3).tolist() == [0, 2, 0]
    assert ag.histc(ag.tensor([1.0, 2.0, 1.0, 5.0]), 4, 0, 3).tolist() == [0, 2, 1, 0]


def test_powers_side_by_side():
    assert ag.vander(ag.tensor([1, 2, 3])).tolist() == [[1, 1, 1], [4, 2, 1], [9, 3, 1]]
    assert ag.vander(ag.tensor([1, 2, 3])).dtype == np.int64
    np.testing.assert_array_equal(np.vander(ag.tensor(M[0]), 2).data, np.vander(M[0], 2))
    assert ag.float_power(ag.tensor([1, 2]), -1).tolist() == [1, 0.5]


def test_slopes_are_drawn_between_the_bounds():
    x = -ag.ones(1000, requires_grad=True) * 1.0
    out = ag.rrelu(x, 0.25, 0.5, training=True, rng=3)
    slopes = -out.data
    assert 0.25 <= slopes.min() < 0.3 < 0.45 < slopes.max() <= 0.5
    np.testing.assert_array_equal(ag.grad(out.sum(), x)[0].data, slopes)
    np.testing.assert_array_equal(out.data, ag.rrelu(x, 0.25, 0.5, True, rng=3).data)
