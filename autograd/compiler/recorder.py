"""The record of one run: calls on traced arrays, in order, with what they read and write."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from sys import getrefcount
from threading import get_ident
from typing import Any

import numpy as np

from autograd.compiler import origin
from autograd.compiler.failing import Caught, depends_on_values
from autograd.compiler.places import ALONE
from autograd.compiler.program import Instruction, Kind, Value
from autograd.compiler.refusals import COPY_FIRST, quiet, reading, refused, writing
from autograd.compiler.signature import owner_of
from autograd.core.errors import StateError

Scopes = dict[int, str]

_PLAIN = frozenset((int, float, bool, str, type(None), type(...)))
"""What an argument of a call often is, and holds nothing."""


class Recorder:
    """Takes down what is called while a function runs once.

    Args:
        array_type, number_type: the classes of traced arrays and numbers.
        scopes: the paths of modules, by their identity.

    Attributes:
        lines: the instructions so far.
        fixed: arrays that the function held before, by identity.
        is_over: whether the run has ended: what is left of it, such as in a cache, computes as
            arrays do.
        known: results that are the same at each call, by number (see `made`).
        unknown: the blocks of memory where this is not so.
    """

    def __init__(self, array_type: Any, number_type: Any, scopes: Scopes) -> None:
        self.array_type, self.number_type, self.scopes = array_type, number_type, scopes
        self.fixed: set[int] = set()
        self.is_over = False
        self._thread = get_ident()
        self._errors = np.geterr()
        self.known: dict[int, Any] = {}
        self.unknown: set[int] = set()
        self._failed: Exception | None = None
        self._refused: StateError | None = None
        self._handed: dict[int, list[tuple[list[Any], bytes]]] = {}
        self.types = (array_type, number_type)
        self.lines: list[Instruction] = []
        self.latest = origin.Latest()
        self._count = itertools.count()
        self._memory: dict[int, int] = {}
        self._held: list[Any] = []  # so that identities stay what they are

    @property
    def rests(self) -> bool:
        """Whether nothing is written down: the run has ended, or another thread computes."""
        return self.is_over or get_ident() != self._thread

    # --- values ----------------------------------------------------------------------------

    def value(self, array: Any) -> Value:
        """A new value for an array, or for a number."""
        number = next(self._count)
        if not isinstance(array, (np.ndarray, np.generic)):
            return Value(number, (), None, -1 - number, True)
        scalar = isinstance(array, np.generic)
        self._held.append(array)
        memory = -1 - number if scalar else self._block(array, number)
        contiguous = scalar or array.flags.c_contiguous
        return Value(number, array.shape, array.dtype, memory, scalar, contiguous=contiguous)

    def _block(self, array: Any, number: int) -> int:
        root = owner_of(array)
        self._held.append(root)
        return self._memory.setdefault(id(root), number)

    def wrap(self, array: Any, slot: Value | None = None) -> Any:
        """A traced array (or number) around the numbers of this run."""
        if isinstance(array, np.generic):
            return self._wrap_scalar(array, slot)
        slot = slot or self.value(array)
        if isinstance(array, (bool, int, float)):
            return self.number_type(self, array, slot)
        return self.array_type(self, array, slot)

    def _wrap_scalar(self, scalar: Any, slot: Value | None) -> Any:
        """NumPy's scalar as an array without axes."""
        if slot is None:
            number = next(self._count)
            slot = Value(number, (), scalar.dtype, -1 - number, True)
        array = np.asarray(scalar)
        self._held.append(array)
        self._memory[id(array)] = slot.memory
        return self.array_type(self, array, slot)

    def arrays(self, part: Any) -> Any:
        """Arguments with traced arrays replaced by the numbers of this run."""
        if part.__class__ is not tuple:
            return self._mapped(part, "array")
        types = self.types
        return tuple([x.array if type(x) in types else self._mapped(x, "array") for x in part])

    def slots(self, part: Any) -> Any:
        """Arguments with traced arrays replaced by the program's values."""
        if part.__class__ is not tuple:
            return self._mapped(part, "slot")
        types = self.types
        return tuple(
            [
                x.slot if type(x) in types and x.recorder is self else self._mapped(x, "slot")
                for x in part
            ]
        )

    def _mapped(self, part: Any, what: str) -> Any:
        kind = type(part)
        if kind in _PLAIN:
            return part
        if kind in self.types:
            mine = what == "array" or part.recorder is self
            return getattr(part, what) if mine else self._mapped(part.array, what)
        if isinstance(part, (tuple, list)):
            made = [self._mapped(item, what) for item in part]
            return part._make(made) if hasattr(part, "_make") else kind(made)
        if isinstance(part, np.ndarray):
            return part if what == "array" else self._given(part)
        if isinstance(part, dict):
            return {key: self._mapped(item, what) for key, item in part.items()}
        if isinstance(part, slice):
            return slice(*(self._mapped(x, what) for x in (part.start, part.stop, part.step)))
        return part.slot if what == "slot" and hasattr(part, "recorder") else part

    def _given(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """A plain array as it stands in the program: what the function made is a constant."""
        if id(array) in self.fixed:
            return array
        array = array.copy()
        array.flags.writeable = False
        return array

    def _is_made(self, item: Any) -> bool:
        """Whether it is a plain array that the function has made."""
        return isinstance(item, np.ndarray) and id(item) not in self.fixed

    # --- calls -----------------------------------------------------------------------------

    def add(
        self,
        kind: Kind,
        name: str,
        run: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None = None,
        writes: tuple[Any, ...] = (),
        varying: bool = False,
    ) -> Any:
        """Carry a call out, and write it down."""
        if self.rests:
            return run(*self.arrays(args), **self.arrays(kwargs or {}))
        if writes and not all(hasattr(w, "slot") for w in writes):
            raise writing()
        named = {key: self.arrays(part) for key, part in kwargs.items()} if kwargs else {}
        try:
            result = run(*self.arrays(args), **named)
        except Exception as error:
            if depends_on_values(error, kind, name, self.slots(args)):
                self._failed = error
            raise
        blocks = tuple([w.slot.memory for w in writes]) if writes else ()
        given_out = kwargs.get("out") if kwargs else None
        if given_out is not None:
            outs = given_out if isinstance(given_out, tuple) else (given_out,)
            self._line(kind, name, run, args, kwargs, (), tuple([o.slot.memory for o in outs]))
            return outs[0] if len(outs) == 1 else outs
        several = isinstance(result, (tuple, list))
        parts = result if several else () if result is None else (result,)
        made = [self.wrap(part) for part in parts]
        slots = (made[0].slot,) if len(made) == 1 else tuple([part.slot for part in made])
        known = self._line(kind, name, run, args, kwargs, slots, blocks, several)
        if known:
            self.known.update((slot.number, part) for slot, part in zip(slots, parts, strict=True))
        elif varying:
            self._assume_sizes(made)
        if not several:
            return made[0] if made else None
        return result._make(made) if hasattr(result, "_make") else type(result)(made)

    def _line(
        self,
        kind: Kind,
        name: str,
        run: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None,
        outs: tuple[Value, ...],
        writes: tuple[int, ...],
        packed: bool = False,
    ) -> bool:
        """Note a call; gives whether it does the same at each one."""
        note = origin.note(self.scopes, self.latest)
        if note.phase != "backward" and np.geterr() != self._errors:
            note = note._replace(quiet=quiet(self._errors))
        named = {key: self.slots(part) for key, part in kwargs.items()} if kwargs else {}
        line = Instruction(kind, name, self.slots(args), named, outs, writes, note, run, packed)
        self.lines.append(line)
        if writes and self._handed:
            self._refuse_unseen(writes)
        unknown = self.unknown
        if kind != "draw" and unknown.isdisjoint([value.memory for value in line.inputs]):
            return True
        unknown.update(writes)
        unknown.update([out.memory for out in outs])
        return False

    def ufunc(
        self, name: str, call: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any], at: bool
    ) -> Any:
        """A universal function or one of its methods."""
        out = kwargs.get("out")
        if out is not None and not (self.rests or any(hasattr(part, "slot") for part in out)):
            raise writing()
        writes = (inputs[0],) if at else ()
        return self.add("call", _full_name(name), call, inputs, kwargs, writes)

    def function(self, call: Any, args: Any, kwargs: Any, varying: bool) -> Any:
        """A function of NumPy's that is no universal function."""
        name = f"{call.__module__.replace('numpy', 'np', 1)}.{call.__name__}"
        kwargs = {key: item for key, item in kwargs.items() if key != "like"}
        if name == "np.asarray" and len(args) == 1 and self._is_made(args[0]):
            name, call = "np.copy", np.copy  # the constant in its place must not be written to
        if call.__name__ in _WRITERS or _changes_in_place(call, args, kwargs):
            return self.add("call", name, call, args, kwargs, (args[0],))
        return self.add("call", name, call, args, kwargs, (), varying)

    def end(self) -> None:
        """The run is over, and its notes have been taken."""
        self.is_over = True
        self.latest.clear()
        self.lines, self._memory, self._held, self.known = [], {}, [], {}

    # --- decisions -------------------------------------------------------------------------

    def knows(self, traced: Any) -> bool:
        """Whether the numbers are the same at each call: the function has made them itself."""
        return self.rests or traced.slot.memory not in self.unknown

    def read(self, traced: Any, how: str) -> Any:
        """The numbers of an array, if they are known: a copy that nobody can change.

        Raises:
            StateError: they are not.
        """
        if not self.knows(traced):
            raise self.refusal(how)
        array = traced.array.copy()
        array.flags.writeable = False
        return array[()] if traced.slot.is_scalar else array

    def hand(self, traced: Any, box: list[Any]) -> None:
        """NumPy is given an array of known numbers, which stand for those of a traced one.

        Args:
            traced: what they stand for.
            box: holds the array.
        """
        self._handed.setdefault(traced.slot.memory, []).append((box, box[0].tobytes()))

    def _refuse_unseen(self, blocks: tuple[int, ...]) -> None:
        """Refuse to change what somebody looks at who would not see it."""
        boxes = [box for block in blocks for box, _ in self._handed.get(block, ())]
        if any(getrefcount(box[0]) > ALONE for box in boxes):
            raise refused("changes an array that NumPy looks at, too", COPY_FIRST)

    def check_errors(self) -> None:
        """Refuse a run that went on after an error that a compiled one would not meet.

        Raises:
            StateError: the function has caught what refuses it.
            Caught: it has caught an error that depends on values.
        """
        if self._refused is not None:
            raise self._refused
        if self._failed is not None:
            raise Caught(
                f"A compiled function goes on after an error that depends on values "
                f"({self._failed}), so that nothing can be written down for later calls. Ask "
                "before, as in ag.where(index < len(x), …), or leave this part uncompiled."
            ) from self._failed

    def check_handed(self) -> None:
        """Refuse a run that has changed an array that NumPy was given, behind a tensor's back.

        Raises:
            StateError: saying what to write.
        """
        pairs = (pair for handed in self._handed.values() for pair in handed)
        if any(box[0].tobytes() != was for box, was in pairs):
            raise StateError(
                "A compiled function changes an array of NumPy's behind a tensor that it has made "
                "(np.asarray, from_numpy, as_tensor). Change it before, change the tensor, or "
                "change a copy, as in np.array(x)."
            )

    def may_read(self, traced: Any, how: str) -> bool:
        """Whether the numbers are known; a person who asks for others is told why not."""
        if not self.knows(traced) and origin.asked_by_a_person():
            raise self.refusal(how)
        return self.knows(traced)

    def decide(self, traced: Any, answer: Any, how: str) -> Any:
        """The engine may decide by a value, and each later run checks it; a person may not."""
        if self.knows(traced):
            return answer
        if origin.asked_by_a_person():
            raise self.refusal(how)
        self._assume("truth" if isinstance(answer, bool) else "equal", traced.slot, answer)
        return answer

    def _assume_sizes(self, made: list[Any]) -> None:
        for part in made:
            self._assume("shape", part.slot, tuple(part.shape))

    def _assume(self, what: str, slot: Value, answer: Any) -> None:
        note = origin.note(self.scopes, self.latest)
        self.lines.append(Instruction("guard", what, (slot, answer), {}, (), (), note))

    def refusal(self, how: str) -> StateError:
        """The error of a value that was read while tracing: it is raised, even if it is caught."""
        self._refused = reading(how)
        return self._refused


@cache
def _full_name(name: str) -> str:
    """A universal function, or a method of one, as the source calls it."""
    home = "np" if hasattr(np, name.split(".")[0]) else "special._ufuncs"
    return f"{home}.{name}"


_WRITERS = frozenset(("copyto", "put", "place", "putmask", "put_along_axis", "fill_diagonal"))
"""Functions of NumPy's that write into their first argument."""


def _changes_in_place(call: Any, args: Any, kwargs: Any) -> bool:
    """Whether a function that gives an array has been told to change the one that it is given."""
    copy = args[1] if len(args) > 1 else kwargs.get("copy", True)
    return call is np.nan_to_num and not copy
