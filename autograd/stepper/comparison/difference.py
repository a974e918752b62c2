"""One difference between two runs: a sentence, and where it shows in both pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograd.draw.trace import SourceLine


@dataclass(frozen=True)
class Spot:
    """Where a difference shows in one of the runs; empty where there is nothing to show.

    Attributes:
        values, ops: their ids in the trace, the most telling one last.
        edges: forward arrows, as (operation, operand slot).
        line: the learner's line.
        source: the text of that line.
    """

    values: tuple[int, ...] = ()
    ops: tuple[int, ...] = ()
    edges: tuple[tuple[int, int], ...] = ()
    line: SourceLine | None = None
    source: str = ""

    def __bool__(self) -> bool:
        return bool(self.values or self.ops or self.edges)


def joined(spots: Sequence[Spot]) -> Spot:
    """All the places of several, with the line of the first."""
    first = spots[0]
    return Spot(
        tuple(dict.fromkeys(value for spot in spots for value in spot.values)),
        tuple(dict.fromkeys(op for spot in spots for op in spot.ops)),
        tuple(dict.fromkeys(edge for spot in spots for edge in spot.edges)),
        first.line,
        first.source,
    )


@dataclass(frozen=True)
class Difference:
    """One difference; ``str(difference)`` is its sentence.

    Attributes:
        kind: ``operation``, ``settings``, ``operands``, ``order``, ``result``, ``rule``,
            ``only``, ``detached``, ``given``, ``value``, ``dtype``, ``asked`` or ``kept``
            for a cause; ``value`` or ``gradient`` for what follows from the causes.
        text: what differs, in one plain sentence or a few.
        word: the word or two that stand beside it in the pictures.
        a, b: where it shows in the first and in the second run.
    """

    kind: str
    text: str
    word: str
    a: Spot
    b: Spot

    def __str__(self) -> str:
        return self.text
