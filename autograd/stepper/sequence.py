"""From a trace to the list of steps: first every operation, then every gradient that travels."""

from __future__ import annotations

from collections.abc import Mapping
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
    numbered = [replace(step, number=place) for place, step in enumerate(run, 1)]
    return [_proved(step, proofs or {}) for step in numbered]


def _proved(step: Step, proofs: Mapping[int, Proof]) -> Step:
    complete = step.ledger is not None and step.ledger.place == step.ledger.paths
    proof = proofs.get(step.value) if complete and step.value is not None else None
    return replace(step, proof=proof) if proof else step
