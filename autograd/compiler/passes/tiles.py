"""Large products, tile by tile: so small that OpenBLAS multiplies numbers where they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import looks_for, owns
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value
from autograd.compiler.together import lent
from autograd.core import blas


@looks_for("np.matmul")
def multiply_in_tiles(program: Program) -> Program:
    """``A @ B`` becomes ``A₄ @ B₃``: stacks of bands of A's rows and of B's columns.

    OpenBLAS copies large matrices into another order before it multiplies (what is gained:
    `autograd.core.blas.product`). In float64 there is nothing to gain. As with
    `multiply_in_bands`, nothing is done on several threads.
    """
    if not blas.multiplies_small_ones_at_once():
        return program.after("tiles: nothing to do")
    return _Tiler(program).run()


class _Tiler:
    def __init__(self, program: Program) -> None:
        self.program, self.build = program, Builder(program)
        self.apart = program.received() | program.kept
        self.swaps: dict[int, Value] = {}
        self.looks: dict[tuple[int, int, bool], Value] = {}

    def run(self) -> Program:
        done = 0
        for line in self.program.instructions:
            if is_swap(line) and isinstance(line.args[0], Value):
                self.swaps[line.outs[0].number] = line.args[0]
            tile = self._tile(line)
            if tile is None:
                self.build.lines.append(line)
            else:
                self._multiply(line, tile)
                done += 1
        remark = f"tiles: {done} products in tiles"
        return self.program.after(remark, instructions=self.build.lines)

    def _tile(self, line: Instruction) -> tuple[int, int] | None:
        """Rows and columns of the tiles of a product, None if it stays whole."""
        out = self._result(line)
        if out is None or not all(map(is_matrix, line.args)):
            return None
        (rows, inner), columns = line.args[0].shape, out.shape[1]
        if not all(map(self._in_order, line.args)):
            return None
        left, right = line.args
        turned = left.number in self.swaps, right.number in self.swaps
        return blas.tile_of(rows, inner, columns, turned)

    def _result(self, line: Instruction) -> Value | None:
        """Where a product is put, if that is an array that can be cut."""
        if line.name != "np.matmul" or line.kind != "call":
            return None
        (out,) = line.outs or (line.kwargs["out"],)
        if not is_matrix(out) or not out.contiguous:
            return None
        given = bool(line.kwargs) and out.memory not in self.program.kept
        return out if given or (owns(out) and out.memory not in self.apart) else None

    def _in_order(self, value: Value) -> bool:
        """Whether a matrix, or what it is the transpose of, lies in order of memory."""
        return self.swaps.get(value.number, value).contiguous

    def _multiply(self, line: Instruction, tile: tuple[int, int]) -> None:
        (left, right), (height, width) = line.args, tile
        build = self.build
        build.note = line.note._replace(what="cut into tiles", gradient=None)
        lefts, rights = self._bands(left, height), self._columns(right, width)
        (out,) = line.outs or (line.kwargs["out"],)
        if line.outs:
            name, run = ("lent", lent) if line.kwargs else ("np.empty", np.empty)
            args = (out.shape, out.dtype)
            build.lines.append(
                Instruction("call", name, args, line.kwargs, (out,), (), build.note, run)
            )
        rows, columns = out.shape
        cut = (rows // height, height, columns // width, width)
        tiles = self._seen(build.reshaped(out, cut), (0, 2, 1, 3))
        args, kwargs, block = (lefts, rights), {"out": tiles}, (out.memory,)
        build.lines.append(replace(line, args=args, kwargs=kwargs, outs=(), writes=block))

    def _bands(self, value: Value, height: int) -> Value:
        """A matrix (r, k) as a stack (r / height, 1, height, k) of its rows."""
        key = value.number, height, True
        if key not in self.looks:
            (rows, inner), matrix = value.shape, self.swaps.get(value.number)
            if matrix is None:
                cut = self.build.reshaped(value, (rows // height, 1, height, inner))
            else:
                flat = self.build.reshaped(matrix, (inner, rows // height, 1, height))
                cut = self._seen(flat, (1, 2, 3, 0))
            self.looks[key] = cut
        return self.looks[key]

    def _columns(self, value: Value, width: int) -> Value:
        """A matrix (k, c) as a stack (c / width, k, width) of its columns."""
        key = value.number, width, False
        if key not in self.looks:
            (inner, columns), matrix = value.shape, self.swaps.get(value.number)
            if matrix is None:
                flat = self.build.reshaped(value, (inner, columns // width, width))
                self.looks[key] = self._seen(flat, (1, 0, 2))
            else:
                flat = self.build.reshaped(matrix, (columns // width, width, inner))
                self.looks[key] = self._seen(flat, (0, 2, 1))
        return self.looks[key]

    def _seen(self, value: Value, axes: tuple[int, ...]) -> Value:
        """An array with its axes in another order."""
        shape = tuple(value.shape[axis] for axis in axes)
        out = self.build.value(shape, value.dtype, value)
        return self.build.numpy(np.transpose, (value, axes), out)


def is_matrix(value: Any) -> bool:
    """Whether a value is a matrix of float32, of which tiles are quicker."""
    return isinstance(value, Value) and len(value.shape) == 2 and value.dtype == np.float32
