"""Parts of a data set: for training, for validation, for the test, and in turn (k-fold)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import autograd as ag
from nn.data.dataset import Subset, TensorDataset, as_array, check_lengths, is_arrays


def random_split(
    dataset: Any, lengths: Sequence[float], *, stratify: Any = None, rng: Any = None
) -> tuple[Any, ...]:
    """Parts of a data set that share no example, drawn at random.

    Args:
        dataset: a tuple of arrays, whose parts are tuples of arrays, or an indexed data set,
            whose parts are `Subset`.
        lengths: the size of each part; numbers of examples that sum to all, or fractions
            that sum to 1 (what rounding leaves over goes to the first parts, one each).
        stratify: labels, or True for the last array: every part then holds each class in
            its proportion, give or take one example.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: lengths that do not sum to all, an empty part, or a class with fewer
            examples than there are parts.

    >>> data = np.arange(10.0), np.arange(10) % 2
    >>> train, test = random_split(data, [0.6, 0.4], stratify=True, rng=0)
    >>> sorted(test[1].tolist())
    [0, 0, 1, 1]
    """
    count = _count(dataset)
    sizes = _sizes(lengths, count)
    order = _order(dataset, stratify, len(sizes), ag.generator(rng))
    chunks = np.split(order, np.cumsum(sizes)[:-1])
    return tuple(take(dataset, chunk) for chunk in chunks)


def k_fold(
    dataset: Any, k: int = 5, *, stratify: Any = None, shuffle: bool = True, rng: Any = None
) -> Iterator[tuple[Any, Any]]:
    """Pairs (training part, held-out part), each example held out exactly once.

    The k held-out parts differ in size by at most one; averaging the score over them uses
    every example for the test and none for both (Stone 1974; lecture A).

    Args:
        dataset: as for `random_split`.
        k: how many folds, from 2 to the number of examples.
        stratify: labels, or True for the last array.
        shuffle: draw the folds at random; they are consecutive examples otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: a `k` that does not fit, or a class with fewer than `k` examples.
        ArgumentError: `stratify` without `shuffle`.

    >>> for train, held_out in k_fold((np.arange(4.0),), k=2, shuffle=False):
    ...     print(train[0], held_out[0])
    [2. 3.] [0. 1.]
    [0. 1.] [2. 3.]
    """
    count = _count(dataset)
    if not 2 <= k <= count:
        raise ag.RangeError(f"k_fold: k is 2 to the number of examples, {count}; got {k}.")
    if stratify is not None and not shuffle:
        raise ag.ArgumentError("k_fold: stratify draws the folds, so it needs shuffle=True.")
    order = _order(dataset, stratify, k, ag.generator(rng)) if shuffle else np.arange(count)
    folds = np.array_split(order, k)
    return ((take(dataset, _without(folds, i)), take(dataset, folds[i])) for i in range(k))


def take(dataset: Any, indices: Any) -> Any:
    """Some examples: of a tuple of arrays the rows, of another data set a `Subset`."""
    if is_arrays(dataset):
        return tuple(part[indices] for part in dataset)
    return Subset(dataset, indices)


def _without(folds: list[Any], held_out: int) -> Any:
    return np.concatenate([fold for i, fold in enumerate(folds) if i != held_out])


def _count(dataset: Any) -> int:
    if is_arrays(dataset):
        check_lengths(dataset, "A tuple of arrays as a data set")
        return len(dataset[0])
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise ag.ArgumentError(
            "Only examples that can be counted and indexed can be split: a tuple of arrays or "
            f"a Dataset, got {type(dataset).__name__}."
        )
    return len(dataset)


def _sizes(lengths: Sequence[float], count: int) -> list[int]:
    """The parts' sizes as whole numbers.

    Raises:
        RangeError: they do not sum to `count`, or a part would be empty.
    """
    fractions = abs(sum(lengths) - 1) < 1e-9 and all(0 <= part <= 1 for part in lengths)
    sizes = [int(part * count + 1e-9) if fractions else int(part) for part in lengths]
    if fractions:
        for i in range(count - sum(sizes)):
            sizes[i % len(sizes)] += 1
    if sum(sizes) != count or not (fractions or sizes == list(lengths)):
        raise ag.RangeError(
            f"The lengths {list(lengths)} do not sum to the {count} examples (nor to 1)."
        )
    if min(sizes) < 1:
        raise ag.RangeError(f"{count} examples in parts of {list(lengths)} leave a part empty.")
    return sizes


def _order(dataset: Any, stratify: Any, parts: int, rng: np.random.Generator) -> Any:
    """A random order; stratified, any stretch of it holds the classes in proportion.

    Each class, shuffled, is spread evenly over (0, 1), and all examples are sorted by their
    places there.
    """
    order = rng.permutation(_count(dataset))
    labels = _labels(dataset, stratify)
    if labels is None:
        return order
    labels = labels[order]
    places = np.empty(len(order))
    for label in np.unique(labels):
        (members,) = np.nonzero(labels == label)
        _check_class(label, len(members), parts)
        places[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(places, kind="stable")]


def _labels(dataset: Any, stratify: Any) -> Any:
    if stratify is None or stratify is False:
        return None
    arrays = dataset.arrays if isinstance(dataset, TensorDataset) else dataset
    if stratify is True and not is_arrays(arrays):
        raise ag.ArgumentError("stratify=True takes the last of several arrays; give the labels.")
    labels = as_array(arrays[-1] if stratify is True else stratify)
    if labels.shape != (_count(dataset),):
        raise ag.ShapeError(
            f"stratify: one label for each of the {_count(dataset)} examples, "
            f"got shape {tuple(labels.shape)}."
        )
    return labels


def _check_class(label: Any, count: int, parts: int) -> None:
    if count < parts:
        raise ag.RangeError(
            f"stratify: class {label} has {count} example{'s' * (count > 1)}, too few to be in "
            f"each of {parts} parts."
        )
