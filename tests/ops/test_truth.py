"""Questions about values, and operations on bits."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd.ops.truth import allclose, equal

INF, NAN = math.inf, math.nan


def test_finite_or_not():
    x = ag.tensor([1.0, NAN, INF, -INF], requires_grad=True)
    assert x.isnan().tolist() == [False, True, False, False]
    assert x.isinf().tolist() == [False, False, True, True]
    assert x.isfinite().tolist() == [True, False, False, False]
    assert not x.isnan().requires_grad
    assert ag.isnan(ag.tensor([1, 2])).tolist() == [False, False]


def test_all_and_any():
    x = ag.tensor([[True, False, True], [True, True, True]])
    assert x.all().item() is False
    assert x.any().item() is True
    assert x.all(1).tolist() == [False, True]
    assert x.all(dim=0, keepdim=True).tolist() == [[True, False, True]]
    assert x.any(axis=(0, 1)).item() is True
    assert x.all(1).dtype == np.bool_
    assert ag.all(ag.tensor([1.0, 0.0])).item() is False
    assert ag.all(ag.tensor([])).item() is True
    assert ag.any(ag.tensor([])).item() is False
    assert ag.any(ag.tensor(np.zeros((2, 0))), 1).tolist() == [False, False]
    assert ag.all(np.array([1, 0])) is np.False_


def test_close_and_equal():
    x = ag.tensor([1.0, 2.0, NAN])
    assert x.isclose(x + 1e-9).tolist() == [True, True, False]
    assert x.isclose(x, equal_nan=True).tolist() == [True, True, True]
    assert allclose(x, x + 1e-9, equal_nan=True) is True
    assert allclose(x, x) is False
    assert allclose(np.ones(2), np.ones(2))
    assert equal(ag.tensor([1, 2]), ag.tensor([1, 2])) is True
    assert equal(ag.tensor([1, 2]), ag.tensor([1, 3])) is False
    assert equal(ag.tensor([1, 2]), ag.tensor([[1, 2]])) is False


def test_bits_of_integers_and_truths():
    x = ag.tensor([5, -5, 7])
    assert (x & 3).tolist() == [1, 3, 3]
    assert (8 | x).tolist() == [13, -5, 15]
    assert (x ^ 1).tolist() == [4, -6, 6]
    assert (~x).tolist() == [-6, 4, -8]
    truths = ag.tensor([True, False])
    assert (truths & True).tolist() == (truths | False).tolist() == [True, False]
    assert (truths ^ True).tolist() == (~truths).tolist() == [False, True]
    assert ag.logical_xor(ag.tensor([2.0, 0.0]), ag.tensor([1.0, 1.0])).tolist() == [False, True]
    with pytest.raises(ag.DTypeError, match="no bits"):
        ag.tensor([1.0]) & ag.tensor([1.0])
