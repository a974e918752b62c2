"""How ``Tensor(data)`` is made, apart from what operations make."""

from __future__ import annotations

from typing import Any

from autograd.core.arrays import to_array
from autograd.core.spec import spec_of


class Constructed:
    """The constructor of tensors."""

    __slots__ = ()

    def __init__(
        self: Any,
        data: Any,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
        name: str | None = None,
    ) -> None:
        self.value = to_array(data, dtype)
        self.spec = spec_of(self.value)
        self.needs_grad = False
        self.accumulated = self.edge = self.notes = self.version = None
        if name is not None:
            self.name = name
        if requires_grad:
            self.requires_grad_()


def _has_constructor(kind: Any) -> bool:
    return kind.__init__ is not object.__init__


class Constructing(type):
    """Lets `Tensor` do without a constructor of its own, and ``Tensor(data)`` have one.

    Python calls a class sooner that has none: results of operations are made 30 ns sooner, of
    860 for ``x * y`` (benchmarks/workloads/small_op.py). Classes that have one derive from
    `Constructed`, too, which their ``super().__init__(data)`` finds.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
        given = "__init__" in space or any(map(_has_constructor, bases))
        return type.__new__(cls, name, (*bases, Constructed) if given else bases, space)

    def __call__(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if _has_constructor(cls):
            return type.__call__(cls, *args, **kwargs)
        tensor = object.__new__(cls)
        Constructed.__init__(tensor, *args, **kwargs)
        return tensor
