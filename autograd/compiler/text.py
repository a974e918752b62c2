"""An instruction as a line of Python."""

from __future__ import annotations

import ast
import math
import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.compiler.program import Instruction, Place, Value
from autograd.core.errors import StateError

WIDTH = 100
"""Columns of a line."""

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

    def beside(part: Any) -> str:
        text = write(part)
        return f"({text})" if text.startswith("-") else text

    args, kwargs = line.args, _without_defaults(line)
    match line.kind:
        case "operator" if len(args) == 2:
            return _joined(beside(args[0]), line.name, beside(args[1]))
        case "operator":
            return f"{line.name}{write(args[0])}"
        case "call" if line.name in INFIX and len(args) == 2 and not line.kwargs:
            return _joined(beside(args[0]), INFIX[line.name], beside(args[1]))
        case "call" if line.name == "np.negative" and not line.kwargs:
            return f"-{write(args[0])}"
        case "call" if line.name == "if":
            return f"{write(args[1])} if {write(args[0])} else {write(args[2])}"
        case "call" if line.name.startswith("if "):
            x, bound = map(write, args)
            return f"{bound} if {x} {line.name[3:]} {bound} else {x}"
        case "call" if "given" in line.kwargs:
            return _unless_given(line, arguments(args, {}, constant))
        case "call" | "method" if is_transpose(line):
            return f"{write(args[0])}.T"
        case "place" | "same":
            return write(args[0])
        case "getitem":
            return f"{write(args[0])}[{index(args[1], constant)}]"
        case "attribute":
            return f"{write(args[0])}.{line.name}"
        case "method" | "draw":
            return f"{write(args[0])}.{line.name}({arguments(args[1:], kwargs, constant)})"
    return f"{line.name}({arguments(args, kwargs, constant)})"


_REDUCTIONS = ("np.sum", "sum", "np.amax", "np.amin", "max", "min")


def _without_defaults(line: Instruction) -> dict[str, Any]:
    """Keyword arguments as a person writes them: no defaults, and a single axis as a number."""
    if line.name not in _REDUCTIONS:
        return line.kwargs
    given = {name: part for name, part in line.kwargs.items() if part is not None}
    if given.get("keepdims") is False:
        del given["keepdims"]
    axis = given.get("axis")
    if isinstance(axis, tuple) and len(axis) == 1:
        given["axis"] = axis[0]
    return given


def is_transpose(line: Instruction) -> bool:
    """Whether a matrix is transposed: ``x.T``."""
    if line.name not in ("np.swapaxes", "swapaxes", "np.transpose", "transpose"):
        return False
    array, *axes = line.args
    plain = isinstance(array, Value) and len(array.shape) == 2 and not line.kwargs
    if not plain or any(isinstance(axis, Value) for axis in axes):
        return False
    if line.name in ("np.swapaxes", "swapaxes"):
        return [axis % 2 for axis in axes] in ([0, 1], [1, 0])
    order = axes[0] if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes
    return not axes or [axis % 2 for axis in order] == [1, 0]


def _joined(left: str, sign: str, right: str) -> str:
    """An operator between its operands: close to them where it is a power of a name."""
    close = sign == "**" and left.replace(".", "").isidentifier() and "(" not in right
    return f"{left}**{right}" if close else f"{left} {sign} {right}"


def _unless_given(line: Instruction, inside: str) -> str:
    """A call for what the caller may give in its place."""
    text, given = f"{line.name}({inside})", line.kwargs["given"].name
    return f"{text} if {given} is None else {given}" if line.outs else f"if {given} is None: {text}"


def arguments(args: tuple[Any, ...], kwargs: dict[str, Any], constant: Constant) -> str:
    """The inside of a call's parentheses."""
    parts = [term(part, constant) for part in args]
    parts += [f"{name}={term(_plain(name, part), constant)}" for name, part in kwargs.items()]
    return ", ".join(parts)


