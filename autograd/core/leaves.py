"""What a person assigns to a leaf: its gradient, and whether it wants one.

The engine writes the slots of `Handle`; what people assign is checked here first.
"""

from __future__ import annotations

from typing import Any, Self

from autograd.core.errors import ArgumentError, DTypeError, GradientError, ShapeError
from autograd.core.mode import current
from autograd.core.node import Array, Handle
from autograd.core.spec import spec_of


class Leaves(Handle):
    """The attributes of `Tensor` that a person may assign to."""

    __slots__ = ()

    @property
    def grad(self) -> Any:
        """The gradient that backward passes have added up in a leaf; None before the first."""
        return self.accumulated

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if gradient is not None:
            _check(self, gradient)
        before, self.accumulated = self.accumulated, gradient
        if (tape := current().tape) is not None:
            tape.assigned(self, before)

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self.needs_grad

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        self.requires_grad_(requires_grad)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for a gradient from now on (leaves of floating type only).

        Raises:
            DTypeError: integers and booleans have no derivative.
            GradientError: an operation made this tensor; use ``detach()`` first.
            ArgumentError: neither True nor False.
        """
        if not isinstance(requires_grad, bool):
            raise ArgumentError(
                f"requires_grad is True or False, got {type(requires_grad).__name__}."
            )
        dtype = self.value.dtype
        if requires_grad and dtype.kind != "f":
            raise DTypeError(
                f"Only floating-point tensors can require a gradient; this one is {dtype}. "
                "Write the numbers with a decimal point, or give dtype=float."
            )
        if self.edge is not None and requires_grad != self.needs_grad:
            raise GradientError(
                "requires_grad can be changed on leaves only, and an operation made this "
                "tensor. Take detach() of it first."
            )
        self.needs_grad = requires_grad
        self.spec = spec_of(self.value)
        return self


def _check(tensor: Handle, gradient: Any) -> None:
    """Refuse what cannot be the gradient of a tensor.

    Raises:
        ArgumentError: it is no tensor, or the tensor itself.
        ShapeError, DTypeError: its shape or dtype is not the tensor's.
    """
    if not isinstance(gradient, Handle):
        raise ArgumentError(
            f".grad holds a tensor or None, got {type(gradient).__name__}; write "
            "autograd.tensor(…) around it."
        )
    if gradient is tensor:
        raise ArgumentError("A tensor cannot be its own gradient; assign .grad = x.clone().")
    shape, wanted = tuple(gradient.value.shape), tuple(tensor.value.shape)
    if shape != wanted:
        raise ShapeError(f".grad has the shape of its tensor: assigned {shape}, wanted {wanted}.")
    if gradient.value.dtype != tensor.value.dtype:
        raise DTypeError(
            f".grad has the dtype of its tensor: assigned {gradient.value.dtype}, wanted "
            f"{tensor.value.dtype}; convert it with .to(x.dtype)."
        )


# --- a leaf that was given another array (x.data = …) since it was used -------------------------


def as_it_is_now(leaf: Handle, gradient: Any) -> Any:
    """The gradient that arrived at a leaf, in the dtype that the leaf has now.

    Raises:
        GradientError: the leaf has another shape now.
    """
    if gradient.shape != leaf.value.shape:
        raise GradientError(
            f"{leaf.label or 'A leaf'} has shape {tuple(leaf.value.shape)}, and its gradient has "
            f"shape {tuple(gradient.shape)}: its array was given another shape in place, or "
            "replaced, after it was used. Assign the new array (x.data = …) before."
        )
    dtype = leaf.value.dtype
    return gradient if gradient.dtype == dtype else gradient.astype(dtype)


def check_addable(leaf: Handle, gradient: Array) -> None:
    """Refuse to add a gradient to one from when the leaf had another shape.

    Raises:
        GradientError: shapes differ.
    """
    before = leaf.accumulated
    if before is not None and before.value.shape != gradient.shape:
        raise GradientError(
            f"{leaf.label or 'A leaf'} has a .grad of shape {tuple(before.value.shape)}, from "
            f"before it was given an array of shape {tuple(gradient.shape)}. Take it away first "
            "(x.grad = None, or zero_grad())."
        )
