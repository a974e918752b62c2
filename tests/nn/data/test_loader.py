"""Batches: in order, shuffled, iterated, put together, refused."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from nn.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    default_collate,
)

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)


class Rows(Dataset):
    """The same examples as (X, Y), one by one."""

    def __getitem__(self, index):
        return X[index], int(Y[index])

    def __len__(self):
        return len(X)


class Stream(IterableDataset):
    """The same examples again, in a row."""

    def __iter__(self):
        return iter(zip(X, Y, strict=True))


def listed(loader):
    return [tuple(part.tolist() for part in batch) for batch in loader]


@pytest.mark.parametrize("dataset", [(X, Y), TensorDataset(X, Y), Rows(), Stream(), list(Rows())])
@pytest.mark.parametrize(("drop_last", "sizes"), [(False, [4, 4, 2]), (True, [4, 4])])
def test_every_kind_of_data_set_gives_the_same_batches(dataset, drop_last, sizes):
    batches = list(DataLoader(dataset, batch_size=4, drop_last=drop_last))
    assert [len(labels) for _, labels in batches] == sizes
    inputs, labels = batches[1]
    assert isinstance(inputs, ag.Tensor)
    assert inputs.dtype == np.float64
    np.testing.assert_array_equal(inputs.data, X[4:8])
    assert labels.tolist() == [4, 5, 6, 7]
    assert labels.dtype == np.int64


@pytest.mark.parametrize("dataset", [(X, Y), Rows()])
def test_shuffling_is_seeded_new_each_time_and_loses_nothing(dataset):
    one, two = (DataLoader(dataset, 3, shuffle=True, rng=5) for _ in range(2))
    first, second = listed(one), listed(one)
    assert first != second
    assert [listed(two), listed(two)] == [first, second]
    for epoch in (first, second):
        assert sorted(label for _, labels in epoch for label in labels) == list(range(10))
        rows = [row for inputs, _ in epoch for row in inputs]
        assert all(row[1] == row[0] + 1 for row in rows)


def test_without_rng_the_order_follows_manual_seed():
    loader = DataLoader((X, Y), 3, shuffle=True)
    ag.manual_seed(1)
    first = listed(loader)
    ag.manual_seed(1)
    assert listed(loader) == first
    ag.manual_seed(2)
    assert listed(loader) != first


def test_a_saved_generator_continues_the_order():
    whole = DataLoader((X, Y), 3, shuffle=True, rng=0)
    epochs = [listed(whole) for _ in range(4)]
    rng = np.random.default_rng(0)
    listed(DataLoader((X, Y), 3, shuffle=True, rng=rng))
    state = rng.bit_generator.state
    other = np.random.default_rng(99)
    other.bit_generator.state = state
    resumed = DataLoader((X, Y), 3, shuffle=True, rng=other)
    assert [listed(resumed) for _ in range(3)] == epochs[1:]


def test_lengths_with_and_without_the_last_batch():
    assert len(DataLoader((X, Y), 4)) == 3
    assert len(DataLoader((X, Y), 4, drop_last=True)) == 2
    assert len(DataLoader((X, Y), None)) == 10
    assert len(DataLoader((X, Y), 4, sampler=[1, 2, 3])) == 1
    with pytest.raises(ag.ArgumentError, match="Stream is iterated"):
        len(DataLoader(Stream(), 4))


def test_a_sampler_chooses_examples_and_their_order():
    loader = DataLoader((X, Y), 2, sampler=[7, 7, 1])
    assert [labels.tolist() for _, labels in loader] == [[7, 7], [1]]


def test_no_batch_size_gives_examples_as_they_are():
    assert [label for _, label in DataLoader(Rows(), None)] == list(range(10))
    assert [label for _, label in DataLoader(Stream(), None)] == list(range(10))


def test_batches_do_not_share_memory_with_the_data():
    data = X.copy()
    for inputs, _ in DataLoader((data, Y), 4):
        inputs.data[:] = -1
    np.testing.assert_array_equal(data, X)


def test_transform_changes_the_inputs_of_a_batch():
    loader = DataLoader((X, Y), 4, transform=lambda inputs: inputs + 100)
    inputs, labels = next(iter(loader))
    assert inputs.tolist()[0] == [100, 101]
    assert labels.tolist() == [0, 1, 2, 3]
    alone = DataLoader([np.ones(2), np.ones(2)], 2, transform=lambda inputs: 2 * inputs)
    assert next(iter(alone)).tolist() == [[2, 2], [2, 2]]


def test_collate_fn_makes_the_batch():
    words = ["a", "bcd", "ef"]
    assert list(DataLoader(words, 2, collate_fn=lambda batch: max(map(len, batch)))) == [3, 2]
    assert list(DataLoader(words, 2)) == [["a", "bcd"], ["ef"]]


def test_default_collate_of_dicts_tuples_and_numbers():
    examples = [{"x": np.ones(2, np.float32), "pair": (1, 0.5)} for _ in range(3)]
    batch = default_collate(examples)
    assert batch["x"].shape == (3, 2)
    assert batch["x"].dtype == np.float32
    ints, floats = batch["pair"]
    assert (ints.dtype, floats.dtype) == (np.int64, ag.get_default_dtype())
    stacked = default_collate([ag.tensor([1.0, 2.0])] * 2)
    assert stacked.shape == (2, 2)


def test_python_floats_become_the_default_dtype():
    ag.set_default_dtype("float32")
    try:
        assert default_collate([0.5, 1.5]).dtype == np.float32
    finally:
        ag.set_default_dtype("float64")


def test_ragged_examples_are_refused_with_their_shapes():
    with pytest.raises(ag.ShapeError, match=r"\(2,\), \(3,\).*collate_fn"):
        next(iter(DataLoader([np.ones(2), np.ones(3)], 2)))
    with pytest.raises(ag.ShapeError, match=r"parts: \[1, 2\]"):
        default_collate([(1,), (1, 2)])
    with pytest.raises(ag.ShapeError, match="different lengths"):
        TensorDataset([[1, 2], [3]])
    with pytest.raises(ag.ShapeError, match=r"\(10, 2\), \(9,\)"):
        DataLoader((X, Y[:-1]))
    with pytest.raises(ag.ShapeError, match=r"\(10,\), \(\)"):
        TensorDataset(Y, 3)
    with pytest.raises(ag.ArgumentError, match="at least one array"):
        TensorDataset()
    with pytest.raises(ag.ArgumentError, match="object: give DataLoader a collate_fn"):
        default_collate([object()])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"batch_size": 0}, "at least 1, got 0"),
        ({"batch_size": 2.5}, "whole number or None, got 2.5"),
        ({"batch_size": True}, "whole number"),
        ({"shuffle": True, "sampler": [0]}, "each alone sets the order"),
        ({"sampler": iter([0])}, "used up after the first time"),
    ],
)
def test_options_that_make_no_sense(arguments, words):
    with pytest.raises(ag.GlassError, match=words):
        DataLoader((X, Y), **arguments)


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ((row for row in X), "cannot go through a generator twice"),
        (3, "got int"),
        ({"x": X}, "got dict"),
    ],
)
def test_things_that_are_no_data_set(dataset, words):
    with pytest.raises(ag.ArgumentError, match=words):
        DataLoader(dataset)


def test_an_iterated_set_cannot_be_shuffled():
    with pytest.raises(ag.ArgumentError, match="shuffle inside it"):
        DataLoader(Stream(), shuffle=True)


def test_no_examples_give_no_batches():
    assert list(DataLoader((X[:0], Y[:0]), 4, shuffle=True)) == []
    assert len(DataLoader((X[:0], Y[:0]), 4)) == 0


def test_subsets():
    subset = Subset(Rows(), [3, -1])
    assert [label for _, label in subset] == [3, 9]
    assert len(subset) == 2
    with pytest.raises(ag.IndexingError, match="no example 10 in a data set of 10"):
        Subset(Rows(), [10])


@pytest.mark.parametrize("dataset", [TensorDataset(X, Y), Rows()])
def test_batches_of_a_subset(dataset):
    subset = Subset(dataset, [9, 3, 5, 1])
    ordered = [labels.tolist() for _, labels in DataLoader(subset, 3)]
    assert ordered == [[9, 3, 5], [1]]
    shuffled = DataLoader(subset, 4, shuffle=True, rng=0)
    (inputs, labels), *_ = shuffled
    np.testing.assert_array_equal(inputs.data, X[labels.data])
    assert labels.data.tolist() == [
        [9, 3, 5, 1][i] for i in np.random.default_rng(0).permutation(4)
    ]


def test_classes_that_define_nothing_say_what_to_define():
    class Empty(Dataset):
        pass

    class Silent(IterableDataset):
        pass

    with pytest.raises(ag.StateError, match="Empty cannot be counted: define __len__"):
        len(Empty())
    with pytest.raises(ag.StateError, match="define __getitem__"):
        Empty()[0]
    with pytest.raises(ag.StateError, match="define __iter__"):
        iter(Silent())


def test_repr():
    assert repr(DataLoader((X, Y), 4)) == (
        "DataLoader(TensorDataset: 10 examples, batch_size=4, shuffle=False)"
    )


def test_asking_for_an_iterator_draws_nothing():
    one, two = (DataLoader((X, Y), 3, shuffle=True, rng=5) for _ in range(2))
    iter(one)
    assert listed(one) == listed(two)


def test_pytorchs_other_arguments_are_understood():
    data, options = (np.arange(6.0),), {"num_workers": 2, "pin_memory": True}
    ours = DataLoader(data, 2, shuffle=True, rng=np.random.default_rng(0))
    theirs = DataLoader(data, 2, shuffle=True, generator=np.random.default_rng(0), **options)
    assert [batch[0].tolist() for batch in ours] == [batch[0].tolist() for batch in theirs]


class Negated(TensorDataset):
    def __getitem__(self, index):
        inputs, label = super().__getitem__(index)
        return -inputs, label


class Reversed(Subset):
    def __getitem__(self, index):
        return super().__getitem__(len(self) - 1 - index)


def test_a_subclass_finds_its_examples_in_its_own_way():
    ((inputs, labels),) = DataLoader(Negated(X, Y), batch_size=len(X))
    np.testing.assert_array_equal(inputs.data, -X)
    np.testing.assert_array_equal(labels.data, Y)
    ((inputs, _),) = DataLoader(Subset(Negated(X, Y), [2, 0]), batch_size=2)
    np.testing.assert_array_equal(inputs.data, -X[[2, 0]])
    ((inputs, _),) = DataLoader(Reversed(TensorDataset(X, Y), [2, 0]), batch_size=2)
    np.testing.assert_array_equal(inputs.data, X[[0, 2]])
