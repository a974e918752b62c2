"""Memory that the variants of one function have in common: they run by turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from autograd.compiler.homes import Home, Lent
from autograd.compiler.program import Program, look

Buffers = dict[Any, Any]
"""Arrays, and boxes with memory for gradients, by their kind and by how many of it came before."""


def share(
    program: Program, space: dict[str, Any], flats: Iterable[Lent | Home], known: Buffers
) -> None:
    """Let a program compute in the memory that other ones have.

    Args:
        program: has buffers.
        space: the global names of its code, where they are.
        flats: what gives its flat arrays.
        known: what there is already; what there is not yet is added.
    """
    met, within = Counter[Any](), program.within
    for name, value in program.buffers:
        if name not in within:
            kind = value.shape, value.dtype
            met[kind] += 1
            space[name] = known.setdefault((*kind, met[kind]), space[name])
    for lent in flats:
        if isinstance(lent, Lent):
            met[lent.kind] += 1
            lent.box = known.setdefault((*lent.kind, met[lent.kind]), lent.box)
    _look_again(program, space)


def _look_again(program: Program, space: dict[str, Any]) -> None:
    """Parts of buffers, where these are others now."""
    within = program.within
    for name, value in program.buffers:
        if name in within:
            space[name] = space[within[name]].reshape(-1)[: value.size].reshape(value.shape)
    for name, (home, place) in program.views.items():
        space[name] = look(space[home], place)
