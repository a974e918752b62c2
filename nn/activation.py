"""Activations as modules, for use inside `Sequential`: rectifiers and their relatives, softmax.

`nn.gates` has the smooth ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.module import Module, shape_of
from nn.parameter import Parameter, checked
from nn.sizes import real
from nn.state import array_of


class Identity(Module):
    """y = x: a layer that is not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Any arguments are accepted and ignored, so that it can stand in for any layer."""

    def forward(self, input: Any) -> Any:
        """x itself."""
        return input


class InPlace(Module):
    """An activation that PyTorch can compute in the input's memory.

    Args:
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        parts = [f"{name}={value}" for name, value in self._options().items()]
        return ", ".join([*parts, "inplace=True"] if self.inplace else parts)

    def _options(self) -> dict[str, Any]:
        return {}


class ReLU(InPlace):
    """y = max(0, x), element by element (Nair & Hinton 2010)."""

    def forward(self, input: Any) -> Any:
        """max(0, x)."""
        return ag.relu(input)


class ReLU6(InPlace):
    """y = min(max(0, x), 6), element by element (Krizhevsky 2010)."""

    def forward(self, input: Any) -> Any:
        """min(max(0, x), 6)."""
        return ag.relu6(input)


class LeakyReLU(InPlace):
    """y = x where x > 0, slope·x elsewhere (Maas et al. 2013).

    Args:
        negative_slope: PyTorch's 0.01 by default; the lectures draw it with 0.1.
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Any) -> Any:
        """x or slope·x."""
        return ag.leaky_relu(input, negative_slope=self.negative_slope)

    def _options(self) -> dict[str, Any]:
        return {"negative_slope": self.negative_slope}


class PReLU(Module):
    """y = x where x > 0, a·x elsewhere, with learned slopes a (He et al. 2015).

    Shapes: (N, C, …) → the same.

    Args:
        num_parameters: 1 for a slope that all share, C for one per channel.
        init: where the slopes start.
        dtype: of the parameter; the default float type otherwise.

    Attributes:
        weight: a, shape (num_parameters,).
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = None) -> None:
        self.num_parameters = num_parameters
        shape = checked((num_parameters,), "weight")
        values = np.full(shape, real(init, "init"), dtype or ag.get_default_dtype())
        self.weight = Parameter(values, name="weight")

    def forward(self, input: Any) -> Any:
        """x or a·x.

        Raises:
            ShapeError: several slopes, and another number of channels.
        """
        return ag.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"num_parameters={self.num_parameters}"


class RReLU(InPlace):
    """y = x where x > 0, a·x elsewhere, with a random slope a for each element in training.

    In evaluation the slope is the mean of the bounds (Xu et al. 2015).

    Args:
        lower, upper: the bounds between which a is drawn.
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: the lower bound is above the upper one.
    """

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False, *, rng: Any = None
    ) -> None:
        if lower > upper:
            raise ag.RangeError(f"RReLU: lower={lower} is above upper={upper}.")
        super().__init__(inplace)
        self.lower, self.upper = lower, upper
        self.rng = None if rng is None else ag.generator(rng)

    def forward(self, input: Any) -> Any:
        """x or a·x."""
        if not self.training:
            return ag.leaky_relu(input, negative_slope=(self.lower + self.upper) / 2)
        array = array_of(input)
        slopes = ag.generator(self.rng).uniform(self.lower, self.upper, size=array.shape)
        return ag.parametric_relu(input, np.asarray(slopes.astype(array.dtype), like=array))

    def _options(self) -> dict[str, Any]:
        return {"lower": self.lower, "upper": self.upper}


class Hardtanh(InPlace):
    """y = x, kept between two limits (Collobert 2004).

    Args:
        min_val, max_val: the limits.
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.

    Raises:
        RangeError: the lower limit is not below the upper one.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if min_val >= max_val:
            raise ag.RangeError(f"Hardtanh: min_val={min_val} must be below max_val={max_val}.")
        super().__init__(inplace)
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: Any) -> Any:
        """min(max(x, min_val), max_val)."""
        return ag.hardtanh(input, self.min_val, self.max_val)

    def _options(self) -> dict[str, Any]:
        return {"min_val": self.min_val, "max_val": self.max_val}


class Hardsigmoid(InPlace):
    """y = (x + 3)/6 kept between 0 and 1, a straight sigmoid (Courbariaux et al. 2015)."""

    def forward(self, input: Any) -> Any:
        """min(max(x + 3, 0), 6)/6."""
        return ag.hardsigmoid(input)

    def extra_repr(self) -> str:
        """PyTorch shows nothing."""
        return ""


class Hardswish(InPlace):
    """y = x·min(max(x + 3, 0), 6)/6, element by element (Howard et al. 2019)."""

    def forward(self, input: Any) -> Any:
        """x·hardsigmoid(x)."""
        return ag.hardswish(input)

    def extra_repr(self) -> str:
        """PyTorch shows nothing."""
        return ""


class Threshold(InPlace):
    """y = x where x is above a threshold, a fixed value elsewhere.

    Args:
        threshold: the threshold.
        value: what replaces the rest.
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold, self.value = threshold, value

    def forward(self, input: Any) -> Any:
        """x or the value."""
        return ag.threshold(input, threshold=self.threshold, value=self.value)

    def _options(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "value": self.value}


# --- along one dimension ------------------------------------------------------------------


class Along(Module):
    """An activation along one dimension, the last by default."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"dim={self.dim}"


class Softmax(Along):
    """y_i = exp(x_i) / Σ_j exp(x_j) along `dim` (lecture A3)."""

    def forward(self, input: Any) -> Any:
        """softmax(x)."""
        return ag.softmax(input, self.dim)


class LogSoftmax(Along):
    """y_i = x_i − ln Σ_j exp(x_j) along `dim`."""

    def forward(self, input: Any) -> Any:
        """log softmax(x)."""
        return ag.log_softmax(input, self.dim)


class Softmin(Along):
    """y_i = exp(−x_i) / Σ_j exp(−x_j) along `dim`: the smallest gets the most."""

    def forward(self, input: Any) -> Any:
        """softmax(−x)."""
        return ag.softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of each pixel.

    Shapes: (N, C, H, W) or (C, H, W) → the same.
    """

    def forward(self, input: Any) -> Any:
        """softmax(x) along the channels.

        Raises:
            ShapeError: another number of dimensions.
        """
        if len(shape_of(input)) not in (3, 4):
            raise ag.ShapeError(
                f"Softmax2d takes an input (N, C, H, W) or (C, H, W), got {shape_of(input)}."
            )
        return ag.softmax(input, -3)
