"""Operands of different dtypes: gradients of both orders, in the dtype of their operand."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
import pytest

import autograd as ag

NAMES = [
    "add",
    "sub",
    "mul",
    "true_divide",
    "pow",
    "remainder",
    "fmod",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "clamp_min",
    "clamp_max",
    "atan2",
    "hypot",
    "copysign",
    "logaddexp",
    "logaddexp2",
    "xlogy",
    "xlog1py",
    "log_loss",
    "parametric_relu",
    "heaviside",
]
X, Y = np.array([[0.375, 0.625, 0.875], [0.75, 0.3125, 0.5625]]), np.array([0.4375, 0.6875, 0.8125])
ONES = np.ones(3, np.int64)

KINDS = {
    "float16": lambda a: ag.tensor(a.astype(np.float16), requires_grad=True),
    "float64": lambda a: ag.tensor(a, requires_grad=True),
    "0-d float16": lambda a: ag.tensor(np.float16(a.flat[0]), requires_grad=True),
    "array of float16": lambda a: a.astype(np.float16),
    "tensor of int64": lambda a: ag.tensor(np.ones(a.shape, np.int64)),
    "tensor of bool": lambda a: ag.tensor(np.ones(a.shape, bool)),
    "float": lambda a: float(a.flat[0]),
}
EPS = {"float16": 2e-3, "float32": 2e-6, "float64": 1e-12}


def leaf(data):
    return ag.tensor(data, dtype=np.float64, requires_grad=True)


def derivatives(function, leaves, operands):
    """The gradients of a weighted sum, and those of a weighted sum of them."""

    def weighted(t):
        return (t.to(np.float64) * np.cos(np.arange(t.numel())).reshape(t.shape)).sum()

    total = weighted(function(*operands))
    if not total.requires_grad:
        return []
    first = ag.grad(total, leaves, create_graph=True, allow_unused=True)
    plain = ag.grad(total, leaves, allow_unused=True)
    again = sum((weighted(g) for g in first if g is not None), ag.tensor(0.0))
    if not again.requires_grad:
        return [*plain, *first]
    return [*plain, *first, *ag.grad(again, leaves, allow_unused=True)]


def pairs():
    floats = [
        kind for kind in KINDS if "-d" in kind or (kind.startswith("float") and kind != "float")
    ]
    for first in KINDS:
        yield from ((first, second) for second in KINDS if {first, second} & set(floats))


@pytest.mark.parametrize("computed", [False, True], ids=["leaves", "results"])
@pytest.mark.parametrize("name", NAMES)
def test_both_orders(name, computed):
    """Accurate to the coarsest dtype, as if all had been float64."""
    function = getattr(ag, name)
    for pair in pairs():
        given = [KINDS[kind](a) for kind, a in zip(pair, (X, Y), strict=True)]
        asks = [getattr(x, "requires_grad", False) for x in given]
        wide = [leaf(x.data if isinstance(x, ag.Tensor) else x) for x in given]
        found, expected = [
            derivatives(
                function,
                [x for x, asked in zip(leaves, asks, strict=True) if asked],
                [x * 1 if asked and computed else x for x, asked in zip(leaves, asks, strict=True)],
            )
            for leaves in (given, wide)
        ]
        dtypes = [x.dtype for x, asked in zip(given, asks, strict=True) if asked]
        eps = max(EPS[str(dtype)] for dtype in (*dtypes, function(*given).dtype))
        for index, (g, wanted) in enumerate(zip_longest(found, expected)):
            if g is None or wanted is None:
                assert all(part is None or not part.data.any() for part in (g, wanted)), pair
                continue
            assert g.dtype == dtypes[index % len(dtypes)], (pair, index)
            np.testing.assert_allclose(
                g.data, wanted.data, rtol=20 * eps, atol=20 * eps, err_msg=str((pair, index))
            )
