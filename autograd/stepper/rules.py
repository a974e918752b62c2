"""Gradient rules for the page: which letters they use, and over what a broadcast is summed."""

from __future__ import annotations

import re

from autograd.core.primitive import REGISTRY, Primitive
from autograd.draw.trace import Event, Local, Operation, Trace
from autograd.draw.wording import clean
from autograd.stepper import maths
from autograd.stepper.maths import Maths
from autograd.stepper.scene import name_of

_SPREADING = ("where", "broadcast_to")
"""Operations that broadcast their operands though their rules are no products."""


def rule(trace: Trace, event: Event, op: Operation, local: Local) -> Maths:
    """A rule that is no product, with g for the gradient that arrives."""
    record = REGISTRY.get(op.name)
    known = record.rule(event.slot) if isinstance(record, Primitive) else None
    if isinstance(record, Primitive) and known and known.words and not record.variadic:
        names = {
            letter: name_of(trace, value)
            for letter, value in zip(record.operands, op.inputs, strict=False)
        }
        return maths.short(maths.words(in_names(local.text, names)))
    return maths.short(_in_g(local, name_of(trace, event.source)))


def in_names(sentence: str, names: dict[str, str]) -> str:
    """A rule in words, with the learner's names for the operation's own letters.

    >>> in_names("xᵀ @ g", {"x": "a + b", "y": "W"})
    '(a + b)ᵀ @ g'
    >>> in_names("a share of g for each", {"a": "W"})  # "a" is a word of the sentence
    'a share of g for each'
    """
    letters = "|".join(re.escape(name) for name in names if name not in ("a", "I"))
    if not letters:
        return sentence
    alone = rf"(?<![A-Za-z0-9_])({letters})(?![A-Za-z0-9_])"
    return re.sub(alone, lambda found: _atom(names[found[1]]), sentence)


def _atom(name: str) -> str:
    name = clean(name)
    return name if name.isidentifier() else f"({name})"


def _in_g(local: Local, source: str) -> Maths:
    long, letter = maths.name(f"∂L/∂{source}"), maths.name("g")
    return Maths(
        local.text.replace(long.text, letter.text),
        local.latex.replace(long.latex, letter.latex),
        maths.bare(local.mathml).replace(long.mathml, letter.mathml),
    )


def undone(event: Event, op: Operation) -> list[int]:
    """The dimensions that are summed over because the operand was broadcast."""
    local = op.locals[event.slot]
    spreads = local is not None and (local.elementwise or op.name in _SPREADING)
    return summed(event.upstream.shape, event.contribution.shape) if spreads else []


def summed(upstream: tuple[int, ...], target: tuple[int, ...]) -> list[int]:
    """The dimensions in which one shape was broadcast to another.

    >>> summed((4, 3), (3,)), summed((4, 3), (4, 1)), summed((3,), (3,))
    ([0], [1], [])
    """
    added = len(upstream) - len(target)
    stretched = (
        axis + added for axis, size in enumerate(target) if size == 1 != upstream[axis + added]
    )
    return [*range(added), *stretched]
