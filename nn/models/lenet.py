"""LeNet-5, the network that read digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd as ag
from nn.convolution import Conv2d
from nn.gates import Tanh
from nn.linear import Flatten, Linear
from nn.module import Module
from nn.pooling import AvgPool2d


class LeNet5(Module):
    """Convolutions and subsampling for images of 32×32 (LeCun et al. 1998; lectures A, D).

    C1 6@28×28, S2 6@14×14, C3 16@10×10, S4 16@5×5, C5 120, F6 84, output: 61,706 parameters
    for one channel and ten classes. As it is built today: C3 sees all maps of S2, S2 and S4
    have no parameters, and the outputs are linear instead of distances to drawn digits.

    Shapes: (N, C, 32, 32) or (C, 32, 32) → (N, classes) or (classes,).

    Args:
        num_classes: the number of outputs.
        in_channels: 1 for grey images, 3 for colours.
        activation: what makes the nonlinearity; tanh in the paper.
        pool: what makes the subsampling, called with 2; means in the paper.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    >>> LeNet5(rng=0)(ag.zeros(2, 1, 32, 32)).shape
    (2, 10)
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        activation: Callable[[], Module] = Tanh,
        pool: Callable[[int], Module] = AvgPool2d,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.c1 = Conv2d(in_channels, 6, 5, **draw)
        self.s2 = pool(2)
        self.c3 = Conv2d(6, 16, 5, **draw)
        self.s4 = pool(2)
        self.c5 = Conv2d(16, 120, 5, **draw)
        self.flatten = Flatten(-3)
        self.f6 = Linear(120, 84, **draw)
        self.output = Linear(84, num_classes, **draw)
        self.activation = activation()

    def forward(self, input: Any) -> Any:
        """The scores of the classes.

        Raises:
            ShapeError: other channels, or images that are not 32×32.
        """
        maps = self.s2(self.activation(self.c1(input)))
        maps = self.s4(self.activation(self.c3(maps)))
        self._check(input, maps)
        units = self.flatten(self.activation(self.c5(maps)))
        return self.output(self.activation(self.f6(units)))

    @staticmethod
    def _check(input: Any, maps: Any) -> None:
        if tuple(maps.shape[-2:]) != (5, 5):
            raise ag.ShapeError(
                f"LeNet5 reads images of 32×32, got {tuple(input.shape)}; pad or enlarge them."
            )
