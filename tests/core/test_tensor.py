"""What a person holds: making tensors, reading them, operators, copies."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd as ag


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, np.int64),
        (1.5, np.float64),
        (True, np.bool_),
        ([1, 2.0], np.float64),
        (np.float32(2), np.float32),
        (np.ones(2, np.float16), np.float16),
    ],
)
def test_dtypes_of_new_tensors(data, dtype):
    made = ag.tensor(data)
    assert made.dtype == dtype
    assert isinstance(made.data, np.ndarray)


def test_the_default_dtype_is_for_python_numbers():
    ag.set_default_dtype("float32")
    try:
        assert ag.tensor(1.5).dtype == np.float32
        assert ag.tensor(np.array(1.5)).dtype == np.float64
        assert (ag.tensor([1, 2]) / 2).dtype == np.float32
        assert ag.tensor([1, 4]).sqrt().dtype == np.float32
    finally:
        ag.set_default_dtype("float64")
    with pytest.raises(ag.DTypeError, match="floating"):
        ag.set_default_dtype(int)
    with pytest.raises(ag.DTypeError, match="not understood; write float32"):
        ag.set_default_dtype("flaot")
    with pytest.raises(ag.DTypeError, match="not understood; a dtype is float"):
        ag.tensor(1.0, dtype="flaot")


def test_a_new_tensor_copies():
    array = np.ones(2)
    made = ag.tensor(array)
    array[0] = 5
    assert made.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (1j, ag.DTypeError, "complex"),
        ("text", ag.DTypeError, "holds numbers"),
        (object(), ag.DTypeError, "not a number"),
        ([[1.0], [1.0, 2.0]], ag.ShapeError, "rectangular"),
    ],
)
def test_what_is_no_tensor(data, error, words):
    with pytest.raises(error, match=words):
        ag.tensor(data)


def test_integers_have_no_derivative():
    with pytest.raises(ag.DTypeError, match="decimal point"):
        ag.tensor(3, requires_grad=True)


def test_numbers_out():
    t = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert t.tolist() == [[1, 2], [3, 4]]
    assert (t.shape, t.size(), t.size(0), t.numel(), t.dim()) == ((2, 2), (2, 2), 2, 4, 2)
    with pytest.raises(ag.IndexingError, match=r"size\(2\): the shape is \(2, 2\)"):
        t.size(2)
    assert t.T.tolist() == [[1, 3], [2, 4]]
    assert len(t) == 2
    assert [row.tolist() for row in t] == [[1, 2], [3, 4]]
    assert 3 in t
    assert 9 not in t
    assert float(t[0, 1]) == 2
    assert int(ag.tensor(7)) == [*range(10)][ag.tensor(7)] == 7
    assert f"{t[1, 1]:.2f}" == "4.00"


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda t: t.item(), ag.ShapeError, "Reduce it first"),
        (lambda t: bool(t), ag.ShapeError, "ambiguous"),
        (lambda t: len(t.sum()), TypeError, "single number"),
        (lambda t: list(t.sum()), TypeError, "single number"),
        (lambda t: [1, 2][t], TypeError, "can be an index"),
        (lambda t: (t * ag.tensor(1.0, requires_grad=True)).numpy(), RuntimeError, "detach"),
        (lambda t: np.asarray(t * ag.tensor(1.0, requires_grad=True)), RuntimeError, "detach"),
        (lambda t: ag.tensor(t * ag.tensor(1.0, requires_grad=True)), RuntimeError, "clone"),
        (lambda t: t[9], IndexError, "out of bounds"),
        (lambda t: t.reshape(3), ValueError, "do not fill"),
        (lambda t: t + "a", TypeError, "number"),
        (lambda t: t.sum(0, foo=1), TypeError, "no parameter 'foo'"),
        (lambda t: t.sum(0, dim=1), TypeError, "two values"),
        (lambda t: ag.exp(t, t), TypeError, "takes 1 operand"),
        (lambda t: ag.transpose(t), TypeError, "needs a value for dim0, dim1"),
        (lambda t: t.reshape(2, form=3), TypeError, "do not fit"),
        (lambda t: t.copy_(np.ones(5)), ValueError, "do not fit"),
        (lambda t: ag.tensor([1, 2]).__iadd__(0.5), TypeError, "does not fit"),
    ],
)
def test_errors_teach_and_are_the_builtin_one(use, error, words):
    with pytest.raises(error, match=words) as caught:
        use(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert isinstance(caught.value, ag.GlassError)


def test_operators_on_both_sides():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    a = np.array([3.0, 4.0])
    for result in (a + x, a - x, a * x, a / x, 2 + x, 2 - x, 2 / x, 2**x, a @ x, x @ a):
        assert isinstance(result, ag.Tensor)
        assert result.requires_grad
    assert (a - x).tolist() == [2, 2]
    assert (x == np.array([1.0, 5.0])).tolist() == [True, False]
    assert (-x).tolist() == [-1, -2]
    assert abs(ag.tensor(-2.0)).item() == 2


def test_numpy_functions_build_the_graph():
    x = ag.tensor([[0.5, 1.0], [2.0, 3.0]], requires_grad=True)
    calls = {
        "tanh": np.tanh(x),
        "add": np.add(x, 1.0),
        "sum": np.sum(x, axis=0),
        "mean": np.mean(x, axis=1, keepdims=True),
        "amax": np.max(x, axis=0),
        "cat": np.concatenate([x, x], axis=1),
        "stack": np.stack([x, x]),
        "reshape": np.reshape(x, (4,)),
        "permute": np.transpose(x),
        "where": np.where(x > 1, x, 0.0),
    }
    for name, result in calls.items():
        assert result.node.op.name == name
        assert result.requires_grad
    assert np.shape(x) == (2, 2)


def test_other_numpy_functions_see_arrays_unless_a_gradient_would_be_lost():
    x = ag.tensor([1.0, 2.0])
    assert np.allclose(x, [1, 2])
    np.testing.assert_array_equal(x, [1.0, 2.0])
    assert np.fmod(x, 2.0).tolist() == [1, 0]
    assert np.add.reduce(x) == 3
    wanted = ag.tensor([1.0], requires_grad=True)
    for use in (lambda t: np.allclose(t, 1), lambda t: np.unwrap(t), lambda t: np.add.reduce(t)):
        with pytest.raises(ag.GradientError, match="lose it silently"):
            use(wanted)
    with pytest.raises(ag.ArgumentError, match="out=tensor"):
        np.add(np.ones(1), 1, out=x)


def test_repr():
    assert repr(ag.tensor(-12.0)) == "tensor(-12.)"
    assert repr(ag.tensor([1.0], requires_grad=True, name="w")) == (
        "tensor([1.], requires_grad=True, name='w')"
    )
    assert "op=mul" in repr(ag.tensor(2.0, requires_grad=True) * 3)
    assert "dtype=float32" in repr(ag.tensor(np.float32(1)))
    assert "shape=(0, 3)" in repr(ag.tensor(np.ones((0, 3))))


def test_hash_is_by_identity():
    a, b = ag.tensor(1.0), ag.tensor(1.0)
    assert len({a, b, a}) == 2


def test_leaves_are_copied_and_pickled_results_are_not():
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    (w * 2).sum().backward()
    twin = copy.deepcopy(w)
    assert (twin.name, twin.requires_grad, twin.grad.tolist()) == ("w", True, [2, 2])
    assert not np.shares_memory(twin.data, w.data)
    back = pickle.loads(pickle.dumps(w))
    assert (back.tolist(), back.name, back.requires_grad) == ([1, 2], "w", True)
    for use in (copy.deepcopy, pickle.dumps):
        with pytest.raises(ag.StateError, match="leaves only"):
            use(w * 2)


def test_detach_shares_memory_and_stops_the_gradient():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x.detach()
    assert np.shares_memory(x.data, y.data)
    assert not (y * 2).requires_grad


def test_in_place_without_recording():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        x += 1
        x *= 2
        x -= np.ones(2)
        x /= 3
        x[0] = 7
    assert x.tolist() == [7, 5 / 3]
    assert x.requires_grad
    assert x._version == 5
    assert x.detach().zero_().tolist() == x.tolist() == [0, 0]


def test_an_in_place_change_leaves_the_node_what_it_computed():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    with ag.no_grad():
        y += 1
    assert y.tolist() == [3, 5]
    assert y.node.value.tolist() == [2, 4]


def test_requires_grad_can_be_changed_on_leaves_only():
    x = ag.tensor(1.0).requires_grad_()
    assert x.is_leaf
    y = x * 2
    assert not y.is_leaf
    with pytest.raises(ag.GradientError, match="leaves only"):
        y.requires_grad_(False)


def test_data_takes_arrays_as_they_are_and_numbers_in_the_tensors_dtype():
    x = ag.tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    array = np.ones(3)
    x.data = array
    assert x.data is array
    x.data = ag.tensor(array[:2]).data
    x.data = x.data[0] * 2.0  # a scalar of NumPy's
    assert type(x.data) is np.ndarray
    assert x.shape == ()
    y = ag.tensor([1.0, 2.0], dtype="float32")
    y.data = [3, 4]
    assert y.dtype == np.float32
    assert y.tolist() == [3.0, 4.0]
    y.data = x
    assert y.data is x.data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("text", "holds numbers"),
        ([1.0, [2.0]], "rectangular"),
        (np.ones(2, complex), "complex"),
        (np.ones(2, int), "requires a gradient"),
        (None, "not a number"),
    ],
)
def test_data_refuses_what_is_no_array_of_numbers(data, words):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ag.GlassError, match=words):
        x.data = data
    assert x.tolist() == [1.0, 2.0]


class Mixed:
    def __init__(self, data, *, unit, **options):
        super().__init__(data, **options)
        self.unit = unit


class Measured(Mixed, ag.Tensor):
    pass


class Named(ag.Tensor):
    def __init__(self, data, name):
        super().__init__(data, requires_grad=True, name=name)


def test_classes_of_tensors_with_and_without_a_constructor():
    plain = type("Plain", (ag.Tensor,), {})([1.0, 2.0], requires_grad=True)
    measured, named = Measured([3.0, 4.0], unit="m"), Named([5.0, 6.0], "w")
    assert (measured.unit, named.name, named.requires_grad) == ("m", "w", True)
    for x in (plain, measured, named):
        assert isinstance(x, ag.Tensor)
        product = x * named
        assert type(product) is type(x)
        np.testing.assert_array_equal(product.data, x.data * [5.0, 6.0])
        assert type(ag.tanh(x)) is type(x)


def test_a_tensor_needs_data():
    with pytest.raises(TypeError, match="required positional argument: 'data'"):
        ag.Tensor()
    assert type(ag.Tensor([1.0]) * ag.Tensor([2.0])) is ag.Tensor
