"""Assigning to `.grad` and `.requires_grad`: what fits, and what is refused at once."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd as ag


def leaf():
    return ag.tensor([1.0, 2.0], requires_grad=True)


def test_a_tensor_or_none_may_be_assigned_and_is_added_to():
    x, given = leaf(), ag.tensor([10.0, 20.0])
    x.grad = given
    assert x.grad is given
    x.sum().backward()
    assert x.grad.tolist() == [11, 21]
    x.grad = None
    x.sum().backward()
    assert x.grad.tolist() == [1, 1]
    assert copy.deepcopy(x).grad.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("gradient", "kind", "words"),
    [
        (np.ones(2), TypeError, "holds a tensor or None, got ndarray; write autograd.tensor"),
        (1.0, ag.ArgumentError, "got float"),
        (ag.ones(3), ag.ShapeError, r"assigned \(3,\), wanted \(2,\)"),
        (ag.tensor(1.0), ag.ShapeError, r"assigned \(\), wanted \(2,\)"),
        (ag.ones(2, dtype=np.float32), ag.DTypeError, r"float32, wanted float64; convert"),
    ],
)
def test_what_cannot_be_a_gradient_is_refused(gradient, kind, words):
    x = leaf()
    with pytest.raises(kind, match=words):
        x.grad = gradient
    assert x.grad is None


def test_a_tensor_is_not_its_own_gradient():
    x = leaf()
    with pytest.raises(ag.ArgumentError, match="own gradient"):
        x.grad = x


def test_requires_grad_by_assignment_is_checked_as_by_call():
    x = ag.tensor([1.0])
    x.requires_grad = True
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2]
    x.requires_grad = False
    assert not (x * 2).requires_grad
    x.requires_grad = True
    with pytest.raises(ag.DTypeError, match="int64"):
        ag.tensor([1]).requires_grad = True
    with pytest.raises(ag.GradientError, match="leaves only"):
        (x * 2).requires_grad = False
    with pytest.raises(ag.ArgumentError, match="True or False, got str"):
        x.requires_grad = "yes"
    result = x * 2
    result.requires_grad = True  # as it is already
    assert result.requires_grad
