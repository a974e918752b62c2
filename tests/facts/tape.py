"""What the tape does: aliasing, accumulation, refusals, changes in place, second derivatives."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from facts.reference import plain, second

import autograd as ag


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(list(values), dtype=np.float64, requires_grad=True)


def alias(first: str, other: str) -> Callable[[], bool]:
    """Whether two of a.grad, b.grad and the gradient of a sum share memory."""

    def found() -> bool:
        a, b, given = leaf(1, 2), leaf(3, 4), ag.tensor([1.0, 1.0])
        (a + b).backward(given)
        arrays = {"a": a.grad.data, "b": b.grad.data, "given": given.data}
        return np.shares_memory(arrays[first], arrays[other])

    return found


def leaf_alias():
    x, given = leaf(1, 2), ag.tensor([1.0, 1.0])
    x.backward(given)
    return np.shares_memory(x.grad.data, given.data)


def strides():
    x = leaf(1, 2, 3)
    x.sum().backward()
    return tuple(step // x.data.itemsize for step in x.grad.data.strides)


def doubled_gradient():
    x = leaf(1, 2, 3)
    x.sum().backward()
    x.grad *= 2
    return plain(x.grad)


def held(what: str) -> Callable[[], Any]:
    def found() -> Any:
        x = leaf(1, 2, 3)
        (x * 2).sum().backward()
        holder = x.grad
        (x * 2).sum().backward()
        return holder is x.grad if what == "object" else plain(holder)

    return found


def twice(function: Callable[[ag.Tensor], ag.Tensor]) -> Callable[[], Any]:
    def found() -> Any:
        x = leaf(1, 2)
        y = function(x).sum()
        y.backward()
        y.backward()
        return plain(x.grad)

    return found


def changed(function: Callable[..., Any], *values: float) -> Callable[[], Any]:
    """The gradient of a leaf after ``function(leaf)``, which changes something in place."""

    def found() -> Any:
        x = leaf(*values)
        function(x).sum().backward()
        return plain(x.grad)

    return found


def saved_then_changed(function: Callable[..., Any]) -> Callable[[ag.Tensor], ag.Tensor]:
    def run(x: ag.Tensor) -> ag.Tensor:
        y = x * 2
        z = function(y)
        y += 1
        return z

    return run


def output_then_changed(function: Callable[..., Any]) -> Callable[[ag.Tensor], ag.Tensor]:
    def run(x: ag.Tensor) -> ag.Tensor:
        y = function(x)
        z = y * 1.0
        y *= 2
        return z

    return run


def set_elements(x: ag.Tensor) -> ag.Tensor:
    y = x.clone()
    y[0] = 5.0
    y[1:] *= 2
    return y


def change_view(x: ag.Tensor) -> ag.Tensor:
    y = x.clone()
    view = y[0:2]
    view *= 3
    return y


def strided_view():
    return (changed(change_view, 1, 2, 3)(), "a strided view of the base")


def write_through_numpy(x: ag.Tensor) -> ag.Tensor:
    y = x * 2
    z = y * y
    y.detach().numpy()[...] += 5
    return z


def write_through_data(x: ag.Tensor) -> ag.Tensor:
    z = x * x
    x.data[...] = 5
    return z


def step_then_backward(x: ag.Tensor) -> ag.Tensor:
    z = x * x
    with ag.no_grad():
        x -= 0.1
    return z


def retained():
    x = leaf(1, 2)
    y = x * 2
    y.retain_grad()
    y.sum().backward()
    return plain(y.grad)


def result_gradient():
    x = leaf(1, 2)
    y = x * 2
    y.sum().backward()
    return y.grad


def add_to_leaf():
    x = leaf(1, 2)
    x += 1


def add_to_view():
    view = leaf(1, 2)[0:1]
    view += 1


def by_identity():
    x, y = ag.tensor(1.0), ag.tensor(1.0)
    return hash(x) == hash(x) and len({x, y}) == 2


def freed():
    y = leaf(1, 2) * 2
    gone = weakref.ref(y.node)
    del y
    return gone() is None


def history_of_slope(function: Callable[..., Any], *values: float) -> Callable[[], str]:
    def found() -> str:
        x = leaf(*values)
        (slope,) = ag.grad(function(x).sum(), x, create_graph=True)
        return "g has grad" if slope.requires_grad else "g no grad"

    return found


TAPE = {
    "a.grad aliases b.grad": alias("a", "b"),
    "a.grad aliases user gradient": alias("a", "given"),
    "b.grad aliases user gradient": alias("b", "given"),
    "leaf.backward(g): alias": leaf_alias,
    "sum().backward(): grad strides (expanded?)": strides,
    "grad after mul_": doubled_gradient,
    "accumulate in place (same tensor object)?": held("object"),
    "and holder sees the new value": held("value"),
    "2nd backward through add only": twice(lambda x: x + 1.0),
    "backward nonscalar": lambda: (leaf(1, 2) * 2).backward(),
    "backward no grad": lambda: ag.tensor([1.0, 2.0]).sum().backward(),
    "backward wrong gradient shape": lambda: (leaf(1, 2) * 2).backward(ag.tensor(np.ones(3))),
    "gradient broadcastable (1,)": lambda: (leaf(1, 2) * 2).backward(ag.tensor([1.0])),
    "nonleaf .grad": result_gradient,
    "retain_grad": retained,
    "leaf inplace": add_to_leaf,
    "view-of-leaf inplace": add_to_view,
    "saved modified": changed(saved_then_changed(lambda y: y * y), 1, 2),
    "unsaved modified (add) fine": changed(saved_then_changed(lambda y: y + y), 1, 2),
    "exp output modified": changed(output_then_changed(ag.exp), 1, 2),
    "relu output mul_": changed(output_then_changed(ag.relu), 1, 2),
    "setitem grads": changed(set_elements, 1, 2, 3),
    "inplace on view propagates to base": strided_view,
    "mutation through .numpy() undetected: grad": changed(write_through_numpy, 1, 1, 1),
    "mutation through .data undetected: grad": changed(write_through_data, 1, 2, 3),
    "no_grad inplace on saved leaf": changed(step_then_backward, 1, 2, 3),
    "numpy() on requires_grad": lambda: leaf(1, 2).numpy(),
    "np.asarray on requires_grad": lambda: np.asarray(leaf(1, 2)),
    "np.sin(tensor)": lambda: type(np.sin(ag.tensor([1.0]))).__name__,
    "bool(multi)": lambda: bool(ag.tensor([1.0, 2.0])),
    "float(multi)": lambda: float(ag.tensor([1.0, 2.0])),
    "float(1-elem requires grad)": lambda: float(leaf(1.0)),
    "len 0-d": lambda: len(ag.tensor(1.0)),
    "iter 0-d": lambda: iter(ag.tensor(1.0)),
    "hash is id-based": by_identity,
    "x in [y] raises?": lambda: leaf(1, 2) in [leaf(1, 2)],
    "copy.deepcopy nonleaf": lambda: copy.deepcopy(leaf(1, 2) * 2),
    "grad unused": lambda: ag.grad(leaf(1.0).sum(), leaf(1.0)),
    "grad of int out": lambda: ag.grad(leaf(1, 2).argmax(), leaf(1.0)),
    "output freed by refcount": freed,
    "2nd norm at 0": second(ag.norm, [0.0, 0.0]),
    "2nd sqrt(0)": second(ag.sqrt, [0.0]),
    "2nd x**2 at 0": second(lambda x: x**2, [0.0]),
    "2nd x**1": second(lambda x: x**1, [0.0]),
    "2nd max": history_of_slope(ag.max, 1, 2),
    "2nd x*x linear add": history_of_slope(lambda x: x + x, 1, 2),
    "2nd softplus": second(ag.softplus, [0.0, 30.0]),
    "2nd prod zeros": second(ag.prod, [0.0, 2.0, 3.0]),
    "2nd gelu": second(ag.gelu, [0.0]),
    "2nd elu at 0": second(ag.elu, [0.0, -1.0]),
}
