"""What a traced run left behind: its result, new data and gradients, new contents of places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.program import Instruction, Note, Value
from autograd.compiler.reach import ALL, MISSING, PLAIN, Slot, shallow
from autograd.compiler.traced import Traced, TracedNumber
from autograd.core.errors import StateError
from autograd.core.node import Handle, wrap

Build = Callable[[tuple[Any, ...]], Any]
"""Makes a result from the outputs of a run."""


class Write(NamedTuple):
    """What a run leaves in a place: a tensor's slot, or a place of a container.

    Attributes:
        target: a tensor, or a `Slot`.
        what: ``"data"`` or ``"grad"`` of a tensor, ``"set"`` of a place.
        build: makes the new content.
    """

    target: Any
    what: str
    build: Build


class Finish:
    """Compares what is there after the run with what was placed before it."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self.outputs: list[Value] = []
        self.gradients: dict[int, Handle] = {}
        self.returned: list[Any] = []
        self.carried: list[tuple[Slot, list[int]]] = []
        self.kept = {traced.slot.memory for _, traced in run.inputs}
        self.known = {id(held) for held, _ in (*run.reach.tensors, *run.reach.holders)}
        self.placed = {id(s.holder): traced for s, traced in run.inputs if s.is_tensor}

    def _output(self, traced: Any) -> int:
        self.outputs.append(traced.slot)
        return len(self.outputs) - 1

    def builder(self, item: Any) -> Build:
        """A function that makes the same structure from a run's outputs."""
        if id(item) in self.known and isinstance(item, (Handle, list, dict)):
            self.returned.append(item)
            place = -len(self.returned)
            return lambda outs: outs[place]
        if isinstance(item, Handle):
            return self._tensor(item)
        if isinstance(item, (Traced, TracedNumber)):
            at = self._output(item)
            return lambda outs: outs[at]
        if isinstance(item, (tuple, list)):
            parts = [self.builder(part) for part in item]
            kind = getattr(type(item), "_make", type(item))
            return lambda outs: kind([part(outs) for part in parts])
        if isinstance(item, dict):
            built = {key: self.builder(part) for key, part in item.items()}
            return lambda outs: {key: part(outs) for key, part in built.items()}
        if isinstance(item, np.ndarray) and id(item) not in self.run.reach.fixed:
            return lambda outs: item.copy()
        return lambda outs: item

    def _tensor(self, tensor: Handle) -> Build:
        kind, data = type(tensor), tensor.data
        wants = tensor.needs_grad and tensor.edge is None
        if not isinstance(data, Traced):
            return lambda outs: wrap(kind, data.copy(), wants)
        at = self._output(data)
        return lambda outs: wrap(kind, np.asarray(outs[at]), wants)

    def of_tensors(self) -> Iterator[Write]:
        """New data and gradients of the tensors that were there before."""
        for tensor, path in self.run.reach.tensors:
            if tensor.edge is not None and tensor.needs_grad:
                raise StateError(
                    f"After the compiled function {path} is a result with a history; a later "
                    "call cannot continue it. Detach what is to be carried over."
                )
            if tensor.data is not self.placed[id(tensor)]:
                yield Write(tensor, "data", self.builder(tensor.data))
            yield from self._gradient(tensor, path)

    def _gradient(self, tensor: Handle, path: str) -> Iterator[Write]:
        if tensor.accumulated is not self.run.grads[id(tensor)]:
            if tensor.accumulated is not None and isinstance(tensor.accumulated.data, Traced):
                tensor.accumulated.data.slot.hint = f"d_{path}"
                self.gradients[len(self.outputs)] = tensor
            yield Write(tensor, "grad", self.builder(tensor.accumulated))

    def of_holders(self) -> Iterator[Write]:
        """New contents of dicts and lists."""
        for (holder, was), (_, placed) in zip(self.run.before, self.run.placed, strict=True):
            now = shallow(holder)
            if isinstance(now, list):
                if len(now) != len(placed) or any(
                    a is not b for a, b in zip(now, placed, strict=True)
                ):
                    yield Write(Slot(holder, ALL, ""), "set", self.builder(now))
                continue
            for key in placed.keys() - now.keys():
                yield Write(Slot(holder, key, ""), "set", lambda outs: MISSING)
            for key, item in now.items():
                if item is not placed.get(key, MISSING):
                    yield from self._changed(Slot(holder, key, ""), item, was.get(key, MISSING))

    def of_variables(self) -> Iterator[Write]:
        """New contents of variables and attributes."""
        for slot, was, placed in self.run.variables:
            item = slot.get()
            if item is not placed:
                yield from self._changed(slot, item, was)

    def _changed(self, slot: Slot, item: Any, was: Any) -> Iterator[Write]:
        """One changed entry; a dict (the state of a parameter) keeps its identity."""
        if isinstance(was, dict) and isinstance(item, dict) and was.keys() == item.keys():
            for key, part in item.items():
                yield from self._changed(Slot(was, key, ""), part, was[key])
        elif (isinstance(item, Traced) and self._lands(item, was)) or (
            isinstance(item, PLAIN) and was is item
        ):
            return
        else:
            self._notice_history(slot, item, was)
            yield Write(slot, "set", self.builder(item))

    def _notice_history(self, slot: Slot, item: Any, was: Any) -> None:
        """A state that takes its history along to the next call, which cannot continue it."""
        new, old = leaves_in(item), leaves_in(was)
        if any(t.edge is not None and t.needs_grad for t in new):
            self.carried.append((slot, [id(t) for t in old]))

    def _lands(self, item: Traced, was: Any) -> bool:
        """Write a new array over the one that was there, if it is like it."""
        old = was if isinstance(was, Traced) else self.run.traced_of(was)
        fits = old is not None and (old.shape, old.dtype) == (item.shape, item.dtype)
        fits = fits and old.array.flags.writeable
        if not fits or (old is not item and item.slot.memory in self.kept):
            return False
        if old is not item:
            note = Note("update", "", "")
            line = Instruction(
                "setitem", "", (old.slot, ..., item.slot), {}, (), (old.slot.memory,), note
            )
            self.run.recorder.lines.append(line)
        return True


def leaves_in(item: Any) -> list[Handle]:
    """The tensors in a structure."""
    if isinstance(item, dict):
        item = tuple(item.values())
    if isinstance(item, (list, tuple)):
        return [tensor for part in item for tensor in leaves_in(part)]
    return [item] if isinstance(item, Handle) else []
