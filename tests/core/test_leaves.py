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
    del x.grad
    assert x.grad is None
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


# --- x.data = … between forward and backward ---------------------------------------------------


USES = {
    "x * x": (lambda x: x * x, [3.0, 5.0]),
    "x + 1": (lambda x: x + 1, [1.0, 1.0]),
    "exp(x)": (ag.exp, np.exp([1.5, 2.5])),
    "x @ x": (lambda x: x @ x, [3.0, 5.0]),
    "x[0]": (lambda x: x[0], [1.0, 0.0]),
}


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("dtypes", [("float64", "float32"), ("float32", "float64")])
@pytest.mark.parametrize("use", USES)
def test_the_gradient_has_the_dtype_that_the_leaf_has_now(use, dtypes, earlier):
    function, expected = USES[use]
    x = ag.tensor([1.5, 2.5], dtype=dtypes[0], requires_grad=True)
    if earlier:
        x.sum().backward()
    y = function(x).sum()
    x.data = x.data.astype(dtypes[1])
    for found in (ag.grad(y, x), ag.grad(y, x, create_graph=True)):
        assert found[0].dtype == dtypes[1]
        np.testing.assert_allclose(found[0].data, expected, rtol=1e-6)
    y.backward()
    assert x.grad.dtype == dtypes[1]
    np.testing.assert_allclose(x.grad.data, np.add(expected, earlier), rtol=1e-6)


def test_the_derivative_is_taken_where_the_function_was_computed():
    """Of a leaf that has another array since, as of one that has not (PyTorch takes the new)."""
    x = leaf()
    y = (x**3).sum()
    x.data = x.data * 10
    (slope,) = ag.grad(y, x, create_graph=True)
    assert slope.tolist() == ag.grad(y, x)[0].tolist() == [3, 12]
    assert ag.grad(slope.sum(), x)[0].tolist() == [6, 12]


def test_a_leaf_of_another_shape_is_refused():
    x = leaf()
    x.name, y = "w", x * x
    y.sum().backward()
    x.data = np.ones(3)
    with pytest.raises(ag.GradientError, match=r"w has shape \(3,\), and its gradient has shape"):
        y.sum().backward()
    with pytest.raises(ag.GradientError, match=r"w has a .grad of shape \(2,\).*x.grad = None"):
        x.sum().backward()
    x.grad = None
    x.sum().backward()
    assert x.grad.tolist() == [1, 1, 1]
