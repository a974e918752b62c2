"""What an optimizer remembers: saved, loaded, continued; hooks, and closures."""

from __future__ import annotations

import copy

import numpy as np
import optim_cases as cases
import pytest

import autograd as ag
import nn
import optim
from optim import lr_scheduler

KINDS = dict(cases.OPTIMIZERS)
KINDS["Lion"] = ("Lion", {"lr": 0.1, "weight_decay": 0.1})


def leaves(name):
    return [
        ag.tensor(p, requires_grad=True) for p in cases.start(name if name != "Lion" else "SGD")
    ]


def made(name, params, **more):
    kind, options = KINDS[name]
    return getattr(optim, kind)(params, **{**options, **more})


def descend(optimizer, params, steps):
    for t in steps:
        for param in params:
            param.grad = ag.tensor(cases.slope(param.data, t))
        optimizer.step()


@pytest.mark.parametrize("name", KINDS)
def test_a_resumed_run_continues_bit_for_bit(name):
    straight = leaves(name)
    descend(made(name, straight), straight, range(8))

    first = leaves(name)
    before = made(name, first)
    descend(before, first, range(4))
    resumed = [ag.tensor(p.data.copy(), requires_grad=True) for p in first]
    after = made(name, resumed, lr=77.0)
    after.load_state_dict(before.state_dict())
    descend(before, first, range(4, 6))  # the loaded state is a copy
    descend(after, resumed, range(4, 8))
    assert [p.data.tobytes() for p in resumed] == [p.data.tobytes() for p in straight]


