"""What happens when an operation is called: compute, and record how the value came to be.

This is the readable reference: operands are sorted into values and edges, the forward
function runs on plain arrays, and where a gradient is wanted a `Node` is laid down.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from autograd.core.errors import ArgumentError, DTypeError, GlassError, IndexingError, ShapeError
from autograd.core.mode import Mode, current, get_default_dtype
from autograd.core.node import (
    KEEP,
    Handle,
    Node,
    Output,
    Spec,
    as_array,
    next_serial,
    operand_shape,
    wrap,
)
from autograd.core.primitive import (
    Call,
    Draw,
    Operation,
    Primitive,
    Refusal,
    register,
    rules_of,
)
from autograd.core.promote import cast, common_dtype
from autograd.core.promote import plain as to_plain
from autograd.core.where import here

if TYPE_CHECKING:
    from autograd.core.tensor import Tensor

P = ParamSpec("P")
Signature = Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]


def apply(op: Primitive, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Run a primitive: plain arrays give a plain array, tensors a tensor.

    The result is recorded where an operand requires a gradient (and recording is on),
    or inside `record`; otherwise it is a leaf.
    """
    kind = None
    for x in operands:
        if isinstance(x, Handle):
            kind = type(x)
            break
    if kind is None:
        return _compute(op, operands, params)
    values = _values(op, operands)
    out = _compute(op, values, params)
    outs = tuple(map(as_array, out)) if isinstance(out, tuple) else as_array(out)
    mode = current()
    wants = tuple(isinstance(x, Handle) and x.requires_grad for x in operands)
    differentiable = mode.recording and op.differentiable and True in wants
    if not (differentiable or mode.keep):
        return _leaves(op, kind, operands, outs)
    node = _record(op, operands, params, values, outs, wants, mode)
    return _results(op, kind, operands, outs, node)


def _values(op: Primitive, operands: tuple[Any, ...]) -> list[Any]:
    """The operands as arrays or Python scalars, in one dtype where the operation asks for it."""
    values = [x.data if isinstance(x, Handle) else to_plain(x) for x in operands]
    if op.promote:
        meeting = op.meeting
        dtype = common_dtype([values[slot] for slot in meeting])
        if dtype is not None:
            for slot in meeting:
                values[slot] = cast(values[slot], dtype)
    if op.floating:
        values = [_floating(value) for value in values]
    return values


def _floating(value: Any) -> Any:
    integer = hasattr(value, "dtype") and value.dtype.kind != "f"
    return value.astype(get_default_dtype()) if integer else value


def _compute(op: Primitive, values: Any, params: dict[str, Any]) -> Any:
    """The forward function on plain arrays, its refusals explained.

    Raises:
        ShapeError, DTypeError, IndexingError: with the operands, the reason and a way out.
    """
    try:
        return op.forward(*values, **params)
    except GlassError:
        raise
    except IndexError as error:
        raise IndexingError(_explain(op, values, params, error)) from error
    except (TypeError, AttributeError) as error:
        raise DTypeError(_explain(op, values, params, error)) from error
    except (ValueError, ArithmeticError) as error:
        raise ShapeError(_explain(op, values, params, error)) from error


def _explain(op: Primitive, values: Any, params: dict[str, Any], error: Exception) -> str:
    parts = [f"{op.operand_name(i)}: {describe(value)}" for i, value in enumerate(values)]
    parts += [f"{name}={value!r}" for name, value in params.items()]
    reason = op.explain(*values, **params) if op.explain else None
    if reason is None and op.elementwise:
        reason = explain_broadcast([np.shape(value) for value in values])
    return f"{op.name}({', '.join(parts)}): {reason or error}"


def describe(value: Any) -> str:
    """A short description of an operand for error messages: ``float64 (2, 3)``."""
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype} {tuple(value.shape)}"
    return f"{type(value).__name__} {value!r}"[:60]


def explain_broadcast(shapes: list[tuple[int, ...]]) -> str | None:
    """Why shapes do not broadcast, or None when they do."""
    for axis in range(1, max(map(len, shapes)) + 1):
        sizes = {shape[-axis] for shape in shapes if len(shape) >= axis} - {1}
        if len(sizes) > 1:
            listed = " and ".join(str(shape) for shape in shapes)
            return (
                f"shapes {listed} do not broadcast: counted from the right, dimension {-axis} "
                f"has sizes {' and '.join(map(str, sorted(sizes)))}. Sizes must be equal or 1; "
                "reshape or unsqueeze one operand."
            )
    return None


