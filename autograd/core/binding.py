"""From the arguments of a call to operands and parameters.

Operands are positional; parameters are static and may follow by position or by name, by
PyTorch's names (``dim``, ``keepdim``) or NumPy's (``axis``, ``keepdims``).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from autograd.core.errors import ArgumentError
from autograd.core.primitive import Primitive

Signature = Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]
"""Turns the arguments of a call into operands and parameters."""

_SYNONYMS = {"axis": "dim", "keepdims": "keepdim"}


def by_position(op: Primitive) -> Signature:
    """The usual signature: the operands, then the parameters in order."""
    count = len(op.operands)

    def bind(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if op.variadic:
            return args, _params(op, (), kwargs)
        operands, rest = list(args[:count]), args[count:]
        operands += [kwargs.pop(name) for name in op.operands[len(operands) :] if name in kwargs]
        if len(operands) < count or len(rest) > len(op.params):
            raise ArgumentError(_wrong_count(op, len(args)))
        return tuple(operands), _params(op, rest, kwargs)

    return bind


def _wrong_count(op: Primitive, given: int) -> str:
    takes = f"{op.name}() takes {len(op.operands)} operand(s) ({', '.join(op.operands)})"
    then = f" and then {', '.join(op.params)}" if op.params else ""
    return f"{takes}{then}, got {given} positional argument(s)."


def _params(op: Primitive, rest: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Parameters by PyTorch's names, with the forward function's defaults.

    Raises:
        ArgumentError: a parameter is unknown, missing or given twice.
    """
    given = dict(zip(op.params, map(_static, rest), strict=False))
    for name, value in kwargs.items():
        known = name if name in op.params else _SYNONYMS.get(name, name)
        if known not in op.params:
            accepted = ", ".join(op.params) or "none"
            raise ArgumentError(f"{op.name}() has no parameter {name!r}; it has {accepted}.")
        if known in given:
            raise ArgumentError(f"{op.name}() got two values for {known!r}.")
        given[known] = _static(value)
    defaults = op.forward.__kwdefaults__ or {}
    missing = [name for name in op.params if name not in given and name not in defaults]
    if missing:
        raise ArgumentError(f"{op.name}() needs a value for {', '.join(missing)}.")
    return {name: given.get(name, defaults.get(name)) for name in op.params}


def _static(value: Any) -> Any:
    """A parameter as it is kept: a list of dimensions becomes a tuple."""
    return tuple(value) if isinstance(value, list) else value


def public_signature(op: Primitive, own: Signature | None) -> inspect.Signature:
    """What ``help()`` shows: the operation's own signature, or that of `by_position`."""
    if own is not None:
        return inspect.signature(own)
    parameters = inspect.signature(op.forward).parameters.values()
    if op.variadic:
        return inspect.Signature(list(parameters))
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([p.replace(kind=kind) for p in parameters])


def with_numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """A composition that also understands ``axis=`` and ``keepdims=``."""
    known = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for theirs, ours in _SYNONYMS.items():
            if theirs in kwargs and ours in known:
                kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return call
