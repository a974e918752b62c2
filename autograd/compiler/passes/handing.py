"""For a textbook: what a sum hands on is the same gradient, by the name of the sum."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from autograd.compiler.passes.building import Builder
from autograd.compiler.persons import differentiated, persons
from autograd.compiler.program import NOWHERE, Instruction, Note, Program, Value
from autograd.compiler.summands import leaf_sums


def hand_on_gradients(program: Program) -> Program:
    """Of q = x + y: ``d_y = g * z; d_x = d_y.copy()`` becomes ``d_q = g * z; d_x = d_q; …``.

    Where a person named the sum, or where the copy is of another leaf's gradient. It wants the
    program as it was traced.
    """
    handing = _Handing(program)
    lines, known = handing.lines(), differentiated(program)
    outputs = [handing.now.get(id(value), value) for value in program.outputs]
    remark = f"gradients: {handing.done} by the name of a sum"
    changes = {"instructions": lines, "outputs": outputs, "differentiated": known}
    return program.after(remark, textbook=True, **changes)


class _Handing:
    def __init__(self, program: Program) -> None:
        self.program, self.build = program, Builder(program)
        self.sums = leaf_sums(program)
        self.named, self.written, self.done = persons(program), program.written(), 0
        self.order = {value.name: at for at, value in enumerate(program.inputs)}
        self.now: dict[int, Value] = {}
        self.gone: set[int] = set()
        self.copies = self._copies()

    def _copies(self) -> dict[int, list[Instruction]]:
        """The copies of gradients, by the number of what they are of."""
        made = {out.number for line in self.program.instructions for out in line.outs}
        found: dict[int, list[Instruction]] = defaultdict(list)
        for line in self.program.instructions:
            if line.name == "copy" and line.kind == "method" and line.outs[0].hint:
                source, (out,) = line.args[0], line.outs
                blocks = {source.memory, out.memory}
                if source.number in made and blocks.isdisjoint(self.written):
                    found[source.number].append(line)
        return found

    def lines(self) -> list[Instruction]:
        """The instructions, each gradient that is handed on by its names behind it."""
        kept = []
        for line in self.program.instructions:
            if id(line) in self.gone:
                continue
            kept.append(line)
            for out in line.outs:
                kept += self._names_of(out)
        return kept

    def _names_of(self, value: Value) -> list[Instruction]:
        """A line for each leaf that has this gradient, where it is not the value's only name."""
        copies = self.copies.get(value.number, [])
        found = [self._same(value, copy) for copy in copies if self._is_handed(copy.outs[0])]
        others = [copy for copy in copies if not self._is_handed(copy.outs[0])]
        if value.hint and self._is_handed(value):
            found.append(self._same(value, None))
        elif not value.hint and not found and len(others) > 1:
            first = others.pop(0)
            value.hint = first.outs[0].hint
            self.now[id(first.outs[0])] = value
            self.gone.add(id(first))
        if value.hint or found:
            found += [self._same(value, copy) for copy in others]
        return sorted(found, key=self._place)

    def _is_handed(self, value: Value) -> bool:
        """Whether a value is the gradient of a summand of what a person named."""
        known = self.sums.get(value.hint)
        return known is not None and known.serial in self.named

    def _same(self, value: Value, copy: Instruction | None) -> Instruction:
        """One more name for a value, in place of a copy or for what it was called itself."""
        if copy is None:
            out = replace(value, number=next(self.build.numbers))
            self.now[id(value)], value.hint = out, ""
        else:
            (out,) = copy.outs
            self.gone.add(id(copy))
        out.memory, self.done = value.memory, self.done + 1
        why = self.sums.get(out.hint) or (copy.note if copy is not None else NOWHERE)
        note = Note("backward", "", "", why.where, why.scope, why.op, value, "", why.serial)
        return Instruction("same", "", (value,), {}, (out,), (), note)

    def _place(self, line: Instruction) -> int:
        return self.order.get(line.outs[0].hint.removeprefix("d_"), 0)
