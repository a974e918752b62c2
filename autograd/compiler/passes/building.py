"""New instructions in place of others: what passes that write out whole operations share."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from operator import attrgetter, getitem
from typing import Any

import numpy as np

from autograd.compiler.program import Instruction, Kind, Note, Program, Value


class Builder:
    """Writes instructions one after the other.

    Attributes:
        lines: what was written.
        note: why the next ones are there.
        made: what computes each value that was written, by number.
    """

    def __init__(self, program: Program) -> None:
        known = [*program.inputs, *(out for line in program.instructions for out in line.outs)]
        self.numbers = count(max((value.number for value in known), default=0) + 1)
        self.lines: list[Instruction] = []
        self.note = Note()
        self.made: dict[int, Instruction] = {}

    def value(self, shape: tuple[int, ...], dtype: Any, of: Value | None = None) -> Value:
        """A new value, in memory of its own or looking into another's."""
        number = next(self.numbers)
        memory = number if of is None else of.memory
        return Value(number, shape, dtype, memory, contiguous=of is None)

    def scalar(self, dtype: Any = None) -> Value:
        """A new scalar of NumPy's, or a number of Python's: it lies in no memory."""
        number = next(self.numbers)
        return Value(number, (), dtype, -1 - number, is_scalar=True)

    def call(
        self,
        run: Callable[..., Any],
        args: tuple[Any, ...],
        out: Value,
        what: str = "",
        subject: str = "",
        name: str = "",
        kind: Kind = "call",
        **kwargs: Any,
    ) -> Value:
        """Write one call down.

        Args:
            run: the function.
            args, kwargs: what it is given.
            out: what it computes.
            what, subject: the formula and the name of the result, where they are not those of
                the operation.
            name, kind: how it is written, by default as a function of that name.
        """
        note = self.note
        note = note._replace(what=what or note.what, subject=subject or note.subject)
        name = name or run.__name__
        line = self.made[out.number] = Instruction(kind, name, args, kwargs, (out,), (), note, run)
        self.lines.append(line)
        return out

    def numpy(self, run: Any, args: tuple[Any, ...], out: Value, **kwargs: Any) -> Value:
        """Write a call of a function of NumPy's down."""
        return self.call(run, args, out, name=f"np.{run.__name__}", **kwargs)

    def reshaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        """A contiguous value in another shape: it stays where it is, and as it is if it has it."""
        if value.shape == shape:
            return value
        out = self.value(shape, value.dtype, value)
        out.contiguous = True
        return self.numpy(np.reshape, (value, shape), out)

    def turned(self, matrix: Value) -> Value:
        """The transpose of a matrix, as a view."""
        out = self.value(matrix.shape[::-1], matrix.dtype, matrix)
        return self.call(attrgetter("T"), (matrix,), out, kind="attribute", name="T")

    def part(self, array: Value, place: Any, contiguous: bool = False) -> Value:
        """``array[place]``, as a view; whether it lies in order is for the caller to say."""
        shape = np.broadcast_to(np.empty(()), array.shape)[place].shape
        out = self.value(shape, array.dtype, array)
        out.contiguous = contiguous
        return self.call(getitem, (array, place), out, kind="getitem")

    def columns(self, parts: list[Value]) -> Value:
        """Columns (n, 1) side by side: joined as they lie, and transposed then."""
        height, many = parts[0].shape[0], len(parts)
        flat = self.value((many * height, 1), parts[0].dtype)
        self.numpy(np.concatenate, (parts,), flat, axis=0)
        return self.turned(self.reshaped(flat, (many, height)))


def frozen(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An array that nobody can change from now on: a small one becomes a constant."""
    array.flags.writeable = False
    return array
