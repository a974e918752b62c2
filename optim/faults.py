"""A loss or a gradient that is no number any more: which operation made it?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import autograd as ag


def check_finite(
    loss: float, parameters: Iterable[ag.Tensor], explain: Callable[[str], Exception]
) -> None:
    """Refuse a loss or, once there are some, gradients with NaN or infinity.

    Raises:
        AnomalyError: what `explain` makes of the words.
    """
    if not math.isfinite(loss):
        raise explain(f"The loss is {loss}")
    for parameter in parameters:
        if parameter.grad is not None and not np.isfinite(parameter.grad.data).all():
            raise explain("A gradient is not finite")


def explanation(words: str, model: Any, batch: Any, again: Callable[[], Any]) -> ag.AnomalyError:
    """What to tell about a fault, after the batch has been run again under watch.

    Args:
        words: what was noticed, and where.
        model: its parameters may be bad already.
        batch: its values may be, too.
        again: computes the loss of the batch and the gradients once more.
    """
    cause, found = _in_data(model, batch), None
    if not cause:
        found = _watched(again)
        cause = f"Run again under watch: {found}" if found else _UNKNOWN
    error = ag.AnomalyError(f"{words}. {cause}")
    error.__cause__ = found
    return error


def _in_data(model: Any, batch: Any) -> str:
    for place, array in _leaves(batch, "the batch"):
        if not _is_finite(array):
            return f"It came with the data: {place} has NaN or infinity in it."
    named = model.named_parameters() if hasattr(model, "named_parameters") else ()
    for name, parameter in named:
        if not _is_finite(parameter.data):
            return (
                f"The parameter {name} was no longer finite before this batch: the last update "
                "went too far. Lower the learning rate, or clip the gradients (clip_norm=1.0)."
            )
    return ""


def _watched(again: Callable[[], Any]) -> ag.AnomalyError | None:
    try:
        with np.errstate(all="ignore"), ag.detect_anomaly():
            again()
    except ag.AnomalyError as error:
        return error
    return None


def _leaves(batch: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(batch, dict):
        for key, part in batch.items():
            yield from _leaves(part, f"{place}[{key!r}]")
    elif isinstance(batch, (tuple, list)):
        for index, part in enumerate(batch):
            yield from _leaves(part, f"{place}[{index}]")
    else:
        yield place, batch.data if isinstance(batch, ag.Tensor) else batch


def _is_finite(array: Any) -> bool:
    kind = getattr(getattr(array, "dtype", None), "kind", "")
    return kind != "f" or bool(np.isfinite(array).all())


_UNKNOWN = (
    "Run again under watch, no operation made it of finite numbers: something in the model is "
    "drawn at random, or not computed by recorded operations."
)
