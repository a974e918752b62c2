"""Large products, piece by piece: so small that OpenBLAS multiplies numbers where they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import looks_for, owns
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value, out_of
from autograd.compiler.together import lent
from autograd.core import blas


@looks_for("np.matmul")
def multiply_in_tiles(program: Program) -> Program:
    """``A @ B`` becomes ``A₄ @ B₃``: stacks of bands of A's rows and of B's columns.

    Of a matrix with few columns, or few rows, all are in one band. OpenBLAS copies large matrices
    into another order before it multiplies (what is gained: `autograd.core.blas.product`).
    Several threads would share a large product, but not its tiles; then nothing is done.
    """
    if not blas.multiplies_small_ones_at_once():
        return program.after("tiles: nothing to do")
    return _Tiler(program).run()


class _Tiler:
    def __init__(self, program: Program) -> None:
        self.program, self.build = program, Builder(program)
        self.apart = program.received() | program.kept
        self.swaps: dict[int, Value] = {}
        self.looks: dict[tuple[int, ...], Value] = {}

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
        if out is None or not all(is_matrix(part, out.dtype) for part in line.args):
            return None
        left, right = line.args
        layouts = *self._layout(left), *self._layout(right)
        return blas.cut(left.shape, right.shape, np.dtype(out.dtype).itemsize, *layouts)

    def _result(self, line: Instruction) -> Value | None:
        """Where a product is put, if that is an array that can be cut."""
        if line.name != "np.matmul" or line.kind != "call":
            return None
        (out,) = line.outs or (out_of(line),)
        if not is_matrix(out, out.dtype) or not out.contiguous:
            return None
        given = bool(line.kwargs) and out.memory not in self.program.kept
        return out if given or (owns(out) and out.memory not in self.apart) else None

    def _layout(self, value: Value) -> tuple[bool, bool]:
        """Whether a matrix lies in order of memory row by row, and column by column."""
        turned, ordered = value.number in self.swaps, self.swaps.get(value.number, value).contiguous
        return ordered and not turned, ordered and turned

    def _multiply(self, line: Instruction, tile: tuple[int, int]) -> None:
        (left, right), build = line.args, self.build
        build.note = line.note._replace(what="cut into tiles", gradient=None)
        (out,) = line.outs or (out_of(line),)
        lefts, rights = self._factors(left, right, tile)
        if line.outs:
            name, run = ("lent", lent) if line.kwargs else ("np.empty", np.empty)
            args = (out.shape, out.dtype)
            build.lines.append(
                Instruction("call", name, args, line.kwargs, (out,), (), build.note, run)
            )
        kwargs, block = {"out": self._tiles(out, tile)}, (out.memory,)
        new = replace(line, args=(lefts, rights), kwargs=kwargs, outs=(), writes=block)
        build.lines.append(new)

    def _factors(self, left: Value, right: Value, tile: tuple[int, int]) -> tuple[Value, Value]:
        """Stacks of bands; a matrix of which all is in one band is left as it is."""
        height, width = tile
        if width == right.shape[1]:
            return self._bands(left, (height,)), right
        if height == left.shape[0]:
            return left, self._stripes(right, width)
        return self._bands(left, (1, height)), self._stripes(right, width)

    def _tiles(self, out: Value, tile: tuple[int, int]) -> Value:
        """The tiles of a result, in the order of the products."""
        (rows, columns), (height, width) = out.shape, tile
        if width == columns:
            return self.build.reshaped(out, (rows // height, height, columns))
        if height == rows:
            flat = self.build.reshaped(out, (rows, columns // width, width))
            return self._seen(flat, (1, 0, 2))
        cut = (rows // height, height, columns // width, width)
        return self._seen(self.build.reshaped(out, cut), (0, 2, 1, 3))

    def _bands(self, value: Value, band: tuple[int, ...]) -> Value:
        """A matrix (r, k) as a stack (r / height, *band, k) of its rows."""
        key = value.number, *band, True
        if key not in self.looks:
            (rows, inner), matrix = value.shape, self.swaps.get(value.number)
            count = rows // band[-1]
            if matrix is None:
                cut = self.build.reshaped(value, (count, *band, inner))
            else:
                flat = self.build.reshaped(matrix, (inner, count, *band))
                cut = self._seen(flat, (*range(1, len(band) + 2), 0))
            self.looks[key] = cut
        return self.looks[key]

    def _stripes(self, value: Value, width: int) -> Value:
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


def is_matrix(value: Any, dtype: Any) -> bool:
    """Whether a value is a matrix of floats of a dtype."""
    plain = isinstance(value, Value) and len(value.shape) == 2 and value.dtype == dtype
    return plain and dtype in (np.float32, np.float64)
