"""VGG: small kernels, many layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd as ag
from nn.activation import ReLU
from nn.batch_norm import BatchNorm2d
from nn.container import Sequential
from nn.convolution import Conv2d
from nn.dropout import Dropout
from nn.linear import Linear
from nn.models.staged import Staged
from nn.models.weights import kaiming_convolutions, small_linear
from nn.module import Module
from nn.pooling import AdaptiveAvgPool2d, MaxPool2d


class VGG(Module):
    """Stages of 3×3 convolutions, each ended by a 2×2 pool (Simonyan & Zisserman 2015).

    Two 3×3 kernels in a row see 5×5 pixels, three see 7×7, with fewer weights than one large
    kernel and more nonlinearities (lectures A, B, E).

    Shapes: (N, C, H, W) or (C, H, W) → (N, classes) or (classes,); H and W at least 2^stages.

    Args:
        stages: for each stage, the channels of its convolutions: ``((64, 64), (128, 128), …)``.
        num_classes: the number of outputs.
        dropout: the share that is dropped after the first two linear layers, in training.
        hidden: the units of the first two linear layers.
        batch_norm: whether each convolution is followed by batch normalisation.
        in_channels: 3 for colours.
        init_weights: He's values for convolutions and N(0, 0.01²) for linear layers; False
            keeps those of the layers, which takes half the time.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: no stages, or one without convolutions.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[int]],
        num_classes: int = 1000,
        dropout: float = 0.5,
        hidden: int = 4096,
        batch_norm: bool = False,
        in_channels: int = 3,
        init_weights: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        if not stages or not all(stages):
            raise ag.RangeError(
                "VGG(stages=…): write the channels of the convolutions of each stage, such as "
                f"((64, 64), (128, 128)); got {stages!r}."
            )
        rng = ag.generator(rng)
        self.features = Staged(*_features(stages, in_channels, batch_norm, dtype, rng))
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.classifier = _classifier(
            (stages[-1][-1] * 49, hidden, num_classes), dropout, dtype, rng
        )
        if init_weights:
            kaiming_convolutions(self, rng)
            small_linear(self, rng)

    def forward(self, input: Any) -> Any:
        """The scores of the classes.

        Raises:
            ShapeError: other channels, or images too small for the pools.
        """
        return self.classifier(ag.flatten(self.avgpool(self.features(input)), -3))


def VGG16(num_classes: int = 1000, **options: Any) -> VGG:
    """VGG with 13 convolutions and 3 linear layers, configuration D: 138,357,544 parameters.

    Args:
        num_classes: the number of outputs.
        **options: those of `VGG`.
    """
    stages = ((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3)
    return VGG(stages, num_classes, **options)


def _features(
    stages: Sequence[Sequence[int]],
    channels: int,
    batch_norm: bool,
    dtype: Any,
    rng: np.random.Generator,
) -> list[Module]:
    layers: list[Module] = []
    for stage in stages:
        for width in stage:
            layers.append(Conv2d(channels, width, 3, padding=1, dtype=dtype, rng=rng))
            layers += [BatchNorm2d(width, dtype=dtype)] if batch_norm else []
            layers.append(ReLU())
            channels = width
        layers.append(MaxPool2d(2, 2))
    return layers


def _classifier(
    sizes: tuple[int, int, int], dropout: float, dtype: Any, rng: np.random.Generator
) -> Sequential:
    inputs, hidden, outputs = sizes
    return Sequential(
        Linear(inputs, hidden, dtype=dtype, rng=rng),
        ReLU(),
        Dropout(dropout, rng=rng),
        Linear(hidden, hidden, dtype=dtype, rng=rng),
        ReLU(),
        Dropout(dropout, rng=rng),
        Linear(hidden, outputs, dtype=dtype, rng=rng),
    )
