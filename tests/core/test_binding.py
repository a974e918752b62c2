"""From arguments to operands and parameters: PyTorch's names, and what does not fit."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd as ag
from autograd.core.binding import _sorted, by_position
from autograd.core.primitive import Primitive, operations

A = np.array([[1.0, 2.0], [3.0, 4.0]])
B = np.array([2.0, 0.5])


@pytest.mark.parametrize(
    ("by_name", "by_position"),
    [
        (lambda x, y: ag.add(input=x, other=y), lambda x, y: x + y),
        (lambda x, y: ag.add(x, other=y, alpha=2), lambda x, y: x + 2 * y),
        (lambda x, y: ag.mul(x, other=y), lambda x, y: x * y),
        (lambda x, y: x.sub(other=y), lambda x, y: x - y),
        (lambda x, y: ag.pow(input=x, exponent=y), lambda x, y: x**y),
        (lambda x, y: ag.sum(input=x, dim=0) * y, lambda x, y: x.sum(0) * y),
        (lambda x, y: ag.exp(input=x) + y, lambda x, y: x.exp() + y),
        (lambda x, y: ag.mv(input=x, vec=y), lambda x, y: x @ y),
        (lambda x, y: ag.mm(x, mat2=x) * y, lambda x, y: x @ x * y),
        (
            lambda x, y: ag.where(condition=x > 2, input=x, other=y),
            lambda x, y: ag.where(x > 2, x, y),
        ),
        (lambda x, y: ag.reshape(input=x, shape=(4,)).sum() * y, lambda x, y: x.sum() * y),
        (lambda x, y: ag.max(input=x, dim=1).values * y, lambda x, y: x.max(1).values * y),
        (lambda x, y: ag.softmax(input=x, axis=1) * y, lambda x, y: x.softmax(1) * y),
    ],
)
def test_pytorchs_names_of_operands(by_name, by_position):
    results = []
    for function in (by_name, by_position):
        x, y = ag.tensor(A, requires_grad=True), ag.tensor(B, requires_grad=True)
        out = function(x, y)
        out.sum().backward()
        results.append((out.tolist(), x.grad.tolist(), y.grad.tolist()))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x: ag.sum(x, input=x), r"sum\(\) has no parameter 'input'"),
        (lambda x: ag.add(input=x), r"add\(x, y, \*, alpha=1\).*missing.*'y'"),
        (lambda x: ag.add(x, 1, foo=3), "unexpected keyword argument 'foo'"),
        (lambda x: ag.select(x), r"select\(x, dim, index\): these arguments do not fit: missing"),
        (lambda x: ag.atan2(other=x, z=x), "no parameter|takes 2 operand"),
        (lambda x: ag.exp(x, x), "takes 1 operand.*got 2"),
        (lambda x: ag.exp(x, input=x), "takes 1 operand.*got 2"),
        (lambda x: ag.exp(), "takes 1 operand.*got 0"),
        (lambda x: ag.dropout(x, "half"), r"dropout\(\): .*'str'"),
    ],
)
def test_arguments_that_do_not_fit(wrong, words):
    with pytest.raises(ag.ArgumentError, match=words):
        wrong(ag.tensor(A))


def test_a_function_of_one_operand_has_pythons_own_signature():
    x = ag.tensor(A, requires_grad=True)
    with pytest.raises(TypeError, match=r"tanh\(\) got an unexpected keyword argument 'dim'"):
        ag.tanh(x, dim=1)
    assert ag.tanh(input=x).tolist() == ag.tanh(x=x).tolist() == x.tanh().tolist()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda x: ag.softplus(x, x), r"softplus\(\): beta is a plain value, not a tensor"),
        (lambda x: ag.softplus(x, beta=x.sum()), r"softplus\(\): beta is a plain value"),
        (lambda x: x.sum(ag.tensor([0, 1])), r"sum\(\): dim is a plain value.*Operands \(x\)"),
        (lambda x: ag.leaky_relu(x, x), r"negative_slope as a number \(\.item"),
    ],
)
def test_a_tensor_as_a_parameter_is_refused_by_name(wrong, words):
    with pytest.raises(ag.ArgumentError, match=words):
        wrong(ag.tensor(A, requires_grad=True))


def test_a_single_number_in_a_tensor_without_gradient_is_a_parameter():
    x = ag.tensor(A)
    assert x.sum(ag.tensor(0)).tolist() == [4, 6]
    np.testing.assert_array_equal(ag.softplus(x, ag.tensor(2.0)).data, ag.softplus(x, 2.0).data)


@pytest.mark.parametrize("dtype", [5, "foo", None, "cuda"])
def test_what_is_no_dtype(dtype):
    with pytest.raises(ag.ArgumentError, match=f"{dtype!r} is no dtype"):
        ag.tensor(A).to(dtype)


def test_softmax_asks_for_its_dimension():
    x = ag.tensor(A)
    for function in (ag.softmax, ag.log_softmax, ag.softmin):
        with pytest.raises(ag.ArgumentError, match=r"shape \(2, 2\) has 2; say along which one"):
            function(x)
        np.testing.assert_array_equal(function(x[0]).data, function(x[0], 0).data)
        assert function(ag.tensor(3.0)).shape == ()


def test_help_shows_pytorchs_order_and_where_the_source_is():
    assert str(inspect.signature(ag.softplus)).startswith("(x: ")
    assert list(inspect.signature(ag.add).parameters) == ["x", "y", "alpha"]
    assert list(inspect.signature(ag.sum).parameters) == ["x", "dim", "keepdim", "dtype"]
    several = inspect.signature(ag.broadcast_tensors).parameters
    assert [p.kind.name for p in several.values()] == ["VAR_POSITIONAL"]
    assert "np.exp" in inspect.getsource(ag.exp)


def test_lists_among_what_is_given():
    x = ag.tensor(A)
    assert ag.add(x, [1.0, 2.0]).tolist() == [[2, 4], [4, 6]]
    with pytest.raises(ag.DTypeError, match="not an array of numbers"):
        ag.add(x, [[1.0, 2.0], [3.0]])
    with pytest.raises(ag.ShapeError, match="rectangular"):
        ag.tensor([[1.0, 2.0], [3.0]])
    with pytest.raises(ag.DTypeError, match="a list of tensors; write stack"):
        ag.tensor([x, x])
    with pytest.raises(ag.DTypeError, match="not a number or an array"):
        ag.tensor(object())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ag.adaptive_avg_pool2d([[[1.0]]], 1),
        lambda: ag.rms_norm([[1.0]], (1,)),
        lambda: ag.glu([1.0, 2.0]),
        lambda: ag.prelu(ag.ones(2), [0.1]),
        lambda: ag.batch_norm([[1.0]], ag.zeros(1), ag.ones(1)),
    ],
)
def test_a_composition_explains_lists(wrong):
    with pytest.raises(ag.DTypeError, match=r"takes tensors and arrays, not a list of numbers"):
        wrong()


def test_a_composition_explains_numbers():
    with pytest.raises(ag.DTypeError, match=r"prelu\(\) takes tensors and arrays, not a number"):
        ag.prelu(2.0, ag.tensor([0.1]))
    with pytest.raises(ag.DTypeError, match=r"diff\(\) takes tensors and arrays, not NoneType"):
        ag.diff(None)


def test_a_composition_explains_shapes():
    with pytest.raises(ag.ShapeError, match=r"pixel_shuffle\(float64 \(2,\), int 2\) does not"):
        ag.pixel_shuffle(ag.ones(2), 2)
    with pytest.raises(ag.IndexingError, match=r"instance_norm\(float64 \(\)\) does not fit"):
        ag.instance_norm(ag.tensor(1.0))


@pytest.mark.parametrize("n", [2.5, float("nan"), "2", None])
def test_a_matrix_power_is_an_integer(n):
    with pytest.raises(ag.ArgumentError, match="n is an integer"):
        ag.matrix_power(ag.eye(2), n)


def test_dtypes_have_pytorchs_names():
    assert ag.zeros(2, dtype=ag.long).dtype == ag.int64 == np.int64
    assert ag.tensor([1.0]).to(ag.float).dtype == ag.float32 == np.float32
    assert ag.tensor([1.0]).to(ag.bool).tolist() == [True]


@pytest.mark.parametrize(
    "op", [op for op in operations() if isinstance(op, Primitive) and op.params], ids=str
)
def test_a_usual_call_is_bound_as_any_call(op):
    bind, operands = by_position(op), op.operands
    known = op.forward.__kwdefaults__ or {}
    needed = {name: place for place, name in enumerate(op.params) if name not in known}
    given = {name: place for place, name in enumerate(op.params)}
    for kwargs in (needed, given, given | {op.params[-1]: [1, 2]}):
        assert bind(*operands, **kwargs) == _sorted(op, operands, dict(kwargs))
    if not op.variadic:
        args = (*operands, *given.values())
        assert bind(*args) == _sorted(op, args, {}) == (operands, given)
