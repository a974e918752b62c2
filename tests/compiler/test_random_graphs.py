"""Random programs of 5 to 60 operations give the same numbers compiled, gradients included."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from programs import programs, result, run

import autograd as ag

SOME = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def outcome(function, program):
    leaves = [ag.tensor(x, requires_grad=True) for x in program.leaves]
    values = function(*leaves)
    return [v.data for v in values], [None if x.grad is None else x.grad.data for x in leaves]


@SOME
@given(programs())
def test_compiled_equals_uncompiled(program):
    def step(*leaves):
        total = result(program, leaves)
        if isinstance(total, ag.Tensor) and total.requires_grad:
            total.backward()
        return run(program, leaves, ours=True)

    compiled = ag.compile(step)
    theirs = outcome(step, program)
    for _ in range(2):
        ours = outcome(compiled, program)
        for a, b in zip(ours[0] + ours[1], theirs[0] + theirs[1], strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(
                    a, b, rtol=1e-9, atol=1e-9 * (1 + np.abs(b).max(initial=0))
                )
    assert compiled.fallbacks == 0
