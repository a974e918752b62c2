"""What the graph is made of: the record of one operation, and the edges between records.

Edges point to parents only, so nothing here forms a reference cycle: dropping the last
tensor frees the graph at once.
"""

from __future__ import annotations

from _thread import allocate_lock as Lock  # threading takes half a millisecond to import
from collections.abc import Iterable
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType

import numpy as np

from autograd.core.mode import Location, Mode, Scope
from autograd.core.spec import Spec

if TYPE_CHECKING:
    from autograd.core.primitive import BackwardPlan, Primitive

Array = Any
"""An array of NumPy or of any library that implements NumPy's dispatch protocols."""

Where = tuple[CodeType, int] | Location | None
"""The user's line: code object and instruction offset, made readable only when shown."""

Cell = list[Any]
"""The version of some memory: the serial of its last in-place change (see `changed`)."""

Cells = tuple[tuple[str, Any], ...]
"""Version cells, or seals that read like them, by the names that rules use."""

serials = count()
next_serial = serials.__next__


class View:
    """How a tensor looks into the memory of another one.

    Attributes:
        base: the tensor that it looks into.
        op, params: the operation that took the view.
        index: which of its outputs it is.
    """

    __slots__ = ("base", "index", "op", "params")

    def __init__(self, base: Any, op: Primitive, params: dict[str, Any], index: int = 0) -> None:
        self.base = base
        self.op = op
        self.params = params
        self.index = index


class Notes:
    """What a person said about a value, and what shares its memory; most values have none.

    Attributes:
        name: the name that pictures show.
        hooks: called with the complete gradient, by number; each may replace it.
        after: called once a leaf's gradient has been accumulated, by number.
        retainer: the tensor that asked to keep the gradient of a result.
        origin: where a detached tensor was taken from, weakly: the node or the leaf, and
            the output's index. Pictures show it; it keeps nothing alive.
        view: what this tensor looks into.
        views: the tensors that look into this one.
    """

    __slots__ = ("after", "hooks", "name", "origin", "retainer", "view", "views")

    def __init__(self, view: View | None = None) -> None:
        self.name: str | None = None
        self.hooks: dict[int, Any] | None = None
        self.after: dict[int, Any] | None = None
        self.retainer: ReferenceType[Any] | None = None
        self.origin: tuple[ReferenceType[Any], int] | None = None
        self.view = view
        self.views: list[ReferenceType[Any]] | None = None


ABSENT = object()
"""Stands where an operation has no second operand."""

MANY = object()
"""Stands there where the first is a tuple of all operands."""


