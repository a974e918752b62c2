"""The short way records what the general way records, field by field."""

from __future__ import annotations

from operator import mul

import numpy as np
import pytest
from support import arrays_of, samples

import autograd as ag
from autograd.core.apply import apply
from autograd.core.fast import ways
from autograd.core.node import Node, cell_of
from autograd.core.primitive import REGISTRY, Primitive
from autograd.core.versions import cells_of

SHORT = [
    pytest.param(op, call, id=f"{op.name}-{i}")
    for i, (op, call) in enumerate(samples())
    if isinstance(op, Primitive) and ways(op, apply).function is not apply
    if len(call.args) == len(op.operands) and not call.kwargs
]


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    return a is b or a == b


def fields(node):
    return {name: getattr(node, name) for name in Node.__slots__ if name[0] != "_"}


@pytest.mark.parametrize("wants", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize(("op", "call"), SHORT)
def test_both_ways_leave_the_same_record(op, call, wants):
    arrays = iter(arrays_of(call))
    operands = [
        ag.tensor(next(arrays), requires_grad=want) if isinstance(arg, np.ndarray) else arg
        for arg, want in zip(call.args, wants, strict=False)
    ]
    if not any(isinstance(x, ag.Tensor) and x.requires_grad for x in operands):
        return
    general, short = apply(op, tuple(operands), {}), op.function(*operands)
    assert same(general.data, short.data)
    ours, theirs = fields(short.node), fields(general.node)
    for name in ("saved", "operands"):
        pairs = zip(ours.pop(name), theirs.pop(name), strict=True)
        assert all(same(a, b) for a, b in pairs), name
    assert same(ours.pop("value"), theirs.pop("value"))
    assert ours.pop("serial") > theirs.pop("serial")
    assert ours.pop("code") is theirs.pop("code")
    assert ours.pop("offset") != theirs.pop("offset")  # two places in one line
    plans = ours.pop("plan"), theirs.pop("plan")
    assert plans[0].slots == plans[1].slots
    assert plans[0].save == plans[1].save
    assert ours == theirs


@pytest.mark.parametrize("multiply", [lambda x, y: apply(REGISTRY["mul"], (x, y), {}), mul])
def test_what_is_saved_shares_its_version_cell(multiply):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = ag.tensor([1.0, 2.0], requires_grad=True).exp()
    product = multiply(x, y)
    assert cells_of(product.node) == ()  # nothing was shared or changed, so nothing is there
    cells = {"x": cell_of(x), "y": cell_of(y.detach())}
    assert dict(cells_of(product.node)) == cells
    assert all(cell is cells[name] for name, cell in cells_of(product.node))
    assert cells_of(y.node)[0][1] is y.version


@pytest.mark.parametrize("multiply", [lambda x, y: apply(REGISTRY["mul"], (x, y), {}), mul])
def test_memory_that_is_older_than_its_value_brings_its_own_cell(multiply):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    y += 1.0  # now its edge leads to the sum, and its cell to the memory of the product
    product = multiply(x, y)
    assert product.node.cells == (("x", x.version), ("y", y.version))
    y += 1.0
    with pytest.raises(ag.InPlaceError, match="y was changed in place"):
        product.sum().backward()


def test_a_refusal_is_explained_as_on_the_general_way():
    with pytest.raises(ag.ShapeError, match="do not broadcast"):
        ag.tensor(np.ones(2), requires_grad=True) * ag.tensor(np.ones(3), requires_grad=True)


def test_large_results_leave_their_shape():
    x = ag.tensor(np.ones(1000), requires_grad=True)
    assert (x * 2.0).node.value.shape == x.exp().node.value.shape == (1000,)
