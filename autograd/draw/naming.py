"""The learner's own names, read from the source line on which an operation ran.

``h = x * w`` names the result h and, where they have no names yet, the operands x and w.
Nothing is guessed: a name is taken only from an assignment to one plain name whose value
is the very call or operator that made the result.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from autograd.core.node import Node, Where
from autograd.core.where import resolve, source_of

Span = tuple[int, int, int, int]


@dataclass(frozen=True)
class Expression:
    """What the source says about one operator or call.

    Attributes:
        target: the name that its value is assigned to.
        called: the name of the function or method, empty for an operator.
        owner: the name before the dot of a method call.
        arguments: operands or arguments, None where one is not a plain name.
    """

    target: str | None
    called: str | None
    owner: str | None
    arguments: tuple[str | None, ...]

    def operands(self, count: int) -> tuple[str | None, ...]:
        """The names of `count` operands: of a method, its owner is the first."""
        if self.called and len(self.arguments) < count:
            return (self.owner, *self.arguments)
        return self.arguments


def said_at(where: Where) -> Expression | None:
    """What the source says at a place, or None where no source is known."""
    line = resolve(where)
    if line is None:
        return None
    span = (line.line, line.column, line.end_line, line.end_column)
    return _expressions(source_of(where)).get(span)


def is_direct(node: Node, expression: Expression) -> bool:
    """Whether the source names this very operation, not a function that calls it inside."""
    op = node.op
    return not expression.called or expression.called in (op.name, *op.aliases, *op.methods)


def results_of_calls(nodes: Sequence[Node]) -> dict[Node, Expression]:
    """What is known of each result: of a direct operation, or the last one of a call.

    A call such as ``model(x)`` runs many operations on one line; its value is that of the
    last. Calls of the same line in a loop are told apart by the scopes they opened.
    """
    read = lru_cache(maxsize=None)(said_at)
    found: dict[Node, Expression] = {}
    for node, following in zip(nodes, [*nodes[1:], None], strict=False):
        expression = read(node.where)
        if expression is None:
            continue
        if is_direct(node, expression) or not _same_call(node, following):
            found[node] = expression
    return found


def _same_call(node: Node, following: Node | None) -> bool:
    if following is None or following.where != node.where:
        return False
    ours = node.scope.chain() if node.scope else []
    theirs = following.scope.chain() if following.scope else []
    return not ours or not theirs or ours[0] is theirs[0]


@lru_cache(maxsize=64)
def _expressions(lines: tuple[str, ...]) -> dict[Span, Expression]:
    """Every operator and call of a file, by its place (columns in characters)."""
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return {}
    targets = dict(found for node in ast.walk(tree) if (found := _assignment(node)))
    return {
        span_of(lines, node): Expression(
            targets.get(node), _called(node), _owner(node), tuple(map(_name, _arguments(node)))
        )
        for node in ast.walk(tree)
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Compare))
    }


def _assignment(node: ast.AST) -> tuple[ast.expr, str] | None:
    """The value and the name of an assignment to one plain name."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return value, name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return value, name
    return None


def span_of(lines: tuple[str, ...], node: ast.expr) -> Span:
    """Where an expression stands: lines, and columns in characters."""
    first, last = lines[node.lineno - 1], lines[(node.end_lineno or node.lineno) - 1]
    return (
        node.lineno,
        len(first.encode()[: node.col_offset].decode(errors="ignore")),
        node.end_lineno or node.lineno,
        len(last.encode()[: node.end_col_offset].decode(errors="ignore")),
    )


def _called(node: ast.expr) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return "?"


def _owner(node: ast.expr) -> str | None:
    match node:
        case ast.Call(func=ast.Attribute(value=value)):
            return _name(value)
    return None


def _arguments(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Subscript(value=value):
            return [value]
        case ast.Compare(left=left, comparators=[right, *_]):
            return [left, right]
        case ast.Call(args=[ast.List(elts=elements) | ast.Tuple(elts=elements), *_]):
            return elements
        case ast.Call(args=args):
            return args
    return []


def _name(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None
