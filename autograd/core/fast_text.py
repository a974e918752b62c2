"""The text of the short ways (`autograd.core.fast`): forms, and what each operation fills in."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import Any

import numpy as np

from autograd.core.primitive import BackwardPlan, Primitive

_OPERATORS: dict[Any, str] = {
    np.add: "{} + {}",
    np.subtract: "{} - {}",
    np.multiply: "{} * {}",
    np.true_divide: "{} / {}",
}
"""On NumPy's scalars Python's operators do the same as these functions, many times faster."""

_UNARY = """
def call({operand}=ABSENT, input=ABSENT):
    {rename}
    mode = current()
    if mode.special or input is not ABSENT:
        return general(*given(x, input))
    try:
        if not x.needs_grad:
            return general(x)
        a = x.value
        {result}
    except Exception:
        return general(*given(x, input))  # which explains why
    kind = type(x)
    node = Node()
    {edge_x}
    node.first, node.second = u, ABSENT
    {left}
    {record}
"""

_BINARY = """
def call(x, y):
    mode = current()
    if mode.special:
        return general(x, y)
    kind = type(x)
    {alike}
    try:
        a = x.value
        if type(y) is kind:
            if not (x.needs_grad or y.needs_grad):
                return general(x, y)
            b = y.value
            {pair}
        elif x.needs_grad and (type(y) is float or type(y) is int):
            {number}
        else:
            return general(x, y)
    except Exception:
        return general(x, y)  # which explains why
    node = Node()
    {edge_x}
    node.first = u
    if type(y) is kind:
        {edge_y}
        node.second = v
        if not y.needs_grad:
            {left}
        elif x.needs_grad:
            {both}
        else:
            {right}
    else:
        node.second = v = y
        {left_of_number}
    {record}
"""

_ALIKE = """
if type(y) is kind and x.needs_grad and y.needs_grad:
    spec = x.spec
    if spec is y.spec and spec is not None and not spec.single:
        a = x.value
        b = y.value
        try:
            {result}
        except Exception:
            return general(x, y)
        node = Node()
        {edge_x}
        {edge_y}
        node.first = u
        node.second = v
        {both}
        {record}
"""
"""What most pairs take: two tensors of one shape and dtype that require gradients."""

_VALUE = """
if spec is None:
    node.value = out if out.size <= KEEP else spec_of(out)
elif spec.small:
    node.value = out
else:
    node.value = spec
"""

_REFLECTED = """
def call(y, x):
    mode = current()
    if mode.special or not (type(x) is float or type(x) is int) or not y.needs_grad:
        return general(x, y)
    kind = type(y)
    try:
        b = y.value
        {number}
    except Exception:
        return general(x, y)  # which explains why
    node = Node()
    {edge_y}
    node.first, node.second = x, v
    {right_of_number}
    {record}
"""

_RECORD = """
node.params = NO_PARAMS
node.serial = next(serials)
node.mode = mode
{value}
tensor = blank() if kind is Tensor else new(kind)
tensor.value = out
tensor.spec = spec
tensor.accumulated = tensor.notes = tensor.version = None
node.cells = node.notes = node.version = None
tensor.needs_grad = True
tensor.edge = node
{cells}
if mode.source is True:
    frame = getframe(1)
    node.code = code = frame.f_code
    node.offset = frame.f_lasti
    if code.co_filename not in users_files:
        find_line(node)
