"""Layers of volumes and films: three dimensions of what has one and two elsewhere.

Shapes are (N, C, D, H, W) or (C, D, H, W); arguments, first values and errors are those of the
layers of the same name with ``1d`` and ``2d``, a number or one for each dimension.
"""

from __future__ import annotations

from typing import Any, ClassVar

import autograd as ag
from nn.batch_norm import BatchNorm, InstanceNorm
from nn.convolution import Convolution, TransposedConvolution
from nn.dropout import RandomZeros
from nn.padding import ConstantPad, Pad, ZeroPad
from nn.pooling import Adaptive, AdaptiveMax, AvgPool, LPPool, MaxPool, MaxUnpool


class Conv3d(Convolution):
    """Kernels that slide over a volume or a film; see `Conv1d`.

    >>> Conv3d(1, 2, 3, rng=0)(ag.ones(1, 4, 5, 6)).shape
    (2, 2, 3, 4)
    """

    dims = 3


class ConvTranspose3d(TransposedConvolution):
    """The adjoint of `Conv3d` as a layer of its own; see `ConvTranspose1d`."""

    dims = 3


class MaxPool3d(MaxPool):
    """The largest element of each window of a volume; see `MaxPool1d`."""

    dims = 3


class AvgPool3d(AvgPool):
    """The mean of each window of a volume; see `AvgPool2d`."""

    dims = 3


class LPPool3d(LPPool):
    """The p-norm of each window of a volume; see `LPPool1d`."""

    dims = 3


class MaxUnpool3d(MaxUnpool):
    """The inverse of `MaxPool3d` as far as there is one; see `MaxUnpool1d`."""

    dims = 3


class AdaptiveAvgPool3d(Adaptive):
    """The means of so many bins of a volume; see `AdaptiveAvgPool2d`."""

    def forward(self, input: Any) -> Any:
        """The means; errors as in `AdaptiveAvgPool1d`."""
        return ag.adaptive_avg_pool3d(input, self.output_size)


class AdaptiveMaxPool3d(AdaptiveMax):
    """The largest elements of so many bins of a volume; see `AdaptiveMaxPool2d`."""

    def forward(self, input: Any) -> Any:
        """The largest elements, and with `return_indices` their places."""
        return ag.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class BatchNorm3d(BatchNorm):
    """Batch norm of volumes: one mean and one variance for each channel; see `BatchNorm1d`."""

    ranks: ClassVar[dict[int, str]] = {5: "(N, C, D, H, W)"}


class InstanceNorm3d(InstanceNorm):
    """Instance norm of volumes; see `InstanceNorm1d`."""

    ranks: ClassVar[dict[int, str]] = {4: "(C, D, H, W)", 5: "(N, C, D, H, W)"}


class Dropout3d(RandomZeros):
    """In training whole channels of volumes are zero with probability p; see `Dropout1d`."""

    def forward(self, input: Any) -> Any:
        """Whole channels zero, the others divided by 1 − p, in training."""
        return ag.dropout3d(input, self.p, self.training, rng=self.rng)


class ConstantPad3d(ConstantPad):
    """A border of one value: (left, right, top, bottom, front, back); see `ConstantPad1d`."""

    dims = 3


class ZeroPad3d(ZeroPad):
    """A border of zeros; see `ConstantPad3d`."""

    dims = 3


class ReflectionPad3d(Pad):
    """A border that mirrors the volume at its edge elements; see `ReflectionPad1d`."""

    dims, mode = 3, "reflect"


class ReplicationPad3d(Pad):
    """A border that repeats the edge elements; see `ReplicationPad1d`."""

    dims, mode = 3, "replicate"


class CircularPad3d(Pad):
    """A border from the other ends of the volume; see `CircularPad1d`."""

    dims, mode = 3, "circular"
