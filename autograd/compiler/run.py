"""A run in which everything that a function holds is traced, and afterwards as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.generators import TracedGenerator, bits_of
from autograd.compiler.idle import Idle
from autograd.compiler.places import Slot, refill, shallow
from autograd.compiler.program import Value
from autograd.compiler.reach import Reach
from autograd.compiler.recorder import Recorder
from autograd.compiler.signature import hooks_of
from autograd.compiler.traced import Traced, TracedIterator, TracedNumber
from autograd.core.errors import StateError
from autograd.core.node import Handle, cell_of, wrap


class Source(NamedTuple):
    """Where an input comes from.

    Attributes:
        holder: a tensor (its data), or a `Slot`; of a pair of numbers, with the index.
        part: the element of a pair, or None.
        is_gradient: whether it is the tensor's gradient.
    """

    holder: Any
    part: int | None = None
    is_gradient: bool = False

    @property
    def is_tensor(self) -> bool:
        """Whether it is the value of a tensor."""
        return isinstance(self.holder, Handle) and not self.is_gradient

    def get(self) -> Any:
        """What is there now."""
        if isinstance(self.holder, Handle):
            return self.holder.accumulated.value if self.is_gradient else self.holder.value
        found = self.holder.get()
        return found if self.part is None else found[self.part]


class Run:
    """A run with everything traced.

    Entering replaces arrays, numbers and generators by traced ones; leaving puts back what
    was there, numbers and states of generators included.
    """

    def __init__(self, reach: Reach, pretend: bool, idle: Idle) -> None:
        self.reach, self.pretend, self.idle = reach, pretend, idle
        self.recorder = Recorder(Traced, TracedNumber, reach.paths)
        self.recorder.fixed = reach.fixed
        self.inputs: list[tuple[Source, Any]] = []
        self.before: list[tuple[Any, Any]] = []
        self.placed: list[tuple[Any, Any]] = []
        self.variables: list[tuple[Slot, Any, Any]] = []
        self.generators: list[tuple[Slot, Any]] = []
        self.sets: list[tuple[set[Any], frozenset[Any], str]] = []
        self.grads: dict[int, Any] = {}
        self.kinds: dict[int, tuple[bool, list[Any]]] = {}
        self.gradients: list[tuple[Handle, Value]] = []
        self.pretended: list[Value] = []
        self._stands: dict[int, Any] = {}
        self._undo: list[Callable[[], Any]] = []

    def __enter__(self) -> Run:
        self.before = [(holder, shallow(holder)) for holder, _ in self.reach.holders]
        contents = [(slot, slot.get()) for slot in self.reach.variables]
        self.sets = [(item, frozenset(item), path) for item, path in self.reach.sets]
        try:
            self._place_all()
        except BaseException:
            self.__exit__()
            raise
        self.placed = [(holder, shallow(holder)) for holder, _ in self.before]
        self.variables = [(slot, was, slot.get()) for slot, was in contents]
        return self

    def _place_all(self) -> None:
        for optimizer in self.reach.optimizers:
            self._plain_rule(optimizer)
        for tensor, path in self.reach.tensors:
            self._trace_tensor(tensor, path)
        for tensor, path in self.reach.tensors:  # a gradient may be a tensor of the function's own
            self._trace_gradient(tensor, path)
        for slot in self.reach.arrays:
            self._keep(slot.get())
            self._place(slot, self._input(Source(slot), slot.get(), slot.path))
        for slot, item in self.reach.slots:
            if isinstance(item, tuple) and (traced := self._with_traced(item)) is not item:
                self._place(slot, traced)
        for slot in self.reach.numbers:
            self._trace_numbers(slot)
        for slot in self.reach.generators:
            self._trace_generator(slot)
        for slot in self.reach.iterators:
            self._place(slot, TracedIterator(slot.path))
        for slot in self.reach.idle:
            self._place(slot, self.idle.stand_in(slot))

    def __exit__(self, *exc: object) -> None:
        for holder, content in self.before:
            refill(holder, content)
        for slot, was, _ in self.variables:
            if slot.get() is not was:
                slot.set(was)
        for item, was, _ in self.sets:
            item.intersection_update(was)
            item.update(was)
        for undo in reversed(self._undo):
            undo()
        self.recorder.end()

    def check_outer(self) -> None:
        """Refuse what no later run could repeat: seeds and changed sets.

        Raises:
            StateError: saying what to write.
        """
        for slot, traced in self.generators:
            if slot.get() is not traced:
                raise StateError(
                    f"A compiled function seeds or replaces the generator {slot.path}; do it "
                    "outside, before the call."
                )
        for item, was, path in self.sets:
            if item != was:
                raise StateError(
                    f"A compiled function changes the set {path or 'that it holds'}; keep it in a "
                    "dict or a list, or change it outside."
                )

    def _plain_rule(self, optimizer: Any) -> None:
        """The update as a pure function: the passes carry it out in place."""
        if getattr(optimizer, "elementwise", False):
            inside = vars(optimizer)
            inside["elementwise"] = False
            self._undo.append(lambda: inside.pop("elementwise", None))

    def traced_of(self, array: Any) -> Any:
        """What stands for an array that was there before the run, or None."""
        return self._stands.get(id(array))

    def _keep(self, array: np.ndarray[Any, Any]) -> None:
        if array.flags.writeable:
            saved = array.copy()
            self._undo.append(lambda: np.copyto(array, saved))

    def _input(self, source: Source, array: Any, path: str) -> Any:
        traced = self.recorder.wrap(array)
        traced.slot.name = path
        self.recorder.unknown.add(traced.slot.memory)
        self.inputs.append((source, traced))
        self._stands[id(array)] = traced
        return traced

    def _place(self, slot: Slot, item: Any) -> None:
        held = slot.get()
        slot.set(item)
        self._undo.append(lambda: slot.set(held))

    def _with_traced(self, item: tuple[Any, ...]) -> tuple[Any, ...]:
        """A tuple with traced arrays in it; the same one where there are none."""
        parts = [
            self._with_traced(part) if isinstance(part, tuple) else self._stands.get(id(part), part)
            for part in item
        ]
        if all(new is old for new, old in zip(parts, item, strict=True)):
            return item
        make: Any = getattr(type(item), "_make", type(item))
        made: tuple[Any, ...] = make(parts)
        return made

    def _trace_tensor(self, tensor: Handle, path: str) -> None:
        if tensor.edge is not None and tensor.needs_grad:
            raise StateError(
                f"The compiled function holds {path or 'a tensor'}, a result with a history that "
                "began before the call. Detach it (x = x.detach()), or compute it inside."
            )
        array, before = tensor.value, _state_of(tensor)
        self.kinds[id(tensor)] = tensor.needs_grad, hooks_of(tensor)
        self._keep(array)
        self._undo.append(lambda: _restore(tensor, before))
        tensor.value = self._input(Source(tensor), array, path)

    def _trace_gradient(self, tensor: Handle, path: str) -> None:
        """The gradient that is there; or, where there is none, one that may not be used.

        If the run does not look at it, it does the same with and without one.
        """
        grad, source = tensor.accumulated, Source(tensor, None, True)
        if grad is not None:
            if not isinstance(grad.value, Traced):
                array = grad.value
                self._keep(array)
                self._undo.append(lambda: setattr(grad, "value", array))
                grad.value = self._input(source, array, f"{path}.grad")
            self.gradients.append((tensor, grad.value.slot))
        elif self.pretend and tensor.value.dtype.kind == "f":  # frozen ones may have gradients
            pretended = self._input(source, np.zeros_like(tensor.value.array), f"{path}.grad")
            tensor.accumulated = wrap(type(tensor), pretended)
            self.pretended.append(pretended.slot)
            self.gradients.append((tensor, pretended.slot))
        self.grads[id(tensor)] = tensor.accumulated

    def _trace_numbers(self, slot: Slot) -> None:
        held = slot.get()
        if not isinstance(held, tuple):
            traced = self._input(Source(slot), held, slot.path)
            traced.slot.count = held if type(held) is int else None
            self._place(slot, traced)
            return
        parts = enumerate(held)
        self._place(
            slot, tuple(self._input(Source(slot, i), x, f"{slot.path}.{i}") for i, x in parts)
        )

    def _trace_generator(self, slot: Slot) -> None:
        plain = slot.get()
        bits = bits_of(plain)
        state = bits.state
        self._undo.append(lambda: setattr(bits, "state", state))
        value = self.recorder.value(0)
        value.name = slot.path
        traced = TracedGenerator(self.recorder, plain, value)
        self.inputs.append((Source(slot), traced))
        self.generators.append((slot, traced))
        self._place(slot, traced)


def _state_of(tensor: Handle) -> tuple[Any, ...]:
    own = tensor.value, tensor.accumulated, tensor.needs_grad, tensor.edge
    return own, list(cell_of(tensor)), [(table, dict(table)) for table in _hooks_in(tensor)]


def _restore(tensor: Handle, before: tuple[Any, ...]) -> None:
    own, version, hooks = before
    tensor.value, tensor.accumulated, tensor.needs_grad, tensor.edge = own
    cell_of(tensor)[:] = version
    for table in _hooks_in(tensor):
        held: dict[int, Any] = next((was for known, was in hooks if known is table), {})
        if table != held:
            table.clear()
            table.update(held)


def _hooks_in(tensor: Handle) -> list[dict[int, Any]]:
    """The tables of hooks that a tensor has."""
    notes = tensor.notes
    tables = (notes.hooks, notes.after) if notes is not None else ()
    return [table for table in tables if table is not None]
