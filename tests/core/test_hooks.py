"""Hooks on tensors, and gradients that results keep."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(value):
    return ag.tensor(value, requires_grad=True)


def test_a_hook_sees_the_complete_gradient_of_a_result_and_may_replace_it():
    x, seen = leaf([1.0, 2.0]), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    (y * y + y).sum().backward()
    assert seen == [[7, 13]]
    assert x.grad.tolist() == [210, 390]


def test_hooks_on_a_leaf_run_before_accumulation_and_after():
    x, order = leaf(2.0), []
    x.register_hook(lambda g: order.append(("before", x.grad)) or g + 1)
    x.register_post_accumulate_grad_hook(lambda t: order.append(("after", t.grad.item())))
    (x * 3).backward()
    assert order == [("before", None), ("after", 4.0)]


def test_a_handle_takes_the_hook_off():
    x = leaf(2.0)
    handle = x.register_hook(lambda g: g * 100)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 10):
        (x * 1).backward()
    (x * 1).backward()
    assert x.grad.item() == 11


def test_retain_grad_keeps_the_value_after_the_hooks():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    assert y.retains_grad
    (y * 3).backward()
    assert y.grad.item() == 15
    (y * 3).backward()
    assert y.grad.item() == 30
    assert x.grad.item() == 2 * 60


def test_hooks_run_in_a_recorded_backward_pass():
    x = leaf(3.0)
    y = x * x
    y.register_hook(lambda g: g * x)
    (g,) = ag.grad(y * 1, x, create_graph=True)
    assert g.item() == 18
    assert ag.grad(g, x)[0].item() == 12


def test_hooks_on_one_of_several_outputs():
    x = leaf([1.0, 2.0])
    a, b = ag.unbind(x * 1)
    a.register_hook(lambda g: g * 7)
    a.retain_grad()
    (a + b).backward()
    assert x.grad.tolist() == [7, 1]
    assert a.grad.item() == 7


@pytest.mark.parametrize(
    ("hook", "error", "words"),
    [
        (lambda g: 3.0, ag.ArgumentError, "tensor or None"),
        (lambda g: ag.tensor([1.0, 2.0, 3.0]), ag.ShapeError, r"shape \(3,\)"),
    ],
)
def test_what_a_hook_may_not_return(hook, error, words):
    x = leaf([1.0, 2.0])
    x.register_hook(hook)
    with pytest.raises(error, match=words):
        (x * 1).sum().backward()
    assert x.grad is None


def test_hooks_need_a_gradient():
    for use in (
        lambda t: t.register_hook(print),
        lambda t: t.retain_grad(),
        lambda t: t.register_post_accumulate_grad_hook(print),
    ):
        with pytest.raises(ag.GradientError, match="require"):
            use(ag.tensor(1.0))
    with pytest.raises(ag.GradientError, match="for leaves"):
        (leaf(1.0) * 2).register_post_accumulate_grad_hook(print)


def test_a_hook_returns_the_dtype_that_it_was_given():
    x = ag.tensor(np.float32(1.0), requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: ag.tensor(3.0))
    with pytest.raises(ag.DTypeError, match="float64 for a gradient of dtype float32"):
        y.backward()
