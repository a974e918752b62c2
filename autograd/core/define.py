"""Defining an operation: from a decorated function to a registered record."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd.core.apply import apply
from autograd.core.binding import (
    Shown,
    Signature,
    are_ours,
    by_position,
    misfit,
    rename,
    with_numpy_names,
)
from autograd.core.errors import ArgumentError, GlassError
from autograd.core.fast import ways
from autograd.core.primitive import Operation, Primitive, Samples, register
from autograd.core.rule import Formulas, parameters_of

if TYPE_CHECKING:
    from autograd.core.tensor import Tensor

Definition = Callable[[Callable[..., Any]], "Callable[..., Tensor]"]
"""A decorator that turns a forward function into the function that people call."""


def primitive(
    *,
    symbol: str,
    formula: str,
    lesson: str,
    samples: Samples,
    d: tuple[str | None, ...] = (),
    vjp: Formulas = (),
    jvp: Formulas = (),
    linear: bool = False,
    multilinear: bool = False,
    name: str | None = None,
    methods: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    numpy: tuple[Any, ...] = (),
    signature: Signature | None = None,
    floating: bool = False,
    promote: bool | None = None,
    view: bool = False,
    pieces: tuple[str, ...] = (),
    explain: Callable[..., str | None] | None = None,
) -> Definition:
    """Define an operation: the decorated function is its forward on plain arrays.

    Its positional parameters are the operands (``*xs`` for any number), its keyword-only
    parameters are static. For an elementwise operation give `d`, the local derivative
    ∂out/∂operand of each operand as an expression; else `vjp`, the gradient of each
    operand as an expression in ``g`` (the upstream gradient) or a function. An expression
    may name operands, ``out``, ``x_shape`` for the shape of operand ``x``, parameters and
    every registered operation. Neither: the operation has no gradient.

    For forward mode an operation with `vjp` says that it is `linear` or `multilinear`, or
    states one `jvp` per operand, an expression or a function in its tangent ``t`` (their
    results add up); without any of these, forward mode transposes the `vjp`.

    Args:
        symbol: what the circle in a picture shows.
        formula: the value as an expression of the operands.
        lesson: one plain sentence about how the gradient flows.
        samples: given a `Draw`, calls on which the operation is tested, and those that it
            must refuse, with words of the error (`refuses`).
        d: local derivatives of an elementwise operation, one per operand.
        vjp: gradients, one per operand; one that returns a tuple for ``*xs``.
        jvp: tangents of the result, one per operand.
        linear: linear in all operands that have a rule, taken together.
        multilinear: linear in each operand that has a rule, taken alone.
        name: the name in the API; the function's own by default.
        methods: names under which `Tensor` gets it.
        aliases: further names in the API.
        numpy: NumPy functions that mean this operation when called on tensors.
        signature: turns the arguments of a call into ``(operands, params)``, where
            they are not simply operands followed by parameters.
        floating: turn integer operands into the default float first.
        promote: bring operands to a common dtype (elementwise operations do).
        view: the result may share memory with the first operand.
        pieces: the formulas of several results, where each has one of its own.
        explain: given operands and parameters, why they were refused.

    Raises:
        NameTakenError: another operation has that name.
        ArgumentError: the number of derivatives is not the number of operands.
    """

    def define(forward: Callable[..., Any]) -> Callable[..., Tensor]:
        operands, params, variadic = parameters_of(forward)
        op = Primitive(
            name=name or forward.__name__,
            symbol=symbol,
            formula=formula,
            lesson=lesson,
            samples=samples,
            methods=methods,
            aliases=aliases,
            numpy=numpy,
            forward=forward,
            operands=operands,
            params=params,
            variadic=variadic,
            formulas=d or vjp,
            tangents=d or jvp,
            local=bool(d),
            linear=linear,
            multilinear=multilinear,
            elementwise=bool(d) or (promote is True and not variadic),
            floating=floating,
            promote=(bool(d) and len(operands) > 1) if promote is None else promote,
            view=view,
            pieces=pieces,
            explain=explain,
        )
        _check_count(op)
        _make_function(op, forward, signature)
        register(op)
        return op.function

    return define


def composition(
    *,
    symbol: str,
    formula: str,
    lesson: str,
    samples: Samples,
    methods: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    numpy: tuple[Any, ...] = (),
) -> Definition:
    """Register a function that is written in primitives: it has a formula, and no rule."""

    def define(function: Callable[..., Any]) -> Callable[..., Tensor]:
        op = Operation(function.__name__, symbol, formula, lesson, samples, methods, aliases, numpy)
        op.function = with_numpy_names(function)
        register(op)
        return op.function

    return define


def _check_count(op: Primitive) -> None:
    if op.formulas and len(op.formulas) != len(op.operands):
        raise ArgumentError(
            f"{op.name}: {len(op.operands)} operand(s) {op.operands} and {len(op.formulas)} "
            "derivative(s); give one for each operand, None where there is no gradient."
        )


def _make_function(op: Primitive, forward: Callable[..., Any], own: Signature | None) -> None:
    """The functions that people call: arguments to operands and parameters, then `apply`."""
    signature, shown = own, Shown(op, own)

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal signature
        if signature is None:  # made when first needed: the import is quicker
            signature = by_position(op)
        if not are_ours(kwargs):
            rename(kwargs, shown.positional, len(args))
        try:
            operands, params = signature(*args, **kwargs)
        except GlassError:
            raise
        except TypeError as error:
            raise ArgumentError(misfit(op.name, shown.__signature__, error)) from error
        return apply(op, operands, params)

    function, op.operator, op.reflected = ways(op, call)
    if own is not None and len(op.operands) == 1:
        function = call  # the short way knows no arguments but the operand
    functools.update_wrapper(function, forward)
    function.__name__ = function.__qualname__ = op.name
    function.__wrapped__ = shown  # type: ignore[attr-defined]
    function.primitive = op  # type: ignore[attr-defined]
    op.function = function
