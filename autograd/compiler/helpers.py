"""The functions of ours that a program calls, as source: a compiled step needs NumPy alone."""

from __future__ import annotations

import ast
import inspect
from types import FunctionType
from typing import Any

from autograd.compiler import board_images, images, together
from autograd.compiler.program import Instruction, Program
from autograd.compiler.text import wrapped

_OURS = (images.__name__, board_images.__name__, together.__name__)


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
        other = function.__globals__.get(name)
        if isinstance(other, FunctionType):
            _add(other, found)


def source_of(function: Any) -> str:
    """The source of a function of ours without its annotations."""
    source = inspect.getsource(function)
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.FunctionDef)
    for arg in tree.args.args:
        arg.annotation = None
    head = f"def {tree.name}({ast.unparse(tree.args)}):"
    return "\n".join([*wrapped(head), *source.rstrip().splitlines()[tree.body[0].lineno - 1 :]])
