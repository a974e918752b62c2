"""What an expression may consist of, checked before anything is computed.

The text is read by Python's own parser and the tree is then walked; nothing is compiled or
evaluated by Python. Every refusal names the column, the reason, and what to write instead.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
import warnings
from dataclasses import dataclass
from typing import Any, NoReturn

from autograd.cli.complaint import complaint
from autograd.core.errors import ExpressionError
from autograd.core.primitive import REGISTRY, Operation, Primitive, operations

MAX_LENGTH = 2000
MAX_DEPTH = 100
MAX_ELEMENTS = 4096
NO_LITERAL = object()

METHODS: dict[type[ast.AST], str] = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__",
    ast.Pow: "__pow__",
    ast.MatMult: "__matmul__",
    ast.BitAnd: "__and__",
    ast.BitOr: "__or__",
    ast.USub: "__neg__",
    ast.Invert: "__invert__",
    ast.Eq: "__eq__",
    ast.NotEq: "__ne__",
    ast.Lt: "__lt__",
    ast.LtE: "__le__",
    ast.Gt: "__gt__",
    ast.GtE: "__ge__",
}
"""Python's operators and the methods that stand for them; the registry says what they mean."""

_INSTEAD = {
    "^": "write x**2 for a power, not ^.",
    "×": "write * for a product, not ×.",
    "·": "write * for a product, not ·.",
    "⋅": "write * for a product, not ⋅.",
    "÷": "write / for a quotient, not ÷.",
    "−": "write the hyphen - for a minus, not −.",
    "#": "a comment has no place in an expression.",
}


@dataclass(frozen=True)
class Expression:
    """An expression that consists of allowed parts only.

    Attributes:
        text: what was typed, on one line.
        tree: its syntax tree.
        names: the variables, in order of appearance.
    """

    text: str
    tree: ast.expr
    names: tuple[str, ...]

    def span(self, node: ast.expr) -> tuple[int, int]:
        """The first column of a part and the one after its last, in characters from 0."""
        return span(self.text, node)


def span(text: str, node: ast.expr) -> tuple[int, int]:
    """Where a part begins and ends in a text of one line (Python counts in bytes)."""
    line = text.encode()
    ends = (node.col_offset, node.end_col_offset or 0)
    first, last = (len(line[:end].decode(errors="ignore")) for end in ends)
    return first, last


def parse(text: str) -> Expression:
    """Read an expression such as ``(x + y) * z`` or ``sum(tanh(w @ x), dim=0)``.

    Allowed are names, numbers, the operators ``+ - * / // % ** @``, comparisons, parentheses,
    ``x[0]`` with whole numbers, and calls to the registered operations.

    Raises:
        ExpressionError: anything else, with the column.
    """
    text = text.translate({ord(blank): " " for blank in "\t\r\n"}).strip()
    _check_characters(text)
    checker = _Checker(text)
    tree = syntax_tree(text)
    checker.check(tree)
    return Expression(text, tree, tuple(dict.fromkeys(checker.names)))


def _check_characters(text: str) -> None:
    if not text:
        raise complaint(text, 0, "the expression is empty; write something like (x+y)*z.")
    if len(text) > MAX_LENGTH:
        raise complaint(text, MAX_LENGTH, f"an expression has at most {MAX_LENGTH} characters.")
    for column, character in enumerate(text):
        if character in _INSTEAD:
            raise complaint(text, column, _INSTEAD[character])
        if not character.isprintable():
            raise complaint(text, column, "this character cannot be part of an expression.")
    if assigned := re.match(r"(\w+\s*=)\s*[^=\s]", text):
        instead = "write the expression alone; its result is called f."
        raise complaint(text, 0, instead, assigned.end(1))


def syntax_tree(text: str, start: int = 0) -> ast.expr:
    """What Python's parser makes of one line from a column on; nothing is compiled.

    Raises:
        ExpressionError: not an expression, or too long or too deep for the parser.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text[start:], mode="eval").body
    except SyntaxError as error:
        raise _syntax_complaint(text, start, error) from None
    except (RecursionError, MemoryError):
        raise complaint(text, start, "this is nested too deeply.") from None
    except ValueError as error:
        raise complaint(text, start, f"{error}.") from None


def _syntax_complaint(text: str, start: int, error: SyntaxError) -> ExpressionError:
    if not error.offset or start + error.offset > len(text):
        return complaint(text, len(text), "something is missing at the end.")
    reason = _PLAINLY.get(error.msg, f"{error.msg.rstrip('.')}.")
    return complaint(text, start + error.offset - 1, reason)


_PLAINLY = {
    "invalid syntax": "this cannot stand here.",
    "invalid decimal literal": "a product of a number and a name is written 3*x.",
}


def operator(symbol: ast.AST) -> Operation | None:
    """The registered operation that an operator of Python's grammar means."""
    method = METHODS.get(type(symbol))
    return next((op for op in operations() if method in op.methods), None)


def reads_its_own_arguments(operation: Operation) -> bool:
    """Whether any argument may be a tensor, and the first one a list, as in ``cat([x, y])``."""
    return not isinstance(operation, Primitive) or operation.variadic


def operand_count(operation: Operation) -> int:
    """How many of a call's first arguments are operands; what follows are parameters."""
    fixed = isinstance(operation, Primitive) and not operation.variadic
    return len(operation.operands) if fixed else 1  # type: ignore[attr-defined]


