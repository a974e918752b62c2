"""The gates of an LSTM, found by what they do: lecture E's forget, input, candidate, output."""

from __future__ import annotations

from autograd.draw.recurrence import steps_around
from autograd.draw.trace import Operation, Trace


def gates(trace: Trace) -> dict[int, str]:
    """What to write at each operation that is a gate; ``state`` on the way of c, ``hidden`` at h.

    A step with σ∘c₋₁ + σ∘tanh keeps its state: the two gates and the candidate are named by
    their places in this sum, the output gate by the tanh of its result.
    """
    finder = _Finder(trace)
    named: dict[int, str] = {}
    for op in trace.ops:
        if op.symbol == "+" and len(op.inputs) == 2:
            named.update(finder.cell(op))
    return named


class _Finder:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._around = steps_around(trace)
        self._outputs: dict[int, tuple[Operation, Operation]] = {}
        for op in trace.ops:
            gate, tanh = self._gate_of(op, "tanh")
            if gate is not None and tanh is not None:
                self._outputs[tanh.inputs[0]] = gate, op

    def cell(self, total: Operation) -> dict[int, str]:
        """The names of one cell's operations; none where `total` is no state of a cell."""
        named: dict[int, str] = {}
        for product in map(self._maker, total.inputs):
            named.update({} if product is None else self._product(product))
        if set(named.values()) != {"forget", "input", "candidate", "state"}:
            return {}
        found = self._outputs.get(total.outputs[0])
        more = {} if found is None else {found[0].id: "output", found[1].id: "hidden"}
        return {**named, total.id: "state", **more}

    def _product(self, product: Operation) -> dict[int, str]:
        """σ(f)∘c₋₁ or σ(i)∘tanh(g), in either order."""
        gate, tanh = self._gate_of(product, "tanh")
        if gate is not None and tanh is not None:
            return {gate.id: "input", tanh.id: "candidate"}
        gate, other = self._gate_of(product, None)
        before = other is None or self._step(other) != self._step(product)
        return {gate.id: "forget", product.id: "state"} if gate is not None and before else {}

    def _gate_of(
        self, op: Operation, other: str | None
    ) -> tuple[Operation | None, Operation | None]:
        """The sigmoid that a product is gated by, and what made its other factor."""
        if op.symbol != "×" or len(op.inputs) != 2:
            return None, None
        first, second = map(self._maker, op.inputs)
        for gate, factor in ((first, second), (second, first)):
            fits = other is None or (factor is not None and factor.name == other)
            if gate is not None and gate.name == "sigmoid" and fits:
                return gate, factor
        return None, None

    def _step(self, op: Operation) -> int | None:
        return None if op.scope is None else self._around[op.scope]

    def _maker(self, place: int) -> Operation | None:
        made_by = self.trace.values[place].op
        return None if made_by is None else self.trace.ops[made_by]
