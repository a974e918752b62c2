"""Pooling: each window of a signal or an image becomes one number."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from nn.module import Module
from nn.sizes import per_dim, shown


class _Windows(Module):
    """What slides windows of a size over the input."""

    dims: int
    kernel_size: Any
    stride: Any
    padding: Any

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"

    def describe(self) -> str:
        """``MaxPool2d(2×2)``, with the stride where it is not that of the window."""
        step = "" if self.stride in (None, self.kernel_size) else f", stride {shown(self.stride)}"
        return f"{type(self).__name__}({_window(self)}{step})"


def _window(layer: Any) -> str:
    kernel, dims = layer.kernel_size, layer.dims
    return shown((kernel,) * dims if isinstance(kernel, int) else kernel)


class MaxPool(_Windows):
    """The largest element of each window, in any number of dimensions."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size, self.padding, self.dilation = kernel_size, padding, dilation
        self.stride = kernel_size if stride is None else stride
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Any) -> Any:
        """The largest elements, and with `return_indices` their places.

        Raises:
            ShapeError: another number of dimensions, a kernel larger than the padded input, or
                padding of more than half of it.
        """
        function = (ag.max_pool1d, ag.max_pool2d, ag.max_pool3d)[self.dims - 1]
        return function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        sizes = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        return f"{sizes}, dilation={self.dilation}, ceil_mode={self.ceil_mode}"


class MaxPool1d(MaxPool):
    """The largest element of each window of a signal.

    Shapes: (N, C, L) or (C, L) → (N, C, L') or (C, L'), with L' as `output_size` says.

    Args:
        kernel_size: of the window.
        stride: from one window to the next; the kernel size by default, less lets them overlap.
        padding: −∞ on both sides, at most half the kernel.
        dilation: the distance between the elements of a window.
        return_indices: give the places of the largest elements too, for `MaxUnpool1d`.
        ceil_mode: let a last window reach beyond the end, if it begins before it.

    >>> MaxPool1d(2)(ag.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
    [[3.0, 2.0]]
    """

    dims = 1


class MaxPool2d(MaxPool):
    """The largest element of each window of an image (lectures A, D3).

    Shapes: (N, C, H, W) or (C, H, W) → (N, C, H', W') or (C, H', W'). Arguments and errors are
    those of `MaxPool1d`, a number or one per dimension.
    """

    dims = 2


class AvgPool1d(_Windows):
    """The mean of each window of a signal.

    Shapes: those of `MaxPool1d`.

    Args:
        kernel_size, stride, ceil_mode: as in `MaxPool1d`.
        padding: zeros on both sides, at most half the kernel.
        count_include_pad: whether the zeros count in the mean.
    """

    dims = 1

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self.kernel_size = per_dim(kernel_size, 1, "kernel_size")
        self.stride = self.kernel_size if stride is None else per_dim(stride, 1, "stride")
        self.padding = per_dim(padding, 1, "padding")
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Any) -> Any:
        """The means.

        Raises:
            ShapeError: as in `MaxPool1d`.
        """
        options = (self.padding, self.ceil_mode, self.count_include_pad)
        return ag.avg_pool1d(input, self.kernel_size, self.stride, *options)


