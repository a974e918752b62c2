"""Parts of one array: what would be joined when all of it is there is computed where it belongs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.compiler.passes.buffers import SMALLEST
from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import (
    Exchange,
    into,
    is_ufunc,
    looks_for,
    makers,
    owns,
    unsettled,
    uses,
    writers,
)
from autograd.compiler.program import Instruction, Note, Program, Value

LARGE = 1 << 12
"""Elements from which on a copy that is made at once, in the cache, is worth a call of its own."""

LEAST = 32
"""Elements from which on a part is computed in its place: views of a buffer cost nothing."""

SHARE = 0.75
"""If so many parts are computed in their places, it does not matter how small the others are."""

Region = tuple[slice, ...]


@dataclass
class _Target:
    """Where a value belongs.

    Attributes:
        part: the value.
        whole: the array that it is a part of.
        place: the rows, columns, … of that array.
        copied: whether it is computed elsewhere, and copied.
    """

    part: Value
    whole: Value
    place: Region
    copied: bool


@looks_for("np.concatenate")
def place_parts(program: Program) -> Program:
    """``a = f(x); b = g(x); c = np.concatenate([a, b])`` becomes
    ``c = np.empty(…); f(x, out=c[:n]); g(x, out=c[n:])``.

    A part that others read, too, and that would lie scattered, is copied as soon as it is
    there, while it is in the cache; its own memory is free the sooner.
    """
    return _Placer(program).run()


class _Placer:
    def __init__(self, program: Program) -> None:
        self.program, self.lines = program, program.instructions
        self.uses, self.writers = uses(program), writers(program)
        self.made = makers(program)
        self.apart = unsettled(program)
        self.exchange, self.build = Exchange(program), Builder(program)
        self.fitting: set[int] = set()
        self.wholes: dict[int, Value] = {}
        self.starts: dict[int, tuple[Value, int, str]] = {}
        self.targets: defaultdict[int, list[_Target]] = defaultdict(list)

    def run(self) -> Program:
        for at, line in enumerate(self.lines):
            if is_join(line) and self._fits(at):
                self.fitting.add(at)
        for at in sorted(self.fitting, reverse=True):
            self._plan(at)
        first = defaultdict(list)
        for whole, start, op in self.starts.values():
            first[start].append((whole, op))
        for at, line in enumerate(self.lines):
            for whole, op in first[at]:
                self._make(whole, line.note._replace(what="", op=op, gradient=None))
            self._write(at, self.exchange.line(line))
        done = f"{len(self.wholes)} arrays, their parts computed where they belong"
        return self.exchange.after(f"parts: {done}", self.build.lines)

    # --- what is done -------------------------------------------------------------------

    def _fits(self, at: int) -> bool:
        """Whether each part is computed in its place, or large enough to be copied there."""
        (out,), parts = self.lines[at].outs, self.lines[at].args[0]
        if not owns(out) or out.memory in self.apart or out.size < SMALLEST:
            return False
        if not all(part.dtype == out.dtype and part.shape for part in parts):
            return False
        places = zip(parts, _places(self.lines[at]), strict=True)
        left = [part for part, place in places if not self._computed_there(part, out, place)]
        few = len(left) <= (1 - SHARE) * len(parts)
        return few or all(part.size >= LARGE for part in left)

    def _computed_there(self, part: Value, whole: Value, place: Region) -> bool:
        """Whether what makes a part may write it into another array."""
        at = self.made.get(part.number, -1)
        if at < 0 or part.memory in self.apart or not owns(part) or part.size < LEAST:
            return False
        line = self.lines[at]
        able = is_ufunc(line) and line.kind == "call" and "out" not in line.kwargs
        alone = self.uses[part.number] == 1
        return (able or at in self.fitting) and (alone or _in_order(place, whole))

    def _plan(self, at: int) -> None:
        """Say of each part of a joined array where it belongs."""
        line = self.lines[at]
        (out,), parts = line.outs, line.args[0]
        outer = self._computed(at)
        whole = outer.whole if outer else self.build.value(out.shape, out.dtype)
        self.wholes[at] = whole
        for part, place in zip(parts, _places(line), strict=True):
            there = self._computed_there(part, out, place)
            made = self._steady_from(part, at)
            there = there and self._computed(made) is None
            inside = _within(outer.place, place) if outer else place
            self.targets[made].append(_Target(part, whole, inside, not there))
            _, start, op = self.starts.get(whole.number, (whole, at, line.note.op))
            self.starts[whole.number] = whole, min(start, made), op

    def _computed(self, at: int) -> _Target | None:
        """Where the result of a line is computed, if that is a part of another array."""
        return next((target for target in self.targets[at] if not target.copied), None)

    def _steady_from(self, part: Value, at: int) -> int:
        """The line after which a part is what it is when the parts are joined."""
        made = self.made.get(part.number, -1)
        return at if made < 0 or part.memory in self.writers else made

    # --- writing ------------------------------------------------------------------------

    def _make(self, whole: Value, note: Note) -> None:
        self.build.note = note
        self.build.numpy(np.empty, (whole.shape, whole.dtype), whole)

    def _write(self, at: int, line: Instruction) -> None:
        """One line, computed where it belongs; copies of what it made follow."""
        there = self._computed(at)
        self.build.note = line.note
        if at in self.wholes:
            self.exchange.put(line.outs[0], self._view(there) if there else self.wholes[at])
        elif there:
            view = self._view(there)
            self.build.lines.append(into(line, view))
            self.exchange.put(line.outs[0], view)
        else:
            self.build.lines.append(line)
        for target in self.targets[at]:
            if target.copied:
                self._copy(target, line)

    def _view(self, target: _Target) -> Value:
        whole, place = target.whole, target.place
        return self.build.part(whole, place, _in_order(place, whole))

    def _copy(self, target: _Target, line: Instruction) -> None:
        args = self._view(target), self.exchange(target.part)
        note = line.note._replace(what="")
        block = (target.whole.memory,)
        copy = Instruction("call", "np.copyto", args, {}, (), block, note, np.copyto)
        self.build.lines.append(copy)


def is_join(line: Instruction) -> bool:
    """Whether arrays are put side by side, and nothing else."""
    plain = line.name == "np.concatenate" and len(line.args) == 1
    return plain and not line.kwargs.keys() - {"axis"} and all_values(line.args[0])


def all_values(parts: Any) -> bool:
    """Whether there are several parts, all of them arrays with a dtype."""
    return len(parts) > 1 and all(isinstance(p, Value) and p.dtype is not None for p in parts)


def _places(line: Instruction) -> list[Region]:
    """Where each part lies in what they are joined to."""
    (out,), axis = line.outs, line.kwargs.get("axis", 0) % len(line.outs[0].shape)
    whole = [slice(0, length) for length in out.shape]
    found, start = [], 0
    for part in line.args[0]:
        end = start + part.shape[axis]
        found.append((*whole[:axis], slice(start, end), *whole[axis + 1 :]))
        start = end
    return found


def _within(outer: Region, inner: Region) -> Region:
    """A place in an array that lies at a place in another one."""
    pairs = zip(outer, inner, strict=True)
    return tuple(slice(o.start + i.start, o.start + i.stop) for o, i in pairs)


def _in_order(place: Region, whole: Value) -> bool:
    """Whether what lies at a place lies there in one piece."""
    pairs = zip(place[1:], whole.shape[1:], strict=True)
    return all(part == slice(0, length) for part, length in pairs)