class Node:
    """The record of one operation: how a value came to be.

    Attributes:
        plan: the primitive that was applied (`op`), which operands want a gradient, and what
            their rules need.
        first, second: the edges of the operands, where these are one (`second` is `ABSENT`)
            or two; a tuple would be one more object for the collector to visit. Of more
            operands, and of none, `first` is the tuple (`second` is `MANY`).
        params: the static keyword arguments.
        kept, also_kept: the arrays that the rules name (see `BackwardPlan.save`), where these
            are one or two, without a tuple again; of more, `kept` is the tuple (see `saved`).
        cells: the version cells of what was saved, each after its name in the rules; None
            where they are those of the operands and of the result (see `version`).
        serial: the place in the order of execution.
        mode: the mode that the operation ran in; it knows module path and time step (`scope`).
        code, offset: the user's line where the mode asks for it, see `where`.
        version: the version cell of the result's memory, None until something shares or
            changes it (see `cell_of`).
        value: the result while it is small or inside `record`, else its `Spec`;
            a tuple of them for an operation with several outputs.
        notes: what a person said about outputs, by output index; None for most nodes.
    """

    __slots__ = (
        "__weakref__",
        "also_kept",
        "cells",
        "code",
        "first",
        "kept",
        "mode",
        "notes",
        "offset",
        "params",
        "plan",
        "second",
        "serial",
        "value",
        "version",
    )

    plan: BackwardPlan
    first: Any
    second: Any
    params: dict[str, Any]
    kept: Any
    also_kept: Any
    cells: Cells | None
    serial: int
    mode: Mode
    code: CodeType | Location | None
    offset: int
    version: Cell | None
    value: Any
    notes: dict[int, Notes] | None

    index = 0

    @property
    def node(self) -> Node:
        """This node: a node is also the edge to its only output."""
        return self

    @property
    def operands(self) -> tuple[Any, ...]:
        """One edge for each operand, in order and with multiplicity."""
        second = self.second
        if second is MANY:
            edges: tuple[Any, ...] = self.first
            return edges
        return (self.first,) if second is ABSENT else (self.first, second)

    @operands.setter
    def operands(self, edges: tuple[Any, ...]) -> None:
        few = 1 <= len(edges) <= 2
        self.first, self.second = (*edges, ABSENT)[:2] if few else (edges, MANY)

    @property
    def saved(self) -> tuple[Any, ...]:
        """The arrays that the rules name, nothing else, in the order of `BackwardPlan.save`."""
        many = len(self.plan.save)
        if many > 2:
            kept: tuple[Any, ...] = self.kept
            return kept
        return (self.kept, self.also_kept) if many == 2 else (self.kept,) if many else ()

    @saved.setter
    def saved(self, arrays: tuple[Any, ...]) -> None:
        few = 1 <= len(arrays) <= 2
        self.kept, self.also_kept = (*arrays, None)[:2] if few else (arrays, None)

    @property
    def op(self) -> Primitive:
        """The primitive that was applied."""
        return self.plan.op

    @property
    def scope(self) -> Scope | None:
        """The module path and time step that the operation was written in."""
        return self.mode.scope

    @property
    def where(self) -> Where:
        """The user's line, or None where none was remembered."""
        if self.mode.source is not True:
            return self.mode.source
        return (self.code, self.offset) if isinstance(self.code, CodeType) else self.code

    @where.setter
    def where(self, where: Where) -> None:
        if where is None or isinstance(where, Location):
            self.code, self.offset = where, 0
        else:
            self.code, self.offset = where

    @property
    def name(self) -> str | None:
        """The name that a person gave to the only output."""
        return self.note(0).name if self.notes else None

    def keep(self, value: Array) -> None:
        """Remember another array as the value of the only output."""
        self.value = value

    def note(self, index: int) -> Notes:
        """What a person said about one output; an empty one where nothing was said."""
        return (self.notes or {}).get(index) or Notes()

    def outputs(self) -> list[Edge]:
        """One edge for each output, in order."""
        if not isinstance(self.value, tuple):
            return [self]
        return [Output(self, index) for index in range(len(self.value))]

    def __repr__(self) -> str:
        shapes = ", ".join(str(edge.value.shape) for edge in self.outputs())
        return f"<Node {self.serial}: {self.op.name} -> {shapes}>"


class Output:
    """The edge to one output of a node that has several."""

    __slots__ = ("index", "node", "version")

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index
        self.version: Cell | None = None

    @property
    def value(self) -> Any:
        """The value of this output, or its `Spec`."""
        return self.node.value[self.index]

    def keep(self, value: Array) -> None:
        """Remember another array as the value of this output."""
        values = list(self.node.value)
        values[self.index] = value
        self.node.value = tuple(values)

    @property
    def name(self) -> str | None:
        """The name that a person gave to this output."""
        return self.node.note(self.index).name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Output) and self.node is other.node and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.node, self.index))

    def __repr__(self) -> str:
        return f"<Output {self.index} of {self.node!r}>"


Edge = Node | Output


