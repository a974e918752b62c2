"""ReLU behind max pooling: the largest of max(0, x) is max(0, the largest x)."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import is_zero, looks_for, makers, readers
from autograd.compiler.program import Instruction, Program, Value

_POOL = "autograd.ops.maxpool.max_pool"
_FIND = "autograd.ops.maxpool._offsets"
_PUT = "autograd.ops.maxpool.place_pool"


class _Way(NamedTuple):
    """Where a gradient comes back through pooling and ReLU, by place in the program.

    Attributes:
        put: it goes to the largest elements of the windows,
        mask: where these are positive is found out,
        product: and it passes there.
    """

    put: int
    mask: int
    product: int


@looks_for(_POOL)
def relu_after_pool(program: Program) -> Program:
    """``max_pool(relu(x))`` becomes ``relu(max_pool(x))``, in the backward pass as well.

    Nothing changes, bit by bit: where a window has a positive element the same one is the
    first largest, and where it has none, no gradient passes. There is less to clip.
    """
    return _Mover(program).run()


class _Mover:
    def __init__(self, program: Program) -> None:
        self.program, self.build = program, Builder(program)
        self.lines, self.fixed = program.instructions, program.written() | program.received()
        self.readers, self.made = readers(program), makers(program)
        self.new: dict[int, list[Instruction]] = {}

    def run(self) -> Program:
        pools = [index for index, line in enumerate(self.lines) if line.name == _POOL]
        moved = sum(self._moved(index) for index in pools)
        lines = [new for i, line in enumerate(self.lines) for new in self.new.get(i, [line])]
        remark = f"pooling: {moved} ReLU done after it, not before"
        return self.program.after(remark, instructions=lines)

    def _moved(self, at: int) -> bool:
        """Move the ReLU before a pooling behind it, if nobody else needs its result."""
        pool = self.lines[at]
        clipped, (top,) = pool.args[0], pool.outs
        known = isinstance(clipped, Value) and clipped.number in self.made
        if not known or clipped.memory in self.fixed:
            return False
        relu = self.lines[self.made[clipped.number]]
        if not _is_relu(relu):
            return False
        others = set(self.readers[clipped.number]) - {at}
        finds = [i for i in others if self._finds(i, clipped, top)]
        ways = [way for i in finds for way in self._ways(i, clipped)]
        if others != {*finds, *(way.mask for way in ways)}:
            return False
        self._move(at, relu, finds, ways)
        return True

    def _finds(self, at: int, clipped: Value, top: Value) -> bool:
        line = self.lines[at]
        return line.name == _FIND and line.args[0] is clipped and line.args[1] is top

    def _ways(self, find: int, clipped: Value) -> list[_Way]:
        """The ways back on which a gradient goes to the largest elements, and through ReLU."""
        (places,) = self.lines[find].outs
        found = []
        for put in self.readers[places.number]:
            line = self.lines[put]
            readers = self.readers[line.outs[0].number] if line.name == _PUT else []
            product = self.lines[readers[0]] if len(readers) == 1 else None
            if product is None or product.name != "np.multiply" or product.kwargs:
                return []
            mask = self._mask(product, line.outs[0], clipped)
            if mask is None or line.outs[0].memory in self.fixed:
                return []
            found.append(_Way(put, mask, readers[0]))
        return found

    def _mask(self, product: Instruction, gradient: Value, clipped: Value) -> int | None:
        """Where ``clipped > 0`` was computed that a gradient is multiplied by."""
        others = [v for v in product.args if v is not gradient]
        if len(others) != 1 or not isinstance(others[0], Value):
            return None
        at = self.made.get(others[0].number)
        alone = len(self.readers[others[0].number]) == 1 and others[0].memory not in self.fixed
        if at is None or not alone or not _is_sign(self.lines[at], clipped):
            return None
        return at

    def _move(self, at: int, relu: Instruction, finds: list[int], ways: list[_Way]) -> None:
        pool, (top,) = self.lines[at], self.lines[at].outs
        x, zero = relu.args
        largest = self.build.value(top.shape, top.dtype)
        clip = replace(relu, args=(largest, zero), outs=(top,))
        self.new[at] = [replace(pool, args=(x,), outs=(largest,)), clip]
        for find in finds:
            line = self.lines[find]
            self.new[find] = [replace(line, args=(x, largest, *line.args[2:]))]
        for way in ways:
            self.new[way.put] = self._back(way, top)
            self.new[way.mask] = self.new[way.product] = []

    def _back(self, way: _Way, top: Value) -> list[Instruction]:
        """The gradient through ReLU first, and then to the largest elements."""
        put, mask, product = (self.lines[i] for i in way)
        gradient, places = put.args
        passes = self.build.value(top.shape, np.dtype(bool))
        clipped = self.build.value(top.shape, gradient.dtype)
        return [
            replace(mask, args=(top, mask.args[1]), outs=(passes,)),
            replace(product, args=(gradient, passes), outs=(clipped,)),
            replace(put, args=(clipped, places), outs=product.outs),
        ]


def _is_sign(line: Instruction, x: Value) -> bool:
    """Whether a call is x > 0."""
    return line.name == "np.greater" and line.args[0] is x and is_zero(line.args[1])


def _is_relu(line: Instruction) -> bool:
    plain = line.name == "np.maximum" and not line.kwargs and len(line.args) == 2
    return plain and isinstance(line.args[0], Value) and is_zero(line.args[1])
