"""Operations become methods of `Tensor`; a user's own joins them at run time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from autograd.core import define as core, primitive as records
from autograd.core.errors import ArgumentError
from autograd.core.inplace import change
from autograd.core.primitive import REGISTRY, Operation, Primitive
from autograd.core.rule import Rule
from autograd.core.tensor import Tensor
from autograd.ops.index import METHODS

_WRITING = (
    *("clamp", "lerp", "addcmul", "addcdiv", "tril", "triu", "renorm", "put", "floor_divide"),
    *("masked_fill", "masked_scatter", "index_add", "index_copy", "index_fill", "index_put"),
    *("scatter", "scatter_add", "scatter_reduce", "nan_to_num", "cumsum", "cumprod", "sub", "div"),
)
"""What else has a form that works in place."""


class Later:
    """Stands in for a method until it is first looked up, and is then replaced by it.

    Args:
        name: the name of the method.
        find: what gives the method.
    """

    def __init__(self, name: str, find: Callable[[], Any]) -> None:
        self.name = name
        self.find = find

    def __get__(self, tensor: Tensor | None, owner: type[Tensor]) -> Any:
        method = self.find()
        setattr(Tensor, self.name, method)
        return method.__get__(tensor, owner)


def announce() -> None:
    """Give `Tensor` the methods of the library's operations, which are loaded when called."""
    for name, operation in METHODS.items():
        setattr(Tensor, name, Later(name, partial(_found, operation, name)))


def attach(operation: Operation) -> None:
    """Give `Tensor` the methods that an operation asks for."""
    for name in methods_of(operation):
        setattr(Tensor, name, _method(operation, name))


def methods_of(operation: Operation) -> tuple[str, ...]:
    """All names under which `Tensor` has an operation, forms that work in place included."""
    return (*operation.methods, *in_place_methods(operation))


def in_place_methods(operation: Operation) -> tuple[str, ...]:
    """``add_`` for ``add``: elementwise operations, and those that write into a part."""
    local = isinstance(operation, Primitive) and operation.local and operation.differentiable
    if local or operation.name in _WRITING:
        return tuple(f"{name}_" for name in operation.methods if not name.startswith("_"))
    return ()


def _in_place(operation: Operation) -> Any:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return change(self, operation.name, *args, **kwargs)

    method.__doc__ = f"`{operation.name}`, written into this tensor's memory."
    return method


def _found(operation: str, name: str) -> Any:
    return _method(REGISTRY[operation], name)


def _method(operation: Operation, name: str) -> Any:
    if name not in operation.methods:
        return _in_place(operation)
    if not (name.startswith("__") and isinstance(operation, Primitive)):
        return operation.function
    return operation.reflected if name.startswith("__r") else operation.operator


@wraps(core.primitive)
def primitive(**record: Any) -> Callable[[Callable[..., Any]], Callable[..., Tensor]]:
    """Define an operation at run time: see `autograd.core.define`."""
    decorate = core.primitive(**record)

    def define(forward: Callable[..., Any]) -> Callable[..., Tensor]:
        function = decorate(forward)
        operation = function.primitive  # type: ignore[attr-defined]
        try:
            for rule in filter(None, (*operation.rules, *operation.jvps)):
                _check_names(operation.name, rule)
        except ArgumentError:
            records.unregister(operation.name)
            raise
        attach(operation)
        return function

    return define


def _check_names(name: str, rule: Rule) -> None:
    """Refuse a rule that cannot be read, or that names what there is not.

    Raises:
        ArgumentError: with the names that a rule may use.
    """
    try:
        wrong = rule.unknown()
        _ = rule.arrays
    except SyntaxError as error:
        raise ArgumentError(
            f"{name}: a derivative is no expression: {error.msg} in {(error.text or '').strip()!r}."
        ) from error
    if wrong:
        raise ArgumentError(
            f"{name}: a derivative names {' and '.join(wrong)}, which is not known; it may name "
            f"{', '.join(rule.known)} and every operation."
        )


def unregister(name: str) -> None:
    """Take an operation out of the API again, with its methods.

    Raises:
        ArgumentError: there is no operation of that name.
    """
    operation = records.unregister(name)
    for method in methods_of(operation):
        delattr(Tensor, method)
