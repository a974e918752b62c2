"""Optimizers on arrays of another library, by NumPy's dispatch and nothing else; and guarded."""

from __future__ import annotations

import numpy as np
import optim_cases as cases
import pytest
from strict_array import StrictArray

import autograd as ag
import optim


def descend(name, convert):
    kind, options = cases.OPTIMIZERS[name]
    params = [ag.tensor(convert(value), requires_grad=True) for value in cases.start(name)]
    optimizer = getattr(optim, kind)(params, **options)
    for t in range(3):
        for param, value in zip(params, cases.start(name), strict=True):
            param.grad = ag.tensor(convert(cases.slope(value, t)))
        optimizer.step()
    return params, optimizer


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_parameters_and_state_stay_on_their_device(name):
    found, optimizer = descend(name, StrictArray)
    expected, _ = descend(name, np.array)
    for param, plain in zip(found, expected, strict=True):
        assert isinstance(param.data, StrictArray)
        np.testing.assert_array_equal(param.data._array, plain.data)
        items = optimizer.state.get(param, {}).values()
        assert all(isinstance(item, (StrictArray, int, float)) for item in items)


def test_clipping_there():
    x = ag.tensor(StrictArray([0.0, 0.0]), requires_grad=True)
    x.grad = ag.tensor(StrictArray([3.0, 4.0]))
    assert optim.clip_grad_norm_([x], 1.0).item() == 5.0
    optim.clip_grad_value_([x], 0.7)
    np.testing.assert_allclose(x.grad.data._array, [0.6, 0.7], rtol=1e-6)


def test_a_step_is_no_write_behind_the_engines_back():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam([x], lr=0.1)
    with ag.guard():
        for _ in range(3):
            optimizer.zero_grad()
            (x * x).sum().backward()
            optimizer.step()
    assert (x < 1.8).all()
