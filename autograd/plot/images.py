"""What a convolutional network looks for, and where it finds it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.errors import RangeError, ShapeError
from autograd.core.mode import no_grad
from autograd.plot.models import as_input, chosen, leaves, listed, outputs_of, titled
from autograd.plot.style import Look, plain, rgb


def filters(model: Any, layer: str | None = None, *, most: int = 64, theme: str = "light") -> Any:
    """The filters of a convolution as images: a row for each filter, a column for each channel.

    Filters of one channel are put in a grid; those of three are shown in colour, together
    scaled to the range from 0 to 1.

    Args:
        model: what has ``named_parameters()``.
        layer: the path of the convolution, such as ``"0"``; by default the first weight of
            shape (out, in, height, width).
        most: show at most so many filters, and 2√most of several channels each; the title
            says how many there are.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: no model.
        RangeError: no such convolution; an unknown theme; `most` below 1.
        MissingPackageError: matplotlib is not installed.
    """
    look, call = Look(theme), "filters()"
    _check_most(most)
    weights = {
        path.rpartition(".")[0] or type(model).__name__: p
        for path, p in listed(model, "named_parameters", call)
        if p.ndim == 4
    }
    path = layer if layer is not None else next(iter(weights), "")
    weight = np.asarray(chosen(weights, path, call).data, dtype=np.float64)
    title = f"{_of(most, len(weight))} filters of {plain(path)}"
    shown = weight[:most]
    if weight.shape[1] == 3:
        return _colour(look, _unit(shown.transpose(0, 2, 3, 1)), title)
    if weight.shape[1] == 1:
        return _tiles(look, _grid(shown[:, 0]), shown, title, "weight", ("filter", "filter"))
    side = 2 * math.isqrt(most)
    cut = weight[:side, :side]
    title = f"{_of(side, len(weight))} filters of {plain(path)}"
    if weight.shape[1] > side:
        title += f", the first {side} of {weight.shape[1]} channels"
    return _tiles(look, cut, cut, title, "weight", ("filter", "channel"))


def activation_maps(
    model: Any,
    x: Any,
    layer: str | None = None,
    *,
    example: int = 0,
    most: int = 64,
    theme: str = "light",
) -> Any:
    """What each channel of a layer answers to an image, beside the image.

    The model is run in evaluation mode and is left as it was.

    Args:
        model: what has ``named_modules()``, such as `nn.Sequential`.
        x: images of shape (N, C, H, W), or one of shape (C, H, W).
        layer: the path of the layer; by default the first one that gives maps.
        example: which image of the batch.
        most: show at most so many channels; the title says how many there are.
        theme: ``"light"``, ``"dark"`` or ``"print"``.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ArgumentError: no model.
        ShapeError: `x` is no image.
        RangeError: no such layer, or none that gives maps; no such example; an unknown theme.
        MissingPackageError: matplotlib is not installed.
    """
    look, call = Look(theme), "activation_maps()"
    _check_most(most)
    images = as_input(model, x)
    if images.ndim not in (3, 4):
        raise ShapeError(f"{call} takes images (N, C, H, W) or (C, H, W), got {images.shape}.")
    if images.ndim == 3:
        images = images.unsqueeze(0)
    if not 0 <= example < len(images):
        raise RangeError(f"{call}: example={example}, but x has {len(images)} images.")
    one, modules = images[example : example + 1], leaves(model, call)
    with no_grad():
        seen, _ = outputs_of(model, modules, one)
    maps = {path: outputs[-1] for path, outputs in seen.items() if outputs[-1].ndim == 4}
    path = layer if layer is not None else next(iter(maps), "")
    found = np.asarray(chosen(maps, path, call).data[0], dtype=np.float64)
    title = f"{_of(most, len(found))} activation maps of {plain(titled(path, modules[path]))}"
    shown = found[:most]
    source = np.asarray(one.data[0], dtype=np.float64)
    return _tiles(look, _grid(shown), shown, title, "activation", ("channel", "channel"), source)


def _check_most(most: Any) -> None:
    if not isinstance(most, int) or most < 1:
        raise RangeError(f"most={most!r}: show at least one.")


def _of(most: int, count: int) -> str:
    return f"The first {most} of {count}" if count > most else f"All {count}"


def _grid(maps: Any) -> Any:
    """Maps (n, H, W, …) in rows (r, c, H, W, …); NaN where none is left."""
    columns = _columns(len(maps))
    rows = math.ceil(len(maps) / columns)
    filled = np.full((rows * columns, *maps.shape[1:]), np.nan)
    filled[: len(maps)] = maps
    return filled.reshape(rows, columns, *maps.shape[1:])


def _columns(count: int) -> int:
    """Tiles in a row: no place left empty where a grid that is not too wide can do that."""
    least = math.ceil(math.sqrt(count))
    full = (n for n in range(least, math.isqrt(4 * count) + 1) if count % n == 0)
    return next(full, least)


def _mosaic(tiles: Any) -> Any:
    """Tiles (r, c, H, W, …) as one image, with a gap of one pixel (or a twelfth) between them."""
    rows, columns, height, width, *rest = tiles.shape
    gap = _gap(height, width)
    whole = np.full((rows, columns, height + gap, width + gap, *rest), np.nan)
    whole[:, :, :height, :width] = tiles
    flat = whole.swapaxes(1, 2).reshape(rows * (height + gap), columns * (width + gap), *rest)
    return flat[: flat.shape[0] - gap, : flat.shape[1] - gap]


def _gap(height: int, width: int) -> int:
    return max(1, max(height, width) // 12)


def _tiles(
    look: Look,
    tiles: Any,
    numbers: Any,
    title: str,
    label: str,
    words: tuple[str, str],
    source: Any = None,
) -> Any:
    """A mosaic with a colour scale that is symmetric where there are negative numbers."""
    figure, axes = _beside(look, tiles, source)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    reach = max(abs(low), abs(high)) or 1.0
    signed = low < 0
    image = axes.imshow(
        np.ma.masked_invalid(_mosaic(tiles)),
        cmap=look.diverging() if signed else look.rising(),
        vmin=-reach if signed else 0.0,
        vmax=reach,
        interpolation="nearest",
    )
    _number(axes, tiles, *words)
    look.dress(axes, title, *_axis_words(tiles, *words))
    look.colourbar(image, axes, label)
    return figure


def _beside(look: Look, tiles: Any, source: Any) -> tuple[Any, Any]:
    """The axes for a mosaic, and on their left the image that it came of."""
    rows, columns = tiles.shape[:2]
    height = min(9.0, max(3.2, 0.5 * rows + 1.0))
    width = min(9.0, max(4.5, height * columns / rows + 1.2))
    if source is None:
        figure = look.figure(width, height)
        return figure, figure.subplots()
    figure = look.figure(width + 2.6, height)
    left, right = figure.subplots(1, 2, width_ratios=(2.6, width))
    if len(source) == 3:
        left.imshow(_unit(source.transpose(1, 2, 0)), interpolation="nearest")
    else:
        left.imshow(source.mean(axis=0), cmap="gray", interpolation="nearest")
    left.set_xticks([])
    left.set_yticks([])
    look.dress(left, "Image")
    return figure, right


def _number(axes: Any, tiles: Any, row: str, column: str) -> None:
    """Numbers at the edges: of filter and channel, or of the first tile in a row."""
    rows, columns, height, width = tiles.shape[:4]
    gap = _gap(height, width)
    grid = row == column
    every = max(1, math.ceil(rows / 16)), max(1, math.ceil(columns / 16))
    ys, xs = range(0, rows, every[0]), range(0, columns, every[1])
    step = columns if grid else 1
    axes.set_yticks([y * (height + gap) + (height - 1) / 2 for y in ys], [y * step for y in ys])
    sign = "+" if grid and rows > 1 else ""
    labels = [f"{sign}{x}" for x in xs]
    axes.set_xticks([x * (width + gap) + (width - 1) / 2 for x in xs], labels)


def _axis_words(tiles: Any, row: str, column: str) -> tuple[str, str]:
    """Names of the two axes; a grid of one row needs only one."""
    if row != column:
        return column, row
    return ("", row) if len(tiles) > 1 else (row, "")


def _colour(look: Look, shown: Any, title: str) -> Any:
    """Filters of three channels, as colours."""
    tiles = _grid(shown)
    figure, axes = _beside(look, tiles, None)
    mosaic = _mosaic(tiles)
    ground = rgb(look["cluster"])
    axes.imshow(np.where(np.isnan(mosaic), ground, mosaic), interpolation="nearest")
    _number(axes, tiles, "filter", "filter")
    look.dress(axes, title, *_axis_words(tiles, "filter", "filter"))
    return figure


def _unit(values: Any) -> Any:
    """All of it scaled to the range from 0 to 1."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / ((high - low) or 1.0)
