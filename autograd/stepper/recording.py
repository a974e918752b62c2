"""What notes a training while it runs: it is told of some things, and sees others by looking.

`backward`, assignments to ``.grad``, `detach` and the steps of optimizers announce themselves.
Everything else (``w.data -= …``, clipped gradients, what hooks do) is found by comparing
what leaves hold now with what they held when they were last looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd.core.graph import ancestors, entry
from autograd.core.node import Handle, Where, cell_of, next_serial
from autograd.core.where import here
from autograd.draw.scale import OPERATIONS
from autograd.draw.trace import Numbers, numbers
from autograd.draw.wording import clean
from autograd.stepper.log import Author, Detached, Entry, Moved, Regraded
from autograd.stepper.passes import Pass
from autograd.stepper.rehearsal import Sample, sampled


@dataclass
class _Known:
    """What a leaf held when it was last looked at."""

    value: Numbers
    gradient: Numbers | None


class Recording:
    """Notes what changes gradients and parameters; see `autograd.core.mode.Recorder`.

    Attributes:
        log: what happened.
        left_out: how many backward passes could not be traced.
    """

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.left_out = 0
        self._looked = 0  # the place of the last look in the order of execution
        self._seen: set[int] = set()
        self._known: dict[Handle, _Known] = {}
        self._awaited: dict[Handle, Pass] = {}  # leaves to which a pass is delivering
        self._plans: dict[Handle, Sample | None] = {}
        self._author: Author | None = None

    # --- what it is told -------------------------------------------------------------------

    def backward(self, root: Handle, start: Any, run: Any) -> None:
        """Let a backward pass run, and watch it."""
        self._settle()
        if not self._takes(root):
            run()
            return
        made = Pass(root, start, self._seen, here())
        self.log.append(made)
        try:
            self._run(made, run)
        except BaseException:
            self.log.remove(made)
            raise
        made.finish()
        self._seen.update(made.made)

    def _run(self, made: Pass, run: Any) -> None:
        outer = self._awaited
        self._awaited = {leaf: made for leaf in made.leaves if leaf.needs_grad}
        for leaf in self._awaited:
            self._meet(leaf)
        try:
            run(watch=made.watch)
            for leaf in self._awaited:
                self._known[leaf].gradient = made.gradient(leaf)
            self._looked = next_serial()
            self._settle()  # also what hooks have made of the gradients
        finally:
            self._awaited = outer

    def assigned(self, leaf: Handle, before: Any) -> None:
        """``leaf.grad`` was assigned to; it was `before`."""
        where = here()
        last = self.log[-1] if self.log else None
        if not isinstance(last, Regraded) or last.where != where or where is None:
            if not self._plans:
                self._settle({leaf: before})
            last = Regraded(next_serial(), where)
            self.log.append(last)
        now = _gradient(leaf.accumulated)
        last.changes.append((leaf, _gradient(before), now))
        if leaf in self._known:
            self._awaited.pop(leaf, None)
            self._known[leaf].gradient = now

    def detached(self, source: Handle, made: Handle) -> None:
        """``source.detach()`` gave `made`."""
        edge = source.edge
        origin = source if edge is None else (edge.node.serial, edge.index)
        label = source.label if edge is None else edge.name
        self.log.append(Detached(next_serial(), made, origin, label, numbers(made.value), here()))

    def updating(self, optimizer: Any) -> AbstractContextManager[None]:
        """A block in which an optimizer changes parameters."""
        told = getattr(optimizer, "told", "")
        return self._updating(Author(clean(type(optimizer).__name__), told, here()))

    @contextmanager
    def _updating(self, author: Author) -> Iterator[None]:
        self._settle()
        outer, self._author = self._author, author
        try:
            yield
        finally:
            self._settle()
            self._author = outer

    def planned(self, optimizer: Any, params: list[Any], options: Mapping[str, Any]) -> None:
        """What the rule of an optimizer is about to be given."""
        for param in params:
            self._meet(param)
            self._plans[param] = sampled(optimizer, param, options)

    # --- what it sees ------------------------------------------------------------------------

    def _takes(self, root: Handle) -> bool:
        """Whether a pass is traced: arrays of NumPy's, and not more than can be read."""
        count = len(ancestors([entry(root)]))
        fits = len(self._seen) + count <= OPERATIONS and isinstance(root.value, np.ndarray)
        self.left_out += not fits
        return fits

    def _meet(self, leaf: Handle) -> None:
        if leaf not in self._known:
            self._known[leaf] = _Known(numbers(leaf.value), _gradient(leaf.accumulated))

    def _arrive(self, leaf: Handle, gradient: Numbers | None) -> None:
        """The gradient that a pass was to deliver is there: nothing else has changed it."""
        made = self._awaited.get(leaf)
        if made is not None and _same(gradient, made.gradient(leaf)):
            self._known[leaf].gradient = gradient
            del self._awaited[leaf]

    def _settle(self, were: Mapping[Handle, Any] = MappingProxyType({})) -> None:
        """Note what has changed since the last look, whoever did it.

        Args:
            were: gradients that have just been replaced: these are looked at instead.
        """
        held = {leaf: were.get(leaf, leaf.accumulated) for leaf in self._known}
        self._settle_gradients(held)
        for leaf, gradient in held.items():
            self._settle_value(leaf, _gradient(gradient))
        self._looked = next_serial()

    def _settle_gradients(self, held: Mapping[Handle, Any]) -> None:
        found: dict[Where, Regraded] = {}
        for leaf, gradient in held.items():
            known, now = self._known[leaf], _gradient(gradient)
            self._arrive(leaf, now)
            before, known.gradient = known.gradient, now
            if not _same(before, now):
                self._awaited.pop(leaf, None)
                serial, where = self._last_change(gradient)
                note = found.setdefault(where, Regraded(serial, where))
                note.changes.append((leaf, before, now))
        self.log += found.values()

    def _settle_value(self, leaf: Handle, gradient: Numbers | None) -> None:
        known = self._known[leaf]
        before, known.value = known.value, numbers(leaf.value)
        if leaf not in self._plans and _same(before, known.value):
            return
        sample, author = self._plans.pop(leaf, None), self._author
        serial, where = self._last_change(leaf)
        if author is not None:
            serial, where = max(serial, self._looked + 1), author.where
        done = None if sample is None else sample.found(leaf)
        self.log.append(Moved(serial, leaf, before, known.value, gradient, author, done, where))

    def _last_change(self, tensor: Handle | None) -> tuple[int, Where]:
        """Place and line of the last change in place; where unknown, right after the last look."""
        recent = cell[2] if tensor is not None and (cell := cell_of(tensor))[1:] else ()
        serial, where = recent[-1] if recent else (-1, None)
        return (serial, where) if serial > self._looked else (self._looked, None)


def _gradient(held: Handle | None) -> Numbers | None:
    return None if held is None else numbers(held.value)


def _same(a: Numbers | None, b: Numbers | None) -> bool:
    """Whether two values are the same, NaN included."""
    return a == b or repr(a) == repr(b)
