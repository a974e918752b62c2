"""The short way through `apply` for the operations that a program runs most.

An elementwise operation or a product without parameters, on tensors of one dtype (or a
tensor and a Python number), needs none of the general machinery: no promotion, no binding of
arguments, no second output. The functions written here do for it what `apply` does, field
by field, and hand everything else to the general way. A test holds both equal.

On a vector of 32 numbers NumPy takes a third of the time of the whole, so each line counts.
That is why these functions are text: one for each operation, with its operator, its plans
and what it saves in place. It is written and compiled when the function is first called.
Measured with ``make bench-quick`` (``small_op``).
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent
from types import FrameType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from autograd.core.apply import as_arrays
from autograd.core.mode import current, is_library, users_files
from autograd.core.node import ABSENT, KEEP, Handle, Node, Spec, serials
from autograd.core.primitive import Plan, Primitive
from autograd.core.rule import numbers
from autograd.core.versions import keep_cells
from autograd.core.where import here

Function = Callable[..., Any]

_OPERATORS: dict[Any, str] = {
    np.add: "{} + {}",
    np.subtract: "{} - {}",
    np.multiply: "{} * {}",
    np.true_divide: "{} / {}",
}
"""Python's operators do the same as these functions, and faster; on NumPy's scalars too."""


class Ways(NamedTuple):
    """How an operation is called.

    Attributes:
        function: by its name, with any arguments.
        operator: as an operator of two operands, the first of which is a tensor.
        reflected: as an operator of a tensor and what stands to the left of it.
    """

    function: Function
    operator: Function
    reflected: Function


def ways(op: Primitive, general: Function) -> Ways:
    """The ways to call an operation, short ones where there are some."""
    simple = (op.elementwise or op.multilinear) and op.differentiable
    if simple and not (op.params or op.view or op.variadic):
        if len(op.operands) == 1:
            function = _written_late(op, general, _unary)
            return Ways(function, function, function)
        if len(op.operands) == 2 and all(op.formulas):
            short = _written_late(op, general, _binary)
            reflected = _written_late(op, general, _reflected)
            return Ways(_lenient(short, general), short, reflected)
    return Ways(general, general, lambda x, other: general(other, x))


def _lenient(short: Function, general: Function) -> Function:
    """The short way for a function that may be called with anything."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != 2 or not isinstance(args[0], Handle):
            return general(*args, **kwargs)
        return short(*args)

    return call


# --- the text ---------------------------------------------------------------------------------

_UNARY = """
def call(x=None, *rest, **kwargs):
    mode = current()
    if rest or kwargs or not isinstance(x, Handle) or not x.needs_grad:
        return general(*(() if x is None else (x,)), *rest, **kwargs)
    if mode.special:
        return general(x)
    kind = type(x)
    u = x.edge or x
    try:
        a = x.value
        {left}
    except Exception:
        return general(x)  # which explains why
    node = Node()
    node.first, node.second = u, ABSENT
    {record}
"""

_BINARY = """
def call(x, y):
    mode = current()
    if mode.special:
        return general(x, y)
    kind = type(x)
    u = x.edge or x
    try:
        a = x.value
        if type(y) is kind:
            b = y.value
            if a.dtype is not b.dtype:
                return general(x, y)
            v = y.edge or y
            if x.needs_grad:
                if y.needs_grad:
                    {both}
                else:
                    {left}
            elif y.needs_grad:
                {right}
            else:
                return general(x, y)
        elif x.needs_grad and (type(y) is float or type(y) is int):
            v = y
            if a.ndim:
                b = numbers[y, a.dtype] if y and a.__class__ is ndarray else y
                {arrays}
            else:
                {scalars}
            {kept}
        else:
            return general(x, y)
    except Exception:
        return general(x, y)  # which explains why
    node = Node()
    node.first, node.second = u, v
    {record}
"""

_REFLECTED = """
def call(y, x):
    mode = current()
    if mode.special or not (type(x) is float or type(x) is int) or not y.needs_grad:
        return general(x, y)
    kind = type(y)
    v = y.edge or y
    try:
        b = y.value
        if b.ndim:
            a = numbers[x, b.dtype] if x and b.__class__ is ndarray else x
            {arrays}
        else:
            {scalars}
        {kept}
    except Exception:
        return general(x, y)  # which explains why
    node = Node()
    node.first, node.second = x, v
    {record}
"""

_RECORD = """
node.plan = plan
node.saved = saved
node.params = NO_PARAMS
node.serial = next(serials)
node.mode = mode
node.value = out if out.size <= KEEP else Spec(out.shape, out.dtype)
tensor = new(kind)
tensor.value = out
tensor.accumulated = tensor.notes = tensor.version = None
node.many = node.notes = node.version = node.cells = None
tensor.needs_grad = True
tensor.edge = node
if not own:
    keep_cells(node, {operands}, (tensor,))
if mode.source is True:
    frame = getframe(1)
    node.code = code = frame.f_code
    node.offset = frame.f_lasti
    if code.co_filename not in users_files:
        find_line(node, frame)
return tensor
"""