def _plain(name: str, part: Any) -> Any:
    """An argument as a person would write it: one array to write into is in no tuple."""
    return part[0] if name == "out" and isinstance(part, tuple) and len(part) == 1 else part


def index(part: Any, constant: Constant) -> str:
    """The inside of square brackets."""
    if isinstance(part, tuple):
        inside = ", ".join(index(item, constant) for item in part)
        alone = len(part) == 1 and not isinstance(part[0], slice)
        return f"{inside}," if alone else inside or "()"
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
            return _quoted(repr(part))
        case int() | float():
            return _number(part)
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


def unbracketed(text: str) -> str:
    """A statement without the brackets that it does not need."""
    return _POWER.sub(r"\1**\2", ast.unparse(ast.parse(text)).replace("'", '"'))


_POWER = re.compile(r"(?<![\w.)\]])([a-zA-Z_][\w.]*) \*\* (\d+(?:\.\d+)?|[a-zA-Z_]\w*)(?![\w.(\[])")
"""A power of a name, which stands close together."""


_CHOICE = re.compile(r"( *)([\w, ]+) = (.+) (if \w+ is None) (else \w+)")


def wrapped(text: str, fixed: bool = False) -> list[str]:
    """A statement on several lines if it is longer than `WIDTH` columns.

    Args:
        text: the statement.
        fixed: fill the lines, as tables of numbers want it, and have formatters leave them so.
    """
    if len(text) <= WIDTH:
        return [text]
    choice = _CHOICE.fullmatch(text)
    if choice is not None:
        indent, target, *parts = choice.groups()
        inside = f"{indent}    {' '.join(parts)}"
        lines = [inside]
        if len(inside) > WIDTH:
            lines = [more for part in parts for more in wrapped(f"{indent}    {part}")]
        return [*_targets(f"{indent}{target} = (", target, indent), *lines, f"{indent})"]
    start, end = _outermost(text)
    if start >= WIDTH:
        start, end = _outermost(text, first=True)
    indent = " " * (len(text) - len(text.lstrip()) + 4)
    inside, closing = text[start + 1 : end], indent[4:] + text[end:]
    if fixed:
        width = WIDTH - len(indent)
        lines = textwrap.wrap(inside, width, break_long_words=False, break_on_hyphens=False)
        return [text[: start + 1], *(indent + line for line in lines), f"{closing}  # fmt: skip"]
    is_call = text[:start][-1:].isalnum() or text[:start][-1:] in ("_", ")", "]")
    if is_call and len(indent + inside) <= WIDTH and not inside.endswith(","):
        return [text[: start + 1], indent + inside, closing]
    parts = _parts(inside.rstrip(","))
    lines = [line for part in parts for line in wrapped(f"{indent}{part},")]
    return [text[: start + 1], *lines, closing]


def _targets(first: str, target: str, indent: str) -> list[str]:
    """The beginning of an assignment to several names."""
    if len(first) <= WIDTH:
        return [first]
    return [
        f"{indent}(",
        *(f"{indent}    {name}," for name in target.split(", ")),
        f"{indent}) = (",
    ]


def _outermost(text: str, first: bool = False) -> tuple[int, int]:
    """Where the last bracket, or the first, that is in no other one opens and closes."""
    depth, start, found = 0, 0, []
    for at, sign in enumerate(text):
        if sign in "([{":
            start = start if depth else at
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth == 0:
                found.append((start, at))
    return found[0 if first else -1] if found else (len(text), len(text))


def _parts(inside: str) -> list[str]:
    """What stands between the commas of a bracket."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            found.append(inside[start:at].strip())
            start = at + 1
    return [*found, inside[start:].strip()]


def _number(part: Any) -> str:
    if isinstance(part, float) and not math.isfinite(part):
        return {math.inf: "np.inf", -math.inf: "-np.inf"}.get(part, "np.nan")
    return repr(part)


def _quoted(text: str) -> str:
    """A string in double quotes, where that is all there is to it."""
    plain = text[:1] == "'" and '"' not in text and "\\" not in text
    return f'"{text[1:-1]}"' if plain else text


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
