"""The values of an expression's variables, as typed: ``x=-2``, ``y=1e3``, ``w=[0.5, -1]``."""

from __future__ import annotations

import ast
import keyword
import math
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any

import autograd as ag
from autograd.cli.complaint import complaint, printable
from autograd.cli.grammar import Expression, literal, span, syntax_tree
from autograd.core.primitive import REGISTRY


def variables(expression: Expression, assignments: Iterable[str]) -> dict[str, ag.Tensor]:
    """A named leaf that asks for its gradient, for each variable of an expression.

    Raises:
        ExpressionError: a name without a value, a value without a name, or no number.
    """
    given: dict[str, ag.Tensor] = {}
    for text in assignments:
        name, value = _read(text)
        if name in given:
            raise ag.ExpressionError(f"{name} is given twice; give each name one value.")
        given[name] = value
    _check_missing(expression, given)
    _check_unused(expression, given)
    return given


def _check_missing(expression: Expression, given: dict[str, ag.Tensor]) -> None:
    missing = [name for name in expression.names if name not in given]
    if not missing:
        return
    hint = " ".join(f"{name}=1" for name in missing)
    calls = [name for name in missing if name in REGISTRY]
    advice = f"; {calls[0]} is also a function: write {calls[0]}(x)" if calls else ""
    raise ag.ExpressionError(f"no value for {', '.join(missing)}; add {hint}{advice}.")


def _check_unused(expression: Expression, given: dict[str, ag.Tensor]) -> None:
    unused = [name for name in given if name not in expression.names]
    if unused:
        known = ", ".join(expression.names) or "none"
        raise ag.ExpressionError(
            f"{', '.join(unused)} is not in the expression; its names are: {known}."
        )


def _read(text: str) -> tuple[str, ag.Tensor]:
    """Name and leaf of one ``NAME=VALUE``."""
    typed, equals, _ = text.partition("=")
    name = unicodedata.normalize("NFKC", typed.strip())  # as Python's parser reads names
    if not equals:
        raise complaint(text, 0, "expected NAME=VALUE, such as x=-2.", len(text))
    if not name.isidentifier() or keyword.iskeyword(name):
        raise complaint(text, 0, f"{printable(typed)!r} is not a name.", len(typed))
    numbers = _value(text, len(typed) + 1)
    try:
        return name, ag.tensor(numbers, dtype=float, requires_grad=True, name=name)
    except ag.ShapeError:
        reason = "the rows of a matrix have equal lengths."
        raise complaint(text, len(typed) + 1, reason, len(text)) from None


def _value(text: str, start: int) -> Any:
    """The number or nested list that begins at a column of ``NAME=VALUE``."""
    try:
        number = float(text[start:])
    except ValueError:
        return _listed(text, start)
    if math.isinf(number) and "inf" not in text[start:].lower():
        raise complaint(text, start, "this number is too large for a float.", len(text))
    return number


def _listed(text: str, start: int) -> Any:
    """A list of numbers, or of lists of them."""
    value = text[start:].lstrip()
    if not value.startswith("["):
        shown = repr(printable(value)) if value else "an empty value"
        raise complaint(text, start, f"{shown} is not a number.", len(text))
    start = len(text) - len(value)
    return _numbers(text, start, syntax_tree(text, start))


def _numbers(text: str, start: int, node: ast.expr) -> Any:
    if isinstance(node, ast.List):
        return [_numbers(text, start, part) for part in node.elts]
    number = _number(node)
    if number is None:
        first, last = (start + column for column in span(text[start:], node))
        raise complaint(text, first, "a list holds numbers, as in [1, -2.5].", last)
    return number


def _number(node: ast.expr) -> float | None:
    """A number as it may stand in a list, None for anything else."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() | ast.Name() as operand):
            number = _number(operand)
            return None if number is None else -number
        case ast.Name(id="nan" | "inf" as name):
            return float(name)
    value = literal(node)
    small = type(value) in (int, float) and abs(value) <= sys.float_info.max
    return float(value) if small else None