return tensor
"""


class Text:
    """The parts of an operation's short way, and the plans that they name.

    Attributes:
        follows: whether the result is known to be like its operands, where these are alike:
            of their shape and dtype.
    """

    def __init__(self, op: Primitive) -> None:
        first = op.numpy[0] if op.numpy else None
        self.op = op
        self.follows = op.elementwise and isinstance(first, np.ufunc)
        self.forward = first if self.follows else op.forward
        self.operator = _OPERATORS.get(first)
        self.plans: dict[str, BackwardPlan] = {}

    def of_one(self) -> str:
        """The result of one array, and its `Spec` where that is known."""
        return f"{self._spec('x')}\n{self._arrays('a')}"

    def of_two(self) -> str:
        """The same of two arrays, which must have one dtype."""
        if not self.follows:
            return f"spec = None\n{_EVEN}\n{self._either('a.ndim', 'a', 'b')}"
        unlike = f"spec = None\n{_EVEN}\n{self._either('a.ndim', 'a', 'b')}"
        alike = self._either("not spec.single", "a", "b")
        return f"spec = x.spec\n{_choice('spec is None or spec is not y.spec', unlike, alike)}"

    def of_number(self, tensor: str, array: str, number: str) -> str:
        """The same of an array and a Python number, which is an array when it comes to that."""
        fixed = f"numbers[{number}, {array}.dtype]"
        other = "a" if array == "b" else "b"
        turned = f"{other} = {fixed} if {number} and {array}.__class__ is ndarray else {number}"
        arrays = f"{turned}\n{self._arrays('a', 'b')}"
        scalars = self._scalars(*((number, array) if array == "b" else (array, number)))
        return f"{self._spec(tensor)}\n{_choice(f'{array}.ndim', arrays, scalars)}"

    def _spec(self, tensor: str) -> str:
        return f"spec = {f'{tensor}.spec' if self.follows else None}"

    def _either(self, ndim: str, *operands: str) -> str:
        """The result of operands of any shape, or of shape ()."""
        if not self.operator:
            return self._arrays(*operands)
        return _choice(ndim, self._arrays(*operands), self._scalars(*operands))

    def _arrays(self, *operands: str) -> str:
        """The result of arrays and numbers."""
        out = f"out = forward({', '.join(operands)})"
        return out if self.operator else f"{out}\n{_AS_ARRAY}"

    def _scalars(self, *operands: str) -> str:
        """The same of shape (): operators are many times faster on NumPy's scalars."""
        if not self.operator:
            return self._arrays(*operands)
        single = [f"{name}[()]" if name in "ab" else name for name in operands]
        return f"out = {self.operator.format(*single)}\n{_AS_ARRAY}"

    def kept(self, name: str, saved: str, alike: bool = False) -> str:
        """What a node keeps where certain operands want a gradient.

        Args:
            name: the plan's, which says which ones.
            saved: what stands for each operand among what is saved: arrays or numbers.
            alike: whether the operands are known to be alike.
        """
        plan = self._plan(name, len(saved), with_number=not set(saved) <= {*"ab"})
        chosen = f"{name}_alike" if alike else f"{name} if spec is None else {name}_alike"
        kept = ["out" if slot is None else saved[slot] for slot in plan.kept]
        if len(kept) > 2:
            kept = [f"({', '.join(kept)})"]
        saves = [f"node.{place} = {a}" for place, a in zip(_KEPT, kept, strict=False)]
        plan_name = chosen if f"{name}_alike" in self.plans else name
        return "\n".join((f"node.plan = {plan_name}", *saves))

    def _plan(self, name: str, count: int, with_number: bool) -> BackwardPlan:
        """The plan of a name, and the one for operands that are alike, if that is simpler."""
        wants = _WANTS[name.split("_")[0]][:count]
        self.plans[name] = plan = self.op.plan(wants, even=True)
        rules = [self.op.rule(slot) for slot in plan.slots]
        fixed = with_number and any("(" in str(rule and rule.local) for rule in rules)
        if self.follows and count > 1 and not fixed:  # log(0.5) has a dtype of its own
            self.plans[f"{name}_alike"] = self.op.plan(wants, even=True, alike=True)
        return plan

    def alike(self) -> str:
        """The way of two tensors that are alike, where results are like their operands."""
        if not self.follows:
            return ""
        both = self.kept("both", "ab", alike=True)
        value = "node.value = out if spec.small else spec"
        record = self.record("(x, y)", (0, 1), value)
        return _filled(_ALIKE, result=self._arrays("a", "b"), both=both, record=record)

    def record(self, operands: str, tensors: tuple[int, ...], value: str = _VALUE) -> str:
        """The rest, with a look at the versions of tensors that are saved."""
        saved = {slot for plan in self.plans.values() for slot in plan.kept}
        away = [_AWAY[slot] for slot in tensors if slot in saved]
        cells = f"if {' or '.join(away)}:\n    keep_cells(node, {operands}, (tensor,))"
        return _filled(_RECORD, value=value.strip(), cells=cells if away else "")


def _choice(condition: str, first: str, second: str) -> str:
    return f"if {condition}:\n{indent(first, '    ')}\nelse:\n{indent(second, '    ')}"


_AS_ARRAY = (
    "if out.__class__ is not ndarray:\n"
    "    out = asarray(out) if isinstance(out, generic) else as_arrays(op, out)"
)
_EVEN = "if a.dtype is not b.dtype:\n    return general(x, y)"
_EDGES = {
    "edge_x": "u = x.edge\nif u is None:\n    u = x",
    "edge_y": "v = y.edge\nif v is None:\n    v = y",
}
"""What a node's edges lead to: what an operand was computed by, or itself if it is a leaf."""

_KEPT = ("kept", "also_kept")
_WANTS = {"both": (True, True), "left": (True, False), "right": (False, True)}
_AWAY = (
    "u is not x and x.version is not None and x.version is not u.version",
    "v is not y and y.version is not None and y.version is not v.version",
)
"""Whether the edge of an operand does not lead to its version, see `keep_cells`."""


def unary(text: Text) -> str:
    """A function of one tensor."""
    [operand] = text.op.operands
    return _filled(
        _UNARY.replace("{operand}", "x" if operand == "input" else operand),
        rename="" if operand in ("x", "input") else f"x = {operand}",
        result=text.of_one(),
        left=text.kept("left", "a"),
        record=text.record("(x,)", (0,)),
    )


def binary(text: Text) -> str:
    """An operator of a tensor and another one, or a Python number."""
    return _filled(
        _BINARY,
        alike=text.alike(),
        pair=text.of_two(),
        number=text.of_number("x", "a", "y"),
        **{name: text.kept(name, "ab") for name in _WANTS},
        left_of_number=text.kept("left_of_number", "ay"),
        record=text.record("(x, y)", (0, 1)),
    )


def reflected(text: Text) -> str:
    """The same of a tensor and the Python number to the left of it."""
    return _filled(
        _REFLECTED,
        number=text.of_number("y", "b", "x"),
        right_of_number=text.kept("right_of_number", "xb"),
        record=text.record("(x, y)", (1,)),
    )


def _filled(form: str, **parts: str) -> str:
    """A form with its parts, each indented as its place is."""
    return "\n".join(_lines(form.strip(), {**_EDGES, **parts})) + "\n"


def _lines(form: str, parts: dict[str, str]) -> Iterator[str]:
    for line in form.splitlines():
        name = line.strip()
        if name.startswith("{"):
            yield from indent(parts[name[1:-1]], line[: line.index("{")]).splitlines()
        else:
            yield line
