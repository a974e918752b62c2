"""Views of views: what is seen the same way twice is one value, a turned matrix is written so."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import Exchange, looks_for, owns
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value

_NAMES = ("np.reshape", "np.transpose", "np.swapaxes", "np.moveaxis", "reshape", "swapaxes", "T")

SMALLEST = 2
"""Elements of an array from which on it has more than one way to be looked at."""

LARGEST = 1 << 30
"""Bytes of all arrays that are looked at: others like them are made, and never filled."""


@looks_for(*_NAMES)
def shorten_views(program: Program) -> Program:
    """``x.reshape(a).reshape(b)`` is x where it comes out as x, and ``x.T`` where as that."""
    views, exchange, build = Views(program), Exchange(program), Builder(program)
    done = 0
    for before in program.instructions:
        line = exchange.line(before)
        seen = views.see(line)
        if seen is None:
            build.lines.append(line)
            continue
        (out,) = line.outs
        base, first = views.base(out), views.first(out)
        if first is not out:
            exchange.put(out, first)
            done += 1
        elif not is_swap(line) and _is_turned(seen, views.seen[base.number]):
            build.note = line.note
            build.call(attrgetter("T"), (base,), out, kind="attribute", name="T")
            done += 1
        else:
            build.lines.append(line)
    remark = f"views: {done} views of views shortened"
    return exchange.after(remark, build.lines)


class Views:
    """Where the views of arrays lie in them: found out on arrays whose contents do not matter.

    Attributes:
        seen: by a value's number, an array that lies in memory as it does.
    """

    def __init__(self, program: Program) -> None:
        self.seen: dict[int, np.ndarray[Any, Any]] = {}
        self.bases: dict[int, Value] = {}
        self.places: dict[Any, Value] = {}
        self.apart = program.received()
        self.left = LARGEST

    def see(self, line: Instruction) -> np.ndarray[Any, Any] | None:
        """What a line makes, if that is a view of an array in order of memory."""
        array = line.args[0] if is_view(line) else None
        if not isinstance(array, Value) or line.run is None:
            return None
        if array.number not in self.seen and not self._begin(array):
            return None
        (out,) = line.outs
        memory = self.seen[array.number]
        found: np.ndarray[Any, Any] = line.run(memory, *line.args[1:], **line.kwargs)
        if not np.may_share_memory(found, memory):
            return None
        self.seen[out.number], self.bases[out.number] = found, self.base(array)
        self.places.setdefault(self._place(out), out)
        return found

    def base(self, value: Value) -> Value:
        """The array that a value is a view of."""
        return self.bases[value.number]

    def first(self, value: Value) -> Value:
        """The first value that lies where a view lies, of those that no caller receives."""
        return self.places[self._place(value)] if value.memory not in self.apart else value

    def _begin(self, array: Value) -> bool:
        """Whether an array is the whole of its memory, and in order there."""
        known = owns(array) and array.contiguous and not array.is_scalar
        if not known or array.dtype is None or array.size < SMALLEST:
            return False
        if array.size * array.dtype.itemsize > self.left:
            return False
        self.left -= array.size * array.dtype.itemsize
        self.seen[array.number], self.bases[array.number] = (
            np.empty(array.shape, array.dtype),
            array,
        )
        self.places[self._place(array)] = array
        return True

    def _place(self, value: Value) -> Any:
        array = self.seen[value.number]
        address = array.__array_interface__["data"][0]
        return self.base(value).number, address, array.shape, array.strides


def is_view(line: Instruction) -> bool:
    """Whether a line does nothing but look at its first argument another way."""
    if line.kind == "getitem":
        parts = line.args[1] if isinstance(line.args[1], tuple) else (line.args[1],)
        plain = all(type(part) in (int, slice, type(Ellipsis)) for part in parts)
        (out, *others) = line.outs
        return plain and len(line.inputs) == 1 and not others and not out.is_scalar
    named = line.name in _NAMES and len(line.outs) == 1 and not line.writes
    return named and len(line.inputs) == 1 and line.outs[0].memory == line.inputs[0].memory


def _is_turned(view: np.ndarray[Any, Any], base: np.ndarray[Any, Any]) -> bool:
    turned = base.T
    return view.ndim == 2 and (view.shape, view.strides) == (turned.shape, turned.strides)
