"""Residual networks: layers that learn what to add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd as ag
from nn.activation import ReLU
from nn.batch_norm import BatchNorm2d
from nn.container import Sequential
from nn.convolution import Conv2d
from nn.linear import Linear
from nn.models.weights import kaiming_convolutions
from nn.module import Module
from nn.pooling import AdaptiveAvgPool2d, MaxPool2d


class BasicBlock(Module):
    """Two 3×3 convolutions and a bypass: y = ReLU(F(x) + x) (He et al. 2016; lectures A, E).

    Shapes: (N, C, H, W) → (N, O, H / stride, W / stride).

    Args:
        inplanes, planes: C and O.
        stride: of the first convolution. Where it is not 1, or C is not O, a 1×1 convolution
            brings the bypass to the size of F(x).
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.
    """

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, *, dtype: Any = None, rng: Any = None
    ) -> None:
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.conv1 = Conv2d(inplanes, planes, 3, stride, padding=1, bias=False, **draw)
        self.bn1 = BatchNorm2d(planes, dtype=dtype)
        self.relu = ReLU()
        self.conv2 = Conv2d(planes, planes, 3, padding=1, bias=False, **draw)
        self.bn2 = BatchNorm2d(planes, dtype=dtype)
        self.downsample = None
        if stride != 1 or inplanes != planes:
            self.downsample = Sequential(
                Conv2d(inplanes, planes, 1, stride, bias=False, **draw),
                BatchNorm2d(planes, dtype=dtype),
            )

    def forward(self, input: Any) -> Any:
        """ReLU(F(x) + x)."""
        bypass = input if self.downsample is None else self.downsample(input)
        found = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(input)))))
        return self.relu(found + bypass)


class ResNet(Module):
    """A stem and stages of residual blocks (He et al. 2016; lectures A, E).

    Shapes: (N, C, H, W) → (N, classes); every stage after the first halves H and W.

    Args:
        layers: the number of blocks in each of the four stages.
        num_classes: the number of outputs.
        in_channels: 3 for colours.
        width: the channels of the first stage; each next one has twice as many.
        init_weights: He's values for convolutions; False keeps those of the layers.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: not four stages of at least one block.
    """

    def __init__(
        self,
        layers: Sequence[int],
        num_classes: int = 1000,
        in_channels: int = 3,
        width: int = 64,
        init_weights: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        if len(layers) != 4 or min(layers) < 1:
            raise ag.RangeError(
                f"ResNet(layers={list(layers)}): write how many blocks each of the four stages "
                "has, at least one: [2, 2, 2, 2]."
            )
        rng = ag.generator(rng)
        draw = {"dtype": dtype, "rng": rng}
        self.conv1 = Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False, **draw)
        self.bn1 = BatchNorm2d(width, dtype=dtype)
        self.relu = ReLU()
        self.maxpool = MaxPool2d(3, 2, padding=1)
        self.layer1 = _stage(width, width, layers[0], 1, dtype, rng)
        self.layer2 = _stage(width, 2 * width, layers[1], 2, dtype, rng)
        self.layer3 = _stage(2 * width, 4 * width, layers[2], 2, dtype, rng)
        self.layer4 = _stage(4 * width, 8 * width, layers[3], 2, dtype, rng)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(8 * width, num_classes, **draw)
        if init_weights:
            kaiming_convolutions(self, rng)

    def forward(self, input: Any) -> Any:
        """The scores of the classes.

        Raises:
            ShapeError: other channels, or no batch of images.
        """
        maps = self.maxpool(self.relu(self.bn1(self.conv1(input))))
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        return self.fc(ag.flatten(self.avgpool(maps), 1))


def ResNet18(num_classes: int = 1000, **options: Any) -> ResNet:
    """`ResNet` of two blocks a stage, 18 layers with weights: 11,689,512 parameters.

    Args:
        num_classes: the number of outputs.
        **options: those of `ResNet`.
    """
    return ResNet((2, 2, 2, 2), num_classes, **options)


def _stage(
    inplanes: int, planes: int, blocks: int, stride: int, dtype: Any, rng: np.random.Generator
) -> Sequential:
    first = BasicBlock(inplanes, planes, stride, dtype=dtype, rng=rng)
    rest = [BasicBlock(planes, planes, dtype=dtype, rng=rng) for _ in range(blocks - 1)]
    return Sequential(first, *rest)