@pytest.mark.parametrize("name", KINDS)
def test_a_copy_of_an_optimizer_and_its_parameters_goes_on_by_itself(name):
    params = leaves(name)
    optimizer = made(name, params)
    descend(optimizer, params, range(3))
    twins, twin = copy.deepcopy((params, optimizer))
    descend(optimizer, params, range(3, 5))
    descend(twin, twins, range(3, 5))
    assert [p.data.tobytes() for p in twins] == [p.data.tobytes() for p in params]
    assert not any(np.shares_memory(a.data, b.data) for a, b in zip(params, twins, strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_state_shares_no_memory_with_gradients(name):
    params = leaves(name)
    optimizer = made(name, params)
    descend(optimizer, params, range(2))
    for param in params:
        for item in optimizer.state.get(param, {}).values():
            if isinstance(item, np.ndarray):
                assert item.shape == param.shape or "Adafactor" in name
                assert not np.shares_memory(item, param.grad.data)
                assert not np.shares_memory(item, param.data)


def test_lbfgs_resumes_bit_for_bit():
    def run(x, optimizer, steps):
        def closure():
            optimizer.zero_grad()
            loss = cases.rosenbrock(x[0], x[1])
            loss.backward()
            return loss

        for _ in range(steps):
            optimizer.step(closure)

    options = {"line_search_fn": "strong_wolfe", "max_iter": 3}
    straight, first = (ag.tensor([-1.5, 2.0], requires_grad=True) for _ in range(2))
    run(straight, optim.LBFGS([straight], **options), 4)
    before = optim.LBFGS([first], **options)
    run(first, before, 2)
    resumed = ag.tensor(first.data.copy(), requires_grad=True)
    after = optim.LBFGS([resumed])
    after.load_state_dict(before.state_dict())
    run(resumed, after, 2)
    assert resumed.tolist() == straight.tolist()


class Foreign:
    """A tensor of another library: something that can be detached and read as an array."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def detach(self):
        return self.values


def test_a_state_in_pytorchs_layout_is_taken_over():
    """Counts in tensors of shape (), switches of its implementations, float32 values."""
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam([x])
    average = Foreign(np.array([0.5, 0.25], dtype=np.float32))
    state = {"step": Foreign(np.float32(3)), "exp_avg": average, "exp_avg_sq": average}
    group = {**optimizer.param_groups[0], "lr": 0.5, "params": [0], "foreach": None}
    optimizer.load_state_dict({"state": {0: state}, "param_groups": [group]})
    assert optimizer.state[x]["step"] == 3
    assert type(optimizer.state[x]["step"]) in (int, float)
    assert optimizer.state[x]["exp_avg"].dtype == np.float64
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert "foreach" not in optimizer.param_groups[0]
    x.grad = ag.tensor([1.0, 1.0])
    optimizer.step()
    assert optimizer.state[x]["step"] == 4


def test_frozen_and_shared_parameters():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    model[1].weight = model[0].weight
    model[0].bias.requires_grad_(False)
    optimizer = optim.AdamW(model, lr=0.1)
    assert len(optimizer.param_groups[0]["params"]) == 3
    before = model[0].bias.tolist()
    model(ag.tensor([1.0, 2.0])).sum().backward()
    optimizer.step()
    assert model[0].bias.tolist() == before
    assert model[0].bias not in optimizer.state
    assert optimizer.state[model[0].weight]["step"] == 1


@pytest.mark.parametrize("name", KINDS)
def test_no_gradient_no_change(name):
    still, moved = leaves(name)
    optimizer = made(name, [still, moved])
    before = still.tolist()
    moved.grad = ag.tensor(cases.slope(moved.data, 1))
    optimizer.step()
    assert still.tolist() == before
    assert still not in optimizer.state
    assert moved in optimizer.state or not optimizer.state


def test_a_model_trained_in_float32_keeps_its_dtype_with_any_kind_of_option():
    x = ag.tensor(np.ones(3, np.float32), requires_grad=True)
    beta = ag.tensor(0.9)
    optimizer = optim.Adam(
        [x], lr=np.float64(0.1), betas=(beta, np.float64(0.99)), eps=ag.tensor(1e-8)
    )
    for _ in range(2):
        x.grad = ag.tensor(np.ones(3, np.float32))
        optimizer.step()
    assert x.dtype == np.float32
    assert {optimizer.state[x][n].dtype for n in ("exp_avg", "exp_avg_sq")} == {np.dtype("f4")}


# --- hooks ------------------------------------------------------------------------------------


def test_hooks_are_called_around_the_step_and_can_be_removed():
    x = ag.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.5)
    seen = []
    before = optimizer.register_step_pre_hook(lambda o, a, k: seen.append(("pre", x.item())))
    after = optimizer.register_step_post_hook(lambda o, a, k: seen.append(("post", x.item())))
    x.grad = ag.tensor([1.0])
    optimizer.step()
    before.remove()
    optimizer.step()
    after.remove()
    after.remove()
    optimizer.step()
    assert seen == [("pre", 1.0), ("post", 0.5), ("post", 0.0)]
    assert optimizer.step_count == 3


def test_hooks_whose_handles_nobody_keeps_all_run_in_order():
    optimizer, seen = optim.SGD([ag.tensor([1.0], requires_grad=True)]), []
    for name in "abc":
        optimizer.register_step_post_hook(lambda *_, name=name: seen.append(name))
    with optimizer.register_step_post_hook(lambda *_: seen.append("d")):
        optimizer.step()
    optimizer.step()
    assert "".join(seen) == "abcdabc"


def test_a_hook_may_replace_the_closure():
    x = ag.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x])
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((lambda: "other",), {}))
    assert optimizer.step(lambda: "first") == "other"


def test_a_hook_that_returns_nonsense_is_told():
    optimizer = optim.SGD([ag.tensor([1.0], requires_grad=True)])
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(ag.ArgumentError, match="must return None or a tuple"):
        optimizer.step()


# --- accumulation -----------------------------------------------------------------------------


def test_gradients_of_pieces_add_up_to_that_of_the_batch():
    """Four small batches, one step: as one step with the large batch."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    whole, pieces = (nn.Linear(3, 1, rng=0) for _ in range(2))
    one, four = optim.Adam(whole, lr=0.1), optim.Adam(pieces, lr=0.1)
    for _ in range(3):
        one.zero_grad()
        ((whole(x) - y) ** 2).mean().backward()
        one.step()
        four.zero_grad()
        for start in range(0, 8, 2):
            part = slice(start, start + 2)
            (((pieces(x[part]) - y[part]) ** 2).mean() / 4).backward()
        four.step()
    np.testing.assert_allclose(pieces.weight.data, whole.weight.data, rtol=1e-9)


# --- schedules --------------------------------------------------------------------------------

SCHEDULES = {
    **{
        name: lambda o, k=kind, p=options: getattr(lr_scheduler, k)(o, **p)
        for name, (kind, options) in cases.SCHEDULES.items()
    },
    **{name: lambda o, n=name: cases.combined(lr_scheduler, o)[n]() for name in cases.COMBINED},
    "swa": lambda o: optim.SWALR(o, 0.05),
}


def two_groups():
    groups = [{"params": [ag.tensor([0.0], requires_grad=True)], "lr": lr} for lr in cases.BASE_LR]
    return optim.SGD(groups, lr=1.0, momentum=0.5)


def rates(optimizer, schedule, steps):
    rows = []
    for _ in range(steps):
        optimizer.step()
        schedule.step()
        rows.append([(g["lr"], g["momentum"]) for g in optimizer.param_groups])
    return rows


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_resumed_schedule_goes_on_bit_for_bit(name):
    optimizer = two_groups()
    schedule = SCHEDULES[name](optimizer)
    rates(optimizer, schedule, 5)
    saved = copy.deepcopy((optimizer.state_dict(), schedule.state_dict()))
    expected = rates(optimizer, schedule, 10)

    resumed = two_groups()
    again = SCHEDULES[name](resumed)
    resumed.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    assert again.get_last_lr() == [group["lr"] for group in resumed.param_groups]
    assert rates(resumed, again, 10) == expected


@pytest.mark.parametrize("epochs", range(1, 8))
@pytest.mark.parametrize("name", cases.SCHEDULES)
def test_a_schedule_made_anew_in_the_middle_goes_on(name, epochs):
    """By last_epoch alone, from the groups of the optimizer."""
    optimizer = two_groups()
    schedule = SCHEDULES[name](optimizer)
    rates(optimizer, schedule, epochs)
    resumed = two_groups()
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    kind, options = cases.SCHEDULES[name]
    again = getattr(lr_scheduler, kind)(resumed, **options, last_epoch=epochs - 1)
    assert again.last_epoch == schedule.last_epoch
    np.testing.assert_allclose(
        rates(resumed, again, 8), rates(optimizer, schedule, 8), rtol=1e-12, atol=1e-16
    )


def test_a_resumed_plateau_goes_on():
    optimizer = two_groups()
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)
    for metric in cases.METRICS[:8]:
        schedule.step(metric)
    resumed = two_groups()
    again = lr_scheduler.ReduceLROnPlateau(resumed)
    resumed.load_state_dict(optimizer.state_dict())
    again.load_state_dict(schedule.state_dict())
    for metric in cases.METRICS[8:]:
        schedule.step(ag.tensor(metric))
        again.step(metric)
        assert again.get_last_lr() == schedule.get_last_lr()


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_state_of_a_schedule_is_plain_data(name):
    def is_plain(item):
        if isinstance(item, dict):
            return all(map(is_plain, item.values()))
        if isinstance(item, (list, tuple)):
            return all(map(is_plain, item))
        return isinstance(item, (int, float, str, type(None)))

    assert is_plain(SCHEDULES[name](two_groups()).state_dict())
