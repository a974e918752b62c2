"""`Named` does what `typing.NamedTuple` does, where results of operations are concerned."""

from __future__ import annotations

import copy
import pickle
from typing import Any, NamedTuple

import pytest

import autograd as ag
from autograd.core.named import Named


class Ours(Named):
    """Two items."""

    values: Any
    indices: Any


class Theirs(NamedTuple):
    """The same two."""

    values: Any
    indices: Any


@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_items_have_names_and_places(kind):
    pair = kind([1.0, 2.0], "where")
    values, indices = pair
    assert pair.values is pair[0] is values
    assert pair.indices is pair[1] is indices
    assert pair == ([1.0, 2.0], "where")
    assert kind._fields == ("values", "indices")
    assert kind._make(iter("ab")).indices == "b"
    assert type(kind._make("ab")) is kind
    assert repr(pair) == f"{kind.__name__}(values=[1.0, 2.0], indices='where')"
    assert hash(kind(1, 2)) == hash((1, 2))
    with pytest.raises(AttributeError):
        pair.values = 3


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_a_copy_is_of_the_same_kind(kind, again):
    made = again(kind([1.0], 2))
    assert type(made) is kind
    assert made == ([1.0], 2)


def test_operations_return_tensors_under_names():
    found = ag.sort(ag.tensor([3.0, 1.0], requires_grad=True))
    assert isinstance(found, Named)
    assert found.values.requires_grad
    assert not found.indices.requires_grad
