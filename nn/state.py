"""What fits into the state of a module, and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd as ag


class LoadReport(NamedTuple):
    """What a state that was loaded with ``strict=False`` did not cover.

    Attributes:
        missing_keys: names that the module has and the state has not.
        unexpected_keys: names that the state has and the module has not.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]


def array_of(value: Any) -> Any:
    """The array of a tensor; what NumPy makes of anything else."""
    if isinstance(value, ag.Tensor):
        return value.data
    return value if hasattr(value, "dtype") and hasattr(value, "shape") else np.asarray(value)


def names_wrong(report: LoadReport) -> Iterator[str]:
    """A line for the names that are missing, and one for those that are unexpected."""
    if report.missing_keys:
        yield f"Missing key(s): {', '.join(map(repr, report.missing_keys))}."
    if report.unexpected_keys:
        yield f"Unexpected key(s): {', '.join(map(repr, report.unexpected_keys))}."


def sizes_wrong(own: Mapping[str, ag.Tensor], given: Mapping[str, Any]) -> Iterator[str]:
    """A line for each name whose shape or kind of number differs."""
    for name, tensor in own.items():
        value = given.get(name, tensor)
        if tuple(value.shape) != tensor.shape:
            yield (
                f"size mismatch for {name!r}: the state has shape {tuple(value.shape)}, "
                f"the module {tensor.shape}."
            )
        elif not np.can_cast(value.dtype, tensor.dtype, casting="same_kind"):
            yield f"dtype mismatch for {name!r}: {value.dtype} does not fit into {tensor.dtype}."


def convert(tensor: ag.Tensor, dtype: np.dtype[Any]) -> None:
    """Convert a tensor and its gradient where they are."""
    tensor.data = tensor.data.astype(dtype)
    ag.increment_version(tensor)
    if tensor.grad is not None:
        tensor.grad = ag.tensor(tensor.grad, dtype=dtype)


def floating(dtype: Any) -> np.dtype[Any]:
    """A dtype that parameters can have.

    Raises:
        DTypeError: it is no floating type, or no type at all.
    """
    try:
        wanted: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        raise ag.DTypeError(
            f"to({dtype!r}): write a floating type such as np.float32. There are no devices to "
            "move to: a module computes with the arrays that it holds."
        ) from None
    if wanted.kind != "f":
        raise ag.DTypeError(f"to({wanted}): parameters are floating; write float32 or float64.")
    return wanted
