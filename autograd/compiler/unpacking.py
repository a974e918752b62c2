"""Names that a person gives to several values at once: ``i, f = a.chunk(2)``."""

from __future__ import annotations

import ast
from functools import lru_cache

from autograd.core.mode import Location
from autograd.core.node import Where
from autograd.core.where import resolve, source_of
from autograd.draw.naming import span_of

Span = tuple[int, int, int, int]


def unpacked(where: Where) -> tuple[str, ...]:
    """The names that the parts of an expression's value are assigned to; "" is no plain name.

    Of one of several values, as in ``p, q = x + y, x - y``, it is one name.
    """
    if not isinstance(where, tuple) or isinstance(where, Location):
        return ()
    line = resolve(where)
    if line is None or "," not in line.text:
        return ()
    span = (line.line, line.column, line.end_line, line.end_column)
    return _targets(source_of(where)).get(span, ())


@lru_cache(maxsize=64)
def _targets(lines: tuple[str, ...]) -> dict[Span, tuple[str, ...]]:
    """By their places in a file, the expressions that are assigned to names in a tuple."""
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return {}
    found: dict[Span, tuple[str, ...]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = zip(targets, values, strict=False)
                found.update({span_of(lines, value): (_name(at),) for at, value in pairs})
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                found[span_of(lines, value)] = tuple(map(_name, targets))
    return found


def _name(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) and target.id.strip("_") else ""
