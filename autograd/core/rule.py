"""A rule: the textbook formula of one operand's gradient, executed and shown.

Written as text, as most rules are, it is executed on arrays (the first-order sweep),
executed on tensors (a backward pass that is itself a graph) and shown. What a rule names
is what is saved.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
from collections.abc import Callable
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any, Literal

import numpy as np

from autograd.core.homes import HOMES, load

_CONSTANTS = {"π": math.pi, "ln2": math.log(2), "ln10": math.log(10), "nan": math.nan}
"""Python floats, so that they never widen a float32: ``exp(-x**2) * 2 / π**0.5``."""

on_arrays: dict[str, Any] = dict(_CONSTANTS)
"""What names in a rule's text mean when it is executed on plain arrays."""

on_tensors: dict[str, Any] = dict(_CONSTANTS)
"""What names in a rule's text mean when it is executed on tensors."""

Parameters = tuple[tuple[str, ...], tuple[str, ...], bool]
"""Names of what is given by position (``*xs`` too), of the rest; whether there is ``*xs``."""


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """The parameters of a function, read from its code, which is quick.

    Anything but a plain function (a partial, one that wraps another) is inspected.
    """
    if type(function) is not FunctionType or hasattr(function, "__wrapped__"):
        return _inspected(function)
    code = function.__code__
    given, names = code.co_argcount, code.co_varnames
    total = given + code.co_kwonlyargcount
    variadic = bool(code.co_flags & inspect.CO_VARARGS)
    return names[:given] + names[total : total + variadic], names[given:total], variadic


def _inspected(function: Callable[..., Any]) -> Parameters:
    found = inspect.signature(function).parameters.values()
    positional = tuple(p.name for p in found if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD))
    named = tuple(p.name for p in found if p.kind is p.KEYWORD_ONLY)
    return positional, named, any(p.kind is p.VAR_POSITIONAL for p in found)


class Numbers(dict[tuple[float, Any], Any]):
    """Python numbers as 0-d arrays of a dtype, for use with larger arrays.

    NumPy takes longer to convert a Python number than to multiply 32 of its own by it, so
    they are kept. Ask for ``numbers[value, dtype]``, but not for zero, which has two signs.
    """

    def __missing__(self, key: tuple[float, Any]) -> Any:
        if len(self) >= 1000:
            self.clear()
        value, dtype = key
        self[key] = array = _fixed(value, dtype)
        return array


numbers = Numbers()


def by_itemsize(value: Any) -> tuple[Any, ...]:
    """One number as 0-d arrays of the float types, each at the place of its itemsize.

    They are found in half the time of `numbers`.
    """
    names = ("longdouble", "float64", "float32", "float16")  # the first may be the second
    floats = {np.dtype(name).itemsize: name for name in names}
    return tuple(_fixed(value, floats[n]) if n in floats else None for n in range(17))


def _fixed(value: Any, dtype: Any) -> Any:
    """A number as a 0-d array that nobody can write to, since all share it."""
    array = np.array(value, dtype)
    array.flags.writeable = False
    return array


