"""Changes in place, counted so that a backward pass never uses an overwritten value."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd.core.arrays import plain_index
from autograd.core.errors import DTypeError, IndexingError, InPlaceError, ShapeError
from autograd.core.mode import current
from autograd.core.node import Handle, Node, wrap
from autograd.core.primitive import REGISTRY


class InPlace(Handle):
    """The methods of `Tensor` that overwrite its elements."""

    __slots__ = ()

    def zero_(self) -> Self:
        """Fill with zeros in place."""
        return self.copy_(0.0)

    def copy_(self, other: Any) -> Self:
        """Overwrite the elements in place, broadcasting `other`."""
        check_in_place(self)
        source = other.data if isinstance(other, Handle) else other
        self._leave_value_to_node()
        try:
            np.copyto(self.data, source, casting="same_kind")
        except ValueError as error:
            raise ShapeError(
                f"copy_(): values of shape {np.shape(source)} do not fit into a tensor of "
                f"shape {tuple(self.data.shape)}."
            ) from error
        self.version[0] += 1
        return self

    def _leave_value_to_node(self) -> None:
        """Before an in-place change: pictures go on showing what the operation computed."""
        if isinstance(self.edge, Node) and self.edge.value is self.data:
            self.edge.value = self.data.copy()

    def _in_place(self, op: str, other: Any) -> Self:
        """``self = op(self, other)`` written into this tensor's memory."""
        check_in_place(self, other)
        result = REGISTRY[op].function(wrap(type(self), self.data), other)
        if not np.can_cast(result.dtype, self.data.dtype, casting="same_kind"):
            raise DTypeError(
                f"The result is {result.dtype} and does not fit into a tensor of dtype "
                f"{self.data.dtype}; write x = x + y instead of x += y."
            )
        return self.copy_(result)

    def __iadd__(self, other: Any) -> Self:
        return self._in_place("add", other)

    def __isub__(self, other: Any) -> Self:
        return self._in_place("sub", other)

    def __imul__(self, other: Any) -> Self:
        return self._in_place("mul", other)

    def __itruediv__(self, other: Any) -> Self:
        return self._in_place("div", other)

    def __setitem__(self, index: Any, value: Any) -> None:
        check_in_place(self, value)
        self._leave_value_to_node()
        try:
            self.data[plain_index(index)] = value.data if isinstance(value, Handle) else value
        except IndexError as error:
            raise IndexingError(
                f"Index {index!r} in a tensor of shape {tuple(self.data.shape)}: {error}."
            ) from error
        self.version[0] += 1


def check_in_place(tensor: Handle, *others: Any) -> None:
    """Refuse an in-place change that the record could not follow.

    Raises:
        InPlaceError: the tensor (or a value written into it) takes part in recording.
    """
    wants = [x for x in (tensor, *others) if isinstance(x, Handle) and x.requires_grad]
    if not (wants and current().recording):
        return
    what = "a leaf that requires a gradient" if tensor.edge is None else "a recorded result"
    if not tensor.requires_grad:
        what = "a tensor that would have to remember where its new values came from"
    raise InPlaceError(
        f"In-place change of {what}: the graph holds its old value. Write a new value "
        "(x = x + y), or, for a parameter update, change it inside no_grad()."
    )
