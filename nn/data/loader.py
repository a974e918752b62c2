"""Batches: examples drawn from a data set, in order or shuffled, and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

import autograd as ag
from nn.data.dataset import Subset, TensorDataset, as_array, is_arrays


class DataLoader:
    """Goes through a data set in batches of tensors, anew each time it is iterated.

    Args:
        dataset: a tuple of arrays such as ``(images, labels)``, a `TensorDataset`, anything
            with ``__len__`` and ``__getitem__``, or anything that can be iterated again and
            again.
        batch_size: examples in a batch; None gives them one by one, as they are.
        shuffle: a new order each time.
        sampler: numbers of the examples to take, in their order, instead of `shuffle`.
        drop_last: leave out a last batch that is smaller.
        collate_fn: makes a batch of a list of examples; `default_collate` otherwise.
        transform: changes the inputs of each batch (its first part), as an array: an
            augmentation, for example.
        rng, generator: a generator or a seed for the order; the generator of
            `autograd.manual_seed` otherwise.
        num_workers, pin_memory, persistent_workers: accepted for PyTorch's sake; batches are
            made where they are used.

    Attributes:
        rng: the generator. One that is shared with the model and the augmentation, and is
            saved with them, lets an interrupted training continue bit for bit.

    Raises:
        ArgumentError: a data set that cannot be gone through twice, or options that exclude
            each other.
        RangeError: a batch size below 1.

    >>> loader = DataLoader((np.arange(5.0), np.arange(5)), batch_size=2, shuffle=True, rng=0)
    >>> len(loader), [labels.tolist() for _, labels in loader]
    (3, [[2, 4], [3, 0], [1]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool = False,
        *,
        sampler: Iterable[int] | None = None,
        drop_last: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        transform: Callable[[Any], Any] | None = None,
        rng: Any = None,
        generator: Any = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        persistent_workers: bool = False,
    ) -> None:
        rng = generator if rng is None else rng
        self.dataset: Any = TensorDataset(*dataset) if is_arrays(dataset) else dataset
        self.batch_size, self.shuffle, self.drop_last = batch_size, shuffle, drop_last
        self.sampler, self.collate_fn, self.transform = sampler, collate_fn, transform
        self.rng = None if rng is None else ag.generator(rng)
        self._check()

    def __len__(self) -> int:
        if not _is_indexed(self.dataset):
            raise ag.ArgumentError(
                f"The length of this loader is unknown: {type(self.dataset).__name__} is iterated."
            )
        total = len(self.dataset) if self.sampler is None else len(list(self.sampler))
        if self.batch_size is None:
            return total
        return total // self.batch_size if self.drop_last else -(-total // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        yield from map(self._changed, self._batches())  # draws when the first batch is asked for

    def _batches(self) -> Iterator[Any]:
        if not _is_indexed(self.dataset):
            return map(self._collated, self._chunks(self.dataset))
        order, dataset = self._order(), self.dataset
        if _gives_rows(dataset, Subset) and _gives_rows(dataset.dataset, TensorDataset):
            order, dataset = np.asarray(dataset.indices, np.int64)[order], dataset.dataset
        if _gives_rows(dataset, TensorDataset) and self._is_plain:
            arrays = dataset.arrays
            return (_rows(arrays, np.asarray(chunk)) for chunk in self._chunks(order))
        return map(self._collated, self._examples(dataset, order))

    @property
    def _is_plain(self) -> bool:
        """Whether batches are cut out of arrays at once instead of row by row."""
        return self.collate_fn is None and self.batch_size is not None

    def _order(self) -> Any:
        if self.sampler is not None:
            return np.asarray(list(self.sampler), dtype=np.int64)
        count = len(self.dataset)
        return ag.generator(self.rng).permutation(count) if self.shuffle else np.arange(count)

    def _examples(self, dataset: Any, order: Any) -> Iterator[Any]:
        for chunk in self._chunks(order):
            whole = self.batch_size is not None
            yield [dataset[int(i)] for i in chunk] if whole else dataset[int(chunk)]

    def _chunks(self, items: Iterable[Any]) -> Iterator[Any]:
        if self.batch_size is None:
            yield from items
            return
        rest = iter(items)
        while chunk := list(islice(rest, self.batch_size)):
            if len(chunk) == self.batch_size or not self.drop_last:
                yield chunk

    def _collated(self, examples: Any) -> Any:
        if self.collate_fn is not None:
            return self.collate_fn(examples)
        return examples if self.batch_size is None else default_collate(examples)

    def _changed(self, batch: Any) -> Any:
        if self.transform is None:
            return batch
        if isinstance(batch, (tuple, list)):
            return (_wrapped(self.transform(as_array(batch[0]))), *batch[1:])
        return _wrapped(self.transform(as_array(batch)))

    def _check(self) -> None:
        size, dataset = self.batch_size, self.dataset
        if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer))):
            raise ag.ArgumentError(f"batch_size is a whole number or None, got {size!r}.")
        if size is not None and size < 1:
            raise ag.RangeError(f"batch_size is at least 1, got {size}.")
        if not _is_indexed(dataset):
            _check_iterated(dataset, self.shuffle or self.sampler is not None)
        if isinstance(self.sampler, Iterator):
            raise ag.ArgumentError(
                f"The sampler is a {type(self.sampler).__name__}, which is used up after the first "
                "time: give a list of numbers, or an object whose __iter__ starts anew."
            )
        if self.shuffle and self.sampler is not None:
            raise ag.ArgumentError("Give shuffle=True or a sampler; each alone sets the order.")

    def __repr__(self) -> str:
        kind = type(self.dataset).__name__
        size = f"{len(self.dataset)} examples, " if _is_indexed(self.dataset) else ""
        return f"DataLoader({kind}: {size}batch_size={self.batch_size}, shuffle={self.shuffle})"


