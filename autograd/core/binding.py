"""From the arguments of a call to operands and parameters.

Operands are positional; parameters are static and may follow by position or by name, by
PyTorch's names (``dim``, ``keepdim``) or NumPy's (``axis``, ``keepdims``). PyTorch's names
of operands (``input=``, ``other=``) are understood, too.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

from autograd.core.apply import describe
from autograd.core.errors import (
    ArgumentError,
    DTypeError,
    GlassError,
    IndexingError,
    ShapeError,
)
from autograd.core.node import Handle
from autograd.core.primitive import Primitive
from autograd.core.rule import parameters_of

Bound = tuple[tuple[Any, ...], dict[str, Any]]
"""Operands and parameters."""

Signature = Callable[..., Bound]
"""Turns the arguments of a call into operands and parameters."""

_PLAIN = frozenset({int, float, bool, str, tuple, type(None)})
"""Parameters of these classes are kept as they are."""

_SYNONYMS = {"axis": "dim", "keepdims": "keepdim"}
_OPERANDS = ("input", "other", "exponent", "mat2", "vec", "vec2", "tensor")
are_ours = frozenset(_OPERANDS).isdisjoint
"""Whether none of these names is one of PyTorch's for an operand."""
_are_plain = frozenset((*_OPERANDS, *_SYNONYMS)).isdisjoint
"""Whether none of these names needs to be translated."""


def by_position(op: Primitive) -> Signature:
    """The usual signature: the operands, then the parameters in order."""
    usual = _usual(op)

    def bind(*args: Any, **kwargs: Any) -> Bound:
        try:
            found = usual(*args, **kwargs)
        except TypeError:
            found = None
        return found or _sorted(op, args, kwargs)

    return bind


def _usual(op: Primitive) -> Callable[..., Bound | None]:
    """What binds the usual call in one go: Python's own signature, compiled for the operation.

    It returns None where a parameter has to be converted, and raises TypeError where the
    arguments do not fit, or where Python knows no such signature.
    """
    defaults, names = op.forward.__kwdefaults__ or {}, op.params
    takes = [f"*{op.operands[0]}"] if op.variadic else list(op.operands)
    takes += [f"{name}=defaults[{name!r}]" if name in defaults else name for name in names]
    operands = op.operands[0] if op.variadic else f"({''.join(f'{x}, ' for x in op.operands)})"
    params = ", ".join(f"{name!r}: {name}" for name in names)
    plain = " and ".join([f"{name}.__class__ in plain" for name in names] or ["True"])
    source = f"lambda {', '.join(takes)}: ({operands}, {{{params}}}) if {plain} else None"
    try:
        usual: Callable[..., Bound | None] = eval(source, {"defaults": defaults, "plain": _PLAIN})
    except SyntaxError:  # a parameter without default after one that has some
        return lambda: None
    return usual


