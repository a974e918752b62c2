"""AlexNet in one column."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.activation import ReLU
from nn.container import Sequential
from nn.convolution import Conv2d
from nn.dropout import Dropout
from nn.linear import Linear
from nn.models.staged import Staged
from nn.module import Module
from nn.pooling import AdaptiveAvgPool2d, MaxPool2d


class AlexNet(Module):
    """Five convolutions and three linear layers on 224×224 (Krizhevsky 2014; lectures A, E).

    The network of Krizhevsky, Sutskever & Hinton (2012), which won ImageNet, without its two
    columns and its local normalisation: 61,100,840 parameters.

    Shapes: (N, C, H, W) or (C, H, W) → (N, classes) or (classes,); H and W at least 63.

    Args:
        num_classes: the number of outputs.
        dropout: the share that is dropped before the first two linear layers, in training.
        in_channels: 3 for colours.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        dropout: float = 0.5,
        in_channels: int = 3,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        rng = ag.generator(rng)
        draw = {"dtype": dtype, "rng": rng}
        self.features = Staged(
            Conv2d(in_channels, 64, 11, stride=4, padding=2, **draw),
            ReLU(),
            MaxPool2d(3, 2),
            Conv2d(64, 192, 5, padding=2, **draw),
            ReLU(),
            MaxPool2d(3, 2),
            Conv2d(192, 384, 3, padding=1, **draw),
            ReLU(),
            Conv2d(384, 256, 3, padding=1, **draw),
            ReLU(),
            Conv2d(256, 256, 3, padding=1, **draw),
            ReLU(),
            MaxPool2d(3, 2),
        )
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.classifier = Sequential(
            Dropout(dropout, rng=rng),
            Linear(256 * 6 * 6, 4096, **draw),
            ReLU(),
            Dropout(dropout, rng=rng),
            Linear(4096, 4096, **draw),
            ReLU(),
            Linear(4096, num_classes, **draw),
        )

    def forward(self, input: Any) -> Any:
        """The scores of the classes.

        Raises:
            ShapeError: other channels, or images smaller than 63×63.
        """
        return self.classifier(ag.flatten(self.avgpool(self.features(input)), -3))
