"""What a rule computes of numbers is followed: the same bits as from reading it each time."""

from __future__ import annotations

import math
import sys
import threading
from types import ModuleType

import numpy as np
import pytest

import autograd as ag
import optim
from optim import following
from optim.following import program_of
from optim.in_place import read

FACTOR = 0.5


@pytest.fixture
def readings(monkeypatch):
    """How often rules were read, once or twice each."""
    calls = []

    def counted(rule, options, state):
        calls.append(rule)
        return read(rule, options, state)

    monkeypatch.setattr(following, "read", counted)
    following._ways.cache_clear()
    return calls


def walked(rule, options, steps, change=lambda step, options: None):
    """The programs of so many steps; each is what reading the rule gives."""
    state, found = {}, []
    for step in range(steps):
        change(step, options)
        program, plain = program_of(rule, options, state), read(rule, options, state)
        assert program.plan == plain.plan
        assert repr(program.constants) == repr(plain.constants)
        assert repr(program.numbers) == repr(plain.numbers)
        arrays = [name for name in program.plan.names if name not in ("param", "grad")]
        state = program.numbers | {name: np.ones(2) for name in arrays}
        found.append(program)
    return found


def ours(rule):
    """As if it stood in this package: nobody else's rules are followed."""
    rule.__module__ = "optim.rules"
    return rule


