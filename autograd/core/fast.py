"""The short way through `apply` for the operations that a program runs most.

An elementwise operation or a product without parameters, on tensors of one dtype (or a
tensor and a Python number), needs none of the general machinery: no promotion, no binding of
arguments, no second output. The functions written here do for it what `apply` does, field
by field, and hand everything else to the general way. A test holds both equal.

On a vector of 32 numbers NumPy takes a third of the time of the whole, so each line counts.
That is why these functions are text (`autograd.core.fast_text`): one for each operation,
with its function, its plans and what it saves in place. It is written and compiled when the
operation is first called.
Measured with ``make bench-quick`` (``small_op``).
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from autograd.core.apply import as_arrays
from autograd.core.fast_text import Text, binary, reflected, unary
from autograd.core.mode import current, users_files
from autograd.core.node import ABSENT, Handle, Node, serials
from autograd.core.primitive import Primitive
from autograd.core.rule import numbers
from autograd.core.spec import KEEP, spec_of
from autograd.core.versions import keep_cells
from autograd.core.where import here

Function = Callable[..., Any]


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
            function = _written_late(op, general, unary)
            return Ways(function, function, function)
        if len(op.operands) == 2 and all(op.formulas):
            short = _written_late(op, general, binary)
            return Ways(_lenient(short, general), short, _written_late(op, general, reflected))
    return Ways(general, general, lambda x, other: general(other, x))


def _lenient(short: Function, general: Function) -> Function:
    """The short way for a function that may be called with anything."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != 2 or not isinstance(args[0], Handle):
            return general(*args, **kwargs)
        return short(*args)

    return call


def make_tensors(kind: type[Any]) -> None:
    """Say which class the tensors are of that the short ways make.

    The call of a class is bound once: that is quicker than ``object.__new__``, as long as the
    class has no constructor.
    """
    _NAMES.update(Tensor=kind, blank=type.__call__.__get__(kind))


# --- from text to a function ------------------------------------------------------------------


def _written_late(op: Primitive, general: Function, write: Callable[[Text], str]) -> Function:
    """A function that writes its own code when it is first called: the import is quicker."""

    def compose() -> None:
        text = Text(op)
        source = write(text)
        scope.update(text.plans, forward=text.forward)
        made: dict[str, Any] = {}
        exec(compile(source, _named(op, write.__name__, source), "exec"), scope, made)
        call.__defaults__ = made["call"].__defaults__
        call.__code__ = made["call"].__code__.replace(co_name=op.name, co_qualname=op.name)

    scope: dict[str, Any] = {**_NAMES, "op": op, "general": general, "compose": compose}
    call = scope["call"] = FunctionType(_first.__code__, scope, op.name)
    call.__doc__, call.__qualname__ = op.forward.__doc__, op.name
    return call


def _first(*args: Any, **kwargs: Any) -> Any:
    compose()  # type: ignore[name-defined]  # noqa: F821 (a name of the function's own scope)
    return call(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821 (itself, rewritten)


TITLE = "<the short way of"
"""How the file names of texts begin; they lie in the engine's folder."""


def _named(op: Primitive, way: str, source: str) -> str:
    """A file name for tracebacks, which find the text under it; it counts as the library's."""
    name = str(Path(__file__).with_name(f"{TITLE} {op.name}, {way}>"))
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


def _given(*operands: Any) -> tuple[Any, ...]:
    """The operands without those that are absent."""
    return tuple(x for x in operands if x is not ABSENT)


def _find_line(node: Node) -> None:
    """The line that called the operation, where its file is not known to be a user's."""
    node.code, node.offset = here(3) or (None, 0)


_NAMES: dict[str, Any] = {
    "ABSENT": ABSENT,
    "Handle": Handle,
    "KEEP": KEEP,
    "NO_PARAMS": {},
    "Node": Node,
    "as_arrays": as_arrays,
    "asarray": np.asarray,
    "current": current,
    "find_line": _find_line,
    "generic": np.generic,
    "given": _given,
    "getframe": sys._getframe,
    "keep_cells": keep_cells,
    "ndarray": np.ndarray,
    "new": object.__new__,
    "numbers": numbers,
    "serials": serials,
    "spec_of": spec_of,
    "users_files": users_files,
}
"""What the text names."""
