"""The methods that end in an underscore, and what hostile use of shared memory does."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import autograd as ag
from autograd.ops.methods import in_place_methods


def leaf(*values):
    return ag.tensor(list(values), requires_grad=True)


@pytest.mark.parametrize(
    ("in_place", "anew"),
    [
        (lambda y: y.add_(2, alpha=3), lambda y: y.add(2, alpha=3)),
        (lambda y: y.sub_(y[0]), lambda y: y - y[0]),
        (lambda y: y.mul_(2).exp_(), lambda y: (y * 2).exp()),
        (lambda y: y.div_(4.0), lambda y: y / 4),
        (lambda y: y.pow_(3), lambda y: y**3),
        (lambda y: y.clamp_(min=0.6), lambda y: y.clamp(min=0.6)),
        (lambda y: y.relu_(), lambda y: y.relu()),
        (lambda y: y.sqrt_().neg_(), lambda y: -y.sqrt()),
        (lambda y: y.tanh_().sigmoid_(), lambda y: y.tanh().sigmoid()),
        (lambda y: y.lerp_(ag.ones(3), 0.25), lambda y: y.lerp(ag.ones(3), 0.25)),
        (lambda y: y.addcmul_(y, y), lambda y: y.addcmul(y, y)),
        (
            lambda y: y.masked_fill_(ag.tensor([True, False, False]), 9.0),
            lambda y: y.masked_fill(ag.tensor([True, False, False]), 9.0),
        ),
        (
            lambda y: y.index_add_(0, ag.tensor([0, 0]), ag.ones(2)),
            lambda y: y.index_add(0, ag.tensor([0, 0]), ag.ones(2)),
        ),
        (
            lambda y: y.scatter_(0, ag.tensor([1]), 5.0),
            lambda y: y.scatter(0, ag.tensor([1]), 5.0),
        ),
    ],
)
def test_a_method_in_place_is_the_operation_written_back(in_place, anew):
    results = []
    for function in (in_place, anew):
        x = leaf(0.5, 1.5, 0.75)
        y = x * 1
        out = function(y)
        assert (out is y) == (function is in_place)
        results.append((out.tolist(), ag.grad((out * out).sum(), x)[0].tolist()))
    assert results[0] == results[1]


def test_which_operations_have_one():
    have = {name for op in ag.operations() for name in in_place_methods(op)}
    assert {"add_", "mul_", "clamp_", "zero_", "exp_"} - have == {"zero_"}
    assert not have & {"sum_", "matmul_", "eq_", "isnan_", "outer_", "reshape_", "t_"}
    x = ag.tensor([1, 2])
    with pytest.raises(ag.DTypeError, match="does not fit"):
        x.add_(1.5)
    with pytest.raises(ag.InPlaceError, match="leaf that requires"):
        leaf(1.0).mul_(2)


def test_zeroing_keeps_the_gradient_zero_as_in_pytorch():
    x = leaf(1.0, 2.0)
    y = x * 3
    y.zero_()
    assert y.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_a_view_from_inside_no_grad_is_changed_inside_or_not_at_all():
    x = leaf(1.0, 2.0)
    y = x * 1
    with ag.no_grad():
        view = y[0]
    with pytest.raises(ag.InPlaceError, match=r"taken inside no_grad\(\)"):
        view += 1
    with pytest.raises(ag.InPlaceError, match=r"taken inside no_grad\(\)"):
        view.copy_(x[0])
    with ag.no_grad():
        view += 1
        inner = x[1]
    assert y.tolist() == [2, 2]
    with pytest.raises(ag.InPlaceError, match=r"taken inside no_grad\(\)"):
        inner.zero_()


def test_a_kept_gradient_follows_the_tensor_to_its_new_value():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y *= 3
    (y * y).sum().backward()
    assert y.grad.tolist() == [12, 24]  # of the new value
    assert seen == [[36, 72]]  # of the value that the hook was put on


def test_a_hook_cannot_write_into_a_gradient_that_others_share():
    a, b = leaf(1.0, 2.0), leaf(1.0, 2.0)

    def hook(gradient):
        gradient *= 100

    handle = a.register_hook(hook)
    with pytest.raises(ag.InPlaceError, match="cannot be written"):
        (a * 1 + b).backward(np.ones(2))
    handle.remove()
    a.register_hook(lambda gradient: gradient * 100)
    (a * 1 + b).backward(np.ones(2))
    assert (a.grad.tolist(), b.grad.tolist()) == ([100, 100], [1, 1])
    a.grad += 1  # what is delivered may be written to


def test_a_shallow_copy_counts_changes_together():
    x, w = ag.tensor([1.0, 2.0], name="x"), leaf(1.0, 1.0)
    other = copy.copy(x)
    assert (other.name, other.tolist()) == ("x", [1, 2])
    z = (w * x).sum()
    other += 1
    assert x.tolist() == [2, 3]
    with pytest.raises(ag.InPlaceError, match="mul needs y"):
        z.backward()
    with pytest.raises(ag.StateError, match="copy takes leaves only"):
        copy.copy(w * 2)


# --- unusual arrays -----------------------------------------------------------------------


def test_a_matrix_becomes_an_array_whose_product_is_elementwise():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    x = ag.tensor(matrix, requires_grad=True)
    y = x * x + x * matrix
    y.sum().backward()
    assert type(y.data) is np.ndarray
    assert y.tolist() == [[2, 8], [18, 32]]
    assert x.grad.tolist() == [[3, 6], [9, 12]]


def test_masked_arrays_are_refused():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for use in (lambda: ag.tensor(masked), lambda: leaf(1.0, 2.0) * masked):
        with pytest.raises(ag.DTypeError, match=r"filled\(0\.0\)"):
            use()


def test_swapped_bytes_are_put_in_order():
    swapped = np.array([1.0, 2.0, 3.0], dtype=">f8")
    x = ag.tensor(swapped, requires_grad=True)
    assert x.dtype.isnative
    (x * swapped).sum().backward()
    assert x.grad.tolist() == [1, 2, 3]
    assert x[np.array([2, 0], dtype=">i4")].tolist() == [3, 1]


def test_a_number_has_one_dimension_to_exchange():
    s = leaf(2.0)[0]
    for out in (s.transpose(0, -1), s.swapaxes(0, 0), s.movedim(0, -1)):
        assert out.shape == ()
    with pytest.raises(ag.IndexingError, match="dimension"):
        s.transpose(0, 1)
