"""Random programs of 5 to 60 operations give the same numbers compiled, gradients included."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from programs import programs, result
from random_trainings import SOME, training

import autograd as ag


def outcome(function, program):
    leaves = [ag.tensor(x, requires_grad=True) for x in program.leaves]
    values = function(*leaves)
    return [v.data for v in values], [None if x.grad is None else x.grad.data for x in leaves]


@SOME
@given(programs())
def test_compiled_equals_uncompiled(program):
    step = training(program)
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


FEW = settings(SOME, max_examples=12)


@FEW
@given(programs())
def test_the_same_program_on_every_row(program):
    """What is alike is stacked; with something carried along, what is left of it."""

    def step(carry, *stacked):
        totals = []
        for i in range(6):
            leaves = [x[i] for x in stacked]
            if carry and i:
                leaves = [x + ag.tanh(totals[-1] * 1e-3) for x in leaves]
            total = result(program, leaves)
            totals.append(total if isinstance(total, ag.Tensor) else ag.tensor(float(total)))
        found = ag.stack(totals)
        if found.requires_grad:
            found.sum().backward()
        return [found]

    rows = [np.stack([np.asarray(x) * (1 + 0.01 * i) for i in range(6)]) for x in program.leaves]
    for carry in (False, True):
        every = Repeated(step, carry)
        theirs, compiled = rows_outcome(every, rows), ag.compile(every)
        for _ in range(2):
            for a, b in zip(rows_outcome(compiled, rows), theirs, strict=True):
                assert (a is None) == (b is None)
                if a is not None:
                    scale = 1 + np.abs(b).max(initial=0)
                    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * scale)
        assert "alike: no" not in compiled.explain()


class Repeated:
    """A step with or without something carried from row to row."""

    def __init__(self, step, carry):
        self.step, self.carry = step, carry

    def __call__(self, *leaves):
        return self.step(self.carry, *leaves)


def rows_outcome(function, rows):
    leaves = [ag.tensor(x, requires_grad=True) for x in rows]
    values = [v.data for v in function(*leaves)]
    return values + [None if x.grad is None else x.grad.data for x in leaves]