def literal(node: ast.expr) -> Any:
    """The value of a number, a truth value, None, or a list of such; else `NO_LITERAL`."""
    match node:
        case ast.Constant(value=bool() | int() | float() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return NO_LITERAL if isinstance(value, bool) else -value
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            values = [literal(part) for part in parts]
            made = values if isinstance(node, ast.List) else tuple(values)
            return NO_LITERAL if NO_LITERAL in values else made
    return NO_LITERAL


class _Checker:
    """Walks a tree and refuses what has no place in it; collects the names on its way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: list[str] = []
        self._depth = 0

    def check(self, node: ast.expr) -> None:
        """Refuse the first thing, from the left, that is not allowed."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(node, f"more than {MAX_DEPTH} operations lie inside each other.")
        match node:
            case ast.Name(id=name):
                self.names.append(name)
            case ast.Constant(value=value):
                self._number(node, value)
            case ast.BinOp(left=left, op=op, right=right):
                self._operator(node, op, [left, right])
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                self.check(operand)
            case ast.UnaryOp(op=op, operand=operand):
                self._operator(node, op, [operand])
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                self._operator(node, op, [left, right])
            case ast.Subscript(value=value, slice=index):
                self._subscript(value, index)
            case ast.Call():
                self._call(node)
            case _:
                self._refuse(node, _reason(node))
        self._depth -= 1

    def _refuse(self, node: ast.expr, reason: str) -> NoReturn:
        first, last = span(self.text, node)
        raise complaint(self.text, first, reason, last)

    def _number(self, node: ast.expr, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self._refuse(node, "only numbers, names and operations on them are possible here.")
        try:
            infinite = math.isinf(float(value))
        except OverflowError:
            infinite = True
        if infinite:
            self._refuse(node, "this number is too large; the largest is about 1.8e308.")

    def _operator(self, node: ast.expr, op: ast.AST, operands: list[ast.expr]) -> None:
        if operator(op) is None:
            self._refuse(node, f"{_OPERATORS.get(type(op), 'this operator')} is not available.")
        for operand in operands:
            self.check(operand)

    def _subscript(self, value: ast.expr, index: ast.expr) -> None:
        self.check(value)
        found = literal(index)
        parts = found if isinstance(found, tuple) else (found,)
        if not all(type(part) is int for part in parts):
            self._refuse(index, "an index is a whole number, as in x[0] or x[0, -1].")

    # --- calls ------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> None:
        operation = self._called(node.func)
        if not node.args:
            self._refuse(node, f"{operation.name}() needs an operand, as in {operation.formula}.")
        for place, argument in enumerate(node.args):
            self._argument(operation, place, argument)
        for keyword in node.keywords:
            self._keyword(keyword)

    def _called(self, function: ast.expr) -> Operation:
        if not isinstance(function, ast.Name):
            self._refuse(function, "functions are called by their name, as in tanh(x).")
        if function.id not in REGISTRY:
            self._refuse(function, f"there is no function {function.id!r}; {_similar(function.id)}")
        return REGISTRY[function.id]

    def _argument(self, operation: Operation, place: int, argument: ast.expr) -> None:
        """An operand, a list of operands (``cat([x, y])``), or a parameter after the operands."""
        count, free = operand_count(operation), reads_its_own_arguments(operation)
        if isinstance(argument, (ast.List, ast.Tuple)) and place == 0 and free:
            for part in argument.elts:
                self.check(part)
        elif literal(argument) is not NO_LITERAL and place >= count:
            self._parameter(argument)
        elif place < count or free:
            self.check(argument)
        else:
            self._refuse(argument, f"{operation.name}() takes a plain number here.")

    def _keyword(self, keyword: ast.keyword) -> None:
        if keyword.arg is None:
            self._refuse(keyword.value, "** before an argument is not possible.")
        if literal(keyword.value) is NO_LITERAL:
            self._refuse(keyword.value, f"{keyword.arg}= takes a number, True, False or None.")
        self._parameter(keyword.value)

    def _parameter(self, node: ast.expr) -> None:
        for part in ast.walk(node):
            match part:
                case ast.Constant(value=int() | float() as value) if abs(value) > MAX_ELEMENTS:
                    self._refuse(part, f"a parameter is at most {MAX_ELEMENTS}.")


def _similar(name: str) -> str:
    found = difflib.get_close_matches(name, REGISTRY, n=3, cutoff=0.7)
    return f"did you mean {' or '.join(found)}?" if found else "--help lists those there are."


_OPERATORS: dict[type[ast.AST], str] = {
    ast.LShift: "the operator <<",
    ast.RShift: "the operator >>",
    ast.Not: "not (write ~x)",
    ast.Is: "is (write ==)",
    ast.IsNot: "is not (write !=)",
    ast.In: "in",
    ast.NotIn: "not in",
}

_REASONS: dict[type[ast.AST], str] = {
    ast.Attribute: "a dot after a name is not possible; write tanh(x) instead of x.tanh().",
    ast.Lambda: "lambda has no place in an expression; write its body.",
    ast.NamedExpr: "the operator := is not possible; repeat the part instead.",
    ast.Compare: "one comparison at a time; write (0 < x) & (x < 1).",
    ast.BoolOp: "write & and | (in parentheses) instead of and, or.",
    ast.IfExp: "write where(condition, x, y) instead of x if condition else y.",
    ast.List: "a list is possible only where a function takes one, as in cat([x, y]); "
    "give vectors a name: x=[1,2,3].",
    ast.Tuple: "write one expression, without a comma.",
    ast.JoinedStr: "text has no place in an expression.",
    ast.Starred: "* before an argument is not possible.",
}


def _reason(node: ast.expr) -> str:
    return _REASONS.get(
        type(node), "only names, numbers, operators and functions called by name are possible."
    )
