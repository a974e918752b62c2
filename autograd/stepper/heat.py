"""A small heat map of the tensor that a step is about: its numbers, and a caption in words."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import isfinite, prod
from typing import Any

from autograd.core.spec import KEEP
from autograd.draw.trace import Numbers, Trace
from autograd.stepper.figures import figure
from autograd.stepper.scene import name_of
from autograd.stepper.step import Step

_DIGITS = 3


def heat(trace: Trace, step: Step) -> str:
    """A note for the step's row: in sight the caption, as ``data-heat`` rows, columns, numbers.

    Empty for single numbers, for tensors of more than 256 elements, and where a step has none.
    """
    name, shown = _about(trace, step)
    if shown is None or shown.data is None or not 2 <= prod(shown.shape) <= KEEP:
        return ""
    found = [float(number) for number in _flat(shown.data)]
    grid = (1, *shown.shape)[-2:]
    numbers = " ".join(f"{number:.{_DIGITS}g}" for number in (*grid, *found))
    said = escape(f"{name}, {_shape(shown.shape)}, {_range(found)}")
    return f'<small class="heat" data-heat="{numbers}">{said}</small>'


def _about(trace: Trace, step: Step) -> tuple[str, Numbers | None]:
    """The value made, the gradient by now, or the new value of a parameter."""
    if step.value is None:
        return "", None
    name = name_of(trace, step.value)
    if step.phase == "forward":
        return name, None if step.op is None else trace.values[step.value].numbers
    of = "gradient of " if step.phase == "backward" else ""
    return f"{of}{name}", None if step.ledger is None else step.ledger.now


def _flat(data: Any) -> Iterator[Any]:
    if not isinstance(data, list):
        yield data
        return
    for item in data:
        yield from _flat(item)


def _shape(shape: tuple[int, ...]) -> str:
    """``3×2``; of more than two dimensions the last two make a grid, and each grid is drawn.

    >>> _shape((4,)), _shape((3, 2)), _shape((2, 2, 4, 3))
    ('4 elements', '3×2', '2×2×4×3 as 4 grids of 4×3')
    """
    if len(shape) == 1:
        return f"{shape[0]} elements"
    written = "×".join(map(str, shape))
    if len(shape) == 2:
        return written
    count = prod(shape[:-2])
    return f"{written} as {count} grid{'s' * (count > 1)} of {shape[-2]}×{shape[-1]}"


def _range(numbers: list[float]) -> str:
    """Smallest and largest, and how many cells are crossed.

    >>> _range([-0.6789, 0.5, float("nan")])
    'from −0.679 to 0.5, 1 not finite'
    """
    known = [number for number in numbers if isfinite(number)]
    crossed = f"{len(numbers) - len(known)} not finite"
    if not known:
        return crossed
    low, high = (figure(n, _DIGITS).replace("-", "−") for n in (min(known), max(known)))
    said = f"from {low} to {high}" if low != high else f"all {low}"
    return said if len(known) == len(numbers) else f"{said}, {crossed}"
