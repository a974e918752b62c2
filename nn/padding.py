"""Borders around signals, images and volumes, as layers."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.module import Module, shape_of
from nn.sizes import per_dim


class Pad(Module):
    """A border: one width for all sides, or one before and one after each dimension.

    Attributes:
        padding: widths as `autograd.pad` takes them, the last dimension first.
    """

    dims: int
    mode = "constant"

    def __init__(self, padding: Any) -> None:
        low = -(10**9) if self.mode == "constant" else 0
        self.padding = per_dim(padding, 2 * self.dims, "padding", least=low)

    def forward(self, input: Any) -> Any:
        """The input with its border.

        Raises:
            ShapeError: another number of dimensions, or a border too wide for its mode.
        """
        rank = len(shape_of(input))
        if self.mode != "constant" and rank not in (self.dims + 1, self.dims + 2):
            raise ag.ShapeError(
                f"{self!r} takes {self.dims + 1} dimensions (C, …) or {self.dims + 2} (N, C, …), "
                f"got shape {shape_of(input)}."
            )
        return ag.pad(input, self.padding, self.mode, self._value())

    def _value(self) -> float | None:
        return None

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return str(self.padding)


class ConstantPad(Pad):
    """A border of one value."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def _value(self) -> float | None:
        return self.value

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"padding={self.padding}, value={self.value}"


class ZeroPad(ConstantPad):
    """A border of zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return str(self.padding)


class ConstantPad1d(ConstantPad):
    """A border of one value: (…, L) → (…, L + left + right).

    Args:
        padding: a width for both sides, or (left, right); negative widths cut away.
        value: what the border consists of.
    """

    dims = 1


class ConstantPad2d(ConstantPad):
    """A border of one value: (…, H, W); padding is a width or (left, right, top, bottom)."""

    dims = 2


class ZeroPad1d(ZeroPad):
    """A border of zeros; see `ConstantPad1d`."""

    dims = 1


class ZeroPad2d(ZeroPad):
    """A border of zeros; see `ConstantPad2d` (lecture D3: (k − 1)/2 keeps the size).

    >>> ZeroPad2d((1, 0, 0, 1))(ag.ones(1, 1, 2)).tolist()
    [[[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]]
    """

    dims = 2


class ReflectionPad1d(Pad):
    """A border that mirrors the signal at its edge elements: (N, C, L) or (C, L).

    Args:
        padding: a width for both sides, or (left, right); less than the size.
    """

    dims, mode = 1, "reflect"


class ReflectionPad2d(Pad):
    """A border that mirrors the image at its edge pixels: (N, C, H, W) or (C, H, W)."""

    dims, mode = 2, "reflect"


class ReplicationPad1d(Pad):
    """A border that repeats the edge elements: (N, C, L) or (C, L)."""

    dims, mode = 1, "replicate"


class ReplicationPad2d(Pad):
    """A border that repeats the edge pixels: (N, C, H, W) or (C, H, W)."""

    dims, mode = 2, "replicate"


class CircularPad1d(Pad):
    """A border from the other end of the signal: (N, C, L) or (C, L)."""

    dims, mode = 1, "circular"


class CircularPad2d(Pad):
    """A border from the other ends of the image: (N, C, H, W) or (C, H, W)."""

    dims, mode = 2, "circular"
