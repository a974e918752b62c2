"""Changes in place: recorded as operations, seen by all views, counted for the backward pass.

A recorded change computes a new value as any operation does, writes it into the memory of
the tensor, and gives the tensor the history of that value. Tensors that share the memory
follow: what the changed view looks into gets the value put back into its history, and all
other views are taken anew from it. A value that an earlier rule still needs is protected
by its version, which every change counts up.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd.core.apply import apply
from autograd.core.arrays import plain_index
from autograd.core.errors import DTypeError, InPlaceError, ShapeError
from autograd.core.hooks import notes_of
from autograd.core.mode import current
from autograd.core.node import Handle, Node, View, cell_of, changed, wrap
from autograd.core.primitive import REGISTRY
from autograd.core.versions import hold_cells
from autograd.core.views import family_of, root_of, view_of, views_into
from autograd.core.where import here


class InPlace(Handle):
    """The methods of `Tensor` that overwrite its elements."""

    __slots__ = ()

    @property
    def _version(self) -> int:
        """How often the memory of this tensor was changed, through any of its views."""
        return cell[1] if len(cell := cell_of(self)) > 1 else 0

    def zero_(self) -> Self:
        """Fill with zeros in place."""
        return self.copy_(0.0)

    def fill_(self, value: Any) -> Self:
        """Fill with a number in place."""
        return self.copy_(value)

    def copy_(self, other: Any) -> Self:
        """Overwrite the elements in place, broadcasting `other`.

        Raises:
            InPlaceError: a leaf that requires a gradient, while recording.
            ShapeError: `other` does not broadcast to this shape.
            DTypeError: floats into integers.
        """
        change(self, "overwritten", other)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        change(self, "setitem", value, index=plain_index(index))

    def __iadd__(self, other: Any) -> Self:
        change(self, "add", other)
        return self

    def __isub__(self, other: Any) -> Self:
        change(self, "sub", other)
        return self

    def __imul__(self, other: Any) -> Self:
        change(self, "mul", other)
        return self

    def __itruediv__(self, other: Any) -> Self:
        change(self, "div", other)
        return self

    def __ipow__(self, other: Any) -> Self:
        change(self, "pow", other)
        return self


def increment_version(tensor: Handle) -> None:
    """Say that the array of a tensor was written to directly, through ``.data``.

    What an operation saved of it before is out of date then, and a backward pass that
    needs it raises `InPlaceError` instead of using it.
    """
    changed(tensor, here() if current().source is True else None)


def change(tensor: Any, name: str, *others: Any, **params: Any) -> Any:
    """``tensor = name(tensor, …)``, written into the memory of `tensor`.

    Raises:
        InPlaceError: a leaf that requires a gradient (or a view of one), while recording.
        ShapeError, DTypeError: the result does not fit into the tensor.
    """
    recording = current().recording
    wanted = recording and any(isinstance(x, Handle) and x.needs_grad for x in (tensor, *others))
    if recording:
        _refuse_leaf(tensor, wanted)
    operand = _before(tensor) if wanted else wrap(type(tensor), tensor.value)
    sources = [_source(x, wanted) if _share_memory(x, tensor) else x for x in others]
    result = REGISTRY[name].function(operand, *sources, **params)
    _check_fit(tensor, result, name)
    _write(tensor, result.value)
    if wanted:
        _rewrite_history(tensor, result)
    return tensor


def _source(x: Any, wanted: bool) -> Any:
    """What is taken from the memory that is about to change, with its way to the gradient."""
    leaf = wanted and x.needs_grad and x.edge is None
    return REGISTRY["clone"].function(x) if leaf else _before(x)


def _refuse_leaf(tensor: Handle, wanted: bool) -> None:
    """A leaf has no history to change, and a view from inside no_grad has lost its own.

    Args:
        wanted: whether the change would be recorded.
    """
    root = root_of(tensor)
    if not root.needs_grad or (tensor is root and not wanted):
        return
    if root.edge is None and tensor.needs_grad:
        what = "a leaf that requires a gradient" if root is tensor else "a view of such a leaf"
        raise InPlaceError(
            f"In-place change of {what}: its own gradient would have no place to go. Write a "
            "new value (x = x + y), change x.clone(), or, for a parameter update, change it "
            "inside no_grad()."
        )
    if not tensor.needs_grad:
        raise InPlaceError(
            "In-place change of a view that was taken inside no_grad() of a tensor that requires "
            "a gradient: should it be recorded or not? Take the view and change it both inside "
            "no_grad() (not recorded), or both outside (recorded)."
        )


def _check_fit(tensor: Handle, result: Handle, name: str) -> None:
    if result.value.shape != tensor.value.shape:
        raise ShapeError(
            f"The result of {name} has shape {tuple(result.value.shape)} and does not fit into a "
            f"tensor of shape {tuple(tensor.value.shape)}; write x = x + y instead of x += y."
        )
    if not np.can_cast(result.value.dtype, tensor.value.dtype, casting="same_kind"):
        raise DTypeError(
            f"The result of {name} is {result.value.dtype} and does not fit into a tensor of "
            f"dtype {tensor.value.dtype}; write x = x + y instead of x += y."
        )


def _write(tensor: Handle, data: Any) -> None:
    """Overwrite the memory; nodes and pictures keep what their operations computed."""
    for member in family_of(tensor):
        for edge in (member.edge, _detached_from(member)):
            if edge is not None and edge.value is member.value:
                edge.keep(member.value.copy())
    try:
        if type(tensor.value) is type(data) or len(family_of(tensor)) > 1:
            tensor.value[...] = data
        else:  # NumPy's memory cannot take what another library has written
            tensor.value = data
    except ValueError as error:
        raise InPlaceError(
            "In-place change of a tensor whose memory cannot be written (it was broadcast, or "
            "its array is read-only); take x.clone() first."
        ) from error
    increment_version(tensor)


def _detached_from(tensor: Handle) -> Any:
    """The edge to the result that a tensor was detached from, if that is still there."""
    if tensor.notes is None or tensor.notes.origin is None:
        return None
    source, index = tensor.notes.origin
    place = source()
    return place.outputs()[index] if isinstance(place, Node) else None


def _rewrite_history(tensor: Any, result: Any) -> None:
    """Give a changed tensor the history of its new value, and let its family follow."""
    changed = [tensor]
    _adopt(tensor, result)
    while (view := view_of(tensor)) is not None:
        # without its base: the record must not hold the tensor it belongs to
        look = View(None, view.op, view.params, view.index)
        _adopt(view.base, REGISTRY["put_back"].function(_before(view.base), tensor, view=look))
        tensor = view.base
        changed.append(tensor)
    _take_anew(tensor, changed)


def _take_anew(root: Any, changed: list[Any]) -> None:
    """Views of a changed tensor that are not on the way of the change get its new history."""
    members = [root]
    for base in members:
        for member in views_into(base):
            members.append(member)
            if not any(member is known for known in changed):
                view = view_of(member)
                assert view is not None, "a tensor in the list of views is a view"
                taken = apply(view.op, (base,), view.params)
                taken = taken[view.index] if isinstance(taken, tuple) else taken
                _adopt(member, taken)
                member.value = taken.value


def _adopt(tensor: Any, result: Any) -> None:
    """The history of a new value; a gradient to be kept is that of the new value."""
    before = tensor.edge
    if before is not None and before.node.notes and result.edge is not None:
        old = notes_of(tensor)
        old.retainer, notes_of(result).retainer = None, old.retainer
    tensor.edge = result.edge
    tensor.needs_grad = result.needs_grad
    if isinstance(result.edge, Node):
        hold_cells(result.edge)
        result.edge.version = tensor.version


def _share_memory(source: Any, tensor: Handle) -> bool:
    """Whether a change of `tensor` counts as one of `source`."""
    return isinstance(source, Handle) and cell_of(source) is cell_of(tensor)


def _before(tensor: Any) -> Any:
    """The tensor as it was: the same history, and memory that the change does not touch."""
    before = wrap(type(tensor), tensor.value.copy(), tensor.needs_grad, tensor.edge)
    before.version = [0]  # of its own, as its memory is
    return before
