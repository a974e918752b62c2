"""GoogLeNet: inception modules, as in the paper and with batch normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn import init
from nn.activation import Identity
from nn.batch_norm import BatchNorm2d
from nn.container import Sequential
from nn.convolution import Conv2d
from nn.dropout import Dropout
from nn.linear import Linear
from nn.models.weights import constant_bias, each, normal_into
from nn.module import Module
from nn.normalization import LocalResponseNorm
from nn.pooling import AdaptiveAvgPool2d, MaxPool2d

# Of each inception module: inputs, #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj (table 1).
_TABLE = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class BasicConv2d(Module):
    """A convolution and ReLU, with batch normalisation in between instead of a bias."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        batch_norm: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        draw = {"dtype": dtype, "rng": rng}
        sizes = (in_channels, out_channels, kernel_size, stride, padding)
        self.conv = Conv2d(*sizes, bias=not batch_norm, **draw)
        self.bn = BatchNorm2d(out_channels, eps=0.001, dtype=dtype) if batch_norm else None

    def forward(self, input: Any) -> Any:
        """ReLU(BN(w∗x)), or ReLU(w∗x + b)."""
        maps = self.conv(input)
        return ag.relu(maps if self.bn is None else self.bn(maps))


class Inception(Module):
    """Four views of the same maps side by side: 1×1, 3×3, 5×5 and a pool (Szegedy et al. 2015).

    1×1 convolutions make the maps fewer before the costly kernels see them.

    Shapes: (N, C, H, W) → (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W).

    Args:
        in_channels: C.
        ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj: the columns of the paper's table 1.
        batch_norm: normalise after each convolution; the third view then has a kernel of 3×3,
            as the widespread weights do, instead of 5×5.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
        batch_norm: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        kind: dict[str, Any] = {
            "batch_norm": batch_norm,
            "dtype": dtype,
            "rng": ag.generator(rng),
        }
        large = 3 if batch_norm else 5
        self.branch1 = BasicConv2d(in_channels, ch1x1, 1, **kind)
        self.branch2 = Sequential(
            BasicConv2d(in_channels, ch3x3red, 1, **kind),
            BasicConv2d(ch3x3red, ch3x3, 3, padding=1, **kind),
        )
        self.branch3 = Sequential(
            BasicConv2d(in_channels, ch5x5red, 1, **kind),
            BasicConv2d(ch5x5red, ch5x5, large, padding=large // 2, **kind),
        )
        self.branch4 = Sequential(
            MaxPool2d(3, 1, padding=1, ceil_mode=True),
            BasicConv2d(in_channels, pool_proj, 1, **kind),
        )

    def forward(self, input: Any) -> Any:
        """The four views, one behind the other along the channels."""
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return ag.cat([branch(input) for branch in branches], dim=-3)


class GoogLeNet(Module):
    """Nine inception modules, no large linear layer (Szegedy et al. 2015; lectures A, B, E).

    With batch normalisation 6,624,904 parameters, in the form whose weights are widespread;
    without it, as in the paper, with biases and local response normalisation, 6,998,552.
    The paper's two auxiliary heads, which serve training only, are left out.

    Shapes: (N, 3, H, W) → (N, classes); 224×224 in the paper.

    Args:
        num_classes: the number of outputs.
        batch_norm: which of the two forms.
        dropout: the share that is dropped before the linear layer, in training; None takes
            0.2 with batch normalisation and the paper's 0.4 without.
        init_weights: N(0, 0.01²) with batch normalisation; without it Glorot's values and
            biases of 0.2. False keeps those of the layers.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        batch_norm: bool = True,
        dropout: float | None = None,
        init_weights: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        rng = ag.generator(rng)
        kind: dict[str, Any] = {"batch_norm": batch_norm, "dtype": dtype, "rng": rng}
        self.conv1 = BasicConv2d(3, 64, 7, stride=2, padding=3, **kind)
        self.maxpool1 = MaxPool2d(3, 2, ceil_mode=True)
        self.norm1 = _local_norm(batch_norm)
        self.conv2 = BasicConv2d(64, 64, 1, **kind)
        self.conv3 = BasicConv2d(64, 192, 3, padding=1, **kind)
        self.norm2 = _local_norm(batch_norm)
        self.maxpool2 = MaxPool2d(3, 2, ceil_mode=True)
        self._stage("3", kind)
        self.maxpool3 = MaxPool2d(3, 2, ceil_mode=True)
        self._stage("4", kind)
        self.maxpool4 = MaxPool2d(2 if batch_norm else 3, 2, ceil_mode=True)
        self._stage("5", kind)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.dropout = Dropout(
            (0.2 if batch_norm else 0.4) if dropout is None else dropout, rng=rng
        )
        self.fc = Linear(1024, num_classes, dtype=dtype, rng=rng)
        if init_weights:
            (_small_normal if batch_norm else _glorot)(self, rng)

    def _stage(self, number: str, kind: dict[str, Any]) -> None:
        """The inception modules of one resolution."""
        for name, sizes in _TABLE.items():
            if name.startswith(number):
                setattr(self, f"inception{name}", Inception(*sizes, **kind))

    def forward(self, input: Any) -> Any:
        """The scores of the classes.

        Raises:
            ShapeError: other channels, or no batch of images.
        """
        maps = self.norm1(self.maxpool1(self.conv1(input)))
        maps = self.maxpool2(self.norm2(self.conv3(self.conv2(maps))))
        for name in _TABLE:
            if name in ("4a", "5a"):
                maps = (self.maxpool3 if name == "4a" else self.maxpool4)(maps)
            maps = getattr(self, f"inception{name}")(maps)
        return self.fc(self.dropout(ag.flatten(self.avgpool(maps), 1)))


def _local_norm(batch_norm: bool) -> Module:
    """The paper's normalisation over five channels, where there is no other."""
    return Identity() if batch_norm else LocalResponseNorm(5)


def _layers(model: Module) -> list[Conv2d | Linear]:
    return [*each(model, Conv2d), *each(model, Linear)]


def _small_normal(model: Module, rng: np.random.Generator) -> None:
    for layer in _layers(model):
        normal_into(layer.weight, 0.01, rng)


def _glorot(model: Module, rng: np.random.Generator) -> None:
    for layer in _layers(model):
        init.xavier_uniform_(layer.weight, rng=rng)
        constant_bias(layer, 0.2 if isinstance(layer, Conv2d) else 0.0)
