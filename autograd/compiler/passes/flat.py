"""Updates of several parameters by one rule: each call of the rule once, over one flat array."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np

from autograd.compiler.passes.apart import UpdatePlan
from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.chains import Chain, chains
from autograd.compiler.passes.rewriting import Exchange, into, makers, takes_out
from autograd.compiler.passes.waiting import Waiting
from autograd.compiler.program import Flat, Instruction, Note, Place, Program, Value
from autograd.compiler.together import handed_back, joined, side_by_side

TOGETHER = 1 << 18
"""Not more elements than these are put side by side."""


def update_flat(program: Program) -> Program:
    """Carry calls out once that update several parameters alike.

    ``m_w = β·m_w + g_w; m_b = β·m_b + g_b`` becomes ``m = β·m + g`` on arrays in which the
    parts for w and b lie one after the other. Gradients are computed there; state is put
    there where nobody can see it, and else copied to and fro. Parameters stay where they
    are: what concerns them is done for each of them, in parts of the flat arrays.
    """
    groups = _groups(program)
    if not groups:
        return program.after("flat: no arrays that are updated alike")
    writer = _FlatWriter(program)
    for group in groups:
        writer.add(group)
    return writer.run()


def _groups(program: Program) -> list[list[Chain]]:
    """Chains of one form that can all wait for the last one's end."""
    found: defaultdict[Any, list[Chain]] = defaultdict(list)
    for chain in chains(program):
        found[chain.form].append(chain)
    groups = [part for group in found.values() for part in _cut(group) if len(part) > 1]
    waiting = Waiting(program) if groups else None
    groups = [waiting.of(group) for group in groups if waiting is not None]
    return [group for group in groups if len(group) > 1 and _pays(group, program)]


def _cut(group: list[Chain]) -> list[list[Chain]]:
    """The chains in groups that are not too large together."""
    parts: list[list[Chain]] = [[]]
    size = 0
    for chain in group:
        size += chain.blocks[0].size
        if size > TOGETHER:
            parts.append([])
            size = chain.blocks[0].size
        parts[-1].append(chain)
    return parts


def _pays(group: list[Chain], program: Program) -> bool:
    """Whether more calls are saved than it takes to bring arrays together."""
    plan = UpdatePlan(group, program)
    flat = sum(not apart for apart in plan.apart)
    brought = sum(role in ("home", "given") for role in group[0].roles) + len(plan.both)
    return flat * (len(group) - 1) > 2 * brought and not plan.chosen & plan.both


