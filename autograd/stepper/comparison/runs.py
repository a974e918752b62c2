"""Two runs to be compared: how sentences call what is in them, and whether numbers agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from autograd.draw.trace import Numbers, Operation, SourceLine, Trace, Value
from autograd.draw.wording import clean
from autograd.stepper.figures import brief, figure
from autograd.stepper.scene import name_of, root_letter, source_text


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may be apart and still count as the same: rounding, no more."""

    rtol: float
    atol: float

    def same(self, one: Any, two: Any) -> bool:
        """Whether two arrays agree, in units of the largest number in them."""
        one, two = _array(one), _array(two)
        if one.shape != two.shape:
            return False
        if not one.size or np.array_equal(one, two, equal_nan=True):
            return True
        with np.errstate(all="ignore"):
            largest = np.max(np.abs([one, two]), where=np.isfinite([one, two]), initial=0.0)
            near = self.atol + self.rtol * largest
            return bool(np.allclose(one, two, rtol=0, atol=near, equal_nan=True))

    def agree(self, one: Numbers, two: Numbers) -> bool:
        """The same of what a trace keeps; of large arrays mean, spread and norm."""
        if one.shape != two.shape:
            return False
        return one == two or self.same(_kept(one), _kept(two))


def _array(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "biuf" else array


def _kept(numbers: Numbers) -> Any:
    if numbers.data is not None:
        return numbers.data
    known = (numbers.mean, numbers.spread, numbers.norm)
    return [np.nan if number is None else number for number in known]


@dataclass
class Run:
    """One of the two, and what people call it.

    Attributes:
        label: its name in sentences, such as ``A``.
        trace: the run.
        kept: what ``.grad`` holds now, by leaf; only where tensors were given.
        several: whether lines must be told with their file.
        called: what the result is called, where it has no name of its own.
    """

    label: str
    trace: Trace
    kept: Mapping[int, Any] = field(default_factory=dict)
    several: bool = False
    called: str = ""

    @property
    def root(self) -> Value:
        """The result."""
        return self.trace.values[self.trace.roots[0]]

    @property
    def letter(self) -> str:
        """What stands after the first ∂."""
        return self.called or root_letter(self.trace)

    def name(self, place: int) -> str:
        """What a value is called; the result is called by its letter."""
        return self.letter if place == self.trace.roots[0] else name_of(self.trace, place)

    def says(self, op: Operation) -> str:
        """``q = x + y``, or the formula alone where the result has no name."""
        made, formula = self.trace.values[op.outputs[0]], clean(op.text)
        return f"{clean(made.name)} = {formula}" if made.named else formula

    def at(self, op: Operation | None) -> str:
        """``fc1: Linear(2→4), line 7``: the module and the line, as far as they are known."""
        if op is None:
            return ""
        return ", ".join(part for part in (self.module(op), self.line(op)) if part)

    def line(self, op: Operation) -> str:
        """``line 7``, with the file where there are several; empty where it is unknown."""
        if op.line is None:
            return ""
        return f"{_file(op.line)}, line {op.line.line}" if self.several else f"line {op.line.line}"

    def module(self, op: Operation) -> str:
        """The innermost module around an operation."""
        group = op.scope
        while group is not None and self.trace.groups[group].kind != "module":
            group = self.trace.groups[group].parent
        return "" if group is None else clean(self.trace.groups[group].label)

    def maker(self, place: int) -> Operation | None:
        """The operation that made a value."""
        made_by = self.trace.values[place].op
        return None if made_by is None else self.trace.ops[made_by]

    def own_name(self, place: int) -> str:
        """The name of a value, and of the result, too."""
        return name_of(self.trace, place)

    def text(self, op: Operation) -> str:
        """The learner's line."""
        return source_text(self.trace, op.line)

    def paths(self, place: int | None) -> int:
        """On how many ways a gradient comes to a value."""
        return self._arrivals[place]

    @cached_property
    def _arrivals(self) -> Counter[int | None]:
        return Counter(event.target for event in self.trace.events)

    def users(self, place: int) -> list[Operation]:
        """The operations that take a value, in order of execution."""
        return self._takers.get(place, [])

    @cached_property
    def _takers(self) -> dict[int, list[Operation]]:
        found: dict[int, list[Operation]] = {}
        for op in self.trace.ops:
            for place in dict.fromkeys(op.inputs):
                found.setdefault(place, []).append(op)
        return found

    def partial(self, place: int) -> str:
        """``∂L/∂w``."""
        return f"∂{self.letter}/∂{self.name(place)}"


def _file(line: SourceLine) -> str:
    return clean(line.file.replace("\\", "/").rpartition("/")[2])


def in_brackets(text: str) -> str:
    """`` (line 7)``, or nothing."""
    return f" ({text})" if text else ""


def times(count: int) -> str:
    """``never``, ``once``, ``twice``, ``3 times``."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def versus(one: Numbers, two: Numbers, labels: tuple[str, str]) -> str:
    """``0.5 in A, 0.6 in B``: both as short as possible, and as long as it takes to differ."""
    if one.shape != two.shape:
        return f"of shape {one.shape} in {labels[0]}, {two.shape} in {labels[1]}"
    written = brief(one), brief(two)
    if written[0] == written[1]:
        return _hardly(one, two, labels)
    if written[0].startswith("a ") and one.norm is not None and two.norm is not None:
        norms = figure(one.norm), figure(two.norm)
        return "of norm {} in {}, {} in {}".format(*_braid(norms, labels))
    return "{} in {}, {} in {}".format(*_braid(written, labels))


def _hardly(one: Numbers, two: Numbers, labels: tuple[str, str]) -> str:
    """Numbers that look the same when they are rounded."""
    if one.data is None or two.data is None:
        means = (figure(float(n.mean or 0.0), 12) for n in (one, two))
        return "of mean {} in {}, {} in {}".format(*_braid(means, labels))
    x, y = _array(one.data).ravel(), _array(two.data).ravel()
    if x.size == 1:
        return "{} in {}, {} in {}".format(*_braid((repr(x[0].item()), repr(y[0].item())), labels))
    with np.errstate(all="ignore"):
        apart = np.abs(x - y)
    count = int(np.count_nonzero(~((x == y) | (np.isnan(x) & np.isnan(y)))))
    return (
        f"not the same: {count} of {prod(one.shape)} elements differ, by "
        f"{figure(float(np.nanmax(apart)), 3)} at most"
    )


def _braid(written: Any, labels: tuple[str, str]) -> list[str]:
    return [part for pair in zip(written, labels, strict=True) for part in pair]
