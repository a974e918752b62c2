"""Which tensors share memory: who looks into whom, so that changes in place can be followed."""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

from autograd.core.node import Handle, Notes, View, share_version

_FEW = 32


def linked(view: Any, base: Handle, op: Any, params: dict[str, Any], index: int = 0) -> Any:
    """The tensor `view`, noted as a look into the memory of `base` (if it is one).

    A view counts its in-place changes together with its base. The base knows its views
    weakly; a view holds its base.
    """
    if getattr(view.value, "base", None) is not base.value and not np.may_share_memory(
        view.value, base.value
    ):
        return view
    share_version(view, base)
    view.notes = Notes(view=View(base, op, params, index))
    if base.edge is None and base.needs_grad:
        return view  # changes of a leaf that requires a gradient are refused, through views too
    base.notes = base.notes or Notes()
    views = base.notes.views or []
    if len(views) >= _FEW and len(views) & (len(views) - 1) == 0:
        views = [known for known in views if known() is not None]
    views.append(ref(view))
    base.notes.views = views
    return view


def view_of(tensor: Handle) -> View | None:
    """What a tensor looks into, None where it has its memory to itself."""
    return tensor.notes.view if tensor.notes else None


def root_of(tensor: Handle) -> Handle:
    """The tensor at the end of the chain of views."""
    while (view := view_of(tensor)) is not None:
        tensor = view.base
    return tensor


def views_into(tensor: Handle) -> list[Any]:
    """The living tensors that look directly into this one."""
    known = tensor.notes.views if tensor.notes else None
    return [view for weak in known or () if (view := weak()) is not None]


def family_of(tensor: Handle) -> list[Any]:
    """All living tensors that share the memory, from the root outwards."""
    members = [root_of(tensor)]
    for member in members:
        members += views_into(member)
    return members
