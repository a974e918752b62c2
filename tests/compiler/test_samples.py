"""Compiled equals uncompiled on the samples of every operation, forward and backward."""

from __future__ import annotations

import numpy as np
import pytest
from support import arrays_of, samples, with_tensors

import autograd as ag

CASES = [
    pytest.param(op, call, id=f"{op.name}-{i}")
    for i, (op, call) in enumerate(samples())
    if arrays_of(call)
]


def outputs(result):
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [part for part in parts if isinstance(part, ag.Tensor)]


class Filled:
    """A call with places for its floating-point arrays; the others belong to it."""

    __slots__ = ("call",)

    def __init__(self, call):
        self.call = call

    def __call__(self, leaves):
        return with_tensors(self.call, list(leaves))


@pytest.mark.parametrize(("op", "call"), CASES)
def test_compiled_equals_uncompiled(op, call):
    arrays = arrays_of(call)

    filled = Filled(call)

    def step(*leaves):
        made = filled(leaves)
        results = outputs(op.function(*made.args, **made.kwargs))
        for out in results:
            if out.requires_grad:
                out.backward(np.ones(out.shape, out.dtype))
        return results

    def run(function):
        ag.manual_seed(0)
        leaves = [ag.tensor(a, requires_grad=True) for a in arrays]
        return [r.data for r in function(*leaves)], [x.grad for x in leaves]

    compiled = ag.compile(step)
    ours, theirs = run(compiled), run(step)
    for a, b in zip(ours[0], theirs[0], strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    for a, b in zip(ours[1], theirs[1], strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a.data, b.data, rtol=1e-12, atol=1e-14)
    assert compiled.fallbacks == 0
