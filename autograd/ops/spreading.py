"""Gradients of windows back to the images that these were taken from, in two ways.

Plain arrays only, (groups, C / groups, …, N), as in `columns`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops.columns import adds_first, blocks, flat, kernels, product, scratch
from autograd.ops.windows import Windows


def put_back(result: Any, weight: Any, image: Any, windows: Windows) -> None:
    """Add each element of the result, times the weights, to the window that it came from.

    Shapes: (groups, O / groups, …, N), (O, C / groups, k…), (groups, C / groups, …, N).
    """
    each = (result.shape[1], *weight.shape[1:])
    if len(windows.kernel) > 1 and adds_first(each, result.shape[-2], image.shape[-2]):
        row_by_row(result, weight, image, windows)
    else:
        one_by_one(result, weight, image, windows)


def one_by_one(result: Any, weight: Any, image: Any, windows: Windows) -> None:
    """For each place in a kernel its products, added where they belong."""
    groups, made = result.shape[:2]
    transposed = np.swapaxes(kernels(weight, groups), -1, -2)
    times = np.multiply if made == 1 else product
    for block in blocks(image, windows, result.shape[2:-1]):
        columns = scratch(block.shape, result)
        times(transposed, flat(result[:, :, block.rows], 1), flat(columns, len(block.shape) // 2))
        for offset, elements in block.visits:
            block.seen[elements] += columns[offset]


def row_by_row(result: Any, weight: Any, image: Any, windows: Windows) -> None:
    """For each row of a kernel the sum over its columns, added where it belongs."""
    lines = np.reshape(image, (*image.shape[:-2], image.shape[-2] * image.shape[-1]))
    above = Windows(*(each[:-1] for each in windows))
    turned = _columns_last(weight, len(result))
    for block in blocks(lines, above, result.shape[2:-2]):
        moved = _moved(result[:, :, block.rows], windows, image.shape[-2])
        columns = scratch(block.shape, result)
        product(turned, flat(moved, 2), flat(columns, len(block.shape) // 2))
        for offset, elements in block.visits:
            block.seen[elements] += columns[offset]


def _columns_last(weight: Any, groups: int) -> Any:
    """The weight as (groups, kH · C / groups, kW · O / groups)."""
    split = np.reshape(weight, (groups, -1, *weight.shape[1:]))
    columns = split.ndim - 1
    return flat(np.transpose(split, (0, *range(3, columns), 2, columns, 1)), columns - 2)


def _moved(result: Any, windows: Windows, width: int) -> Any:
    """For each column of a kernel the result where it met the image, zeros between.

    Shapes: (groups, O, …, W′, N) → (groups, kW, O, …, W, N).
    """
    *_, kernel = windows.kernel
    *_, step = windows.stride
    *_, apart = windows.dilation
    *lead, count, n = result.shape
    moved: Any = scratch((lead[0], kernel, *lead[1:], width, n), result, "moved")
    moved[...] = 0
    for k in range(kernel):
        places = slice(k * apart, k * apart + (count - 1) * step + 1, step)
        moved[:, k, ..., places, :] = result
    return moved