class Handle:
    """A tensor as the engine sees it: the slots that it reads and writes.

    `autograd.Tensor` adds everything that a person types.

    Attributes:
        value: the array (0-d too, never a NumPy scalar), under the name that edges use:
            `Tensor.data`, which checks what is assigned to it.
        spec: shape and dtype of the value as `spec_of` has them, for leaves and for what was
            computed from them element by element; None for the rest.
        accumulated: the gradient of a leaf, a tensor, or None: `Tensor.grad`.
        needs_grad: whether operations on this tensor are recorded: `Tensor.requires_grad`.
        edge: how the value came to be; None for a leaf.
        version: the version cell of the memory, shared by views and `detach()`; None until
            something shares or changes it (see `cell_of`).
        notes: name and hooks of a leaf, base and views of any tensor; None for most.
    """

    __slots__ = (
        "__weakref__",
        "accumulated",
        "edge",
        "needs_grad",
        "notes",
        "spec",
        "value",
        "version",
    )

    value: Array
    spec: Spec | None
    accumulated: Any
    needs_grad: bool
    edge: Edge | None
    version: Cell | None
    notes: Notes | None

    @property
    def label(self) -> str | None:
        """The name of a leaf."""
        return self.notes.name if self.notes else None


def cell_of(tensor: Handle) -> Cell:
    """The version cell of a tensor's memory, made when first asked for.

    Most memory is never shared and never changed, and goes without. What saved it before
    finds the cell at the edge that led to it.
    """
    if tensor.version is None:
        owner = tensor.edge or tensor
        if owner.version is None:
            owner.version = [0]
        tensor.version = owner.version
    return tensor.version


def share_version(tensor: Handle, owner: Handle) -> None:
    """Let a new tensor count its in-place changes together with the one whose memory it has."""
    tensor.version = cell_of(owner)
    if tensor.edge is not None:
        tensor.edge.version = tensor.version


latest: list[float] = [0]
"""The serial of the last in-place change of anything: nodes after it are up to date."""

_changing = Lock()


def changed(tensor: Handle, where: Where = None) -> None:
    """Note that the memory of a tensor was written to: what saved it before is out of date."""
    all_changed((tensor,), where)


def all_changed(tensors: Iterable[Handle], where: Where = None) -> None:
    """Note that the memory of some tensors was written to, at one moment.

    A version cell that was ever changed is ``[serial, count, recent]``: the place of the
    last change in the order of execution, how many there were, and the last few of them.
    """
    with _changing:
        serial = next_serial()
        latest[0] = max(serial, latest[0])
        now = serial, where
        for tensor in tensors:
            cell = tensor.version or cell_of(tensor)
            _, before, recent = cell if len(cell) > 1 else (0, 0, ())
            cell[:] = serial, before + 1, (*recent[-7:], now)


def as_array(value: Any) -> Array:
    """The value as an array: NumPy's scalars become 0-d arrays, other arrays stay as they are."""
    if type(value) is np.ndarray:
        return value
    return np.asarray(value) if isinstance(value, (np.generic, int, float)) else value


def array_of(value: Any) -> Array:
    """The array in a tensor; any other value as it is."""
    return value.value if isinstance(value, Handle) else value


def wrap(
    kind: type[Any], data: Array, requires_grad: bool = False, edge: Edge | None = None
) -> Any:
    """A new tensor of class `kind` around `data`, without copying or checking."""
    tensor: Any = object.__new__(kind)
    tensor.value = data
    tensor.needs_grad = requires_grad
    tensor.edge = edge
    tensor.accumulated = tensor.notes = tensor.spec = tensor.version = None
    return tensor


def operand_shape(operand: Any) -> tuple[int, ...]:
    """The shape of one entry of `Node.operands`: an edge, a leaf or a plain value."""
    if isinstance(operand, (Node, Output, Handle)):
        shape = operand.value.shape
        return shape if shape.__class__ is tuple else tuple(shape)
    return np.shape(operand)


def shapes_of(operands: tuple[Any, ...]) -> tuple[tuple[int, ...], ...]:
    """The shapes of the entries of `Node.operands`."""
    return tuple(operand_shape(operand) for operand in operands)
