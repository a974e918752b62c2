"""An instruction as a line of Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.compiler.program import Instruction, Place, Value
from autograd.core.errors import StateError

INFIX = {
    "np.add": "+",
    "np.subtract": "-",
    "np.multiply": "*",
    "np.divide": "/",
    "np.matmul": "@",
    "np.power": "**",
    "np.floor_divide": "//",
    "np.remainder": "%",
    "np.greater": ">",
    "np.greater_equal": ">=",
    "np.less": "<",
    "np.less_equal": "<=",
    "np.equal": "==",
    "np.not_equal": "!=",
    "np.bitwise_and": "&",
    "np.bitwise_or": "|",
}
"""Functions that are written as operators."""

Constant = Callable[[np.ndarray[Any, Any]], str]
"""Gives a constant array a name."""


def expression(line: Instruction, constant: Constant) -> str:
    """The right-hand side of an instruction."""

    def write(part: Any) -> str:
        return term(part, constant)

    args = line.args
    match line.kind:
        case "operator" if len(args) == 2:
            return f"{write(args[0])} {line.name} {write(args[1])}"
        case "operator":
            return f"{line.name}{write(args[0])}"
        case "call" if line.name in INFIX and len(args) == 2 and not line.kwargs:
            return f"{write(args[0])} {INFIX[line.name]} {write(args[1])}"
        case "call" if line.name == "np.negative" and not line.kwargs:
            return f"-{write(args[0])}"
        case "call" if line.name == "if":
            return f"{write(args[1])} if {write(args[0])} else {write(args[2])}"
        case "call" if line.name.startswith("if "):
            x, bound = map(write, args)
            return f"{bound} if {x} {line.name[3:]} {bound} else {x}"
        case "call" if "given" in line.kwargs:
            return _unless_given(line, arguments(args, {}, constant))
        case "place":
            return write(args[0])
        case "getitem":
            return f"{write(args[0])}[{index(args[1], constant)}]"
        case "attribute":
            return f"{write(args[0])}.{line.name}"
        case "method" | "draw":
            return f"{write(args[0])}.{line.name}({arguments(args[1:], line.kwargs, constant)})"
    return f"{line.name}({arguments(args, line.kwargs, constant)})"


def _unless_given(line: Instruction, inside: str) -> str:
    """A call for what the caller may give in its place."""
    text, given = f"{line.name}({inside})", line.kwargs["given"].name
    return f"{text} if {given} is None else {given}" if line.outs else f"if {given} is None: {text}"


def arguments(args: tuple[Any, ...], kwargs: dict[str, Any], constant: Constant) -> str:
    """The inside of a call's parentheses."""
    parts = [term(part, constant) for part in args]
    parts += [f"{name}={term(part, constant)}" for name, part in kwargs.items()]
    return ", ".join(parts)


def index(part: Any, constant: Constant) -> str:
    """The inside of square brackets."""
    if isinstance(part, tuple):
        inside = ", ".join(index(item, constant) for item in part)
        return f"{inside}," if len(part) == 1 else inside or "()"
    if isinstance(part, slice):
        ends = ["" if end is None else term(end, constant) for end in (part.start, part.stop)]
        step = "" if part.step is None else f":{term(part.step, constant)}"
        return f"{ends[0]}:{ends[1]}{step}"
    return term(part, constant)


def term(part: Any, constant: Constant) -> str:
    """A value by its name, a constant as it is written."""
    match part:
        case Value() | Place():
            return part.name
        case np.ndarray():
            return constant(part)
        case np.generic():
            return f"np.{part.dtype.name}({_number(part.item())})"
        case bool() | str() | None | bytes() | range():
            return repr(part)
        case int() | float():
            text = _number(part)
            return f"({text})" if text.startswith("-") else text
        case np.dtype():
            return f"np.dtype({part.name!r})" if part.kind in "MmSUV" else f"np.{part.name}"
        case tuple():
            inside = ", ".join(term(item, constant) for item in part)
            return f"({inside},)" if len(part) == 1 else f"({inside})"
        case list():
            return f"[{', '.join(term(item, constant) for item in part)}]"
        case slice():
            return (
                f"slice({', '.join(term(e, constant) for e in (part.start, part.stop, part.step))})"
            )
    return _named(part)


def _number(part: Any) -> str:
    if isinstance(part, float) and not math.isfinite(part):
        return {math.inf: "np.inf", -math.inf: "-np.inf"}.get(part, "np.nan")
    return repr(part)


def _named(part: Any) -> str:
    if part is Ellipsis:
        return "..."
    name = getattr(part, "__name__", None)
    if isinstance(part, type) and name in ("bool", "int", "float"):
        return str(name)
    if name is not None and getattr(np, name, None) is part:
        return f"np.{name}"
    raise StateError(
        f"A compiled function passes {part!r:.60} to NumPy, which cannot be written out as source; "
        "pass a number, an array or a tensor."
    )