def _record(
    op: Primitive,
    operands: tuple[Any, ...],
    params: dict[str, Any],
    values: list[Any],
    outs: Any,
    wants: tuple[bool, ...],
    mode: Mode,
) -> Node:
    node = Node()
    node.op = op
    node.operands = tuple((x.edge or x) if isinstance(x, Handle) else x for x in operands)
    node.params = params
    node.plan = plan = op.plan(wants if mode.recording else (False,) * len(wants))
    node.saved = tuple(
        outs if name == "out" else values[op.operands.index(name)] for name in plan.save
    )
    saved = (operands[op.operands.index(name)] for name in plan.save if name != "out")
    node.cells = tuple(x.version for x in saved if isinstance(x, Handle))
    node.stamp = sum(cell[0] for cell in node.cells)
    node.serial = next_serial()
    node.scope = mode.scope
    node.where = here() if mode.source is True else (mode.source or None)
    node.value = tuple(_kept(o, mode) for o in outs) if _several(outs) else _kept(outs, mode)
    node.names = None
    return node


def _several(outs: Any) -> bool:
    """Whether a forward function returned several outputs."""
    return isinstance(outs, tuple)


def _kept(out: Any, mode: Mode) -> Any:
    return out if mode.keep or out.size <= KEEP else Spec(tuple(out.shape), out.dtype)


def _results(
    op: Primitive, kind: type[Any], operands: tuple[Any, ...], outs: Any, node: Node
) -> Any:
    """Tensors around the outputs; those of floating type require a gradient."""
    grad = bool(node.plan.slots)
    if _several(outs):
        made = [
            wrap(kind, out, grad and out.dtype.kind == "f", Output(node, index))
            for index, out in enumerate(outs)
        ]
        results: Any = tuple(_share(op, operands, tensor) for tensor in made)
    else:
        results = _share(op, operands, wrap(kind, outs, grad and outs.dtype.kind == "f", node))
        made = [results]
    if "out" in node.plan.save:
        node.cells += tuple(tensor.version for tensor in made)
        node.stamp = sum(cell[0] for cell in node.cells)
    return results


def _leaves(op: Primitive, kind: type[Any], operands: tuple[Any, ...], outs: Any) -> Any:
    if _several(outs):
        return tuple(_share(op, operands, wrap(kind, out)) for out in outs)
    return _share(op, operands, wrap(kind, outs))


def _share(op: Primitive, operands: tuple[Any, ...], tensor: Any) -> Any:
    """A view counts its in-place changes together with the tensor that it looks into."""
    if op.view and isinstance(operands[0], Handle):
        tensor.version = operands[0].version
    return tensor


# --- defining an operation ------------------------------------------------------------


def primitive(
    *,
    symbol: str,
    formula: str,
    lesson: str,
    samples: Callable[[Draw], list[Call]],
    d: tuple[str | None, ...] | None = None,
    vjp: tuple[str | Callable[..., Any] | None, ...] | None = None,
    name: str | None = None,
    bad: tuple[Refusal, ...] = (),
    methods: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    numpy: tuple[Any, ...] = (),
    signature: Signature | None = None,
    floating: bool = False,
    promote: bool | None = None,
    view: bool = False,
    explain: Callable[..., str | None] | None = None,
) -> Callable[[Callable[P, Any]], Callable[P, Tensor]]:
    """Define an operation: the decorated function is its forward on plain arrays.

    Its positional parameters are the operands (``*xs`` for any number), its keyword-only
    parameters are static. For an elementwise operation give `d`, the local derivative
    ∂out/∂operand of each operand as an expression; else `vjp`, the gradient of each
    operand as an expression in ``g`` (the upstream gradient) or a function. An expression
    may name operands, ``out``, ``x_shape`` for the shape of operand ``x``, parameters and
    every registered operation. Neither: the operation has no gradient.

    Args:
        symbol: what the circle in a picture shows.
        formula: the value as an expression of the operands.
        lesson: one plain sentence about how the gradient flows.
        samples: given a `Draw`, calls on which the operation is tested.
        d: local derivatives of an elementwise operation, one per operand.
        vjp: gradients, one per operand; one that returns a tuple for ``*xs``.
        name: the name in the API; the function's own by default.
        bad: calls that must be refused, with words of the error.
        methods: names under which `Tensor` gets it.
        aliases: further names in the API.
        numpy: NumPy functions that mean this operation when called on tensors.
        signature: turns the arguments of a call into ``(operands, params)``, where
            they are not simply operands followed by parameters.
        floating: turn integer operands into the default float first.
        promote: bring operands to a common dtype (elementwise operations do).
        view: the result may share memory with the first operand.
        explain: given operands and parameters, why they were refused.

    Raises:
        NameTakenError: another operation has that name.
        ArgumentError: the number of derivatives is not the number of operands.
    """

    def define(forward: Callable[P, Any]) -> Callable[P, Tensor]:
        operands, params, variadic = _read_signature(forward)
        op = Primitive(
            name=name or forward.__name__,
            symbol=symbol,
            formula=formula,
            lesson=lesson,
            samples=samples,
            bad=bad,
            methods=methods,
            aliases=aliases,
            numpy=numpy,
            forward=forward,
            rules=rules_of(operands, params, d, vjp),
            operands=operands,
            variadic=variadic,
            elementwise=d is not None or promote is True,
            floating=floating,
            promote=(d is not None and len(operands) > 1) if promote is None else promote,
            view=view,
            explain=explain,
        )
        _check_count(op)
        op.function = _function(op, forward, signature or _bind_to(op))
        register(op)
        return op.function

    return define


