"""What `derive` writes computes what the function does: whole formulas, nothing simplified."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import programs_of_all_kinds
import programs_of_states
import programs_of_trainings
import pytest

import autograd as ag
from autograd.compiler.compiled import Compiled
from autograd.compiler.passes import TEXTBOOK
from autograd.compiler.passes.plainly import leave_out_assumptions

MODULES = (programs_of_trainings, programs_of_all_kinds, programs_of_states)
PASSES = tuple(change for change in TEXTBOOK if change is not leave_out_assumptions)
"""With assumptions: the code of one call is not for another that decides otherwise."""

PROGRAMS = [
    function
    for module in MODULES
    for _, function in sorted(vars(module).items())
    if inspect.isgeneratorfunction(function)
]


def numbers(item):
    if isinstance(item, ag.Tensor):
        return [item.detach().numpy().copy()]
    if isinstance(item, (list, tuple)):
        return [leaf for part in item for leaf in numbers(part)]
    return [np.copy(item)] if isinstance(item, (np.ndarray, np.generic, float)) else []


def told(program, wrap):
    ag.manual_seed(3)
    return [numbers(item) for item in program(wrap)]


@pytest.mark.parametrize("program", PROGRAMS[::3], ids=lambda program: program.__name__)
def test_the_textbook_form_computes_the_same(program):
    made = []

    def textbook(function):
        made.append(Compiled(function, passes=PASSES))
        return made[-1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        ours = told(program, textbook)
    plain = told(program, lambda function: function)
    assert made
    for mine, right in zip(ours, plain, strict=True):
        for x, y in zip(mine, right, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-11)