class _FlatWriter:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.exchange, self.build = Exchange(program), Builder(program)
        self.made = makers(program)
        self.flats = dict(program.flats)
        self.before: defaultdict[int, list[_ChainGroup]] = defaultdict(list)
        self.ends: dict[int, _ChainGroup] = {}
        self.landed: dict[int, Value] = {}
        self.gone: set[int] = set()

    def add(self, chains: list[Chain]) -> None:
        """Note a group, and where it begins and ends."""
        group = _ChainGroup(self, chains)
        self.before[group.start].append(group)
        self.ends[max(chain.lines[-1] for chain in chains)] = group
        self.gone.update(at for chain in chains for at in chain.lines)

    def run(self) -> Program:
        for at, line in enumerate(self.program.instructions):
            for group in self.before.get(at, ()):
                group.make_room(line)
            if at in self.ends:
                self.ends[at].write()
            elif at not in self.gone:
                self.build.lines.append(self._kept(line))
        program = self.exchange.after(self._remark(), self.build.lines)
        return replace(program, flats=self.flats)

    def _remark(self) -> str:
        """How many calls there were and are, and how much memory they work on."""
        groups = self.ends.values()
        before = sum(len(group.plan.apart) * len(group.chains) for group in groups)
        sizes = [len(group.chains) for group in groups]
        calls = [(apart, len(group.chains)) for group in groups for apart in group.plan.apart]
        now = sum(count if apart else 1 for apart, count in calls)
        values = [value for flat in self.flats.values() for value in flat.parts]
        size = sum(value.size * np.dtype(value.dtype).itemsize for value in values)
        return (
            f"flat: {before} calls that update {sum(sizes)} arrays are {now}, in groups of "
            f"{', '.join(map(str, sizes))}; {size / 1e6:.2f} MB lie side by side"
        )

    def _kept(self, line: Instruction) -> Instruction:
        part = self.landed.get(line.outs[0].number) if line.outs else None
        line = self.exchange.line(line)
        return line if part is None else into(line, part)

    def room(self, blocks: list[Value]) -> list[Value]:
        """A new flat value and its parts; where these become gradients, in memory that is lent."""
        places = {self.program.outputs[at].number: at for at in self.program.gradients}
        outputs = tuple(places.get(block.number, -1) for block in blocks)
        note = self.build.note
        self.build.note = note._replace(what="", op="", subject="flat", scope="", gradient=None)
        flat = self.flat_of(blocks)
        if max(outputs) < 0:
            self.build.numpy(np.empty, (flat.shape, flat.dtype), flat)
            parts = self.views(flat, blocks, [self.build.note] * len(blocks))
        else:
            parts = self._lent(flat, blocks, outputs)
        self.build.note = note
        return [flat, *parts]

    def _lent(self, flat: Value, blocks: list[Value], outputs: tuple[int, ...]) -> list[Value]:
        """Parts of a flat value in memory that outlives the run."""
        place = Place(f"flat_{len(self.flats)}")
        self.flats[place.name] = Flat(tuple(blocks), outputs)
        shapes = tuple(block.shape for block in blocks)
        parts = [self.build.value(shape, flat.dtype, flat) for shape in shapes]
        for part in parts:
            part.contiguous = True
        args, given, outs = (shapes, flat.dtype), {"given": place}, (flat, *parts)
        self.build.lines.append(
            Instruction(
                "call", "side_by_side", args, given, outs, (), self.build.note, side_by_side, True
            )
        )
        return parts

    def views(self, flat: Value, blocks: list[Value], notes: list[Note]) -> list[Value]:
        """The parts of a flat value, and why each is there."""
        build, start, found, before = self.build, 0, [], self.build.note
        for block, note in zip(blocks, notes, strict=True):
            build.note = note._replace(what="")
            piece = build.part(flat, slice(start, start + block.size), contiguous=True)
            found.append(build.reshaped(piece, block.shape))
            start += block.size
        build.note = before
        return found

    def flat_of(self, blocks: list[Value]) -> Value:
        """A new value with room for some arrays."""
        return self.build.value((sum(block.size for block in blocks),), blocks[0].dtype)