def composition(
    *,
    symbol: str,
    formula: str,
    lesson: str,
    samples: Callable[[Draw], list[Call]],
    bad: tuple[Refusal, ...] = (),
    methods: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    numpy: tuple[Any, ...] = (),
) -> Callable[[Callable[P, Any]], Callable[P, Tensor]]:
    """Register a function that is written in primitives: it has a formula, and no rule."""

    def define(function: Callable[P, Any]) -> Callable[P, Tensor]:
        op = Operation(
            function.__name__, symbol, formula, lesson, samples, bad, methods, aliases, numpy
        )
        op.function = _understanding_numpy_names(function)
        register(op)
        return op.function

    return define


def _understanding_numpy_names(function: Callable[..., Any]) -> Any:
    """The same function, with ``axis=`` for ``dim=`` where it has such a parameter."""
    known = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for theirs, ours in _SYNONYMS.items():
            if theirs in kwargs and ours in known:
                kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return call


def _read_signature(
    forward: Callable[..., Any],
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Operand names, parameter names, and whether there is any number of operands."""
    parameters = inspect.signature(forward).parameters.values()
    operands = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
    params = tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
    return operands, params, any(p.kind is p.VAR_POSITIONAL for p in parameters)


def _check_count(op: Primitive) -> None:
    if op.rules and len(op.rules) != len(op.operands):
        raise ArgumentError(
            f"{op.name}: {len(op.operands)} operand(s) {op.operands} and {len(op.rules)} "
            "derivative(s); give one for each operand, None where there is no gradient."
        )


_SYNONYMS = {"axis": "dim", "keepdims": "keepdim"}


def _bind_to(op: Primitive) -> Signature:
    """Operands first, then parameters in order; ``axis=`` and ``keepdims=`` are understood."""
    count = len(op.operands)

    def bind(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if op.variadic:
            return args, _params(op, kwargs)
        operands, rest = list(args[:count]), args[count:]
        operands += [kwargs.pop(name) for name in op.operands[len(operands) :] if name in kwargs]
        if len(operands) < count or len(rest) > len(op.params):
            raise ArgumentError(
                f"{op.name}() takes {count} operand(s) ({', '.join(op.operands)})"
                + (f" and then {', '.join(op.params)}" if op.params else "")
                + f", got {len(args)} positional argument(s)."
            )
        return tuple(operands), _params(op, {**dict(zip(op.params, rest, strict=False)), **kwargs})

    return bind


def _params(op: Primitive, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Parameters by PyTorch's names, with the forward function's defaults.

    Raises:
        ArgumentError: the operation has no parameter of that name.
    """
    given = {}
    for name, value in kwargs.items():
        known = name if name in op.params else _SYNONYMS.get(name, name)
        if known not in op.params:
            accepted = ", ".join(op.params) or "none"
            raise ArgumentError(
                f"{op.name}() has no parameter {name!r}; its parameters: {accepted}."
            )
        given[known] = value
    defaults = op.forward.__kwdefaults__ or {}
    missing = [name for name in op.params if name not in given and name not in defaults]
    if missing:
        raise ArgumentError(f"{op.name}() needs {', '.join(missing)}.")
    return {name: given.get(name, defaults.get(name)) for name in op.params}


def _function(op: Primitive, forward: Callable[..., Any], signature: Signature) -> Any:
    """The function that people call: arguments to operands and parameters, then `apply`."""

    @functools.wraps(forward)
    def call(*args: Any, **kwargs: Any) -> Any:
        operands, params = signature(*args, **kwargs)
        return apply(op, operands, params)

    call.__name__ = call.__qualname__ = op.name
    call.primitive = op  # type: ignore[attr-defined]
    return call


def shapes_of(operands: tuple[Any, ...]) -> tuple[tuple[int, ...], ...]:
    """The shapes of a node's operands."""
    return tuple(operand_shape(operand) for operand in operands)
