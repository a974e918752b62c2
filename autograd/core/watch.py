"""Two watchmen: one for NaN and infinity, one for arrays that change behind our back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.errors import AnomalyError
from autograd.core.node import Node, Where
from autograd.core.where import resolve


def check_result(name: str, values: Any, out: Any, where: Where) -> None:
    """Refuse a result with NaN or infinity where all operands were finite.

    Raises:
        AnomalyError: it names the operation, the line, the first place and the operands there.
    """
    for part in out if isinstance(out, tuple) else (out,):
        if not _is_finite(part) and all(map(_is_finite, values)):
            raise AnomalyError(
                f"{name} made {_first(part)} of finite operands{_line(where)}. The operands: "
                f"{', '.join(map(_short, values))}."
            )


def check_contribution(node: Node, slot: int, gradient: Any, contribution: Any) -> None:
    """Refuse a contribution with NaN or infinity where the gradient was finite.

    Raises:
        AnomalyError: it names the operation, the line, and a masked branch where it is one.
    """
    parts = gradient if isinstance(gradient, tuple) else (gradient,)
    if _is_finite(contribution) or not all(map(_is_finite, parts)):
        return
    what = f"The gradient of {node.op.name} for operand {node.op.operand_name(slot)}"
    raise AnomalyError(
        f"{what} is {_first(contribution)}, though the gradient that arrived is finite"
        f"{_line(node.where)}.{_masked_branch(parts[0], contribution)}"
    )


def _masked_branch(gradient: Any, contribution: Any) -> str:
    """The known trap: zero times an infinite derivative, in the branch that was not taken."""
    if gradient is None or gradient.shape != contribution.shape:
        return ""
    if not np.all(gradient[~np.isfinite(contribution)] == 0):
        return ""
    return (
        " The gradient that arrived is 0 there: this is a masked branch, where 0 · ∞ is NaN. "
        "Give the operation a harmless operand where the mask hides it (the double where): "
        "safe = where(mask, x, 1.0); where(mask, f(safe), other)."
    )


def _is_finite(value: Any) -> bool:
    if value is None:
        return True
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return kind != "f" or bool(np.isfinite(value).all())


def _first(array: Any) -> str:
    """The first value that is not finite, and where it is."""
    index = tuple(int(i[0]) for i in np.nonzero(~np.isfinite(array))) if array.ndim else ()
    place = f" at index {index if len(index) > 1 else index[0]}" if index else ""
    return f"{float(array[index])}{place}"


def _short(value: Any) -> str:
    if not hasattr(value, "shape"):
        return repr(value)
    text = np.array2string(value, threshold=8, precision=4, separator=", ")
    return " ".join(text.split())[:80]


def _line(where: Where) -> str:
    line = resolve(where)
    return f" ({line}: {line.text.strip()})" if line else ""


class Seal:
    """Reads as a version cell: 0 while an array is as it was, and later than any node after."""

    __slots__ = ("array", "checksum")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.checksum = _checksum(array)

    def __getitem__(self, index: int) -> float:
        return 0 if _checksum(self.array) == self.checksum else math.inf


def _checksum(array: Any) -> int:
    return hash(array.tobytes())  # of bytes: a keyed hash of 64 bits


def seals(saved: tuple[Any, ...]) -> tuple[tuple[str, Seal], ...]:
    """A seal for each saved array, in place of a version cell."""
    flat = [part for s in saved for part in (s if isinstance(s, tuple) else (s,))]
    return tuple(("", Seal(array)) for array in flat if hasattr(array, "tobytes"))
