"""Layout: images have their batch last between one convolution or pooling and the next."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler import images
from autograd.compiler.passes.building import Builder, frozen
from autograd.compiler.passes.convolutions import RULES
from autograd.compiler.passes.rewriting import VIEWS, Exchange, is_ufunc
from autograd.compiler.program import Instruction, Place, Program, Value
from autograd.core.summation import RUN

_ALIKE = frozenset(("np.where", "np.copy", "np.zeros_like", "np.ones_like", "astype", "copy"))
"""Calls that go element by element, beside universal functions."""

_SUM = frozenset(("axis", "keepdims", "dtype"))

_MAY_VIEW = VIEWS | {"reshape", "ravel", "squeeze", "transpose", "swapaxes", "T"}


def lay_images(program: Program) -> Program:
    """Write convolutions and pooling out for (C, H, W, N), and what lies between them, too.

    Each result is also given as (N, C, H, W), a view: where nobody asks for it, it is dead code.
    """
    if any(line.name in RULES for line in program.instructions):
        return _BatchLast(program).run()
    return program.after("layout: no images")


class _BatchLast:
    def __init__(self, program: Program) -> None:
        self.program, self.build = program, Builder(program)
        self.exchange = Exchange(program)
        self.fixed = program.written()
        self.laid: dict[int, Value] = {}
        self.framed: dict[tuple[int, Any], Value] = {}
        self.spaces: dict[str, Value] = {}
        self.places: dict[str, Place] = {}
        self.copies = self.between = self.operations = 0

    def run(self) -> Program:
        for before in self.program.instructions:
            self._rewrite(self.exchange.line(before))
        remark = (
            f"layout: {self.operations} convolutions, poolings and sums with the batch last, "
            f"{self.between} calls between them, {self.copies} images rearranged"
        )
        buffers = [*self.program.buffers, *self.spaces.items()]
        lines = self.build.lines
        return self.program.after(remark, instructions=lines, buffers=buffers)

    def _rewrite(self, line: Instruction) -> None:
        gradient = line.note.gradient
        if isinstance(gradient, Value) and gradient.number in self.laid:
            gradient = self.laid[gradient.number]
        self.build.note = line.note._replace(gradient=gradient)
        if line.name in RULES:
            self.operations += 1
            made = RULES[line.name](self, line)
            if made is not None:
                self._stands(made, line.outs[0])
        elif self._sorts_channels(line):
            self.between += 1
            self._stands(self._sorted(line), line.outs[0])
        elif self._sums_each(line):
            self.between += 1
            self._stands(self._sum(line), line.outs[0])
        elif self._is_between(line):
            self.between += 1
            self._stands(self._alike(line), line.outs[0])
        else:
            self._look(line)
            self.build.lines.append(line)

    def _stands(self, made: Value, old: Value) -> None:
        """From now on an image with the batch last, and a view of it as it was."""
        if old.memory != made.memory:
            self.exchange.move(old.memory, made.memory)
        old.memory, old.contiguous = made.memory, False
        made.hint, old.hint = old.hint, ""
        self.laid[old.number] = made
        axes = (len(made.shape) - 1, *range(len(made.shape) - 1))
        self.build.numpy(np.transpose, (made, axes), old)

    def batch_last(self, value: Any) -> Value:
        """An image (N, C, …) as (C, …, N): known, or rearranged."""
        known = self.laid.get(value.number) if isinstance(value, Value) else None
        if known is not None:
            return known
        self.copies += 1
        made = self.build.value((*value.shape[1:], value.shape[0]), value.dtype)
        self.build.call(images.batch_last, (value,), made, "batch last", "image")
        if isinstance(value, Value) and value.memory not in self.fixed:
            self.laid[value.number] = made
        return made

    def space(self, size: int, dtype: Any) -> Place:
        """Memory for that many numbers, which any call may overwrite."""
        name = f"space_{np.dtype(dtype).name}"
        known = self.spaces.get(name)
        if known is None or known.size < size:
            self.spaces[name] = self.build.value((size,), dtype)
        return self.places.setdefault(name, Place(name))

    # --- between convolutions ----------------------------------------------------------------

    def _is_between(self, line: Instruction) -> bool:
        """Whether a call goes element by element over an image that has its batch last."""
        if not (is_ufunc(line) or line.name in _ALIKE) or set(line.kwargs) - {"dtype"}:
            return False
        (out,) = line.outs or (None,)
        if out is None or out.memory in self.fixed or out.memory != out.number:
            return False
        full = [v for v in line.inputs if v.number in self.laid and v.shape == out.shape]
        return bool(full) and all(map(_fits, line.args))

    def _alike(self, line: Instruction) -> Value:
        (out,) = line.outs
        args = tuple(self._operand(x, len(out.shape)) for x in line.args)
        made = self.build.value((*out.shape[1:], out.shape[0]), out.dtype)
        new = replace(line, args=args, outs=(made,), note=self.build.note)
        self.build.lines.append(new)
        return made

    def _operand(self, x: Any, rank: int) -> Any:
        """An operand with its first dimension last; a broadcast one only changes its shape."""
        if isinstance(x, np.ndarray) and x.shape:
            return _turned(x, rank)
        if not isinstance(x, Value) or not x.shape:
            return x
        if x.number in self.laid and len(x.shape) == rank:
            return self.laid[x.number]
        shape = (1,) * (rank - len(x.shape)) + x.shape
        if shape[0] == 1 or x.size == shape[0]:
            out = self.build.value((*shape[1:], shape[0]), x.dtype, x)
            return self.build.numpy(np.reshape, (x, out.shape), out)
        return self.batch_last(x)

    # --- norms of each image by itself -------------------------------------------------------

    def _sorts_channels(self, line: Instruction) -> bool:
        """Whether a call puts channels into groups, or groups together, and nothing else."""
        if line.name not in ("np.reshape", "reshape") or not self._known(line):
            return False
        x, (out,) = line.args[0], line.outs
        places = min(len(x.shape), len(out.shape)) - 2
        kept = places > 0 and x.shape[-places:] == out.shape[-places:]
        return kept and x.shape[0] == out.shape[0] and not {x.memory, out.memory} & self.fixed

    def _sorted(self, line: Instruction) -> Value:
        out = line.outs[0]
        return self.build.reshaped(self.laid[line.args[0].number], (*out.shape[1:], out.shape[0]))

    def _sums_each(self, line: Instruction) -> bool:
        """Whether a call sums over the last dimensions of each image, and keeps them as 1."""
        if line.name != "np.sum" or not self._known(line) or set(line.kwargs) - _SUM:
            return False
        x, axes = line.args[0], line.kwargs.get("axis")
        if not isinstance(axes, tuple):
            return False
        last = axes == tuple(range(len(x.shape) - len(axes), len(x.shape)))
        floats = x.size > 0 and x.dtype in (np.float32, np.float64)
        return last and axes[0] > 0 and floats and line.kwargs.get("keepdims") is True

    def _sum(self, line: Instruction) -> Value:
        """Σ x: products with ones within short stretches, and the sum of these."""
        x, (out,), axes = line.args[0], line.outs, line.kwargs["axis"]
        count, n = math.prod(x.shape[a] for a in axes), x.shape[0]
        short = max(k for k in range(1, min(count, RUN) + 1) if count % k == 0)
        before = x.size // (count * n)
        rows = self.build.reshaped(self.laid[x.number], (before, count // short, short, n))
        parts = self.build.value((before, count // short, n), x.dtype)
        self.build.numpy(np.matmul, (frozen(np.ones(short, x.dtype)), rows), parts)
        total = self.build.value((before, n), out.dtype)
        self.build.numpy(np.sum, (parts,), total, axis=1, dtype=out.dtype)
        return self.build.reshaped(total, (*out.shape[1:], n))

    def _known(self, line: Instruction) -> bool:
        x = line.args[0]
        return isinstance(x, Value) and x.number in self.laid

    def _look(self, line: Instruction) -> None:
        """A call that may look into an image instead of copying it counts as doing so."""
        if line.name not in _MAY_VIEW or not line.outs or not isinstance(line.args[0], Value):
            return
        (out, *_), source = line.outs, line.args[0]
        if source.number in self.laid and out.memory == out.number:
            self.exchange.move(out.memory, source.memory)


def _fits(x: Any) -> bool:
    """Whether an argument is a value, a constant or a number."""
    constant = isinstance(x, np.ndarray) and not x.flags.writeable
    return constant or not isinstance(x, (list, tuple, np.ndarray))


def _turned(constant: np.ndarray[Any, Any], rank: int) -> Any:
    """A constant as an operand of what has the batch last."""
    full = constant.reshape((1,) * (rank - constant.ndim) + constant.shape)
    return frozen(np.moveaxis(full, 0, -1).copy())
