"""Options without meaning are refused with PyTorch's words, and with more where it helps."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
import optim
from optim import lr_scheduler as lrs

NAN = math.nan
RATE = "Invalid learning rate: -1"
EPS = "Invalid epsilon value: -1"
DECAY = "Invalid weight_decay value: -1"
FIRST, SECOND = "parameter at index 0: 1.0", "parameter at index 1: -0.5"

BAD = [
    *[(name, {"lr": -1}, RATE) for name in ("SGD", "Adagrad", "Adadelta", "RMSprop", "Adam")],
    *[(name, {"lr": -1}, RATE) for name in ("AdamW", "Adamax", "NAdam", "RAdam", "Rprop")],
    *[(name, {"lr": -1}, RATE) for name in ("ASGD", "Lion", "LBFGS", "Newton")],
    *[(name, {"lr": NAN}, "Invalid learning rate: nan") for name in ("SGD", "Adam", "LBFGS")],
    *[(n, {"eps": -1}, EPS) for n in ("Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW")],
    *[(n, {"eps": -1}, EPS) for n in ("Adamax", "NAdam", "RAdam")],
    *[(n, {"weight_decay": -1}, DECAY) for n in ("SGD", "Adagrad", "Adadelta", "RMSprop", "Adam")],
    *[(n, {"weight_decay": -1}, DECAY) for n in ("AdamW", "Adamax", "NAdam", "RAdam", "ASGD")],
    *[(n, {"betas": (1.0, 0.9)}, FIRST) for n in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")],
    *[(n, {"betas": (0.9, -0.5)}, SECOND) for n in ("Adam", "Adamax", "NAdam", "RAdam", "Lion")],
    ("SGD", {"momentum": -1}, "Invalid momentum value: -1"),
    ("SGD", {"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
    ("Adagrad", {"lr_decay": -1}, "Invalid lr_decay value: -1"),
    ("Adagrad", {"initial_accumulator_value": -1}, "Invalid initial_accumulator_value value: -1"),
    ("Adadelta", {"rho": 1.5}, "Invalid rho value: 1.5"),
    ("RMSprop", {"momentum": -1}, "Invalid momentum value: -1"),
    ("RMSprop", {"alpha": -1}, "Invalid alpha value: -1"),
    ("NAdam", {"momentum_decay": -1}, "Invalid momentum_decay value: -1"),
    ("Rprop", {"etas": (1.5, 1.2)}, "Invalid eta values: 1.5, 1.2"),
    ("Rprop", {"step_sizes": (1.0, 0.5)}, "Invalid step sizes: 1.0, 0.5"),
    ("Adafactor", {"lr": -1}, "Learning rate should be >= 0 but is: -1"),
    ("Adafactor", {"weight_decay": NAN}, "weight_decay should be >= 0 but is: nan"),
    ("Adafactor", {"eps": (-0.5, 0.1)}, "epsilon1 should be >= 0 but is: -0.5"),
    ("Adafactor", {"beta2_decay": 0.5}, "beta2_decay should be <= 0 but is: 0.5"),
    ("Adafactor", {"eps": (None, -1)}, "epsilon2 should be >= 0 but is: -1"),
    ("Adafactor", {"d": 0.5}, "Clipping threshold d should be >= 1 but is: 0.5"),
    ("LBFGS", {"line_search_fn": "weak"}, "only 'strong_wolfe' is supported"),
    ("LBFGS", {"history_size": 0}, "history_size must be at least 1"),
    ("Newton", {"damping": -1}, "Invalid damping value: -1"),
    ("Muon", {"lr": -1}, "Learning rate should be >= 0 but is: -1"),
    ("Muon", {"momentum": -1}, "momentum should be >= 0 but is: -1"),
    ("Muon", {"weight_decay": -1}, "weight decay should be >= 0 but is: -1"),
    ("Muon", {"adjust_lr_fn": "x"}, "Adjust learning rate function x is not supported"),
    ("Muon", {"ns_coefficients": (1, 2)}, "Coefficients must be a tuple of exactly 3 values"),
    ("Muon", {"ns_steps": 100}, "Number of steps must be less than 100"),
    ("Adam", {"lr": ag.tensor([0.1, 0.2])}, "must be 1-element"),
]


def leaf(*shape):
    return ag.tensor(np.ones(shape or (2, 2)), requires_grad=True)


@pytest.mark.parametrize(("name", "options", "words"), BAD)
def test_options_without_meaning(name, options, words):
    with pytest.raises(ValueError, match=words) as caught:
        getattr(optim, name)([leaf()], **options)
    assert isinstance(caught.value, ag.GlassError)


@pytest.mark.parametrize(("name", "options", "words"), [b for b in BAD if b[0] not in ("LBFGS",)])
def test_they_are_refused_in_a_group_too(name, options, words):
    with pytest.raises(ag.RangeError, match=words):
        getattr(optim, name)([{"params": [leaf()], **options}])


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("Adam", {"lr": "0.1"}, "lr must be a number, and not '0.1'"),
        ("Adam", {"betas": 0.9}, "betas are two numbers"),
        ("Adam", {"betas": (0.9, None)}, "betas must be a number, and not None"),
        ("Adam", {"eps": None}, "eps must be a number"),
        ("Rprop", {"etas": 2}, "etas are two numbers"),
    ],
)
def test_what_is_no_number(name, options, words):
    with pytest.raises(ag.ArgumentError, match=words):
        getattr(optim, name)([leaf()], **options)


def test_some_take_one_group_only():
    for cls in (optim.LBFGS, optim.Newton):
        with pytest.raises(ag.RangeError, match="group"):
            cls([{"params": [leaf()]}, {"params": [leaf()]}])


def test_muon_takes_matrices_only():
    words = r"Muon only supports 2D parameters whereas we found a parameter with size: \(3,\)"
    with pytest.raises(ag.RangeError, match=words):
        optim.Muon([leaf(3)])


def test_newton_takes_small_problems_only():
    with pytest.raises(ag.RangeError, match="LBFGS needs a few vectors only"):
        optim.Newton([leaf(50, 50)])


@pytest.mark.parametrize("cls", [optim.LBFGS, optim.Newton])
def test_a_closure_is_needed(cls):
    with pytest.raises(ag.ArgumentError, match=r"write step\(closure\)"):
        cls([leaf()]).step()


# --- schedules --------------------------------------------------------------------------------


def sgd(groups=1, **options):
    return optim.SGD([{"params": [leaf()]} for _ in range(groups)], lr=0.1, **options)


BAD_SCHEDULES = [
    (lambda o: lrs.StepLR(3, 1), TypeError, "int is not an Optimizer"),
    (lambda o: lrs.CyclicLR(3, 1, 2), TypeError, "int is not an Optimizer"),
    (lambda o: lrs.OneCycleLR(3, 1, 2), TypeError, "int is not an Optimizer"),
    (lambda o: lrs.ReduceLROnPlateau(3), TypeError, "int is not an Optimizer"),
    (lambda o: lrs.LambdaLR(o, [abs, abs]), ValueError, "lr_lambda has 2 values, param_groups"),
    (lambda o: lrs.LambdaLR(o, 0.5), TypeError, "should be a function, but got float"),
    (lambda o: lrs.MultiplicativeLR(o, 0.5), TypeError, "should be a function, but got float"),
    (lambda o: lrs.StepLR(o, 0), ValueError, "step_size must be a positive"),
    (lambda o: lrs.ConstantLR(o, factor=2), ValueError, "expected to be between 0 and 1"),
    (lambda o: lrs.LinearLR(o, start_factor=0), ValueError, "Starting multiplicative factor"),
    (lambda o: lrs.LinearLR(o, end_factor=2), ValueError, "Ending multiplicative factor"),
    (lambda o: lrs.PolynomialLR(o, 0), ValueError, "total_iters must be positive"),
    (lambda o: lrs.CosineAnnealingLR(o, 0), ValueError, "T_max must be a positive"),
    (lambda o: lrs.CosineAnnealingWarmRestarts(o, 0), ValueError, "positive integer T_0"),
    (lambda o: lrs.CosineAnnealingWarmRestarts(o, 1, 0), ValueError, "integer T_mult >= 1"),
    (lambda o: lrs.CosineAnnealingWarmRestarts(o, 1, eta_min="a"), ValueError, "eta_min"),
    (lambda o: lrs.CosineAnnealingWarmRestarts(o, 1).step(-1), ValueError, "non-negative epoch"),
    (lambda o: lrs.CyclicLR(o, 0.1, 1.0, mode="x"), ValueError, "mode is invalid and scale_fn"),
    (lambda o: lrs.CyclicLR(o, 0.1, 1.0, step_size_up=0), ValueError, "must be positive"),
    (lambda o: lrs.CyclicLR(o, 0.1, [1.0, 2.0]), ValueError, "max_lr must have the same length"),
    (lambda o: lrs.OneCycleLR(o, 1.0), ValueError, "You must define either total_steps OR"),
    (lambda o: lrs.OneCycleLR(o, 1.0, 0), ValueError, "positive integer total_steps, but got 0"),
    (
        lambda o: lrs.OneCycleLR(o, 1.0, None, 2, 0.5),
        ValueError,
        "positive integer steps_per_epoch",
    ),
    (lambda o: lrs.OneCycleLR(o, 1.0, 5, pct_start=2), ValueError, "between 0 and 1 pct_start"),
    (lambda o: lrs.OneCycleLR(o, 1.0, 5, anneal_strategy="x"), ValueError, "'cos' or 'linear'"),
    (lambda o: lrs.ReduceLROnPlateau(o, factor=1), ValueError, "Factor should be < 1.0"),
    (lambda o: lrs.ReduceLROnPlateau(o, "mid"), ValueError, "mode mid is unknown!"),
    (lambda o: lrs.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold mode x is"),
    (lambda o: lrs.ReduceLROnPlateau(o, min_lr=[0, 0]), ValueError, "expected 1 min_lrs, got 2"),
    (lambda o: lrs.SequentialLR(o, [], []), ValueError, "at least one scheduler, but got no"),
    (lambda o: lrs.SequentialLR(o, [3], []), TypeError, "should have `optimizer`"),
    (lambda o: lrs.SequentialLR(o, [lrs.StepLR(o, 1)], [3]), ValueError, "one more than"),
    (lambda o: lrs.SequentialLR(o, [lrs.StepLR(sgd(), 1)], []), ValueError, "same optimizer"),
    (lambda o: lrs.ChainedScheduler([]), ValueError, "at least one scheduler to be chained"),
    (lambda o: lrs.ChainedScheduler([lrs.ReduceLROnPlateau(o)]), ValueError, "does not support"),
    (lambda o: optim.SWALR(o, 0.1, anneal_strategy="x"), ValueError, "'cos' or 'linear'"),
    (lambda o: optim.SWALR(o, 0.1, -1), ValueError, "equal or greater than 0, got -1"),
    (lambda o: optim.get_ema_avg_fn(1.5), ValueError, "Invalid decay value 1.5"),
    (lambda o: lrs.LRScheduler(o), RuntimeError, r"LRScheduler has no get_lr\(\)"),
]


@pytest.mark.parametrize(("make", "error", "words"), BAD_SCHEDULES)
def test_schedules_without_meaning(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make(sgd(momentum=0.9))
    assert isinstance(caught.value, ag.GlassError)


@pytest.mark.parametrize(
    "make", [lambda o: lrs.CyclicLR(o, 0.1, 1.0), lambda o: lrs.OneCycleLR(o, 1.0, 5)]
)
def test_momentum_cannot_cycle_where_there_is_none(make):
    with pytest.raises(ag.RangeError, match="must support momentum or beta1"):
        make(optim.Adagrad([leaf()]))


def test_a_cycle_has_an_end():
    optimizer = sgd(momentum=0.9)
    schedule = lrs.OneCycleLR(optimizer, 1.0, total_steps=2)
    optimizer.step()
    schedule.step()
    schedule.step()
    with pytest.raises(ag.RangeError, match="Tried to step 3 times"):
        schedule.step()


def test_resuming_needs_the_initial_learning_rate():
    with pytest.raises(ag.StateError, match=r"not specified in param_groups\[0\]"):
        lrs.StepLR(sgd(), 1, last_epoch=3)


def test_the_wrong_order_is_told_once():
    optimizer = sgd()
    schedule = lrs.ExponentialLR(optimizer, 0.5)
    with pytest.warns(UserWarning, match=r"before `optimizer.step\(\)`") as told:
        schedule.step()
    schedule.step()
    assert len(told) == 1
    assert told[0].filename == __file__
    right = sgd()
    schedule = lrs.ExponentialLR(right, 0.5)
    right.step()
    schedule.step()
