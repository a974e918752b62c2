"""One trace, many views: what ran, with which numbers, and how each gradient came about.

Every picture, page and table reads only a trace, which consists of plain numbers, strings
and lists (see `Trace.to_json`). `autograd.draw.tracing` makes it from the standing graph.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from math import isfinite, sqrt
from typing import Any

import numpy as np

from autograd import notation
from autograd.core.spec import KEEP, Spec

_BLOCK = 1 << 17
"""Larger arrays are summed up in pieces of so many elements, which fit into a cache."""


@dataclass(frozen=True)
class Numbers:
    """An array as a picture needs it: all elements while they are few, else what sums them up.

    Attributes:
        shape: the size of each dimension.
        data: the elements as nested lists (a number for shape ()), None when there are
            more than 256 or they were not kept.
        mean, spread, norm: mean, standard deviation and Euclidean norm, None where unknown.
    """

    shape: tuple[int, ...]
    data: Any = None
    mean: float | None = None
    spread: float | None = None
    norm: float | None = None


@dataclass
class Value:
    """A value in the graph: a node of the picture.

    Attributes:
        id: its number, in order of appearance.
        name: the name that a picture shows.
        named: whether a person gave that name (else it is a formula or ``v7``).
        role: ``input``, ``parameter``, ``constant``, ``result`` or ``loss``.
        dtype: the kind and width of its numbers.
        requires_grad: whether a gradient is asked for.
        numbers: the value.
        gradient: its whole gradient after the backward pass, None where there is none.
        op: the operation that made it, None for a leaf.
        scope: the innermost scope that it was made in.
        written: its own formula, where its operation made several values.
    """

    id: int
    name: str
    named: bool
    role: str
    dtype: str
    requires_grad: bool
    numbers: Numbers
    gradient: Numbers | None = None
    op: int | None = None
    scope: int | None = None
    written: str = ""


@dataclass(frozen=True)
class Formula:
    """A formula, written as text, LaTeX or MathML when it is read: a picture needs few of them.

    Attributes:
        source: an expression, or a sentence where there are no names.
        names: what is written for each letter; None for a sentence.
        simplify: whether numbers that are known are folded.
    """

    source: str
    names: Mapping[str, str | float] | None
    simplify: bool = True

    @property
    def text(self) -> str:
        """One line of plain text."""
        if self.names is None:
            return self.source
        return notation.text(self.source, self.names, self.simplify)

    @property
    def latex(self) -> str:
        """LaTeX's mathematics, without dollar signs."""
        if self.names is None:
            return notation.words_latex(self.source)
        return notation.latex(self.source, self.names, self.simplify)

    @property
    def mathml(self) -> str:
        """A MathML row."""
        if self.names is None:
            return notation.words_mathml(self.source)
        return notation.mathml(self.source, self.names, self.simplify)


class _Written:
    """What has a formula: its three forms."""

    formula: Formula

    @property
    def text(self) -> str:
        """One line of plain text."""
        return self.formula.text

    @property
    def latex(self) -> str:
        """LaTeX's mathematics, without dollar signs."""
        return self.formula.latex

    @property
    def mathml(self) -> str:
        """A MathML row."""
        return self.formula.mathml


@dataclass
class Local(_Written):
    """The derivative of an operation by one operand, to be shown.

    Attributes:
        formula: the local derivative of an elementwise operation, or the whole rule in g.
        elementwise: whether it is a local derivative, to be multiplied by the gradient.
        numbers: its value, for an elementwise operation.
    """

    formula: Formula
    elementwise: bool
    numbers: Numbers | None = None


@dataclass
class Operation(_Written):
    """One operation that ran.

    Attributes:
        id: its number, in order of execution.
        name: the name in the API.
        symbol: what a circle in the picture shows.
        formula: what it computes, with the operands' names.
        lesson: one sentence on how the gradient flows.
        inputs: the values of the operands, in order and with multiplicity.
        outputs: the values that it made.
        params: static parameters as text.
        locals: one entry per operand, None where no gradient goes.
        line: file, line and columns of the user's source, None where unknown.
        scope: the innermost scope.
        elementwise: whether operands are broadcast to the shape of the result.
    """

    id: int
    name: str
    symbol: str
    formula: Formula
    lesson: str
    inputs: list[int]
    outputs: list[int]
    params: dict[str, str]
    locals: list[Local | None]
    line: SourceLine | None
    scope: int | None
    elementwise: bool = False


