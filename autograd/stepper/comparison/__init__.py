"""Two runs side by side: what belongs together, what differs, and what follows from it."""

from autograd.stepper.comparison.difference import Difference as Difference, Spot as Spot