RULES = {
    "adam": (optim.adam_update, {"lr": 0.1, "betas": (0.9, 0.99), "amsgrad": True}),
    "adamw": (optim.adam_update, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    "nadam": (optim.nadam_update, {"lr": 0.1, "momentum_decay": 0.004}),
    "radam": (optim.radam_update, {"lr": 0.1, "betas": (0.9, 0.8)}),
    "asgd": (optim.asgd_update, {"lr": 0.1, "t0": 3.0}),
    "adagrad": (optim.adagrad_update, {"lr": 0.1, "lr_decay": 0.2}),
    "sgd": (optim.sgd_update, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "adamax": (optim.adamax_update, {"lr": 0.1}),
    "adadelta": (optim.adadelta_update, {"lr": 1}),
    "rmsprop": (optim.rmsprop_update, {"lr": 0.1, "momentum": 0.9, "centered": True}),
    "lion": (optim.lion_update, {"lr": 0.1, "weight_decay": 0.1}),
}


@pytest.mark.parametrize("name", RULES)
def test_our_rules_are_followed(name, readings):
    rule, options = RULES[name]

    def change(step, options):
        options["lr"] = 0.1 / (step + 1)

    walked(rule, dict(options), 20, change)
    assert len(readings) <= 8  # twice at the first step, at the second, and where it decides anew


def test_decisions_by_counts_and_options_are_taken_anew(readings):
    def rule(param, grad, state, *, lr, warm):
        step = state.get("step", 0) + 1
        rate = lr * step / warm if step < warm else lr
        if step % 3 == 0 and not step >= 9:
            rate = -rate
        return param - (rate if rate else 1) * grad, {"step": step}

    def change(step, options):
        options["lr"] = 0.0 if step == 12 else 0.1
        options["warm"] = 2 if step == 14 else 5

    walked(ours(rule), {"lr": 0.1, "warm": 5}, 16, change)
    assert 4 < len(readings) <= 16


def test_all_of_pythons_operators(readings):
    def rule(param, grad, state, *, a, b):
        n = state.get("n", 7) + 1
        x = (a + 1) * (1 + a) - (a - 2) / (3 - a) + n // 3 + n % 5 + a**b + 2**a + 17 // n
        y = abs(-a) + +b + 20 % n + max(a, b) + min(n, 9) + sum([a, b, 1]) + (a != b) + True * a
        chosen = [a < b, a <= 1, b < 1, n >= 9, a == b, 3 < n < 12]
        return param * x - grad * y * sum(chosen), {"n": n, "x": x, "y": y, "kept": None}

    def change(step, options):
        options["a"] = 0.25 * (step % 3)

    walked(ours(rule), {"a": 0.5, "b": 0.75}, 12, change)


def test_a_kind_of_number_is_a_form_of_its_own():
    def rule(param, grad, state, *, lr):
        return param - (lr if isinstance(lr, int) else lr * 2) * grad, {}

    for lr in (2, 2.0, 3, 3.0, True):
        walked(ours(rule), {"lr": lr}, 2)


def outside(lr):
    return math.sqrt(lr)


def by_global(param, grad, state, *, lr):
    return param - lr * FACTOR * grad, {}


def through_helper(param, grad, state, *, lr):
    return by_global(param, grad, state, lr=lr)


@pytest.mark.parametrize("rule", [by_global, through_helper])
def test_a_global_number_may_change(rule, monkeypatch):
    walked(rule, {"lr": 0.1}, 2)
    monkeypatch.setitem(globals(), "FACTOR", 0.25)
    assert 0.25 in [c / 0.1 for c in walked(rule, {"lr": 0.1}, 2)[-1].constants]


def test_a_closure_may_change():
    factor = 0.5

    def rule(param, grad, state, *, lr):
        return param - lr * factor * grad, {}

    walked(rule, {"lr": 1.0}, 2)
    factor = 0.25
    assert walked(rule, {"lr": 1.0}, 2)[-1].constants == [0.25]


class Settings:
    factor = 0.5


MODULE = ModuleType("settings")
TABLE = {"factor": 0.5}
look_up = TABLE.get


def by_inner_function(param, grad, state, *, lr):
    return param - (lambda: FACTOR)() * grad, {}


ELSEWHERE = {
    "class": lambda p, g, s, *, lr: (p - Settings.factor * g, {}),
    "module": lambda p, g, s, *, lr: (p - MODULE.factor * g, {}),
    "method": lambda p, g, s, *, lr: (p - look_up("factor") * g, {}),
    "inner": by_inner_function,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_a_rule_finds_elsewhere_may_change(name, monkeypatch):
    for factor in (0.5, 0.25):
        monkeypatch.setattr(Settings, "factor", factor)
        monkeypatch.setattr(MODULE, "factor", factor, raising=False)
        monkeypatch.setitem(TABLE, "factor", factor)
        monkeypatch.setitem(globals(), "FACTOR", factor)
        assert walked(ELSEWHERE[name], {"lr": 1.0}, 2)[-1].constants == [factor]


def test_what_a_rule_imports_may_change(monkeypatch):
    def rule(param, grad, state, *, lr):
        from sys import maxsize

        return param - lr * maxsize * grad, {}

    for size in (3, 5):
        monkeypatch.setattr(sys, "maxsize", size)
        assert walked(rule, {"lr": 1.0}, 2)[-1].constants == [size]


BOX = [1.0]
TOSSED = np.random.default_rng(0)


def by_default(param, grad, state, *, lr, box=BOX):
    return param - lr * box[0] * grad, {}


def by_its_own_attribute(param, grad, state, *, lr):
    return param - lr * by_its_own_attribute.factor * grad, {}


def by_chance(param, grad, state, *, lr):
    return param - (lr if TOSSED.random() < 0.5 else 2 * lr) * grad, {}


def test_a_persons_own_rule_is_read_at_each_step(monkeypatch):
    for factor in (0.5, 0.25):
        BOX[0] = factor
        monkeypatch.setattr(by_its_own_attribute, "factor", factor, raising=False)
        for rule in (by_default, by_its_own_attribute):
            assert walked(rule, {"lr": 1.0}, 2)[-1].constants == [factor]
    tosses = [program_of(by_chance, {"lr": 1.0}, {}).constants[0] for _ in range(40)]
    assert set(tosses) == {1.0, 2.0}


UNFOLLOWED = {
    "math": lambda p, g, s, *, lr: (p - math.sqrt(lr) * g, {}),
    "a function of one's own": lambda p, g, s, *, lr: (p - outside(lr) * g, {}),
    "text": lambda p, g, s, *, lr: (p - len(f"{lr}") * g, {}),
    "a set": lambda p, g, s, *, lr: (p - (lr in {0.5, 0.25}) * g, {}),
    "a class": lambda p, g, s, *, lr: (p - (2 if type(lr) is float else 3) * g, {}),
    "numpy": lambda p, g, s, *, lr: (p - np.float64(lr) * g, {}),
    "numpy's functions": lambda p, g, s, *, lr: (p - np.power(lr, 2) * g, {}),
    "autograd's functions": lambda p, g, s, *, lr: (p - ag.sqrt(lr) * g, {}),
    "an index": lambda p, g, s, *, lr: (p - [1.0, 2.0][round(lr)] * g, {}),
}


@pytest.mark.parametrize("name", UNFOLLOWED)
def test_anything_else_is_read_at_each_step(name):
    def change(step, options):
        options["lr"] = 1 / (step + 1)

    walked(ours(UNFOLLOWED[name]), {"lr": 0.5}, 6, change)


def test_a_rule_that_takes_ever_new_ways_is_not_followed(readings):
    def rule(param, grad, state, *, lr):
        step, rate = state.get("step", 0) + 1, lr
        for _ in range(40):
            rate = rate / 2 if step > rate else rate
            step = step - 1
        return param - rate * grad, {"step": state.get("step", 0) + 1}

    walked(ours(rule), {"lr": 0.1}, 40)
    assert len(readings) <= 2 + 40 + following.MOST + 1


def test_errors_of_a_rule_come_from_the_rule():
    def rule(param, grad, state, *, lr):
        return param - 1 / (lr - 1) * grad, {}

    walked(ours(rule), {"lr": 2}, 2)
    with pytest.raises(ZeroDivisionError) as caught:
        program_of(rule, {"lr": 1}, {})
    assert any(entry.name == "rule" for entry in caught.traceback)


def test_options_that_are_no_plain_numbers_are_read_each_time():
    def rule(param, grad, state, *, lr):
        return param - lr[0] * grad, {}

    for lr in ([0.5], [0.25]):
        assert program_of(rule, {"lr": lr}, {}).constants == lr


def test_training_is_the_same_bit_for_bit_when_groups_and_options_change():
    rng = np.random.default_rng(0)
    starts, grads = rng.normal(size=(2, 5)), rng.normal(size=(6, 2, 5)).astype(np.float32)
    leaves = [ag.tensor(s, dtype=np.float32, requires_grad=True) for s in starts]
    optimizer = optim.Adam([{"params": leaves[:1]}, {"params": leaves[1:], "lr": 0.5}])
    expected, states = [leaf.data.copy() for leaf in leaves], [{}, {}]
    for step, grad in enumerate(grads):
        optimizer.param_groups[0]["lr"] = 0.1 / (step + 1)
        optimizer.param_groups[1]["weight_decay"] = 0.1 * (step > 3)
        for k, group in enumerate(optimizer.param_groups):
            options = {name: group[name] for name in optimizer.defaults}
            leaves[k].grad = ag.tensor(grad[k])
            expected[k], states[k] = optim.adam_update(expected[k], grad[k], states[k], **options)
        optimizer.step()
        for leaf, value in zip(leaves, expected, strict=True):
            assert leaf.data.tobytes() == value.tobytes()


def test_threads_follow_the_same_rule():
    found = []

    def train():
        param = ag.tensor([1.0, 2.0], requires_grad=True)
        optimizer = optim.RAdam([param], lr=0.1)
        for _ in range(50):
            param.grad = ag.tensor([0.5, -0.25])
            optimizer.step()
        found.append(param.tolist())

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert found.count(found[0]) == 4
