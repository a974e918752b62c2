"""What a traced run left behind: its result, new data and gradients, new contents of places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from autograd.compiler.making import Build, Making
from autograd.compiler.places import ALL, MISSING, ORDER, PLAIN, Slot, in_order, shallow
from autograd.compiler.program import Instruction, Note, Value
from autograd.compiler.signature import hooks_of
from autograd.compiler.traced import Traced, TracedNumber
from autograd.core.errors import StateError
from autograd.core.node import Handle
from autograd.core.trees import tensors_in


class Write(NamedTuple):
    """What a run leaves in a place: a tensor's slot, or a place of a container.

    Attributes:
        target: a tensor, or a `Slot`.
        what: ``"data"``, ``"grad"`` or ``"needs_grad"`` of a tensor, ``"set"`` of a place.
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


class Finish(Making):
    """Compares what is there after the run with what was placed before it."""

    def __init__(self, run: Any) -> None:
        super().__init__(run)
        self.gradients: dict[int, Handle] = {}
        self.carried: list[tuple[Slot, list[int]]] = []
        self.kept = {traced.slot.memory for _, traced in run.inputs}
        self.idle = {slot.where for slot in run.reach.idle}
        self.placed = {id(s.holder): traced for s, traced in run.inputs if s.is_tensor}
        slots = [(s.holder, x.slot.name) for s, x in run.inputs if s.part is None]
        self.called = {held.where: name for held, name in slots if isinstance(held, Slot)}
        states = [optimizer.state for optimizer in run.reach.optimizers]
        self.states = {id(held) for state in states for held in (state, *state.values())}

    def outcome(self, result: Any) -> Outcome:
        """What the run gives with what it returns."""
        build = self.builder(result)
        results = len(self.outputs)
        writes = [*self.of_tensors(), *self.of_holders(), *self.of_variables()]
        return Outcome(build, self.outputs, results, self.returned, writes, self.gradients)

    def of_tensors(self) -> Iterator[Write]:
        """New data and gradients of the tensors that were there before."""
        for tensor, path in self.run.reach.tensors:
            if tensor.edge is not None and tensor.needs_grad:
                raise StateError(
                    f"After the compiled function {path} is a result with a history; a later "
                    "call cannot continue it. Detach what is to be carried over."
                )
            yield from self._kind(tensor, path)
            if tensor.data is not self.placed[id(tensor)]:
                yield Write(tensor, "data", self.builder(tensor.data))
            yield from self._gradient(tensor, path)

    def _kind(self, tensor: Handle, path: str) -> Iterator[Write]:
        """Whether it requires a gradient now; hooks have to be those that it had."""
        needed, hooks = self.run.kinds[id(tensor)]
        if hooks_of(tensor) != hooks:
            raise StateError(
                f"A compiled function registers or removes a hook of {path} for good, which later "
                "calls would not do. Do it outside, or remove the hook in the same call."
            )
        if tensor.needs_grad != needed:
            now = tensor.needs_grad
            yield Write(tensor, "needs_grad", lambda outs: now)

    def _gradient(self, tensor: Handle, path: str) -> Iterator[Write]:
        grad = tensor.accumulated
        if grad is self.run.grads[id(tensor)]:
            return
        if grad is not None and isinstance(grad.data, Traced):
            grad.data.slot.hint = f"d_{path}"
            if id(grad) not in self.parts and id(grad) not in self.known:  # nobody else gets it
                self.gradients[len(self.outputs)] = tensor
                yield Write(tensor, "grad", self._tensor(grad))
                return
        yield Write(tensor, "grad", self.builder(grad))

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
            self._call(slot, item)
            build = self._state if id(slot.holder) in self.states else self.builder
            yield Write(slot, "set", build(item))

    def _call(self, slot: Slot, item: Any) -> None:
        """What takes the place of an input is called as its next content."""
        path = self.called.get(slot.where)
        if path and isinstance(item, (Traced, TracedNumber)) and not item.slot.hint:
            item.slot.hint = f"new_{path}"

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
