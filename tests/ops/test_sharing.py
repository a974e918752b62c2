"""Tensors around arrays that are there already, and what code written for PyTorch calls on them."""

from __future__ import annotations

import numpy as np
import pytest
from strict_array import StrictArray

import autograd as ag


def test_from_numpy_shares_the_memory():
    array = np.array([1.0, 2.0])
    shared = ag.from_numpy(array)
    assert shared.data is array
    assert shared.is_leaf
    assert not shared.requires_grad
    shared.mul_(3.0)
    assert array.tolist() == [3.0, 6.0]
    shared.requires_grad_()
    (shared * shared).sum().backward()
    assert shared.grad.tolist() == [6.0, 12.0]


def test_guard_finds_a_change_of_the_array_itself():
    array = np.array([1.0, 2.0])
    shared = ag.from_numpy(array).requires_grad_()
    with ag.guard():
        y = (shared * shared).sum()
        array[0] = 5.0
        with pytest.raises(ag.InPlaceError):
            y.backward()


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ([1.0], ag.ArgumentError, "got list; tensor() copies"),
        (ag.tensor([1.0]), ag.ArgumentError, "got Tensor"),
        (np.array([1j]), ag.DTypeError, "complex"),
        (np.array(["a"]), ag.DTypeError, "holds numbers"),
        (np.ma.masked_array([1.0], [True]), ag.DTypeError, "masked array"),
        (np.array([1.0], np.dtype(float).newbyteorder()), ag.DTypeError, "other order"),
    ],
)
def test_what_from_numpy_refuses(data, error, words):
    with pytest.raises(error, match=words.replace("(", r"\(").replace(")", r"\)")):
        ag.from_numpy(data)


def test_as_tensor_copies_only_where_it_must():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    assert ag.as_tensor(x) is x
    assert ag.as_tensor(x, dtype="float64") is x
    array = np.array([1.0, 2.0])
    assert ag.as_tensor(array).data is array
    assert ag.as_tensor(array, np.float64).data is array
    assert not np.shares_memory(ag.as_tensor(array, np.float32).data, array)
    assert ag.as_tensor([1, 2]).dtype == np.int64
    assert ag.as_tensor(2.5).item() == 2.5
    foreign = array.astype(array.dtype.newbyteorder())
    assert ag.as_tensor(foreign).data.dtype.isnative


def test_as_tensor_keeps_the_history_through_another_dtype():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    narrow = ag.as_tensor(x, np.float32)
    assert narrow.dtype == np.float32
    narrow.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert x.grad.dtype == np.float64


def test_cpu_is_the_tensor_itself_where_it_lies_in_this_memory():
    x = ag.tensor([1.0], requires_grad=True)
    assert x.cpu() is x
    assert x.detach().cpu().numpy().tolist() == [1.0]


def test_cpu_fetches_from_another_machine_what_no_gradient_is_lost_of():
    there = ag.tensor(StrictArray(np.array([1.0, 2.0])), requires_grad=True)
    here = there.detach().cpu()
    assert type(here.data) is np.ndarray
    assert here.tolist() == [1.0, 2.0]
    with pytest.raises(ag.GradientError, match=r"\.detach\(\)\.cpu\(\)"):
        there.cpu()


@pytest.mark.parametrize("name", ["view_as", "reshape_as"])
def test_a_shape_is_taken_from_another_tensor(name):
    x = ag.tensor(np.arange(6.0), requires_grad=True)
    y = getattr(x, name)(ag.zeros(2, 3))
    assert y.shape == (2, 3)
    assert y.node.op.name == "reshape"
    assert np.shares_memory(y.data, x.data)
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x: x.new_zeros(2), [0.0, 0.0]),
        (lambda x: x.new_ones((1, 2)), [[1.0, 1.0]]),
        (lambda x: x.new_ones(size=(2,)), [1.0, 1.0]),
        (lambda x: x.new_full((2,), 7), [7.0, 7.0]),
    ],
)
def test_new_tensors_take_dtype_and_kind_of_an_example(make, expected):
    x = ag.tensor([1.5], dtype=np.float32)
    made = make(x)
    assert made.tolist() == expected
    assert made.dtype == np.float32
    assert type(make(ag.tensor(StrictArray(np.ones(1)))).data) is StrictArray
    assert x.new_zeros(1, dtype=np.int64, requires_grad=False).dtype == np.int64
    assert x.new_zeros(1, requires_grad=True).requires_grad
