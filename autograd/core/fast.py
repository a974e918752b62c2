"""The short way through `apply` for the operations that a program runs most.

An elementwise operation or a product without parameters, on tensors of one dtype (or a
tensor and a Python number), needs none of the general machinery: no promotion, no binding of
arguments, no second output. The functions made here do for it what `apply` does, field by
field, and hand everything else to the general way. A test holds both equal.

On a vector of 32 numbers NumPy takes a third of the time of the whole, so each line here
counts: what looks repetitive is written out because a call would cost as much as what it
saves. Measured with ``make bench-quick`` (``small_op``).
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from autograd.core.mode import current, is_library
from autograd.core.node import KEEP, Handle, Node, Spec, as_array, next_serial, wrap
from autograd.core.primitive import Plan, Primitive
from autograd.core.rule import numbers
from autograd.core.where import here

Function = Callable[..., Any]

_NO_PARAMS: dict[str, Any] = {}
_new = object.__new__
_frame = sys._getframe
_ndarray = np.ndarray
_asarray = np.asarray
_users_file = ""  # where the user's last line was, compared by identity

_OPERATORS: dict[Any, Function] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
}
"""Python's operators do the same as these functions, and faster; on NumPy's scalars too."""


class Ways(NamedTuple):
    """How an operation is called.

    Attributes:
        function: by its name, with any arguments.
        operator: as an operator of two operands, the first of which is a tensor.
        reflected: as an operator of a tensor and what stands to the left of it.
    """

    function: Function
    operator: Function
    reflected: Function


def ways(op: Primitive, general: Function) -> Ways:
    """The ways to call an operation, short ones where there are some."""
    simple = (op.elementwise or op.multilinear) and op.differentiable
    if simple and not (op.params or op.view or op.variadic):
        if len(op.operands) == 1:
            function = _unary(op, general)
            return Ways(function, function, function)
        if len(op.operands) == 2 and all(op.rules):
            choices: Choices = [None] * 4
            short = _binary(op, choices, general)
            return Ways(_lenient(short, general), short, _reflected(op, choices, general))
    return Ways(general, general, lambda x, other: general(other, x))


def _forward(op: Primitive) -> Function:
    """NumPy's own function, where the operation is nothing else."""
    first = op.numpy[0] if op.numpy else None
    return _OPERATORS.get(first, first) if isinstance(first, np.ufunc) else op.forward


_X, _Y, _OUT = 1, 2, 4
_BOTH = _X | _Y
_X_AND_OUT = _X | _OUT


Choice = tuple[Plan, int]
"""A plan, and what it saves as a sum of bits. Made when first needed: the import is quicker."""

Choices = list[Choice | None]
"""The choices of an operation on two operands, by the operands that want a gradient as bits."""


def _choice(op: Primitive, wants: tuple[bool, ...]) -> Choice:
    plan = op.plan(wants, even=True)
    bits = {**dict(zip(op.operands, (_X, _Y), strict=False)), "out": _OUT}
    return plan, sum(bits[name] for name in plan.save)


def _choose(op: Primitive, choices: Choices, wants: int) -> Choice:
    """The choice for operands as bits, for now and for the next time."""
    made = choices[wants] = _choice(op, (bool(wants & _X), bool(wants & _Y)))
    return made


def _unary(op: Primitive, general: Function) -> Function:
    forward = _forward(op)
    choice: Choice | None = None

    def call(x: Any = None, *rest: Any, **kwargs: Any) -> Any:
        nonlocal choice
        mode = current()
        if rest or kwargs or not isinstance(x, Handle) or not x.needs_grad:
            return general(*(() if x is None else (x,)), *rest, **kwargs)
        if mode.special:
            return general(x)
        try:
            out = forward(x.data)
        except Exception:
            return general(x)  # which explains why
        if out.__class__ is not _ndarray and isinstance(out, np.generic):
            out = _asarray(out)
        node = Node()
        tensor = _new(type(x))
        tensor.data = out
        tensor.accumulated = tensor.notes = node.notes = None
        tensor.needs_grad = True
        tensor.edge = node
        tensor.version = version = [0]
        node.params = _NO_PARAMS
        node.operands = (x.edge or x,)
        if choice is None:
            choice = _choice(op, (True,))
        node.plan, saves = choice
        if saves == _OUT:
            node.saved, node.cells = (out,), (version,)
        elif saves == _X:
            node.saved, node.cells = (x.data,), (x.version,)
        elif saves == _X_AND_OUT:
            node.saved, node.cells = (x.data, out), (x.version, version)
        else:
            node.saved = node.cells = ()
        node.serial = next_serial()
        node.mode = mode
        if mode.source is True:
            frame = _frame(1)
            node.code = code = frame.f_code
            node.offset = frame.f_lasti
            if code.co_filename is not _users_file:
                _find_line(node, frame)
        node.value = out if out.size <= KEEP else Spec(out.shape, out.dtype)
        return tensor

    return call


