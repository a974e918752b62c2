"""Every loss against PyTorch itself, on numbers that no file holds (``pytest -m peers``)."""

from __future__ import annotations

import numpy as np
import pytest
from loss_cases import called, cases, directions

import autograd as ag
import nn

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")]
torch = pytest.importorskip("torch")


def by_torch(case):
    """Value and gradients, the inputs as leaves."""
    options = {k: torch.tensor(v) if np.ndim(v) else v for k, v in case.options.items()}
    inputs = [torch.tensor(x) for x in case.inputs]
    for leaf in inputs[: case.by]:
        leaf.requires_grad_()
    value = called(case, getattr(torch.nn, case.loss)(**options), inputs, torch)
    (value * torch.tensor(directions(tuple(value.shape)))).sum().backward()
    return [value.detach().numpy(), *(leaf.grad.numpy() for leaf in inputs[: case.by])]


def by_glassgrad(case):
    inputs = [ag.tensor(x, requires_grad=i < case.by) for i, x in enumerate(case.inputs)]
    value = called(case, getattr(nn, case.loss)(**case.options), inputs, ag)
    (value * directions(value.shape)).sum().backward()
    return [value.data, *(leaf.grad.data for leaf in inputs[: case.by])]


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", cases())
def test_values_and_gradients_agree(name, seed):
    case = list(cases(seed).values())[list(cases()).index(name)]
    for ours, theirs in zip(by_glassgrad(case), by_torch(case), strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", sorted({case.loss for case in cases().values()}))
def test_state_and_defaults_are_pytorchs(name):
    ours, theirs = getattr(nn, name)(), getattr(torch.nn, name)()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for option, value in vars(ours).items():
        if option not in ("_buffers", "distance_function"):
            assert getattr(theirs, option) == value, option
