"""What the graph is made of: the record of one operation, and the edges between records.

Edges point to parents only, so nothing here forms a reference cycle: dropping the last
tensor frees the graph at once.
"""

from __future__ import annotations

import math
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.core.mode import Location, Scope

if TYPE_CHECKING:
    from autograd.core.primitive import Plan, Primitive

Array = Any
"""An array of NumPy or of any library that implements NumPy's dispatch protocols."""

Where = tuple[CodeType, int] | Location | None
"""The user's line: code object and instruction offset, made readable only when shown."""

KEEP = 256
"""Values of up to this many elements stay on their node, so that pictures have numbers."""

next_serial = count().__next__


class Spec:
    """The shape and dtype of a value that was too large to keep."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


class Node:
    """The record of one operation: how a value came to be.

    Attributes:
        op: the primitive that was applied.
        operands: one edge for each operand, in order and with multiplicity.
        params: the static keyword arguments.
        plan: which operands want a gradient, and what their rules need.
        saved: the arrays that the rules name (see `Plan.save`), nothing else.
        cells: the version cells of what was saved.
        stamp: the sum of those versions at the time of saving (versions only grow).
        serial: the place in the order of execution.
        scope: the module path and time step that the operation was written in.
        where: the user's line.
        value: the result while it is small or inside `record`, else its `Spec`;
            a tuple of them for an operation with several outputs.
        names: names that a person gave to outputs, by output index.
    """

    __slots__ = (
        "__weakref__",
        "cells",
        "names",
        "op",
        "operands",
        "params",
        "plan",
        "saved",
        "scope",
        "serial",
        "stamp",
        "value",
        "where",
    )

    op: Primitive
    operands: tuple[Any, ...]
    params: dict[str, Any]
    plan: Plan
    saved: tuple[Any, ...]
    cells: tuple[list[int], ...]
    stamp: int
    serial: int
    scope: Scope | None
    where: Where
    value: Any
    names: dict[int, str] | None

    index = 0

    @property
    def node(self) -> Node:
        """This node: a node is also the edge to its only output."""
        return self

    @property
    def name(self) -> str | None:
        """The name that a person gave to the only output."""
        return None if self.names is None else self.names.get(0)

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

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index

    @property
    def value(self) -> Any:
        """The value of this output, or its `Spec`."""
        return self.node.value[self.index]

    @property
    def name(self) -> str | None:
        """The name that a person gave to this output."""
        return None if self.node.names is None else self.node.names.get(self.index)

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
        data: the array (0-d too, never a NumPy scalar).
        grad: the accumulated gradient of a leaf, a tensor, or None.
        requires_grad: whether operations on this tensor are recorded.
        edge: how the value came to be; None for a leaf.
        version: a one-item list, shared by views and `detach()`, that counts
            in-place changes.
        label: the name of a leaf.
    """

    __slots__ = ("__weakref__", "data", "edge", "grad", "label", "requires_grad", "version")

    data: Array
    grad: Any
    requires_grad: bool
    edge: Edge | None
    version: list[int]
    label: str | None

    @property
    def value(self) -> Array:
        """The array, under the name that edges use."""
        return self.data


def as_array(value: Any) -> Array:
    """The value as an array: NumPy's scalars become 0-d arrays, other arrays stay as they are."""
    return np.asarray(value) if isinstance(value, (np.generic, int, float)) else value


def wrap(
    kind: type[Any], data: Array, requires_grad: bool = False, edge: Edge | None = None
) -> Any:
    """A new tensor of class `kind` around `data`, without copying or checking."""
    tensor: Any = object.__new__(kind)
    tensor.data = data
    tensor.grad = None
    tensor.requires_grad = requires_grad
    tensor.edge = edge
    tensor.version = [0]
    tensor.label = None
    return tensor


def operand_shape(operand: Any) -> tuple[int, ...]:
    """The shape of one entry of `Node.operands`: an edge, a leaf or a plain value."""
    if isinstance(operand, (Node, Output, Handle)):
        return tuple(operand.value.shape)
    return np.shape(operand)


def shapes_of(operands: tuple[Any, ...]) -> tuple[tuple[int, ...], ...]:
    """The shapes of the entries of `Node.operands`."""
    return tuple(operand_shape(operand) for operand in operands)