def default_collate(examples: Sequence[Any]) -> Any:
    """One batch of a list of examples: arrays stacked, tuples and dicts part by part.

    Raises:
        ShapeError: examples of different shapes, or of different numbers of parts.
        ArgumentError: examples that are neither numbers, arrays, strings, tuples nor dicts.

    >>> default_collate([(np.array([0.0, 1.0]), 3), (np.array([2.0, 3.0]), 5)])
    (tensor([[0., 1.],
            [2., 3.]]), tensor([3, 5]))
    """
    first = examples[0]
    if isinstance(first, Mapping):
        return {key: default_collate([example[key] for example in examples]) for key in first}
    if isinstance(first, (tuple, list)):
        return _collate_parts(examples)
    if isinstance(first, (str, bytes)):
        return list(examples)
    return _stacked(examples)


def _collate_parts(examples: Sequence[Any]) -> Any:
    counts = sorted({len(example) for example in examples})
    if len(counts) > 1:
        raise ag.ShapeError(
            f"The examples of a batch have different numbers of parts: {counts}. Pad them to "
            "one length, or give DataLoader a collate_fn that does."
        )
    parts = [default_collate(part) for part in zip(*examples, strict=True)]
    return type(examples[0])(parts) if type(examples[0]) in (tuple, list) else tuple(parts)


def _stacked(examples: Sequence[Any]) -> ag.Tensor:
    if isinstance(examples[0], float) and not isinstance(examples[0], np.generic):
        return ag.tensor(list(examples))
    arrays = [as_array(example) for example in examples]
    if arrays[0].dtype == object:
        raise ag.ArgumentError(
            f"A batch is made of numbers, arrays, tuples and dicts, got "
            f"{type(examples[0]).__name__}: give DataLoader a collate_fn that makes the batch."
        )
    shapes = {tuple(array.shape): None for array in arrays}
    if len(shapes) > 1:
        raise ag.ShapeError(
            f"The examples of a batch have different shapes: {', '.join(map(str, shapes))}. Pad "
            "or crop them to one shape, or give DataLoader a collate_fn that does."
        )
    return ag.Tensor(np.stack(arrays))


def _rows(arrays: Sequence[Any], numbers: Any) -> tuple[ag.Tensor, ...]:
    return tuple(ag.Tensor(array[numbers]) for array in arrays)


def _wrapped(value: Any) -> ag.Tensor:
    return value if isinstance(value, ag.Tensor) else ag.Tensor(value)


def _gives_rows(dataset: Any, kind: type[Any]) -> bool:
    """Whether a data set is of a kind and finds its examples as that kind does."""
    return isinstance(dataset, kind) and type(dataset).__getitem__ is kind.__getitem__


def _is_indexed(dataset: Any) -> bool:
    methods = hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")
    return methods and not isinstance(dataset, (Mapping, str, bytes))


def _check_iterated(dataset: Any, ordered: bool) -> None:
    kind = type(dataset).__name__
    if not hasattr(dataset, "__iter__") or isinstance(dataset, (Mapping, str, bytes)):
        raise ag.ArgumentError(
            f"DataLoader takes a tuple of arrays, or examples that can be indexed and counted "
            f"or iterated; got {kind}."
        )
    if isinstance(dataset, Iterator):
        raise ag.ArgumentError(
            f"DataLoader cannot go through a {kind} twice: it is used up after the first time. "
            "Give a list of its examples, or an object whose __iter__ starts anew."
        )
    if ordered:
        raise ag.ArgumentError(
            f"The examples of {kind} come one after the other, in an order that shuffle and "
            "sampler cannot change; shuffle inside it."
        )
