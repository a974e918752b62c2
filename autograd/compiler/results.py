"""What a traced run left behind: its result, new data and gradients, new contents of places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.idle import open_if_closed
from autograd.compiler.places import (
    ALL,
    CONTAINERS,
    MISSING,
    ORDER,
    PLAIN,
    Slot,
    in_order,
    refill,
    shallow,
)
from autograd.compiler.program import Instruction, Note, Value
from autograd.compiler.reach import Reach, is_of_a_person
from autograd.compiler.traced import Traced, TracedNumber
from autograd.core.errors import StateError
from autograd.core.node import Handle, wrap
from autograd.core.trees import tensors_in

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


class Outcome(NamedTuple):
    """What a traced run gives, and what it leaves behind.

    Attributes:
        result: makes what the function returns.
        outputs: the program's outputs.
        results: how many of them go into what the function returns; they come first.
        returned: tensors and containers from before the call that are results themselves; a
            run's outputs have them at their end, the last one first.
        writes: what is put into tensors and places.
        gradients: the tensors that outputs become the gradients of, by place.
    """

    result: Build
    outputs: list[Value]
    results: int
    returned: list[Any]
    writes: list[Write]
    gradients: dict[int, Handle]


class Finish:
    """Compares what is there after the run with what was placed before it."""

    def __init__(self, run: Any) -> None:
        self.run = run
        self.outputs: list[Value] = []
        self.gradients: dict[int, Handle] = {}
        self.returned: list[Any] = []
        self.carried: list[tuple[Slot, list[int]]] = []
        self.kept = {traced.slot.memory for _, traced in run.inputs}
        self.idle = {slot.where for slot in run.reach.idle}
        self.known = {id(held) for held, _ in (*run.reach.tensors, *run.reach.holders)}
        self.known |= {id(item) for item in run.reach.records}
        self.placed = {id(s.holder): traced for s, traced in run.inputs if s.is_tensor}
        states = [optimizer.state for optimizer in run.reach.optimizers]
        self.states = {id(held) for state in states for held in (state, *state.values())}

    def outcome(self, result: Any) -> Outcome:
        """What the run gives with what it returns."""
        build = self.builder(result)
        results = len(self.outputs)
        writes = [*self.of_tensors(), *self.of_holders(), *self.of_variables()]
        return Outcome(build, self.outputs, results, self.returned, writes, self.gradients)

    def _output(self, traced: Any) -> int:
        self.outputs.append(traced.slot)
        return len(self.outputs) - 1

    def builder(self, item: Any) -> Build:
        """A function that makes the same structure from a run's outputs."""
        open_if_closed(item)
        item = _of_this_run(item)
        if id(item) in self.known and not isinstance(item, tuple):
            self.returned.append(item)
            place = -len(self.returned)
            return lambda outs: outs[place]
        if isinstance(item, Handle):
            return self._tensor(item)
        if isinstance(item, (Traced, TracedNumber)):
            return self._array(item)
        if isinstance(item, np.ndarray):
            fixed = id(item) in self.run.reach.fixed
            return lambda outs: item if fixed else item.copy()
        if isinstance(item, (tuple, list, set, frozenset)):
            parts = [self.builder(part) for part in item]
            kind = getattr(type(item), "_make", type(item))
            return lambda outs: kind([part(outs) for part in parts])
        if isinstance(item, CONTAINERS):
            return self._container(item)
        if isinstance(item, PLAIN) or id(item) in self.run.reach.paths:
            return lambda outs: item
        return self._object(item)

    def _array(self, item: Traced | TracedNumber, kept: bool = False) -> Build:
        """An array or a number of NumPy's, which may have been Python's in the run.

        Args:
            item: it as traced.
            kept: make an array of a number, too.
        """
        at, dtype = self._output(item), item.slot.dtype
        if dtype is None or item.slot.shape:
            return lambda outs: outs[at]
        if item.slot.is_scalar and not kept:
            return lambda outs: dtype.type(outs[at])
        return lambda outs: np.asarray(outs[at], dtype)

    def _state(self, item: Any) -> Build:
        """What an optimizer remembers: arrays, where a rule gives NumPy's numbers, too."""
        if type(item) is dict:
            built = {key: self._state(part) for key, part in item.items()}
            return lambda outs: {key: part(outs) for key, part in built.items()}
        return self._array(item, kept=True) if isinstance(item, Traced) else self.builder(item)

    def _container(self, item: Any) -> Build:
        """A dict, a deque, or what is like them: empty ones of their kind are filled."""
        self._check_keys(item)
        empty = copy(item)
        empty.clear()
        content = self.builder(shallow(item)) if type(item) is not dict else None
        if content is None:
            built = {key: self.builder(part) for key, part in item.items()}
            return lambda outs: {key: part(outs) for key, part in built.items()}

        def made(outs: Any) -> Any:
            new = copy(empty)
            refill(new, content(outs))
            return new

        return made

    def _check_keys(self, item: Any) -> None:
        """Refuse keys that each run would have to make anew."""
        keys = item if isinstance(item, MutableMapping) else ()
        if any(isinstance(key, (Handle, Traced)) and id(key) not in self.known for key in keys):
            raise StateError(
                "A compiled function gives away a dict with a tensor of its own as a key. Take a "
                "name as the key, or return pairs."
            )

    def _object(self, item: Any) -> Build:
        """An object that the function has made, with what it holds."""
        if isinstance(item, Iterator):
            raise _kept(item)
        found = Reach(item)
        if not any(isinstance(tensor.value, Traced) for tensor, _ in found.tensors):
            if any(isinstance(slot.get(), (Traced, TracedNumber)) for slot in found.variables):
                raise _kept(item)
            return lambda outs: item
        if not is_of_a_person(item) or not hasattr(item, "__dict__"):
            raise _kept(item)
        inside = self.builder(dict(vars(item)))

        def made(outs: Any) -> Any:
            new = object.__new__(type(item))
            vars(new).update(inside(outs))
            return new

        return made

    def _tensor(self, tensor: Handle) -> Build:
        """A tensor that the function has made; a leaf with its gradient."""
        made = self._tensor_alone(tensor)
        if tensor.edge is not None or tensor.accumulated is None:
            return made
        gradient = self.builder(tensor.accumulated)

        def with_gradient(outs: Any) -> Any:
            new = made(outs)
            new.accumulated = gradient(outs)
            return new

        return with_gradient

    def _tensor_alone(self, tensor: Handle) -> Build:
        kind, data = type(tensor), _of_this_run(tensor.value)
        wants = tensor.needs_grad and tensor.edge is None
        if not isinstance(data, Traced):
            return lambda outs: wrap(kind, data.copy(), wants)
        at, single = self._output(data), None if data.slot.shape else data.slot.dtype
        return lambda outs: wrap(kind, np.asarray(outs[at], single), wants)

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
            yield from self._order(holder, now, placed)

    def _order(self, holder: Any, now: Any, placed: Any) -> Iterator[Write]:
        """The order of keys, where it is not that of the writes."""
        keys = list(now)
        kept = [key for key in placed if key in now]
        if not in_order(keys, [*kept, *(key for key in keys if key not in placed)]):
            yield Write(Slot(holder, ORDER, ""), "set", lambda outs: keys)

    def of_variables(self) -> Iterator[Write]:
        """New contents of variables and attributes."""
        for slot, was, placed in self.run.variables:
            item = slot.get()
            if item is not placed:
                yield from self._changed(slot, item, was)

    def _changed(self, slot: Slot, item: Any, was: Any) -> Iterator[Write]:
        """One changed entry; a dict (the state of a parameter) keeps its identity."""
        if slot.where in self.idle:  # what is there at other calls is not known
            yield Write(slot, "set", self.builder(item))
        elif isinstance(was, dict) and isinstance(item, dict) and was.keys() == item.keys():
            for key, part in item.items():
                yield from self._changed(Slot(was, key, ""), part, was[key])
        elif (isinstance(item, Traced) and self._lands(item, was)) or (
            isinstance(item, PLAIN) and was is item
        ):
            return
        else:
            self._notice_history(slot, item, was)
            build = self._state if id(slot.holder) in self.states else self.builder
            yield Write(slot, "set", build(item))

    def _notice_history(self, slot: Slot, item: Any, was: Any) -> None:
        """A state that takes its history along to the next call, which cannot continue it."""
        new, old = tensors_in(item), tensors_in(was)
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
            args, block = (old.slot, ..., item.slot), (old.slot.memory,)
            line = Instruction("setitem", "", args, {}, (), block, Note("update"))
            self.run.recorder.lines.append(line)
        return True


def _of_this_run(item: Any) -> Any:
    """What is left over of another run, such as in a cache, is an array as any other."""
    return item.array if isinstance(item, Traced) and item.recorder.is_over else item


def _kept(item: Any) -> StateError:
    """The error of something that holds values of the traced run in a way of its own."""
    return StateError(
        f"A compiled function gives away a {type(item).__name__} that holds values of the run "
        "that was traced, and later runs cannot make it anew. Return tensors, in tuples, lists, "
        "dicts or objects with attributes."
    )