class _Text:
    """The parts of an operation's short way, and the plans that they name."""

    def __init__(self, op: Primitive) -> None:
        first = op.numpy[0] if op.numpy else None
        self.op = op
        direct = op.elementwise and isinstance(first, np.ufunc)
        self.forward = first if direct else op.forward
        self.operator = _OPERATORS.get(first)
        self.plans: dict[str, Plan] = {}

    def arrays(self, *operands: str) -> str:
        """The result of arrays and numbers."""
        if self.operator:
            return f"out = {self.operator.format(*operands)}"
        return f"out = forward({', '.join(operands)})\n{_AS_ARRAY}"

    def scalars(self, *operands: str) -> str:
        """The same of shape (): operators are many times faster on NumPy's scalars."""
        if not self.operator:
            return self.arrays(*operands)
        single = [f"{name}[()]" if name in "ab" else name for name in operands]
        return f"out = {self.operator.format(*single)}\n{_AS_ARRAY}"

    def pair(self) -> str:
        """The same of two arrays of any shapes."""
        if not self.operator:
            return self.arrays("a", "b")
        either = indent(self.arrays("a", "b"), "    "), indent(self.scalars("a", "b"), "    ")
        return "if a.ndim:\n{}\nelse:\n{}".format(*either)

    def kept(self, name: str, saved: str) -> str:
        """What a node keeps where certain operands want a gradient.

        Args:
            name: the plan's, which says which ones.
            saved: what stands for each operand among what is saved: arrays or numbers.
        """
        self.plans[name] = plan = self.op.plan(_WANTS[name][: len(saved)], even=True)
        kept = ["out" if slot is None else saved[slot] for slot in plan.kept]
        leads = [_LEADS[name] for name in kept if name in _LEADS]
        named = "".join(f"{name}, " for name in kept)
        return f"plan, saved, own = {name}, ({named}), {' and '.join(leads) or True}"


_AS_ARRAY = (
    "if out.__class__ is not ndarray:\n"
    "    out = asarray(out) if isinstance(out, generic) else as_arrays(op, out)"
)
_WANTS = {"both": (True, True), "left": (True, False), "right": (False, True)}
_LEADS = {"a": "x.version is u.version", "b": "y.version is v.version"}
"""Whether the edge of an operand leads to its version, see `keep_cells`."""


def _unary(text: _Text) -> str:
    left = f"{text.arrays('a')}\n{text.kept('left', 'a')}"
    return _filled(_UNARY, left=left, record=_record("(x,)"))


def _binary(text: _Text) -> str:
    wanted = {name: f"{text.pair()}\n{text.kept(name, 'ab')}" for name in _WANTS}
    return _filled(
        _BINARY,
        **wanted,
        arrays=text.arrays("a", "b"),
        scalars=text.scalars("a", "y"),
        kept=text.kept("left", "ay"),
        record=_record("(x, y)"),
    )


def _reflected(text: _Text) -> str:
    return _filled(
        _REFLECTED,
        arrays=text.arrays("a", "b"),
        scalars=text.scalars("x", "b"),
        kept=text.kept("right", "xb"),
        record=_record("(x, y)"),
    )


def _record(operands: str) -> str:
    return _RECORD.format(operands=operands).strip()


def _filled(form: str, **parts: str) -> str:
    """A form with its parts, each indented as its place is."""
    return "\n".join(_lines(form.strip(), parts)) + "\n"


def _lines(form: str, parts: dict[str, str]) -> Iterator[str]:
    for line in form.splitlines():
        name = line.strip()
        if name.startswith("{"):
            yield indent(parts[name[1:-1]], line[: line.index("{")])
        else:
            yield line


# --- from text to a function ------------------------------------------------------------------


def _written_late(op: Primitive, general: Function, write: Callable[[_Text], str]) -> Function:
    """A function that writes its own code when it is first called: the import is quicker."""

    def compose() -> None:
        text = _Text(op)
        source = write(text)
        scope.update(text.plans, forward=text.forward)
        made: dict[str, Any] = {}
        exec(compile(source, _named(op, write.__name__, source), "exec"), scope, made)
        call.__defaults__ = made["call"].__defaults__
        call.__code__ = made["call"].__code__

    scope: dict[str, Any] = {**_NAMES, "op": op, "general": general, "compose": compose}
    call = scope["call"] = FunctionType(_first.__code__, scope, op.name)
    call.__doc__ = op.forward.__doc__
    return call


def _first(*args: Any, **kwargs: Any) -> Any:
    compose()  # type: ignore[name-defined]  # noqa: F821 (a name of the function's own scope)
    return call(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821 (itself, rewritten)


TITLE = "<the short way of"
"""How the file names of texts begin; they lie in the engine's folder."""


def _named(op: Primitive, way: str, source: str) -> str:
    """A file name for tracebacks, which find the text under it; it counts as the library's."""
    name = str(Path(__file__).with_name(f"{TITLE} {op.name}{way}>"))
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


def _find_line(node: Node, frame: FrameType) -> None:
    """The line that called the operation, where its file is not known to be a user's."""
    if is_library(frame.f_code):
        node.code, node.offset = here(3) or (None, 0)


_NAMES: dict[str, Any] = {
    "ABSENT": ABSENT,
    "Handle": Handle,
    "KEEP": KEEP,
    "NO_PARAMS": {},
    "Node": Node,
    "Spec": Spec,
    "as_arrays": as_arrays,
    "asarray": np.asarray,
    "current": current,
    "find_line": _find_line,
    "generic": np.generic,
    "getframe": sys._getframe,
    "keep_cells": keep_cells,
    "ndarray": np.ndarray,
    "new": object.__new__,
    "numbers": numbers,
    "serials": serials,
    "users_files": users_files,
}
"""What the text names."""
