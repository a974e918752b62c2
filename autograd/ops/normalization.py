"""Normalisation: zero mean and unit variance over some dimensions, then a learned scale.

`standardize` is the one operation that all share; batch, layer, group and instance norm differ
in the dimensions that they average over.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import RangeError, ShapeError
from autograd.core.node import Handle, changed, operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.pooling import avg_pool
from autograd.ops.reduction import count, mean
from autograd.ops.shape import reshape
from autograd.ops.transcendental import sqrt

Dims = tuple[int, ...]

_LESSON = (
    "Only what changes the shape of the distribution passes: the gradient loses its mean and "
    "its share along the normalised values, and is divided by their standard deviation."
)


# --- the shared operation -----------------------------------------------------------------


def _average(x: Any, dim: Dims) -> Any:
    """The mean with float64 sums, in the dtype of x: long float32 columns add up badly."""
    total = np.sum(x, axis=dim, keepdims=True, dtype=np.float64)
    return (total / _number(x.shape, dim)).astype(x.dtype if x.dtype.kind == "f" else np.float64)


def _number(shape: Dims, dim: Dims) -> int:
    """How many values are averaged; 1 where there are none, so that nothing is divided by 0."""
    return count(shape, dim) or 1


def _to_standardized(g: Any, out: Any, x_shape: Dims, dim: Dims, eps: float) -> Any:
    """(g − mean(g) − out · mean(g · out)) / σ, and what the mean and the variance ask for"""
    (normal, _, variance), n = out, _number(x_shape, dim)
    sigma = sqrt(variance + eps)
    along = 2 / n * sigma * g[2] - mean(g[0] * normal, dim, True) / sigma
    level = g[1] / n - mean(g[0], dim, True) / sigma
    return g[0] / sigma + normal * along + level


def _of_standardized(t: Any, out: Any, dim: Dims, eps: float) -> Any:
    """(t − mean(t) − out · mean(t · out)) / σ, and the changes of the mean and the variance"""
    normal, _, variance = out
    sigma = sqrt(variance + eps)
    shared = mean(t * normal, dim, True)
    moved = mean(t, dim, True)
    return (t - moved - normal * shared) / sigma, moved, 2 * sigma * shared


def _to_dims(x: Any, dim: Any, eps: float = 1e-5) -> tuple[tuple[Any, ...], dict[str, Any]]:
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    return (x,), {"dim": dims, "eps": eps}


@primitive(
    symbol="x̂",
    formula="(x - mean(x)) / sqrt(var(x) + eps)",
    pieces=("(x - mean(x)) / sqrt(var(x) + eps)", "mean(x)", "var(x)"),
    vjp=(_to_standardized,),
    jvp=(_of_standardized,),
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(3, 4), 1),
        call(draw(2, 3, 2), (0, 2), 0.1),
        call(draw(4), 0),
        refuses("out of bounds", np.ones(3), 1),
    ],
    signature=_to_dims,
    floating=True,
)
def standardize(x: Any, *, dim: Dims, eps: float = 1e-5) -> Any:
    """x̂ = (x − μ) / √(σ² + ε) over `dim`, with the mean μ and the biased variance σ² themselves.

    Shapes: x → x̂ of the same shape, μ and σ² with size 1 along `dim`.

    Raises:
        ShapeError: a dimension that does not exist.
    """
    level = _average(x, dim)
    centred = x - level
    variance = _average(centred * centred, dim)
    return centred / np.sqrt(variance + eps), level, variance


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    """x · weight + bias; None leaves a part out."""
    scaled = x if weight is None else x * weight
    return scaled if bias is None else scaled + bias


def _per_channel(values: Any, dims: int) -> Any:
    """One value per channel, (C,), shaped to meet (N, C, …) of `dims` dimensions."""
    if values is None or dims == 2:
        return values
    return reshape(values, (-1, *(1,) * (dims - 2)))


def _check_channels(name: str, channels: int, **given: Any) -> None:
    for what, values in given.items():
        if values is not None and operand_shape(values) != (channels,):
            raise ShapeError(
                f"{name}: {what} should contain {channels} elements, one per channel, not "
                f"{operand_shape(values)}."
            )


# --- batch norm ---------------------------------------------------------------------------


@composition(
    symbol="batch norm",
    formula="(input - mean(input)) / sqrt(var(input) + eps) * weight + bias",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(4, 2), None, None, draw(2), draw(2), training=True),
        call(draw(2, 2, 3), None, None, training=True),
        call(draw(2, 2, 2, 2), weight=None, running_mean=np.ones(2), running_var=np.ones(2) * 2),
        refuses("more than 1 value per channel", np.ones((1, 2)), None, None, training=True),
        refuses("should contain 2", np.ones((3, 2)), np.ones(3), np.ones(3)),
        refuses("running statistics", np.ones((3, 2)), None, None),
    ],
)
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
) -> Any:
    """γ·(x − μ)/√(σ² + ε) + β per channel (Ioffe & Szegedy 2015, lecture E4).

    In training μ and σ² are the mean and the biased variance of the batch, and the running
    statistics move towards them in place: running = (1 − momentum)·running + momentum·new, the
    variance with its unbiased value. Otherwise μ and σ² are the running statistics.

    Shapes: (N, C, …), all others (C,) → (N, C, …).

    Args:
        momentum: None leaves the running statistics alone (a layer passes 1/n for the mean over
            all batches).

    Raises:
        ShapeError: one value per channel in training, or not one statistic per channel.
    """
    shape = operand_shape(input)
    if len(shape) < 2:
        raise ShapeError(f"batch_norm: expected an input (N, C, …), got shape {shape}.")
    given = {"running_mean": running_mean, "running_var": running_var}
    _check_channels("batch_norm", shape[1], **given, weight=weight, bias=bias)
    scale, shift = _per_channel(weight, len(shape)), _per_channel(bias, len(shape))
    if not training:
        return _affine(_by_running(input, running_mean, running_var, eps), scale, shift)
    dims = (0, *range(2, len(shape)))
    _check_enough(shape, dims)
    normal, level, variance = standardize(input, dims, eps)
    n = count(shape, dims)
    if momentum is not None and n:  # an empty batch says nothing
        _move(running_mean, level, momentum)
        _move(running_var, variance, momentum, n / max(1, n - 1))
    return _affine(normal, scale, shift)


def _by_running(input: Any, running_mean: Any, running_var: Any, eps: float) -> Any:
    if running_mean is None or running_var is None:
        raise ShapeError(
            "batch_norm: in evaluation it normalises with running statistics, and there are none; "
            "pass running_mean and running_var, or training=True."
        )
    rank = len(operand_shape(input))
    level, variance = (
        _per_channel(given if given.dtype == input.dtype else given.astype(input.dtype), rank)
        for given in (running_mean, running_var)
    )
    return (input - level) / sqrt(variance + eps)


def _check_enough(shape: Dims, dims: Dims) -> None:
    if count(shape, dims) == 1:
        raise ShapeError(
            "expected more than 1 value per channel when training, got input size "
            f"{list(shape)}: the variance of one value is zero. Take a larger batch, or "
            "evaluation mode."
        )


def _move(running: Any, new: Any, momentum: float, factor: float = 1.0) -> None:
    """Move running statistics towards new ones in place, without recording."""
    if running is None:
        return
    plain = new.value if isinstance(new, Handle) else new
    array = running.value if isinstance(running, Handle) else running
    array *= 1 - momentum
    array += momentum * factor * plain.reshape(array.shape)
    if isinstance(running, Handle):
        changed(running)


# --- layer, group, instance, and without a mean ----------------------------------------------


@composition(
    symbol="layer norm",
    formula="(input - mean(input)) / sqrt(var(input) + eps) * weight + bias",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(3, 4), 4, draw(4), draw(4)),
        call(draw(2, 2, 3), (2, 3)),
        refuses("end in", np.ones((2, 3)), (4,)),
    ],
)
def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """γ·(x − μ)/√(σ² + ε) + β over the last dimensions of each example (Ba et al. 2016).

    Shapes: (…, …normalized shape), weight and bias of the normalized shape → the input's.

    Raises:
        ShapeError: the input's shape does not end in the normalized shape.
    """
    dims = _last_dims("layer_norm", input, normalized_shape)
    return _affine(standardize(input, dims, eps)[0], weight, bias)


def _last_dims(name: str, input: Any, normalized_shape: Any) -> Dims:
    given = normalized_shape
    wanted = (given,) if isinstance(given, int) else tuple(given)
    shape = operand_shape(input)
    if not wanted or shape[-len(wanted) :] != wanted:
        raise ShapeError(
            f"{name}: given normalized_shape={list(wanted)}, the input's shape must end in these "
            f"sizes, got {shape}."
        )
    return tuple(range(len(shape) - len(wanted), len(shape)))


@composition(
    symbol="group norm",
    formula="(input - mean(input)) / sqrt(var(input) + eps) * weight + bias",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 4, 2), 2, draw(4), draw(4)),
        call(draw(2, 3), 1),
        refuses("divisible", np.ones((2, 3)), 2),
    ],
)
def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """γ·(x − μ)/√(σ² + ε) + β over each group of channels of each example (Wu & He 2018).

    Shapes: (N, C, …), weight and bias (C,) → (N, C, …).

    Raises:
        ShapeError: the channels do not make so many groups.
    """
    shape = operand_shape(input)
    if len(shape) < 2 or num_groups < 1 or shape[1] % num_groups:
        raise ShapeError(
            "group_norm: expected the number of channels in input (N, C, …) to be divisible by "
            f"num_groups, got an input of shape {shape} and num_groups={num_groups}."
        )
    _check_channels("group_norm", shape[1], weight=weight, bias=bias)
    grouped = reshape(input, (shape[0], num_groups, shape[1] // num_groups, *shape[2:]))
    normal = standardize(grouped, tuple(range(2, len(shape) + 1)), eps)[0]
    scale, shift = _per_channel(weight, len(shape)), _per_channel(bias, len(shape))
    return _affine(reshape(normal, shape), scale, shift)


@composition(
    symbol="instance norm",
    formula="(input - mean(input)) / sqrt(var(input) + eps) * weight + bias",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 2, 3), weight=None),
        call(draw(1, 2, 2, 2), None, None, draw(2), draw(2)),
        refuses("more than 1 spatial element", np.ones((2, 3, 1))),
    ],
)
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float | None = 0.1,
    eps: float = 1e-5,
) -> Any:
    """γ·(x − μ)/√(σ² + ε) + β over each channel of each example (Ulyanov et al. 2016).

    Running statistics move towards the mean over the batch of the instances' own. Without
    `use_input_stats` they are what normalises, as in `batch_norm`.

    Shapes: (N, C, …), all others (C,) → (N, C, …).

    Raises:
        ShapeError: one element per channel, or not one statistic per channel.
    """
    shape = operand_shape(input)
    given = {"running_mean": running_mean, "running_var": running_var}
    _check_channels("instance_norm", shape[1], **given, weight=weight, bias=bias)
    scale, shift = _per_channel(weight, len(shape)), _per_channel(bias, len(shape))
    if not use_input_stats:
        return _affine(_by_running(input, running_mean, running_var, eps), scale, shift)
    n = math.prod(shape[2:])
    if n == 1:
        raise ShapeError(
            "expected more than 1 spatial element when training, got input size "
            f"{list(shape)}: the variance of one value is zero."
        )
    normal, level, variance = standardize(input, tuple(range(2, len(shape))), eps)
    if momentum is not None and n and shape[0]:
        _move(running_mean, _batch_mean(level), momentum)
        _move(running_var, _batch_mean(variance), momentum, n / (n - 1))
    return _affine(normal, scale, shift)


def _batch_mean(values: Any) -> Any:
    array = values.value if isinstance(values, Handle) else values
    return np.mean(array, axis=0)


@composition(
    symbol="rms norm",
    formula="input / sqrt(mean(input**2) + eps) * weight",
    lesson="The gradient loses its share along the normalised values and is divided by their "
    "root mean square; its mean stays.",
    samples=lambda draw: [
        call(draw(3, 4), (4,), draw(4)),
        call(draw(2, 2, 3), (2, 3), eps=0.1),
        refuses("end in", np.ones((2, 3)), (4,)),
    ],
)
def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Any:
    """γ·x / √(mean(x²) + ε) over the last dimensions of each example (Zhang & Sennrich 2019).

    Shapes: those of `layer_norm`. ε is the smallest step of the dtype by default.

    Raises:
        ShapeError: the input's shape does not end in the normalized shape.
    """
    dims = _last_dims("rms_norm", input, normalized_shape)
    small = float(np.finfo(input.dtype).eps) if eps is None else eps
    return _affine(input / sqrt(mean(input * input, dims, True) + small), weight, None)


@composition(
    symbol="lrn",
    formula="input / (k + alpha * mean(input**2))**beta",
    lesson="Each value is held down by its neighbours in other channels, and they get a share "
    "of its gradient.",
    samples=lambda draw: [
        call(draw(2, 4, 2), 3),
        call(draw(1, 3, 2, 2), 2, 0.1, 0.5, 2.0),
        refuses("at least 3 dimensions", np.ones((2, 3)), 2),
    ],
)
def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """x / (k + α·m)^β with m the mean square over `size` neighbouring channels.

    Shapes: (N, C, …) → (N, C, …); channels beyond the first and last count as zeros
    (Krizhevsky et al. 2012).

    Raises:
        ShapeError: less than three dimensions.
        RangeError: a size below 1.
    """
    shape = operand_shape(input)
    if len(shape) < 3:
        raise ShapeError(f"local_response_norm: expected at least 3 dimensions, got {shape}.")
    if size < 1:
        raise RangeError(f"local_response_norm: size={size} must be at least 1.")
    squares = reshape(input * input, (shape[0], 1, shape[1], math.prod(shape[2:])))
    pads = ((size // 2, (size - 1) // 2), (0, 0))
    around = reshape(avg_pool(squares, (size, 1), 1, pads), shape)
    return input / (around * alpha + k) ** beta