class Rule:
    """The gradient of one operand (or of all operands of a variadic operation).

    Args:
        formula: the whole rule as text or as a function; of an elementwise operation the
            local derivative as text.
        known: the names that a text may use.
        times: what a local derivative is multiplied by: the gradient ``g``, or the tangent
            ``t``; None for a whole rule.

    Attributes:
        known: the names that it may use, besides operations.
        words: whether `text` is words, because a function is executed.
        local: the local derivative alone, for elementwise operations.
    """

    def __init__(
        self,
        formula: str | Callable[..., Any],
        known: tuple[str, ...],
        times: str | None = None,
    ) -> None:
        self.words = callable(formula)
        self.local = None if times is None else str(formula)
        self._formula = formula
        self.known = known
        self._times = times

    @cached_property
    def text(self) -> str:
        """The formula as it is shown and executed; words where a function is executed."""
        if callable(self._formula):
            return inspect.getdoc(self._formula) or ""
        return self._formula if self._times is None else _chain(self._formula, self._times)

    @property
    def shown(self) -> str:
        """What is taught: the local derivative alone, or the whole formula."""
        return self.local or self.text

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the formula needs: ``g``, ``out``, operands, ``x_shape``, parameters."""
        if callable(self._formula):
            positional, named, _ = parameters_of(self._formula)
            return positional + named
        used = {self._times, *names_in(self._formula)}
        return tuple(name for name in self.known if name in used)

    @cached_property
    def arrays(self) -> Callable[..., Any]:
        """The formula as a function on plain arrays, its arguments in order of `names`."""
        return self._function(on_arrays)

    @cached_property
    def tensors(self) -> Callable[..., Any]:
        """The formula as a function on tensors, its arguments in order of `names`."""
        return self._function(on_tensors)

    def unknown(self) -> tuple[str, ...]:
        """The names that the formula uses and that mean nothing."""
        if callable(self._formula):
            return tuple(name for name in self.names if name not in self.known)
        nodes = list(ast.walk(ast.parse(self.text.strip(), mode="eval")))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        means = {*self.known, *own, *on_arrays, *HOMES, *dir(builtins)}
        return tuple(sorted({node.id for node in names} - means))

    def _function(self, namespace: dict[str, Any]) -> Callable[..., Any]:
        if callable(self._formula):
            return self._formula
        text = f"lambda {', '.join(self.names)}: {self.text}"
        made: Callable[..., Any] = eval(ready(text, _FORMULA, "eval"), namespace)
        return made


_FORMULA = __file__.replace("rule.py", "<formula>")
"""Where formulas say that they stand: in the engine, so that they are no user's line."""


def ready(text: str, file: str, mode: Literal["eval", "exec"]) -> CodeType:
    """The code of rules, once the operations that they name are loaded."""
    tree: Any = ast.parse(text, file, mode)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            load(node.id)
    code: CodeType = compile(tree, file, mode)
    return code


Formulas = tuple[str | Callable[..., Any] | None, ...]
"""One formula per operand, as text or as a function; None where no gradient goes."""


def rules_of(
    operands: tuple[str, ...],
    params: tuple[str, ...],
    formulas: Formulas,
    elementwise: bool = False,
    given: str = "g",
) -> tuple[Rule | None, ...]:
    """The rules of an operation from one formula per operand.

    Args:
        operands, params: the names of the forward function.
        formulas: local derivatives of an elementwise operation, else whole rules.
        elementwise: whether the formulas are local derivatives, to be multiplied.
        given: the name of what a rule transforms: the gradient ``g`` or the tangent ``t``.
    """
    if not formulas:
        return ()
    about = tuple(f"{name}_{what}" for name in operands for what in ("shape", "edge"))
    known = (given, *operands, "out", *about, "shapes", *params)
    if elementwise:
        return tuple(Rule(f, known, given) if f else None for f in formulas)
    return tuple(Rule(f, known) if f else None for f in formulas)


def _chain(local: str, given: str) -> str:
    """The chain rule in text: what is given times the local derivative.

    Where the derivative is a choice, it is made first: ``masked(x > 0, g)``, not
    ``g * (x > 0)``, for an infinite gradient times the zero of the other side is NaN.
    """
    return _times(ast.parse(local, mode="eval").body, given)


def _times(local: ast.expr, given: str) -> str:
    match local:
        case ast.Call(func=ast.Name(id="where"), args=[condition, ast.Constant(value=0), y]):
            return f"unless({ast.unparse(condition)}, {_times(y, given)})"
        case ast.Call(func=ast.Name(id="where"), args=[condition, x, ast.Constant(value=0)]):
            return f"masked({ast.unparse(condition)}, {_times(x, given)})"
        case ast.Call(func=ast.Name(id="where"), args=[condition, x, y]):
            return f"where({ast.unparse(condition)}, {_times(x, given)}, {_times(y, given)})"
        case ast.Compare() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            return f"masked({ast.unparse(local)}, {given})"
        case ast.Constant(value=1):
            return given
        case ast.Constant(value=0):
            return f"masked(False, {given})"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return f"-{given}"
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Div(), right=ast.Name(id=name)):
            return f"{given} / {name}"
        case ast.Name(id=name):
            return f"{given} * {name}"
    return f"{given} * ({ast.unparse(local)})"