def _sorted(op: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound:
    """Any call: operands by name, parameters under NumPy's names, values to be converted.

    Raises:
        ArgumentError: what is wrong with the arguments.
    """
    if op.variadic:
        return args, _params(op, (), kwargs)
    count = len(op.operands)
    operands, rest = list(args[:count]), args[count:]
    operands += [kwargs.pop(name) for name in op.operands[len(operands) :] if name in kwargs]
    if len(operands) < count or len(rest) > len(op.params):
        raise ArgumentError(_wrong_count(op, len(args)))
    return tuple(operands), _params(op, rest, kwargs)


def rename(kwargs: dict[str, Any], names: tuple[str, ...], given: int) -> None:
    """PyTorch's names of operands (``input``, ``other``) as ours, in order."""
    theirs = [name for name in _OPERANDS if name in kwargs and name not in names]
    free = [name for name in names[given:] if name not in kwargs]
    for name, ours in zip(theirs, free, strict=False):
        kwargs[ours] = kwargs.pop(name)


def _wrong_count(op: Primitive, given: int) -> str:
    takes = f"{op.name}() takes {len(op.operands)} operand(s) ({', '.join(op.operands)})"
    then = f" and then {', '.join(op.params)}" if op.params else ""
    return f"{takes}{then}, got {given} positional argument(s)."


def _params(op: Primitive, rest: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Parameters by PyTorch's names, with the forward function's defaults.

    Raises:
        ArgumentError: a parameter is unknown, missing or given twice.
    """
    given = {name: _static(op, name, x) for name, x in zip(op.params, rest, strict=False)}
    for name, value in kwargs.items():
        known = name if name in op.params else _SYNONYMS.get(name, name)
        if known not in op.params:
            accepted = ", ".join(op.params) or "none"
            raise ArgumentError(f"{op.name}() has no parameter {name!r}; it has {accepted}.")
        if known in given:
            raise ArgumentError(f"{op.name}() got two values for {known!r}.")
        given[known] = _static(op, known, value)
    defaults = op.forward.__kwdefaults__ or {}
    missing = [name for name in op.params if name not in given and name not in defaults]
    if missing:
        raise ArgumentError(f"{op.name}() needs a value for {', '.join(missing)}.")
    return {name: given.get(name, defaults.get(name)) for name in op.params}


def _static(op: Primitive, name: str, value: Any) -> Any:
    """A parameter as it is kept: a list of dimensions as a tuple, a constant as a number.

    Raises:
        ArgumentError: a tensor with elements to choose from, or with a gradient to lose.
    """
    if isinstance(value, Handle):
        if value.needs_grad or value.value.ndim:
            raise ArgumentError(
                f"{op.name}(): {name} is a plain value, not a tensor; no gradient would flow "
                f"into it. Operands ({', '.join(op.operands)}) come first; give {name} as a number "
                "(.item() of a tensor)."
            )
        return value.value.item()
    return tuple(value) if isinstance(value, list) else value


class Shown:
    """Stands between an operation's function and its forward function, for ``help()``.

    A signature takes long to make and a program never asks for one, so it is made on demand.
    """

    def __init__(self, op: Primitive, own: Signature | None) -> None:
        self._op = op
        self._own = own

    @property
    def positional(self) -> tuple[str, ...]:
        """The names of what may be given by position."""
        return self._op.operands if self._own is None else parameters_of(self._own)[0]

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """Where the source is."""
        return self._op.forward

    @property
    def __signature__(self) -> inspect.Signature:
        """The operation's own signature, or that of `by_position`."""
        if self._own is not None:
            return inspect.signature(self._own)
        parameters = inspect.signature(self._op.forward).parameters.values()
        if self._op.variadic:
            return inspect.Signature(list(parameters))
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([p.replace(kind=kind) for p in parameters])


def misfit(name: str, signature: inspect.Signature, error: TypeError) -> str:
    """What is wrong with the arguments of a call, after Python's own words."""
    said = re.fullmatch(r"\S+\(\) ((?:got|takes|missing) .*)", str(error))
    if said is None:
        return f"{name}(): {error}."
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return f"{name}{inspect.Signature(bare)}: these arguments do not fit: {said.group(1)}."


def _translate(kwargs: dict[str, Any], function: Callable[..., Any], given: int) -> None:
    """PyTorch's names of operands and NumPy's of parameters as those of a function."""
    positional, named, _ = parameters_of(function)
    if not are_ours(kwargs):
        rename(kwargs, positional, given)
    for theirs, ours in _SYNONYMS.items():
        if theirs in kwargs and ours in positional + named:
            kwargs[ours] = kwargs.pop(theirs)


def with_numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """A composition that also understands ``axis=`` and ``keepdims=``; misuse is explained."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not _are_plain(kwargs):
            _translate(kwargs, function, len(args))
        try:
            return function(*args, **kwargs)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            told = _explained(function, args, kwargs, error)
            if told is None:
                raise
            raise told from error

    return call


def _explained(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception
) -> GlassError | None:
    """What an error of Python's or of NumPy's means; None if it says enough itself."""
    name = function.__name__
    if isinstance(error, GlassError) or (isinstance(error, TypeError) and name.startswith("_")):
        return None
    if isinstance(error, TypeError):
        return ArgumentError(misfit(name, inspect.signature(function), error))
    if isinstance(error, AttributeError):
        given = [x for x in (*args, *kwargs.values()) if x is error.obj]
        if not given or hasattr(given[0], "dtype"):
            return None
        return DTypeError(f"{name}() takes tensors and arrays, not {_told(given[0])}.")
    kind = IndexingError if isinstance(error, IndexError) else ShapeError
    return kind(f"{name}({', '.join(map(describe, args))}) does not fit: {error}.")


def _told(value: Any) -> str:
    """What somebody gave in place of a tensor."""
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of numbers: write tensor(…) around it"
    if isinstance(value, (int, float)):
        return "a number: write tensor(…) around it"
    return describe(value)
