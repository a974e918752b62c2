"""What tests of the compiler's passes have in common: operands, programs, and what they call."""

from __future__ import annotations

import numpy as np

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes.dead_code import remove_dead_code


def t(*shape, seed=0, dtype=np.float64):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def single(*shape, seed=0, dtype=np.float32):
    return t(*shape, seed=seed, dtype=dtype)


def traced(function, *args, passes=()):
    """The program of a function after some passes, without what nobody needs."""
    program = capture(function, args, {}).program
    for change in passes:
        program = change(program)
    return remove_dead_code(program)


def calls(program):
    return [line.name or line.kind for line in program.instructions]