_FUNCTIONS: dict[type[ast.AST], Any] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.USub: np.negative,
}
"""NumPy's functions are called in less time than Python's operators."""


class _Called(ast.NodeTransformer):
    """Replaces operators by calls of NumPy's functions, and numbers in them by arrays.

    Exponents stay, NumPy knows small ones; a square has its own function.

    Args:
        known: what the new names stand for is added here.
        arrays: the names of arrays; what has none of them is left as it is.
        in_place: write a result over that of an inner call.
    """

    def __init__(self, known: dict[str, Any], arrays: tuple[str, ...], in_place: bool) -> None:
        self.known = known
        self.arrays = arrays
        self.in_place = in_place
        self.made: list[ast.expr] = []

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        function = _FUNCTIONS.get(type(node.op))
        if function is not None and self._has_array(node):
            return self._call(function, self._array(node.left), self._array(node.right))
        if isinstance(node.op, ast.Pow) and ast.unparse(node.right) == "2":
            return self._call(np.square, node.left) if self._has_array(node) else node
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        function = _FUNCTIONS.get(type(node.op))
        return self._call(function, node.operand) if function and self._has_array(node) else node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        return node

    def _has_array(self, node: ast.expr) -> bool:
        parts = ast.walk(node)
        return any(isinstance(part, ast.Name) and part.id in self.arrays for part in parts)

    def _call(self, function: Any, *operands: ast.expr) -> ast.expr:
        name = f"np_{function.__name__}"
        self.known[name] = function
        given = list(operands)
        inner = [at for at, term in enumerate(given) if term in self.made]
        if self.in_place and inner:
            place = ast.Name(f"made{len(self.made)}", ast.Load())
            given[inner[0]] = ast.NamedExpr(place, given[inner[0]])
            given.append(place)
        self.made.append(ast.Call(ast.Name(name, ast.Load()), given, []))
        return self.made[-1]

    def _array(self, term: ast.expr) -> ast.expr:
        if isinstance(term, ast.Constant) and term.value:
            name = f"number{len(self.known)}"
            self.known[name] = by_itemsize(term.value)
            return ast.parse(f"{name}[g.itemsize]", mode="eval").body
        return term


def called(text: str, known: dict[str, Any], arrays: tuple[str, ...], in_place: bool) -> str:
    """An expression in ``g`` as calls of NumPy's functions.

    Args:
        text: the expression.
        known: what the new names stand for is added here.
        arrays: the names of arrays in it.
        in_place: whether these have one shape and one dtype.
    """
    return ast.unparse(_Called(known, arrays, in_place).visit(ast.parse(text, mode="eval")))


def _masked(condition: Any, g: Any) -> Any:
    """g where the condition holds, 0 elsewhere.

    A product is many times faster than ``np.where`` on an irregular condition. It is wrong
    for infinite g only, and then its sum of squares is no finite number.
    """
    product = g * condition
    flat = np.ravel(product, order="K")  # as it lies in memory
    return product if np.vdot(flat, flat) < math.inf else np.where(condition, g, 0.0)


def _unless(condition: Any, g: Any) -> Any:
    """g where the condition does not hold, 0 elsewhere; of plain numbers it is no array."""
    return _masked(np.logical_not(condition), g)


on_arrays.update(masked=_masked, unless=_unless)
on_tensors["masked"] = lambda condition, g: _where(condition, g, 0.0)
on_tensors["unless"] = lambda condition, g: _where(condition, 0.0, g)


def _where(condition: Any, x: Any, y: Any) -> Any:
    if "where" not in on_tensors:
        load("where")
    return on_tensors["where"](condition, x, y)


def names_in(text: str) -> tuple[str, ...]:
    """The names that an expression uses, in order of appearance."""
    code: CodeType = compile(text, "<formula>", "eval")
    return code.co_names
