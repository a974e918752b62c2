"""Stacking: many small calls that are alike become one call on all their operands together."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from operator import getitem
from typing import Any

import numpy as np

from autograd.compiler.passes.alike import (
    LARGEST,
    Group,
    free_of_each_other,
    needs,
    ordered,
    same_role,
)
from autograd.compiler.passes.building import Builder
from autograd.compiler.passes.rewriting import Exchange, makers
from autograd.compiler.passes.stacked import LOOKS, RULES, stacked_elementwise
from autograd.compiler.program import Instruction, Program, Value

CALL, PRODUCT, ROW, GATHER = 0.45, 1.4, 0.12, 0.2
"""What calls on small arrays cost in µs: an elementwise one, a product of matrices, looking
into an array, and one more array to be gathered. Their ratios decide, not their sizes."""


def stack_alike(program: Program) -> Program:
    """``f(x1); f(x2); …`` become ``f([x1, x2, …])`` where no call needs another one's result.

    The rows of a Hessian are such calls, and what the steps of a recurrence do for
    themselves: projections of inputs and outputs, losses, local derivatives.
    """
    groups = same_role(program)
    before = needs(program) if groups else []
    groups = free_of_each_other(groups, before)
    if not groups:
        return program.after("alike: no calls stacked")
    return _Stacker(program, before, groups).run()


@dataclass
class _StackPlan:
    """How a group is carried out.

    Attributes:
        members: the places of its calls, in the order of the stack.
        operands: for each operand the one value of all, or the values of each.
        stack: what holds all results.
    """

    members: Group
    operands: list[Any] = field(default_factory=list)
    stack: Value | None = None


class _Stacker:
    def __init__(self, program: Program, before: list[set[int]], groups: list[Group]) -> None:
        self.program, self.lines, self.before = program, program.instructions, before
        self.exchange, self.build = Exchange(program), Builder(program)
        self.written = program.written()
        self.made = makers(program)
        self.plans = [_StackPlan(group) for group in groups]
        self.plan_of = {at: plan for plan in self.plans for at in plan.members}
        self.shown: dict[int, tuple[_StackPlan, int]] = {}
        self.gathered: dict[Any, Value] = {}

    def run(self) -> Program:
        self._sort()
        while self._drop():
            pass
        order, _ = ordered([sorted(plan.members) for plan in self.plans], self.before)
        for group in order:
            plan = self.plan_of.get(group[0])
            if plan is None:
                self._one(self.lines[group[0]])
            else:
                self._all(plan)
        calls = sum(len(plan.members) for plan in self.plans)
        remark = f"alike: {calls} calls stacked into {len(self.plans)}"
        lines = self.build.lines
        return self.exchange.after(remark, lines)

    # --- what is stacked ----------------------------------------------------------------

    def _sort(self) -> None:
        """Bring the members into the order of what they work on, so that stacks fit together."""
        keys: dict[int, Any] = {}
        for at in sorted(self.plan_of):
            keys[at] = self._key(at, keys)
        for plan in self.plans:
            plan.members.sort(key=lambda at: (keys[at], at))
            plan.operands = self._operands(plan)

    def _key(self, at: int, keys: dict[int, Any]) -> int:
        line, plan = self.lines[at], self.plan_of[at]
        columns = zip(*(self.lines[member].inputs for member in plan.members[:2]), strict=True)
        varying = [i for i, (a, b) in enumerate(columns) if a is not b]
        if varying:
            source = self.made.get(line.inputs[varying[0]].number, -1)
            return int(keys.get(source, source))
        number = _first_number(line)
        return at if number is None else number

    def _operands(self, plan: _StackPlan) -> list[Any]:
        """Each operand: one value for all, or a value for each."""
        rows = [self.lines[at].inputs for at in plan.members]
        columns = [list(column) for column in zip(*rows, strict=True)]
        return [c[0] if all(v is c[0] for v in c) else c for c in columns]

    def _drop(self) -> bool:
        """Leave groups out that cannot be stacked, or for which it does not pay."""
        used = self._used_alone()
        poor = [p for p in self.plans if not self._fits(p) or self._gain(p, used) <= 0]
        for plan in poor:
            for at in plan.members:
                del self.plan_of[at]
        self.plans = [plan for plan in self.plans if not any(plan is p for p in poor)]
        return bool(poor)

    def _fits(self, plan: _StackPlan) -> bool:
        """Whether a rule is known for these operands."""
        line = self.lines[plan.members[0]]
        target = line.kwargs.get("out") or (line.args[0] if line.kind == "setitem" else None)
        if target is not None and not self._is_whole_stack(plan, line):
            return False
        if any(isinstance(c, list) and c[0].size > LARGEST for c in plan.operands):
            return False
        if line.outs and line.kind != "getitem" and not self._makes(line, plan):
            return False
        rule = RULES.get(line.name or line.kind, stacked_elementwise)
        args = iter(plan.operands)
        varying = [isinstance(next(args), list) for _ in line.inputs]
        return rule.fits([self.lines[at] for at in plan.members], varying)

    def _makes(self, line: Instruction, plan: _StackPlan) -> bool:
        """Whether results are new memory, or a view of operands that are all in one stack."""
        own = all(out.memory in (out.number, -1 - out.number) for out in line.outs)
        if line.name not in LOOKS:
            return own
        first = plan.operands[0]
        rows = self._rows(first) if isinstance(first, list) else None
        blocks = {value.memory for value in (*line.inputs, *line.outs)}
        return (own or rows is not None) and not blocks & self.written

    def _is_whole_stack(self, plan: _StackPlan, line: Instruction) -> bool:
        """Whether all that a group writes into is one stack, in its order."""
        at = 0 if line.kind == "setitem" else len(line.inputs) - 1
        column = plan.operands[at]
        rows = self._rows(column) if isinstance(column, list) else None
        if rows is None or rows[1] != list(range(len(column))):
            return False
        return len(rows[0].members) == len(column) and all(v.memory == v.number for v in column)

    def _rows(self, column: list[Value]) -> tuple[_StackPlan, list[int]] | None:
        """The group that made some values, and which of its results they are."""
        places = [self.made.get(value.number) for value in column]
        plan = None if places[0] is None else self.plan_of.get(places[0])
        if plan is None:
            return None
        number = {at: index for index, at in enumerate(plan.members)}
        found = [number.get(at, -1) if at is not None else -1 for at in places]
        step = found[1] - found[0]
        even = all(b - a == step for a, b in pairwise(found))
        return (plan, found) if min(found) >= 0 and step and even else None

    def _used_alone(self) -> dict[int, int]:
        """How many results of each group are looked at one by one."""
        alone: set[int] = set()
        for at, line in enumerate(self.lines):
            if at not in self.plan_of:
                alone.update(value.number for value in line.inputs)
        for plan in self.plans:
            for column in plan.operands:
                if isinstance(column, list) and self._rows(column) is None:
                    alone.update(value.number for value in column)
        return {
            id(plan): sum(o.number in alone for at in plan.members for o in self.lines[at].outs)
            for plan in self.plans
        }

    def _gain(self, plan: _StackPlan, used: dict[int, int]) -> float:
        """What stacking saves, less what it costs to gather operands and to look at results."""
        line, count = self.lines[plan.members[0]], len(plan.members)
        saved = {"getitem": ROW, "np.matmul": PRODUCT}.get(line.name or line.kind, CALL)
        apart = [c for c in plan.operands if isinstance(c, list) and self._rows(c) is None]
        looks = 0 if line.kind == "getitem" else used[id(plan)]
        return saved * (count - 1) - (GATHER * count + 2) * len(apart) - ROW * looks

    # --- writing ------------------------------------------------------------------------

    def _one(self, line: Instruction) -> None:
        """A call that stays: what it needs of stacks is looked at first."""
        for value in line.inputs:
            self._show(value)
        self.build.lines.append(self.exchange.line(line))

    def _alone(self, value: Value) -> Value:
        self._show(value)
        return value

    def _show(self, value: Value) -> None:
        """Make a single result of a group known by its name."""
        plan, place = self.shown.pop(value.number, (None, 0))
        if plan is None or plan.stack is None:
            return
        line = self.lines[plan.members[place]]
        note = line.note._replace(what="")
        self.build.lines.append(
            Instruction("getitem", "", (plan.stack, place), {}, (value,), (), note, getitem)
        )

    def _all(self, plan: _StackPlan) -> None:
        """A whole group as one call."""
        lines = [self.lines[at] for at in plan.members]
        first, count = lines[0], len(lines)
        note = first.note
        subject = note.subject or ("all" if note.phase == "forward" and note.op else "")
        what = f"{note.what or note.op}, {count} at once".removeprefix(", ")
        self.build.note = note._replace(what=what, subject=subject, gradient=None)
        operands = [
            self._alone(c) if isinstance(c, Value) else self._stack(c) for c in plan.operands
        ]
        varying = [isinstance(column, list) for column in plan.operands]
        rule = RULES.get(first.name or first.kind, stacked_elementwise)
        plan.stack = rule.write(self.build, lines, [self.exchange(v) for v in operands], varying)
        for place, line in enumerate(lines):
            for out in line.outs:
                self._settle(plan, place, out)

    def _settle(self, plan: _StackPlan, place: int, out: Value) -> None:
        """A result lies in the stack now."""
        self.shown[out.number] = plan, place
        if plan.stack is not None and out.memory != plan.stack.memory:
            self.exchange.move(out.memory, plan.stack.memory)

    def _stack(self, column: list[Value]) -> Value:
        """Values one after the other along a new first axis."""
        found = self._rows(column)
        if found is not None and found[0].stack is not None:
            return self._part(found[0].stack, found[1])
        key = tuple(value.number for value in column)
        steady = all(value.memory not in self.written for value in column)
        if steady and key in self.gathered:
            return self.gathered[key]
        for value in column:
            self._show(value)
        stack = self._gather([self.exchange(value) for value in column])
        if steady:
            self.gathered[key] = stack
        return stack

    def _part(self, stack: Value, places: list[int]) -> Value:
        if places == list(range(stack.shape[0])):
            return stack
        step = places[1] - places[0]
        end: int | None = places[-1] + (1 if step > 0 else -1)
        part = slice(places[0], None if end == -1 else end, None if step == 1 else step)
        return self.build.part(stack, part)

    def _gather(self, parts: list[Any]) -> Value:
        shape, dtype, build = parts[0].shape, parts[0].dtype, self.build
        if not shape:
            return build.numpy(np.array, (parts,), build.value((len(parts),), dtype))
        flat = build.value((len(parts) * shape[0], *shape[1:]), dtype)
        build.numpy(np.concatenate, (parts,), flat, axis=0)
        return build.reshaped(flat, (len(parts), *shape))


def _first_number(line: Instruction) -> int | None:
    """The first integer in the index of a call."""
    if line.kind not in ("getitem", "setitem"):
        return None
    parts = line.args[1] if isinstance(line.args[1], tuple) else (line.args[1],)
    return next((int(part) for part in parts if isinstance(part, (int, np.integer))), None)
