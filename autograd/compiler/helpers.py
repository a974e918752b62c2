"""The functions of ours that a program calls, as source: a compiled step needs NumPy alone."""

from __future__ import annotations

import ast
import inspect
from types import FunctionType
from typing import Any

from autograd.compiler import images, together
from autograd.compiler.program import Instruction, Program

_OURS = (images.__name__, together.__name__)


def is_helper(line: Instruction) -> bool:
    """Whether an instruction calls a function of ours, whose source goes with the program."""
    return getattr(line.run, "__module__", None) in _OURS


def helpers(program: Program) -> dict[str, Any]:
    """The functions of ours that a program calls, and those that they call, by name."""
    found: dict[str, Any] = {}
    for line in program.instructions:
        if is_helper(line):
            _add(line.run, found)
    return dict(sorted(found.items(), key=lambda item: item[1].__code__.co_firstlineno))


def _add(function: Any, found: dict[str, Any]) -> None:
    if function.__name__ in found:
        return
    found[function.__name__] = function
    for name in function.__code__.co_names:
        other = vars(images).get(name)
        if isinstance(other, FunctionType):
            _add(other, found)


class _Untyped(ast.NodeTransformer):
    """Leaves annotations out."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        for arg in node.args.args:
            arg.annotation = None
        return node


def source_of(function: Any) -> str:
    """The source of a function of ours without its annotations."""
    return ast.unparse(_Untyped().visit(ast.parse(inspect.getsource(function))))
