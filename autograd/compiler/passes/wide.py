"""Products of a few rows with a large matrix: BLAS is quicker with the matrix on the left."""

from __future__ import annotations

import numpy as np

from autograd.compiler.passes.buffers import SMALLEST
from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import (
    Exchange,
    is_product,
    is_ufunc,
    looks_for,
    owns,
    readers,
    unsettled,
)
from autograd.compiler.passes.transposes import is_swap
from autograd.compiler.program import Instruction, Program, Value
from autograd.core import blas

ROWS = range(4, 129)
"""So many rows gain by it; of more the product itself takes too long to notice."""

LARGE = 1 << 15
"""Elements of the matrix: a small one is packed in no time either way."""

LONG = 1 << 10
"""Elements of the matrix for each row: with more rows, packing a matrix counts for less."""


@looks_for("np.matmul")
def turn_wide_products(program: Program) -> Program:
    """``x @ W.T`` becomes ``(W @ x.T).T`` where x has few rows, and an elementwise call follows.

    That call reads the turned result and writes its own in order of memory: (32, 256) @
    (256, 128) and an addition take 30 µs in place of 39 (tools/measure_passes.py wide). In
    float64 there is no gain, and nothing is done, nor where the product will be cut into tiles.
    """
    return _ProductTurner(program).run()


class _ProductTurner:
    def __init__(self, program: Program) -> None:
        self.program, self.exchange, self.build = program, Exchange(program), Builder(program)
        self.apart, self.outputs = unsettled(program), program.received()
        self.swaps: dict[int, Value] = {}
        self.readers = readers(program)
        for line in program.instructions:
            if is_swap(line) and isinstance(line.args[0], Value):
                self.swaps[line.outs[0].number] = line.args[0]

    def run(self) -> Program:
        done = 0
        for line in self.program.instructions:
            if self._is_wide(line):
                self._turn(line)
                done += 1
            else:
                self.build.lines.append(self.exchange.line(line))
        remark = f"wide products: {done} with the matrix on the left"
        return self.exchange.after(remark, self.build.lines)

    def _is_wide(self, line: Instruction) -> bool:
        if not is_product(line) or line.args[1].number not in self.swaps:
            return False
        (rows, turned), (out,) = line.args, line.outs
        few = rows.shape[0] in ROWS
        plain = out.dtype == np.float32 and turned.size >= max(LARGE, LONG * out.shape[0])
        if not (few and plain) or _is_cut(rows, out):
            return False
        ordered = self.swaps[turned.number].contiguous
        free = owns(out) and out.memory not in self.apart
        return ordered and free and self._is_read_in_passing(out)

    def _is_read_in_passing(self, out: Value) -> bool:
        """Whether all who read a result compute element by element, into memory in order."""
        lines = [self.program.instructions[at] for at in self.readers[out.number]]
        return bool(lines) and all(
            is_ufunc(line)
            and line.name != "np.matmul"
            and not line.kwargs
            and line.kind == "call"
            and line.outs[0].memory not in self.outputs
            and line.outs[0].size >= SMALLEST
            and line.outs[0].contiguous
            for line in lines
        )

    def _turn(self, line: Instruction) -> None:
        rows, turned = map(self.exchange, line.args)
        matrix, (out,) = self.exchange(self.swaps[turned.number]), line.outs
        build = self.build
        build.note = line.note
        product = build.value(out.shape[::-1], out.dtype)
        build.numpy(np.matmul, (matrix, build.turned(rows)), product)
        self.exchange.put(out, build.turned(product))


def _is_cut(rows: Value, out: Value) -> bool:
    """Whether `multiply_in_tiles` will cut such a product, so that nothing is packed."""
    inner, columns = rows.shape[1], out.shape[1]
    tile = blas.cut(rows.shape, (inner, columns), 4, rows.contiguous, False, False, True)
    return tile is not None and blas.multiplies_small_ones_at_once()
