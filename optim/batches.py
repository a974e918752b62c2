"""What a training goes through: arrays cut into batches, or batches as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

import autograd as ag


class ArrayBatches:
    """Batches of arrays of equal length, in a new random order each time or as they are."""

    def __init__(self, arrays: tuple[Any, ...], batch_size: int, shuffle: bool, rng: Any) -> None:
        self.arrays = tuple(part.data if isinstance(part, ag.Tensor) else part for part in arrays)
        self.batch_size, self.shuffle = batch_size, shuffle
        self.rng = None if rng is None else ag.generator(rng)
        shapes = [tuple(array.shape) for array in self.arrays]
        if len({shape[:1] for shape in shapes}) > 1 or not all(shapes):
            raise ag.ShapeError(
                "The arrays need one row for each example, as many as each other; their shapes "
                f"are {', '.join(map(str, shapes))}."
            )

    def __len__(self) -> int:
        return -(-len(self.arrays[0]) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[ag.Tensor, ...]]:
        count = len(self.arrays[0])
        order = ag.generator(self.rng).permutation(count) if self.shuffle else np.arange(count)
        for start in range(0, count, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield tuple(ag.Tensor(array[rows]) for array in self.arrays)


def batches_of(data: Any, name: str, batch_size: int, *, shuffle: bool, rng: Any) -> Any:
    """Something that gives batches each time it is iterated.

    Args:
        data: a tuple of arrays, or an iterable of batches.
        name: the argument's name, for errors.
        batch_size, shuffle, rng: how arrays are cut.

    Raises:
        ArgumentError: something that cannot be iterated, or only once.
    """
    if _is_arrays(data):
        return ArrayBatches(data, batch_size, shuffle, rng)
    if not isinstance(data, Iterable) or isinstance(data, (ag.Tensor, np.ndarray, str, dict)):
        raise ag.ArgumentError(
            f"{name} is a pair of arrays (inputs, targets), a loader, or any iterable of batches; "
            f"got {type(data).__name__}."
        )
    if isinstance(data, Iterator):
        raise ag.ArgumentError(
            f"{name} is a {type(data).__name__}, which is used up after one epoch. Give a list of "
            "batches, or an object whose __iter__ starts anew."
        )
    return data


def in_groups(batches: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of `size` batches; the last one may be shorter."""
    rest = iter(batches)
    while group := list(islice(rest, size)):
        yield group


def count_of(batches: Any) -> int | None:
    """How many batches there are, where that is known."""
    try:
        return len(batches)
    except TypeError:
        return None


def size_of(batch: Any) -> int:
    """How many examples are in a batch: the rows of its last part."""
    while isinstance(batch, (tuple, list, dict)) and batch:
        batch = list(batch.values())[-1] if isinstance(batch, dict) else batch[-1]
    shape = getattr(batch, "shape", ())
    return int(shape[0]) if shape else 1


def answer(model: Any, batch: Any) -> tuple[Any, Any]:
    """The usual way through a batch ``(inputs, …, target)``: ``model(inputs, …), target``.

    Raises:
        ArgumentError: a batch of another form.
    """
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise ag.ArgumentError(
            f"A batch is (inputs, target), got {_described(batch)}. For batches of another form "
            "give fit(…, forward=f), where f(model, batch) returns (output, target)."
        )
    *inputs, target = map(_tensor, batch)
    return model(*inputs), target


def _described(batch: Any) -> str:
    shape = f" of shape {tuple(batch.shape)}" if hasattr(batch, "shape") else ""
    return f"{type(batch).__name__}{shape}"


def _tensor(part: Any) -> Any:
    return ag.Tensor(part) if isinstance(part, np.ndarray) else part


def _is_arrays(data: Any) -> bool:
    arrays = isinstance(data, tuple) and len(data) > 0
    return arrays and all(hasattr(part, "shape") and hasattr(part, "dtype") for part in data)
