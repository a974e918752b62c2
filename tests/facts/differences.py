"""Where glassgrad differs on purpose, and what the printed value alone does not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from facts.dtypes import F32, I64, add_half_in_place, of
from facts.reference import at, plain, second
from facts.tape import leaf, twice

import autograd as ag


class Difference(NamedTuple):
    """A deliberate difference: why, and what happens here instead."""

    reason: str
    ours: Callable[[], Any]
    expected: Any


def slope_of_relu():
    x = leaf(0, 1)
    (slope,) = ag.grad(ag.relu(x).sum(), x, create_graph=True)
    return slope.requires_grad, plain(ag.hessian(lambda t: ag.relu(t).sum(), x))


DELIBERATE = {
    "2nd backward thru mul": Difference(
        "the graph survives a sweep, so that it can be looked at: a second pass accumulates",
        twice(lambda x: x * x),
        [4, 8],
    ),
    "accumulate w/ create_graph: out of place": Difference(
        "a gradient with history in .grad would tie graph and gradient into a cycle: grad(…)",
        lambda: (leaf(1.0) * 2).backward(create_graph=True),
        RuntimeError,
    ),
    "np.sum(tensor)": Difference(
        "NumPy's functions build the graph",
        lambda: plain(np.sum(leaf(1, 2), axis=0)),
        3,
    ),
    "np_array*tensor(requires_grad)": Difference(
        "an array on the left is an operand like any other",
        lambda: plain(np.array([3.0, 4.0]) * leaf(1, 2)),
        [3, 8],
    ),
    "tensor*np_array": Difference(
        "an array on the right is an operand like any other",
        lambda: plain(leaf(1, 2) * np.array([3.0, 4.0])),
        [3, 8],
    ),
    "floor_divide": Difference(
        "a step function has gradient 0 wherever it has one: no reason to raise",
        at(lambda x: x // 2, [5, 7]),
        ([2, 3], [[0, 0]]),
    ),
    "hypot(0,0)": Difference(
        "0 is the subgradient of smallest norm at the tip of the cone",
        at(ag.hypot, [0], [0]),
        ([0], [[0], [0]]),
    ),
    "2nd relu": Difference(
        "a slope that is constant has no history, as for x + x; hessian() gives the zeros",
        slope_of_relu,
        (False, [[0, 0], [0, 0]]),
    ),
}

OTHER_WORDS = {
    "np.float64*tensor": (lambda: plain(np.float64(2) * leaf(1, 1, 1)), [2, 2, 2]),
    "2nd abs": (second(ag.abs, [0.0, 1.0]), [0, 0]),
    "i64.mean": (of(ag.mean, I64), RuntimeError),
    "mean int": (of(ag.mean, I64), RuntimeError),
    "int inplace float": (add_half_in_place, RuntimeError),
}
"""What was printed is a message or a repr, so that the expected value stands here."""

NOTHING = {"dropout2d on 3D", "BN N=2 var"}
"""What printed nothing that could be compared."""

LAYERS_AND_OPTIMISERS = {
    "LSTM params",
    "LSTM gates i,f,g,o ok",
    "GRU r,z,n; reset after matmul; h=(1-z)n+zh",
    "LSTM init bound",
    "Linear init bounds W,b <=1/sqrt(fan_in)",
    "BN momentum None cumulative",
    "init fns",
}
"""Classes of `nn`."""

DEFAULT_IS_FLOAT64 = {
    "i64*pyfloat": of(lambda x: x * 2.5, I64),
    "i64/i64": of(ag.div, I64, I64),
    "sqrt int": of(ag.sqrt, I64),
    "i64**f": of(lambda x: x**2.0, I64),
    "tensor(pyfloat)": of(lambda x: x, 1.0),
    "arange(3.)": of(lambda: ag.arange(3.0)),
    "where i64,1.5": of(lambda c, x: ag.where(c, x, 1.5), F32 > 0, I64),
}
"""What is float32 there because that is the default dtype, and float64 here for the same reason."""
