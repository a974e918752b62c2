"""Derivatives of functions: over trees of tensors, of constants, and of nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import autograd as ag

X = np.array([0.5, -1.25, 2.0])
Y = np.array([1.5, 0.75])


class Pair(NamedTuple):
    first: object
    second: object


def t(array):
    return ag.tensor(array)


def cube(x):
    return (x * x * x).sum()


def mixed(x, y):
    return (x * x).sum() * y.prod() + (y**3).sum()


def test_value_and_grad_keeps_the_form_of_its_argument():
    def loss(tree, scale):
        return scale * ((tree["w"] ** 2).sum() + tree["rest"][0] * tree["rest"][1].sum())

    tree = {"w": t(X), "rest": [t(2.0), Pair(t(Y), t(1.0))[0]], "pair": Pair(t(1.0), t(2.0))}
    with ag.no_grad():
        value, gradients = ag.value_and_grad(loss)(tree, 3.0)
    assert value.item() == pytest.approx(3 * ((X**2).sum() + 2 * Y.sum()))
    assert not value.requires_grad
    np.testing.assert_allclose(gradients["w"].data, 6 * X)
    assert gradients["rest"][0].item() == pytest.approx(3 * Y.sum())
    assert gradients["rest"][1].tolist() == [6, 6]
    assert isinstance(gradients["pair"], Pair)
    assert gradients["pair"].second.item() == 0  # it was not used


def test_what_is_no_tree_of_tensors_is_named():
    with pytest.raises(ag.ArgumentError, match="tuples, lists and dicts of tensors; got str"):
        ag.jacobian(cube, ("x", t(X)))


def test_hessian_of_one_and_of_several_inputs():
    np.testing.assert_allclose(ag.hessian(cube, t(X)).data, np.diag(6 * X))
    (xx, xy), (yx, yy) = ag.hessian(mixed, (t(X), t(Y)))
    np.testing.assert_allclose(xx.data, 2 * Y.prod() * np.eye(3))
    np.testing.assert_allclose(xy.data, 2 * np.outer(X, Y[::-1]))
    np.testing.assert_allclose(yx.data, xy.data.T)
    cross = (X**2).sum() * (1 - np.eye(2))
    np.testing.assert_allclose(yy.data, np.diag(6 * Y) + cross)


def test_a_constant_function_has_derivatives_zero():
    assert ag.hessian(lambda x: t(3.0), t(X)).tolist() == np.zeros((3, 3)).tolist()
    assert ag.jacobian(lambda x: t(Y), t(X)).tolist() == np.zeros((2, 3)).tolist()
    for product in (ag.hvp, ag.vhp):
        value, found = product(lambda x: (2 * x).sum(), t(X), t(X))
        assert value.item() == pytest.approx(2 * X.sum())
        assert found.tolist() == [0, 0, 0]


def test_a_function_without_results_has_an_empty_jacobian():
    assert ag.jacobian(lambda x: x[:0] * x[:0], t(X)).shape == (0, 3)


@pytest.mark.parametrize("product", [ag.hvp, ag.vhp])
def test_products_with_the_hessian(product):
    v = np.array([1.0, 2.0, -1.0])
    value, found = product(cube, t(X), t(v))
    assert value.item() == pytest.approx((X**3).sum())
    np.testing.assert_allclose(found.data, 6 * X * v)
    u = np.array([0.5, -1.0])
    _, (along_x, along_y) = product(mixed, (t(X), t(Y)), (t(v), t(u)))
    (xx, xy), (yx, yy) = ag.hessian(mixed, (t(X), t(Y)))
    np.testing.assert_allclose(along_x.data, xx.data @ v + xy.data @ u)
    np.testing.assert_allclose(along_y.data, yx.data @ v + yy.data @ u)


@pytest.mark.parametrize("product", [ag.hvp, ag.vhp])
def test_products_can_be_differentiated_again(product):
    x = ag.tensor(X, requires_grad=True)
    _, found = product(cube, x, t(np.ones(3)), create_graph=True)
    assert ag.grad(found.sum(), x)[0].tolist() == [6, 6, 6]


def test_a_direction_may_be_left_out_for_a_single_number_only():
    _, found = ag.hvp(lambda s: s**3, t(2.0))
    assert found.item() == 12
    with pytest.raises(ag.GradientError, match="direction v is needed"):
        ag.hvp(cube, t(X))


def test_a_jacobian_that_is_differentiated_again():
    x = ag.tensor(X, requires_grad=True)
    jacobian = ag.jacobian(lambda x: x * x, x, create_graph=True)
    np.testing.assert_allclose(jacobian.data, np.diag(2 * X))
    assert ag.grad(jacobian.sum(), x)[0].tolist() == [2, 2, 2]


@pytest.mark.parametrize("call", [ag.jacobian, ag.hessian, ag.jvp, ag.vjp, ag.hvp, ag.vhp])
def test_a_tensor_in_place_of_the_function(call):
    x = ag.tensor(2.0, requires_grad=True)
    with pytest.raises(ag.ArgumentError, match=r"grad\(y, x\) is the derivative"):
        call(x * x, x)
