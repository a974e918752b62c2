"""Chains: the elementwise calls that update one parameter and its state."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograd.compiler.passes.rewriting import same_kind
from autograd.compiler.program import Instruction, Program, Value, out_of

LARGEST = 1 << 16
"""Larger arrays are updated on their own: the way into NumPy is nothing beside the work."""

ALSO = frozenset(("np.clip", "np.where"))
"""What is elementwise, besides universal functions."""

NUMBERS = (bool, int, float, np.generic)

Role = Literal["home", "fixed", "made", "given"]


@dataclass
class Chain:
    """Calls that belong together, as they work on the same arrays.

    Attributes:
        lines: their places, in order.
        blocks: the arrays, in the order in which they are met.
        form: what chains of the same calls on the same kinds of arrays have in common; None
            where a block is seen in two ways.
        roles: of each array: state that may be put elsewhere, what outlives the run and has
            to stay, made in the chain, or made before it.
    """

    lines: list[int]
    blocks: list[Value]
    form: Any
    roles: list[Role]


def chains(program: Program) -> list[Chain]:
    """The chains that end in an array which outlives the run, in order."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    root, lines = _slice(program)
    for at in reversed(lines):
        target = target_of(program.instructions[at])
        assert target is not None
        found[_top(root, target.memory)].append(at)
    sizes = _sizes(program) if lines else {}
    made = [_chain(program, lines) for lines in found.values()]
    return [chain for chain in made if _is_of_whole_blocks(chain, sizes)]


def _sizes(program: Program) -> dict[int, int]:
    """The number of elements of each block that begins with a value of the program."""
    made = [out for line in program.instructions for out in line.outs]
    return {v.memory: v.size for v in (*program.inputs, *made) if v.number == v.memory}


def _is_of_whole_blocks(chain: Chain, sizes: dict[int, int]) -> bool:
    """Whether its arrays are not too large, and each is all that lies in its block.

    What was made before the chain may be the same block in another shape.
    """
    size = chain.blocks[0].size
    fit = all(sizes.get(block.memory) == block.size for block in chain.blocks)
    own = all(
        block.number == block.memory or role == "given"
        for block, role in zip(chain.blocks, chain.roles, strict=True)
    )
    return size <= LARGEST and fit and own and chain.form is not None


def _slice(program: Program) -> tuple[dict[int, int], list[int]]:
    """The calls that such arrays come from, last first, and which blocks hang together."""
    root: dict[int, int] = {}
    lines = []
    for at in range(len(program.instructions) - 1, -1, -1):
        line = program.instructions[at]
        if line.note.phase == "backward":
            continue
        target = target_of(line)
        if target is None or not (target.memory in program.kept or target.memory in root):
            continue
        lines.append(at)
        for value in (target, *arrays_of(line)):
            root[_top(root, value.memory)] = _top(root, target.memory)
    return root, lines


def _top(root: dict[int, int], block: int) -> int:
    """The block that stands for all that hang together with this one."""
    above = root.setdefault(block, block)
    while above != root[above]:
        root[block] = above = root[above]
    return above


def arrays_of(line: Instruction) -> list[Value]:
    """The arrays that an instruction is given."""
    return [value for value in line.inputs if value.shape]


def target_of(line: Instruction) -> Value | None:
    """The array that an elementwise call computes from others of its shape, or None."""
    if line.kind == "setitem":
        target, place, item = line.args
        if place is not Ellipsis or (_is_array(item) and not same_kind(target, item)):
            return None
    elif line.kind == "call" and line.kwargs.keys() <= {"out"} and _is_elementwise(line):
        target = out_of(line) if "out" in line.kwargs else line.outs[0]
    else:
        return None
    plain = isinstance(target, Value) and all(map(_is_plain, line.args))
    return target if plain and _are_alike([target, *arrays_of(line)]) else None


def _is_elementwise(line: Instruction) -> bool:
    run = line.run
    universal = isinstance(run, np.ufunc) and run.nout == 1 and run.signature is None
    return line.name in ALSO or (universal and line.name.count(".") == 1)


def _is_array(part: Any) -> bool:
    return isinstance(part, Value) and bool(part.shape)


def _is_plain(part: Any) -> bool:
    return isinstance(part, (Value, *NUMBERS)) or part is Ellipsis


def _are_alike(values: list[Value]) -> bool:
    """Whether all lie in order in memory, and are of one shape that has axes."""
    shape = values[0].shape
    return bool(shape) and all(v.shape == shape and v.contiguous for v in values)


def _chain(program: Program, lines: list[int]) -> Chain:
    met: dict[int, int] = {}
    blocks: list[Value] = []
    roles: list[Role] = []
    form: list[Any] = []

    def code(part: Any) -> Any:
        if not isinstance(part, Value):
            return type(part), repr(part)
        if not part.shape:
            return "number", part.number
        if part.memory not in met:
            met[part.memory] = len(blocks)
            blocks.append(part)
            roles.append(_role(program, part, line))
        same = blocks[met[part.memory]] is part
        return ("array", met[part.memory], part.dtype) if same else None

    for at in lines:
        line = program.instructions[at]
        args = [code(part) for part in line.args]
        form.append((line.kind, line.name, *args, *map(code, (*line.outs, out_of(line)))))
    known = not any(None in call for call in form)
    return Chain(lines, blocks, (tuple(form), tuple(roles)) if known else None, roles)


def _role(program: Program, value: Value, line: Instruction) -> Role:
    if value.memory in program.kept:
        return "home" if value.number in program.movable else "fixed"
    return "made" if value in line.outs else "given"
