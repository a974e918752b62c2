"""Convolutions: small kernels that slide over signals and images."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from nn.module import Module, shape_of
from nn.parameter import uniform
from nn.sizes import Sizes, per_dim, shown

_MODES = ("zeros", "reflect", "replicate", "circular")
_LETTERS = {1: "L", 2: "H, W", 3: "D, H, W"}
_TRANSPOSED = (ag.conv_transpose1d, ag.conv_transpose2d, ag.conv_transpose3d)


class _Convolution(Module):
    """What all convolutions have in common: kernels, first values, words."""

    dims: int
    transposed = False
    output_padding: Sizes

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = per_dim(kernel_size, self.dims, "kernel_size", least=1)
        self.stride = per_dim(stride, self.dims, "stride", least=1)
        self.dilation = per_dim(dilation, self.dims, "dilation", least=1)
        self.padding = self._read_padding(padding)
        self.padding_mode = padding_mode
        self._check()
        self._draw(bias, dtype, ag.generator(rng))

    def _read_padding(self, padding: Any) -> Any:
        """Numbers, or the words ``'same'`` and ``'valid'``."""
        if not isinstance(padding, str):
            return per_dim(padding, self.dims, "padding")
        if padding not in ("same", "valid"):
            raise ag.RangeError(f"padding={padding!r}: write 'same', 'valid' or numbers.")
        if padding == "same" and any(step != 1 for step in self.stride):
            raise ag.RangeError(
                f"padding='same' keeps the size, which a stride of {self.stride} does not; give "
                "the padding in numbers."
            )
        return padding

    def _check(self) -> None:
        name = type(self).__name__
        if self.groups < 1 or self.in_channels % self.groups or self.out_channels % self.groups:
            raise ag.RangeError(
                f"{name}: {self.groups} groups do not divide {self.in_channels} channels into "
                f"{self.out_channels} evenly; both must be divisible by groups."
            )
        if self.padding_mode not in _MODES:
            raise ag.RangeError(
                f"{name}: padding_mode={self.padding_mode!r} is none of {', '.join(_MODES)}."
            )

    def _draw(self, bias: bool, dtype: Any, rng: Any) -> None:
        """First values in U(±1/√fan_in) with the fan-in of the weight's layout, as PyTorch's."""
        ends = (self.out_channels, self.in_channels // self.groups)
        if self.transposed:
            ends = (self.in_channels, self.out_channels // self.groups)
        fan_in = ends[1] * math.prod(self.kernel_size)
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        self.weight = uniform((*ends, *self.kernel_size), bound, "weight", dtype=dtype, rng=rng)
        self.bias = (
            uniform((self.out_channels,), bound, "bias", dtype=dtype, rng=rng) if bias else None
        )

    def _explained(self, input: Any, error: Exception) -> ag.ShapeError:
        shape = f"({self.in_channels}, {_LETTERS[self.dims]})"
        return ag.ShapeError(
            f"{self.describe()} takes an input of shape {shape} or (N, {shape[1:]}, got "
            f"{shape_of(input)}: {error}"
        )

    def extra_repr(self) -> str:
        """The arguments that `repr` shows: the sizes, and what differs from the defaults."""
        zero, one = (0,) * self.dims, (1,) * self.dims
        options = {
            "padding": (self.padding, zero),
            "dilation": (self.dilation, one),
            "output_padding": (getattr(self, "output_padding", zero), zero),
            "groups": (self.groups, 1),
            "bias": (self.bias is not None, True),
            "padding_mode": (self.padding_mode, "zeros"),
        }
        parts = [f"{name}={value}" for name, (value, usual) in options.items() if value != usual]
        sizes = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        return ", ".join([f"{sizes}, stride={self.stride}", *parts])

    def describe(self) -> str:
        """``Conv2d(1→8, 5×5)``, with the stride where there is one."""
        step = f", stride {shown(self.stride)}" if any(s != 1 for s in self.stride) else ""
        ends = f"{self.in_channels}→{self.out_channels}"
        return f"{type(self).__name__}({ends}, {shown(self.kernel_size)}{step})"


class Convolution(_Convolution):
    """Kernels that look at windows of the input."""

    def forward(self, input: Any) -> Any:
        """The kernels at every place of the input.

        Raises:
            ShapeError: other channels or dimensions, or an image smaller than the kernel.
        """
        function = (ag.conv1d, ag.conv2d, ag.conv3d)[self.dims - 1]
        try:
            image, padding = input, self.padding
            if self.padding_mode != "zeros":
                image, padding = ag.pad(input, self._border(), self.padding_mode), 0
            return function(
                image, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
            )
        except ag.ShapeError as error:
            raise self._explained(input, error) from error

    def _border(self) -> list[int]:
        """The padding as `autograd.pad` takes it: both sides of the last dimension first."""
        if self.padding == "valid":
            return [0, 0] * self.dims
        border: list[int] = []
        for i in reversed(range(self.dims)):
            total = self.dilation[i] * (self.kernel_size[i] - 1)
            same = (total // 2, total - total // 2)
            border += same if self.padding == "same" else (self.padding[i],) * 2
        return border


class Conv1d(Convolution):
    """Kernels that slide over a signal (cross-correlation): y = Σ w·x + b.

    y[o, i] = Σ_ck w[o, c, k]·x[c, s·i + d·k] + b[o].

    Shapes: (N, C, L) or (C, L) → (N, O, L') or (O, L'), with L' as `output_size` says. Weight
    and bias start in U(±1/√(C/groups·k)), as PyTorch's do.

    Args:
        in_channels, out_channels: C and O.
        kernel_size: k.
        stride: s, how far the kernel moves from one output to the next.
        padding: elements on both sides, ``'valid'`` for none, or ``'same'`` for the size of the
            input (with a kernel of even size one more at the end).
        dilation: d, the distance between the inputs that one window sees.
        groups: into how many independent convolutions the channels are divided.
        bias: whether to add b.
        padding_mode: what the padding shows: ``'zeros'``, ``'reflect'``, ``'replicate'`` or
            ``'circular'``.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Attributes:
        weight: w, shape (O, C/groups, k).
        bias: b, shape (O,), or None.

    Raises:
        RangeError, ArgumentError: groups that do not divide the channels, sizes below 1,
            ``'same'`` with a stride, an unknown padding mode.

    >>> Conv1d(2, 3, 5, padding="same", rng=0)(ag.ones(2, 8)).shape
    (3, 8)
    """

    dims = 1


class Conv2d(Convolution):
    """Kernels that slide over an image (lectures D1, D2; LeCun et al. 1989).

    Shapes: (N, C, H, W) or (C, H, W) → (N, O, H', W') or (O, H', W'); sizes, arguments and
    errors are those of `Conv1d`, a number or one per dimension.

    Attributes:
        weight: shape (O, C/groups, kH, kW).
        bias: shape (O,), or None.

    >>> layer = Conv2d(3, 6, 5, rng=0)
    >>> layer(ag.ones(1, 3, 32, 32)).shape, layer.describe()
    ((1, 6, 28, 28), 'Conv2d(3→6, 5×5)')
    """

    dims = 2


class TransposedConvolution(_Convolution):
    """Kernels that each element of the input spreads over a window of the output."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        name = type(self).__name__
        if padding_mode != "zeros" or isinstance(padding, str):
            raise ag.RangeError(f"{name}: padding is given in numbers, and its mode is 'zeros'.")
        self.output_padding = per_dim(output_padding, self.dims, "output_padding")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            dtype=dtype,
            rng=rng,
        )

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """Each element spread over its window; where windows overlap they add up.

        Args:
            output_size: the size wanted, among those that a convolution maps to the input's.

        Raises:
            ShapeError: other channels or dimensions, or an output size that is not possible.
        """
        function = _TRANSPOSED[self.dims - 1]
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        try:
            return function(
                input,
                self.weight,
                self.bias,
                self.stride,
                self.padding,
                extra,
                self.groups,
                self.dilation,
            )
        except ag.ShapeError as error:
            raise self._explained(input, error) from error

    def _extra(self, input: Any, output_size: Any) -> Sizes:
        """The output padding that makes the output as large as wanted."""
        given = (output_size,) if isinstance(output_size, int) else tuple(output_size)
        wanted, image = given[-self.dims :], shape_of(input)[-self.dims :]
        least = self._least(image)
        extra = tuple(w - low for w, low in zip(wanted, least, strict=False))
        steps = self.stride
        if len(extra) < self.dims or any(not 0 <= e < s for e, s in zip(extra, steps, strict=True)):
            most = tuple(low + s - 1 for low, s in zip(least, steps, strict=True))
            raise ag.ShapeError(
                f"{self.describe()}: output_size={output_size!r} is not possible for an input of "
                f"size {image}; the sizes go from {least} to {most}."
            )
        return extra

    def _least(self, image: Sizes) -> Sizes:
        """The output's size without output padding."""
        layout = (image, self.stride, self.padding, self.dilation, self.kernel_size)
        return tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in zip(*layout, strict=True)
        )


