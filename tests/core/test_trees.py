"""Structures of tensors: what is in them, in which order, and what is refused."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest

import autograd as ag
from autograd.core.trees import contents, leaves_of, rebuilt, tensors_in, walk

Pair = namedtuple("Pair", "x y")


@dataclass
class State:
    h: object
    step: int = 0


A, B, C = (ag.tensor([float(i)]) for i in range(3))


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        (A, [A]),
        ((B, A), [B, A]),
        ([A, (B, [C]), A], [A, B, C, A]),
        ({"z": A, "a": B}, [A, B]),
        (OrderedDict(z=[C], a=B), [C, B]),
        (Pair(C, {"k": (A,)}), [C, A]),
        ([], []),
    ],
)
def test_tensors_in_order_and_back(tree, wanted):
    found = leaves_of(tree, "The inputs")
    assert len(found) == len(wanted)
    assert all(one is other for one, other in zip(found, wanted, strict=True))
    again = rebuilt(tree, found)
    assert type(again) is (dict if isinstance(tree, dict) else type(tree))
    assert all(x is y for x, y in zip(leaves_of(again, "They"), wanted, strict=True))


def test_containers_come_before_what_they_hold():
    inner, state = [B, 3], State(A)
    tree = {"s": state, "l": inner}
    wanted = [tree, state, vars(state), A, 0, inner, B, 3]
    assert all(x is y for x, y in zip(walk(tree), wanted, strict=True))
    assert [x for x in walk(tree) if contents(x) is not None] == [tree, state, vars(state), inner]


def test_a_deep_structure_needs_no_deep_stack():
    tree = A
    for _ in range(50_000):
        tree = [tree]
    assert tensors_in(tree)[0] is A
    assert len(leaves_of(tree, "The inputs")) == 1


@pytest.mark.parametrize(
    ("tree", "named"), [((A, 1.0), "float"), ([A, {"k": None}], "NoneType"), (State(A), "State")]
)
def test_what_is_no_tree_of_tensors_is_refused_by_its_type(tree, named):
    said = f"^v are tensors, or tuples, lists and dicts of tensors; got {named}.$"
    with pytest.raises(ag.ArgumentError, match=said):
        leaves_of(tree, "v")


@pytest.mark.parametrize("holder", [list, dict])
def test_what_holds_itself_is_refused(holder):
    tree = holder()
    if holder is list:
        tree.append((tree,))
    else:
        tree["me"] = [tree]
    with pytest.raises(ag.ArgumentError, match=f"there is a {holder.__name__} within"):
        list(walk(tree))
    twice = [1.0]
    assert list(walk([twice, twice])) == [[twice, twice], twice, 1.0, twice, 1.0]
