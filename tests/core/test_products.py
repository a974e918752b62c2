"""Weights that meet one column at a time get their gradients from one product at the end."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.core.products import ProductSum, computed

RNG = np.random.default_rng(0)


def pairs(count, n=6, k=1, m=7):
    return [(RNG.standard_normal((n, k)), RNG.standard_normal((k, m))) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 12])
@pytest.mark.parametrize("k", [1, 2])
def test_it_is_the_sum_of_its_products(count, k):
    products = pairs(count, k=k)
    first, *others = [ProductSum(x, y) for x, y in products]
    for other in others:
        first = first + other
    expected = sum(x @ y for x, y in products)
    np.testing.assert_allclose(first.array(), expected, atol=1e-12)
    np.testing.assert_allclose(first.array(), expected, atol=1e-12)  # asking changes nothing


def test_it_never_holds_more_than_its_sum_takes():
    whole = ProductSum(*pairs(1)[0])
    for x, y in pairs(50):
        whole = whole + ProductSum(x, y)
        assert sum(part.size for part in (*whole._x, *whole._y)) <= 6 * 7


def test_it_meets_arrays_as_an_array():
    (x, y), ones = pairs(1)[0], np.ones((6, 7))
    for total in (ProductSum(x, y) + ones, ones + ProductSum(x, y)):
        assert isinstance(total, np.ndarray)
        np.testing.assert_allclose(total, x @ y + 1)
    ones += ProductSum(x, y)
    np.testing.assert_allclose(ones, x @ y + 1)
    assert computed(ones) is ones


def test_only_what_is_thin_waits():
    assert ProductSum.pays(np.ones((6, 1)), np.ones((1, 7)))
    assert not ProductSum.pays(np.ones((6, 2)), np.ones((2, 7)))
    assert not ProductSum.pays(np.ones((6, 1), np.float32), np.ones((1, 7)))


def recurrence(weight, reader, columns, other_use):
    """A leaf on the left and one on the right of products, with vectors and with columns."""
    h, total = columns[0], 0.0
    for x in columns[1:]:
        h = (weight @ h + x).tanh()
        total = total + ((h if h.ndim == 1 else h.T) @ reader).sum()
    return total + (weight * weight).sum() if other_use else total


@pytest.mark.parametrize("shape", [(9,), (9, 1), (9, 2)])
@pytest.mark.parametrize("other_use", [False, True])
def test_gradients_of_a_recurrence(shape, other_use):
    columns = [RNG.standard_normal(shape) for _ in range(6)]
    leaves = [ag.tensor(RNG.standard_normal((9, n)), requires_grad=True) for n in (9, 11)]
    ag.gradcheck(lambda w, r: recurrence(w, r, columns, other_use), leaves)
    recurrence(*leaves, columns, other_use).backward()
    recorded = ag.grad(recurrence(*leaves, columns, other_use), leaves, create_graph=True)
    for leaf, gradient in zip(leaves, recorded, strict=True):
        np.testing.assert_allclose(leaf.grad.data, gradient.data, atol=1e-11)
        assert type(leaf.grad.data) is np.ndarray


def test_hooks_see_arrays():
    weight = ag.tensor(RNG.standard_normal((9, 9)), requires_grad=True)
    seen = []
    weight.register_hook(lambda gradient: seen.append(type(gradient.data)))
    loss = recurrence(weight, ag.eye(9), [np.ones(9)] * 3, False)
    loss.backward()
    assert seen == [np.ndarray]
