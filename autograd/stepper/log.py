"""What a tape holds beside backward passes: changes of gradients and of parameters.

Each entry knows its place (`serial`) in the order in which operations ran, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autograd.core.node import Handle, Where
from autograd.draw.trace import Numbers
from autograd.stepper.passes import Pass
from autograd.stepper.rehearsal import Sample


@dataclass(frozen=True)
class Author:
    """Who changes parameters: an optimizer, on a line of the learner's.

    Attributes:
        name: its class.
        told: its rule in words, where it looks at all parameters together.
        where: the line.
    """

    name: str
    told: str
    where: Where


@dataclass(frozen=True)
class Moved:
    """A leaf got new numbers: from an optimizer, or by hand where there is no author.

    Attributes:
        leaf: the leaf.
        before, now: its numbers.
        gradient: its ``.grad`` at that time.
        author: the optimizer.
        sample: what the optimizer's rule was given.
        where: the learner's line, where it is known.
    """

    serial: int
    leaf: Handle
    before: Numbers
    now: Numbers
    gradient: Numbers | None
    author: Author | None
    sample: Sample | None
    where: Where


@dataclass
class Regraded:
    """Gradients were forgotten, or changed by something else than a backward pass.

    Attributes:
        where: the learner's line, where it is known.
        changes: each leaf with its gradient before and now.
    """

    serial: int
    where: Where
    changes: list[tuple[Handle, Numbers | None, Numbers | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Detached:
    """``detach()`` made a new leaf.

    Attributes:
        made: the new leaf.
        source: the tensor that it came from: a leaf, or the serial and output of a node.
        label: the name of that tensor, where it has one.
        value: the numbers of both.
        where: the learner's line.
    """

    serial: int
    made: Handle
    source: Handle | tuple[int, int]
    label: str | None
    value: Numbers
    where: Where


Entry = Pass | Moved | Regraded | Detached
