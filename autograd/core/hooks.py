"""Looking at gradients on their way, and changing them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import ref

import numpy as np

from autograd.core.errors import ArgumentError, DTypeError, GradientError, ShapeError
from autograd.core.node import Handle, Notes, as_array, wrap

Function = Callable[[Any], Any]

_numbers = count()


def notes_of(tensor: Handle) -> Notes:
    """The notes about a value: of a leaf on the tensor, of a result on its node."""
    if tensor.edge is None:
        tensor.notes = tensor.notes or Notes()
        return tensor.notes
    node = tensor.edge.node
    node.notes = node.notes or {}
    return node.notes.setdefault(tensor.edge.index, Notes())


class HookHandle:
    """Puts a hook among others, and takes it off again: by `remove`, or at the end of ``with``.

    Args:
        hooks: the others, in the order in which they run.
        hook: the new one.
        first: whether it runs before them.

    Raises:
        ArgumentError: the hook is no function.
    """

    def __init__(self, hooks: dict[int, Any], hook: Any, first: bool = False) -> None:
        _check_function(hook[0] if isinstance(hook, tuple) else hook)
        self._hooks, self._number = hooks, next(_numbers)
        hooks[self._number] = hook
        for number in list(hooks)[:-1] if first else ():
            hooks[number] = hooks.pop(number)

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        self._hooks.pop(self._number, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Hooks(Handle):
    """The methods of `Tensor` for hooks and kept gradients."""

    __slots__ = ()

    def register_hook(self, hook: Function) -> HookHandle:
        """Call ``hook(gradient)`` when the gradient of this tensor is complete.

        The hook may return a tensor that takes the gradient's place; it must not change
        its argument. It runs before `.grad` is accumulated and before the gradient is
        handed on.

        Raises:
            GradientError: the tensor requires no gradient.
        """
        _needs_gradient(self, "register_hook()")
        notes = notes_of(self)
        notes.hooks = {} if notes.hooks is None else notes.hooks
        return HookHandle(notes.hooks, _Hook(type(self), hook))

    def register_post_accumulate_grad_hook(self, hook: Function) -> HookHandle:
        """Call ``hook(leaf)`` each time a backward pass has added to its `.grad`.

        Raises:
            GradientError: the tensor is not a leaf that requires a gradient.
        """
        _needs_gradient(self, "register_post_accumulate_grad_hook()")
        if self.edge is not None:
            raise GradientError(
                "register_post_accumulate_grad_hook() is for leaves, which accumulate; use "
                "register_hook() for the result of an operation."
            )
        notes = notes_of(self)
        notes.after = {} if notes.after is None else notes.after
        return HookHandle(notes.after, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of this result in `.grad`, as leaves do anyway.

        Raises:
            GradientError: the tensor requires no gradient.
        """
        _needs_gradient(self, "retain_grad()")
        if self.edge is not None:
            notes_of(self).retainer = ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether this result keeps its gradient."""
        edge = self.edge
        return edge is not None and edge.node.note(edge.index).retainer is not None


def _needs_gradient(tensor: Handle, call: str) -> None:
    if not tensor.needs_grad:
        raise GradientError(
            f"{call}: no gradient ever reaches a tensor that does not require one; make it with "
            "tensor(…, requires_grad=True)."
        )


def _check_function(hook: Any) -> None:
    if not callable(hook):
        raise ArgumentError(f"A hook is a function, and not {hook!r:.60}")


class _Hook:
    """A user's hook, which takes tensors, for sweeps on arrays and on tensors alike."""

    def __init__(self, kind: type[Any], function: Function) -> None:
        _check_function(function)
        self.kind = kind
        self.function = function

    def __call__(self, gradient: Any) -> Any:
        recorded = isinstance(gradient, Handle)
        shown = gradient if recorded else wrap(self.kind, _guarded(as_array(gradient)))
        changed = self.function(shown)
        if changed is None:
            return gradient
        if not isinstance(changed, Handle):
            raise ArgumentError(
                f"A gradient hook returns a tensor or None, not {type(changed).__name__}."
            )
        if tuple(changed.value.shape) != tuple(gradient.shape):
            raise ShapeError(
                f"A gradient hook returned shape {tuple(changed.value.shape)} for a gradient of "
                f"shape {tuple(gradient.shape)}."
            )
        if changed.value.dtype != gradient.dtype:
            raise DTypeError(
                f"A gradient hook returned {changed.value.dtype} for a gradient of dtype "
                f"{gradient.dtype}; convert it with .to({str(gradient.dtype)!r})."
            )
        return changed if recorded else changed.value


def _guarded(array: Any) -> Any:
    """The array so that it cannot be written to: others on the way may share it."""
    if not isinstance(array, np.ndarray):
        return array
    shown = array.view()
    shown.flags.writeable = False
    return shown


def hooked(notes: Notes | None, gradient: Any) -> Any:
    """The gradient after all hooks have seen it, in the order of registration."""
    if notes is not None and notes.hooks and gradient is not None:
        for hook in tuple(notes.hooks.values()):
            gradient = hook(gradient)
    return gradient
