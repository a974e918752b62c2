"""Random programs as steps of training, for what compiles them."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from programs import result, run

import autograd as ag

SOME = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def training(program):
    """A function of a program's leaves that differentiates its result, and returns all values."""

    def step(*leaves):
        total = result(program, leaves)
        if isinstance(total, ag.Tensor) and total.requires_grad:
            total.backward()
        return run(program, leaves, ours=True)

    return step
