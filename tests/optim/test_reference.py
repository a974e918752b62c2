"""Every optimizer and schedule against stored numbers (PyTorch 2.13, by make_reference.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import optim_cases as cases
import pytest

import autograd as ag
import optim
from optim import lr_scheduler

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


def leaf(values, dtype=np.float64):
    return ag.tensor(values, dtype=dtype, requires_grad=True)


def run(name, dtype=np.float64):
    """The parameters after each step."""
    kind, options = cases.OPTIMIZERS[name]
    params = [leaf(p, dtype) for p in cases.start(name)]
    optimizer = getattr(optim, kind)(params, **options)
    for t in range(1, cases.STEPS + 1):
        for param in params:
            param.grad = ag.tensor(cases.slope(param.data, t), dtype=dtype)
        optimizer.step()
        yield t, params, optimizer


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_ten_steps_as_pytorch_takes_them(name):
    for t, params, _ in run(name):
        if t in cases.KEPT:
            for param, expected in zip(params, REFERENCE["optimizers"][name][str(t)], strict=True):
                np.testing.assert_allclose(param.data.ravel(), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_float32_stays_float32(name):
    *_, (_, params, optimizer) = run(name, np.float32)
    expected = REFERENCE["optimizers"][name]["10"]
    for param, values in zip(params, expected, strict=True):
        assert param.dtype == np.float32
        items = [item for item in optimizer.state.get(param, {}).values() if hasattr(item, "dtype")]
        assert all(item.dtype == np.float32 for item in items)
        np.testing.assert_allclose(param.data.ravel(), values, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", cases.OPTIMIZERS)
def test_the_class_does_bit_for_bit_what_the_rule_says(name):
    kind, options = cases.OPTIMIZERS[name]
    rule = getattr(optim, kind).update
    options = getattr(optim, kind)([leaf(np.ones((2, 2)))], **options).defaults
    values, states = cases.start(name), [{}, {}]
    for t, params, _ in run(name):
        for index, value in enumerate(values):
            values[index], states[index] = rule(
                value, cases.slope(value, t), states[index], **options
            )
            assert params[index].data.tobytes() == values[index].tobytes()


@pytest.mark.parametrize("name", cases.LBFGS)
def test_lbfgs_as_pytorch_does_it(name):
    x = leaf([-1.5, 2.0])
    optimizer = optim.LBFGS([x], **cases.LBFGS[name])

    def closure():
        optimizer.zero_grad()
        loss = cases.rosenbrock(x[0], x[1])
        loss.backward()
        return loss

    for expected in REFERENCE["lbfgs"][name]:
        loss = optimizer.step(closure).item()
        found = [*x.tolist(), loss, optimizer.state[x]["func_evals"]]
        np.testing.assert_allclose(found, expected, rtol=1e-7)


# --- schedules --------------------------------------------------------------------------------


def fresh():
    groups = [{"params": [leaf([0.0])], "lr": lr} for lr in cases.BASE_LR]
    return optim.SGD(groups, lr=1.0, momentum=0.5)


def check(name, optimizer, schedule, arguments):
    rows = []
    for step in [None, *arguments]:
        if step is not None:
            optimizer.step()
            schedule.step(*step)
        one, two = optimizer.param_groups
        rows.append([one["lr"], two["lr"], one["momentum"]])
        assert schedule.get_last_lr() == rows[-1][:2]
    np.testing.assert_allclose(rows, REFERENCE["schedules"][name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", cases.SCHEDULES)
def test_schedules_go_as_pytorchs_do(name):
    optimizer, (kind, options) = fresh(), cases.SCHEDULES[name]
    schedule = getattr(lr_scheduler, kind)(optimizer, **options)
    check(name, optimizer, schedule, [()] * cases.EPOCHS)


@pytest.mark.parametrize("name", cases.PLATEAUS)
def test_plateaus(name):
    optimizer = fresh()
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, **cases.PLATEAUS[name])
    check(f"plateau {name}", optimizer, schedule, [(metric,) for metric in cases.METRICS])


@pytest.mark.parametrize("name", cases.COMBINED)
def test_schedules_of_schedules(name):
    optimizer = fresh()
    schedule = cases.combined(lr_scheduler, optimizer)[name]()
    check(name, optimizer, schedule, [()] * cases.EPOCHS)


@pytest.mark.parametrize("name", cases.SWA)
def test_the_way_to_the_averaging_rate(name):
    optimizer = fresh()
    schedule = optim.SWALR(optimizer, **cases.SWA[name])
    check(f"swa {name}", optimizer, schedule, [()] * cases.EPOCHS)


def test_restarts_jump_to_any_epoch():
    optimizer = fresh()
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, 2)
    check("jumps", optimizer, schedule, [(0.5,), (1.25,), (3.5,), (), (), (26,), ()])


def test_the_stored_numbers_cover_every_case():
    assert REFERENCE["optimizers"].keys() == cases.OPTIMIZERS.keys()
    assert REFERENCE["lbfgs"].keys() == cases.LBFGS.keys()
