"""Parts that share nothing, hold everything, and keep the classes in proportion."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from nn.data import DataLoader, Subset, TensorDataset, k_fold, random_split

X = np.arange(100.0)
LABELS = np.repeat([0, 1, 2], [60, 30, 10])


def test_parts_share_nothing_and_hold_everything():
    parts = random_split((X, LABELS), [70, 20, 10], rng=0)
    assert [len(part[0]) for part in parts] == [70, 20, 10]
    assert sorted(np.concatenate([part[0] for part in parts])) == list(X)
    for inputs, labels in parts:
        np.testing.assert_array_equal(labels, LABELS[inputs.astype(int)])


def test_fractions_round_as_pytorchs_do():
    parts = random_split((np.arange(10),), [0.33, 0.33, 0.34], rng=0)
    assert [len(part[0]) for part in parts] == [4, 3, 3]


def test_the_same_seed_splits_alike():
    one, two, three = (random_split((X, LABELS), [0.5, 0.5], rng=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0][0], two[0][0])
    assert not np.array_equal(one[0][0], three[0][0])


@pytest.mark.parametrize("stratify", [True, LABELS])
@pytest.mark.parametrize("seed", range(5))
def test_stratified_parts_hold_each_class_in_proportion(stratify, seed):
    fractions = [0.6, 0.25, 0.15]
    parts = random_split((X, LABELS), fractions, stratify=stratify, rng=seed)
    assert [len(part[0]) for part in parts] == [60, 25, 15]
    for fraction, (_, labels) in zip(fractions, parts, strict=True):
        expected = fraction * np.array([60, 30, 10])
        assert np.all(np.abs(np.bincount(labels, minlength=3) - expected) <= 1)


def test_stratified_examples_are_drawn_at_random():
    """Each example of a class is as likely in the small part as any other."""
    hits = np.zeros(100)
    for seed in range(400):
        hits[random_split((X, LABELS), [0.8, 0.2], stratify=True, rng=seed)[1][0].astype(int)] += 1
    assert np.all(np.abs(hits / 400 - 0.2) < 0.12)  # six standard deviations


def test_other_data_sets_are_split_into_subsets():
    data = TensorDataset(X, LABELS)
    train, test = random_split(data, [80, 20], stratify=True, rng=0)
    assert isinstance(train, Subset)
    assert np.bincount([label for _, label in test]).tolist() == [12, 6, 2]
    assert len(list(DataLoader(train, 16))) == 5


def test_k_fold_holds_out_each_example_once():
    folds = list(k_fold((X, LABELS), k=7, rng=3))
    assert sorted(len(held[0]) for _, held in folds) == [14] * 5 + [15] * 2
    assert sorted(np.concatenate([held[0] for _, held in folds])) == list(X)
    for train, held in folds:
        assert sorted(np.concatenate([train[0], held[0]])) == list(X)


def test_k_fold_stratified_and_seeded():
    one, two = (list(k_fold((X, LABELS), k=5, stratify=True, rng=1)) for _ in range(2))
    for (train, held), (_, again) in zip(one, two, strict=True):
        np.testing.assert_array_equal(held[0], again[0])
        assert np.bincount(held[1]).tolist() == [12, 6, 2]
        assert np.bincount(train[1]).tolist() == [48, 24, 8]


def test_k_fold_agrees_with_scikit_learn_in_order():
    from sklearn.model_selection import KFold

    theirs = [held for _, held in KFold(6).split(X)]
    ours = [held[0] for _, held in k_fold((X,), k=6, shuffle=False)]
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, X[yours])


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        ([50, 40], "do not sum to the 100 examples"),
        ([0.5, 0.4], "do not sum"),
        ([1.0, 0.0], "leave a part empty"),
        ([110, -10], "leave a part empty"),
        ([99.5, 0.5], "do not sum"),
    ],
)
def test_lengths_that_do_not_fit(lengths, words):
    with pytest.raises(ag.RangeError, match=words):
        random_split((X,), lengths, rng=0)


def test_a_small_fraction_gets_what_rounding_leaves_over_last():
    with pytest.raises(ag.RangeError, match="empty"):
        random_split((X,), [0.995, 0.005], rng=0)
    assert [len(part[0]) for part in random_split((X,), [0.985, 0.015], rng=0)] == [99, 1]


def test_other_mistakes_are_explained():
    with pytest.raises(ag.RangeError, match=r"class 2 has 10 examples, too few .* each of 11"):
        list(k_fold((X, LABELS), k=11, stratify=True))
    with pytest.raises(ag.RangeError, match="k is 2 to the number of examples, 100; got 1"):
        k_fold((X,), k=1)
    with pytest.raises(ag.ShapeError, match="one label for each of the 100 examples"):
        random_split((X,), [50, 50], stratify=[1, 2])
    with pytest.raises(ag.ArgumentError, match="shuffle=True"):
        list(k_fold((X, LABELS), stratify=True, shuffle=False))
    with pytest.raises(ag.ArgumentError, match="counted and indexed"):
        random_split(iter(X), [1, 2])
    with pytest.raises(ag.ArgumentError, match="give the labels"):
        random_split(list(X), [50, 50], stratify=True)
