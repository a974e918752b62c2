"""Images of another size: nearest neighbour, linear and cubic, one dimension after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.adaptive import adaptive_avg_pool
from autograd.ops.shape import permute, reshape

Taps = list[tuple[list[int], list[float]]]
"""For each neighbour of a new element: its index, and its weight."""


def _nearest(size: int, new: int, step: float, exact: bool) -> Taps:
    """The element below each new one; with `exact` the one below its middle.

    Equal and doubled sizes step by their ratio, whatever factor was given, as in PyTorch.
    """
    if not exact and new in (size, 2 * size):
        step = size / new
    places = (np.arange(new, dtype=np.float32) + (0.5 if exact else 0)) * np.float32(step)
    index = np.minimum(np.floor(places).astype(int), size - 1)
    return [(index.tolist(), [1.0] * new)]


def _positions(size: int, new: int, step: float, align_corners: bool) -> Any:
    """Where each new element lies among the old ones."""
    if align_corners:
        return np.arange(new) * ((size - 1) / (new - 1) if new > 1 else 0.0)
    return (np.arange(new) + 0.5) * step - 0.5


def _linear(size: int, new: int, step: float, align_corners: bool) -> Taps:
    """The two neighbours, each weighted by how near it is."""
    places = np.maximum(_positions(size, new, step, align_corners), 0)
    below = np.minimum(places.astype(int), size - 1)
    share = np.clip(places - below, 0, 1)
    above = np.minimum(below + 1, size - 1)
    return [(below.tolist(), (1 - share).tolist()), (above.tolist(), share.tolist())]


def _cubic(size: int, new: int, step: float, align_corners: bool) -> Taps:
    """Four neighbours, weighted by the cubic convolution kernel with a = −¾ (Keys 1981)."""
    places = _positions(size, new, step, align_corners)
    below = np.floor(places).astype(int)
    found: Taps = []
    for offset in (-1, 0, 1, 2):
        far = np.abs(places - below - offset)
        inner = (1.25 * far - 2.25) * far * far + 1
        outer = -0.75 * (((far - 5) * far + 8) * far - 4)
        index = np.clip(below + offset, 0, size - 1)
        found.append((index.tolist(), np.where(far <= 1, inner, outer).tolist()))
    return found


def _taps(size: int, new: int, step: float, mode: str, align_corners: bool) -> Taps:
    if mode == "cubic":
        return _cubic(size, new, step, align_corners)
    if mode == "linear":
        return _linear(size, new, step, align_corners)
    return _nearest(size, new, step, mode == "nearest-exact")


def _weighted(x: Any, weights: list[float], dim: int) -> Any:
    """x times one weight for each place along `dim`."""
    if all(weight == 1 for weight in weights):
        return x
    factors = np.asarray(weights, dtype=x.dtype, like=x)
    return x * np.reshape(factors, (len(weights), *(1,) * (x.ndim - dim - 1)))


def _samples(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), 1, 5, 0.6, "nearest"),
        call(draw(4, 2), 0, 3, 4 / 3, "linear"),
        call(draw(2, 3), 1, 5, 0.6, "linear", True),
        call(draw(1, 4), 1, 3, 4 / 3, "cubic"),
    ]


@primitive(
    symbol="resample",
    formula="resample(x)",
    vjp=("resample_back(g, dim, x_shape[dim], step, mode, align_corners)",),
    linear=True,
    lesson="Each element gets the gradients of the new ones that it went into, each times its "
    "weight there.",
    samples=lambda draw: [
        *_samples(draw),
        refuses("out of bounds", np.ones((2, 2)), 2, 3, 1.0, "nearest"),
    ],
)
def resample(
    x: Any, *, dim: int, size: int, step: float, mode: str, align_corners: bool = False
) -> Any:
    """x with `size` elements along `dim`, each a weighted sum of its neighbours.

    `step` is how many old elements a new one advances; modes are nearest, nearest-exact,
    linear and cubic.

    Raises:
        IndexingError: the dimension does not exist.
    """
    out: Any = None
    for index, weights in _taps(_along(x, dim), size, step, mode, align_corners):
        part = _weighted(np.take(x, np.asarray(index, like=x), axis=dim), weights, dim)
        out = part if out is None else out + part
    return out


def _along(x: Any, dim: int) -> int:
    if not 0 <= dim < x.ndim:
        raise IndexError(f"dimension {dim} is out of bounds for {x.ndim} dimension(s).")
    return int(x.shape[dim])


@primitive(
    symbol="resample",
    formula="resample_back(x)",
    vjp=("resample(g, dim, x_shape[dim], step, mode, align_corners)",),
    linear=True,
    lesson="Each element was handed out with weights, and gets its gradients back with them.",
    samples=lambda draw: [
        call(draw(2, 5), 1, 3, 0.6, "linear"),
        call(draw(3), 0, 4, 4 / 3, "cubic"),
        refuses("out of bounds", np.ones((2, 2)), 2, 3, 1.0, "nearest"),
    ],
)
def resample_back(
    x: Any, *, dim: int, size: int, step: float, mode: str, align_corners: bool = False
) -> Any:
    """The adjoint of `resample`: elements added to `size` places, with their weights there."""
    before = (slice(None),) * dim
    out: Any = np.zeros_like(x, shape=(*x.shape[:dim], size, *x.shape[dim + 1 :]))
    for index, weights in _taps(size, _along(x, dim), step, mode, align_corners):
        for new, (old, weight) in enumerate(zip(index, weights, strict=True)):
            out[(*before, old)] += x[(*before, new)] * weight
    return out


# --- as PyTorch names it --------------------------------------------------------------------

_DIMS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")


@composition(
    symbol="interpolate",
    formula="interpolate(input)",
    lesson="Each pixel gets the gradients of the new ones that it went into, each times its "
    "weight there.",
    samples=lambda draw: [
        call(draw(1, 2, 2, 3), (3, 4)),
        call(draw(1, 1, 2, 3), scale_factor=2, mode="bilinear"),
        call(draw(1, 1, 3, 2), (2, 4), None, "bilinear", True),
        call(draw(1, 2, 3), scale_factor=1.5, mode="linear"),
        call(draw(1, 1, 4), 3, mode="area"),
        refuses("size or scale_factor", np.ones((1, 1, 2, 2))),
        refuses("size or scale_factor", np.ones((1, 1, 2, 2)), 3, 2.0),
        refuses("mode", np.ones((1, 1, 2, 2)), 3, mode="sinc"),
        refuses("takes an input of 2 spatial", np.ones((1, 1, 2)), 3, mode="bilinear"),
        refuses("align_corners", np.ones((1, 1, 2)), 3, align_corners=True),
    ],
)
def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Any:
    """An image of another size, of the same content.

    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) → with the sizes of `size`, or
    ⌊n·scale_factor⌋.

    Args:
        mode: nearest, nearest-exact, linear (3 dimensions), bilinear and bicubic (4),
            trilinear (5), area (means over bins).
        align_corners: take the corner pixels' centres for the corners of the image, instead of
            their outer edges.
        recompute_scale_factor: step by the ratio of the sizes, not by the given factor.

    Raises:
        ArgumentError: not one of `size` and `scale_factor`, or an unknown mode.
        ShapeError: another number of dimensions than the mode takes.
    """
    shape = operand_shape(input)
    _check_mode(shape, mode, align_corners)
    sizes, steps = _target(shape[2:], size, scale_factor, bool(recompute_scale_factor))
    if mode == "area":
        return adaptive_avg_pool(input, sizes)
    name = "linear" if mode in ("bilinear", "trilinear") else mode.removeprefix("bi")
    out = input
    for axis, (new, step) in enumerate(zip(sizes, steps, strict=True), start=2):
        if shape[axis] != new or step != 1:
            out = resample(out, axis, new, step, name, bool(align_corners))
    return out


def _target(
    image: tuple[int, ...], size: Any, scale_factor: Any, recompute: bool
) -> tuple[tuple[int, ...], list[float]]:
    """The new sizes, and how many old elements a new one advances."""
    if (size is None) == (scale_factor is None):
        raise ArgumentError("interpolate: give either size or scale_factor, and not both.")
    given = size if scale_factor is None else scale_factor
    values = tuple(given) if isinstance(given, (tuple, list)) else (given,) * len(image)
    if len(values) != len(image):
        raise ArgumentError(
            f"interpolate: got {given!r} for {len(image)} spatial dimension(s); give one number, "
            "or one for each."
        )
    if scale_factor is None:
        sizes = tuple(int(value) for value in values)
    else:
        sizes = tuple(math.floor(n * value) for n, value in zip(image, values, strict=True))
    if min(*sizes, *image) < 1:
        raise ShapeError(f"interpolate: from size {image} to {sizes}; all must be at least 1.")
    if scale_factor is None or recompute:
        return sizes, [n / new for n, new in zip(image, sizes, strict=True)]
    return sizes, [1 / value for value in values]


def _check_mode(shape: tuple[int, ...], mode: str, align_corners: bool | None) -> None:
    if mode not in _MODES:
        raise ArgumentError(f"interpolate: mode={mode!r} is none of {', '.join(_MODES)}.")
    if mode not in _DIMS and align_corners is not None:
        raise ArgumentError(
            "align_corners option can only be set with the interpolating modes: linear | "
            "bilinear | bicubic | trilinear."
        )
    dims = len(shape) - 2
    if dims != _DIMS.get(mode, dims) or not 1 <= dims <= 3:
        raise ShapeError(
            f"interpolate: mode {mode!r} takes an input of {_DIMS.get(mode, '1 to 3')} spatial "
            f"dimension(s), (N, C, …), got shape {shape}."
        )


_SHUFFLE = "The elements only change places; the gradient goes back the same way."


@composition(
    symbol="shuffle",
    formula="pixel_shuffle(input)",
    lesson=_SHUFFLE,
    samples=lambda draw: [
        call(draw(1, 4, 2, 3), 2),
        call(draw(4, 1, 1), 2),
        refuses("divisible by 4", np.ones((1, 3, 2, 2)), 2),
    ],
)
def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Channels become pixels: (…, C·r², H, W) → (…, C, H·r, W·r) (Shi et al. 2016).

    Raises:
        ShapeError: channels that are no multiple of r².
    """
    *lead, channels, height, width = operand_shape(input)
    r = upscale_factor
    if r < 1 or channels % (r * r):
        raise ShapeError(
            f"pixel_shuffle: the {channels} channels must be divisible by {r * r}, the square of "
            "the upscale_factor."
        )
    split = reshape(input, (*lead, channels // (r * r), r, r, height, width))
    n = len(lead)
    mixed = permute(split, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(mixed, (*lead, channels // (r * r), height * r, width * r))


@composition(
    symbol="unshuffle",
    formula="pixel_unshuffle(input)",
    lesson=_SHUFFLE,
    samples=lambda draw: [
        call(draw(1, 2, 4, 2), 2),
        call(draw(1, 2, 2), 2),
        refuses("divisible by 2", np.ones((1, 1, 3, 2)), 2),
    ],
)
def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """Pixels become channels: (…, C, H·r, W·r) → (…, C·r², H, W).

    Raises:
        ShapeError: a height or width that is no multiple of r.
    """
    *lead, channels, height, width = operand_shape(input)
    r = downscale_factor
    if r < 1 or height % r or width % r:
        raise ShapeError(
            f"pixel_unshuffle: height {height} and width {width} must be divisible by {r}, the "
            "downscale_factor."
        )
    split = reshape(input, (*lead, channels, height // r, r, width // r, r))
    n = len(lead)
    mixed = permute(split, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(mixed, (*lead, channels * r * r, height // r, width // r))
