"""The short way through `apply` for the operations that a program runs most.

An elementwise operation without parameters, on tensors of one dtype (or a tensor and a
Python number), needs none of the general machinery: no promotion, no binding of
arguments, no second output. The functions made here do for it what `apply` does, field by
field, and hand everything else to the general way. A test holds both equal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.mode import current, is_library
from autograd.core.node import KEEP, Handle, Node, Spec, Where, next_serial
from autograd.core.primitive import Plan, Primitive
from autograd.core.where import here

Function = Callable[..., Any]

_NO_PARAMS: dict[str, Any] = {}
_new = object.__new__
_frame = sys._getframe
_ndarray = np.ndarray
_users_file = ""  # where the user's last line was, compared by identity


def shortened(op: Primitive, general: Function) -> Function:
    """The function of an operation, with the short way where there is one."""
    if not op.elementwise or op.params or op.view or not op.differentiable:
        return general
    if len(op.operands) == 1:
        return _unary(op, general)
    if len(op.operands) == 2 and all(op.rules):
        return _binary(op, general)
    return general


def _forward(op: Primitive) -> Function:
    """NumPy's own function, where the operation is nothing else."""
    first = op.numpy[0] if op.numpy else None
    return first if isinstance(first, np.ufunc) else op.forward


_X, _Y, _OUT = 1, 2, 4


Choice = tuple[Plan, int]
"""A plan, and what it saves as a sum of bits. Made when first needed: the import is quicker."""


def _choice(op: Primitive, wants: tuple[bool, ...]) -> Choice:
    plan = op.plan(wants)
    bits = {**dict(zip(op.operands, (_X, _Y), strict=False)), "out": _OUT}
    return plan, sum(bits[name] for name in plan.save)


def _unary(op: Primitive, general: Function) -> Function:
    forward = _forward(op)
    choice: Choice | None = None

    def call(x: Any = None, *rest: Any, **kwargs: Any) -> Any:
        nonlocal choice
        mode = current()
        if rest or kwargs or not isinstance(x, Handle) or not x.requires_grad:
            return general(*(() if x is None else (x,)), *rest, **kwargs)
        if mode.special:
            return general(x)
        try:
            out = forward(x.data)
        except Exception:
            return general(x)  # which explains why
        if out.__class__ is not _ndarray and isinstance(out, np.generic):
            out = np.asarray(out)
        node = Node()
        tensor = _new(type(x))
        tensor.data = out
        tensor.grad = tensor.notes = None
        tensor.requires_grad = True
        tensor.edge = node
        tensor.version = version = [0]
        node.op = op
        node.params = _NO_PARAMS
        node.notes = None
        node.operands = (x.edge or x,)
        if choice is None:
            choice = _choice(op, (True,))
        node.plan, saves = choice
        if saves == _OUT:
            node.saved, node.cells, node.stamp = (out,), (version,), 0
        elif saves == _X:
            node.saved, node.cells, node.stamp = (x.data,), (x.version,), x.version[0]
        elif saves:
            node.saved, node.cells, node.stamp = (x.data, out), (x.version, version), x.version[0]
        else:
            node.saved, node.cells, node.stamp = (), (), 0
        node.serial = next_serial()
        node.scope = mode.scope
        source = mode.source
        node.where = (_line() if source is True else source) or None
        node.value = out if out.size <= KEEP else Spec(out.shape, out.dtype)
        return tensor

    return call


def _binary(op: Primitive, general: Function) -> Function:
    forward = _forward(op)
    choices: list[Choice | None] = [None] * 4

    def call(x: Any = None, y: Any = None, *rest: Any, **kwargs: Any) -> Any:
        mode = current()
        if rest or kwargs or not isinstance(x, Handle) or mode.special:
            return general(*(a for a in (x, y) if a is not None), *rest, **kwargs)
        a = x.data
        if type(y) is type(x):
            b = y.data
            if a.dtype is not b.dtype:
                return general(x, y)
            wants = 2 * y.requires_grad + x.requires_grad
            operands: Any = (x.edge or x, y.edge or y)
        elif x.requires_grad and (type(y) is float or type(y) is int):
            b, wants, operands = y, 1, (x.edge or x, y)
        else:
            return general(x, y)
        if not wants:
            return general(x, y)
        try:
            out = forward(a, b)
        except Exception:
            return general(x, y)  # which explains why
        if out.__class__ is not _ndarray and isinstance(out, np.generic):
            out = np.asarray(out)
        node = Node()
        tensor = _new(type(x))
        tensor.data = out
        tensor.grad = tensor.notes = None
        tensor.requires_grad = True
        tensor.edge = node
        tensor.version = [0]
        node.op = op
        node.params = _NO_PARAMS
        node.notes = None
        node.operands = operands
        node.plan, saves = choices[wants] or _choose(op, choices, wants)
        if saves == _Y and b is y:
            node.saved, node.cells, node.stamp = (y,), (), 0
        elif saves == _X | _Y and b is not y:
            one, two = x.version, y.version
            node.saved, node.cells, node.stamp = (a, b), (one, two), one[0] + two[0]
        elif saves == 0:
            node.saved, node.cells, node.stamp = (), (), 0
        else:
            _save(node, saves, (x, y, tensor))
        node.serial = next_serial()
        node.scope = mode.scope
        source = mode.source
        node.where = (_line() if source is True else source) or None
        node.value = out if out.size <= KEEP else Spec(out.shape, out.dtype)
        return tensor

    return call


def _choose(op: Primitive, choices: list[Choice | None], wants: int) -> Choice:
    """The choice for operands as bits, for now and for the next time."""
    made = choices[wants] = _choice(op, (bool(wants & _X), bool(wants & _Y)))
    return made


def _save(node: Node, saves: int, owners: tuple[Any, Any, Any]) -> None:
    """The less frequent choices of what to save."""
    kept = [owner for bit, owner in zip((_X, _Y, _OUT), owners, strict=True) if saves & bit]
    node.saved = tuple(x.data if isinstance(x, Handle) else x for x in kept)
    node.cells = tuple(x.version for x in kept if isinstance(x, Handle))
    node.stamp = sum(cell[0] for cell in node.cells)


def _line() -> Where:
    """The line that called the operation; nearly always that of the frame above `call`."""
    global _users_file
    frame = _frame(2)
    code = frame.f_code
    if code.co_filename is _users_file:
        return code, frame.f_lasti
    if not is_library(code):
        _users_file = code.co_filename
        return code, frame.f_lasti
    return here()
