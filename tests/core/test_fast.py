"""The short way records what the general way records, field by field."""

from __future__ import annotations

from operator import mul

import numpy as np
import pytest
from support import arrays_of, samples

import autograd as ag
from autograd.core.apply import apply, in_general
from autograd.core.fast import ways
from autograd.core.node import Node, cell_of
from autograd.core.primitive import REGISTRY, Primitive
from autograd.core.spec import Spec
from autograd.core.versions import cells_of
from autograd.core.views import view_of, views_into

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
    names = {"saved", *Node.__slots__} - {"kept", "also_kept", "__weakref__"}
    return {name: getattr(node, name) for name in names}


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
    for name in ("saved", "first", "second"):
        pairs = zip(parts(ours.pop(name)), parts(theirs.pop(name)), strict=True)
        assert all(same(a, b) for a, b in pairs), name
    assert same(ours.pop("value"), theirs.pop("value"))
    assert ours.pop("serial") > theirs.pop("serial")
    assert ours.pop("code") is theirs.pop("code")
    assert ours.pop("offset") != theirs.pop("offset")  # two places in one line
    plans = ours.pop("plan"), theirs.pop("plan")
    assert plans[0].slots == plans[1].slots
    assert plans[0].save == plans[1].save
    assert ours == theirs


ONE = [
    pytest.param(op, call, id=f"{op.name}-{i}")
    for i, (op, call) in enumerate(samples())
    if isinstance(op, Primitive) and len(op.operands) == 1 and not op.variadic
    if op.differentiable and not op.plan((True,)).kept
]


@pytest.mark.parametrize(("op", "call"), ONE)
def test_one_operand_leaves_the_record_that_any_leave(op, call, monkeypatch):
    array, *rest = call.args
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        return

    def run():
        leaf = ag.tensor(array, requires_grad=True)
        x = leaf * 1.0  # views of results are noted with both, views of leaves with one
        return [leaf, x, *(op.function(base, *rest, **call.kwargs) for base in (leaf, x))]

    leaf, x, *short = run()
    monkeypatch.setattr("autograd.core.define.apply", in_general)
    other, y, *general = run()
    for ours, theirs, base, twin in zip(short, general, (leaf, x), (other, y), strict=True):
        for a, b in zip(parts(ours), parts(theirs), strict=True):
            assert same(a.data, b.data)
            assert a.needs_grad is b.needs_grad
            assert (a.version is base.version) is (b.version is twin.version)
            assert len(views_into(base)) == len(views_into(twin))
            assert_same_view(a, b, base, twin)
            assert_same_record(a.node, b.node)


def parts(result):
    return result if isinstance(result, tuple) else (result,)


def assert_same_view(a, b, base, twin):
    ours, theirs = view_of(a), view_of(b)
    assert (ours is None) is (theirs is None)
    if ours is not None:
        assert ours.base is base
        assert theirs.base is twin
        assert (ours.op, ours.index) == (theirs.op, theirs.index)


def assert_same_record(ours, theirs):
    ours, theirs = fields(ours), fields(theirs)
    for name in ("first", "serial", "params"):
        assert type(ours.pop(name)) is type(theirs.pop(name))
    for a, b in zip(parts(ours.pop("value")), parts(theirs.pop("value")), strict=True):
        assert type(a) is type(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype) if isinstance(a, Spec) else same(a, b)
    assert ours == theirs  # the plan, what is saved, the line, the mode


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
def test_what_was_changed_in_place_hands_its_cell_on_to_its_new_edge(multiply):
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    y += 1.0  # now its edge leads to the sum, and its memory is that of the product
    product = multiply(x, y)
    assert [name for name, _ in cells_of(product.node)] == ["y"]
    assert cells_of(product.node)[0][1] is y.version
    y += 1.0
    with pytest.raises(ag.InPlaceError, match="y was changed in place"):
        product.sum().backward()


def test_a_refusal_is_explained_as_on_the_general_way():
    with pytest.raises(ag.ShapeError, match="do not broadcast"):
        ag.tensor(np.ones(2), requires_grad=True) * ag.tensor(np.ones(3), requires_grad=True)


@pytest.mark.parametrize(("op", "call"), SHORT)
def test_what_is_said_of_a_result_is_its_shape_and_dtype(op, call):
    arrays = arrays_of(call)
    for given in (arrays, [arrays[0]] * len(arrays), [a.astype(np.float32) for a in arrays]):
        made = iter(ag.tensor(a, requires_grad=True) for a in given)
        args = [next(made) if isinstance(arg, np.ndarray) else arg for arg in call.args]
        try:
            with np.errstate(all="ignore"):
                out = op.function(*args)
        except ag.GlassError:  # of one shape they do not go together
            continue
        assert out.spec is None or (out.spec.shape, out.spec.dtype) == (out.shape, out.dtype)


@pytest.mark.parametrize(
    "shapes", [((3,), (3,)), ((2, 3), (3,)), ((), ()), ((2, 1), (1, 3)), ((), (3,))]
)
def test_operands_that_are_alike_get_the_gradients_that_others_get(shapes):
    arrays = [np.arange(1.0, 1 + np.prod(shape)).reshape(shape) for shape in shapes]
    found = []
    for known in (True, False):
        x, y = (ag.tensor(a, requires_grad=True) for a in arrays)
        if not known:
            x.spec = y.spec = None
        z = (x * y + x) / y - y * 3.0
        assert (z.spec is not None) is (known and shapes[0] == shapes[1])
        z.sum().backward()
        found.append((z.tolist(), x.grad.tolist(), y.grad.tolist(), x.grad.shape, y.grad.shape))
    assert found[0] == found[1]


def test_an_array_that_was_reshaped_in_place_is_never_silently_wrong():
    x, y = ag.tensor(np.ones(3), requires_grad=True), ag.tensor(np.ones(3), requires_grad=True)
    x.data.resize((3, 1), refcheck=False)
    with pytest.raises(
        ag.GradientError, match=r"shape \(3, 1\), and its gradient has shape \(3, 3\)"
    ):
        (x * y).sum().backward()
    x.data = x.data.reshape(3, 1)
    (x * y).sum().backward()
    assert x.grad.tolist() == [[3.0]] * 3


def test_large_results_leave_their_shape():
    x = ag.tensor(np.ones(1000), requires_grad=True)
    assert (x * 2.0).node.value.shape == x.exp().node.value.shape == (1000,)
