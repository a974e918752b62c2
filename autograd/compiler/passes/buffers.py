"""Memory: large results go into buffers that are kept from call to call and shared by turns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from autograd.compiler.passes.nesting import bytes_of, nest
from autograd.compiler.passes.rewriting import (
    is_ufunc,
    last_uses,
    owns,
    same_kind,
    takes_out,
    writers,
)
from autograd.compiler.program import Instruction, Place, Program, Shape, Value, values_in

SMALLEST = 512
"""Elements from which on a result is large: to make room for it, or to copy it, takes time."""

LEAST = 64
"""Smaller results are left to NumPy, which keeps memory for them."""

NEAR = 32
"""So far apart the two halves of an update may be; further ones are not looked at."""


def plan_buffers(program: Program) -> Program:
    """``c = np.add(a, b)`` becomes ``c = np.add(a, b, out=b0)``.

    b0 is the buffer of an operand that ends here, or one that is free again. What a caller
    receives is never put into a buffer.
    """
    if any(out.size >= LEAST for line in program.instructions for out in line.outs):
        return _Planner(program).run()
    return program.after("memory: no large results")


class _Planner:
    def __init__(self, program: Program) -> None:
        self.program, self.last, self.writers = program, last_uses(program), writers(program)
        self.buffer_of: dict[int, str] = {}
        self.free: dict[Any, list[str]] = defaultdict(list)
        self.buffers = list(program.buffers)
        self.arrays: dict[int, str] = {}
        self.views: dict[str, tuple[str, Any]] = {}
        self.looks: dict[tuple[str, str], str] = {}
        self.ending: dict[int, list[Value]] = defaultdict(list)
        self.used: dict[str, tuple[int, int]] = {}
        self.over = 0

    def run(self) -> Program:
        lines = [self._placed(line, index) for index, line in enumerate(self.program.instructions)]
        within = nest(self.buffers[len(self.program.buffers) :], self.used)
        size = sum(bytes_of(value) for name, value in self.buffers if name not in within)
        wanted = len(self.buffer_of)
        remark = (
            f"memory: {wanted} results in {len(self.buffers)} buffers of {size:,} bytes "
            f"together, {self.over} of them over an operand that ends"
        )
        program = self.program.after(
            remark, instructions=_without_idle(lines, self.program.outputs)
        )
        return replace(program, buffers=self.buffers, within=within, views=self.views)

    def _placed(self, line: Instruction, index: int) -> Instruction:
        for value in self.ending.pop(index - 1, []):
            self.free[_kind(value)].append(self.buffer_of[value.memory])
        if line.kind == "getitem" and self._is_fixed(line):
            return self._view(line, line.args[1])
        if line.name == "np.reshape" and self._is_flat(line):
            return self._view(line, Shape(line.outs[0].shape))
        if not self._wants(line):
            return line
        (out,) = line.outs
        target = self._target(line, index, out)
        if target is not None:
            self.over += 1
            return replace(line, kwargs={**line.kwargs, "out": target}, writes=(target.memory,))
        name = self._over(line, index, out) or self._free(out)
        self.buffer_of[out.memory] = self.arrays[out.number] = name
        last = self.last[out.memory]
        self.ending[last].append(out)
        self.used[name] = self.used.get(name, (index, last))[0], last
        if line.name == "np.empty":
            return Instruction("place", "", (Place(name),), {}, line.outs, (), line.note)
        return replace(line, kwargs={**line.kwargs, "out": Place(name)})

    def _is_fixed(self, line: Instruction) -> bool:
        """Whether a call looks at always the same part of a buffer."""
        array, index = line.args
        (out,) = line.outs
        parts = index if isinstance(index, tuple) else (index,)
        plain = all(type(part) in (int, slice, type(Ellipsis)) for part in parts)
        fixed = plain and not values_in(parts) and not out.is_scalar
        return fixed and isinstance(array, Value) and array.number in self.arrays

    def _is_flat(self, line: Instruction) -> bool:
        """Whether a call looks at a whole buffer in another shape."""
        array, (out,) = line.args[0], line.outs
        plain = isinstance(array, Value) and array.contiguous and not line.kwargs
        return plain and array.number in self.arrays and array.memory == out.memory

    def _view(self, line: Instruction, place: Any) -> Instruction:
        """A part of a buffer by a name of its own, so that nobody has to look for it."""
        array, (out,) = line.args[0], line.outs
        home = self.arrays[array.number]
        key = home, f"{type(place).__name__}{place}"
        name = self.looks.setdefault(key, f"{home}_{len(self.views)}")
        self.views[name] = home, place
        out.contiguous = out.contiguous and array.contiguous
        self.arrays[out.number] = name
        return Instruction("place", "", (Place(name),), {}, line.outs, (), line.note)

    def _wants(self, line: Instruction) -> bool:
        able = takes_out(line) or line.name == "np.empty"
        if not (able and "out" not in line.kwargs) or line.kind != "call":
            return False
        (out,) = line.outs
        inner = self.last[out.memory] < len(self.program.instructions)
        large = out.size >= LEAST or line.name == "np.empty"
        return inner and owns(out) and out.contiguous and large

    def _target(self, line: Instruction, index: int, out: Value) -> Value | None:
        """The parameter or state that the result goes on into, if its old value ends here."""
        if line.name == "np.matmul" or not is_ufunc(line):
            return None
        last = self.last[out.memory]
        if last >= len(self.program.instructions) or last - index >= NEAR:
            return None
        final = self.program.instructions[last]
        target = final.kwargs.get("out")
        if not isinstance(target, Value) or not (owns(target) and same_kind(target, out)):
            return None
        if target not in line.args or target in final.args:
            return None
        between = self.program.instructions[index + 1 : last]
        free = not any(v.memory == target.memory for other in between for v in other.inputs)
        return target if free else None

    def _over(self, line: Instruction, index: int, out: Value) -> str | None:
        """The buffer of an operand that ends here, which an elementwise call may overwrite."""
        if not is_ufunc(line) or line.name == "np.matmul" or line.name.count(".") > 1:
            return None
        for value in line.inputs:
            ends = self.last[value.memory] == index and value.memory in self.buffer_of
            if ends and owns(value) and same_kind(value, out):
                self.ending[index] = [v for v in self.ending[index] if v.memory != value.memory]
                self.over += 1
                return self.buffer_of[value.memory]
        return None

    def _free(self, out: Value) -> str:
        if self.free[_kind(out)]:
            return self.free[_kind(out)].pop()
        name = f"b{len(self.buffers) - len(self.program.buffers)}"
        self.buffers.append((name, out))
        return name


def _without_idle(lines: list[Instruction], outputs: list[Any]) -> list[Instruction]:
    """Leave out names for parts of buffers that nobody uses."""
    used = {value.number for line in lines for value in line.inputs}
    used.update(value.number for value in outputs if isinstance(value, Value))
    return [x for x in lines if x.kind != "place" or any(out.number in used for out in x.outs)]


def _kind(value: Value) -> Any:
    return value.shape, value.dtype
