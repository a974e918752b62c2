"""Memory of a compiled step that outlives its calls, and that people can look at.

Gradients and the state of an optimizer lie side by side, where one call updates them all. They
stay arrays of their own: whoever holds one sees it change as in the uncompiled run, and
memory that somebody holds is neither moved nor used again. A part has a `bytearray` as its
base, no array, so that nobody takes two parts for views of the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

import numpy as np

from autograd.compiler.places import ALONE, Slot
from autograd.compiler.program import Flat, Program
from autograd.compiler.run import Source
from autograd.compiler.together import side_by_side
from autograd.core.node import Handle, wrap


class Box(list[Any]):
    """Holds memory for gradients; variants that run by turns have one in common."""

    __slots__ = ("__weakref__",)


class Lent:
    """Memory for gradients that are handed out, used again when nobody holds them any more.

    Args:
        shapes, dtype: of the gradients.
        tensors: whose gradients they become; None for what is nobody's gradient.
        mine: finds what stands for a tensor in a call's leaves.
        moves: whether one of them was an argument.
    """

    def __init__(
        self,
        shapes: tuple[tuple[int, ...], ...],
        dtype: Any,
        tensors: list[Handle | None],
        mine: Callable[[Any, list[Any]], Any],
        moves: bool = True,
    ) -> None:
        self.shapes, self.dtype, self.tensors = shapes, dtype, tensors
        self.mine, self.moves = mine, moves
        self.box = Box([side_by_side(shapes, dtype)])
        self.losers: list[tuple[Any, int]] = []

    @property
    def kind(self) -> Any:
        """What two variants must have in common to share the memory."""
        return self.shapes, self.dtype

    def __call__(self, leaves: list[Any]) -> Any:
        """The flat array and its parts."""
        tensors = self.tensors
        if self.moves:
            tensors = [t if t is None else self.mine(t, leaves) for t in tensors]
        losers = _losers(self.box[0], tensors)
        if losers is None:
            self.box[0], losers = side_by_side(self.shapes, self.dtype), []
        for tensor, _ in losers:
            tensor.accumulated = None
        self.losers = losers
        return self.box[0]

    def give_back(self) -> None:
        """Hand out the gradients again that were there before a run which did not come to them."""
        for tensor, at in self.losers:
            tensor.accumulated = wrap(type(tensor), self.box[0][at])


def _losers(found: list[Any], tensors: list[Any]) -> list[tuple[Any, int]] | None:
    """The tensors that hold the parts, each with its place; None if others hold one, too."""
    losers = []
    for at, tensor in enumerate(tensors, 1):
        own = tensor is not None and tensor.accumulated is not None
        if not own or tensor.accumulated.value is not found[at]:
            if getrefcount(found[at]) != ALONE:
                return None
            continue
        shared = getrefcount(tensor.accumulated) > ALONE or tensor.accumulated.notes is not None
        if shared or getrefcount(found[at]) != ALONE + 1:
            return None
        losers.append((tensor, at))
    return losers


class Home:
    """Where the arrays of several places live together.

    Args:
        slots: the places, such as ``optimizer.state[p]["exp_avg"]`` of several p.
        dtype: of them all.
    """

    def __init__(self, slots: list[Slot], dtype: Any) -> None:
        self.slots, self.dtype = slots, dtype
        self.places = [(slot.holder, slot.key) for slot in slots]
        self.parts: list[Any] = []
        self.flat: Any = None

    def __call__(self, leaves: list[Any]) -> Any:
        """The flat array; None where somebody holds one of the arrays, so that it must stay."""
        for (holder, key), part in zip(self.places, self.parts, strict=False):
            if holder[key] is not part:
                break
        else:
            if self.parts:
                return self.flat
        self.parts, self.flat = [], None
        if not self._lie_together() and not self._move():
            return None
        self.parts = [holder[key] for holder, key in self.places]
        return self.flat

    def _lie_together(self) -> bool:
        """Whether the arrays lie one after the other in memory that was made for that."""
        arrays = [holder[key] for holder, key in self.places]
        memory = arrays[0].base
        if not isinstance(memory, bytearray) or any(array.base is not memory for array in arrays):
            return False
        if any(array.dtype != self.dtype or not array.flags.c_contiguous for array in arrays):
            return False
        starts = [array.ctypes.data for array in arrays]
        ends = [start + array.nbytes for start, array in zip(starts, arrays, strict=True)]
        if starts[1:] != ends[:-1]:
            return False
        whole = np.frombuffer(memory, self.dtype)
        first = (starts[0] - whole.ctypes.data) // self.dtype.itemsize
        self.flat = whole[first : first + sum(array.size for array in arrays)]
        return True

    def _move(self) -> bool:
        """Put the arrays side by side, where nobody can see it."""
        if not all(_may_move(holder, key) for holder, key in self.places):
            return False
        shapes = tuple(holder[key].shape for holder, key in self.places)
        self.flat, *parts = side_by_side(shapes, self.dtype)
        for (holder, key), part in zip(self.places, parts, strict=True):
            np.copyto(part, holder[key])
            holder[key] = part
        return True


def _may_move(holder: Any, key: Any) -> bool:
    """Whether an array is a plain one that only its place holds."""
    if type(holder[key]) is not np.ndarray or getrefcount(holder[key]) != ALONE:
        return False
    array = holder[key]
    return array.base is None and bool(array.flags.writeable and array.flags.owndata)


def memory_of(
    program: Program,
    sources: dict[int, Source],
    gradients: dict[int, Handle],
    mine: Any,
    own: set[int],
) -> list[Lent | Home]:
    """What gives each flat array of a program, in order.

    Args:
        program: has flat arrays.
        sources: where inputs come from, by number.
        gradients: the tensors that outputs become the gradients of, by place.
        mine: finds what stands for a tensor in a call's leaves.
        own: what the arguments are made of, by identity.
    """

    def of(flat: Flat) -> Lent | Home:
        dtype = flat.parts[0].dtype
        if flat.outputs is None:
            return Home([sources[value.number].holder for value in flat.parts], dtype)
        tensors = [gradients.get(at) for at in flat.outputs]
        shapes = tuple(value.shape for value in flat.parts)
        return Lent(shapes, dtype, tensors, mine, any(id(tensor) in own for tensor in tensors))

    return [of(flat) for flat in program.flats.values()]
