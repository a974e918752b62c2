"""Every operation runs on arrays of another library, by NumPy's dispatch and nothing else."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from strict_array import StrictArray
from support import arrays_of, samples, with_tensors

import autograd as ag
from autograd.core.primitive import Call

CASES = [
    pytest.param(op, call, id=f"{op.name}-{i}")
    for i, (op, call) in enumerate(samples())
    if arrays_of(call) and op.name != "cpu"  # which fetches them: see test_sharing
]


def outputs(result):
    """The tensors in a result: one, a tuple, or something that is no tensor."""
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [part for part in parts if isinstance(part, ag.Tensor)]


def converted(argument, convert):
    """Indices, masks and labels live on the device too."""
    if isinstance(argument, (list, tuple)):
        return type(argument)(converted(part, convert) for part in argument)
    return convert(argument) if isinstance(argument, np.ndarray) else argument


def run(op, call, convert):
    leaves = [ag.tensor(convert(a), requires_grad=True) for a in arrays_of(call)]
    made = with_tensors(call, leaves)
    kwargs = {name: converted(value, convert) for name, value in made.kwargs.items()}
    made = Call(tuple(converted(argument, convert) for argument in made.args), kwargs)
    ag.manual_seed(0)
    results = outputs(op.function(*made.args, **made.kwargs))
    for out in results:
        if out.requires_grad:
            out.backward(np.ones_like(out.data))
    return results, leaves


@pytest.mark.parametrize(("op", "call"), CASES)
def test_forward_and_backward_stay_on_the_device(op, call):
    ours, our_leaves = run(op, call, StrictArray)
    theirs, their_leaves = run(op, call, lambda a: a)
    for a, b in zip(ours, theirs, strict=True):
        assert type(a.data) is StrictArray
        np.testing.assert_array_equal(a.data.get(), b.data)
    for a, b in zip(our_leaves, their_leaves, strict=True):
        assert (a.grad is None) == (b.grad is None)
        if a.grad is not None:
            assert type(a.grad.data) is StrictArray
            np.testing.assert_allclose(a.grad.data.get(), b.grad.data, rtol=1e-12, atol=1e-14)


def test_the_stand_in_is_strict():
    x = StrictArray(np.ones(3))
    with pytest.raises(TypeError, match="implicit conversion"):
        np.asarray(x)
    with pytest.raises(TypeError, match="among device arrays"):
        np.add(x, np.ones(3))
    StrictArray.calls.clear()
    np.tanh(x)
    assert StrictArray.calls == ["tanh"]


def test_a_chain_on_the_device_with_second_derivatives():
    x = ag.tensor(StrictArray(np.array([0.5, 1.0])), requires_grad=True)
    y = (ag.tanh(x) * x + 2.0).sum()
    (first,) = ag.grad(y, x, create_graph=True)
    (second,) = ag.grad(first.sum(), x)
    assert type(second.data) is StrictArray


def test_the_engine_never_imports_another_array_library():
    code = "import autograd, nn, optim, sys; print('cupy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_large_convolution_stays_on_the_device():
    """So large that NumPy's own arrays are multiplied another way, and ReLU and pooling too."""
    rng = np.random.default_rng(0)
    arrays = rng.standard_normal((8, 16, 12, 12)), rng.standard_normal((16, 16, 3, 3)) / 10
    found = []
    for convert in (StrictArray, np.array):
        x, w = (ag.tensor(convert(a), requires_grad=True) for a in arrays)
        out = ag.max_pool2d(ag.relu(ag.conv2d(x, w)), 2)
        (ag.sigmoid(out) * out).sum().backward()
        found.append((out.data, x.grad.data, w.grad.data))
    for ours, theirs in zip(*found, strict=True):
        assert type(ours) is StrictArray
        np.testing.assert_allclose(ours.get(), theirs, rtol=1e-10, atol=1e-12)
