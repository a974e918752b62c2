"""For a textbook: convolution and pooling as functions that go through the places of a kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.compiler import board_images as board
from autograd.compiler.program import Instruction, Program

_Written = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def images_on_board(program: Program) -> Program:
    """Each operation on images as a call of a short function; its source goes with the program."""
    lines = [_written(line) for line in program.instructions]
    done = sum(a is not b for a, b in zip(lines, program.instructions, strict=True))
    return program.after(f"images: {done} calls of short functions", instructions=lines)


def _written(line: Instruction) -> Instruction:
    rule = RULES.get(line.name)
    if rule is None:
        return line
    run, args, kwargs = rule(line, line.kwargs)
    if run is board.convolve_weight:
        line.outs[0].contiguous = True
    if run is np.sum:
        return replace(line, name="np.sum", run=run, args=args, kwargs=kwargs)
    said = (run.__doc__ or "").partition("\n")[0].rstrip(".")
    note = line.note._replace(what=said[:1].lower() + said[1:])
    return replace(line, name=run.__name__, run=run, args=args, kwargs=kwargs, note=note)


def _convolution(line: Instruction, how: dict[str, Any]) -> _Written:
    return board.convolve, (*line.args, line.outs[0].shape[2:]), _steps(how)


def _convolution_weight(line: Instruction, how: dict[str, Any]) -> _Written:
    return board.convolve_weight, (*line.args, how["size"]), _steps(how)


def _convolution_transpose(line: Instruction, how: dict[str, Any]) -> _Written:
    return board.convolve_input, (*line.args, how["size"]), _steps(how)


def _steps(how: dict[str, Any]) -> dict[str, Any]:
    return {name: how[name] for name in ("stride", "padding", "dilation")}


def _max_pool(line: Instruction, how: dict[str, Any]) -> _Written:
    counts = line.outs[0].shape[2:]
    return board.largest, (line.args[0], how["kernel_size"], counts), _moves(how)


def _places(line: Instruction, how: dict[str, Any]) -> _Written:
    x, top, windows = line.args
    moves = {"stride": windows.stride, "dilation": windows.dilation}
    return board.place_of, (x, top, windows.kernel), moves


def _place_pool(line: Instruction, how: dict[str, Any]) -> _Written:
    return board.put_back, (*line.args, how["size"], how["kernel_size"]), _moves(how)


def _sum_windows(line: Instruction, how: dict[str, Any]) -> _Written:
    x, windows, counts, *_ = line.args
    moves = {"stride": windows.stride, "dilation": windows.dilation}
    return board.added, (x, windows.kernel, counts), moves


def _spread_pool(line: Instruction, how: dict[str, Any]) -> _Written:
    still = (1,) * len(how["size"])
    moves = {"stride": how["stride"], "dilation": still}
    return board.handed_out, (line.args[0], how["size"], how["kernel_size"]), moves


def _moves(how: dict[str, Any]) -> dict[str, Any]:
    return {name: how[name] for name in ("stride", "dilation")}


def _sum_per_channel(line: Instruction, how: dict[str, Any]) -> _Written:
    x, axes = line.args
    return np.sum, (x,), {"axis": tuple(axes)}


RULES: dict[str, Callable[[Instruction, dict[str, Any]], _Written]] = {
    "autograd.ops.convolution.convolution": _convolution,
    "autograd.ops.convolution.convolution_weight": _convolution_weight,
    "autograd.ops.convolution.convolution_transpose": _convolution_transpose,
    "autograd.ops.maxpool.max_pool": _max_pool,
    "autograd.ops.maxpool._offsets": _places,
    "autograd.ops.maxpool.place_pool": _place_pool,
    "autograd.ops.pooling.reduced": _sum_windows,
    "autograd.ops.pooling.spread_pool": _spread_pool,
    "autograd.core.summation._over_axes": _sum_per_channel,
}
"""How each operation is written: a function, and what it is given."""