class _ChainGroup:
    """Chains that are written as one."""

    def __init__(self, writer: _FlatWriter, chains: list[Chain]) -> None:
        self.writer, self.chains, self.program = writer, chains, writer.program
        self.plan = UpdatePlan(chains, self.program)
        self.rows = list(zip(*(chain.blocks for chain in chains), strict=True))
        self.flats: dict[int, Value] = {}
        self.parts: dict[int, list[Value]] = {}
        self.homes: dict[int, Place] = {}
        given = [at for at, role in enumerate(chains[0].roles) if role == "given"]
        self.given = [at for at in given if at not in self.plan.alone]
        self.makers = {
            block.number: writer.made[block.number]
            for at in self.given
            for block in self.rows[at]
            if self._can_land(block)
        }
        end = max(chain.lines[-1] for chain in chains)
        self.start = min([end, *self.makers.values()])

    def _can_land(self, block: Value) -> bool:
        """Whether the call that makes an array can be told where to put it."""
        if block.number != block.memory:
            return False
        line = self.program.instructions[self.writer.made[block.number]]
        plain = line.kind == "call" and not line.packed and "out" not in line.kwargs
        return plain and (takes_out(line) or line.name == "np.sum")

    def make_room(self, line: Instruction) -> None:
        """Flat arrays for what is given; what can be computed there will be."""
        self.writer.build.note = line.note
        for at in self.given:
            blocks = list(self.rows[at])
            self.flats[at], *self.parts[at] = self.writer.room(blocks)
            for block, part in zip(blocks, self.parts[at], strict=True):
                if block.number in self.makers:
                    self.writer.landed[block.number] = part
                    self.writer.exchange.put(block, part)

    def write(self) -> None:
        """The calls."""
        lines = self.chains[0].lines
        first, last = (self.program.instructions[at] for at in (lines[0], lines[-1]))
        self.writer.build.note = first.note._replace(scope="flat")
        self._bring_in()
        for apart, steps in groupby(self.plan.order(), lambda step: self.plan.apart[step]):
            self._write_all(list(steps), self.chains if apart else [])
        self.writer.build.note = last.note._replace(what="", subject="", scope="flat")
        self._bring_back()

    def _bring_in(self) -> None:
        build = self.writer.build
        for at in self.given:
            for block, part in zip(self.rows[at], self.parts[at], strict=True):
                if block.number not in self.makers:
                    self._copy(block, part)
        for at, role in enumerate(self.chains[0].roles):
            blocks = list(self.rows[at])
            if role == "home":
                place = self.homes[at] = Place(f"flat_{len(self.writer.flats)}")
                self.writer.flats[place.name] = Flat(tuple(blocks), None)
                flat = self.flats[at] = self.writer.flat_of(blocks)
                build.call(joined, (blocks,), flat, subject="state", given=place)
                if at in self.plan.parted:
                    self.parts[at] = self.writer.views(flat, blocks, [build.note] * len(blocks))
            elif at in self.plan.both and self._is_made_apart(at):
                self.flats[at], *self.parts[at] = self.writer.room(blocks)

    def _is_made_apart(self, array: int) -> bool:
        """Whether the first call that computes an array is made on each part."""
        return self.plan.apart[self.plan.results.index(array)]

    def _copy(self, block: Value, part: Value) -> None:
        args, note = (part, ..., block), self.writer.build.note
        line = Instruction("setitem", "", args, {}, (), (part.memory,), note)
        self.writer.build.lines.append(line)
        self.writer.exchange.of[block.number] = part

    def _write_all(self, steps: list[int], chains: list[Chain]) -> None:
        """Calls that follow each other, on the parts of one chain after the other, or at once."""
        for step in steps if not chains else ():
            self._write(step, self.chains[0], -1)
        for index, chain in enumerate(chains):
            for step in steps:
                self._write(step, chain, index)

    def _write(self, step: int, chain: Chain, index: int) -> None:
        """One call, on the flat arrays or on the parts of one chain."""
        line = self.program.instructions[chain.lines[step]]
        number, new = self.plan.results[step], self._on(line, chain, index)
        if line.outs and index < 0 and number not in self.flats:
            self._make(step, new, number)
            return
        to = self.flats.get(number) if index < 0 else self._part(number, index)
        self.writer.build.lines.append(new if to is None else _into(new, to))

    def _make(self, step: int, line: Instruction, number: int) -> None:
        """The call that makes a flat array; its parts, if they are needed."""
        blocks = list(self.rows[number])
        out = self.flats[number] = self.writer.flat_of(blocks)
        self.writer.build.lines.append(replace(line, outs=(out,)))
        if number in self.plan.both:
            notes = [self.program.instructions[chain.lines[step]].note for chain in self.chains]
            self.parts[number] = self.writer.views(out, blocks, notes)

    def _on(self, line: Instruction, chain: Chain, index: int) -> Instruction:
        """A call on what stands for its arrays now."""
        found = self.flats if index < 0 else {at: row[index] for at, row in self.parts.items()}
        to = {block.number: found[at] for at, block in enumerate(chain.blocks) if at in found}
        note = line.note._replace(scope="flat") if index < 0 else line.note
        return replace(line.with_inputs(lambda value: to.get(value.number, value)), note=note)

    def _part(self, number: int, index: int) -> Value | None:
        return self.parts[number][index] if number in self.parts else None

    def _bring_back(self) -> None:
        """State that could not be put elsewhere gets its new numbers."""
        build = self.writer.build
        written = {b for at in self.chains[0].lines for b in self.program.instructions[at].writes}
        for at, role in enumerate(self.chains[0].roles):
            if role == "home" and self.rows[at][0].memory in written:
                blocks = list(self.rows[at])
                args, given = (self.flats[at], blocks), {"given": self.homes[at]}
                writes = tuple(block.memory for block in blocks)
                build.lines.append(
                    Instruction(
                        "call", "handed_back", args, given, (), writes, build.note, handed_back
                    )
                )


def _into(line: Instruction, to: Value) -> Instruction:
    """The call with its result put somewhere."""
    return into(line, to) if line.outs else replace(line, writes=(to.memory,))