class ConvTranspose1d(TransposedConvolution):
    """The adjoint of `Conv1d` as a layer of its own: each element becomes a window.

    Shapes: (N, C, L) or (C, L) → (N, O, L') or (O, L') with
    L' = (L − 1)·stride − 2·padding + dilation·(k − 1) + output_padding + 1. Weight and bias
    start in U(±1/√(O/groups·k)), as PyTorch's do.

    Args:
        in_channels, out_channels: C and O.
        kernel_size, stride, dilation, groups, bias, dtype, rng: as in `Conv1d`.
        padding: how much of the output is cut off on both sides.
        output_padding: how much longer the output is at its end, which only chooses among the
            sizes that a strided convolution maps to the same one.

    Attributes:
        weight: shape (C, O/groups, k).
        bias: shape (O,), or None.

    Raises:
        RangeError, ArgumentError: as in `Conv1d`.
    """

    dims = 1


class ConvTranspose2d(TransposedConvolution):
    """The adjoint of `Conv2d` as a layer of its own, which enlarges images (Zeiler et al. 2010).

    Shapes: (N, C, H, W) or (C, H, W) → (N, O, H', W') or (O, H', W'); sizes, arguments and
    errors are those of `ConvTranspose1d`.

    Attributes:
        weight: shape (C, O/groups, kH, kW).
        bias: shape (O,), or None.
    """

    dims = 2