@dataclass(frozen=True)
class SourceLine:
    """A place in the learner's source; lines count from 1, columns from 0."""

    file: str
    line: int
    end_line: int
    column: int
    end_column: int


@dataclass
class Group:
    """A scope: a module or a time step, to be drawn as a card.

    Attributes:
        id: its number, in order of first use.
        path: the dotted path of a module in its model, or the block's name.
        label: one line for the card, such as ``fc1: Linear(2→4)`` or ``t = 3``.
        kind: ``module``, ``step`` or ``block``.
        step: the number of a time step.
        parent: the group around this one.
    """

    id: int
    path: str
    label: str
    kind: str
    step: int | None
    parent: int | None


@dataclass
class Event:
    """One gradient travelling backward over one edge, and what it adds to.

    Attributes:
        id: its number, in order of the backward pass.
        op: the operation that it passes.
        slot: the operand slot, from 0.
        source: the value whose gradient arrives (the operation's first output).
        target: the operand that receives.
        upstream: the gradient that arrives.
        contribution: what passes through.
        before, after: the operand's gradient before and after adding it.
    """

    id: int
    op: int
    slot: int
    source: int
    target: int
    upstream: Numbers
    contribution: Numbers
    before: Numbers | None
    after: Numbers


@dataclass
class Trace:
    """Everything that a picture needs to know of one run.

    Attributes:
        values, ops, groups, events: see their classes; each list is indexed by id.
        roots: the values that the trace was made of.
        files: the learner's source by file name, as lists of lines.
        changed: leaves that were changed in place after an operation had used them, so that
            their numbers are not those that it saw.
        detached: leaves that `detach()` made, and the values that they were taken from, None
            where those are not part of the run.
        lost: whether modules with parameters no longer exist, so that nobody knows their paths.
    """

    values: list[Value] = field(default_factory=list)
    ops: list[Operation] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    changed: list[int] = field(default_factory=list)
    detached: dict[int, int | None] = field(default_factory=dict)
    lost: bool = False

    def to_json(self) -> str:
        """The trace as JSON that may stand in a page; NaN and infinities as strings."""
        text = json.dumps(_plain(self), ensure_ascii=False, separators=(",", ":"))
        text = text.replace("<", "\\u003c")  # no </script> ends a script that it stands in
        return text.encode("utf-8", "backslashreplace").decode()  # lone surrogates


def numbers(value: Any) -> Numbers:
    """The numbers of a value: an array, a `Spec`, or a plain number."""
    if isinstance(value, Spec):
        return Numbers(value.shape)
    array = np.asarray(value)
    shape = tuple(array.shape)
    data = array.tolist() if array.size <= KEEP else None
    if not array.size:
        return Numbers(shape, data)
    if array.size == 1:
        only = float(array.reshape(()))
        return Numbers(shape, data, only, only - only, abs(only))
    with np.errstate(all="ignore"):
        return Numbers(shape, data, *_moments(array))


def _moments(array: Any) -> tuple[float, float, float]:
    """Mean, standard deviation and norm, in float64; a large array is not copied whole."""
    small = [array.astype(np.float64).ravel()] if array.size <= _BLOCK else None
    mean = _sum(small or _pieces(array)) / array.size
    spread = _sum((piece - mean for piece in small or _pieces(array)), 2) / array.size
    return mean, sqrt(spread), sqrt(_sum(small or _pieces(array), 2))


def _pieces(array: Any) -> Iterator[Any]:
    flat = array.ravel()
    for start in range(0, flat.size, _BLOCK):
        yield flat[start : start + _BLOCK].astype(np.float64)


def _sum(pieces: Iterable[Any], power: int = 1) -> float:
    total = -0.0  # which leaves every sum as it is
    for piece in pieces:
        total += float(np.add.reduce(piece if power == 1 else piece * piece))
    return total


def _plain(value: Any) -> Any:
    """Dicts, lists and strings; NaN and infinities, which JSON does not have, as strings."""
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _attributes(type(value))}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


@cache
def _attributes(kind: type) -> tuple[str, ...]:
    """The fields of a class, in order; a formula stands in all its forms."""
    forms = ("text", "latex", "mathml")
    return tuple(
        name for f in fields(kind) for name in (forms if f.name == "formula" else (f.name,))
    )