def _binary(op: Primitive, choices: Choices, general: Function) -> Function:
    forward = _forward(op)
    scalars = forward in _OPERATORS.values()

    def call(x: Any, y: Any) -> Any:
        mode = current()
        if mode.special:
            return general(x, y)
        a = x.data
        kind = type(x)
        try:
            if type(y) is kind:
                b = y.data
                if a.dtype is not b.dtype:
                    return general(x, y)
                if x.needs_grad:
                    wants = _BOTH if y.needs_grad else _X
                elif y.needs_grad:
                    wants = _Y
                else:
                    return general(x, y)
                out = forward(a, b)
                operands: Any = (x.edge or x, y.edge or y)
            elif x.needs_grad and (type(y) is float or type(y) is int):
                wants, b = _X, y
                if not a.ndim:
                    out = forward(a[()] if scalars else a, y)
                else:
                    out = forward(a, numbers[y, a.dtype] if y and a.__class__ is _ndarray else y)
                operands = (x.edge or x, y)
            else:
                return general(x, y)
        except Exception:
            return general(x, y)  # which explains why
        if out.__class__ is not _ndarray and isinstance(out, np.generic):
            out = _asarray(out)
        node = Node()
        tensor = _new(kind)
        tensor.data = out
        tensor.accumulated = tensor.notes = node.notes = None
        tensor.needs_grad = True
        tensor.edge = node
        tensor.version = [0]
        node.params = _NO_PARAMS
        node.operands = operands
        node.plan, saves = choices[wants] or _choose(op, choices, wants)
        if saves == 0:
            node.saved = node.cells = ()
        elif saves == _BOTH and b is not y:
            node.saved, node.cells = (a, b), (x.version, y.version)
        elif saves == _Y and b is y:
            node.saved, node.cells = (y,), ()
        else:
            _save(node, saves, (x, y, tensor))
        node.serial = next_serial()
        node.mode = mode
        if mode.source is True:
            frame = _frame(1)
            node.code = code = frame.f_code
            node.offset = frame.f_lasti
            if code.co_filename is not _users_file:
                _find_line(node, frame)
        node.value = out if out.size <= KEEP else Spec(out.shape, out.dtype)
        return tensor

    return call


def _reflected(op: Primitive, choices: Choices, general: Function) -> Function:
    """A number to the left of a tensor, as in ``1 - x``."""
    forward = _forward(op)
    scalars = forward in _OPERATORS.values()

    def call(y: Any, x: Any) -> Any:
        mode = current()
        number = type(x) is float or type(x) is int
        if mode.special or not number or not y.needs_grad:
            return general(x, y)
        b = y.data
        try:
            if not b.ndim:
                out = as_array(forward(x, b[()] if scalars else b))
            else:
                out = forward(numbers[x, b.dtype] if x and b.__class__ is _ndarray else x, b)
        except Exception:
            return general(x, y)  # which explains why
        node = Node()
        tensor = wrap(type(y), out, True, node)
        node.params, node.notes = _NO_PARAMS, None
        node.plan, saves = choices[_Y] or _choose(op, choices, _Y)
        node.operands = (x, y.edge or y)
        _save(node, saves, (x, y, tensor))
        node.serial = next_serial()
        node.mode = mode
        if mode.source is True:
            frame = _frame(1)
            node.code = code = frame.f_code
            node.offset = frame.f_lasti
            if code.co_filename is not _users_file:
                _find_line(node, frame)
        node.value = out if out.size <= KEEP else Spec(out.shape, out.dtype)
        return tensor

    return call


def _lenient(short: Function, general: Function) -> Function:
    """The short way for a function that may be called with anything."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != 2 or not isinstance(args[0], Handle):
            return general(*args, **kwargs)
        return short(*args)

    return call


def _save(node: Node, saves: int, owners: tuple[Any, Any, Any]) -> None:
    """The less frequent choices of what to save."""
    kept = [owner for bit, owner in zip((_X, _Y, _OUT), owners, strict=True) if saves & bit]
    node.saved = tuple(x.data if isinstance(x, Handle) else x for x in kept)
    node.cells = tuple(x.version for x in kept if isinstance(x, Handle))


def _find_line(node: Node, frame: FrameType) -> None:
    """The line that called the operation, where it is not in the file of the line before."""
    global _users_file
    if is_library(frame.f_code):
        node.where = here(3)
    else:
        _users_file = frame.f_code.co_filename
