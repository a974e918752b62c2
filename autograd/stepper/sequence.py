"""From a trace to the list of steps: first every operation, then every gradient that travels."""

from __future__ import annotations

from dataclasses import replace

from autograd.draw.captions import without_gradient
from autograd.draw.trace import Trace
from autograd.stepper import backward, forward
from autograd.stepper.step import Step


def steps_of(trace: Trace) -> list[Step]:
    """The steps of one run, numbered from 1.

    Forward: the inputs, then one step for each operation. Backward, where the trace has
    it: the gradient to start with, then one step for each contribution to a gradient, so
    that a value that is used twice gets its gradient in two steps. Where there is no backward
    pass, the last step says why.
    """
    run = [*forward.steps(trace), *backward.steps(trace)]
    if said := without_gradient(trace):
        run[-1] = replace(run[-1], sentence=f"{run[-1].sentence} {said}")
    return [replace(step, number=place) for place, step in enumerate(run, 1)]
