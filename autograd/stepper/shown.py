"""What the boxes of leaves show in each graph of a training, beside what the leaves hold."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.core.node import Handle
from autograd.draw import wording
from autograd.draw.trace import Numbers
from autograd.stepper.log import Entry, Moved, Regraded
from autograd.stepper.passes import Pass

Write = tuple[int, str, str]
"""A value, the line of its box before, and the line now."""

Lines = dict[Handle, str]


class Shown:
    """Follows a story: values and gradients that leaves hold by now, and those in sight.

    A graph is drawn with the numbers of its own backward pass, which may come later than
    what is told, or earlier; `sync` says which lines have to be written anew.

    Attributes:
        values, gradients: the lines for what each leaf holds.
    """

    def __init__(self, log: Sequence[Entry]) -> None:
        self.values: Lines = {}
        self.gradients: Lines = {}
        self._passes = [entry for entry in log if isinstance(entry, Pass)]
        self._boxes = [(_values(one), _left(one)) for one in self._passes]
        for entry in log:  # what leaves held at first
            match entry:
                case Pass():
                    self.values = _values(entry) | self.values
                    self.gradients = _left(entry) | self.gradients
                case Moved():
                    self.values.setdefault(entry.leaf, value_line(entry.before))
                    self.gradients.setdefault(entry.leaf, gradient_line(entry.gradient))
                case Regraded():
                    for leaf, before, _ in entry.changes:
                        self.gradients.setdefault(leaf, gradient_line(before))

    def passed(self, scene: int) -> None:
        """A backward pass has filled ``.grad``; its steps have written the lines."""
        found = self._passes[scene]
        for leaf, place in _asking(found).items():
            line = gradient_line(found.trace.values[place].gradient)
            self.gradients[leaf] = self._boxes[scene][1][leaf] = line

    def sync(self, scene: int) -> tuple[Write, ...]:
        """The lines in the boxes of one graph that are out of date; they are now not."""
        writes: list[Write] = []
        for held, box in zip((self.values, self.gradients), self._boxes[scene], strict=True):
            for leaf, place in _asking(self._passes[scene]).items():
                if box[leaf] != held[leaf]:
                    writes.append((place, box[leaf], held[leaf]))
                    box[leaf] = held[leaf]
        return tuple(writes)


def _asking(found: Pass) -> dict[Handle, int]:
    """The leaves that ask for a gradient."""
    values = found.trace.values
    return {leaf: place for leaf, place in found.leaves.items() if values[place].requires_grad}


def _values(found: Pass) -> Lines:
    values = found.trace.values
    return {leaf: value_line(values[at].numbers) for leaf, at in _asking(found).items()}


def _left(found: Pass) -> Lines:
    return {leaf: gradient_line(found.left.get(at)) for leaf, at in _asking(found).items()}


def value_line(numbers: Numbers) -> str:
    """The line of a value in a box."""
    return f"val  {wording.value(numbers)}"


def gradient_line(numbers: Numbers | None) -> str:
    """The line of a gradient in a box."""
    return f"grad {wording.gradient(numbers)}"
