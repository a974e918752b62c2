"""What a data set is: examples that are counted and indexed, or examples that come in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import autograd as ag


class Dataset:
    """Examples by number: a subclass defines ``__getitem__(index)`` and ``__len__()``.

    Any object with these two methods will do; a list of examples is a data set, too.
    """

    def __getitem__(self, index: int) -> Any:
        raise ag.StateError(f"{type(self).__name__} has no examples: define __getitem__ in it.")

    def __len__(self) -> int:
        raise ag.StateError(f"{type(self).__name__} cannot be counted: define __len__ in it.")


class IterableDataset:
    """Examples in a row: a subclass defines ``__iter__()``, which starts anew each time."""

    def __iter__(self) -> Iterator[Any]:
        raise ag.StateError(f"{type(self).__name__} has no examples: define __iter__ in it.")


class TensorDataset(Dataset):
    """Arrays of equal length; example i is the tuple of their i-th rows.

    Args:
        arrays: arrays, tensors or nested lists, one for each part of an example.

    Raises:
        ShapeError: their lengths differ, or one is a single number.

    >>> examples = TensorDataset([[0.0], [0.5], [1.0]], [0, 1, 0])
    >>> len(examples), examples[1]
    (3, (array([0.5]), np.int64(1)))
    """

    def __init__(self, *arrays: Any) -> None:
        self.arrays = tuple(map(as_array, arrays))
        check_lengths(self.arrays, "TensorDataset")

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(array[index] for array in self.arrays)

    def __len__(self) -> int:
        return len(self.arrays[0])


class Subset(Dataset):
    """Some examples of a data set, by their numbers.

    Raises:
        IndexingError: a number that the data set does not have.
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, [int(i) for i in indices]
        wrong = [i for i in self.indices if not -len(dataset) <= i < len(dataset)]
        if wrong:
            raise ag.IndexingError(
                f"Subset: there is no example {wrong[0]} in a data set of {len(dataset)}."
            )

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def as_array(value: Any) -> Any:
    """A tensor's array, an array as it is, anything else as NumPy reads it.

    Raises:
        ShapeError: nested lists of different lengths.
    """
    if isinstance(value, ag.Tensor):
        return value.data
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return value
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ag.ShapeError(
            "Nested lists of different lengths are not one array. Pad them to one length, or "
            "keep the list as the data set and give DataLoader a collate_fn."
        ) from error


def is_arrays(value: Any) -> bool:
    """Whether a value is a tuple of arrays or tensors, such as (images, labels)."""
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(hasattr(part, "shape") and hasattr(part, "dtype") for part in value)
    )


def check_lengths(arrays: Sequence[Any], owner: str) -> None:
    """Refuse arrays that do not have as many rows as each other.

    Raises:
        ShapeError: with the shapes.
    """
    if not arrays:
        raise ag.ArgumentError(f"{owner} takes at least one array.")
    shapes = [tuple(array.shape) for array in arrays]
    if not all(shapes) or len({shape[0] for shape in shapes}) > 1:
        raise ag.ShapeError(
            f"{owner}: the arrays need one row for each example, as many as each other; "
            f"their shapes are {', '.join(map(str, shapes))}."
        )
