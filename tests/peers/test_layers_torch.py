"""Every case of layer_cases.py beside PyTorch itself, on other numbers, and states both ways."""

import numpy as np
import pytest
from layer_agreement import agree, made
from layer_cases import CASES, flat, inputs_of
from layer_reference import by_pytorch

import autograd as ag

pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore"),
]
torch = pytest.importorskip("torch")
ALL = pytest.mark.parametrize("case", CASES, ids=str)


@ALL
@pytest.mark.parametrize("seed", [1001, 1002, 1003])
def test_as_pytorch(case, seed):
    agree(case, by_pytorch(case, seed))


@ALL
def test_pytorch_takes_our_state(case):
    ours = made(case)
    theirs = getattr(torch.nn, case.layer)(*case.args, **case.kwargs).double()
    state = {name: torch.tensor(t.numpy()) for name, t in ours.state_dict().items()}
    theirs.load_state_dict(state, strict=True)
    theirs.train(case.train)
    if case.call:
        return
    inputs = inputs_of(case, np.random.default_rng(0))
    found, mine = theirs(*map(torch.tensor, inputs)), ours(*map(ag.tensor, inputs))
    for a, b in zip(flat(mine), flat(found), strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-7, 1e-9)
