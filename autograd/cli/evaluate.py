"""Computes an expression part by part, each recorded under its own columns.

The picture and the stepper then show the expression as the code, with the part marked that
they are at.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd as ag
from autograd.cli.complaint import complaint
from autograd.cli.grammar import (
    MAX_ELEMENTS,
    NO_LITERAL,
    Expression,
    literal,
    operand_count,
    operator,
)
from autograd.core.primitive import REGISTRY, Operation


def evaluate(expression: Expression, variables: Mapping[str, ag.Tensor]) -> ag.Tensor:
    """The value of an expression, named f unless a variable has that name.

    Numbers are computed on as floats, so that a power never grows beyond all memory.

    Raises:
        ExpressionError: a call with the wrong number or kind of arguments.
        GlassError: an operation refused its operands (their shapes do not fit, say), or
            a part has more than 4,096 elements.
    """
    evaluator = _Evaluator(expression, variables)
    with ag.record(), np.errstate(all="ignore"):
        result = evaluator.tensor(expression.tree)
    if result.node is not None and "f" not in variables:
        result.name = "f"
    return result


class _Evaluator:
    """Follows the tree of an expression that has been checked."""

    def __init__(self, expression: Expression, variables: Mapping[str, ag.Tensor]) -> None:
        self.expression = expression
        self.variables = variables

    def tensor(self, node: ast.expr) -> ag.Tensor:
        """The value of a part as a tensor."""
        value = self._one(node)
        return value if isinstance(value, ag.Tensor) else ag.tensor(value)

    def value(self, node: ast.expr) -> Any:
        """The value of a part: a tensor, a plain number, or several outputs in a tuple."""
        number = literal(node)
        match node:
            case _ if number is not NO_LITERAL:
                return float(number)
            case ast.Name(id=name):
                return self.variables[name]
            case ast.BinOp(left=left, op=op, right=right):
                return self._run(node, operator(op), [self._one(left), self._one(right)])
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._run(node, operator(op), [self._one(left), self._one(right)])
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand)
            case ast.UnaryOp(op=op, operand=operand):
                return self._run(node, operator(op), [self._one(operand)])
            case ast.Subscript():
                return self._item(node)
        assert isinstance(node, ast.Call), "the grammar has let nothing else through"
        return self._call(node)

    def _one(self, node: ast.expr) -> Any:
        """An operand: a tensor, or a plain number where a tensor stands beside it."""
        value = self.value(node)
        if isinstance(value, tuple):
            several = f"this gives {len(value)} values; choose one of them with [0]."
            raise self._complaint(node, several)
        return value

    def _item(self, node: ast.Subscript) -> Any:
        value, index = self.value(node.value), literal(node.slice)
        if not isinstance(value, tuple):
            return self._run(node, REGISTRY["getitem"], [value, index])
        if not isinstance(index, int) or not -len(value) <= index < len(value):
            raise self._complaint(node.slice, f"there are {len(value)} values, from [0] on.")
        return value[index]

    def _call(self, node: ast.Call) -> Any:
        operation = REGISTRY[node.func.id]  # type: ignore[attr-defined]
        count = operand_count(operation)
        operands = [self._operand(argument) for argument in node.args[:count]]
        rest = [self._parameter(argument) for argument in node.args[count:]]
        named = {keyword.arg: literal(keyword.value) for keyword in node.keywords}
        return self._run(node, operation, operands, rest, named)

    def _operand(self, node: ast.expr) -> Any:
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self.tensor(part) for part in node.elts]
        return self._one(node)

    def _parameter(self, node: ast.expr) -> Any:
        value = literal(node)
        return self.tensor(node) if value is NO_LITERAL else value

    def _run(
        self,
        node: ast.expr,
        operation: Operation | None,
        operands: list[Any],
        rest: list[Any] | tuple[()] = (),
        named: Mapping[Any, Any] | None = None,
    ) -> Any:
        """Apply an operation under the columns of `node`."""
        assert operation is not None, "the grammar has checked that there is one"
        if not any(isinstance(operand, (ag.Tensor, list)) for operand in operands):
            operands = [ag.tensor(operands[0]), *operands[1:]]
        with ag.capture_source(self._location(node)):
            try:
                result = operation.function(*operands, *rest, **(named or {}))
            except MemoryError:
                raise _too_large(operation) from None
            except Exception as error:
                if isinstance(error, ag.GlassError) and not isinstance(error, ag.ArgumentError):
                    raise
                raise self._complaint(node, _reason(operation, error)) from error
        self._check(node, operation, result)
        return result

    def _check(self, node: ast.expr, operation: Operation, result: Any) -> None:
        for value in result if isinstance(result, tuple) else (result,):
            if not _is_numeric(value):
                raise self._complaint(node, f"{operation.name}: these arguments give no numbers.")
            if value.numel() > MAX_ELEMENTS:
                raise _too_large(operation)

    def _location(self, node: ast.expr) -> ag.Location:
        column, end = self.expression.span(node)
        return ag.Location("expression", self.expression.text, 1, column, end)

    def _complaint(self, node: ast.expr, reason: str) -> ag.ExpressionError:
        first, last = self.expression.span(node)
        return complaint(self.expression.text, first, reason, last)


def _is_numeric(value: Any) -> bool:
    array = value.data if isinstance(value, ag.Tensor) else None
    return isinstance(array, np.ndarray) and array.dtype.kind in "biuf"


def _reason(operation: Operation, error: Exception) -> str:
    """The words of an error, with the operation's name where they lack it."""
    words = str(error) or type(error).__name__
    return words if words.startswith(f"{operation.name}()") else f"{operation.name}: {words}"


def _too_large(operation: Operation) -> ag.RangeError:
    return ag.RangeError(
        f"{operation.name}: a result of more than {MAX_ELEMENTS} elements; "
        "the command line is for expressions that can be drawn."
    )
