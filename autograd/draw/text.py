"""The graph as text: one line for each value, in order of execution, indented by group."""

from __future__ import annotations

from autograd.draw import wording
from autograd.draw.captions import without_gradient
from autograd.draw.trace import Numbers, Operation, Trace, Value

_LETTERS = {"float": "f", "int": "i", "uint": "u", "bool": "b", "complex": "c"}


def text(trace: Trace, explain: bool = True, values: bool = True) -> str:
    """All values of a trace: name, kind and shape, formula, number and gradient.

    ``q: f64[] = x + y  = +3.0000  grad -4.0000``

    Where there are no gradients, a last line may `explain` why. Without `values` no number
    is written.
    """
    said = without_gradient(trace) if explain else ""
    return "\n".join([*_Lines(trace, values).lines, *([said] if said else [])])


class _Lines:
    """Writes leaves before their first use and groups where they are entered."""

    def __init__(self, trace: Trace, values: bool) -> None:
        self.trace = trace
        self.values = values
        self.lines: list[str] = []
        self._seen: set[int] = set()
        self._open: list[int] = []
        for op in trace.ops:
            self._operation(op)
        for root in trace.roots:
            self._leaf(root)

    def _operation(self, op: Operation) -> None:
        self._enter(op.scope)
        for place in op.inputs:
            self._leaf(place)
        for place in op.outputs:
            value = self.trace.values[place]
            self._write(value, wording.clean(value.written or op.text))

    def _enter(self, group: int | None) -> None:
        """Titles of the groups that this operation enters."""
        chain: list[int] = []
        while group is not None:
            chain.insert(0, group)
            group = self.trace.groups[group].parent
        for level, place in enumerate(chain):
            if self._open[level : level + 1] != [place]:
                self._open = chain[:level]
                self.lines.append(f"{'  ' * level}{wording.clean(self.trace.groups[place].label)}")
                self._open = chain[: level + 1]
        self._open = chain

    def _leaf(self, place: int) -> None:
        value = self.trace.values[place]
        literal = value.role == "constant" and value.numbers.shape == () and not value.named
        if value.op is None and place not in self._seen and not literal:
            self._seen.add(place)
            self._write(value, "")

    def _write(self, value: Value, formula: str) -> None:
        name = wording.clean(value.name)
        said = f"{'  ' * len(self._open)}{name}: {kind(value)}"
        if formula and formula != name:
            said += f" = {formula}"
        if self.values:
            said += f"  = {_number(value.numbers)}"
        if value.gradient is not None:
            said += f"  grad {wording.gradient(value.gradient)}"
        self.lines.append(said if formula else f"{said}  ({value.role})")


def kind(value: Value) -> str:
    """Type and shape in a few characters: ``f64[4,3]``.

    >>> kind(Value(0, "x", True, "input", "float64", True, Numbers((4, 3))))
    'f64[4,3]'
    """
    word = value.dtype.rstrip("0123456789")
    letters = _LETTERS.get(word, word) + value.dtype[len(word) :]
    return f"{wording.clean(letters, 20)}[{','.join(map(str, value.numbers.shape))}]"


def _number(numbers: Numbers) -> str:
    only = wording.single(numbers)
    return f"{only:g}" if isinstance(only, float) else wording.value(numbers)
