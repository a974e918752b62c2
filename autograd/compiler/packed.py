"""What is asked for now and then, such as a program: kept in little memory meanwhile.

It is pickled and compressed, but for what it is not made of: code, functions, arrays and whatever
else lives outside stay the objects that they are.
"""

from __future__ import annotations

import io
import pickle
import zlib
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from autograd.compiler.program import Instruction, Note, Place, Program, Shape, Value

FAST = 1
"""zlib's level: a higher one takes longer than all the rest, and gains a quarter."""

_CONTAINERS = (tuple, list, dict, slice)
"""What is taken apart, with kinds of these: there may be values inside."""


class Packed:
    """An object and all that it consists of, in little memory.

    Args:
        item: made of a program's parts and Python's plain containers.
        own: further classes whose objects are taken apart, attribute by attribute.
        as_it_is: do not pack it.
    """

    def __init__(self, item: Any, own: tuple[type, ...] = (), as_it_is: bool = False) -> None:
        self._alive, self._bytes = [item], b""
        if not as_it_is:
            stream = io.BytesIO()
            packer = _Packer(stream, (*_CONTAINERS, Program, *own))
            packer.dump(item)
            self._alive, self._bytes = packer.alive, zlib.compress(stream.getbuffer(), FAST)

    def open(self) -> Any:
        """A copy of the object, made of new parts and of those that live outside."""
        if not self._bytes:
            return self._alive[0]
        return _Opener(io.BytesIO(zlib.decompress(self._bytes)), self._alive).load()


class _Packer(pickle.Pickler):
    """Takes apart what a program consists of, and lists what lives outside."""

    def __init__(self, stream: io.BytesIO, own: tuple[type, ...]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self.own = own
        self.alive: list[Any] = []

    def reducer_override(self, item: Any) -> Any:
        """How an object is made again: from its parts, or as the one that is alive."""
        kind = item.__class__
        parts = _PARTS.get(kind)
        if parts is not None:
            return kind, parts(item)
        if item is _alive or isinstance(item, self.own):
            return NotImplemented
        self.alive.append(item)
        return _alive, (len(self.alive) - 1,)


class _Opener(pickle.Unpickler):
    """Puts an object together again."""

    def __init__(self, stream: io.BytesIO, alive: list[Any]) -> None:
        super().__init__(stream)
        self.alive = alive

    def find_class(self, module: str, name: str) -> Any:
        """The only name that a packer writes: `_alive`."""
        return self.alive.__getitem__


def _alive(place: int) -> Any:
    """Stands for what is at a place of an opener's list."""
    raise NotImplementedError(place)


_PARTS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    Value: attrgetter(*Value.__slots__),
    Instruction: attrgetter(*(x.name for x in fields(Instruction) if x.init)),
    Note: attrgetter(*Note._fields),
    Place: lambda place: (place.name,),
    Shape: lambda shape: (tuple(shape),),
}
"""What the constructors of those that there are many of are given."""