class AvgPool(_Windows):
    """The mean of each window of images or volumes."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        """The means.

        Raises:
            ShapeError: as in `MaxPool1d`.
        """
        function = (ag.avg_pool2d, ag.avg_pool3d)[self.dims - 2]
        options = (self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override)
        return function(input, self.kernel_size, self.stride, *options)


class AvgPool2d(AvgPool):
    """The mean of each window of an image (lecture A).

    Shapes: those of `MaxPool2d`.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as in `AvgPool1d`, a number
            or one per dimension.
        divisor_override: what the sums are divided by instead of the number of elements.
    """

    dims = 2


class SumPool2d(_Windows):
    """The sum of each window of an image, the lectures' third way to pool (lecture A).

    Shapes: those of `MaxPool2d`. PyTorch has no such layer.

    Args:
        kernel_size, stride, padding, ceil_mode: as in `AvgPool2d`.

    >>> SumPool2d(2)(ag.ones(1, 4, 4)).tolist()
    [[[4.0, 4.0], [4.0, 4.0]]]
    """

    dims = 2

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False
    ) -> None:
        self.kernel_size, self.padding, self.ceil_mode = kernel_size, padding, ceil_mode
        self.stride = kernel_size if stride is None else stride

    def forward(self, input: Any) -> Any:
        """The sums.

        Raises:
            ShapeError: as in `MaxPool1d`.
        """
        return ag.sum_pool2d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode)


class LPPool(_Windows):
    """The p-norm of each window, in any number of dimensions."""

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        if not norm_type:
            raise ag.RangeError(f"{type(self).__name__}(norm_type=0): a power other than 0.")
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Any) -> Any:
        """(Σ xᵖ)^(1/p), which is NaN where an odd p makes the sum negative (but for p = 1).

        Raises:
            ShapeError: another number of dimensions, or a kernel larger than the input.
        """
        function = (ag.avg_pool1d, ag.avg_pool2d, ag.avg_pool3d)[self.dims - 1]
        count = math.prod(per_dim(self.kernel_size, self.dims, "kernel_size"))
        mean = function(input**self.norm_type, self.kernel_size, self.stride, 0, self.ceil_mode)
        return (mean * count) ** (1 / self.norm_type)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        sizes = f"norm_type={self.norm_type}, kernel_size={self.kernel_size}"
        return f"{sizes}, stride={self.stride}, ceil_mode={self.ceil_mode}"


class LPPool1d(LPPool):
    """The p-norm of each window of a signal: (Σ xᵖ)^(1/p); p = 1 sums, a large p nears the maximum.

    Shapes: those of `MaxPool1d`. A window that `ceil_mode` cuts off counts as if it were whole,
    as in PyTorch.

    Args:
        norm_type: p.
        kernel_size, stride, ceil_mode: as in `MaxPool1d`.

    Raises:
        RangeError: p is 0.
    """

    dims = 1


class LPPool2d(LPPool):
    """The p-norm of each window of an image; arguments and errors are those of `LPPool1d`."""

    dims = 2


class Adaptive(Module):
    """What divides the input into a number of bins."""

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(Adaptive):
    """The means of `output_size` bins of a signal, however long it is.

    Shapes: (N, C, L) or (C, L) → (N, C, bins) or (C, bins). Bin i of m over n elements goes from
    ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉; neighbours may overlap.

    Args:
        output_size: the number of bins.
    """

    def forward(self, input: Any) -> Any:
        """The means.

        Raises:
            ShapeError, RangeError: another number of dimensions, or less than one bin.
        """
        return ag.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(Adaptive):
    """The means of so many bins of an image, however large it is.

    Shapes: (N, C, H, W) or (C, H, W) → (N, C, *bins) or (C, *bins).

    Args:
        output_size: a number for both dimensions or one for each, None for the input's size.
    """

    def forward(self, input: Any) -> Any:
        """The means; errors as in `AdaptiveAvgPool1d`."""
        return ag.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMax(Adaptive):
    """What finds the largest element of each bin."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(AdaptiveMax):
    """The largest elements of `output_size` bins of a signal; see `AdaptiveAvgPool1d`.

    Args:
        output_size: the number of bins.
        return_indices: give the places of the largest elements too.
    """

    def forward(self, input: Any) -> Any:
        """The largest elements, and with `return_indices` their places."""
        return ag.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(AdaptiveMax):
    """The largest elements of so many bins of an image; see `AdaptiveAvgPool2d`.

    Args:
        output_size: a number for both dimensions or one for each, None for the input's size.
        return_indices: give the places of the largest elements too, counted row by row.
    """

    def forward(self, input: Any) -> Any:
        """The largest elements, and with `return_indices` their places."""
        return ag.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class MaxUnpool(_Windows):
    """Maxima back at their places, in any number of dimensions."""

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        self.kernel_size = per_dim(kernel_size, self.dims, "kernel_size")
        self.stride = self.kernel_size if stride is None else per_dim(stride, self.dims, "stride")
        self.padding = per_dim(padding, self.dims, "padding")

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Each maximum at its place, and zeros elsewhere.

        Args:
            indices: what the pooling returned with ``return_indices=True``.
            output_size: the size before pooling, where the windows left elements over.

        Raises:
            ShapeError: not one index for each element.
            IndexingError: an index outside the output.
        """
        function = (ag.max_unpool1d, ag.max_unpool2d, ag.max_unpool3d)[self.dims - 1]
        sizes = (self.kernel_size, self.stride, self.padding)
        return function(input, indices, *sizes, output_size)


class MaxUnpool1d(MaxUnpool):
    """The inverse of `MaxPool1d` as far as there is one: maxima at their places, else zeros.

    Shapes: (N, C, L), and indices of the same → (N, C, (L − 1)·stride − 2·padding + k).

    Args:
        kernel_size, stride, padding: those of the pooling.
    """

    dims = 1


class MaxUnpool2d(MaxUnpool):
    """The inverse of `MaxPool2d` as far as there is one, what a deconvnet looks back with.

    Arguments and errors are those of `MaxUnpool1d` (Zeiler & Fergus 2014).

    >>> pooled, places = MaxPool2d(2, return_indices=True)(ag.arange(4.0).reshape(1, 2, 2))
    >>> MaxUnpool2d(2)(pooled, places).tolist()
    [[[0.0, 0.0], [0.0, 3.0]]]
    """

    dims = 2
