"""What happens when an operation is called: compute, and record how the value came to be.

This is the readable reference: operands are sorted into values and edges, the forward
function runs on plain arrays, and where a gradient is wanted a `Node` is laid down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.core.errors import DTypeError, GlassError, IndexingError, RangeError, ShapeError
from autograd.core.mode import Mode, current, get_default_dtype
from autograd.core.node import (
    ABSENT,
    Handle,
    Node,
    Output,
    as_array,
    next_serial,
    wrap,
)
from autograd.core.primitive import BackwardPlan, Primitive
from autograd.core.promote import cast, common_dtype, plain as to_plain
from autograd.core.spec import KEEP, spec_of
from autograd.core.versions import keep_cells
from autograd.core.views import linked
from autograd.core.watch import check_result
from autograd.core.where import here


def apply(op: Primitive, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Run a primitive: plain arrays give a plain array, tensors a tensor.

    The result is recorded where an operand requires a gradient (and recording is on),
    or inside `record`; otherwise it is a leaf.
    """
    if len(operands) == 1 and isinstance(operands[0], Handle) and operands[0].needs_grad:
        mode, plan = current(), op.plan(_ONE)
        if plan.slots and not (plan.kept or mode.special):
            return _of_one(op, operands[0], params, plan, mode)
    return in_general(op, operands, params)


