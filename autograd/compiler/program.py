"""A program: what one run of a function did, as a flat list of NumPy calls.

Instructions are carried out in order; a value is an array (or a number) with a known shape
and dtype. Values may share memory: `Value.memory` says which block they lie in, and an
instruction names the blocks that it writes to. Nothing here knows of tensors, so that a
pass, the writer of Python source and a native back end all read the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd.core.node import Where

Kind = Literal[
    "call",
    "operator",
    "getitem",
    "setitem",
    "method",
    "attribute",
    "guard",
    "draw",
    "place",
    "same",
]
Phase = Literal["options", "forward", "backward", "update"]


@dataclass(eq=False, slots=True)
class Value:
    """What an instruction computes, or what a program is given.

    Attributes:
        number: its place in the order of creation.
        shape, dtype: as they were met; of Python's own numbers () and None.
        memory: the block of memory that it lies in; values of one block may overlap.
        is_scalar: whether NumPy gives a scalar here, not an array.
        name: what the source calls it, once that is known.
        contiguous: whether its elements lie in order.
        hint: what it should be called, if the name is free.
        count: of an input that counts calls, how far it was when this was traced.
    """

    number: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    memory: int
    is_scalar: bool = False
    name: str = ""
    contiguous: bool = True
    hint: str = ""
    count: int | None = None

    @property
    def size(self) -> int:
        """The number of elements."""
        size = 1
        for length in self.shape:
            size *= length
        return size


class Note(NamedTuple):
    """Why an instruction is there.

    Attributes:
        phase: the part of a training step that it belongs to.
        what: the operation or rule that it comes from, as a formula.
        subject: the name of what it computes or differentiates by, empty where unknown.
        where: the user's line.
        scope: the path of the module, such as ``model.fc1``.
        op: the name of the operation.
        gradient: of a rule, the gradient of the operation's result.
        gradients: of a rule, those of an operation with several results.
        made: of an operation that a rule carries out on tensors, its own place in the order of
            execution: its result may be differentiated, too.
        quiet: what NumPy does not warn of here, as arguments of ``np.errstate``.
        serial: of an operation and of its rules, the place of the node in the order of execution.
        operands: of an operation, what it was computed from.
    """

    phase: Phase = "forward"
    what: str = ""
    subject: str = ""
    where: Where = None
    scope: str = ""
    op: str = ""
    gradient: Any = None
    quiet: str = ""
    serial: int = -1
    operands: tuple[Any, ...] = ()
    gradients: tuple[Any, ...] = ()
    made: int = -1


NOWHERE = Note()

_ONLY_VALUES = {Value}


@dataclass(eq=False, slots=True)
class Instruction:
    """One NumPy call; passes change none, but make others.

    Attributes:
        kind: how it is written: ``np.exp(x)``, ``x + y``, ``x[i]``, ``x[i] = y``,
            ``x.sum()``, ``x.T``, a check of an assumption, a draw of random numbers, a buffer
            or a part of one by its name, or a value by one more name.
        name: the function, operator, method or attribute.
        args, kwargs: values, constants, and lists and tuples of them.
        outs: what it computes.
        writes: the blocks of memory that it changes.
        note: why it is there.
        run: what was called, for folding constants.
        packed: whether it gives a tuple or a list.
        inputs: the values that it reads (or writes into), in order.
    """

    kind: Kind
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outs: tuple[Value, ...]
    writes: tuple[int, ...] = ()
    note: Note = NOWHERE
    run: Callable[..., Any] | None = None
    packed: bool = False
    inputs: Sequence[Value] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kwargs:
            self.inputs = values_in((*self.args, *self.kwargs.values()))
        elif set(map(type, self.args)) == _ONLY_VALUES:
            self.inputs = self.args
        else:
            self.inputs = values_in(self.args)

    @property
    def pure(self) -> bool:
        """Whether it does nothing but compute its outputs."""
        return not self.writes and self.kind not in ("guard", "draw", "setitem")

    def with_inputs(self, change: Callable[[Value], Any]) -> Instruction:
        """The same instruction on other inputs."""
        args = exchanged(self.args, change)
        kwargs = exchanged(self.kwargs, change) if self.kwargs else {}
        more = self.outs, self.writes, self.note, self.run, self.packed
        return Instruction(self.kind, self.name, args, kwargs, *more)


@dataclass
class Program:
    """Instructions with what they start from and what they leave behind.

    Attributes:
        inputs: the values that a caller provides, in order.
        outputs: the values that a caller receives, in order.
        instructions: the calls, in order.
        kept: blocks of memory that outlive the run, those of inputs.
        remarks: what each pass did, a sentence each.
        buffers: memory that is kept from call to call, by name.
        within: the buffers that lie in another one, which is free there meanwhile, and where.
        views: parts of buffers that are looked at in each run: where they lie, by name.
        gradients: the places of outputs that become gradients of tensors.
        spares: the outputs that may be computed in an array of the caller's, by its name.
        movable: the inputs that are an optimizer's state, and may be put elsewhere.
        flats: what lies side by side in memory that is given, by its name.
        textbook: whether it is written as a textbook has it.
        differentiated: of a textbook, by the number of a gradient the serial of the operation
            whose result it belongs to.
        nested: the values that are written inside the statements that use them.
        alike: by the serial of an operation, that of one whose result has the same gradient.
    """

    inputs: list[Value]
    outputs: list[Value]
    instructions: list[Instruction]
    kept: set[int]
    remarks: list[str] = field(default_factory=list)
    buffers: list[tuple[str, Value]] = field(default_factory=list)
    within: dict[str, tuple[str, int]] = field(default_factory=dict)
    views: dict[str, tuple[str, Any]] = field(default_factory=dict)
    gradients: frozenset[int] = frozenset()
    spares: dict[str, int] = field(default_factory=dict)
    movable: frozenset[int] = frozenset()
    flats: dict[str, Flat] = field(default_factory=dict)
    textbook: bool = False
    differentiated: dict[int, int] = field(default_factory=dict)
    nested: frozenset[int] = frozenset()
    alike: dict[int, int] = field(default_factory=dict)

    def after(self, remark: str, **changes: Any) -> Program:
        """The program after a pass, with a remark on what it did."""
        return replace(self, remarks=[*self.remarks, remark], **changes)

    def written(self) -> set[int]:
        """The blocks that any instruction writes to."""
        return {block for line in self.instructions for block in line.writes}

    def received(self) -> set[int]:
        """The blocks that a caller receives."""
        return {value.memory for value in self.outputs if isinstance(value, Value)}


class Flat(NamedTuple):
    """Memory in which arrays lie side by side, and that outlives the run.

    Attributes:
        parts: the arrays.
        outputs: the places of outputs that they become, -1 where they do not; None where they
            are inputs.
    """

    parts: tuple[Value, ...]
    outputs: tuple[int, ...] | None


class Shape(tuple[int, ...]):
    """A shape that a buffer is looked at in."""


def look(array: np.ndarray[Any, Any], place: Any) -> np.ndarray[Any, Any]:
    """A part of a buffer, or all of it, as it is (None) or in another shape."""
    if place is None:
        return array
    return array.reshape(place) if isinstance(place, Shape) else array[place]


class Place:
    """A buffer, by name, where an argument is expected."""

    def __init__(self, name: str) -> None:
        self.name = name


def out_of(line: Instruction) -> Any:
    """The array that a call is told to write into; None where there is none."""
    out = line.kwargs.get("out")
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out


def values_in(part: Any) -> list[Value]:
    """The values inside arguments, in order."""
    found: list[Value] = []
    _collect(part, found)
    return found


def _collect(part: Any, found: list[Value]) -> None:
    if isinstance(part, Value):
        found.append(part)
    elif isinstance(part, (tuple, list)):
        for item in part:
            if item.__class__ is Value:
                found.append(item)
            else:
                _collect(item, found)
    elif isinstance(part, dict):
        _collect(tuple(part.values()), found)
    elif isinstance(part, slice):
        _collect((part.start, part.stop, part.step), found)


def exchanged(part: Any, change: Callable[[Value], Any]) -> Any:
    """Arguments with each value replaced."""
    if isinstance(part, Value):
        return change(part)
    if isinstance(part, (tuple, list)):
        made = [exchanged(item, change) for item in part]
        if hasattr(part, "_make"):
            return part._make(made)
        return type(part)(made)
    if isinstance(part, dict):
        return {key: exchanged(item, change) for key, item in part.items()}
    if isinstance(part, slice):
        return slice(*(exchanged(end, change) for end in (part.start, part.stop, part.step)))
    return part
