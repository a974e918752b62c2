"""Optimizers and schedules against PyTorch itself; states that go across (``pytest -m peers``)."""

from __future__ import annotations

import numpy as np
import optim_cases as cases
import pytest

import autograd as ag
import optim
from optim import lr_scheduler

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _in_float64(monkeypatch):
    """Counts too, which PyTorch keeps in tensors; and Muon without its bfloat16."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.clone())
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def ours(name, values):
    kind, options = cases.OPTIMIZERS[name]
    params = [ag.tensor(value, requires_grad=True) for value in values]
    return params, getattr(optim, kind)(params, **options)


def theirs(name, values):
    kind, options = cases.OPTIMIZERS[name]
    params = [torch.tensor(value, requires_grad=True) for value in values]
    return params, getattr(torch.optim, kind)(params, **options)


def arrays(params):
    return [p.data if isinstance(p, ag.Tensor) else p.detach().numpy() for p in params]


def descend(params, optimizer, steps):
    for t in steps:
        for param, value in zip(params, arrays(params), strict=True):
            slope = cases.slope(value, t)
            param.grad = ag.tensor(slope) if isinstance(param, ag.Tensor) else torch.tensor(slope)
        optimizer.step()


def close(one, two, rtol=1e-10):
    for a, b in zip(arrays(one), arrays(two), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_thirty_steps_from_anywhere(name, seed):
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=value.shape) for value in cases.start(name)]
    here, there = ours(name, values), theirs(name, values)
    descend(*here, range(30))
    descend(*there, range(30))
    close(here[0], there[0], rtol=1e-8)


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_pytorchs_state_is_continued_here(name):
    params, optimizer = theirs(name, cases.start(name))
    descend(params, optimizer, range(6))
    here, taken = ours(name, [value.copy() for value in arrays(params)])
    taken.load_state_dict(optimizer.state_dict())
    descend(params, optimizer, range(6, 12))
    descend(here, taken, range(6, 12))
    close(here, params)


def in_torch(item):
    return torch.tensor(item) if isinstance(item, np.ndarray) else item


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_our_state_is_continued_there(name):
    params, optimizer = ours(name, cases.start(name))
    descend(params, optimizer, range(6))
    there, taken = theirs(name, arrays(params))
    saved = optimizer.state_dict()
    saved["state"] = {
        index: {key: in_torch(item) for key, item in state.items()}
        for index, state in saved["state"].items()
    }
    taken.load_state_dict(saved)
    descend(params, optimizer, range(6, 12))
    descend(there, taken, range(6, 12))
    close(params, there)


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_the_layout_of_the_state_is_the_same(name):
    here, there = ours(name, cases.start(name)), theirs(name, cases.start(name))
    descend(*here, range(2))
    descend(*there, range(2))
    mine, other = here[1].state_dict(), there[1].state_dict()
    assert mine["state"].keys() == other["state"].keys()
    for index, state in mine["state"].items():
        assert state.keys() == other["state"][index].keys()
        for key, item in state.items():
            np.testing.assert_allclose(item, other["state"][index][key].numpy(), rtol=1e-10)
    missing = optim.optimizer.SWITCHES
    for mine_group, other_group in zip(mine["param_groups"], other["param_groups"], strict=True):
        assert mine_group.keys() == other_group.keys() - missing
        for key, item in mine_group.items():
            assert item == other_group[key]


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_defaults_are_the_same(name):
    kind, _ = cases.OPTIMIZERS[name]
    value = np.ones((2, 2))
    mine = getattr(optim, kind)([ag.tensor(value, requires_grad=True)]).defaults
    other = getattr(torch.optim, kind)([torch.tensor(value, requires_grad=True)]).defaults
    for key, item in mine.items():
        assert item == other[key], key


# --- L-BFGS -----------------------------------------------------------------------------------


def losses():
    """Three surfaces of three unknowns, in operations that both have."""
    return {
        "valley": lambda x: cases.rosenbrock(x[0], x[1]) + cases.rosenbrock(x[1], x[2]),
        "waves": lambda x: (x * x).sum() / 10 + x[0].sin() * x[1].cos() + (x[2] * 3).sin(),
        "bowl": lambda x: ((x - 1) ** 4).sum() + (x[0] + x[1] * x[2]) ** 2,
    }


@pytest.mark.parametrize("surface", losses())
@pytest.mark.parametrize("name", cases.LBFGS)
def test_lbfgs_goes_the_same_way(name, surface):
    start = np.random.default_rng(3).normal(size=3)
    found = []
    for make, cls in ((ag.tensor, optim.LBFGS), (torch.tensor, torch.optim.LBFGS)):
        x = make(start, requires_grad=True)
        optimizer = cls([x], **cases.LBFGS[name])

        def closure(x=x, optimizer=optimizer):
            optimizer.zero_grad()
            loss = losses()[surface](x)
            loss.backward()
            return loss

        path = []
        for _ in range(5):
            loss = optimizer.step(closure).item()
            path.append([*x.tolist(), loss, optimizer.state[x]["func_evals"]])
        found.append(path)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-7)


def test_the_state_of_lbfgs_goes_both_ways():
    def run(x, optimizer, steps):
        def closure():
            optimizer.zero_grad()
            loss = cases.rosenbrock(x[0], x[1])
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)

    def deep(item):
        return [in_torch(part) for part in item] if isinstance(item, list) else in_torch(item)

    options = {"line_search_fn": "strong_wolfe", "max_iter": 3}
    there = torch.tensor([-1.5, 2.0], requires_grad=True)
    first = torch.optim.LBFGS([there], **options)
    run(there, first, 2)
    here = ag.tensor(there.detach().numpy().copy(), requires_grad=True)
    second = optim.LBFGS([here], **options)
    second.load_state_dict(first.state_dict())
    back = torch.tensor(here.data.copy(), requires_grad=True)
    third = torch.optim.LBFGS([back], **options)
    saved = second.state_dict()
    saved["state"][0] = {key: deep(item) for key, item in saved["state"][0].items() if key != "al"}
    third.load_state_dict(saved)
    for x, optimizer in ((there, first), (here, second), (back, third)):
        run(x, optimizer, 2)
    np.testing.assert_allclose(here.data, there.detach().numpy(), rtol=1e-8)
    np.testing.assert_allclose(back.detach().numpy(), there.detach().numpy(), rtol=1e-8)


# --- schedules --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", cases.SCHEDULES)
def test_schedules_of_an_optimizer_with_betas(name):
    kind, options = cases.SCHEDULES[name]
    rows = []
    for lib, schedules, make in (
        (optim, lr_scheduler, lambda: ag.tensor([0.0], requires_grad=True)),
        (torch.optim, torch.optim.lr_scheduler, lambda: torch.zeros(1, requires_grad=True)),
    ):
        optimizer = lib.Adam([{"params": [make()], "lr": lr} for lr in cases.BASE_LR])
        schedule = getattr(schedules, kind)(optimizer, **options)
        found = []
        for _ in range(cases.EPOCHS):
            found.append([(g["lr"], g["betas"][0]) for g in optimizer.param_groups])
            optimizer.step()
            schedule.step()
        rows.append(found)
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, float("inf")])
@pytest.mark.parametrize("bound", [0.1, 1.0, 100.0])
def test_clipping(p, bound):
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=s) * 10 for s in ((3, 2), (4,))]
    here = [ag.tensor(np.zeros(g.shape), requires_grad=True) for g in grads]
    there = [torch.zeros(g.shape, requires_grad=True) for g in grads]
    for mine, other, grad in zip(here, there, grads, strict=True):
        mine.grad, other.grad = ag.tensor(grad), torch.tensor(grad)
    one = optim.clip_grad_norm_(here, bound, norm_type=p)
    two = torch.nn.utils.clip_grad_norm_(there, bound, norm_type=p)
    np.testing.assert_allclose(one.item(), two.item(), rtol=1e-12)
    for mine, other in zip(here, there, strict=True):
        np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), rtol=1e-12)
    optim.clip_grad_value_(here, 0.05)
    torch.nn.utils.clip_grad_value_(there, 0.05)
    for mine, other in zip(here, there, strict=True):
        np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), rtol=1e-12)


AGAIN = ("StepLR", "MultiStepLR", "ConstantLR")
"""These apply the factor of a boundary a second time in PyTorch, when resumed right on it."""


@pytest.mark.filterwarnings("ignore:Detected call of")
@pytest.mark.parametrize(
    "name", [n for n, (kind, _) in cases.SCHEDULES.items() if kind not in AGAIN]
)
def test_a_schedule_that_is_made_anew_in_the_middle(name):
    """With last_epoch, on groups that remember their initial learning rates."""
    kind, options = cases.SCHEDULES[name]
    rows = []
    for lib, schedules, make in (
        (optim, lr_scheduler, lambda: ag.tensor([0.0], requires_grad=True)),
        (torch.optim, torch.optim.lr_scheduler, lambda: torch.zeros(1, requires_grad=True)),
    ):
        groups = [{"params": [make()], "lr": lr} for lr in cases.BASE_LR]
        optimizer = lib.SGD(groups, lr=1.0, momentum=0.5)
        optimizer.step()
        schedule = getattr(schedules, kind)(optimizer, **options)
        for _ in range(3):
            schedule.step()
        schedule = getattr(schedules, kind)(optimizer, **options, last_epoch=2)
        found = []
        for _ in range(8):
            found.append([(g["lr"], g["momentum"]) for g in optimizer.param_groups])
            schedule.step()
        rows.append(found)
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-12, atol=1e-15)