def in_general(op: Primitive, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """What `apply` does, for any operands in any mode."""
    kind = None
    for x in operands:
        if isinstance(x, Handle):
            kind = type(x)
            break
    if kind is None:
        return _compute(op, operands, params)
    values, edges, wants = [], [], []
    for x in operands:
        if isinstance(x, Handle):
            values.append(x.value)
            edges.append(x.edge or x)
            wants.append(x.needs_grad)
        else:
            values.append(to_plain(x))
            edges.append(x)
            wants.append(False)
    if op.promote or op.floating:
        values = _converted(op, values)
    out = _compute(op, values, params)
    outs = as_arrays(op, out)
    mode = current()
    if mode.anomaly:
        check_result(op.name, values, outs, here())
    if not (mode.keep or (mode.recording and True in wants and op.differentiable)):
        return _leaves(op, kind, operands, params, outs)
    node = Node()
    node.operands = tuple(edges)
    node.params = params
    node.plan = op.plan(tuple(wants) if mode.recording else (False,) * len(wants))
    node.saved = tuple([outs if slot is None else values[slot] for slot in node.plan.kept])
    _complete(node, outs, mode)
    return _results(op, kind, operands, outs, node)


_ONE = (True,)


def _of_one(op: Primitive, x: Any, params: dict[str, Any], plan: BackwardPlan, mode: Mode) -> Any:
    """The short way for an operation on one tensor that saves nothing, as most views and sums.

    There are no dtypes to bring together. A test holds both ways equal.
    """
    try:
        out = op.forward(x.value, **params)
    except Exception:
        out = _compute(op, (x.value,), params)  # which explains why
    node = Node()
    node.first, node.second = x.edge or x, ABSENT
    node.params, node.plan = params, plan
    out = out if out.__class__ is np.ndarray else as_arrays(op, out)
    if isinstance(out, tuple):
        _complete(node, out, mode)
        return _results(op, type(x), (x,), out, node)
    node.serial, node.mode = next_serial(), mode
    node.notes = node.cells = node.version = None
    if mode.source is True:
        node.code, node.offset = here() or (None, 0)
    if out.size > KEEP:
        node.value = spec_of(out)
    else:
        node.value = out.copy() if op.view else out
    made = wrap(type(x), out, out.dtype.kind == "f", node)
    return linked(made, x, op, params) if op.view else made


def as_arrays(op: Primitive, out: Any) -> Any:
    """What a forward function returned, numbers as arrays of shape ().

    Raises:
        DTypeError: it is no array, and no tuple of arrays.
    """
    made = _alike(out, map(as_array, out)) if isinstance(out, tuple) else as_array(out)
    for part in made if isinstance(made, tuple) else (made,):
        if not hasattr(part, "dtype"):
            raise DTypeError(
                f"{op.name}: its forward function returned {describe(part)}; it returns an array, "
                "or a tuple of arrays where there are several results."
            )
    return made


def _converted(op: Primitive, values: list[Any]) -> list[Any]:
    """Arrays and Python scalars in one dtype, as the operation asks for it."""
    if op.promote:
        meeting = range(len(values)) if op.variadic else op.meeting
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
        ShapeError, DTypeError, RangeError, IndexingError: with the operands, the reason and a
            way out.
    """
    try:
        return op.forward(*values, **params)
    except (GlassError, FloatingPointError):
        raise  # the second is what np.errstate(…="raise") asks for
    except OverflowError as error:  # -300 among int8
        raise RangeError(_explain(op, values, params, error)) from error
    except IndexError as error:
        raise IndexingError(_explain(op, values, params, error)) from error
    except (TypeError, AttributeError) as error:
        raise DTypeError(_explain(op, values, params, error)) from error
    except (ValueError, ArithmeticError) as error:
        raise ShapeError(_explain(op, values, params, error)) from error


def _explain(op: Primitive, values: Any, params: dict[str, Any], error: Exception) -> str:
    parts = [f"{op.operand_name(i)}: {describe(value)}" for i, value in enumerate(values)]
    parts += [f"{name}={value!r}" for name, value in params.items()]
    reason = None if isinstance(error, OverflowError) else _reason(op, values, params)
    if reason is None and op.elementwise:
        reason = _no_numbers(values) or explain_broadcast([np.shape(v) for v in values])
    said = str(reason or error)
    return f"{op.name}({', '.join(parts)}): {said if said.endswith('.') else f'{said}.'}"


def _no_numbers(values: Any) -> str | None:
    """Text where numbers are wanted."""
    for value in values:
        plain = not hasattr(value, "dtype")
        if plain and np.asarray(value).dtype.kind in "USO":
            return f"{value!r} is no number and no array of numbers; operations take numbers."
    return None


def _reason(op: Primitive, values: Any, params: dict[str, Any]) -> str | None:
    """The operation's own explanation, unless these operands are beyond it."""
    try:
        return op.explain(*values, **params) if op.explain else None
    except Exception:
        return None


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


def _complete(node: Node, outs: Any, mode: Mode) -> None:
    """What a node remembers of a run besides: its line, and its result while it is small."""
    node.serial = next_serial()
    node.mode = mode
    if mode.source is True:
        node.code, node.offset = here() or (None, 0)
    several = isinstance(outs, tuple)
    op = node.plan.op
    node.value = tuple([_kept(o, op, mode) for o in outs]) if several else _kept(outs, op, mode)
    node.notes = node.cells = node.version = None


def _kept(out: Any, op: Primitive, mode: Mode) -> Any:
    """A small result, apart from the memory that a view shares, else its shape and dtype."""
    if mode.keep or out.size <= KEEP:
        return out.copy() if op.view else out
    return spec_of(out)


def _results(
    op: Primitive, kind: type[Any], operands: tuple[Any, ...], outs: Any, node: Node
) -> Any:
    """Tensors around the outputs; those of floating type require a gradient."""
    plan = node.plan
    grad = bool(plan.slots)
    if outs.__class__ is np.ndarray and "out" not in plan.save:  # as most are: without a list
        tensor = wrap(kind, outs, grad and outs.dtype.kind == "f", node)
        if op.view and isinstance(operands[0], Handle):
            linked(tensor, operands[0], op, node.params)
        if plan.save:
            keep_cells(node, operands, (tensor,), node.mode.guard)
        return tensor
    if not isinstance(outs, tuple):
        made = [wrap(kind, outs, grad and outs.dtype.kind == "f", node)]
    else:
        made = [
            wrap(kind, out, grad and out.dtype.kind == "f", Output(node, index))
            for index, out in enumerate(outs)
        ]
    _link(op, operands, node.params, made)
    if plan.save:
        keep_cells(node, operands, made, node.mode.guard)
    return _alike(outs, made) if isinstance(outs, tuple) else made[0]


def _alike(outs: tuple[Any, ...], parts: Iterable[Any]) -> Any:
    """A tuple of the same kind, so that named outputs keep their names."""
    made = getattr(type(outs), "_make", tuple)
    return made(parts)


def _leaves(
    op: Primitive, kind: type[Any], operands: tuple[Any, ...], params: dict[str, Any], outs: Any
) -> Any:
    if not isinstance(outs, tuple):
        tensor = wrap(kind, outs)
        looks = op.view and isinstance(operands[0], Handle)
        return linked(tensor, operands[0], op, params) if looks else tensor
    made = [wrap(kind, out) for out in outs]
    _link(op, operands, params, made)
    return _alike(outs, made)


def _link(
    op: Primitive, operands: tuple[Any, ...], params: dict[str, Any], made: list[Any]
) -> None:
    """A view counts its in-place changes together with the tensor that it looks into."""
    if op.view and isinstance(operands[0], Handle):
        for index, tensor in enumerate(made):
            linked(tensor, operands[0], op, params, index)
