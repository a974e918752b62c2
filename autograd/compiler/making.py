"""What a run gives away, made anew from its outputs at each call: tensors, containers, objects."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MappingView
from copy import copy
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from autograd.compiler.idle import open_if_closed
from autograd.compiler.outer import is_of_a_person, slots_of
from autograd.compiler.places import CONTAINERS, PLAIN, refill, shallow
from autograd.compiler.program import Value
from autograd.compiler.reach import Reach
from autograd.compiler.traced import Traced, TracedNumber
from autograd.core.errors import StateError
from autograd.core.node import Handle, wrap

Build = Callable[[tuple[Any, ...]], Any]
"""Makes a result from the outputs of a run."""


_SEQUENCES: tuple[type, ...] = (tuple, list, set, frozenset)


class Part:
    """Makes one object of a result from a run's outputs, once, however often it is given away.

    Args:
        kind: its class, in words.

    Attributes:
        build: makes it.
    """

    __slots__ = ("build", "kind", "left", "made", "of", "times")

    def __init__(self, kind: str) -> None:
        self.kind, self.times, self.left = kind, 0, 0
        self.build: Any = None
        self.of: Any = None
        self.made: Any = None

    def count(self) -> None:
        """It is given away once more.

        Raises:
            StateError: it is inside of itself.
        """
        if self.build is None:
            raise StateError(
                f"A compiled function gives away a {self.kind} that holds itself. "
                "Return what is needed of it."
            )
        self.times += 1

    def __call__(self, outs: tuple[Any, ...]) -> Any:
        if self.times == 1:
            return self.build(outs)
        if self.of is not outs:
            self.made, self.of, self.left = self.build(outs), outs, self.times
        made, self.left = self.made, self.left - 1
        if not self.left:
            self.made = self.of = None
        return made


class Making:
    """Functions that make what a traced run has made from the outputs of later ones.

    Args:
        run: the traced run.

    Attributes:
        outputs: the program's outputs.
        returned: tensors and containers from before the call that are results themselves.
        parts: what makes each object, by its identity.
        met: these objects, so that the identities stay theirs.
        known: what was there before, by identity.
    """

    def __init__(self, run: Any) -> None:
        self.run = run
        self.outputs: list[Value] = []
        self.returned: list[Any] = []
        self.parts: dict[int, Part] = {}
        self.met: list[Any] = []
        self.known = {id(held) for held, _ in (*run.reach.tensors, *run.reach.holders)}
        self.known |= {id(item) for item in run.reach.records}

    def _output(self, traced: Any) -> int:
        self.outputs.append(traced.slot)
        return len(self.outputs) - 1

    def builder(self, item: Any) -> Build:
        """A function that makes the same structure from a run's outputs; one object stays one."""
        open_if_closed(item)
        item = _of_this_run(item)
        if id(item) in self.known and not isinstance(item, tuple):
            self.returned.append(item)
            place = -len(self.returned)
            return lambda outs: outs[place]
        if isinstance(item, (tuple, *PLAIN)):
            return self._structure(item)
        part = self.parts.get(id(item))
        if part is None:
            part = self.parts[id(item)] = Part(type(item).__name__)
            self.met.append(item)
            part.build = self._structure(item)
        part.count()
        return part

    def _structure(self, item: Any) -> Build:
        """One that makes it at each place anew."""
        if isinstance(item, Handle):
            return self._tensor(item)
        if isinstance(item, (Traced, TracedNumber)):
            return self._array(item)
        if isinstance(item, np.ndarray):
            fixed = id(item) in self.run.reach.fixed
            return lambda outs: item if fixed else item.copy()
        if isinstance(item, _SEQUENCES):
            return self._with_attributes(item, self._sequence(item))
        if isinstance(item, CONTAINERS):
            return self._with_attributes(item, self._container(item))
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

    def _sequence(self, item: Any) -> Build:
        """A tuple, a list or a set; of a person's own class without its constructor."""
        kind, parts = type(item), [self.builder(part) for part in item]
        base: Any = next(base for base in kind.__mro__ if base in _SEQUENCES)
        if kind is base:
            return lambda outs: base([part(outs) for part in parts])

        def made(outs: Any) -> Any:
            content = [part(outs) for part in parts]
            new = base.__new__(kind, content)
            base.__init__(new, *([content] if base in (list, set) else []))
            return new

        return made

    def _with_attributes(self, item: Any, build: Build) -> Build:
        """A container of a person's own class with its attributes."""
        beside = getattr(item, "__dict__", None)
        if not beside or not isinstance(item, (*_SEQUENCES, dict, deque)):
            return build
        inside = None if beside is item else self.builder(dict(beside))

        def made(outs: Any) -> Any:
            new = build(outs)
            new.__dict__ = new if inside is None else inside(outs)
            return new

        return made

    def _container(self, item: Any) -> Build:
        """A dict, a deque, or what is like them: empty ones of their kind are filled."""
        empty = copy(item)
        empty.clear()
        content = self.builder(shallow(item)) if type(item) is not dict else None
        if content is None:
            built = [(self._key(key), self.builder(part)) for key, part in item.items()]
            return lambda outs: {key(outs): part(outs) for key, part in built}

        def made(outs: Any) -> Any:
            new = copy(empty)
            refill(new, content(outs))
            return new

        return made

    def _key(self, key: Any) -> Build:
        """A key of a dict; one that each run would have to make anew is refused."""
        if not isinstance(key, (Handle, Traced)):
            return lambda outs: key
        if id(key) not in self.known:
            raise StateError(
                "A compiled function gives away a dict with a tensor of its own as a key. Take a "
                "name as the key, or return pairs."
            )
        return self.builder(key)

    def _object(self, item: Any) -> Build:
        """An object that the function has made, with what it holds."""
        if isinstance(item, (Iterator, Awaitable, AsyncIterator)):
            raise _kept(item)
        found = Reach([*cast(Any, item)] if isinstance(item, MappingView) else item)
        if not any(isinstance(tensor.value, Traced) for tensor, _ in found.tensors):
            if any(isinstance(slot.get(), (Traced, TracedNumber)) for slot in found.variables):
                raise _kept(item)
            return lambda outs: item
        make = SimpleNamespace.__new__ if isinstance(item, SimpleNamespace) else object.__new__
        if not is_of_a_person(item) or not _makes(make, type(item)):
            raise _kept(item)
        slots = {slot.key: slot.get() for slot in slots_of(item, "")}
        inside = self.builder(getattr(item, "__dict__", {}) | slots)

        def made(outs: Any) -> Any:
            new = make(type(item))
            for name, part in inside(outs).items():
                if name in slots:
                    object.__setattr__(new, name, part)
                else:
                    vars(new)[name] = part
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


def _of_this_run(item: Any) -> Any:
    """What is left over of another run, such as in a cache, is an array as any other."""
    return item.array if isinstance(item, Traced) and item.recorder.is_over else item


def _makes(make: Callable[..., Any], kind: type) -> bool:
    """Whether a class has objects without content: not if they hold more than attributes."""
    try:
        make(kind)
    except TypeError:
        return False
    return True


def _kept(item: Any) -> StateError:
    """The error of something that holds values of the traced run in a way of its own."""
    return StateError(
        f"A compiled function gives away a {type(item).__name__} that holds values of the run "
        "that was traced, and later runs cannot make it anew. Return tensors, in tuples, lists, "
        "dicts or objects with attributes."
    )
