"""Arguments that are none: told in words, before anything has changed."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from optim import lr_scheduler as lrs

IN_PLACE = ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta", "NAdam", "RAdam", "Adamax"]


def leaf(*shape):
    return ag.tensor(np.ones(shape), requires_grad=True)


def stepped(kind, *shape):
    param = leaf(*shape)
    optimizer = getattr(optim, kind)([param], **({"momentum": 0.9} if kind == "SGD" else {}))
    param.grad = ag.tensor(np.ones(shape))
    optimizer.step()
    return param, optimizer


@pytest.mark.parametrize("kind", IN_PLACE)
@pytest.mark.parametrize("shape", [(3,), (1,), (2, 1)])
def test_state_of_another_shape_is_not_loaded(kind, shape):
    """Loaded unseen, it would stop a step half way, or broadcast."""
    _, other = stepped(kind, *shape)
    _, own = stepped(kind, 2)
    before = copy.deepcopy(own.state_dict())
    with pytest.raises(ag.ShapeError, match=r"for a parameter of shape \(2,\)"):
        own.load_state_dict(other.state_dict())
    np.testing.assert_equal(own.state_dict(), before)


@pytest.mark.parametrize(
    "saved",
    [
        {},
        3,
        None,
        {"state": {}},
        {"state": {}, "param_groups": 3},
        {"state": {}, "param_groups": [{}]},
        {"state": 3, "param_groups": [{"params": [0]}]},
    ],
)
def test_what_is_no_state_of_an_optimizer(saved):
    with pytest.raises(ag.ArgumentError, match=r"what the state_dict\(\) of an optimizer"):
        optim.Adam([leaf(2)]).load_state_dict(saved)


@pytest.mark.parametrize("group", [{}, {"lr": 0.1}, [leaf(2)], leaf(2), None])
def test_a_group_without_tensors(group):
    optimizer = optim.Adam([leaf(2)])
    with pytest.raises(ag.ArgumentError, match="A parameter group is a dict"):
        optimizer.add_param_group(group)
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("kind", ["SGD", "Adam", "LBFGS", "Newton"])
def test_a_closure_that_cannot_be_called(kind):
    optimizer = getattr(optim, kind)([leaf(2)])
    with pytest.raises(ag.ArgumentError, match="a function that calls zero_grad"):
        optimizer.step(3)
    assert optimizer.step_count == 0


def test_a_closure_that_returns_nothing():
    with pytest.raises(ag.ArgumentError, match="end it with `return loss`"):
        optim.LBFGS([leaf(2)]).step(lambda: None)


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        (lambda p: optim.clip_grad_norm_([p], "1"), "max_norm must be a number, and not '1'"),
        (lambda p: optim.clip_grad_norm_([p], 1.0, None), "norm_type must be a number"),
        (lambda p: optim.clip_grad_norm_(3, 1.0), "has parameters"),
        (lambda p: optim.clip_grad_value_([p], None), "clip_value must be a number"),
        (lambda p: optim.clip_grad_value_(None, 1.0), "has parameters"),
    ],
)
def test_what_cannot_be_clipped(clip, words):
    param = leaf(2)
    param.grad = ag.tensor([3.0, 4.0])
    with pytest.raises(ag.ArgumentError, match=words):
        clip(param)
    assert param.grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda o: lrs.StepLR(o, "a"), "step_size must be a number"),
        (lambda o: lrs.StepLR(o, 2, "a"), "gamma must be a number"),
        (lambda o: lrs.ExponentialLR(o, None), "gamma must be a number"),
        (lambda o: lrs.MultiStepLR(o, 5), "milestones is a list of numbers"),
        (lambda o: lrs.MultiStepLR(o, ["a"]), "milestones is a list of numbers"),
        (lambda o: lrs.ConstantLR(o, "a"), "factor must be a number"),
        (lambda o: lrs.LinearLR(o, None), "start_factor must be a number"),
        (lambda o: lrs.LinearLR(o, 0.5, "1"), "end_factor must be a number"),
        (lambda o: lrs.PolynomialLR(o, "a"), "total_iters must be a number"),
        (lambda o: lrs.CosineAnnealingLR(o, None), "T_max must be a number"),
        (lambda o: lrs.CosineAnnealingLR(o, 5, "a"), "eta_min must be a number"),
        (lambda o: lrs.ReduceLROnPlateau(o, factor="a"), "factor must be a number"),
        (lambda o: lrs.ReduceLROnPlateau(o).step("a"), "metrics must be a number"),
        (lambda o: lrs.ChainedScheduler([3]), "should have `optimizer`"),
        (lambda o: optim.SWALR(o, "a"), "swa_lr must be a number"),
        (lambda o: lrs.StepLR(o, 2).load_state_dict(4), "of a schedule returned"),
        (lambda o: lrs.ReduceLROnPlateau(o).load_state_dict(None), "of a schedule returned"),
        (lambda o: lrs.SequentialLR(o, [lrs.StepLR(o, 1)], []).load_state_dict(3), "returned"),
    ],
)
def test_schedules(made, words):
    with pytest.raises(ag.ArgumentError, match=words):
        made(optim.SGD([leaf(2)], lr=0.1))


def test_averages():
    with pytest.raises(ag.ArgumentError, match=r"A model has parameters\(\)"):
        optim.AveragedModel(3)
    with pytest.raises(ag.ArgumentError, match="avg_fn is a function"):
        optim.AveragedModel(nn.Linear(1, 1), "cpu")  # PyTorch's second argument is a device
    assert optim.AveragedModel(nn.Linear(1, 1), avg_fn=None).avg_fn is optim.mean_update
