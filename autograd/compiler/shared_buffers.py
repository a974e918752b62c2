"""Memory that the variants of one function have in common: they run by turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import FunctionType
from typing import Any
from weakref import WeakSet, WeakValueDictionary

import numpy as np

from autograd.compiler.homes import Box, Home, Lent
from autograd.compiler.passes.nesting import LINE, bytes_of
from autograd.compiler.program import Program, look
from autograd.compiler.signature import owner_of


class Buffers:
    """One block of memory, in which the buffers of each variant lie side by side.

    Attributes:
        memory: the block, as large as the largest variant needs it.
        runs: the functions that compute there.
        boxes: memory for gradients, by its kind and by how many of it came before: as long as
            a variant has it.
    """

    def __init__(self) -> None:
        self.memory = np.empty(0, np.uint8)
        self.runs: WeakSet[FunctionType] = WeakSet()
        self.boxes: WeakValueDictionary[Any, Box] = WeakValueDictionary()

    def share(self, program: Program, run: FunctionType, flats: Iterable[Lent | Home]) -> None:
        """Let a program compute here.

        Args:
            program: has buffers.
            run: its code.
            flats: what gives its flat arrays.
        """
        starts, end = _starts(program)
        if end > self.memory.nbytes:
            self._move(_aligned(end))
        space = run.__globals__
        for name, value in program.buffers:
            if name in starts:
                space[name] = np.ndarray(value.shape, value.dtype, self.memory, starts[name])
        _look_again(program, space)
        self.runs.add(run)
        met = Counter[Any]()
        for lent in flats:
            if isinstance(lent, Lent):
                met[lent.kind] += 1
                lent.box = self.boxes.setdefault((lent.kind, met[lent.kind]), lent.box)

    def _move(self, memory: np.ndarray[Any, Any]) -> None:
        """Let everybody compute in other memory from now on."""
        before, self.memory = self.memory, memory
        root = owner_of(before)
        for run in self.runs:
            space = run.__globals__
            for name, array in space.items():
                if isinstance(array, np.ndarray) and owner_of(array) is root:
                    start = _address(array) - _address(before)
                    space[name] = np.ndarray(array.shape, array.dtype, memory, start, array.strides)


def _starts(program: Program) -> tuple[dict[str, int], int]:
    """Where each buffer that lies in no other one begins, and where the last one ends."""
    starts, end = {}, 0
    for name, value in program.buffers:
        if name not in program.within:
            starts[name] = end
            end += -(-bytes_of(value) // LINE) * LINE
    return starts, end


def _aligned(size: int) -> np.ndarray[Any, Any]:
    """So many bytes that begin with a line."""
    memory = np.empty(size + LINE, np.uint8)
    start = -_address(memory) % LINE
    return memory[start : start + size]


def _address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _look_again(program: Program, space: dict[str, Any]) -> None:
    """Parts of buffers, where these are others now."""
    within = program.within
    for name, value in program.buffers:
        if name in within:
            home, start = within[name]
            part = space[home].reshape(-1)[start : start + value.size]
            space[name] = part.reshape(value.shape)
    for name, (home, place) in program.views.items():
        space[name] = look(space[home], place)
