"""What a collapsed group says about itself: shapes in and out, parameters, their gradient."""

from __future__ import annotations

from math import prod, sqrt

from autograd.draw import wording
from autograd.draw.folding import Folding
from autograd.draw.trace import Operation, Trace, Value


class Borders:
    """Who makes and who uses each value, by collapsed group: read once for all groups."""

    def __init__(self, trace: Trace, folding: Folding) -> None:
        self.trace = trace
        self.learned = folding.parameters
        self._ops: dict[int | None, list[Operation]] = {}
        self._users: dict[int, set[int | None]] = {}
        for op in trace.ops:
            box = folding.box(op.scope)
            self._ops.setdefault(box, []).append(op)
            for place in op.inputs:
                self._users.setdefault(place, set()).add(box)

    def inside(self, group: int) -> Inside:
        """The content of one collapsed group."""
        return Inside(self, group, self._ops[group])

    def leaves(self, place: int, group: int) -> bool:
        """Whether a value is used outside of a group, or is what the picture is about."""
        return bool(self._users.get(place, set()) - {group}) or place in self.trace.roots


class Inside:
    """The operations that a collapsed group stands for, and what crosses its border.

    Attributes:
        operations: how many there are.
        parameters: those that are used inside, each once.
    """

    def __init__(self, borders: Borders, group: int, ops: list[Operation]) -> None:
        values, self.operations = borders.trace.values, len(ops)
        made = dict.fromkeys(place for op in ops for place in op.outputs)
        used = dict.fromkeys(place for op in ops for place in op.inputs)
        self.parameters = [values[place] for place in used if place in borders.learned]
        self._shared = any(borders.leaves(value.id, group) for value in self.parameters)
        self._leaving = [values[place] for place in made if borders.leaves(place, group)]
        self._arriving = [
            values[place]
            for place in used
            if not (place in made or place in borders.learned or values[place].role == "constant")
        ]

    def lines(self, gradients: bool) -> tuple[tuple[str, str], ...]:
        """The lines of its box, each with the class of its text."""
        lines = [("shape", f"{_shape(self._arriving)} → {_shape(self._leaving)}")]
        count = sum(prod(value.numbers.shape) for value in self.parameters)
        if count:
            lines.append(("size", f"{count:,} parameter{'s' * (count != 1)}"))
        if count and gradients:
            lines.append(("grad", f"grad {self._norm()}"))
        return tuple(lines)

    def _norm(self) -> str:
        """The norm of all their gradients, which other places may have added to."""
        norms = [v.gradient.norm for v in self.parameters if v.gradient is not None]
        known = [norm for norm in norms if norm is not None]
        if not known:
            return "—"
        whole = " in all" if self._shared else ""
        return f"‖{wording.number(sqrt(sum(n * n for n in known)))[1:]}‖{whole}"


def _shape(values: list[Value]) -> str:
    if not values:
        return "·"
    more = f" +{len(values) - 1}" if len(values) > 1 else ""
    return wording.shape(values[0].numbers) + more
