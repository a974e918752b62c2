"""From a trace to the list of steps: first every operation, then every gradient that travels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from autograd.draw.captions import without_gradient
from autograd.draw.trace import Trace
from autograd.stepper import backward, forward
from autograd.stepper.proof import Proof
from autograd.stepper.step import Step


def steps_of(trace: Trace, proofs: Mapping[int, Proof] | None = None) -> list[Step]:
    """The steps of one run, numbered from 1, with proofs where a gradient is complete.

    Forward: the inputs, then one step for each operation. Backward, where the trace has
    it: the gradient to start with, then one step for each contribution to a gradient, so
    that a value that is used twice gets its gradient in two steps. Where there is no backward
    pass, the last step says why.
    """
    run = [*forward.steps(trace), *backward.steps(trace)]
    if said := without_gradient(trace):
        run[-1] = replace(run[-1], sentence=f"{run[-1].sentence} {said}")
    return numbered([proved(step, proofs or {}) for step in run])


def numbered(steps: Iterable[Step]) -> list[Step]:
    """Steps with their places in the run, from 1."""
    return [replace(step, number=place) for place, step in enumerate(steps, 1)]


def proved(step: Step, proofs: Mapping[int, Proof]) -> Step:
    """The step with its proof, if it completes a gradient that has one."""
    complete = step.ledger is not None and step.ledger.place == step.ledger.paths
    proof = proofs.get(step.value) if complete and step.value is not None else None
    return replace(step, proof=proof) if proof else step
