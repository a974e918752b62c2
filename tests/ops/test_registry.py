"""Tests that the registry generates: a new operation is tested by being registered."""

from __future__ import annotations

import numpy as np
import pytest
from support import arrays_of, function_of, leaves, samples, with_tensors

import autograd as ag
from autograd import notation
from autograd.core.primitive import Draw, Primitive

OPERATIONS = list(ag.operations())
SAMPLES = [pytest.param(op, call, id=f"{op.name}-{i}") for i, (op, call) in enumerate(samples())]
DIFFERENTIABLE = [
    pytest.param(op, call, id=f"{op.name}-{i}")
    for i, (op, call) in enumerate(samples())
    if op.differentiable and arrays_of(call)
]
REFUSALS = [
    pytest.param(op, bad, id=f"{op.name}-{bad.words}") for op in OPERATIONS for bad in op.bad
]


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_every_operation_has_samples_and_says_what_it_does(op):
    assert op.samples(Draw()), "an operation without samples is not tested"
    assert op.function.__doc__
    assert op.lesson.endswith(".")
    assert op.symbol
    for write in (notation.text, notation.latex, notation.mathml):
        assert write(op.formula)


@pytest.mark.parametrize(("op", "call"), DIFFERENTIABLE)
def test_gradient_and_second_derivative_equal_central_differences(op, call):
    function, operands = function_of(op, call), leaves(call)
    assert ag.gradcheck(function, operands)
    assert ag.gradgradcheck(function, operands)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("op", "call"), DIFFERENTIABLE)
def test_forward_and_backward_mode_are_adjoint(op, call, create_graph):
    """⟨u, J t⟩ = ⟨Jᵀ u, t⟩ for random tangents t and gradients u."""

    def function(*tensors):
        found = function_of(op, call)(*tensors)
        several = found if isinstance(found, tuple) else (found,)
        return tuple(out for out in several if out.dtype.kind == "f")

    draw = Draw(1)
    inputs = tuple(leaves(call))
    directions = tuple(ag.tensor(draw(*x.shape)) for x in inputs)
    outputs, forward = ag.jvp(function, inputs, directions, create_graph=create_graph)
    weights = tuple(ag.tensor(draw(*out.shape)) for out in outputs)
    _, backward = ag.vjp(function, inputs, weights, create_graph=create_graph)
    left = sum(float((u * t).sum()) for u, t in zip(weights, forward, strict=True))
    right = sum(float((g * t).sum()) for g, t in zip(backward, directions, strict=True))
    assert left == pytest.approx(right, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "op", [op for op in OPERATIONS if isinstance(op, Primitive)], ids=lambda op: op.name
)
def test_a_forward_rule_needs_no_more_than_the_backward_rule_saves(op):
    for backward, forward in zip(op.rules, op.jvps, strict=False):
        if forward is not None:
            saved = {*op.operands, "out"}
            assert saved & set(forward.names) <= set(backward.names)


@pytest.mark.parametrize(("op", "call"), [p for p in SAMPLES if arrays_of(p.values[1])])
def test_plain_arrays_give_a_plain_array_and_tensors_the_same_numbers(op, call):
    ag.manual_seed(0)
    plain = op.function(*call.args, **call.kwargs)
    ag.manual_seed(0)
    tensors = with_tensors(call, [ag.tensor(a) for a in arrays_of(call)])
    result = op.function(*tensors.args, **tensors.kwargs)
    several = isinstance(plain, (tuple, list))
    for array, tensor in zip(plain, result, strict=True) if several else [(plain, result)]:
        assert not isinstance(array, ag.Tensor)
        np.testing.assert_array_equal(array, getattr(tensor, "data", tensor))


@pytest.mark.parametrize(("op", "call"), [p for p in SAMPLES if not arrays_of(p.values[1])])
def test_operations_without_float_operands_run_twice_the_same(op, call):
    results = []
    for _ in range(2):
        ag.manual_seed(0)
        found = op.function(*call.args, **call.kwargs)
        results.append(found if isinstance(found, (tuple, list)) else [found])
    for first, second in zip(*results, strict=True):
        if op.name != "empty":
            np.testing.assert_array_equal(
                getattr(first, "data", first), getattr(second, "data", second)
            )


@pytest.mark.parametrize(("op", "call"), DIFFERENTIABLE)
def test_gradients_have_the_dtype_and_shape_of_their_operands(op, call):
    operands = leaves(call, np.float32)
    made = with_tensors(call, operands)
    results = op.function(*made.args, **made.kwargs)
    for result in results if isinstance(results, tuple) else (results,):
        if result.requires_grad:
            assert result.dtype == np.float32 or op.name in ("to", "float_power")
            result.backward(np.ones(result.shape))
    for operand in operands:
        if operand.grad is None:
            assert None in op.rules, "an operand with a rule gets a gradient"
            continue
        assert operand.grad.dtype == np.float32
        assert operand.grad.shape == operand.shape


@pytest.mark.parametrize(("op", "call"), SAMPLES)
def test_operands_are_left_as_they_were(op, call):
    before = [array.copy() for array in arrays_of(call)]
    op.function(*call.args, **call.kwargs)
    for array, copy in zip(arrays_of(call), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(("op", "bad"), REFUSALS)
def test_bad_operands_raise_the_words_that_are_promised(op, bad):
    def as_tensor(argument):
        if isinstance(argument, list):
            return [as_tensor(part) for part in argument]
        numeric = isinstance(argument, np.ndarray) and argument.dtype.kind in "fiub"
        return ag.tensor(argument) if numeric else argument

    for convert in (as_tensor, lambda argument: argument):
        args = [convert(argument) for argument in bad.args]
        with pytest.raises(ag.GlassError) as caught:
            op.function(*args, **bad.kwargs)
        assert bad.words in str(caught.value)


SHOWN = [
    pytest.param(op, rule, id=f"{op.name}-{slot}")
    for op in OPERATIONS
    if isinstance(op, Primitive)
    for slot, rule in enumerate(op.rules)
    if rule is not None
]


@pytest.mark.parametrize(("op", "rule"), SHOWN)
def test_every_shown_derivative_renders(op, rule):
    assert rule.shown.strip()
    if not rule.words:
        assert notation.text(rule.shown)
        assert notation.latex(rule.shown)
        assert notation.mathml(rule.shown).startswith("<mrow>")
