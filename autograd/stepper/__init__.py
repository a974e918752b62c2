"""The run of a program as steps: as text, as a notebook cell's output, as one HTML page."""

from autograd.stepper.step import Ledger as Ledger, Step as Step
from autograd.stepper.stepper import (
    Stepper as Stepper,
    step_through as step_through,
    steps as steps,
)
from autograd.stepper.tape import Tape as Tape, record as record
