"""Products with few columns, band by band: small products are multiplied as they lie in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import owns
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value
from autograd.core.blas import SMALL, divisor, multiplies_small_ones_at_once

COLUMNS = range(2, 129)
"""So many columns gain by it; with more, there is much to do for each rearranged number."""

FEW = 64
"""So many gain where the first matrix is transposed."""


def multiply_in_bands(program: Program) -> Program:
    """``A @ B`` becomes ``A₃ @ B``, with A as a stack of bands of rows, where B has few columns.

    OpenBLAS copies A into another order before it multiplies, which pays for many columns (what
    is gained: `autograd.core.blas.product`). Several threads would share a large product, but not
    bands; then nothing is done.
    """
    heights = {at: _height(line) for at, line in enumerate(program.instructions)}
    if not any(heights.values()) or not multiplies_small_ones_at_once():
        return program.after("bands: nothing to do")
    return _Cutter(program, heights).run()


def _height(line: Instruction) -> int:
    """The rows of a band for a product, 0 if it stays whole."""
    if line.name != "np.matmul" or line.kind != "call" or line.kwargs or len(line.outs) != 1:
        return 0
    (out,) = line.outs
    if out.dtype not in (np.float32, np.float64) or not (owns(out) and out.contiguous):
        return 0
    if not all(
        isinstance(v, Value) and len(v.shape) == 2 and v.dtype == out.dtype for v in line.args
    ):
        return 0
    (rows, inner), columns = line.args[0].shape, out.shape[1]
    if columns not in COLUMNS or not line.args[1].contiguous or rows * inner * columns <= SMALL:
        return 0
    most = SMALL // (inner * columns)
    return divisor(rows, most)


class _Cutter:
    def __init__(self, program: Program, heights: dict[int, int]) -> None:
        self.program, self.heights, self.build = program, heights, Builder(program)
        self.apart = program.received() | program.kept
        self.swaps: dict[int, Value] = {}
        self.stacks: dict[tuple[int, int], Value] = {}

    def run(self) -> Program:
        done = 0
        for at, line in enumerate(self.program.instructions):
            if is_swap(line) and isinstance(line.args[0], Value):
                self.swaps[line.outs[0].number] = line.args[0]
            cut = self.heights[at] and line.outs[0].memory not in self.apart
            stack = self._stack(line, self.heights[at]) if cut else None
            if stack is None:
                self.build.lines.append(line)
            else:
                self._multiply(line, stack)
                done += 1
        remark = f"bands: {done} products in bands of rows"
        return self.program.after(remark, instructions=self.build.lines)

    def _stack(self, line: Instruction, height: int) -> Value | None:
        """The left factor as a stack of bands, which is looked at once."""
        factor, self.build.note = line.args[0], line.note._replace(what="", gradient=None)
        key = factor.number, height
        if key not in self.stacks:
            matrix = self.swaps.get(factor.number, factor)
            if not matrix.contiguous or (matrix is not factor and line.outs[0].shape[1] > FEW):
                return None
            cut = self._turned if matrix is not factor else self._cut
            self.stacks[key] = cut(matrix, height)
        return self.stacks[key]

    def _cut(self, matrix: Value, height: int) -> Value:
        rows, inner = matrix.shape
        return self.build.reshaped(matrix, (rows // height, height, inner))

    def _turned(self, matrix: Value, height: int) -> Value:
        """The columns of a matrix, as bands of the rows of its transpose."""
        inner, rows = matrix.shape
        cut = self.build.reshaped(matrix, (inner, rows // height, height))
        stack = self.build.value((rows // height, height, inner), matrix.dtype, cut)
        return self.build.numpy(np.transpose, (cut, (1, 2, 0)), stack)

    def _multiply(self, line: Instruction, stack: Value) -> None:
        (out,) = line.outs
        self.build.numpy(np.empty, (out.shape, out.dtype), out)
        bands = self.build.reshaped(out, (*stack.shape[:2], out.shape[1]))
        kwargs, block = {"out": bands}, (out.memory,)
        args = (stack, line.args[1])
        self.build.lines.append(replace(line, args=args, kwargs=kwargs, outs=(), writes=block))
